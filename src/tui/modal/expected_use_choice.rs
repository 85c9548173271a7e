//! The choice whether a token is expected to be unused.

use crate::domain::token::Token;
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form_layout::FormLayout;

/// A row of the choice: its words, and the change that it means. `None`: unchanged.
type Row = (&'static str, Option<bool>);

/// The rows for a token whose use is expected.
const ROWS: [Row; 2] = [("expected", None), ("not expected: never stale", Some(true))];

/// The choice whether a token is expected to be unused.
pub struct ExpectedUseChoice(OneOf<Row>);

impl ExpectedUseChoice {
    /// Creates the choice for a new token; begins at expected.
    pub fn new() -> Self {
        ExpectedUseChoice(OneOf::new(ROWS.to_vec(), &ROWS[0]))
    }

    /// Creates the choice for `token`; begins at what is stored.
    pub fn for_token(token: &Token) -> Self {
        if token.expected_unused_since.is_none() {
            return Self::new();
        }
        let kept = ("not expected", None);
        let mut rows = vec![("expected", Some(false)), kept];
        if token.unexpected_use().is_some() {
            rows.push(("not expected from now on", Some(true)));
        }
        ExpectedUseChoice(OneOf::new(rows, &kept))
    }

    /// Returns the chosen change. `None`: unchanged.
    pub fn change(&self) -> Option<bool> {
        self.0.get().and_then(|(_, change)| *change)
    }

    /// Replaces the stored value with that of `token`. A chosen change stays, if it is still one.
    pub fn set_current(&mut self, token: &Token) {
        let wanted = self.change();
        *self = Self::for_token(token);
        if let Some(place) = self.0.values().iter().position(|(_, change)| wanted.is_some() && *change == wanted) {
            self.0.select(place);
        }
    }

    pub fn choices(&mut self) -> &mut dyn Choices {
        &mut self.0
    }

    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, field: S) {
        let words: Vec<&str> = self.0.values().iter().map(|(word, _)| *word).collect();
        layout.choice(field, "Use", &words, self.0.selected());
    }
}
