//! `jeton audit …`: read and verify the audit log.

mod anchor;
mod read;
mod replaced_log;
mod verify;

pub(super) use anchor::Anchored;
pub(super) use verify::{AuditVerified, broken_chain_error, note_restores, parse_checkpoints};

use super::App;
use super::args::{AuditArgs, AuditCommand};
use crate::error::{Error, Result};

pub(super) fn run(app: &mut App, args: AuditArgs) -> Result<()> {
    if args.command.is_some() && !args.read.is_empty() {
        return Err(Error::usage("this command takes no options for reading the audit log")
            .why(
                "these options are --since, --token, --filter, --limit, --follow, --resume, --columns, --csv and \
                 --no-pager",
            )
            .next("Leave out these options. To read the log, use the options with: jeton audit"));
    }
    match args.command {
        None => read::read(app, args.read),
        Some(AuditCommand::Verify { anchor }) => verify::verify(app, anchor.as_deref()),
        Some(AuditCommand::Anchor { file }) => anchor::anchor(app, &file),
    }
}
