//! Reports damaged stored rows, which lists leave out. Each row is named once.

use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::verbs::ports::audit_log::AuditWindow;

/// Maximum number of remembered names. Beyond it all are forgotten, so earlier names may be reported again.
const MAX_REMEMBERED: usize = 1_000;
/// Maximum number of names in one message.
const MAX_NAMED: usize = 5;

/// Reports those of `rows` that were not reported before.
pub(super) fn notify_damaged(model: &mut Model, rows: impl IntoIterator<Item = String>) {
    notify_with_hint(model, rows, "");
}

/// Reports damaged rows of the audit log. Does nothing if the log has no readable rows,
/// because the screen itself reports that.
pub(super) fn notify_damaged_audit_rows(model: &mut Model, window: &AuditWindow) {
    if !window.rows.is_empty() {
        let rows = window.unreadable.iter().map(|seq| format!("audit row {seq}"));
        notify_with_hint(model, rows, "; run: jeton audit verify");
    }
}

fn notify_with_hint(model: &mut Model, rows: impl IntoIterator<Item = String>, next: &str) {
    let mut new: Vec<String> = Vec::new();
    for row in rows {
        if model.damaged.len() >= MAX_REMEMBERED {
            model.damaged.clear();
        }
        if model.damaged.insert(row.clone()) {
            new.push(row);
        }
    }
    if new.is_empty() {
        return;
    }
    let more = new.len().saturating_sub(MAX_NAMED);
    new.truncate(MAX_NAMED);
    if more > 0 {
        new.push(format!("{more} more"));
    }
    let text = format!("Damaged in the store and skipped: {}{next}", new.join(", "));
    model.notify(Notice::new(NoticeId::Damaged, text));
}
