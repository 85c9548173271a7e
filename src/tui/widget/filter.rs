//! The filter above a list: a field that takes letters only while the user types in it.

use std::iter;

use ratatui::text::Line;

use super::field::Field;
use super::line::cut;
use crate::domain::filter_syntax::{self, FilterFields, UnknownField};
use crate::tui::keymap::{Action, Context};

/// Maximum length of the text, in bytes.
const LONGEST: usize = 200;

/// The filter of a list.
pub struct FilterField {
    field: Field,
    typing: bool,
}

/// The effect of a key on the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filtered {
    /// The filter did not change.
    Same,
    /// The filter was cleared.
    Cleared,
}

impl Default for FilterField {
    /// Creates an empty filter.
    fn default() -> Self {
        FilterField { field: Field::new(LONGEST), typing: false }
    }
}

impl FilterField {
    /// Returns the filter text.
    pub fn text(&self) -> &str {
        self.field.text()
    }

    /// `true` if the filter is empty.
    pub fn is_empty(&self) -> bool {
        self.field.is_empty()
    }

    /// `true` while the filter takes letters.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Returns the field, for drawing.
    pub fn shown(&self) -> &Field {
        &self.field
    }

    /// Returns the field while it takes letters.
    pub fn focused(&mut self) -> Option<&mut Field> {
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

    /// Stops taking letters.
    pub fn leave(&mut self) {
        self.typing = false;
    }

    /// Handles the keys common to all filters. Esc is one of them while the user types or the filter has text.
    pub fn act(&mut self, action: Action) -> Option<Filtered> {
        match action {
            Action::Filter => self.typing = true,
            Action::Enter if self.typing => self.typing = false,
            Action::Cancel if self.typing || !self.is_empty() => {
                self.clear();
                return Some(Filtered::Cleared);
            }
            _ => return None,
        }
        Some(Filtered::Same)
    }

    /// Returns the part of the filter that looks like a field but is unknown.
    pub fn unknown<F: FilterFields>(&self) -> Option<UnknownField> {
        filter_syntax::find_unknown::<F>(self.text())
    }

    /// Empty-state text for a filtered list. `also` describes other active filters; `unknown` is an unrecognised field.
    pub fn nothing_matches(&self, also: &str, unknown: Option<&UnknownField>, columns: usize) -> Vec<Line<'static>> {
        let first = format!(" Nothing matches \"{}\"{also}.  Esc clears the filter.", self.text());
        let second = unknown.map(|unknown| format!(" It knows {unknown}: {}.", unknown.known()));
        iter::once(first).chain(second).map(|text| Line::raw(cut(&text, columns))).collect()
    }
}
