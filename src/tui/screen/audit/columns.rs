//! Columns of the audit log.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::audit::AuditRow;
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::time::ago;
use crate::tui::model::Model;
use crate::tui::widget::text_fit::{fit, highlighted};

/// Width of `2026-11-21 10:30`.
const CLOCK_COLUMNS: usize = 16;
/// Width of `12 days ago`.
const AGO_COLUMNS: usize = 11;

/// Width of each column; 0 = hidden. Narrow lists drop the face, then the proof. Next they show `3 min ago` instead of
/// the clock, then drop the actor.
pub(super) struct Columns {
    when: usize,
    actor: usize,
    verb: usize,
    target: usize,
    proof: usize,
    face: usize,
}

impl Columns {
    pub(super) fn new(columns: usize) -> Self {
        let mut c = Columns { when: CLOCK_COLUMNS, actor: 11, verb: 17, target: 20, proof: 22, face: 4 };
        let narrower = [
            |c: &mut Columns| c.face = 0,
            |c: &mut Columns| c.proof = 0,
            |c: &mut Columns| c.when = AGO_COLUMNS,
            |c: &mut Columns| c.actor = 0,
            |c: &mut Columns| (c.verb, c.target) = (13, 12),
        ];
        for narrow in narrower {
            if c.total() > columns {
                narrow(&mut c);
            }
        }
        let spare = columns.saturating_sub(c.total());
        let for_actor = if c.actor > 0 { (spare / 4).min(21) } else { 0 };
        c.actor += for_actor;
        c.target = (c.target + spare - for_actor).min(64).min(columns.saturating_sub(c.total() - c.target));
        c
    }

    /// Returns the width of the cursor column and of each shown column with the blank before it.
    fn total(&self) -> usize {
        let shown = [self.when, self.actor, self.verb, self.target, self.proof, self.face];
        2 + shown.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<usize>() - 1
    }

    pub(super) fn heading(&self) -> String {
        let cells = [
            ("WHEN", self.when),
            ("WHO", self.actor),
            ("VERB", self.verb),
            ("TARGET", self.target),
            ("PROOF", self.proof),
            ("VIA", self.face),
        ];
        let cells: Vec<String> = cells.into_iter().filter(|(_, w)| *w > 0).map(|(t, w)| fit(t, w)).collect();
        format!("  {}", cells.join(" "))
    }

    pub(super) fn row(&self, row: &AuditRow, is_current: bool, filter: &AuditFilter, model: &Model) -> Line<'static> {
        let theme = &model.theme;
        let base = if is_current { theme.selected } else { Style::new() };
        // On a reversed row, colours would become backgrounds.
        let dim = if is_current { base } else { theme.dim };
        let when = if self.when == CLOCK_COLUMNS { model.dates.get().minute(row.at) } else { ago(row.at, model.now) };
        let highlighted_words = |field: &Option<String>| filter.words.iter().chain(field).cloned().collect::<Vec<_>>();
        let cells = [
            (when.as_str(), self.when, dim, Vec::new()),
            (actor_name(row), self.actor, base, highlighted_words(&filter.actor)),
            (row.verb.as_str(), self.verb, base, highlighted_words(&filter.verb)),
            (target_name(row), self.target, base, highlighted_words(&filter.target)),
            (row.proof.as_str(), self.proof, dim, Vec::new()),
            (row.face.as_str(), self.face, dim, Vec::new()),
        ];
        let mut spans = vec![Span::styled(if is_current { "▶" } else { " " }, base)];
        for (text, width, style, words) in cells.into_iter().filter(|(_, width, ..)| *width > 0) {
            spans.push(Span::styled(" ", base));
            spans.extend(highlighted(&fit(text, width), &words, style, theme.matched));
        }
        Line::from(spans)
    }
}

/// Returns the actor's name at the time of the change.
pub(super) fn actor_name(row: &AuditRow) -> &str {
    if row.name.is_empty() { "nobody" } else { &row.name }
}

/// Returns the name of the changed object, else its id.
pub(super) fn target_name(row: &AuditRow) -> &str {
    if row.target_name.is_empty() { &row.target } else { &row.target_name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_width() {
        for columns in 40..220 {
            let c = Columns::new(columns);
            assert!(c.total() <= columns, "{columns}: {}", c.total());
            assert!(c.verb >= "token.regenerate".len() || columns < 60, "{columns}: {}", c.verb);
        }
        let shown = |columns| {
            let c = Columns::new(columns);
            [c.when == CLOCK_COLUMNS, c.actor > 0, c.proof > 0, c.face > 0]
        };
        assert_eq!(shown(40), [false; 4]);
        assert_eq!(shown(72), [true, true, false, false], "beside the pane of 120 columns");
        assert_eq!(shown(110), [true; 4]);
    }
}
