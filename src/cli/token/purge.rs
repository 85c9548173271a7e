//! `token purge`: shows the tokens, then asks for their number. The verb compares the tokens and the number, not the CLI.

use super::super::args::{PURGE_ADVICE, PurgeArgs};
use super::super::output::counted;
use super::super::{App, impact};
use super::change_matching::{parse_number, refuse_skipped};
use crate::domain::token::Purgeable;
use crate::error::{Error, Kind, Result};
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{PreviewPurge, PurgePreview, PurgeResult, PurgeTokens};

pub(super) fn purge(app: &mut App, args: PurgeArgs) -> Result<()> {
    let which = match (args.expired, args.trashed) {
        (true, _) => Purgeable::Expired,
        (false, true) => Purgeable::Trashed,
        (false, false) => {
            return Err(Error::usage("the command does not say which tokens to purge").next(PURGE_ADVICE));
        }
    };
    if args.dry_run {
        let credential = app.read_credential()?;
        let preview = app.call(&credential, PreviewPurge { which })?;
        return print_preview(app, which, preview);
    }
    let (credential, verb) = match args.confirm {
        Some(confirm) => (app.write_credential()?, PurgeTokens::new(which, confirm)),
        None => confirm_purge(app, which)?,
    };
    let confirm = verb.confirm;
    let purged = app.call_with_progress(&credential, verb, "purged")?.value;
    let PurgeResult { count, stopped, skipped, .. } = purged;
    if app.out.json {
        app.print_json(&purged)?;
    } else if !stopped {
        app.out.note(&format!("✓ {} purged", count_tokens(count, which)));
    }
    match stopped {
        true if count == 0 => Err(Error::new(Kind::Cancelled, "the purge was stopped; nothing was purged")),
        true => Err(Error::new(
            Kind::Cancelled,
            format!("the purge was stopped after {count} of {confirm} {} tokens", which.as_str()),
        )
        .why("no other token was purged")
        .next("To purge the other tokens, run the command again and confirm their number")),
        false => refuse_skipped(skipped, "purged"),
    }
}

fn count_tokens(count: u64, which: Purgeable) -> String {
    counted(count, &format!("{} token", which.as_str()))
}

fn print_preview(app: &mut App, which: Purgeable, preview: PurgePreview) -> Result<()> {
    if app.out.json {
        return app.print_json(&preview);
    }
    let PurgePreview { count, names } = preview;
    for name in &names {
        app.out.line(name)?;
    }
    let rest = count.saturating_sub(names.len() as u64);
    if rest > 0 {
        app.out.note(&format!("and {rest} more"));
    }
    app.out.note(&format!("{} would be purged. Dry run: nothing was purged", count_tokens(count, which)));
    Ok(())
}

fn confirm_purge(app: &App, which: Purgeable) -> Result<(Credential, PurgeTokens)> {
    let (credential, session) = app.authenticate()?;
    let next = "To see the number of tokens, add --dry-run. Then run the command with this number: --confirm N";
    impact::check_unconfirmed(app, &credential, PurgeTokens::new(which, 0), "the purge", next)?;
    let seen = impact::show(app, &Credential::Session(session), Removal::Purge(which))?;
    let count = seen.count;
    let typed =
        app.prompt.read_visible(&format!("Type {count}, the number of tokens, to purge these tokens permanently"))?;
    Ok((credential, PurgeTokens::new(which, parse_number(&typed)?).expecting(Some(seen.set))))
}
