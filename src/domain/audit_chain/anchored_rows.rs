//! Compares the rows of a log with the checkpoints of an anchor.

use std::collections::VecDeque;

use super::restore_row::RestoreRow;
use super::{ChainRestore, Flaw, excerpt};
use crate::domain::checkpoint::Checkpoint;

/// Number of restores that can explain why rows are missing, the newest ones.
const MAX_RESTORES: usize = 1_000;

/// A checkpoint and its position in the anchor, where later checkpoints follow earlier ones.
struct Placed {
    at: usize,
    checkpoint: Checkpoint,
}

/// The comparison while rows are read.
pub(super) struct AnchoredRows {
    /// The checkpoints of rows that were not read yet, by number.
    upcoming: VecDeque<Placed>,
    matching: Vec<Placed>,
    /// Checkpoints with another hash, each with the number of findings before its own.
    differing: Vec<(Placed, usize)>,
    restores: VecDeque<RestoreRow>,
}

/// The result of the comparison.
pub(super) struct Compared {
    /// The matching checkpoint with the highest number.
    pub last_match: Option<Checkpoint>,
    /// Number of the first rewritten row and the flaw, and the number of findings before it.
    pub rewritten: Option<(i64, Flaw, usize)>,
    /// The checkpoint of the highest missing row.
    pub cut: Option<Checkpoint>,
    pub restores: Vec<ChainRestore>,
}

impl AnchoredRows {
    pub fn new(checkpoints: Vec<Checkpoint>) -> Self {
        let placed = checkpoints.into_iter().enumerate().map(|(at, checkpoint)| Placed { at, checkpoint });
        let mut upcoming: Vec<Placed> = placed.collect();
        // Numbers become lower after a restore.
        upcoming.sort_by_key(|placed| placed.checkpoint.seq);
        AnchoredRows {
            upcoming: upcoming.into(),
            matching: Vec::new(),
            differing: Vec::new(),
            restores: VecDeque::new(),
        }
    }

    /// Compares row `seq`, which may have one of `hashes`, with its checkpoints. A missing row was already reported.
    pub fn compare(&mut self, seq: i64, hashes: &[[u8; 32]], findings: usize) {
        while self.upcoming.front().is_some_and(|placed| placed.checkpoint.seq <= seq)
            && let Some(placed) = self.upcoming.pop_front()
        {
            if placed.checkpoint.seq < seq {
                continue;
            }
            match hashes.contains(&placed.checkpoint.hash) {
                true => self.matching.push(placed),
                false => self.differing.push((placed, findings)),
            }
        }
    }

    /// Adds a restore whose row was verified.
    pub fn add_restore(&mut self, restore: RestoreRow) {
        if self.restores.len() == MAX_RESTORES {
            self.restores.pop_front();
        }
        self.restores.push_back(restore);
    }

    /// Explains the checkpoints that don't match by restores, and returns the others as flaws. `is_complete` is `false` if
    /// rows follow that can't be read.
    pub fn finish(self, is_complete: bool) -> Compared {
        let AnchoredRows { upcoming, matching, differing, restores } = self;
        let mut explained: Vec<(RestoreRow, u64)> = Vec::new();
        // Position of the first checkpoint that covers a restore's row: later ones are not of the log before it.
        let ends: Vec<usize> = restores
            .iter()
            .map(|restore| {
                let later = matching.iter().filter(|placed| placed.checkpoint.seq >= restore.seq);
                later.map(|placed| placed.at).min().unwrap_or(usize::MAX)
            })
            .collect();
        let mut is_explained = |placed: &Placed| {
            let mut known = restores.iter().zip(&ends);
            let restore = known.find(|(restore, end)| placed.at < **end && restore.replaced(&placed.checkpoint));
            let Some((restore, _)) = restore else { return false };
            match explained.iter_mut().find(|(known, _)| known.seq == restore.seq) {
                Some((_, count)) => *count += 1,
                None => explained.push((restore.clone(), 1)),
            }
            true
        };
        let differing: Vec<_> = differing.into_iter().filter(|(placed, _)| !is_explained(placed)).collect();
        let missing: Vec<_> = upcoming.into_iter().filter(|placed| !is_explained(placed)).collect();
        let rewritten = differing.into_iter().next().map(|(Placed { checkpoint: differs, .. }, findings)| {
            let before = matching.iter().filter(|placed| placed.checkpoint.seq < differs.seq);
            let last_match = before.max_by_key(|placed| placed.checkpoint.seq).map(|placed| placed.checkpoint.clone());
            let first = last_match.as_ref().map_or(1, |c| c.seq + 1);
            (first, Flaw::Rewritten { last_match, differs }, findings)
        });
        explained.sort_by_key(|(restore, _)| restore.seq);
        let describe = |(restore, checkpoints): (RestoreRow, u64)| ChainRestore {
            seq: restore.seq,
            at: restore.at,
            file: excerpt(&restore.file),
            checkpoints,
        };
        Compared {
            last_match: matching.into_iter().next_back().map(|placed| placed.checkpoint),
            rewritten,
            cut: missing.into_iter().next_back().map(|placed| placed.checkpoint).filter(|_| is_complete),
            restores: explained.into_iter().map(describe).collect(),
        }
    }
}
