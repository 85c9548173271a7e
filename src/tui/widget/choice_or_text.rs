//! A row of common answers; the last choice is a typed answer.

use std::borrow::Cow;

use ratatui::text::Span;

use super::choices::Choices;
use super::form_layout::FormLayout;
use super::text_input::TextInput;
use crate::tui::text_fit::{cut, width};

/// Columns of the field for a typed answer.
const TEXT_COLUMNS: usize = 16;

/// The choice of one of several answers, or a typed one.
pub struct ChoiceOrText<T> {
    /// The answers, each with a label of a word or two.
    rows: Vec<(Cow<'static, str>, T)>,
    /// Position in `rows`; the number of rows means a typed answer.
    chosen: usize,
    text: TextInput,
}

pub enum Chosen<'a, T> {
    /// One of the offered answers.
    Choice(T),
    Text(&'a str),
}

impl<T: Copy + PartialEq> ChoiceOrText<T> {
    /// Offers `rows` and a typed answer; begins at the first row.
    pub fn new(rows: Vec<(impl Into<Cow<'static, str>>, T)>) -> Self {
        let rows = rows.into_iter().map(|(word, offer)| (word.into(), offer)).collect();
        ChoiceOrText { rows, chosen: 0, text: TextInput::new(32) }
    }

    /// Chooses the row equal to `wanted`; if there is none, sets `typed` as the typed answer.
    pub fn select(&mut self, wanted: T, typed: &str) {
        let offered = self.rows.iter().position(|(_, one)| *one == wanted);
        self.chosen = offered.unwrap_or(self.rows.len());
        if offered.is_none() {
            self.text.insert(typed);
        }
    }

    pub fn replace_first(&mut self, with: T) {
        if let Some((_, first)) = self.rows.first_mut() {
            *first = with;
        }
    }

    pub fn is_text(&self) -> bool {
        self.chosen == self.rows.len()
    }

    /// Returns the field for a typed answer.
    pub fn text_input(&mut self) -> &mut TextInput {
        &mut self.text
    }

    pub fn chosen(&self) -> Chosen<'_, T> {
        match self.rows.get(self.chosen) {
            Some((_, offered)) => Chosen::Choice(*offered),
            None => Chosen::Text(self.text.text()),
        }
    }

    /// Writes two lines: the `row` with its label, and the `typed` answer with its label. `hint` describes possible
    /// input.
    pub fn draw<S: Copy + PartialEq>(
        &self,
        layout: &mut FormLayout<'_, S>,
        row: (S, &str),
        typed: (S, &str),
        hint: &str,
    ) {
        self.draw_compact(layout, row, typed, hint);
        if !self.is_text() {
            layout.blank();
        }
    }

    /// Does the same as [`ChoiceOrText::draw`], but one line unless the answer is typed.
    pub fn draw_compact<S: Copy + PartialEq>(
        &self,
        layout: &mut FormLayout<'_, S>,
        (row, label): (S, &str),
        (text_field, text_label): (S, &str),
        hint: &str,
    ) {
        let theme = layout.theme;
        let mut spans = vec![layout.label(row, label)];
        let words: Vec<&str> = self.rows.iter().map(|(word, _)| &**word).chain(["other"]).collect();
        let room = layout.columns.saturating_sub(spans[0].width());
        // A row that is too long begins further right, so that the chosen answer stays visible.
        let end = |from: usize| words[from..=self.chosen].iter().map(|w| width(w) + 3).sum::<usize>() + from.min(1) * 2;
        let first = (0..self.chosen).find(|from| end(*from) <= room).unwrap_or(self.chosen);
        if first > 0 {
            spans.push(Span::styled("… ", theme.dim));
        }
        for (i, word) in words.iter().enumerate().skip(first) {
            let style = match (i == self.chosen, layout.is_focused(row)) {
                (true, true) => theme.focus,
                (true, false) => theme.strong,
                (false, _) => theme.dim,
            };
            spans.push(Span::styled(if i == self.chosen { format!("[{word}]") } else { format!(" {word} ") }, style));
            spans.push(Span::raw(" "));
        }
        layout.line(spans);
        if !self.is_text() {
            return;
        }
        let mut spans = vec![layout.label(text_field, text_label)];
        spans.extend(self.text.spans(TEXT_COLUMNS, layout.is_focused(text_field), theme));
        let room = layout.columns.saturating_sub(spans[0].width() + TEXT_COLUMNS);
        spans.push(Span::styled(cut(&format!("  {hint}"), room), theme.dim));
        layout.line(spans);
    }
}

impl<T> Choices for ChoiceOrText<T> {
    fn count(&self) -> usize {
        self.rows.len() + 1
    }

    fn selected(&self) -> usize {
        self.chosen
    }

    fn select(&mut self, place: usize) {
        self.chosen = place;
    }
}
