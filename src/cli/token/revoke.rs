//! `token revoke`: shows the consequences, then asks for the name. The verb compares the name, not the CLI.

use super::super::App;
use super::super::args::RevokeArgs;
use super::change_report::{RevokedText, print_revoked_with_remaining};
use super::{show, token_targets};
use crate::domain::time::ago;
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::verbs::actor::Credential;
use crate::verbs::tokens::{
    GetTokens, RevokeResult, RevokeTokens, ShowToken, TokenDetails, TokenTarget, ambiguous_words, as_account_and_name,
};

pub(super) fn revoke(app: &mut App, args: RevokeArgs) -> Result<()> {
    let (tokens, with_made) = (token_targets(args.some), args.with_made);
    let (credential, verb) = match args.confirm {
        Some(typed) => (app.write_credential()?, RevokeTokens { tokens, with_made, confirmation: typed }),
        None if app.prompt.is_interactive => confirm_revocation(app, tokens, with_made)?,
        None => {
            return Err(Error::conflict("the revocation was not confirmed")
                .why("jeton can't ask, because there is no terminal or --no-input was given")
                .next("Confirm with the token's name: --confirm NAME. For N tokens: --confirm N"));
        }
    };
    let changed = app.call(&credential, verb)?;
    let text = RevokedText {
        done: "revoked",
        subject: "the token",
        fallback_text: "; jeton denies the token from the next request on",
    };
    let RevokeResult { tokens, remaining: left, .. } = &changed.value;
    print_revoked_with_remaining(app, tokens, Some(left), changed.audit_seq, &text)?;
    if !app.out.json {
        if let Some(words) = left.describe() {
            let pronoun = if tokens.len() == 1 { "The revoked token" } else { "The revoked tokens" };
            app.out.note(&format!("! {pronoun} created {words}. The option --with-made revokes such tokens too"));
        }
        let name = match tokens.as_slice() {
            [only] => only.full_name(),
            _ => "NAME".to_owned(),
        };
        app.out.note(&format!("  Undo: jeton token restore {name}. Show the trash: jeton token list --trash"));
    }
    Ok(())
}

/// Shows the consequences and asks for the name. Sends the shown revision, so that only the shown state can be revoked.
fn confirm_revocation(app: &App, tokens: Vec<TokenTarget>, with_made: bool) -> Result<(Credential, RevokeTokens)> {
    let (credential, session) = app.authenticate()?;
    let read_credential = Credential::Session(session);
    let mut shown = Vec::with_capacity(tokens.len());
    for token in resolve_tokens(app, &read_credential, tokens)? {
        let one = app.call(&read_credential, ShowToken { token })?;
        if one.token.deleted_at.is_some() {
            let name = one.token.full_name();
            return Err(Error::not_found(format!("the token {name} is already in the trash")));
        }
        shown.push(one);
    }
    let (in_use, others): (Vec<&TokenDetails>, Vec<&TokenDetails>) = shown.iter().partition(|one| one.usage.week > 0);
    for (head, some) in [("Used in the last 7 days:", in_use), ("Not used in the last 7 days:", others)] {
        if shown.len() > 1 && !some.is_empty() {
            app.prompt.show(head)?;
        }
        some.into_iter().try_for_each(|one| consequences(app, one))?;
    }
    let targets: Vec<TokenTarget> = shown.iter().map(|one| TokenTarget::at_revision(&one.token)).collect();
    let mut total = targets.len();
    if with_made {
        let tokens = shown.iter().map(|one| one.token.id).collect();
        total += app.call(&read_credential, GetTokens { tokens })?.iter().map(|one| one.made.len()).sum::<usize>();
    }
    let label = match total {
        1 => "Type the token's name to revoke the token".to_owned(),
        _ if total > targets.len() => {
            format!("Type {total}, the number of tokens including the created tokens, to revoke all tokens")
        }
        _ => format!("Type {total}, the number of tokens, to revoke these tokens"),
    };
    let typed = app.prompt.read_visible(&label)?;
    Ok((credential, RevokeTokens { tokens: targets, with_made, confirmation: typed }))
}

/// Resolves the words on the line as the verb will read them. Two words may be `ACCOUNT NAME`.
fn resolve_tokens(app: &App, credential: &Credential, tokens: Vec<TokenTarget>) -> Result<Vec<TokenRef>> {
    let Some(full_name) = as_account_and_name(&tokens) else {
        return Ok(tokens.into_iter().map(|target| target.reference).collect());
    };
    let find = |token: TokenRef| app.call(credential, ShowToken { token });
    let both = tokens.iter().try_for_each(|target| find(target.reference.clone()).map(drop));
    let one = find(TokenRef::Text(full_name.clone()));
    match (both, one) {
        (Ok(()), Ok(_)) => Err(ambiguous_words(&full_name)),
        (Err(_), Ok(_)) => Ok(vec![TokenRef::Text(full_name)]),
        (_, Err(_)) => Ok(tokens.into_iter().map(|target| target.reference).collect()),
    }
}

/// Maximum number of methods named.
const MAX_METHODS: usize = 10;

/// Shows the consequences of revoking the token.
fn consequences(app: &App, shown: &TokenDetails) -> Result<()> {
    let (usage, now) = (&shown.usage, app.now());
    let name = shown.token.full_name();
    match usage.last_seen_at {
        None => app.prompt.show(&format!("{name}: never used"))?,
        Some(at) => {
            let mark = if usage.week > 0 { "! " } else { "" };
            app.prompt.show(&format!(
                "{mark}{name}: last seen {}; calls: {}",
                ago(at, now),
                show::describe_calls(usage)
            ))?;
        }
    }
    for origin in &usage.clients {
        app.prompt.show(&format!("    from {}", show::describe_client(origin)))?;
    }
    if !usage.all_methods.is_empty() {
        let named: Vec<&str> = usage.all_methods.iter().take(MAX_METHODS).map(|(m, _)| m.as_str()).collect();
        let more = match usage.all_methods.len().saturating_sub(MAX_METHODS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        app.prompt.show(&format!("    methods {}{more}", named.join(", ")))?;
    }
    if let Some(overlap) = show::describe_overlap(&shown.token, usage, now) {
        app.prompt.show(&format!("    the old secret still works and is revoked too: {overlap}"))?;
    }
    if let Some(made) = shown.made.describe() {
        app.prompt.show(&format!("  ! created {made}"))?;
    }
    match show::describe_denials(usage, now) {
        Some(denied) => app.prompt.show(&format!("    denied {denied}")),
        None => Ok(()),
    }
}
