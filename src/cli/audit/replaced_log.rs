//! Following a log that a restore replaces: detects this, and finds the first row to show of the new log.

use super::super::App;
use crate::domain::audit_chain::restore_row::{RESTORE_VERB, RestoreRow};
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::query::page_cursor::{MAX_ROWS, PageCursor};
use crate::error::Result;
use crate::platform::resume_file::LastRow;
use crate::selected_backend::SelectedBackend;
use crate::verbs::audit::ListAudit;
use crate::verbs::credential::Credential;
use crate::verbs::ports::audit_log::{AuditWindow, HashedRow};
use crate::verbs::request::call;

/// Reads the log without the filter of the list.
pub(super) struct WholeLog<'a> {
    pub backend: &'a SelectedBackend,
    pub credential: &'a Credential,
}

impl WholeLog<'_> {
    fn fetch(&self, verb: Option<&str>, cursor: PageCursor<i64>, limit: usize) -> Result<AuditWindow> {
        let filter = AuditFilter { verb: verb.map(str::to_owned), ..AuditFilter::default() };
        call(self.backend, self.credential, ListAudit { since: None, token: None, filter, cursor, limit })
    }

    /// Returns the last row. Without its hash if the row is damaged.
    pub fn last_row(&self) -> Result<LastRow> {
        let window = self.fetch(None, PageCursor::Newest, 1)?;
        let last = window.rows.last().filter(|last| last.row.seq == window.newest);
        Ok(LastRow { seq: window.newest, hash: last.map(|last| last.hash) })
    }

    /// Returns `true` if `row` is in the log. Without its hash, that is `true` for each log that is long enough.
    pub fn contains(&self, row: LastRow) -> Result<bool> {
        let window = self.fetch(None, PageCursor::Newer(row.seq - 1), 1)?;
        Ok(match row.hash {
            None => window.newest >= row.seq,
            Some(hash) => window.rows.first().is_some_and(|found| (found.row.seq, found.hash) == (row.seq, hash)),
        })
    }

    /// Returns the number of a row that this log has in common with the replaced log of `row`. Rows after it may be new.
    fn common_with(&self, row: LastRow) -> Result<i64> {
        let (mut common, mut after) = (None::<i64>, 0);
        loop {
            let window = self.fetch(Some(RESTORE_VERB), PageCursor::Newer(after), MAX_ROWS)?;
            let restores = window.rows.iter().filter_map(|found| RestoreRow::from_row(&found.row));
            let replaced = restores.filter(|restore| restore.replaced_row(row.seq)).map(|restore| restore.after);
            common = common.into_iter().chain(replaced).min();
            match window.last_seq().filter(|_| window.newer) {
                Some(last) => after = last,
                None => return Ok(common.unwrap_or(0)),
            }
        }
    }

    /// Returns the row after which to go on, and says so.
    pub fn resume_after(&self, app: &App, row: LastRow) -> Result<LastRow> {
        let after = self.common_with(row)?;
        let rows = if after == 0 { "all rows".to_owned() } else { format!("all rows after row {after}") };
        app.out.note(&format!(
            "! Row {} was shown last, but is no longer in the audit log. A restore replaced the log, or somebody \
             altered the log. jeton now shows {rows}. To check the log, run on the store's machine: jeton audit verify",
            row.seq
        ));
        Ok(LastRow { seq: after, hash: None })
    }
}

impl From<&HashedRow> for LastRow {
    fn from(shown: &HashedRow) -> Self {
        LastRow { seq: shown.row.seq, hash: Some(shown.hash) }
    }
}
