//! A form being drawn: labels and fields below each other, and the focused line.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::dialog_frame::FRAME_ROWS;
use super::scroll_range::ScrollRange;
use super::scroll_text::is_tight;
use super::text_input::TextInput;
use crate::tui::text_fit::{clean, cut, fold, width};
use crate::tui::theme::Theme;

/// Columns of a field of normal length.
const TEXT_INPUT_COLUMNS: usize = 40;
/// Minimum number of columns of a field next to its label. Otherwise the field is below the label.
const MIN_INPUT_COLUMNS: usize = 14;

/// The lines that are kept visible if the focus and the problem don't fit together.
#[derive(Debug, Clone, Copy)]
pub enum Follow {
    Focus,
    Problem,
}

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
    /// The first of the lines that don't scroll.
    pub(super) pinned: Option<usize>,
    /// The lines of the problem.
    pub(super) problem_lines: Option<Range<usize>>,
    /// The places of fields and buttons, for clicks.
    pub(super) places: Vec<FieldPlace<S>>,
}

/// The place of a field or a button.
pub(super) struct FieldPlace<S> {
    pub field: S,
    pub line: usize,
    pub columns: Range<usize>,
}

impl<S: Copy + PartialEq> FormLayout<'_, S> {
    pub fn is_focused(&self, field: S) -> bool {
        self.focused == Some(field)
    }

    pub fn has_problem(&self) -> bool {
        self.problem.is_some()
    }

    pub fn line(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// Adds text. Further lines are indented like the first one.
    pub fn text_line(&mut self, text: &str, style: Style) {
        let (indent, text) = text.split_at(text.len() - text.trim_start_matches(' ').len());
        let lines = fold(text, self.columns.saturating_sub(indent.len())).into_iter();
        self.lines.extend(lines.map(|line| Line::styled(format!("{indent}{line}"), style)));
    }

    /// Sets the columns of the labels, instead of those of the dialog. Half of the columns at most.
    pub fn set_label_width(&mut self, columns: usize) {
        self.labels = columns.min(self.columns / 2);
    }

    /// Lets only the lines so far scroll, if there is room for that.
    pub fn pin_following(&mut self) {
        self.pinned = Some(self.lines.len());
    }

    /// Returns blanks of the width of the labels.
    pub fn indent(&self) -> Span<'static> {
        Span::raw(" ".repeat(self.labels))
    }

    /// Adds a line of text under the fields.
    pub fn note(&mut self, text: &str, style: Style) {
        self.text_line(&format!("{}{text}", " ".repeat(self.labels)), style);
    }

    /// Adds an empty line if there is room to spare.
    pub fn blank(&mut self) {
        self.pad(self.lines.len() + 1);
    }

    /// Returns the number of lines so far.
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// Adds empty lines up to `lines` in total, so that the following content never moves. Adds none if there is no room to
    /// spare.
    pub fn pad(&mut self, lines: usize) {
        if !is_tight(self.rows) {
            self.lines.resize(lines.max(self.lines.len()), Line::default());
        }
    }

    /// Keeps the next line visible while `field` has the focus. A click on the line gives `field` the focus.
    pub fn keep_visible(&mut self, field: S) {
        self.place(field, 0..self.columns);
    }

    /// Places `field` in some columns of the next line, which is kept visible while `field` has the focus.
    fn place(&mut self, field: S, columns: Range<usize>) {
        self.places.push(FieldPlace { field, line: self.lines.len(), columns });
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

    pub fn fact(&mut self, label: &str, text: &str, style: Style) {
        let lines = fold(text, self.columns.saturating_sub(self.labels));
        for (label, text) in std::iter::once(label).chain(std::iter::repeat("")).zip(lines) {
            let gap = " ".repeat(self.labels.saturating_sub(width(label)));
            self.line(vec![Span::styled(format!("{label}{gap}"), self.theme.dim), Span::styled(text, style)]);
        }
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
        let mut label = self.label(field, label);
        if self.columns < label.width() + MIN_INPUT_COLUMNS {
            self.line(std::mem::replace(&mut label, Span::raw("  ")));
            self.keep_visible(field);
        }
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

    /// Adds a button under the fields; at the left edge if there is no room under the fields.
    pub fn button(&mut self, field: S, text: &str) {
        if self.labels + width(text) + 4 > self.columns {
            return self.line_button(field, text, self.theme.strong);
        }
        let button = self.button_span(field, text, self.theme.strong, self.labels);
        self.line(vec![self.indent(), button]);
    }

    /// Adds a button at the left edge, on as many lines as needed.
    pub fn line_button(&mut self, field: S, text: &str, style: Style) {
        let button = self.button_span(field, text, style, 0);
        for line in fold(&button.content, self.columns) {
            self.line(Line::styled(line, button.style));
        }
    }

    /// Adds a label with a fact, and a button after it, or below it if they don't fit.
    pub fn fact_button(&mut self, field: S, label: &str, fact: &str, text: &str) {
        if self.labels.max(width(label)) + width(fact) + width(text) + 4 > self.columns {
            self.fact(label, fact, Style::new());
            return self.button(field, text);
        }
        let (label, fact) = (self.label(field, label), Span::raw(clean(fact).into_owned()));
        let button = self.button_span(field, text, self.theme.strong, label.width() + fact.width());
        self.line(vec![label, fact, button]);
    }

    /// Adds buttons next to each other over the whole width, each with its style without focus. If they don't fit, they
    /// are below each other.
    pub fn buttons(&mut self, buttons: &[(S, &str, Style)]) {
        let columns: usize = buttons.iter().map(|(_, text, _)| width(text) + 6).sum();
        if columns > self.columns + 2 {
            return buttons.iter().for_each(|(field, text, style)| self.line_button(*field, text, *style));
        }
        let mut spans = Vec::new();
        for (field, text, style) in buttons {
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            let start = spans.iter().map(Span::width).sum();
            spans.push(self.button_span(*field, text, *style, start));
        }
        self.line(spans);
    }

    /// Returns the button for the next line, where it begins at column `start`.
    fn button_span(&mut self, field: S, text: &str, style: Style, start: usize) -> Span<'static> {
        let style = if self.is_focused(field) { self.theme.focus } else { style };
        let button = Span::styled(format!("[ {text} ]"), style);
        self.place(field, start..start + button.width());
        button
    }

    /// Adds the problem. `lines` lines are reserved even without a problem.
    pub fn problem(&mut self, lines: usize) {
        self.problem_or(None, lines);
    }

    /// Adds the problem, or else a `warning` that stays until the dialog is closed.
    pub fn problem_or(&mut self, warning: Option<&str>, lines: usize) {
        let start = self.lines.len();
        let warning = warning.map(|text| (text, self.theme.warning));
        if let Some((text, style)) = self.problem.map(|text| (text, self.theme.danger)).or(warning) {
            self.text_line(text, style);
            self.problem_lines = Some(start..self.lines.len());
        }
        self.pad(start + lines);
    }

    /// Returns the field at a column of a line. Buttons cover what else is on their line.
    pub(super) fn field_at(&self, line: usize, column: usize) -> Option<S> {
        let mut hits = self.places.iter().rev().filter(|place| place.line == line);
        hits.find(|place| place.columns.contains(&column)).map(|place| place.field)
    }

    /// Returns the visible part of the lines, from `top` on or with what it `follows`.
    pub(super) fn scroll_range(&self, top: usize, follows: Option<Follow>) -> ScrollRange {
        let lines = self.lines.len();
        let room = self.rows.saturating_sub(FRAME_ROWS);
        let range = ScrollRange::new(top, room, lines, self.pinned.unwrap_or(lines));
        let focused = self.focused_line..self.focused_line + 1;
        let problem = self.problem_lines.clone().unwrap_or_else(|| focused.clone());
        let both = focused.start.min(problem.start)..focused.end.max(problem.end);
        match follows {
            None => range,
            Some(_) if both.len() <= range.room => range.showing(both),
            Some(Follow::Focus) => range.showing(focused),
            Some(Follow::Problem) => range.showing(problem),
        }
    }
}
