//! Reports damaged stored rows, which lists leave out. Each row is named once.

use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::verbs::request::Response;

/// Maximum number of remembered names. Beyond it all are forgotten, so earlier names may be reported again.
const MAX_REMEMBERED: usize = 1_000;
/// Maximum number of names in one message.
const MAX_NAMED: usize = 5;

/// The next step for damaged rows outside the audit log.
const RESTORE: &str = "; restore a backup of the store";

/// Reports the damaged rows that `response` leaves out and that were not reported before. An audit log without readable
/// rows reports that itself.
pub(super) fn notify_damaged(model: &mut Model, response: &Response) {
    match response {
        Response::ListTokens(window) => notify(model, window.unreadable.iter().map(ToString::to_string), RESTORE),
        Response::ListAccounts(list) => {
            notify(model, list.unreadable.iter().map(|id| format!("account {id}")), RESTORE)
        }
        Response::ListDenied(window) => notify(model, window.unreadable.iter().cloned(), RESTORE),
        Response::ListUses(window) => notify(model, window.unreadable.iter().cloned(), RESTORE),
        Response::ListAudit(window) if !window.rows.is_empty() => {
            let rows = window.unreadable.iter().map(|seq| format!("audit row {seq}"));
            notify(model, rows, "; run: jeton audit verify");
        }
        _ => {}
    }
}

fn notify(model: &mut Model, rows: impl IntoIterator<Item = String>, next: &str) {
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
    let text = format!("These stored rows are damaged and not shown: {}{next}", new.join(", "));
    model.notify(Notice::new(NoticeId::Damaged, text));
}
