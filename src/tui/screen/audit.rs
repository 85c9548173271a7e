//! The audit log screen: all changes, newest first.

use ratatui::style::Style;

use super::paged_list::{Page, PagedList, Source};
use super::paged_rows::{PAGE_SIZE, RowKey};
use crate::domain::audit::{AuditRow, summarize_details};
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::time::ago;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::Error;
use crate::tui::component::Intent;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::audit_check::AuditCheckDialog;
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::widget::table_columns::{AGO_COLUMNS, CLOCK_COLUMNS, Cell, TableColumns, TableSpec};
use crate::tui::widget::text_fit::group_digits;
use crate::verbs::audit::ListAudit;
use crate::verbs::ports::audit_log::HashedRow;
use crate::verbs::request::{Request, Response};

/// The audit log screen.
pub type Audit = PagedList<AuditLog>;

/// The rows of the audit log.
#[derive(Default)]
pub struct AuditLog {
    /// Number of the log's last row.
    newest: i64,
    /// `true` if damaged rows are left out.
    is_damaged: bool,
}

impl RowKey for HashedRow {
    type Key = i64;

    fn key(&self) -> i64 {
        self.row.seq
    }
}

impl Source for AuditLog {
    type Row = HashedRow;
    type Filter = AuditFilter;
    const ID: &'static str = "audit";
    const CONTEXT: Context = Context::Audit;
    const TITLE: &'static str = "Audit log";
    /// Narrow lists drop the face, then the proof. Next they show `3 min ago` instead of the clock, then drop the actor.
    const TABLE: TableSpec = TableSpec {
        columns: &[("WHEN", CLOCK_COLUMNS), ("WHO", 11), ("VERB", 17), ("TARGET", 20), ("PROOF", 22), ("VIA", 4)],
        narrower: &[&[(5, 0)], &[(4, 0)], &[(0, AGO_COLUMNS)], &[(1, 0)], &[(2, 13), (3, 12)]],
        shares: &[(1, 4, 21)],
        widest: 3,
        ..TableSpec::EMPTY
    };
    const SHOWS_LEDGER: bool = false;

    fn request(filter: AuditFilter, cursor: PageCursor<i64>) -> Request {
        ListAudit { since: None, token: None, filter, cursor, limit: PAGE_SIZE }.into()
    }

    fn take_page(&mut self, response: &mut Response) -> Option<Page<HashedRow>> {
        let Response::ListAudit(window) = response else { return None };
        let mut rows = std::mem::take(&mut window.rows);
        rows.reverse();
        self.newest = window.newest;
        self.is_damaged = !window.unreadable.is_empty();
        Some(Page { rows, newer: window.newer, older: window.older })
    }

    fn cells(
        HashedRow { row, .. }: &HashedRow,
        filter: &AuditFilter,
        columns: &TableColumns,
        model: &Model,
    ) -> Vec<Cell> {
        let (plain, dim) = (Style::new(), model.theme.dim);
        vec![
            Cell::new(columns.time(row.at, model), dim),
            Cell::matching(actor_name(row), plain, &filter.words, filter.actor.as_ref()),
            Cell::matching(row.verb.as_str(), plain, &filter.words, filter.verb.as_ref()),
            Cell::matching(target_name(row), plain, &filter.words, filter.target.as_ref()),
            Cell::new(row.proof.as_str(), dim),
            Cell::new(row.face.as_str(), dim),
        ]
    }

    fn about(HashedRow { row, .. }: &HashedRow, model: &Model) -> [String; 2] {
        let summary = summarize_details(&row.details);
        let first = if summary.is_empty() { format!("{} {}", row.verb, target_name(row)) } else { summary };
        let ago = ago(row.at, model.now);
        let clock = model.dates.get().second(row.at);
        let second = format!("{ago}, {clock}, by {} with {} ({})", actor_name(row), row.proof, row.face);
        [first, second]
    }

    fn empty_text(&self, _model: &Model) -> &'static str {
        match self.is_damaged {
            true => "No row of the audit log is readable. Run: jeton audit verify",
            false => "Nothing has been changed yet.",
        }
    }

    fn denied_text(_error: &Error) -> String {
        "Only owners and admins can read the audit log.".to_owned()
    }

    fn count(&self, list: &Audit) -> String {
        let total = group_digits(self.newest.unsigned_abs());
        match (list.current(), list.unknown_field()) {
            // Row numbers have no gaps.
            (Some(current), _) if list.is_unfiltered() => {
                format!("{} of {total}", group_digits(self.newest.abs_diff(current.row.seq) + 1))
            }
            (_, Some(unknown)) => unknown.to_string(),
            (_, None) => format!("{} of {total} match", list.loaded_count()),
        }
    }

    fn on_action(action: Action) -> Option<Intent> {
        (action == Action::CheckAuditLog).then(|| Intent::push(AuditCheckDialog::new()))
    }
}

/// Copies the id of the object that `row` changed.
pub fn copy_target(row: &AuditRow) -> Intent {
    if row.target.chars().any(is_control_or_bidi) {
        // Text that can't be displayed safely must not be pasted either.
        return Intent::Notify(NoticeId::NotCopied, "Not copied: the target contains control characters".to_owned());
    }
    Intent::copy(row.target.clone())
}

/// Returns the actor's name at the time of the change.
fn actor_name(row: &AuditRow) -> &str {
    if row.name.is_empty() { "nobody" } else { &row.name }
}

/// Returns the name of the changed object, else its id.
fn target_name(row: &AuditRow) -> &str {
    if row.target_name.is_empty() { &row.target } else { &row.target_name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_width() {
        let at = |columns| TableColumns::new(&AuditLog::TABLE, columns);
        for columns in 40..220 {
            let c = at(columns);
            assert!(c.total() <= columns, "{columns}: {}", c.total());
            assert!(c.width(2) >= "token.regenerate".len() || columns < 60, "{columns}: {}", c.width(2));
        }
        let shown = |columns| {
            let c = at(columns);
            [c.width(0) == CLOCK_COLUMNS, c.width(1) > 0, c.width(4) > 0, c.width(5) > 0]
        };
        assert_eq!(shown(40), [false; 4]);
        assert_eq!(shown(72), [true, true, false, false], "beside the pane of 120 columns");
        assert_eq!(shown(110), [true; 4]);
    }
}
