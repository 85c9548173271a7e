//! The filter above a list: a field that takes letters only while the user types in it.

use std::iter;

use ratatui::text::Line;

use super::text_input::TextInput;
use crate::domain::query::filter_syntax::{self, FilterFields, UnknownField};
use crate::tui::keymap::{Action, Context};
use crate::tui::text_fit::cut;

/// Maximum length of the text, in bytes.
const MAX_FILTER: usize = 200;

pub struct FilterField {
    field: TextInput,
    typing: bool,
}

/// The effect of a key on the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterChange {
    Unchanged,
    Cleared,
}

impl Default for FilterField {
    fn default() -> Self {
        FilterField { field: TextInput::new(MAX_FILTER), typing: false }
    }
}

impl FilterField {
    pub fn text(&self) -> &str {
        self.field.text()
    }

    pub fn is_empty(&self) -> bool {
        self.field.is_empty()
    }

    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Returns the field, for drawing.
    pub fn input(&self) -> &TextInput {
        &self.field
    }

    /// Returns the field while it takes letters.
    pub fn focused_input(&mut self) -> Option<&mut TextInput> {
        if self.typing { Some(&mut self.field) } else { None }
    }

    /// Returns the context of the list: the filter's while it takes letters, else `own`.
    pub fn context(&self, own: Context) -> Context {
        if self.typing { Context::Filter } else { own }
    }

    /// Sets the filter text, as if typed.
    pub fn set(&mut self, text: &str) {
        self.field.clear();
        self.field.insert(text);
    }

    /// Clears the filter and stops taking letters.
    pub fn clear(&mut self) {
        self.field.clear();
        self.typing = false;
    }

    pub fn stop_typing(&mut self) {
        self.typing = false;
    }

    /// Handles the keys common to all filters. Esc is one of them while the user types or the filter has text.
    pub fn on_action(&mut self, action: Action) -> Option<FilterChange> {
        match action {
            Action::Filter => self.typing = true,
            Action::Accept if self.typing => self.typing = false,
            Action::Cancel if self.typing || !self.is_empty() => {
                self.clear();
                return Some(FilterChange::Cleared);
            }
            _ => return None,
        }
        Some(FilterChange::Unchanged)
    }

    /// Returns the part of the filter that looks like a field but is unknown.
    pub fn unknown_field<F: FilterFields>(&self) -> Option<UnknownField> {
        filter_syntax::find_unknown::<F>(self.text())
    }

    /// Empty-state text for a filtered list. `also` describes other active filters; `hint` may be the reason.
    pub fn no_match_lines(&self, also: &str, hint: Option<&str>, columns: usize) -> Vec<Line<'static>> {
        let first = format!(" Nothing matches \"{}\"{also}.  Esc clears the filter.", self.text());
        let second = hint.map(|hint| format!(" {hint}"));
        iter::once(first).chain(second).map(|text| Line::raw(cut(&text, columns))).collect()
    }
}
