//! Text in a dialog that may need scrolling: labelled rows, wrapped, scrolled as a whole.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::form_layout::FormLayout;
use crate::tui::keymap::Action;
use crate::tui::text_fit::{count_noun, fit, fold};
use crate::tui::theme::Theme;

/// The meaning of a row, which decides its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStyle {
    /// Normal text.
    Plain,
    /// A heading.
    Strong,
    /// Less important text.
    Dim,
    /// Something that is added.
    Gain,
    /// A warning, or something that is removed.
    Warning,
}

#[derive(Debug, Clone)]
struct Row {
    label: String,
    /// Columns before the text.
    indent: usize,
    text: String,
    style: LineStyle,
}

/// The text of a dialog.
#[derive(Debug, Clone, Default)]
pub struct ScrollText {
    rows: Vec<Row>,
    /// The first visible line.
    top: usize,
    /// Fields of the dialog below the text, except the proof.
    fields: usize,
}

/// Below this number of rows, dialogs leave out blank lines and other spacing.
const TIGHT_ROWS: usize = 16;

/// Returns `true` if a screen of `rows` has no room to spare.
pub fn is_tight(rows: usize) -> bool {
    rows < TIGHT_ROWS
}

impl ScrollText {
    /// Creates a text with one paragraph.
    pub fn paragraph(text: impl Into<String>) -> Self {
        ScrollText::default().row(LineStyle::Plain, text)
    }

    /// Adds a paragraph.
    pub fn row(self, style: LineStyle, text: impl Into<String>) -> Self {
        self.labelled("", 0, style, text)
    }

    /// Adds an empty line.
    pub fn blank(self) -> Self {
        self.row(LineStyle::Plain, "")
    }

    /// Adds text, `indent` columns after a label.
    pub fn labelled(mut self, label: &str, indent: usize, style: LineStyle, text: impl Into<String>) -> Self {
        self.rows.push(Row { label: label.to_owned(), indent, text: text.into(), style });
        self
    }

    /// Appends all rows of `text`.
    pub fn append(mut self, text: ScrollText) -> Self {
        self.rows.extend(text.rows);
        self
    }

    /// Leaves room for `fields` lines below the text.
    pub fn above(self, fields: usize) -> Self {
        ScrollText { fields, ..self }
    }

    /// Returns the number of lines that fit on a screen of `rows`, next to the other lines of such a dialog.
    fn visible_lines(&self, rows: usize) -> usize {
        rows.saturating_sub(self.fields + if is_tight(rows) { 5 } else { 7 }).max(2)
    }

    pub fn lines(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for row in &self.rows {
            let style = match row.style {
                LineStyle::Plain => Style::new(),
                LineStyle::Strong => theme.strong,
                LineStyle::Dim => theme.dim,
                LineStyle::Gain => theme.good,
                LineStyle::Warning => theme.warning,
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

    /// Returns `true` if the text is longer than its room in a dialog of `columns` on a screen of `rows`.
    pub fn is_long(&self, columns: usize, rows: usize) -> bool {
        self.height(columns) > self.visible_lines(rows)
    }

    /// Scrolls if `action` scrolls, and returns `true` then.
    pub fn scroll(&mut self, action: Action, columns: usize, rows: usize) -> bool {
        // The last line shows how many lines follow.
        let shown = self.visible_lines(rows) - 1;
        let delta = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => isize::try_from(shown).unwrap_or(1),
            Action::PageUp => -isize::try_from(shown).unwrap_or(1),
            _ => return false,
        };
        let last = if self.is_long(columns, rows) { self.height(columns) - shown } else { 0 };
        self.top = self.top.saturating_add_signed(delta).min(last);
        true
    }

    /// Writes as many lines as fit.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>) {
        let mut lines = self.lines(layout.columns, layout.theme);
        let (all, room) = (lines.len(), self.visible_lines(layout.rows));
        if all > room {
            let shown = room - 1;
            let top = self.top.min(all - shown);
            lines = lines.drain(top..top + shown).collect();
            let more = match (top, all - shown - top) {
                (0, below) => format!("↓ {}", count_noun(below as u64, "more line")),
                (above, 0) => format!("↑ {}", count_noun(above as u64, "more line")),
                (above, below) => format!("↑ {above}  ↓ {below} more lines"),
            };
            lines.push(Line::styled(more, layout.theme.dim));
        }
        for line in lines {
            layout.line(line);
        }
    }
}
