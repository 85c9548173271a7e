//! Text in a dialog that may be longer than its room: labelled rows, broken into lines, scrolled as a whole.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::{fit, fold};
use super::sheet::Sheet;
use crate::tui::keymap::Action;
use crate::tui::theme::Theme;

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As it is.
    Plain,
    /// A heading.
    Strong,
    /// It matters less.
    Dim,
    /// Something comes.
    Gain,
    /// Look here; something goes.
    Warning,
}

/// A row.
#[derive(Debug, Clone)]
struct Row {
    label: String,
    /// Columns before its text.
    indent: usize,
    text: String,
    look: Look,
}

/// The text.
#[derive(Debug, Clone, Default)]
pub struct Passage {
    rows: Vec<Row>,
    /// The first line shown.
    top: usize,
}

/// Rows of a screen on which a dialog leaves everything out that only gives room.
const TIGHT: usize = 16;

/// Whether a screen of `rows` has no room to spare.
pub fn is_tight(rows: usize) -> bool {
    rows < TIGHT
}

/// As many lines as fit on a screen of `rows`, beside what else such a dialog has.
fn room(rows: usize) -> usize {
    rows.saturating_sub(if is_tight(rows) { 5 } else { 7 }).max(2)
}

impl Passage {
    /// Begins with a paragraph.
    pub fn text(text: impl Into<String>) -> Self {
        Passage::default().row(Look::Plain, text)
    }

    /// Adds a paragraph.
    pub fn row(self, look: Look, text: impl Into<String>) -> Self {
        self.labelled("", 0, look, text)
    }

    /// Adds an empty line.
    pub fn blank(self) -> Self {
        self.row(Look::Plain, "")
    }

    /// Adds text, `indent` columns after a label.
    pub fn labelled(mut self, label: &str, indent: usize, look: Look, text: impl Into<String>) -> Self {
        self.rows.push(Row { label: label.to_owned(), indent, text: text.into(), look });
        self
    }

    /// All of `text` (of another passage) below.
    pub fn then(mut self, text: Passage) -> Self {
        self.rows.extend(text.rows);
        self
    }

    fn lines(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for row in &self.rows {
            let style = match row.look {
                Look::Plain => Style::new(),
                Look::Strong => theme.strong,
                Look::Dim => theme.dim,
                Look::Gain => theme.good,
                Look::Warning => theme.warning,
            };
            for (i, text) in fold(&row.text, columns.saturating_sub(row.indent)).into_iter().enumerate() {
                let label = fit(if i == 0 { &row.label } else { "" }, row.indent);
                lines.push(Line::from(vec![Span::styled(label, theme.dim), Span::styled(text, style)]));
            }
        }
        lines
    }

    fn height(&self, columns: usize) -> usize {
        self.rows.iter().map(|row| fold(&row.text, columns.saturating_sub(row.indent)).len()).sum()
    }

    /// Whether it is longer than a dialog of `columns` on a screen of `rows` has room for.
    pub fn is_long(&self, columns: usize, rows: usize) -> bool {
        self.height(columns) > room(rows)
    }

    /// Scrolls as `action` says. Whether it was one that scrolls.
    pub fn scroll(&mut self, action: Action, columns: usize, rows: usize) -> bool {
        // The last line tells how much more there is.
        let shown = room(rows) - 1;
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => isize::try_from(shown).unwrap_or(1),
            Action::PageUp => -isize::try_from(shown).unwrap_or(1),
            _ => return false,
        };
        let last = if self.is_long(columns, rows) { self.height(columns) - shown } else { 0 };
        self.top = self.top.saturating_add_signed(by).min(last);
        true
    }

    /// Writes down as much as there is room for.
    pub fn fill<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>) {
        let mut lines = self.lines(sheet.columns, sheet.theme);
        let (all, room) = (lines.len(), room(sheet.rows));
        if all > room {
            let shown = room - 1;
            let top = self.top.min(all - shown);
            lines = lines.drain(top..top + shown).collect();
            let more = match (top, all - shown - top) {
                (0, below) => format!("↓ {below} more lines"),
                (above, 0) => format!("↑ {above} more lines"),
                (above, below) => format!("↑ {above}  ↓ {below} more lines"),
            };
            lines.push(Line::styled(more, sheet.theme.dim));
        }
        for line in lines {
            sheet.line(line);
        }
    }
}
