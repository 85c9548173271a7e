//! `jeton token …`, one file per command.

mod can;
mod change_matching;
mod copy;
mod create;
mod disable;
mod edit;
mod enable;
mod list;
mod purge;
mod regenerate;
mod restore;
mod retire;
mod revoke;
mod revoke_secret;
mod secret_output;
pub(super) mod show;
mod whose;

pub(super) use change_matching::parse_number;
pub(super) use edit::Edited;
pub(super) use list::describe_row;
pub(super) use secret_output::{Created, SeveralCreated};
pub(super) use whose::FoundSecrets;

use super::App;
use super::args::{TokenCommand, TokensArgs};
use crate::domain::expiry::ExpirySpec;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token, TokenRef};
use crate::error::{Error, Result};
use crate::verbs::credential::Credential;
use crate::verbs::tokens::{ShowToken, TokenTarget, ambiguous_words, as_account_and_name};

pub(super) fn run(app: &mut App, command: TokenCommand) -> Result<()> {
    match command {
        TokenCommand::Create(args) => create::create(app, args),
        TokenCommand::List(args) => list::list(app, args),
        TokenCommand::Show(one) => show::show(app, one),
        TokenCommand::Can { token, method } => can::can(app, token, &method),
        TokenCommand::Edit(args) => edit::edit(app, args),
        TokenCommand::Copy(args) => copy::copy(app, args),
        TokenCommand::Disable(args) => disable::disable(app, args),
        TokenCommand::Enable(args) => enable::enable(app, args),
        TokenCommand::Regenerate(args) => regenerate::regenerate(app, args),
        TokenCommand::Retire(one) => retire::retire(app, one),
        TokenCommand::Revoke(args) if args.stdin => revoke_secret::revoke_secret(app),
        TokenCommand::Revoke(args) => revoke::revoke(app, args),
        TokenCommand::Restore(args) => restore::restore(app, args),
        TokenCommand::Purge(args) => purge::purge(app, args),
        TokenCommand::Whose => whose::whose(app),
    }
}

/// Returns a token's status as glyph and word. A disabled account shows instead of *active*.
fn status_text(token: &Token, now: Timestamp) -> &'static str {
    match token.status(now) {
        Status::Active if !token.owner.enabled => "○ account off",
        Status::Active => "● active",
        Status::Disabled => "○ disabled",
        Status::Expired => "× expired",
        Status::Deleted => "† revoked",
    }
}

fn token_targets(some: TokensArgs) -> Vec<TokenTarget> {
    some.tokens.into_iter().map(TokenTarget::by_reference).collect()
}

/// Parses the expiry. Refuses a past one before anyone types a password; the verb checks again at its own instant.
pub(super) fn expiry_spec(app: &App, text: Option<&str>) -> Result<Option<ExpirySpec>> {
    let Some(text) = text else { return Ok(None) };
    let spec = ExpirySpec::parse(text)?;
    spec.resolve(app.now(), app.adapters.clock.zone())?;
    Ok(Some(spec))
}

/// Returns the live tokens that the words on the line mean.
fn live_tokens(app: &App, credential: &Credential, tokens: Vec<TokenTarget>) -> Result<Vec<Token>> {
    let live = |token: TokenRef| match app.call(credential, ShowToken { token })?.token {
        token if token.deleted_at.is_none() => Ok(token),
        token => {
            let name = token.full_name();
            Err(Error::not_found(format!("the token {name} is already in the trash"))
                .next(format!("To take the token out of the trash, run: jeton token restore {name}")))
        }
    };
    resolve_tokens(app, credential, tokens)?.into_iter().map(live).collect()
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
