//! A form being drawn: labels and fields below each other, and the focused line.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::field::Field;
use super::line::{cut, width, wrap};
use crate::tui::theme::Theme;

/// Columns of a field of normal length.
const FIELD: usize = 40;

/// A form being drawn.
pub struct Sheet<'a, S> {
    /// Columns inside the box.
    pub columns: usize,
    /// Rows of the screen below the box.
    pub rows: usize,
    /// The styles.
    pub theme: &'a Theme,
    pub(super) focused: Option<S>,
    pub(super) labels: usize,
    pub(super) problem: Option<&'a str>,
    /// The slot of the problem.
    pub(super) wrong: Option<S>,
    pub(super) lines: Vec<Line<'static>>,
    /// The focused line.
    pub(super) at: usize,
}

impl<S: Copy + PartialEq> Sheet<'_, S> {
    /// `true` if `slot` has the focus.
    pub fn is_at(&self, slot: S) -> bool {
        self.focused == Some(slot)
    }

    /// `true` if there is a problem to show.
    pub fn has_problem(&self) -> bool {
        self.problem.is_some()
    }

    /// Adds a complete line.
    pub fn line(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// Adds a line of text, cut if too long.
    pub fn text(&mut self, text: &str, style: Style) {
        self.line(Line::styled(cut(text, self.columns), style));
    }

    /// Returns blanks of the width of the labels.
    pub fn indent(&self) -> Span<'static> {
        Span::raw(" ".repeat(self.labels))
    }

    /// Adds a line of text under the fields.
    pub fn note(&mut self, text: &str, style: Style) {
        self.text(&format!("{}{text}", " ".repeat(self.labels)), style);
    }

    /// Adds text wrapped into at most `most` lines.
    pub fn paragraph(&mut self, text: &str, max_lines: usize, style: Style) {
        self.lines.extend(wrap(text, self.columns).into_iter().take(max_lines).map(|l| Line::styled(l, style)));
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.line(Line::default());
    }

    /// Number of lines so far.
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// Adds empty lines up to `lines` in total, so that the following content never moves.
    pub fn pad(&mut self, lines: usize) {
        self.lines.resize(lines, Line::default());
    }

    /// Keeps the next line visible while `slot` has the focus.
    pub fn mark(&mut self, slot: S) {
        if self.is_at(slot) {
            self.at = self.lines.len();
        }
    }

    /// Returns the label of `slot` for the next line.
    pub fn label(&mut self, slot: S, text: &str) -> Span<'static> {
        self.mark(slot);
        let style = match (self.is_at(slot), self.wrong == Some(slot)) {
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
    pub fn field(&mut self, slot: S, label: &str, field: &Field) {
        self.text_row(FIELD, slot, label, field);
    }

    /// Adds a field that takes all available room.
    pub fn long_field(&mut self, slot: S, label: &str, field: &Field) {
        self.text_row(usize::MAX, slot, label, field);
    }

    fn text_row(&mut self, max_columns: usize, slot: S, label: &str, field: &Field) {
        let label = self.label(slot, label);
        let room = self.columns.saturating_sub(label.width()).min(max_columns);
        let mut spans = vec![label];
        spans.extend(field.spans(room, self.is_at(slot), self.theme));
        self.line(spans);
    }

    /// Adds a choice of a few words on one line. If they don't fit, only the chosen word and its position are shown.
    pub fn choice(&mut self, slot: S, label: &str, words: &[&str], chosen: usize) {
        let mut spans = vec![self.label(slot, label)];
        let wanted: usize = words.iter().map(|word| width(word) + 7).sum::<usize>().saturating_sub(3);
        if spans[0].width() + wanted > self.columns {
            let word = words.get(chosen).copied().unwrap_or_default();
            let style = if self.is_at(slot) { self.theme.accent } else { Style::new() };
            let room = self.columns.saturating_sub(spans[0].width() + 10);
            spans.push(Span::styled(format!("(•) {}", cut(word, room)), style));
            spans.push(Span::styled(format!("  {}/{}", chosen + 1, words.len()), self.theme.dim));
            self.line(spans);
            return;
        }
        for (i, word) in words.iter().enumerate() {
            let mark = if i == chosen { "(•)" } else { "( )" };
            let style = if i == chosen && self.is_at(slot) { self.theme.accent } else { Style::new() };
            spans.push(Span::styled(format!("{mark} {word}   "), style));
        }
        self.line(spans);
    }

    /// Adds a button under the fields.
    pub fn button(&mut self, slot: S, text: &str) {
        let button = self.pressable(slot, text, self.theme.strong);
        self.line(vec![self.indent(), button]);
    }

    /// Adds a button at the left edge.
    pub fn line_button(&mut self, slot: S, text: &str) {
        let button = self.pressable(slot, text, self.theme.strong);
        self.line(button);
    }

    /// Adds a label with a fact, and a button after it.
    pub fn fact_button(&mut self, slot: S, label: &str, fact: &str, text: &str) {
        let label = self.label(slot, label);
        let room = self.columns.saturating_sub(label.width() + width(text) + 4);
        let fact = Span::raw(cut(fact, room));
        let button = self.pressable(slot, text, self.theme.strong);
        self.line(vec![label, fact, button]);
    }

    /// Adds buttons next to each other over the whole width, each with its style without focus.
    pub fn buttons(&mut self, buttons: &[(S, &str, Style)]) {
        let mut spans = Vec::new();
        for (slot, text, style) in buttons {
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            spans.push(self.pressable(*slot, text, *style));
        }
        self.line(spans);
    }

    fn pressable(&mut self, slot: S, text: &str, style: Style) -> Span<'static> {
        self.mark(slot);
        let style = if self.is_at(slot) { self.theme.selected } else { style };
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
