//! Verifies the audit log's hash chain row by row, with memory for one row, and compares it with checkpoints stored
//! outside the store.

mod anchored_rows;
pub mod restore_row;

use anchored_rows::AnchoredRows;
use restore_row::RestoreRow;

use super::audit::{AuditRow, chain_hash};
use super::checkpoint::{Checkpoint, StoreId};
use super::date_format::Dates;
use super::time::Timestamp;
use super::untrusted_text::escape_untrusted;
use super::wire_format::{HexHash, numbered_hash};
use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A row of the log as stored, before any of its content is trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRow {
    /// The readable content. An unreadable text is empty, an unreadable instant is 0.
    pub row: AuditRow,
    /// The row's hash, if it has 32 bytes.
    pub hash: Option<[u8; 32]>,
    /// The first column with a value of another type.
    pub unreadable: Option<&'static str>,
}

/// The identification of a row, as far as its content allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowRef {
    at: Timestamp,
    verb: String,
    target: String,
}

impl RowRef {
    fn new(row: &AuditRow) -> Self {
        let target = if row.target_name.is_empty() { &row.target } else { &row.target_name };
        RowRef { at: row.at, verb: excerpt(&row.verb), target: excerpt(target) }
    }
}

/// Shortens a text, because a damaged one may be of any length.
fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Flaw {
    /// The table differs from jeton's definition; the text says how.
    Table(String),
    Emptied,
    Extra(RowRef),
    Order(RowRef),
    /// The row is missing, and so are all others up to this one.
    Missing(i64),
    Unreadable(RowRef, Cow<'static, str>),
    Changed(RowRef),
    Torn,
    /// The rows from this one on are missing, although a checkpoint recorded them.
    Cut(Checkpoint),
    /// The rows from this one on, up to a checkpoint, differ from the original ones.
    Rewritten {
        /// The last checkpoint that still matches.
        last_match: Option<Checkpoint>,
        /// The first checkpoint that doesn't match.
        differs: Checkpoint,
    },
    OtherStore {
        theirs: StoreId,
        ours: StoreId,
    },
}

/// A fault that an untouched log doesn't have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainFinding {
    /// The first row concerned.
    pub seq: Option<i64>,
    pub flaw: Flaw,
}

