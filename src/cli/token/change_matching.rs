//! `token disable`, `enable`, `revoke` and `restore` with `--filter`: one change of all tokens that match. The verb
//! compares the typed number, not the CLI.

use super::super::args::TokensArgs;
use super::super::output::counted;
use super::super::propagation::PropagationCheck;
use super::super::{App, impact};
use crate::domain::name::Username;
use crate::domain::query::filter_syntax::parse_strict;
use crate::domain::token::TokenRef;
use crate::error::{Error, Kind, Result};
use crate::verbs::confirmation::mismatch;
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{BulkChange, BulkResult, ChangeMatching, CountMatching, MatchingTokens, OwnerFilter};

/// Makes the change if `some` has a filter. Returns `some` otherwise.
pub(super) fn change_matching(
    app: &mut App,
    change: BulkChange,
    some: TokensArgs,
    confirm: Option<&str>,
) -> Result<Option<TokensArgs>> {
    let Some(filter) = &some.filter else { return Ok(Some(some)) };
    let owner = match &some.account {
        Some(name) => OwnerFilter::Account(Username::parse(name)?),
        None if some.all => OwnerFilter::All,
        None => OwnerFilter::Mine,
    };
    let references = |texts: Vec<String>| texts.into_iter().map(TokenRef::Text).collect();
    let (filter, trashed) = (parse_strict(filter)?, change == BulkChange::Restore);
    let tokens =
        MatchingTokens { owner, filter, trashed, except: references(some.except), also: references(some.tokens) };
    let (credential, verb) = match confirm {
        Some(typed) => (app.write_credential()?, ChangeMatching::new(change, tokens, parse_number(typed)?, None)),
        None => confirm_change(app, change, tokens)?,
    };
    let [done, _] = change.participles();
    let (confirmed, changed) = (verb.confirm, app.call_with_progress(&credential, verb, done)?);
    let BulkResult { count, stopped, skipped, .. } = changed.value;
    let end = if change == BulkChange::Restore { ", disabled" } else { "" };
    let what = format!("{} {done}{end}", counted(count, "token"));
    let is_nothing = stopped && count == 0;
    match change {
        BulkChange::Disable | BulkChange::Revoke => {
            let service = PropagationCheck::run(app, changed.audit_seq);
            if app.out.json {
                service.print_json(app, &changed.value)?;
            } else if !is_nothing {
                app.out.note(&format!("✓ {what}{}", service.suffix("the tokens", "")));
                service.warn_unconfirmed(app);
            }
        }
        BulkChange::Enable | BulkChange::Restore if app.out.json => app.print_json(&changed.value)?,
        BulkChange::Enable | BulkChange::Restore if is_nothing => {}
        BulkChange::Enable | BulkChange::Restore => app.out.note(&format!("✓ {what}")),
    }
    match stopped {
        true if is_nothing => Err(Error::cancelled()),
        true => Err(Error::new(Kind::Cancelled, format!("the work was stopped after {count} of {confirmed} tokens"))
            .why(format!("no other token was {done}"))
            .next("To change the other tokens, run the command again and confirm their number")),
        false => refuse_skipped(skipped, done).map(|()| None),
    }
}

/// Fails if confirmed tokens were left alone.
pub(super) fn refuse_skipped(skipped: u64, done: &str) -> Result<()> {
    if skipped == 0 {
        return Ok(());
    }
    let (were, them) = if skipped == 1 { ("was", "this token") } else { ("were", "these tokens") };
    Err(Error::conflict(format!("{skipped} of the confirmed tokens {were} not {done}"))
        .why(format!("another program or session changed {them} in the meantime"))
        .next("Run the command again and confirm the new number"))
}

pub(in crate::cli) fn parse_number(typed: &str) -> Result<u64> {
    typed.parse().map_err(|_| {
        mismatch("nothing was changed", "expected the number of tokens, in digits such as 12")
            .next("Run the command again, and give only the number. To see the number, leave out --confirm")
    })
}

/// Shows the tokens or their number, and asks for the number. Only the tokens that were counted are changed.
fn confirm_change(app: &App, change: BulkChange, tokens: MatchingTokens) -> Result<(Credential, ChangeMatching)> {
    let (credential, session) = app.authenticate()?;
    let unconfirmed = ChangeMatching::new(change, tokens.clone(), 0, None);
    let owner = match &tokens.owner {
        OwnerFilter::Account(name) => format!(" {name}"),
        OwnerFilter::All => " --all".to_owned(),
        OwnerFilter::Mine => String::new(),
    };
    let trash = if change == BulkChange::Restore { " --trash" } else { "" };
    let which = match change {
        BulkChange::Disable => "selected tokens that are enabled",
        BulkChange::Enable => "selected tokens that can be enabled",
        BulkChange::Revoke => "selected tokens",
        BulkChange::Restore => "selected tokens in the trash",
    };
    let next = format!(
        "To see the tokens, run: jeton token list{owner} --filter FILTER{trash}. Then add the number of {which}: \
         --confirm N"
    );
    impact::check_unconfirmed(app, &credential, unconfirmed, "the change", &next)?;
    let reader = Credential::Session(session);
    let counted = app.call(&reader, CountMatching { tokens: tokens.clone() })?;
    if matches!(change, BulkChange::Disable | BulkChange::Revoke) {
        impact::show(app, &reader, Removal::Matching(change, Box::new(tokens.clone())))?;
    }
    let label = format!("Type {}, the number of {which}, to {change} these tokens", counted.affected_by(change));
    let confirm = parse_number(&app.prompt.read_visible(&label)?)?;
    Ok((credential, ChangeMatching::new(change, tokens, confirm, Some(counted.set))))
}
