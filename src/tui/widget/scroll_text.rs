//! Text in a dialog that may need scrolling: labelled rows, wrapped, scrolled as a whole.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::form_layout::FormLayout;
use crate::tui::text_fit::{fit, fold};
use crate::tui::theme::Theme;

/// The meaning of a row, which decides its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStyle {
    Plain,
    Strong,
    /// Less important text.
    Dim,
    /// Something that is added.
    Gain,
    /// A warning, or something that is removed.
    Warning,
}

/// Columns by which the further lines of an item are indented.
const HANGING_COLUMNS: usize = 4;

#[derive(Debug, Clone)]
struct Row {
    label: String,
    /// Columns before the text.
    indent: usize,
    /// Further columns before the second line of the text and those after it.
    hanging: usize,
    text: String,
    style: LineStyle,
}

#[derive(Debug, Clone, Default)]
pub struct ScrollText {
    rows: Vec<Row>,
}

/// Below this number of rows, dialogs leave out blank lines and other spacing.
const TIGHT_ROWS: usize = 16;

/// Returns `true` if a screen of `rows` has no room to spare.
pub fn is_tight(rows: usize) -> bool {
    rows < TIGHT_ROWS
}

impl ScrollText {
    pub fn paragraph(text: impl Into<String>) -> Self {
        ScrollText::default().row(LineStyle::Plain, text)
    }

    pub fn row(self, style: LineStyle, text: impl Into<String>) -> Self {
        self.labelled("", 0, style, text)
    }

    /// Adds an empty line.
    pub fn blank(self) -> Self {
        self.row(LineStyle::Plain, "")
    }

    /// Adds text, `indent` columns after a label.
    pub fn labelled(mut self, label: &str, indent: usize, style: LineStyle, text: impl Into<String>) -> Self {
        self.rows.push(Row { label: label.to_owned(), indent, hanging: 0, text: text.into(), style });
        self
    }

    /// Adds an item of a list, after `indent` columns. Its further lines begin more to the right, so that they don't look
    /// like items.
    pub fn item(mut self, indent: usize, style: LineStyle, text: impl Into<String>) -> Self {
        self.rows.push(Row { label: String::new(), indent, hanging: HANGING_COLUMNS, text: text.into(), style });
        self
    }

    pub fn append(mut self, text: ScrollText) -> Self {
        self.rows.extend(text.rows);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
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
            for (i, text) in fold(&row.text, columns.saturating_sub(row.indent + row.hanging)).into_iter().enumerate() {
                let (label, indent) = if i == 0 { (&*row.label, row.indent) } else { ("", row.indent + row.hanging) };
                let label = fit(label, indent);
                lines.push(Line::from(vec![Span::styled(label, theme.dim), Span::styled(text, style)]));
            }
        }
        lines
    }

    /// Writes all lines.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>) {
        layout.lines.extend(self.lines(layout.columns, layout.theme));
    }
}
