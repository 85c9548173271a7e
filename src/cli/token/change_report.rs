//! The report of a change of tokens, as text or JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::json::{MadeJson, OneTokenJson, SCHEMA, SomeTokensJson, TokenJson};
use super::super::propagation::PropagationCheck;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::MadeTokens;

/// Reports the change of each token.
pub(super) fn print_changed(app: &mut App, tokens: &[Token], what: &str) -> Result<()> {
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
    pub fallback_text: &'a str,
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
        print_changed(app, tokens, &format!("{}{}", text.done, service.suffix(text.subject, text.fallback_text)))?;
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
