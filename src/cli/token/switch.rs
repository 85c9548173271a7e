//! `token disable`, `enable`, `restore` and `retire`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::args::{OneToken, RestoreArgs, SomeTokens};
use super::super::json::{MadeJson, OneTokenJson, SCHEMA, SomeTokensJson, TokenJson};
use super::super::witness::Asked;
use crate::domain::name::TokenName;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::{DisableTokens, EnableTokens, MadeTokens, RestoreTokens, RetireToken, TokenTarget};

pub(super) fn disable(app: &mut App, some: SomeTokens) -> Result<()> {
    let who = app.to_change()?;
    let changed = app.ask(&who, DisableTokens { tokens: pointed(some) })?;
    taken(app, &changed.value, changed.audit_seq, &Taken { done: "disabled", whom: "it", otherwise: "" })
}

pub(super) fn enable(app: &mut App, some: SomeTokens) -> Result<()> {
    let who = app.to_change()?;
    let changed = app.ask(&who, EnableTokens { tokens: pointed(some) })?;
    done(app, &changed.value, "enabled")
}

pub(super) fn restore(app: &mut App, args: RestoreArgs) -> Result<()> {
    let rename = args.rename.as_deref().map(TokenName::parse).transpose()?;
    let who = app.to_change()?;
    let changed = app.ask(&who, RestoreTokens { tokens: pointed(args.some), rename })?;
    done(app, &changed.value, "restored, disabled")?;
    if !app.out.json {
        let names: Vec<String> = changed.value.iter().map(Token::full_name).collect();
        app.out.note(&format!("  To switch on what is needed: jeton token enable {}", names.join(" ")));
    }
    Ok(())
}

pub(super) fn retire(app: &mut App, one: OneToken) -> Result<()> {
    let who = app.to_change()?;
    let changed = app.ask(&who, RetireToken { token: TokenTarget::by_reference(one.token) })?;
    let taken_away =
        Taken { done: "has one secret again", whom: "the old one", otherwise: "; the old one is denied from now on" };
    taken(app, &[changed.value], changed.audit_seq, &taken_away)
}

pub(super) fn pointed(some: SomeTokens) -> Vec<TokenTarget> {
    some.tokens.into_iter().map(TokenTarget::by_reference).collect()
}

/// Reports the change of each token.
fn done(app: &mut App, tokens: &[Token], what: &str) -> Result<()> {
    if !app.out.json {
        tokens.iter().for_each(|t| app.out.note(&format!("✓ {} {what}", t.full_name())));
        return Ok(());
    }
    let told = told(tokens, app.now());
    app.out.json(&told)
}

/// Messages about a change that removed access.
pub(super) struct Taken<'a> {
    /// The change, as a participle.
    pub done: &'a str,
    /// The subject that the service now denies.
    pub whom: &'a str,
    /// The message if the service has not confirmed the change.
    pub otherwise: &'a str,
}

/// Reports tokens that lost access, and if the running service already denies them.
pub(super) fn taken(app: &mut App, tokens: &[Token], seq: i64, taken: &Taken<'_>) -> Result<()> {
    taken_leaving(app, tokens, None, seq, taken)
}

/// Reports tokens that lost access, and the tokens they had made that remain.
pub(super) fn taken_leaving(
    app: &mut App,
    tokens: &[Token],
    left: Option<&MadeTokens>,
    seq: i64,
    taken: &Taken<'_>,
) -> Result<()> {
    let service = Asked::about(app, seq);
    if !app.out.json {
        done(app, tokens, &format!("{}{}", taken.done, service.clause(taken.whom, taken.otherwise)))?;
        service.doubt(app);
        return Ok(());
    }
    let told = WithLeft { answer: told(tokens, app.now()), left_behind: left.map(MadeJson::from) };
    service.json(app, &told)
}

/// An answer, and what the tokens made and left behind.
#[derive(Serialize, JsonSchema)]
struct WithLeft {
    #[serde(flatten)]
    answer: Told,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<MadeJson>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Told {
    One(Box<OneTokenJson>),
    Several(SomeTokensJson),
}

fn told(tokens: &[Token], now: Timestamp) -> Told {
    match tokens {
        [only] => Told::One(Box::new(OneTokenJson { schema: SCHEMA, token: TokenJson::of(only, now) })),
        _ => Told::Several(SomeTokensJson {
            schema: SCHEMA,
            tokens: tokens.iter().map(|t| TokenJson::of(t, now)).collect(),
        }),
    }
}
