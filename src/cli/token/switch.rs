//! `token disable`, `enable`, `restore` and `retire`.

use super::super::App;
use super::super::args::{OneToken, RestoreArgs, SomeTokens};
use super::super::json::{OneTokenJson, SCHEMA, SomeTokensJson, TokenJson};
use crate::domain::name::TokenName;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::{DisableTokens, EnableTokens, Pointed, RestoreTokens, RetireToken};

pub(super) fn disable(app: &mut App, some: SomeTokens) -> Result<()> {
    let who = app.to_change()?;
    let changed = app.ask(&who, DisableTokens { tokens: pointed(some) })?;
    done(app, &changed.out, "disabled")
}

pub(super) fn enable(app: &mut App, some: SomeTokens) -> Result<()> {
    let who = app.to_change()?;
    let changed = app.ask(&who, EnableTokens { tokens: pointed(some) })?;
    done(app, &changed.out, "enabled")
}

pub(super) fn restore(app: &mut App, args: RestoreArgs) -> Result<()> {
    let rename = args.rename.as_deref().map(TokenName::parse).transpose()?;
    let who = app.to_change()?;
    let changed = app.ask(&who, RestoreTokens { tokens: pointed(args.some), rename })?;
    done(app, &changed.out, "restored, disabled")?;
    if !app.out.json {
        let names: Vec<String> = changed.out.iter().map(Token::full_name).collect();
        app.out.note(&format!("  To switch on what is needed: jeton token enable {}", names.join(" ")));
    }
    Ok(())
}

pub(super) fn retire(app: &mut App, one: OneToken) -> Result<()> {
    let who = app.to_change()?;
    let changed = app.ask(&who, RetireToken { token: Pointed::typed(one.token) })?;
    done(app, &[changed.out], "has one secret again; the old one is denied from now on")
}

pub(super) fn pointed(some: SomeTokens) -> Vec<Pointed> {
    some.tokens.into_iter().map(Pointed::typed).collect()
}

/// Says what happened to each token.
pub(super) fn done(app: &mut App, tokens: &[Token], what: &str) -> Result<()> {
    let now = app.now();
    if !app.out.json {
        tokens.iter().for_each(|t| app.out.note(&format!("✓ {} {what}", t.full_name())));
        return Ok(());
    }
    match tokens {
        [only] => app.out.json(&OneTokenJson { schema: SCHEMA, token: TokenJson::of(only, now) }),
        _ => {
            let tokens = tokens.iter().map(|t| TokenJson::of(t, now)).collect();
            app.out.json(&SomeTokensJson { schema: SCHEMA, tokens })
        }
    }
}
