//! The report of a change of tokens, as text or JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::propagation::PropagationCheck;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::MadeTokens;

/// Reports the change of each token.
pub(super) fn print_changed(app: &mut App, tokens: &[Token], what: &str) -> Result<()> {
    if !app.out.json {
        tokens.iter().for_each(|t| app.out.note(&format!("✓ {} {what}", t.full_name())));
        return Ok(());
    }
    app.print_json(&to_json(tokens))
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
    service.print_json(app, &WithRemaining { answer: to_json(tokens), left_behind: left })
}

/// An answer, and the tokens made by the revoked ones that remain.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct WithRemaining<'a> {
    #[serde(flatten)]
    answer: ChangedTokens<'a>,
    /// After `revoke`: tokens that the revoked ones had made, and that still exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<&'a MadeTokens>,
}

/// The answer of a change of one token or several.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum ChangedTokens<'a> {
    /// The token.
    Token(&'a Token),
    /// The tokens.
    Tokens(&'a [Token]),
}

fn to_json(tokens: &[Token]) -> ChangedTokens<'_> {
    match tokens {
        [only] => ChangedTokens::Token(only),
        several => ChangedTokens::Tokens(several),
    }
}
