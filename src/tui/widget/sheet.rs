//! A form on its way to the screen: labels and fields one below the other, the line with the focus known.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::field::Field;
use super::line::{cut, width, wrap};
use crate::tui::theme::Theme;

/// How wide a field of usual length is, in columns.
const FIELD: usize = 40;

/// A form on its way to the screen.
pub struct Sheet<'a, S> {
    /// Columns inside the box.
    pub columns: usize,
    /// Rows of the screen that the box lies on.
    pub rows: usize,
    /// How things look.
    pub theme: &'a Theme,
    pub(super) focused: Option<S>,
    pub(super) labels: usize,
    pub(super) problem: Option<&'a str>,
    /// Where the problem lies.
    pub(super) wrong: Option<S>,
    pub(super) lines: Vec<Line<'static>>,
    /// The line with the focus.
    pub(super) at: usize,
}

impl<S: Copy + PartialEq> Sheet<'_, S> {
    /// Whether `slot` has the focus.
    pub fn is_at(&self, slot: S) -> bool {
        self.focused == Some(slot)
    }

    /// Whether anything stands in the way.
    pub fn has_problem(&self) -> bool {
        self.problem.is_some()
    }

    /// A line made elsewhere.
    pub fn line(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// A line of text, cut where it is too long.
    pub fn text(&mut self, text: &str, style: Style) {
        self.line(Line::styled(cut(text, self.columns), style));
    }

    /// As many blanks as labels have columns.
    pub fn indent(&self) -> Span<'static> {
        Span::raw(" ".repeat(self.labels))
    }

    /// A line of text under the fields.
    pub fn note(&mut self, text: &str, style: Style) {
        self.text(&format!("{}{text}", " ".repeat(self.labels)), style);
    }

    /// Text broken into lines, as many as `most`.
    pub fn words(&mut self, text: &str, most: usize, style: Style) {
        self.lines.extend(wrap(text, self.columns).into_iter().take(most).map(|l| Line::styled(l, style)));
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.line(Line::default());
    }

    /// The lines so far.
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// Fills up with empty lines to `lines` in all: what comes next never moves.
    pub fn pad(&mut self, lines: usize) {
        self.lines.resize(lines, Line::default());
    }

    /// The line that comes next stays in sight while `slot` has the focus.
    pub fn mark(&mut self, slot: S) {
        if self.is_at(slot) {
            self.at = self.lines.len();
        }
    }

    /// The label of `slot`, on the line that comes next.
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

    /// A fact beside a label.
    pub fn fact(&mut self, label: &str, text: &str, style: Style) {
        let gap = " ".repeat(self.labels.saturating_sub(width(label)));
        let text = cut(text, self.columns.saturating_sub(self.labels));
        self.line(vec![Span::styled(format!("{label}{gap}"), self.theme.dim), Span::styled(text, style)]);
    }

    /// A field of usual length.
    pub fn field(&mut self, slot: S, label: &str, field: &Field) {
        self.field_of(FIELD, slot, label, field);
    }

    /// A field that takes all the room there is.
    pub fn long_field(&mut self, slot: S, label: &str, field: &Field) {
        self.field_of(usize::MAX, slot, label, field);
    }

    fn field_of(&mut self, most: usize, slot: S, label: &str, field: &Field) {
        let label = self.label(slot, label);
        let room = self.columns.saturating_sub(label.width()).min(most);
        let mut spans = vec![label];
        spans.extend(field.spans(room, self.is_at(slot), self.theme));
        self.line(spans);
    }

    /// A choice of a few words on one line; only the chosen one, and which it is, where they don't fit.
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

    /// A button under the fields.
    pub fn button(&mut self, slot: S, text: &str) {
        let button = self.pressable(slot, text, self.theme.strong);
        self.line(vec![self.indent(), button]);
    }

    /// A button at the left edge.
    pub fn line_button(&mut self, slot: S, text: &str) {
        let button = self.pressable(slot, text, self.theme.strong);
        self.line(button);
    }

    /// A fact beside a label, and a button after it.
    pub fn fact_button(&mut self, slot: S, label: &str, fact: &str, text: &str) {
        let label = self.label(slot, label);
        let room = self.columns.saturating_sub(label.width() + width(text) + 4);
        let fact = Span::raw(cut(fact, room));
        let button = self.pressable(slot, text, self.theme.strong);
        self.line(vec![label, fact, button]);
    }

    /// Buttons side by side over the whole width, each with its style while it has no focus.
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

    /// What stands in the way, in the next `lines` lines, used or not.
    pub fn problem(&mut self, lines: usize) {
        let end = self.lines.len() + lines;
        if let Some(problem) = self.problem {
            self.words(problem, lines, self.theme.danger);
        }
        self.pad(end);
    }
}
