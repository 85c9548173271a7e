//! Tokens created by the tokens being revoked, in the revoke dialogs: named, and revoked too on request.

use crate::tui::text_fit::{count_noun, group_digits};
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form_layout::FormLayout;

/// The tokens created by the tokens being revoked, and the choice of revoking them too.
pub(super) struct MadeTokensChoice {
    /// Number of created tokens; 0 until known.
    count: usize,
    /// The created tokens as text.
    description: Option<String>,
    include: OneOf<bool>,
}

impl MadeTokensChoice {
    /// Creates the choice. No created tokens are known yet, and none will be revoked.
    pub fn new() -> Self {
        MadeTokensChoice { count: 0, description: None, include: OneOf::new(vec![false, true], &false) }
    }

    /// Takes the number of created tokens and its `description`.
    pub fn set_made(&mut self, count: usize, description: Option<String>) {
        if count != self.count {
            // The number has changed, so an earlier choice no longer counts as consent.
            self.include.select(0);
        }
        self.count = count;
        self.description = description;
    }

    /// Returns `true` if the created tokens are revoked too.
    pub fn is_included(&self) -> bool {
        self.count > 0 && self.include.get() == Some(&true)
    }

    /// Returns the number of created tokens that are revoked too.
    pub fn included_count(&self) -> usize {
        if self.is_included() { self.count } else { 0 }
    }

    /// Returns `true` if there are such tokens.
    pub fn has_choice(&self) -> bool {
        self.count > 0
    }

    /// Returns the list of choices.
    pub fn choices(&mut self) -> &mut dyn Choices {
        &mut self.include
    }

    /// Writes a line about the created tokens, and the choice below it; a blank line if there are none.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, field: S, is_many: bool) {
        let Some(description) = &self.description else { return layout.blank() };
        let (subject, whose) = if is_many { ("These tokens", "Their") } else { ("This token", "Its") };
        layout.text_line(&format!("! {subject} created or regenerated {description}"), layout.theme.warning);
        let all = format!(
            "revoke {} too",
            if self.count == 1 { "it".to_owned() } else { format!("all {}", group_digits(self.count as u64)) }
        );
        let leave = if self.count == 1 { "leave it" } else { "leave them" };
        layout.choice(
            field,
            &format!("{whose} {}", count_noun(self.count as u64, "token")),
            &[leave, &all],
            self.include.selected(),
        );
    }
}
