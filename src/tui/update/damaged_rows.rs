//! Reports damaged stored rows, which lists leave out. Each row is named once.

use crate::tui::app::App;
use crate::tui::component::Damaged;
use crate::tui::notice::{Notice, NoticeId};
use crate::verbs::request::Response;

/// Maximum number of remembered names. Beyond it all are forgotten, so earlier names may be reported again.
const MAX_REMEMBERED: usize = 1_000;
/// Maximum number of names in one message.
const MAX_NAMED: usize = 5;

/// Reports the damaged rows that `response` leaves out and that were not reported before.
pub(super) fn notify_damaged(app: &mut App, response: &Response) {
    let pages = app.layers().into_iter().filter_map(|layer| app.page(layer));
    let Some(Damaged { rows, next }) = pages.filter_map(|page| page.damaged(response)).next() else { return };
    let mut new: Vec<String> = Vec::new();
    for row in rows {
        if app.model.damaged.len() >= MAX_REMEMBERED {
            app.model.damaged.clear();
        }
        if app.model.damaged.insert(row.clone()) {
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
    let text = format!("Damaged in the store and not shown: {}; {next}", new.join(", "));
    app.model.notify(Notice::new(NoticeId::Damaged, text));
}
