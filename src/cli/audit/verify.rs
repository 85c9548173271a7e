//! `audit verify`: checks that the log was not changed.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::output::counted;
use crate::domain::audit_chain::{ChainFinding, ChainReport, ChainRestore, Flaw};
use crate::domain::checkpoint::{self, Checkpoint, NO_CHECKPOINT_ADVICE, hex};
use crate::domain::date_format::Dates;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Kind, Result};
use crate::platform::anchor_file;
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::cli_line::quote_path;
use crate::verbs::credential::Credential;

/// The answer of `audit verify`. Unlike the reply of the verb, it describes findings in words, with local times.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct AuditVerified {
    /// Number of checked rows.
    rows: u64,
    /// `true` if there are no findings.
    whole: bool,
    /// Hash of the last row; `null` if the log is empty.
    last_hash: Option<String>,
    /// Faults, the first ones only.
    findings: Vec<AuditFinding>,
    /// Number of findings that are not listed.
    omitted: u64,
    /// Number of the newest row that a matching checkpoint records; `null` without an anchor.
    anchored_to: Option<i64>,
    /// Restores that replaced the log of some checkpoints. This explains why these checkpoints don't match.
    restores: Vec<ChainRestore>,
}

#[derive(Serialize, JsonSchema)]
struct AuditFinding {
    /// Number of the first row concerned; `null` if the finding is about the whole log.
    seq: Option<i64>,
    /// Code of the fault, such as `changed` or `missing`.
    kind: &'static str,
    /// The fault in a sentence.
    text: String,
}

impl AuditVerified {
    fn new(report: &ChainReport, dates: Dates<'_>) -> Self {
        let finding = |f: &ChainFinding| AuditFinding { seq: f.seq, kind: f.kind(), text: f.describe(dates) };
        AuditVerified {
            rows: report.rows,
            whole: report.findings.is_empty(),
            last_hash: report.head.map(|(_, hash)| hex(&hash)),
            findings: report.findings.iter().map(finding).collect(),
            omitted: report.omitted,
            anchored_to: report.last_checkpoint.as_ref().map(|c| c.seq),
            restores: report.restores.clone(),
        }
    }
}

pub(super) fn verify(app: &mut App, file: Option<&Path>) -> Result<()> {
    app.backend.store()?;
    let checkpoints = file.map(|file| read_checkpoints(app, file)).transpose()?;
    let anchored = checkpoints.is_some();
    let verb = VerifyAuditChain { checkpoints: checkpoints.unwrap_or_default(), range: AuditRange::FromStart };
    let report = app.call_with_progress(&Credential::Store, verb, "rows verified")?.report;
    if app.out.json {
        let answer = AuditVerified::new(&report, app.dates());
        app.print_json(&answer)?;
    }
    if !report.findings.is_empty() {
        return Err(broken_chain_error(app, &report)?);
    }
    let last = report.head.map_or_else(|| "none".to_owned(), |(_, hash)| hex(&hash));
    if app.out.json {
        return Ok(());
    }
    if app.out.quiet {
        return app.out.line(&last);
    }
    app.out.line(&format!("{} verified; last hash {last}", counted(report.rows, "row")))?;
    let newer = report.head.map_or(0, |(seq, _)| seq) - report.last_checkpoint.as_ref().map_or(0, |c| c.seq);
    app.out.note(&match &report.last_checkpoint {
        Some(checkpoint) if newer == 0 => format!("The log is anchored up to row {}, the last row.", checkpoint.seq),
        Some(checkpoint) => format!(
            "The log is anchored up to row {}. If somebody rewrites the {} after this row and their hashes, jeton \
             can't detect the change. To anchor the log up to its end, run: {} audit anchor FILE",
            checkpoint.seq,
            counted(newer, "row"),
            app.program()
        ),
        None if anchored => format!(
            "No row of the log is anchored, because no checkpoint matches the log. To anchor the log, run: {} audit \
             anchor FILE",
            app.program()
        ),
        None => NO_CHECKPOINT_ADVICE.to_owned(),
    });
    note_restores(app, &report.restores);
    Ok(())
}

/// Names the restores that explain why checkpoints don't match. Somebody who can write to the store can forge such a row.
pub(in crate::cli) fn note_restores(app: &App, restores: &[ChainRestore]) {
    let dates = app.dates();
    for restore in restores {
        let (at, file) = (dates.second(restore.at), escape_untrusted(&restore.file));
        let checkpoints = counted(restore.checkpoints, "checkpoint");
        let verb = if restore.checkpoints == 1 { "doesn't" } else { "don't" };
        app.out.note(&format!(
            "! A restore from {file} replaced the log at {at}. Row {} of the log records this restore. So \
             {checkpoints} {verb} match the log. Check that you or a colleague made the restore",
            restore.seq
        ));
    }
}

fn read_checkpoints(app: &App, file: &Path) -> Result<Vec<Checkpoint>> {
    let program = app.program();
    let text = anchor_file::read(file).map_err(|e| match e.kind {
        Kind::NotFound => {
            e.next(format!("Check the path, or create the anchor with: {program} audit anchor {}", quote_path(file)))
        }
        _ => e,
    })?;
    let checkpoints = parse_checkpoints(file, &text)?;
    if checkpoints.is_empty() {
        return Err(Error::failure(format!("the anchor {} contains no checkpoint", file.display())).next(format!(
            "If the file is new, add a checkpoint: {program} audit anchor {}. If the file had checkpoints, restore \
                 the file from a backup",
            quote_path(file)
        )));
    }
    Ok(checkpoints)
}

pub(in crate::cli) fn parse_checkpoints(file: &Path, text: &str) -> Result<Vec<Checkpoint>> {
    checkpoint::parse_checkpoints(text).map_err(|mut e| {
        e.what = format!("{}: {}", file.display(), e.what);
        e
    })
}

/// Returns the first finding as the error, and prints the others.
pub(in crate::cli) fn broken_chain_error(app: &mut App, report: &ChainReport) -> Result<Error> {
    let dates = app.dates();
    let findings: Vec<String> = report.findings.iter().map(|finding| finding.describe(dates)).collect();
    let mut findings = findings.into_iter();
    let first = findings.next().unwrap_or_default();
    if !app.out.json {
        findings.try_for_each(|text| app.out.line(&text))?;
        if report.omitted > 0 {
            app.out.line(&format!("and {}", counted(report.omitted, "more finding")))?;
        }
    }
    if let [only] = &report.findings[..]
        && matches!(only.flaw, Flaw::OtherStore { .. })
    {
        return Ok(
            Error::findings(first).next("Use the anchor of this store, or choose the anchor's store with --store PATH")
        );
    }
    Ok(Error::findings(format!("the audit log was altered or damaged: {first}")).next(format!(
        "Don't change the file {}. To compare the file with a backup, run: {} restore FILE --dry-run",
        app.store_path().display(),
        app.program()
    )))
}
