//! `token disable`, `enable` and `restore`.

use super::super::App;
use super::super::args::{RestoreArgs, SomeTokens};
use super::super::json::{OneTokenJson, SCHEMA, SomeTokensJson, TokenJson};
use crate::domain::name::TokenName;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::{DisableTokens, EnableTokens, Pointed, RestoreToken};

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
    let changed = app.ask(&who, RestoreToken { token: Pointed::typed(args.token), rename })?;
    let name = changed.out.full_name();
    done(app, &[changed.out], "restored, disabled")?;
    if !app.out.json {
        app.out.note(&format!("  Switch it on with: jeton token enable {name}"));
    }
    Ok(())
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
