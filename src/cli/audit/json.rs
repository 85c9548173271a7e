//! JSON answers about the audit log.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::domain::audit_chain::{ChainFinding, ChainReport};
use crate::domain::checkpoint::{Checkpoint, hex};
use crate::domain::time::Zone;
use crate::verbs::ports::audit_log::HashedRow;

/// A row of the log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Entry")]
pub struct EntryJson<'a> {
    seq: i64,
    at: String,
    /// `null` if nobody had signed in yet.
    account: Option<&'a str>,
    name: Option<&'a str>,
    proof: &'a str,
    face: &'a str,
    verb: &'a str,
    target: &'a str,
    target_name: &'a str,
    details: Value,
    hash: String,
}

impl<'a> From<&'a HashedRow> for EntryJson<'a> {
    fn from(chained: &'a HashedRow) -> Self {
        let row = &chained.row;
        let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        EntryJson {
            seq: row.seq,
            at: row.at.rfc3339(),
            account: some(&row.account),
            name: some(&row.name),
            proof: &row.proof,
            face: &row.face,
            verb: &row.verb,
            target: &row.target,
            target_name: &row.target_name,
            details: serde_json::from_str(&row.details).unwrap_or_else(|_| Value::String(row.details.clone())),
            hash: hex(&chained.hash),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditFinding")]
struct FindingJson {
    seq: Option<i64>,
    kind: &'static str,
    text: String,
}

/// The answer of `audit verify`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditVerified")]
pub struct ChainReportJson {
    schema: u32,
    rows: u64,
    whole: bool,
    last_hash: Option<String>,
    findings: Vec<FindingJson>,
    /// Number of findings that are not listed.
    untold: u64,
    anchored_to: Option<i64>,
}

impl ChainReportJson {
    /// Converts `report`, with times in `zone`, whatever the reader's date format is.
    pub fn new(report: &ChainReport, zone: &dyn Zone) -> Self {
        let dates = super::super::json::DATES.in_zone(zone);
        let finding = |f: &ChainFinding| FindingJson { seq: f.seq, kind: f.kind(), text: f.describe(dates) };
        ChainReportJson {
            schema: super::super::json::SCHEMA,
            rows: report.rows,
            whole: report.findings.is_empty(),
            last_hash: report.head.map(|(_, hash)| hex(&hash)),
            findings: report.findings.iter().map(finding).collect(),
            untold: report.omitted,
            anchored_to: report.last_checkpoint.as_ref().map(|c| c.seq),
        }
    }
}

/// The answer of `audit anchor`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Anchored")]
pub struct CheckpointJson {
    schema: u32,
    seq: i64,
    hash: String,
    at: String,
    /// `false` if the file already ended with this row.
    added: bool,
}

impl CheckpointJson {
    /// Answers for `checkpoint`. `added` is `false` if the file already ended with it.
    pub fn new(checkpoint: &Checkpoint, added: bool) -> Self {
        CheckpointJson {
            schema: super::super::json::SCHEMA,
            seq: checkpoint.seq,
            hash: hex(&checkpoint.hash),
            at: checkpoint.at.rfc3339(),
            added,
        }
    }
}
