//! Rows that lists leave out, because what is stored of them is damaged: each is named once.

use crate::tui::model::{Model, Tone};
use crate::verbs::audit_log::AuditWindow;

/// How many names are remembered. After that, those seen first are named again.
const MAX_REMEMBERED: usize = 1_000;
/// How many names one message holds.
const MAX_NAMED: usize = 5;

/// Names those of `rows` that were not named before.
pub(super) fn say(model: &mut Model, rows: impl IntoIterator<Item = String>) {
    say_with(model, rows, "");
}

/// [`say`] of rows of the audit log. If there are no others, the screen says so in their place.
pub(super) fn say_of_audit(model: &mut Model, window: &AuditWindow) {
    if !window.rows.is_empty() {
        let rows = window.unreadable.iter().map(|seq| format!("audit row {seq}"));
        say_with(model, rows, "; see: jeton audit verify");
    }
}

fn say_with(model: &mut Model, rows: impl IntoIterator<Item = String>, next: &str) {
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
    model.say(Tone::Bad, format!("Damaged in the store, and left out: {}{next}", new.join(", ")), None);
}
