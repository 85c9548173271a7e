//! The audit log of the engine in memory.

use jeton::domain::audit::{AuditActor, AuditEntry, AuditRow, chain_hash};
use jeton::domain::audit_chain::RawRow;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::time::Timestamp;
use jeton::error::Result;
use jeton::verbs::ports::audit_log::{AuditLog, AuditPage, AuditQuery, AuditTip, AuditWindow, HashedRow};

use super::super::audit::holds;
use super::state::State;
use super::{Start, section};

impl State {
    /// Appends a row for each entry; returns the number of the last row.
    pub fn append(&mut self, actor: &AuditActor, now: Timestamp, entries: &[AuditEntry]) -> i64 {
        let AuditTip { mut seq, mut hash } = self.tip();
        for entry in entries {
            seq += 1;
            let row = AuditRow {
                seq,
                at: now,
                account: actor.account.clone(),
                name: actor.name.clone(),
                proof: actor.proof.clone(),
                face: actor.face.as_str().to_owned(),
                verb: entry.verb.to_owned(),
                target: entry.target.clone(),
                target_name: entry.target_name.clone(),
                details: serde_json::Value::Object(entry.details.clone()).to_string(),
            };
            hash = chain_hash(&hash, &row);
            self.audit.push(HashedRow { row, hash });
        }
        seq
    }

    fn tip(&self) -> AuditTip {
        self.audit.last().map_or_else(AuditTip::default, |last| AuditTip { seq: last.row.seq, hash: last.hash })
    }
}

impl AuditLog for State {
    fn audit_tip(&self) -> Result<AuditTip> {
        Ok(self.tip())
    }
    fn audit_contains(&self, tip: AuditTip) -> Result<bool> {
        Ok(self.audit.iter().any(|stored| (stored.row.seq, stored.hash) == (tip.seq, tip.hash)))
    }
    fn audit_rows(&self, verb: &str, target: &str, limit: usize) -> Result<Vec<AuditRow>> {
        let about = |stored: &&HashedRow| stored.row.verb == verb && stored.row.target == target;
        Ok(self.audit.iter().rev().filter(about).take(limit).map(|stored| stored.row.clone()).collect())
    }
    fn audit_is_append_only_since(&self, tip: AuditTip, without: &str) -> Result<bool> {
        let is_known = tip == AuditTip::default() || self.audit_contains(tip)?;
        let mut later = self.audit.iter().filter(|stored| stored.row.seq > tip.seq);
        Ok(is_known && later.all(|stored| !stored.row.verb.starts_with(without)))
    }
    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow> {
        let matching: Vec<HashedRow> = self.audit.iter().filter(|stored| holds(&stored.row, query)).cloned().collect();
        let before = |seq: i64| matching.partition_point(|stored| stored.row.seq < seq);
        let start = match query.cursor {
            PageCursor::Oldest => Start::From(0),
            PageCursor::Newest => Start::Before(matching.len()),
            PageCursor::Older(seq) => Start::Before(before(seq)),
            PageCursor::Newer(seq) => Start::From(before(seq + 1)),
            PageCursor::Around(seq) => Start::Around(before(seq)),
        };
        let range = section(start, matching.len(), query.limit);
        Ok(AuditWindow {
            older: range.start > 0 || matches!(query.cursor, PageCursor::Newer(_)),
            newer: range.end < matching.len() || matches!(query.cursor, PageCursor::Older(_)),
            rows: matching[range].to_vec(),
            newest: self.tip().seq,
            unreadable: Vec::new(),
        })
    }
    fn audit_schema_error(&self) -> Result<Option<String>> {
        Ok(None)
    }
    fn audit_page(&self, after: Option<i64>, limit: usize) -> Result<AuditPage> {
        let rows = self.audit.iter().filter(|stored| after.is_none_or(|seq| stored.row.seq > seq)).take(limit);
        let raw = |stored: &HashedRow| RawRow { row: stored.row.clone(), hash: Some(stored.hash), unreadable: None };
        Ok(AuditPage { rows: rows.map(raw).collect(), is_torn: false })
    }
}
