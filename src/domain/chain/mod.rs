//! Following the audit log's chain of hashes from row to row, in the memory of one, and holding it against checkpoints
//! that were kept outside the store.

use super::anchor::{Checkpoint, StoreMark};
use super::audit::{AuditRow, chain_hash};
use super::text::shown;
use super::time::{Timestamp, Zone, wall_clock};

/// A row of the log as it lies in the store, before anything of it is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRow {
    /// What can be read of it. A text that can't be is empty, an instant 0.
    pub row: AuditRow,
    /// Its hash, where that has 32 bytes.
    pub hash: Option<[u8; 32]>,
    /// The first column that holds something of another sort.
    pub unreadable: Option<&'static str>,
}

/// Which row is meant, in as much as can be said of it.
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

/// A damaged text may be of any length.
fn head(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The table is not the one that jeton makes; says how.
    Table(String),
    /// The store is set up, and its log is empty.
    Emptied,
    /// The row stands before the first one.
    Extra(Named),
    /// The row comes after one with a higher number.
    Order(Named),
    /// The row is not there, nor the others up to this one.
    Missing(i64),
    /// A column of the row holds something of another sort.
    Unreadable(Named, &'static str),
    /// The row's hash is not that of its fields and the row before.
    Changed(Named),
    /// The file is damaged from here on.
    Torn,
    /// The rows from this one on are gone: a checkpoint knew more.
    Cut(Checkpoint),
    /// The rows from this one on, up to a checkpoint, are others than they were.
    Rewritten {
        /// The last checkpoint that still holds.
        held: Option<Checkpoint>,
        /// The first that doesn't.
        differs: Checkpoint,
    },
    /// The checkpoints are those of another store.
    OtherStore {
        /// The store they were made of.
        theirs: StoreMark,
        /// This one.
        ours: StoreMark,
    },
}

/// Something that an untouched log doesn't have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The first row it concerns.
    pub seq: Option<i64>,
    /// What is wrong.
    pub flaw: Flaw,
}

impl Finding {
    /// The word that stands for it.
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

    /// The finding in words, with instants as clocks in `zone` show them.
    pub fn text(&self, zone: &dyn Zone) -> String {
        let seq = self.seq.unwrap_or(0);
        let row = |named: &Named| {
            let (verb, target) = (shown(&named.verb), shown(&named.target));
            format!("row {seq} ({}, {verb}, {target})", wall_clock(named.at, zone))
        };
        let of = |checkpoint: &Checkpoint| format!("the anchor of {}", wall_clock(checkpoint.at, zone));
        match &self.flaw {
            Flaw::Table(how) => format!("the log's table was altered: {}", shown(how)),
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
                let (theirs, ours) = (theirs.words(zone), ours.words(zone));
                format!("the anchor is of another store: of the one {}; this one was {}", shown(&theirs), shown(&ours))
            }
        }
    }
}

/// What following the chain showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many rows were looked at.
    pub rows: u64,
    /// Number and hash of the last row, where it has a proper one.
    pub head: Option<(i64, [u8; 32])>,
    /// What is wrong, the first [`FINDINGS_TOLD`]; none in a whole log.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub untold: u64,
    /// The last checkpoint that holds.
    pub anchored: Option<Checkpoint>,
}

/// How many findings are kept: one row of a log tells of a change, a thousand tell no more.
pub const FINDINGS_TOLD: usize = 20;

/// Follows a chain, a row at a time.
pub struct Verifier {
    checkpoints: std::vec::IntoIter<Checkpoint>,
    next: Option<Checkpoint>,
    held: Option<Checkpoint>,
    rewritten: bool,
    /// The number the next row must have.
    expected: i64,
    /// What the next row may be chained to. Two where the row before doesn't fit its hash, because either may have been
    /// changed; none where it can't be known.
    before: Vec<[u8; 32]>,
    report: Report,
}

impl Verifier {
    /// Follows the whole chain past `checkpoints`, the oldest first.
    pub fn whole(checkpoints: Vec<Checkpoint>) -> Self {
        Self::starting(1, vec![[0; 32]], checkpoints)
    }

    /// Follows it from the row of `checkpoint` on, which must still be as it was; the rows before are taken for granted.
    pub fn from(checkpoint: Checkpoint) -> Self {
        Self::starting(checkpoint.seq, Vec::new(), vec![checkpoint])
    }

    fn starting(expected: i64, before: Vec<[u8; 32]>, checkpoints: Vec<Checkpoint>) -> Self {
        let mut checkpoints = checkpoints.into_iter();
        let next = checkpoints.next();
        let report = Report { rows: 0, head: None, findings: Vec::new(), untold: 0, anchored: None };
        Verifier { checkpoints, next, held: None, rewritten: false, expected, before, report }
    }

    /// The number after which the rows must be read; all of them where there is none.
    pub fn after(&self) -> Option<i64> {
        (self.expected > 1).then(|| self.expected - 1)
    }

    /// Adds a finding. What checkpoints show is never left out.
    pub fn found(&mut self, seq: Option<i64>, flaw: Flaw) {
        let anchored = matches!(flaw, Flaw::Cut(_) | Flaw::Rewritten { .. });
        if anchored || self.report.findings.len() < FINDINGS_TOLD {
            self.report.findings.push(Finding { seq, flaw });
        } else {
            self.report.untold += 1;
        }
    }

    /// The rows that follow can't be read at all.
    pub fn torn(&mut self) {
        self.found(Some(self.expected), Flaw::Torn);
    }

    /// Looks at the next row in the order of their numbers.
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
            // What was hashed can't be had any more, but for the hash itself.
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

    /// Holds the row against the checkpoint of its number. One whose row is missing was told of already.
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

    /// What was seen so far, where the rest can't be read.
    pub fn unread(mut self) -> Report {
        self.report.anchored = self.held;
        self.report
    }

    /// What the whole showed.
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
