//! `audit anchor`: verifies the newer part of the log, then appends a checkpoint to a file.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::verify::{broken_chain_error, note_restores, parse_checkpoints};
use crate::domain::time::Timestamp;
use crate::domain::wire_format::HexHash;
use crate::error::Result;
use crate::platform::anchor_file::AnchorFile;
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::credential::Credential;

/// The answer of `audit anchor`.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Anchored {
    /// Number of the row that the checkpoint records.
    seq: i64,
    /// Hash of that row.
    #[serde(serialize_with = "HexHash::serialize")]
    #[schemars(with = "HexHash")]
    hash: [u8; 32],
    /// Time of the checkpoint.
    at: Timestamp,
    /// `false` if the file already ended with this row.
    added: bool,
}

pub(super) fn anchor(app: &mut App, path: &Path) -> Result<()> {
    // Without a store, fail before any file is written.
    app.backend.store()?;
    let mut file = AnchorFile::open(path, &*app.adapters.clock)?;
    let checkpoints = parse_checkpoints(path, file.text())?;
    let last = checkpoints.last().map(|c| (c.seq, c.hash));
    let verb = VerifyAuditChain { checkpoints, range: AuditRange::FromLastCheckpoint };
    let verified = app.call(&Credential::Store, verb)?;
    let Some(checkpoint) = verified.checkpoint else {
        let mut error = broken_chain_error(app, &verified.report)?;
        let next = error.next.take().unwrap_or_default();
        return Err(error.next(format!("{next}. The anchor file was not changed")));
    };
    let added = last != Some((checkpoint.seq, checkpoint.hash));
    if added {
        file.append(&checkpoint.to_line())?;
    }
    if app.out.json {
        return app.print_json(&Anchored { seq: checkpoint.seq, hash: checkpoint.hash, at: checkpoint.at, added });
    }
    if app.out.quiet {
        return app.out.line(&checkpoint.seq.to_string());
    }
    app.out.note(&match added {
        true => format!("✓ checkpoint of row {} written to {}", checkpoint.seq, path.display()),
        false => {
            format!(
                "The anchor already has a checkpoint of the last row (row {}). The file was not changed",
                checkpoint.seq
            )
        }
    });
    note_restores(app, &verified.report.restores);
    Ok(())
}
