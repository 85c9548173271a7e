//! Verifies the audit log's hash chain row by row, with memory for one row, and compares it with checkpoints stored
//! outside the store.

use super::anchor::{Checkpoint, StoreMark};
use super::audit::{AuditRow, chain_hash};
use super::text::escape_untrusted;
use super::time::{Timestamp, Zone, wall_clock};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    at: Timestamp,
    verb: String,
    target: String,
}

impl Named {
    fn of(row: &AuditRow) -> Self {
        let target = if row.target_name.is_empty() { &row.target } else { &row.target_name };
        Named { at: row.at, verb: head(&row.verb), target: head(target) }
    }
}

/// Shortens a text, because a damaged one may be of any length.
fn head(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A fault in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The table differs from jeton's definition; the text says how.
    Table(String),
    /// The store is set up, but its log is empty.
    Emptied,
    /// The row is before the first one.
    Extra(Named),
    /// The row follows one with a higher number.
    Order(Named),
    /// The row is missing, and so are all others up to this one.
    Missing(i64),
    /// A column of the row has a value of another type.
    Unreadable(Named, &'static str),
    /// The row's hash doesn't match its fields and the previous row.
    Changed(Named),
    /// The file is damaged from here on.
    Torn,
    /// The rows from this one on are gone, although a checkpoint recorded them.
    Cut(Checkpoint),
    /// The rows from this one on, up to a checkpoint, differ from the original ones.
    Rewritten {
        /// The last checkpoint that still matches.
        held: Option<Checkpoint>,
        /// The first checkpoint that doesn't match.
        differs: Checkpoint,
    },
    /// The checkpoints belong to another store.
    OtherStore {
        /// The store that the checkpoints belong to.
        theirs: StoreMark,
        /// The store being verified.
        ours: StoreMark,
    },
}

/// A fault that an untouched log doesn't have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The first row concerned.
    pub seq: Option<i64>,
    /// The fault.
    pub flaw: Flaw,
}

impl Finding {
    /// Returns the kind of the fault as a word.
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

    /// Returns the finding in words, with instants in local time of `zone`.
    pub fn describe(&self, zone: &dyn Zone) -> String {
        let seq = self.seq.unwrap_or(0);
        let row = |named: &Named| {
            let (verb, target) = (escape_untrusted(&named.verb), escape_untrusted(&named.target));
            format!("row {seq} ({}, {verb}, {target})", wall_clock(named.at, zone))
        };
        let of = |checkpoint: &Checkpoint| format!("the anchor of {}", wall_clock(checkpoint.at, zone));
        match &self.flaw {
            Flaw::Table(how) => format!("the log's table was altered: {}", escape_untrusted(how)),
            Flaw::Emptied => {
                "the log is empty, and it began when the store was set up: every row is missing".to_owned()
            }
            Flaw::Extra(named) => format!("{} stands before the first row", row(named)),
            Flaw::Order(named) => format!("{} stands behind one with a higher number", row(named)),
            Flaw::Missing(last) if *last == seq => format!("row {seq} is missing"),
            Flaw::Missing(last) => format!("rows {seq} to {last} are missing"),
            Flaw::Unreadable(named, column) => {
                format!("{} is damaged: its {column} is not what it must be", row(named))
            }
            Flaw::Changed(named) => {
                format!("{} was changed, or stands in another's place: its hash doesn't fit", row(named))
            }
            Flaw::Torn => format!("row {seq} and what follows can't be read: the store's file is damaged there"),
            Flaw::Cut(anchor) if seq <= 1 => format!("every row is missing: {} has {}", of(anchor), anchor.seq),
            Flaw::Cut(anchor) => {
                format!("rows after {} are missing: {} has {}", seq - 1, of(anchor), anchor.seq)
            }
            Flaw::Rewritten { held: None, differs } => {
                format!("rows {seq} to {} were rewritten: {} at {} differs", differs.seq, of(differs), differs.seq)
            }
            Flaw::Rewritten { held: Some(held), differs } => format!(
                "rows {seq} to {} were rewritten: {} at {} holds, {} at {} differs",
                differs.seq,
                of(held),
                held.seq,
                of(differs),
                differs.seq
            ),
            Flaw::OtherStore { theirs, ours } => {
                let (theirs, ours) = (theirs.describe(zone), ours.describe(zone));
                format!(
                    "the anchor is of another store: of the one {}; this one was {}",
                    escape_untrusted(&theirs),
                    escape_untrusted(&ours)
                )
            }
        }
    }
}

/// The result of verifying the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Number of rows checked.
    pub rows: u64,
    /// Number and hash of the last row, if it has a valid hash.
    pub head: Option<(i64, [u8; 32])>,
    /// The first [`FINDINGS_TOLD`] findings; empty for an intact log.
    pub findings: Vec<Finding>,
    /// Number of further findings.
    pub untold: u64,
    /// The last checkpoint that matches.
    pub anchored: Option<Checkpoint>,
}

/// Maximum number of findings kept. One row is enough to show a change; a thousand show no more.
pub const FINDINGS_TOLD: usize = 20;

