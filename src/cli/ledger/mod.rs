//! `jeton ledger …`, one file per command.

mod denied;
mod follow;
mod list;
mod uses;

use super::App;
use super::args::LedgerCommand;
use crate::error::Result;
use crate::verbs::ledger::LedgerSecret;

pub(super) fn run(app: &mut App, command: LedgerCommand) -> Result<()> {
    match command {
        LedgerCommand::Denied(args) => denied::denied(app, args),
        LedgerCommand::Uses(args) => uses::uses(app, args),
    }
}

/// Formats a secret of the ledger: hint and status.
pub(super) fn format_secret(secret: &LedgerSecret) -> String {
    format!("{} {}", secret.hint, secret.status.as_str())
}