impl ChainFinding {
    pub fn kind(&self) -> &'static str {
        match self.flaw {
            Flaw::Table(_) => "table",
            Flaw::Emptied => "emptied",
            Flaw::Extra(_) => "extra",
            Flaw::Order(_) => "order",
            Flaw::Missing(_) => "missing",
            Flaw::Unreadable(..) => "unreadable",
            Flaw::Changed(_) => "changed",
            Flaw::Torn => "torn",
            Flaw::Cut(_) => "cut",
            Flaw::Rewritten { .. } => "rewritten",
            Flaw::OtherStore { .. } => "other-store",
        }
    }

    pub fn describe(&self, dates: Dates<'_>) -> String {
        let seq = self.seq.unwrap_or(0);
        let row = |row_ref: &RowRef| {
            let (verb, target) = (escape_untrusted(&row_ref.verb), escape_untrusted(&row_ref.target));
            let parts = [dates.second(row_ref.at).into(), verb, target];
            let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            format!("row {seq} ({})", parts.join(", "))
        };
        let anchor_of = |checkpoint: &Checkpoint| format!("the checkpoint of {}", dates.second(checkpoint.at));
        let rewritten = |last: i64| match last == seq {
            true => format!("row {seq} was rewritten"),
            false => format!("at least one of the rows {seq} to {last} was rewritten"),
        };
        match &self.flaw {
            Flaw::Table(how) => escape_untrusted(how).into_owned(),
            Flaw::Emptied => "the audit log is empty, although the store was set up".to_owned(),
            Flaw::Extra(named) => format!("{} has a number below 1, but the numbers of rows begin with 1", row(named)),
            Flaw::Order(named) => format!("{} follows a row with a higher number", row(named)),
            Flaw::Missing(last) if *last == seq => format!("row {seq} is missing"),
            Flaw::Missing(last) => format!("rows {seq} to {last} are missing"),
            Flaw::Unreadable(named, column) => {
                format!("{} is damaged: the value of its column \"{column}\" is invalid", row(named))
            }
            Flaw::Changed(named) => {
                format!("{} was changed or moved: its hash does not match", row(named))
            }
            Flaw::Torn => format!("row {seq} and all later rows can't be read: the store's file is damaged"),
            Flaw::Cut(anchor) if seq <= 1 => {
                format!("every row of the audit log is missing, but {} recorded row {}", anchor_of(anchor), anchor.seq)
            }
            Flaw::Cut(anchor) => {
                format!("rows after {} are missing, but {} recorded row {}", seq - 1, anchor_of(anchor), anchor.seq)
            }
            Flaw::Rewritten { last_match: None, differs } => {
                format!("{}: {} has another hash for row {}", rewritten(differs.seq), anchor_of(differs), differs.seq)
            }
            Flaw::Rewritten { last_match: Some(last), differs } => format!(
                "{}: {} still matches row {}, but {} has another hash for row {}",
                rewritten(differs.seq),
                anchor_of(last),
                last.seq,
                anchor_of(differs),
                differs.seq
            ),
            Flaw::OtherStore { theirs, ours } => {
                let (theirs, ours) = (theirs.describe(dates), ours.describe(dates));
                format!(
                    "the anchor belongs to another store. The other store was {}, and this store was {}",
                    escape_untrusted(&theirs),
                    escape_untrusted(&ours)
                )
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainReport {
    /// Number of rows checked.
    pub rows: u64,
    /// Number and hash of the last row, if it has a valid hash.
    #[serde(with = "numbered_hash")]
    #[schemars(with = "Option<(i64, HexHash)>")]
    pub head: Option<(i64, [u8; 32])>,
    /// The first [`MAX_FINDINGS`] findings; empty for an intact log.
    pub findings: Vec<ChainFinding>,
    /// Number of further findings.
    pub omitted: u64,
    /// The matching checkpoint with the highest number.
    pub last_checkpoint: Option<Checkpoint>,
    /// Restores that explain why checkpoints don't match: they are of a log that the restore replaced.
    #[serde(default)]
    pub restores: Vec<ChainRestore>,
}

/// A restore in the log, and the checkpoints of the log that it replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainRestore {
    /// Number of the restore's row.
    pub seq: i64,
    /// Time of the restore.
    pub at: Timestamp,
    /// Name of the backup's file.
    pub file: String,
    /// Number of checkpoints of the replaced log.
    pub checkpoints: u64,
}

/// Maximum number of findings in a report. One row is enough to show a change.
pub const MAX_FINDINGS: usize = 20;

pub struct ChainVerifier {
    anchored: AnchoredRows,
    /// `true` if all rows are verified, from the first one on.
    is_whole: bool,
    /// The number that the next row must have.
    expected: i64,
    /// The hashes that the next row may be chained to. Two if the previous row doesn't match its hash, because either
    /// may have been changed. Empty if unknown.
    previous_hashes: Vec<[u8; 32]>,
    /// Time of the last row.
    last_at: Timestamp,
    report: ChainReport,
}

impl ChainVerifier {
    /// Verifies the whole chain against `checkpoints`, the oldest first. A restore in the log explains checkpoints of the
    /// log that it replaced.
    pub fn from_start(checkpoints: Vec<Checkpoint>) -> Self {
        Self::new(1, vec![[0; 32]], checkpoints)
    }

    /// Verifies the chain from the row of `checkpoint` on, which must be unchanged. The rows before are assumed to be
    /// correct.
    pub fn from_checkpoint(checkpoint: Checkpoint) -> Self {
        ChainVerifier { is_whole: false, ..Self::new(checkpoint.seq, Vec::new(), vec![checkpoint]) }
    }

    fn new(expected: i64, before: Vec<[u8; 32]>, checkpoints: Vec<Checkpoint>) -> Self {
        let report = ChainReport {
            rows: 0,
            head: None,
            findings: Vec::new(),
            omitted: 0,
            last_checkpoint: None,
            restores: Vec::new(),
        };
        ChainVerifier {
            anchored: AnchoredRows::new(checkpoints),
            is_whole: true,
            expected,
            previous_hashes: before,
            last_at: Timestamp(0),
            report,
        }
    }

    /// Returns the number after which rows must be read; `None` to read all.
    pub fn after(&self) -> Option<i64> {
        (self.expected > 1).then(|| self.expected - 1)
    }

    pub fn add_finding(&mut self, seq: Option<i64>, flaw: Flaw) {
        if self.report.findings.len() < MAX_FINDINGS {
            self.report.findings.push(ChainFinding { seq, flaw });
        } else {
            self.report.omitted += 1;
        }
    }

    /// Records that the following rows can't be read at all.
    pub fn add_torn(&mut self) {
        self.add_finding(Some(self.expected), Flaw::Torn);
    }

    /// Checks the next row in the order of their numbers.
    pub fn check_row(&mut self, raw: &RawRow) {
        let (row, seq) = (&raw.row, raw.row.seq);
        self.report.rows += 1;
        if seq < self.expected {
            let flaw = if seq < 1 { Flaw::Extra(RowRef::new(row)) } else { Flaw::Order(RowRef::new(row)) };
            return self.add_finding(Some(seq), flaw);
        }
        let gap = seq > self.expected;
        if gap {
            self.add_finding(Some(self.expected), Flaw::Missing(seq - 1));
            self.previous_hashes.clear();
        }
        let mut candidates: Vec<[u8; 32]> = raw.hash.into_iter().collect();
        match raw.unreadable {
            // The hashed content is lost; only the hash itself remains.
            Some(column) => {
                self.add_finding(Some(seq), Flaw::Unreadable(RowRef::new(row), column.into()));
                if column == HASH_COLUMN {
                    candidates.extend(self.previous_hashes.iter().map(|before| chain_hash(before, row)));
                }
            }
            None => {
                let fitting = self.previous_hashes.iter().map(|before| chain_hash(before, row));
                let computed: Vec<[u8; 32]> = fitting.collect();
                if computed.iter().any(|hash| Some(*hash) == raw.hash) {
                    if let Some(restore) = RestoreRow::from_row(row).filter(|_| self.is_whole) {
                        self.anchored.add_restore(restore);
                    }
                } else if !computed.is_empty() {
                    self.add_finding(Some(seq), Flaw::Changed(RowRef::new(row)));
                    candidates.extend(computed);
                }
            }
        }
        self.previous_hashes = candidates;
        self.report.head = raw.hash.map(|hash| (seq, hash));
        self.last_at = row.at;
        self.expected = seq.saturating_add(1);
        self.anchored.compare(seq, &self.previous_hashes, self.report.findings.len());
    }

    /// Returns the time of the last row that was checked.
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// Returns the results so far, if the rest can't be read.
    pub fn finish_early(self) -> ChainReport {
        self.finish_with(false)
    }

    pub fn finish(self) -> ChainReport {
        self.finish_with(true)
    }

    fn finish_with(self, is_complete: bool) -> ChainReport {
        let ChainVerifier { anchored, expected, mut report, .. } = self;
        let compared = anchored.finish(is_complete);
        // Findings from checkpoints are never omitted.
        if let Some((seq, flaw, at)) = compared.rewritten {
            report.findings.insert(at, ChainFinding { seq: Some(seq), flaw });
        }
        if let Some(furthest) = compared.cut {
            report.findings.push(ChainFinding { seq: Some(expected), flaw: Flaw::Cut(furthest) });
        }
        report.last_checkpoint = compared.last_match;
        report.restores = compared.restores;
        report
    }
}

pub const HASH_COLUMN: &str = "hash";

#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod tests;
