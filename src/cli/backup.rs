//! `jeton backup`: copies the store while others use it, and verifies the copy.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::args::BackupArgs;
use super::audit::{broken_chain_error, note_restores, parse_checkpoints};
use super::interruption::Interruption;
use super::output::{counted, format_bytes};
use super::progress::ProgressBar;
use super::{App, client_info};
use crate::domain::audit::Face;
use crate::domain::audit_chain::{ChainReport, ChainRestore};
use crate::domain::checkpoint::{Checkpoint, hex};
use crate::domain::time::Timestamp;
use crate::domain::wire_format::HexHash;
use crate::error::{Error, Kind, Result};
use crate::platform::anchor_file::AnchorFile;
use crate::platform::new_file::NewFile;
use crate::store::{OpenMode, OpenStore, StoreLocation};
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::cli_line::quote_path;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::LocalBackend;
use crate::verbs::request::call;

/// The answer of `backup`.
#[derive(Serialize, JsonSchema)]
pub(super) struct BackedUp {
    /// Path of the backup.
    file: String,
    /// Size of the backup in bytes.
    bytes: u64,
    /// Schema of the store.
    store_schema: i64,
    /// Number of verified rows of the audit log.
    rows: u64,
    /// Number of the last row.
    seq: i64,
    /// Hash of the last row.
    #[serde(serialize_with = "HexHash::serialize")]
    #[schemars(with = "HexHash")]
    hash: [u8; 32],
    /// Time of the backup.
    at: Timestamp,
    /// `true` if the row was appended to the anchor, `false` if the anchor already ended with it; `null` without an
    /// anchor.
    anchored: Option<bool>,
    /// Restores since the last checkpoint that still matches: they replaced the log of later checkpoints.
    restores: Vec<ChainRestore>,
}

/// A copy of a store that was verified.
struct VerifiedCopy {
    schema: i64,
    rows: u64,
    checkpoint: Checkpoint,
    restores: Vec<ChainRestore>,
}

pub(super) fn run(app: &mut App, args: &BackupArgs) -> Result<()> {
    let store = app.backend.store()?;
    let anchor = args.anchor.as_deref().map(|path| AnchorFile::open(path, &*app.adapters.clock)).transpose()?;
    let checkpoints = match (&anchor, &args.anchor) {
        (Some(file), Some(path)) => parse_checkpoints(path, file.text())?,
        _ => Vec::new(),
    };
    let last_anchored = checkpoints.last().map(|c| (c.seq, c.hash));
    let interruption = Interruption::listen()?;
    let file = NewFile::create(&args.file, "the backup")?;
    let bar = ProgressBar::show(&app.out, &app.adapters.progress, "pages copied")?;
    let copied = store.store().copy_to(file.partial_path(), &mut |done, all| {
        app.adapters.progress.report(done, all);
        interruption.as_flow()
    });
    drop(bar);
    let tip = interruption.check(copied, "no backup was written")?;
    let verified = verify_copy(app, file.partial_path(), checkpoints, &interruption).map_err(|e| match e.kind {
        Kind::Findings => Error { what: format!("no backup was written: {}", e.what), ..e },
        _ => e,
    });
    let VerifiedCopy { schema, rows, checkpoint, restores } = interruption.check(verified, "no backup was written")?;
    if (checkpoint.seq, checkpoint.hash) != (tip.seq, tip.hash) {
        return Err(Error::failure("no backup was written: the copy of the store is not complete")
            .why(format!(
                "the last audit row of the copy (row {}) differs from the last audit row of the store (row {})",
                checkpoint.seq, tip.seq
            ))
            .next("Run the command again"));
    }
    let (path, bytes) = (file.path().to_owned(), std::fs::metadata(file.partial_path()).map_or(0, |meta| meta.len()));
    file.finish()?;
    let anchored = anchor.map(|file| append(file, &checkpoint, last_anchored)).transpose().map_err(|e| {
        let what = format!("the backup {} is complete, but {}", path.display(), e.what);
        let anchor = args.anchor.as_deref().map(quote_path).unwrap_or_default();
        Error { what, ..e }.next(format!("Correct this, then append a checkpoint: jeton audit anchor {anchor}"))
    })?;
    if app.out.json {
        return app.print_json(&BackedUp {
            file: path.display().to_string(),
            bytes,
            store_schema: schema,
            rows,
            seq: checkpoint.seq,
            hash: checkpoint.hash,
            at: checkpoint.at,
            anchored,
            restores,
        });
    }
    let hash = hex(&checkpoint.hash);
    if app.out.quiet {
        return app.out.line(&hash);
    }
    app.out.line(&format!(
        "the backup is complete and intact: {}, with {} of the audit log. Last row: {}, hash {hash}",
        format_bytes(bytes),
        counted(rows, "row"),
        checkpoint.seq
    ))?;
    app.out.note(&format!("✓ the backup was written to {}", path.display()));
    match anchored {
        Some(true) => app.out.note(&format!("✓ a checkpoint of row {} was appended to the anchor", checkpoint.seq)),
        Some(false) => app.out.note(&format!("The anchor already ends with a checkpoint of row {}", checkpoint.seq)),
        None => {}
    }
    note_restores(app, &restores);
    Ok(())
}

