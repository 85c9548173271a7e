//! The filter above a list: a field that takes letters only while it is typed into.

use super::field::Field;
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

    /// What stands in a list of which it leaves nothing.
    pub fn nothing_matches(&self) -> String {
        format!(" Nothing matches \"{}\".  Esc clears the filter.", self.text())
    }
}