/// Verifies a chain, one row at a time.
pub struct Verifier {
    checkpoints: std::vec::IntoIter<Checkpoint>,
    next: Option<Checkpoint>,
    held: Option<Checkpoint>,
    rewritten: bool,
    /// The number that the next row must have.
    expected: i64,
    /// The hashes that the next row may be chained to. Two if the previous row doesn't match its hash, because either
    /// may have been changed. Empty if unknown.
    before: Vec<[u8; 32]>,
    report: Report,
}

impl Verifier {
    /// Verifies the whole chain against `checkpoints`, the oldest first.
    pub fn whole(checkpoints: Vec<Checkpoint>) -> Self {
        Self::starting(1, vec![[0; 32]], checkpoints)
    }

    /// Verifies the chain from the row of `checkpoint` on, which must be unchanged. The rows before are assumed to be
    /// correct.
    pub fn from(checkpoint: Checkpoint) -> Self {
        Self::starting(checkpoint.seq, Vec::new(), vec![checkpoint])
    }

    fn starting(expected: i64, before: Vec<[u8; 32]>, checkpoints: Vec<Checkpoint>) -> Self {
        let mut checkpoints = checkpoints.into_iter();
        let next = checkpoints.next();
        let report = Report { rows: 0, head: None, findings: Vec::new(), untold: 0, anchored: None };
        Verifier { checkpoints, next, held: None, rewritten: false, expected, before, report }
    }

    /// Returns the number after which rows must be read; `None` to read all.
    pub fn after(&self) -> Option<i64> {
        (self.expected > 1).then(|| self.expected - 1)
    }

    /// Adds a finding. Findings from checkpoints are never omitted.
    pub fn found(&mut self, seq: Option<i64>, flaw: Flaw) {
        let anchored = matches!(flaw, Flaw::Cut(_) | Flaw::Rewritten { .. });
        if anchored || self.report.findings.len() < FINDINGS_TOLD {
            self.report.findings.push(Finding { seq, flaw });
        } else {
            self.report.untold += 1;
        }
    }

    /// Records that the following rows can't be read at all.
    pub fn torn(&mut self) {
        self.found(Some(self.expected), Flaw::Torn);
    }

    /// Checks the next row in the order of their numbers.
    pub fn row(&mut self, raw: &RawRow) {
        let (row, seq) = (&raw.row, raw.row.seq);
        self.report.rows += 1;
        if seq < self.expected {
            let flaw = if seq < 1 { Flaw::Extra(Named::of(row)) } else { Flaw::Order(Named::of(row)) };
            return self.found(Some(seq), flaw);
        }
        let gap = seq > self.expected;
        if gap {
            self.found(Some(self.expected), Flaw::Missing(seq - 1));
            self.before.clear();
        }
        let mut candidates: Vec<[u8; 32]> = raw.hash.into_iter().collect();
        match raw.unreadable {
            // The hashed content is lost; only the hash itself remains.
            Some(column) => {
                self.found(Some(seq), Flaw::Unreadable(Named::of(row), column));
                if column == HASH {
                    candidates.extend(self.before.iter().map(|before| chain_hash(before, row)));
                }
            }
            None => {
                let fitting = self.before.iter().map(|before| chain_hash(before, row));
                let computed: Vec<[u8; 32]> = fitting.collect();
                if !computed.is_empty() && !computed.iter().any(|hash| Some(*hash) == raw.hash) {
                    self.found(Some(seq), Flaw::Changed(Named::of(row)));
                    candidates.extend(computed);
                }
            }
        }
        self.before = candidates;
        self.report.head = raw.hash.map(|hash| (seq, hash));
        self.expected = seq.saturating_add(1);
        self.anchor(seq);
    }

    /// Compares the row with the checkpoint of its number. A missing row was already reported.
    fn anchor(&mut self, seq: i64) {
        while let Some(checkpoint) = self.next.take_if(|c| c.seq <= seq) {
            if checkpoint.seq == seq {
                if self.before.contains(&checkpoint.hash) {
                    self.held = Some(checkpoint);
                } else if !self.rewritten {
                    self.rewritten = true;
                    let held = self.held.clone();
                    let first = held.as_ref().map_or(1, |c| c.seq + 1);
                    self.found(Some(first), Flaw::Rewritten { held, differs: checkpoint });
                }
            }
            self.next = self.checkpoints.next();
        }
    }

    /// Returns the results so far, if the rest can't be read.
    pub fn unread(mut self) -> Report {
        self.report.anchored = self.held;
        self.report
    }

    /// Returns the results for the whole chain.
    pub fn finish(mut self) -> Report {
        let furthest = self.next.take().into_iter().chain(self.checkpoints.by_ref()).last();
        if let Some(furthest) = furthest {
            self.found(Some(self.expected), Flaw::Cut(furthest));
        }
        self.unread()
    }
}

/// The column that holds the hash.
pub const HASH: &str = "hash";

#[cfg(test)]
mod tests;
