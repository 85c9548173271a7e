//! Revoke: one token by its typed name, several by their typed number.

use super::confirm_change::PendingMutation;
use super::removal::{Alternative, Confirmation, RemovalSpec};
use super::shown_tokens::ShownTokens;
use crate::domain::expiry::Span;
use crate::domain::token::Token;
use crate::tui::text_fit::{group_digits, join_three};
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{DisableTokens, RevokeTokens, TokenTarget};

/// Returns the dialog that revokes `tokens`, which must not be empty. They stay in the trash for `trash`.
pub fn revoke_tokens(tokens: Vec<Token>, trash: Span) -> RemovalSpec {
    let targets: Vec<TokenTarget> = tokens.iter().map(TokenTarget::at_revision).collect();
    let disabled = disable_tokens(&tokens);
    let (id, what, confirmation, object, subject) = match tokens.as_slice() {
        [only] => {
            let confirmation = Confirmation::Name(only.name.to_string());
            ("revoke-token", only.full_name(), confirmation, Some("this token"), "the token")
        }
        several => {
            let what = format!("{} tokens", group_digits(several.len() as u64));
            ("revoke-tokens", what, Confirmation::Number, None, "the tokens")
        }
    };
    RemovalSpec {
        id,
        title: format!("Revoke {what}"),
        impact: Removal::Tokens(tokens.iter().map(|token| token.id).collect()),
        effects: vec![format!(
            "The service denies {subject} from the next request on. Within {}, {subject} can be restored from the \
             trash.",
            trash.describe()
        )],
        confirmation,
        // The button would do nothing for disabled tokens.
        alternative: tokens
            .iter()
            .any(|token| token.enabled)
            .then(|| Alternative::Change("Disable instead", Box::new(disabled))),
        act: "Revoke",
        object,
        request: Box::new(move |typed, with_made, expected_made| {
            RevokeTokens { tokens: targets.clone(), with_made, expected_made, confirmation: typed.to_owned() }.into()
        }),
        shown: Some(ShownTokens::new(tokens.clone(), move |tokens, _| Some(revoke_tokens(tokens, trash)))),
        renew: None,
        tokens,
    }
}

fn disable_tokens(tokens: &[Token]) -> impl Fn() -> PendingMutation + 'static {
    let targets: Vec<TokenTarget> = tokens.iter().map(TokenTarget::at_revision).collect();
    let names = join_three(tokens.iter().map(Token::full_name));
    let (what, about) = match tokens {
        [only] => (
            only.full_name(),
            format!(
                "From the next request on, {} doesn't work. The token can be enabled later, unless it has expired.",
                only.name
            ),
        ),
        several => (
            format!("{} tokens", several.len()),
            format!(
                "From the next request on, none of these tokens works: {names}. The tokens can be enabled later, unless \
                 they have expired."
            ),
        ),
    };
    let removal = Removal::Tokens(tokens.iter().filter(|token| token.enabled).map(|token| token.id).collect());
    let tokens = tokens.to_vec();
    move || {
        PendingMutation::new(format!("Disable {what}"), about.clone(), DisableTokens { tokens: targets.clone() })
            .taking(removal.clone())
            .of_tokens(tokens.clone(), |tokens, _| {
                tokens.iter().any(|one| one.enabled).then(|| disable_tokens(&tokens)())
            })
    }
}
