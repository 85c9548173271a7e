//! The audit log of the engine in memory.

use jeton::domain::audit::{AuditActor, AuditEntry, AuditRow, chain_hash};
use jeton::domain::audit_chain::RawRow;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::time::Timestamp;
use jeton::error::Result;
use jeton::verbs::ports::audit_log::{AuditLog, AuditPage, AuditQuery, AuditTip, AuditWindow, HashedRow};

use super::state::State;

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

/// Returns `true` if the row matches everything but the cursor. The earlier name of *revoke* is found by either word.
fn matches(row: &AuditRow, query: &AuditQuery) -> bool {
    let has = |text: &str, part: &String| text.to_lowercase().contains(&part.to_lowercase());
    let filter = &query.filter;
    let verb = match row.verb.as_str() {
        "token.delete" | "token.revoke" => "token.delete token.revoke",
        verb => verb,
    };
    let texts = [row.name.as_str(), verb, &row.target_name, &row.details];
    query.since.is_none_or(|since| row.at >= since)
        && query.target.as_ref().is_none_or(|target| row.target == *target)
        && filter.words.iter().all(|word| texts.iter().any(|text| has(text, word)))
        && filter.verb.as_ref().is_none_or(|part| has(verb, part))
        && filter.actor.as_ref().is_none_or(|part| has(&row.name, part))
        && filter.target.as_ref().is_none_or(|part| has(&row.target_name, part) || row.target == *part)
}

impl AuditLog for State {
    fn audit_tip(&self) -> Result<AuditTip> {
        Ok(self.tip())
    }
    fn audit_contains(&self, tip: AuditTip) -> Result<bool> {
        Ok(self.audit.iter().any(|stored| (stored.row.seq, stored.hash) == (tip.seq, tip.hash)))
    }
    fn audit_is_append_only_since(&self, tip: AuditTip, without: &str) -> Result<bool> {
        let is_known = tip == AuditTip::default() || self.audit_contains(tip)?;
        let mut later = self.audit.iter().filter(|stored| stored.row.seq > tip.seq);
        Ok(is_known && later.all(|stored| !stored.row.verb.starts_with(without)))
    }
    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow> {
        let matching: Vec<HashedRow> =
            self.audit.iter().filter(|stored| matches(&stored.row, query)).cloned().collect();
        let before = |seq: i64| matching.partition_point(|stored| stored.row.seq < seq);
        let (count, limit) = (matching.len(), query.limit);
        let (from, to) = match query.cursor {
            PageCursor::Oldest => (0, limit.min(count)),
            PageCursor::Newest => (count.saturating_sub(limit), count),
            PageCursor::Older(seq) => (before(seq).saturating_sub(limit), before(seq)),
            PageCursor::Newer(seq) => (before(seq + 1), count.min(before(seq + 1) + limit)),
            PageCursor::Around(seq) => {
                let at = before(seq);
                let after = (count - at).min(limit - at.min(limit / 2));
                (at - at.min(limit - after), at + after)
            }
        };
        Ok(AuditWindow {
            rows: matching[from..to].to_vec(),
            newest: self.tip().seq,
            older: from > 0 || matches!(query.cursor, PageCursor::Newer(_)),
            newer: to < count || matches!(query.cursor, PageCursor::Older(_)),
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
