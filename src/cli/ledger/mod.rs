//! `jeton ledger …`, one file per command.

mod denied;
mod follow;
mod list;
mod uses;

pub(super) use list::{LedgerList, LedgerQuery};

use super::App;
use super::args::LedgerCommand;
use super::output::Cell;
use crate::error::Result;
use crate::verbs::ledger::{LedgerSecret, SecretStatus};

pub(super) fn run(app: &mut App, command: LedgerCommand) -> Result<()> {
    match command {
        LedgerCommand::Denied(args) => denied::denied(app, args),
        LedgerCommand::Uses(args) => uses::uses(app, args),
    }
}

/// Formats a secret of the ledger for people: hint and status.
pub(super) fn format_secret(secret: &LedgerSecret) -> String {
    let status = match secret.status {
        SecretStatus::Deleted => "revoked",
        status => status.as_str(),
    };
    format!("{} {status}", secret.hint)
}

/// Returns the cell of a secret. Programs get the code of its status.
fn secret_cell(secret: Option<&LedgerSecret>) -> Cell {
    match secret {
        None => Cell::or_dash(""),
        Some(secret) => Cell::new(format_secret(secret), format!("{} {}", secret.hint, secret.status.as_str())),
    }
}
