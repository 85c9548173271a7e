//! `token disable`, `enable`, `restore` and `retire`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::args::{RestoreArgs, TokenArgs, TokensArgs};
use super::super::json::{MadeJson, OneTokenJson, SCHEMA, SomeTokensJson, TokenJson};
use super::super::propagation::PropagationCheck;
use crate::domain::name::TokenName;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::{DisableTokens, EnableTokens, MadeTokens, RestoreTokens, RetireToken, TokenTarget};

pub(super) fn disable(app: &mut App, some: TokensArgs) -> Result<()> {
    let credential = app.write_credential()?;
    let changed = app.call(&credential, DisableTokens { tokens: targets(some) })?;
    print_revoked(
        app,
        &changed.value,
        changed.audit_seq,
        &RevokedText { done: "disabled", subject: "it", otherwise: "" },
    )
}

pub(super) fn enable(app: &mut App, some: TokensArgs) -> Result<()> {
    let credential = app.write_credential()?;
    let changed = app.call(&credential, EnableTokens { tokens: targets(some) })?;
    print_changed(app, &changed.value, "enabled")
}

pub(super) fn restore(app: &mut App, args: RestoreArgs) -> Result<()> {
    let rename = args.rename.as_deref().map(TokenName::parse).transpose()?;
    let credential = app.write_credential()?;
    let changed = app.call(&credential, RestoreTokens { tokens: targets(args.some), rename })?;
    print_changed(app, &changed.value, "restored, disabled")?;
    if !app.out.json {
        let names: Vec<String> = changed.value.iter().map(Token::full_name).collect();
        app.out.note(&format!("  To switch on what is needed: jeton token enable {}", names.join(" ")));
    }
    Ok(())
}

pub(super) fn retire(app: &mut App, one: TokenArgs) -> Result<()> {
    let credential = app.write_credential()?;
    let changed = app.call(&credential, RetireToken { token: TokenTarget::by_reference(one.token) })?;
    let text = RevokedText {
        done: "has one secret again",
        subject: "the old one",
        otherwise: "; the old one is denied from now on",
    };
    print_revoked(app, &[changed.value], changed.audit_seq, &text)
}

pub(super) fn targets(some: TokensArgs) -> Vec<TokenTarget> {
    some.tokens.into_iter().map(TokenTarget::by_reference).collect()
}

/// Reports the change of each token.
fn print_changed(app: &mut App, tokens: &[Token], what: &str) -> Result<()> {
    if !app.out.json {
        tokens.iter().for_each(|t| app.out.note(&format!("✓ {} {what}", t.full_name())));
        return Ok(());
    }
    let answer = to_json(tokens, app.now());
    app.out.json(&answer)
}

/// Messages about a change that removed access.
pub(super) struct RevokedText<'a> {
    /// The change, as a participle.
    pub done: &'a str,
    /// The subject that the service now denies.
    pub subject: &'a str,
    /// The message if the service has not confirmed the change.
    pub otherwise: &'a str,
}

/// Reports tokens that lost access, and if the running service already denies them.
pub(super) fn print_revoked(app: &mut App, tokens: &[Token], seq: i64, text: &RevokedText<'_>) -> Result<()> {
    print_revoked_with_remaining(app, tokens, None, seq, text)
}

/// Reports tokens that lost access, and the tokens they had made that remain.
pub(super) fn print_revoked_with_remaining(
    app: &mut App,
    tokens: &[Token],
    left: Option<&MadeTokens>,
    seq: i64,
    text: &RevokedText<'_>,
) -> Result<()> {
    let service = PropagationCheck::run(app, seq);
    if !app.out.json {
        print_changed(app, tokens, &format!("{}{}", text.done, service.suffix(text.subject, text.otherwise)))?;
        service.warn_unconfirmed(app);
        return Ok(());
    }
    let answer = WithRemaining { answer: to_json(tokens, app.now()), left_behind: left.map(MadeJson::from) };
    service.print_json(app, &answer)
}

/// An answer, and the tokens made by the revoked ones that remain.
#[derive(Serialize, JsonSchema)]
struct WithRemaining {
    #[serde(flatten)]
    answer: TokensAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<MadeJson>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum TokensAnswer {
    One(Box<OneTokenJson>),
    Many(SomeTokensJson),
}

fn to_json(tokens: &[Token], now: Timestamp) -> TokensAnswer {
    match tokens {
        [only] => TokensAnswer::One(Box::new(OneTokenJson { schema: SCHEMA, token: TokenJson::new(only, now) })),
        _ => TokensAnswer::Many(SomeTokensJson {
            schema: SCHEMA,
            tokens: tokens.iter().map(|t| TokenJson::new(t, now)).collect(),
        }),
    }
}
