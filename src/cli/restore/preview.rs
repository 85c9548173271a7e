//! The preview of a restore as text, and the confirmation.

use super::Restored;
use crate::cli::App;
use crate::cli::output::counted;
use crate::error::{Error, Fault, Result};
use crate::store::StoreState;
use crate::verbs::confirmation::mismatch;

/// Number of lines about ended access.
const MAX_SHOWN: usize = 20;
/// The confirmation if nobody can count the changes that are lost.
const UNKNOWN: &str = "unknown";

/// Shows what would be lost, and what would work again.
pub(super) fn show(app: &App, answer: &Restored, rows: u64, current: &StoreState, reapply: bool) {
    let out = &app.out;
    out.wrapped_note(&format!("Backup  {}: {} of the audit log verified", answer.file, counted(rows, "row")));
    out.wrapped_note(&format!("Store   {}", answer.store));
    let dates = app.dates();
    match (current, answer.common_seq, answer.lost) {
        (StoreState::Missing, ..) => out.wrapped_note("There is no store at this path. The restore creates the store"),
        (StoreState::Damaged(why), ..) => out.wrapped_note(&format!(
            "! The store can't be read, so it is unknown what would be lost. The restore keeps the store's files \
             under other names. Error: {}",
            why.what_and_why()
        )),
        (_, Some(0), _) => {
            out.wrapped_note("! The backup is from another installation. Everything in this store would be lost")
        }
        (_, Some(common), Some(0)) => {
            out.wrapped_note(&format!("No change would be lost: the store's audit log ends with row {common}"));
        }
        (_, common, lost) => {
            let common = common.unwrap_or_default();
            let lost = counted(lost.unwrap_or_default(), "change");
            let last = answer
                .lost_until
                .map(|at| format!(". The last change was at {}", dates.second(at)))
                .unwrap_or_default();
            out.wrapped_note(&format!("! {lost} after row {common} of the store's audit log would be lost{last}"));
        }
    }
    let Some(ended) = &answer.ended else {
        return out.wrapped_note(match reapply {
            true => {
                "! jeton can't find out which tokens and accounts lost access after the backup. They could work again \
                 after the restore. --reapply-revocations can't prevent this"
            }
            false => {
                "! jeton can't find out which tokens and accounts lost access after the backup. They could work again \
                 after the restore"
            }
        });
    };
    if ended.is_empty() {
        return;
    }
    out.wrapped_note(match reapply {
        true => "Access of these tokens and accounts ended after the backup was made. The restore would end this access again:",
        false => {
            "! Access of these tokens and accounts ended after the backup was made. Without --reapply-revocations, \
             this access would work again:"
        }
    });
    ended.iter().take(MAX_SHOWN).for_each(|one| out.wrapped_note(&format!("    {}", one.describe())));
    let rest = ended.len().saturating_sub(MAX_SHOWN);
    if rest > 0 {
        out.wrapped_note(&format!("    and {rest} more"));
    }
}

/// Asks for the number of changes that are lost.
///
/// # Errors
/// [`crate::error::Kind::Conflict`] for another number, or if nobody can be asked.
pub(super) fn confirm(app: &App, given: Option<&str>, answer: &Restored, current: &StoreState) -> Result<()> {
    let unknown = match current {
        StoreState::Missing => "There is no store now, so jeton can't count the changes that will be lost",
        StoreState::Usable(_) | StoreState::Damaged(_) => "jeton can't count the changes that will be lost",
    };
    let expected = answer.lost.map_or_else(|| UNKNOWN.to_owned(), |lost| lost.to_string());
    let (label, what) = match answer.lost {
        Some(lost) => (
            format!("Type {lost}, the number of changes that are lost, to replace the store"),
            format!("expected the number of changes that are lost: {lost}"),
        ),
        None => (
            format!("{unknown}. To restore the backup, type the word \"{UNKNOWN}\""),
            format!("expected the word {UNKNOWN}"),
        ),
    };
    let typed = match given {
        Some(given) => given.trim().to_owned(),
        None if !app.prompt.is_interactive => {
            return Err(Error::conflict("the restore was not confirmed; nothing was restored")
                .next(match answer.lost {
                    Some(_) => {
                        let seen = match app.out.quiet {
                            true => "To see what would be lost, run the command with --dry-run and without --quiet",
                            false => "Read above what would be lost",
                        };
                        format!("{seen}. To restore, run the command again with --confirm {expected}")
                    }
                    None => format!(
                        "{unknown}. Tokens that were revoked after the backup was made could work again. If you \
                         accept this, add: --confirm {expected}"
                    ),
                })
                .fault(Fault::Unconfirmed));
        }
        None => app.prompt.read_visible(&label)?,
    };
    match typed == expected {
        true => Ok(()),
        false => Err(mismatch("nothing was restored", what)),
    }
}

/// Says what was done.
pub(super) fn report(app: &App, answer: &Restored) {
    let out = &app.out;
    out.wrapped_note(&format!("✓ the store was restored from {}", answer.file));
    if let Some(path) = &answer.previous_store {
        out.wrapped_note(&format!("  The old store is kept at {path}"));
    }
    let ended = answer.ended.as_ref().filter(|ended| answer.reapplied == Some(true) && !ended.is_empty());
    if let Some(ended) = ended {
        let ended = ended.len() - answer.not_ended.len();
        out.wrapped_note(&format!("✓ tokens and accounts whose access was ended again: {ended}"));
    }
    out.wrapped_note("  All logins have ended");
    match answer.common_seq {
        Some(0) => {
            out.wrapped_note(&format!(
                "! Anchors of the old store don't match the restored store. Begin a new anchor in another file: \
                 {} audit anchor FILE",
                app.program()
            ));
        }
        Some(_) | None => out.wrapped_note(&format!(
            "  If you keep an anchor, add a checkpoint now: {} audit anchor FILE",
            app.program()
        )),
    }
}