/// Appends the checkpoint, unless the anchor ends with it.
fn append(mut file: AnchorFile, checkpoint: &Checkpoint, last: Option<(i64, [u8; 32])>) -> Result<bool> {
    let is_new = last != Some((checkpoint.seq, checkpoint.hash));
    if is_new {
        file.append(&checkpoint.to_line())?;
    }
    Ok(is_new)
}

/// Verifies the copy at `path`: its pages, its schema, and the chain of its audit log, also against `checkpoints`.
///
/// # Errors
/// [`crate::error::Kind::Findings`] if the audit log was altered; [`crate::error::Kind::Failure`] for another fault.
fn verify_copy(
    app: &mut App,
    path: &Path,
    checkpoints: Vec<Checkpoint>,
    interruption: &Interruption,
) -> Result<VerifiedCopy> {
    let bar = ProgressBar::show_phase(&app.out, &app.adapters.progress, "checking the pages of the copy")?;
    let refused = |fault: &str| {
        Error::failure(format!("no backup was written: the copy of the store {fault}"))
            .next("To find out if the store itself has this fault, run: jeton doctor --full")
    };
    let copy = open_copy(path, interruption, refused)?;
    drop(bar);
    let schema = copy.schema_version()?;
    let (report, checkpoint) = verify_chain(app, &Arc::new(copy), checkpoints)?;
    // A restore that a checkpoint covers was reported by the backup that appended the checkpoint.
    let anchored = report.last_checkpoint.map_or(0, |last| last.seq);
    let restores = report.restores.into_iter().filter(|restore| restore.seq > anchored).collect();
    Ok(VerifiedCopy { schema, rows: report.rows, checkpoint, restores })
}

/// Opens the copy at `path` and verifies its pages, its rows and its schema. `refused` returns the error for a fault, such as `is
/// damaged`.
pub(super) fn open_copy(
    path: &Path,
    interruption: &Interruption,
    refused: impl FnOnce(&str) -> Error,
) -> Result<OpenStore> {
    let copy = StoreLocation::file(path).open(OpenMode::Copy)?;
    stop_on_interruption(&copy, interruption)?;
    if let Some(fault) = copy.integrity_error()? {
        return Err(refused("is damaged").why(fault));
    }
    // Another rule of a table, for example, could keep tokens from being revoked.
    match copy.schema_difference()? {
        None => Ok(copy),
        Some(difference) => Err(refused("has a schema that jeton did not create").why(difference)),
    }
}

/// Makes queries of `store` end when the command is asked to end.
pub(super) fn stop_on_interruption(store: &OpenStore, interruption: &Interruption) -> Result<()> {
    store.stop_queries_when(interruption.as_closure())
}

/// Verifies the audit log of `store`, also against `checkpoints`. Returns the report, and a checkpoint of the last row.
pub(super) fn verify_chain(
    app: &mut App,
    store: &Arc<OpenStore>,
    checkpoints: Vec<Checkpoint>,
) -> Result<(ChainReport, Checkpoint)> {
    let backend = LocalBackend::<OpenStore>::new(Arc::clone(store), app.adapters.clone(), client_info(Face::Cli));
    let verb = VerifyAuditChain { checkpoints, range: AuditRange::FromStart };
    let bar = ProgressBar::show(&app.out, &app.adapters.progress, "rows verified")?;
    let verified = call(&backend, &Credential::Store, verb)?;
    drop(bar);
    match verified.checkpoint {
        Some(checkpoint) => Ok((verified.report, checkpoint)),
        None => Err(broken_chain_error(app, &verified.report)?),
    }
}
