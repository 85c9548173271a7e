//! A form being drawn: labels and fields below each other, and the focused line.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text_input::TextInput;
use crate::tui::text_fit::{cut, width, wrap};
use crate::tui::theme::Theme;

/// Columns of a field of normal length.
const TEXT_INPUT_COLUMNS: usize = 40;

/// Lines and focus of a form, collected while it is drawn.
pub struct FormLayout<'a, S> {
    /// Columns inside the box.
    pub columns: usize,
    /// Rows of the screen below the box.
    pub rows: usize,
    pub theme: &'a Theme,
    pub(super) focused: Option<S>,
    pub(super) labels: usize,
    pub(super) problem: Option<&'a str>,
    pub(super) problem_field: Option<S>,
    pub(super) lines: Vec<Line<'static>>,
    pub(super) focused_line: usize,
}

impl<S: Copy + PartialEq> FormLayout<'_, S> {
    /// Returns `true` if `field` has the focus.
    pub fn is_focused(&self, field: S) -> bool {
        self.focused == Some(field)
    }

    /// Returns `true` if there is a problem to show.
    pub fn has_problem(&self) -> bool {
        self.problem.is_some()
    }

    /// Adds a complete line.
    pub fn line(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// Adds a line of text, cut if too long.
    pub fn text_line(&mut self, text: &str, style: Style) {
        self.line(Line::styled(cut(text, self.columns), style));
    }

    /// Sets the columns of the labels, instead of those of the dialog.
    pub fn set_label_width(&mut self, columns: usize) {
        self.labels = columns;
    }

    /// Returns blanks of the width of the labels.
    pub fn indent(&self) -> Span<'static> {
        Span::raw(" ".repeat(self.labels))
    }

    /// Adds a line of text under the fields.
    pub fn note(&mut self, text: &str, style: Style) {
        self.text_line(&format!("{}{text}", " ".repeat(self.labels)), style);
    }

    /// Adds text wrapped into at most `max_lines` lines.
    pub fn paragraph(&mut self, text: &str, max_lines: usize, style: Style) {
        self.lines.extend(wrap(text, self.columns).into_iter().take(max_lines).map(|l| Line::styled(l, style)));
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.line(Line::default());
    }

    /// Returns the number of lines so far.
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// Adds empty lines up to `lines` in total, so that the following content never moves.
    pub fn pad(&mut self, lines: usize) {
        self.lines.resize(lines, Line::default());
    }

    /// Keeps the next line visible while `field` has the focus.
    pub fn keep_visible(&mut self, field: S) {
        if self.is_focused(field) {
            self.focused_line = self.lines.len();
        }
    }

    /// Returns the label of `field` for the next line.
    pub fn label(&mut self, field: S, text: &str) -> Span<'static> {
        self.keep_visible(field);
        let style = match (self.is_focused(field), self.problem_field == Some(field)) {
            (true, _) => self.theme.accent,
            (false, true) => self.theme.danger,
            (false, false) => self.theme.dim,
        };
        let gap = " ".repeat(self.labels.saturating_sub(width(text)));
        Span::styled(format!("{text}{gap}"), style)
    }

    /// Adds a label with a fact.
    pub fn fact(&mut self, label: &str, text: &str, style: Style) {
        let gap = " ".repeat(self.labels.saturating_sub(width(label)));
        let text = cut(text, self.columns.saturating_sub(self.labels));
        self.line(vec![Span::styled(format!("{label}{gap}"), self.theme.dim), Span::styled(text, style)]);
    }

    /// Adds a field of normal length.
    pub fn text_input(&mut self, field: S, label: &str, input: &TextInput) {
        self.draw_text_input(TEXT_INPUT_COLUMNS, field, label, input);
    }

    /// Adds a field that takes all available room.
    pub fn wide_text_input(&mut self, field: S, label: &str, input: &TextInput) {
        self.draw_text_input(usize::MAX, field, label, input);
    }

    fn draw_text_input(&mut self, max_columns: usize, field: S, label: &str, input: &TextInput) {
        let label = self.label(field, label);
        let room = self.columns.saturating_sub(label.width()).min(max_columns);
        let mut spans = vec![label];
        spans.extend(input.spans(room, self.is_focused(field), self.theme));
        self.line(spans);
    }

    /// Adds a choice of a few words on one line. If they don't fit, only the chosen word and its position are shown.
    pub fn choice(&mut self, field: S, label: &str, words: &[&str], chosen: usize) {
        let mut spans = vec![self.label(field, label)];
        let wanted: usize = words.iter().map(|word| width(word) + 7).sum::<usize>().saturating_sub(3);
        if spans[0].width() + wanted > self.columns {
            let word = words.get(chosen).copied().unwrap_or_default();
            let style = if self.is_focused(field) { self.theme.accent } else { Style::new() };
            let room = self.columns.saturating_sub(spans[0].width() + 10);
            spans.push(Span::styled(format!("(•) {}", cut(word, room)), style));
            spans.push(Span::styled(format!("  {}/{}", chosen + 1, words.len()), self.theme.dim));
            self.line(spans);
            return;
        }
        for (i, word) in words.iter().enumerate() {
            let mark = if i == chosen { "(•)" } else { "( )" };
            let style = if i == chosen && self.is_focused(field) { self.theme.accent } else { Style::new() };
            spans.push(Span::styled(format!("{mark} {word}   "), style));
        }
        self.line(spans);
    }

    /// Adds a button under the fields.
    pub fn button(&mut self, field: S, text: &str) {
        let button = self.button_span(field, text, self.theme.strong);
        self.line(vec![self.indent(), button]);
    }

    /// Adds a button at the left edge.
    pub fn line_button(&mut self, field: S, text: &str) {
        let button = self.button_span(field, text, self.theme.strong);
        self.line(button);
    }

    /// Adds a label with a fact, and a button after it.
    pub fn fact_button(&mut self, field: S, label: &str, fact: &str, text: &str) {
        let label = self.label(field, label);
        let room = self.columns.saturating_sub(label.width() + width(text) + 4);
        let fact = Span::raw(cut(fact, room));
        let button = self.button_span(field, text, self.theme.strong);
        self.line(vec![label, fact, button]);
    }

    /// Adds buttons next to each other over the whole width, each with its style without focus.
    pub fn buttons(&mut self, buttons: &[(S, &str, Style)]) {
        let mut spans = Vec::new();
        for (field, text, style) in buttons {
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            spans.push(self.button_span(*field, text, *style));
        }
        self.line(spans);
    }

    fn button_span(&mut self, field: S, text: &str, style: Style) -> Span<'static> {
        self.keep_visible(field);
        let style = if self.is_focused(field) { self.theme.selected } else { style };
        Span::styled(format!("[ {text} ]"), style)
    }

    /// Adds the problem in the next `lines` lines, which are reserved even without a problem.
    pub fn problem(&mut self, lines: usize) {
        let end = self.lines.len() + lines;
        if let Some(problem) = self.problem {
            self.paragraph(problem, lines, self.theme.danger);
        }
        self.pad(end);
    }
}
