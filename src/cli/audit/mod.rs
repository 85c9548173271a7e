//! `jeton audit …`: the log read, and proved.

mod json;
mod prove;
mod read;

use super::App;
use super::args::{AuditArgs, AuditCommand};
use crate::error::Result;

pub(super) fn run(app: &mut App, args: AuditArgs) -> Result<()> {
    match args.command {
        None => read::read(app, args.read),
        Some(AuditCommand::Verify(args)) => prove::verify(app, args.anchor.as_deref()),
        Some(AuditCommand::Anchor(args)) => prove::anchor(app, &args.file),
    }
}
