//! The filter above a list: a field that takes letters only while it is typed into.

use std::iter;

use ratatui::text::Line;

use super::field::Field;
use super::line::cut;
use crate::domain::fields::{self, Typed, Unknown};
use crate::tui::keymap::{Action, Context};

/// How much can be typed into it.
const LONGEST: usize = 200;

/// The filter of a list.
pub struct FilterField {
    field: Field,
    typing: bool,
}

/// What a key did to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filtered {
    /// What is shown stays as it is.
    Same,
    /// Nothing is left out any more.
    Cleared,
}

impl Default for FilterField {
    /// Nothing typed.
    fn default() -> Self {
        FilterField { field: Field::new(LONGEST), typing: false }
    }
}

impl FilterField {
    /// What was typed.
    pub fn text(&self) -> &str {
        self.field.text()
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.field.is_empty()
    }

    /// Whether letters go into it.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// The field, to be drawn.
    pub fn shown(&self) -> &Field {
        &self.field
    }

    /// The field, while letters go into it.
    pub fn focused(&mut self) -> Option<&mut Field> {
        if self.typing { Some(&mut self.field) } else { None }
    }

    /// Where keys are looked up over a list that has its own in `own`.
    pub fn context(&self, own: Context) -> Context {
        if self.typing { Context::Filter } else { own }
    }

    /// Narrows the list to `text`, as if it were typed.
    pub fn set(&mut self, text: &str) {
        self.field.clear();
        self.field.insert(text);
    }

    /// Forgets what was typed, and takes no more letters.
    pub fn clear(&mut self) {
        self.field.clear();
        self.typing = false;
    }

    /// Takes no more letters.
    pub fn leave(&mut self) {
        self.typing = false;
    }

    /// Takes the keys that every filter takes. Esc is one of them while there is something to leave.
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

    /// What of it looks like a field and is none.
    pub fn unknown<F: Typed>(&self) -> Option<Unknown> {
        fields::unknown::<F>(self.text())
    }

    /// What stands in a list of which it leaves nothing, `also` narrowed by something else; and what is `unknown` of it.
    pub fn nothing_matches(&self, also: &str, unknown: Option<&Unknown>, columns: usize) -> Vec<Line<'static>> {
        let first = format!(" Nothing matches \"{}\"{also}.  Esc clears the filter.", self.text());
        let second = unknown.map(|unknown| format!(" It knows {unknown}: {}.", unknown.known()));
        iter::once(first).chain(second).map(|text| Line::raw(cut(&text, columns))).collect()
    }
}
