//! A row of common answers; the last choice is a typed answer.

use std::borrow::Cow;

use ratatui::text::Span;

use super::choices::Choices;
use super::field::Field;
use super::form::Kind;
use super::line::{cut, width};
use super::sheet::Sheet;

/// Columns of the field for a typed answer.
const TYPED: usize = 16;

/// The choice of one of several answers, or a typed one.
pub struct Offers<T> {
    /// The answers, each with a label of a word or two.
    rows: Vec<(Cow<'static, str>, T)>,
    /// Position in `rows`; the number of rows means a typed answer.
    chosen: usize,
    typed: Field,
}

/// An answer.
pub enum Answer<'a, T> {
    /// One of the offered answers.
    Offered(T),
    /// The typed text.
    Typed(&'a str),
}

impl<T: Copy + PartialEq> Offers<T> {
    /// Offers `rows` and a typed answer; begins at the first row.
    pub fn new(rows: Vec<(impl Into<Cow<'static, str>>, T)>) -> Self {
        let rows = rows.into_iter().map(|(word, offer)| (word.into(), offer)).collect();
        Offers { rows, chosen: 0, typed: Field::new(32) }
    }

    /// Chooses the row equal to `wanted`; if there is none, sets `typed` as the typed answer.
    pub fn begin(&mut self, wanted: T, typed: &str) {
        let offered = self.rows.iter().position(|(_, one)| *one == wanted);
        self.chosen = offered.unwrap_or(self.rows.len());
        if offered.is_none() {
            self.typed.insert(typed);
        }
    }

    /// Replaces the first answer.
    pub fn replace_first(&mut self, with: T) {
        if let Some((_, first)) = self.rows.first_mut() {
            *first = with;
        }
    }

    /// `true` if the answer is typed.
    pub fn is_typed(&self) -> bool {
        self.chosen == self.rows.len()
    }

    /// Returns the field for a typed answer.
    pub fn field(&mut self) -> &mut Field {
        &mut self.typed
    }

    /// Returns the answer.
    pub fn answer(&self) -> Answer<'_, T> {
        match self.rows.get(self.chosen) {
            Some((_, offered)) => Answer::Offered(*offered),
            None => Answer::Typed(self.typed.text()),
        }
    }

    /// Returns the slots for the form, which names them `row` and `typed`.
    pub fn slots<S>(&self, row: S, typed: S) -> impl Iterator<Item = (S, Kind)> + use<S, T> {
        let typed = self.is_typed().then_some((typed, Kind::Field));
        [(row, Kind::Choice)].into_iter().chain(typed)
    }

    /// Writes two lines: the row after `label`, and the typed answer after `before`, with a `hint` about possible
    /// input.
    pub fn rows<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, row: (S, &str), typed: (S, &str), hint: &str) {
        self.row(sheet, row, typed, hint);
        if !self.is_typed() {
            sheet.blank();
        }
    }

    /// Like [`Offers::rows`], but one line unless the answer is typed.
    pub fn row<S: Copy + PartialEq>(
        &self,
        sheet: &mut Sheet<'_, S>,
        (row, label): (S, &str),
        (typed, before): (S, &str),
        hint: &str,
    ) {
        let theme = sheet.theme;
        let mut spans = vec![sheet.label(row, label)];
        let words: Vec<&str> = self.rows.iter().map(|(word, _)| &**word).chain(["other"]).collect();
        let room = sheet.columns.saturating_sub(spans[0].width());
        // A row that is too long begins further right, so that the chosen answer stays visible.
        let end = |from: usize| words[from..=self.chosen].iter().map(|w| width(w) + 3).sum::<usize>() + from.min(1) * 2;
        let first = (0..self.chosen).find(|from| end(*from) <= room).unwrap_or(self.chosen);
        if first > 0 {
            spans.push(Span::styled("… ", theme.dim));
        }
        for (i, word) in words.iter().enumerate().skip(first) {
            let style = match (i == self.chosen, sheet.is_at(row)) {
                (true, true) => theme.selected,
                (true, false) => theme.strong,
                (false, _) => theme.dim,
            };
            spans.push(Span::styled(if i == self.chosen { format!("[{word}]") } else { format!(" {word} ") }, style));
            spans.push(Span::raw(" "));
        }
        sheet.line(spans);
        if !self.is_typed() {
            return;
        }
        let mut spans = vec![sheet.label(typed, before)];
        spans.extend(self.typed.spans(TYPED, sheet.is_at(typed), theme));
        let room = sheet.columns.saturating_sub(spans[0].width() + TYPED);
        spans.push(Span::styled(cut(&format!("  {hint}"), room), theme.dim));
        sheet.line(spans);
    }
}

impl<T> Choices for Offers<T> {
    fn count(&self) -> usize {
        self.rows.len() + 1
    }

    fn taken(&self) -> usize {
        self.chosen
    }

    fn take(&mut self, place: usize) {
        self.chosen = place;
    }
}
