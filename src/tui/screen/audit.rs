//! The audit log screen: all changes, newest first.

use ratatui::style::Style;

use super::list::list_screen::{ListScreen, Source};
use super::list::loaded_rows::{Anchor, Page};
use super::list::log_row::LogRow;
use crate::domain::audit::{AuditRow, summarize_details};
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::time::ago;
use crate::error::Error;
use crate::tui::component::{Damaged, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::audit_check::AuditCheck;
use crate::tui::model::Model;
use crate::tui::text_fit::group_digits;
use crate::tui::widget::table_columns::{AGO_COLUMNS, CLOCK_COLUMNS, Cell, TableColumns, TableSpec};
use crate::verbs::audit::ListAudit;
use crate::verbs::ports::audit_log::HashedRow;
use crate::verbs::request::{Request, Response};

pub type Audit = ListScreen<AuditLog>;

#[derive(Default)]
pub struct AuditLog {
    /// Number of the log's last row.
    newest: i64,
    /// `true` if damaged rows are left out.
    is_damaged: bool,
}

impl LogRow for HashedRow {
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
    /// Narrow lists drop the face, then the proof. Next they show `3 min ago` instead of the clock, then drop the actor.
    const TABLE: TableSpec = TableSpec {
        columns: &[("WHEN", CLOCK_COLUMNS), ("WHO", 11), ("VERB", 17), ("TARGET", 20), ("PROOF", 22), ("VIA", 4)],
        narrower: &[&[(5, 0)], &[(4, 0)], &[(0, AGO_COLUMNS)], &[(1, 0)], &[(2, 13), (3, 12)]],
        shares: &[(1, 4, 21)],
        widest: 3,
        ..TableSpec::EMPTY
    };

    fn request(&self, filter: AuditFilter, anchor: Anchor<i64>, limit: usize) -> Request {
        ListAudit { since: None, token: None, filter, cursor: anchor.into(), limit }.into()
    }

    fn take_page(&mut self, response: &mut Response, _filter: &AuditFilter) -> Option<Page<HashedRow>> {
        let Response::ListAudit(window) = response else { return None };
        let mut rows = std::mem::take(&mut window.rows);
        rows.reverse();
        self.newest = window.newest;
        self.is_damaged = !window.unreadable.is_empty();
        Some(Page { rows, position: (!window.newer).then_some(0), has_after: window.older })
    }

    /// A log without readable rows says so itself.
    fn damaged(response: &Response) -> Option<Damaged> {
        let Response::ListAudit(window) = response else { return None };
        let rows = if window.rows.is_empty() { &[][..] } else { &window.unreadable[..] };
        let rows = rows.iter().map(|seq| format!("audit row {seq}")).collect();
        Some(Damaged { rows, next: "run: jeton audit verify" })
    }

    fn cells(
        &self,
        HashedRow { row, .. }: &HashedRow,
        filter: &AuditFilter,
        columns: &TableColumns,
        model: &Model,
    ) -> Vec<Cell> {
        let (plain, dim) = (Style::new(), model.theme.dim);
        vec![
            Cell::new(columns.time(row.at, model), dim),
            Cell::matching(row.actor_name(), plain, &filter.words, filter.actor.as_ref()),
            Cell::matching(row.verb.as_str(), plain, &filter.words, filter.verb.as_ref()),
            Cell::matching(target_name(row), plain, &filter.words, filter.target.as_ref()),
            Cell::new(row.proof.as_str(), dim),
            Cell::new(row.face.as_str(), dim),
        ]
    }

    fn about(&self, HashedRow { row, .. }: &HashedRow, model: &Model) -> [String; 2] {
        let summary = summarize_details(&row.details);
        let first = if summary.is_empty() { format!("{} {}", row.verb, target_name(row)) } else { summary };
        let ago = ago(row.at, model.now);
        let clock = model.dates.get().second(row.at);
        let proof = row.proof_words().map_or_else(String::new, |proof| format!("{proof}, "));
        let second = format!("{ago}, {clock}, by {} ({proof}{})", row.actor_name(), row.face);
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

    fn count(list: &Audit) -> String {
        let total = group_digits(list.source.newest.unsigned_abs());
        match list.current().filter(|_| !list.is_filtered()) {
            // Row numbers have no gaps.
            Some(current) => format!("{} of {total}", group_digits(list.source.newest.abs_diff(current.row.seq) + 1)),
            None => format!("{} of {total} match", list.loaded_count()),
        }
    }

    fn on_action(_list: &mut Audit, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        (action == Action::CheckAuditLog).then(|| Intent::push(AuditCheck::new()))
    }
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
