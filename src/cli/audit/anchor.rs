//! `audit anchor`: verifies the newer part of the log, then appends a checkpoint to a file.

use std::path::Path;

use super::super::App;
use super::json::CheckpointJson;
use super::verify::{broken_chain_error, parse_checkpoints};
use crate::error::Result;
use crate::platform::anchor_file::AnchorFile;
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::credential::Credential;

pub(super) fn anchor(app: &mut App, path: &Path) -> Result<()> {
    // Without a store, fail before any file is written.
    app.backend.backend()?;
    let mut file = AnchorFile::open(path, &*app.adapters.clock)?;
    let checkpoints = parse_checkpoints(path, file.text())?;
    let last = checkpoints.last().map_or(0, |c| c.seq);
    let verb = VerifyAuditChain { checkpoints, range: AuditRange::FromLastCheckpoint };
    let verified = app.call(&Credential::Store, verb)?;
    let Some(checkpoint) = verified.checkpoint else {
        let mut error = broken_chain_error(app, &verified.report)?;
        error.why = Some("the anchor file was not changed".to_owned());
        return Err(error);
    };
    let added = checkpoint.seq > last;
    if added {
        file.append(&checkpoint.to_line())?;
    }
    if app.out.json {
        return app.out.json(&CheckpointJson::new(&checkpoint, added));
    }
    if app.out.quiet {
        return app.out.line(&checkpoint.seq.to_string());
    }
    app.out.note(&match added {
        true => format!("✓ checkpoint of row {} written to {}", checkpoint.seq, path.display()),
        false => {
            format!("The anchor already has a checkpoint of the last row, {}. The file was not changed", checkpoint.seq)
        }
    });
    Ok(())
}
