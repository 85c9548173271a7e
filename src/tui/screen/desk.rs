//! The screens of a signed-in user. Each keeps its state while another one is shown.

use std::sync::Arc;

use super::Page;
use super::accounts::Accounts;
use super::audit::Audit;
use super::denied::Denied;
use super::policy::Rules;
use super::tokens::Tokens;
use crate::domain::role::Role;
use crate::tui::picker::Picker;

/// A screen that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The token table.
    Tokens,
    /// The accounts.
    Accounts,
    /// The audit log.
    Audit,
    /// The catalogue.
    Catalogue,
    /// The policy.
    Policy,
    /// The denied attempts.
    Denied,
}

/// All screens.
pub struct Desk {
    shown: Place,
    /// The token table.
    pub tokens: Tokens,
    /// The accounts.
    pub accounts: Accounts,
    /// The audit log.
    pub audit: Audit,
    /// The catalogue.
    pub catalogue: Picker,
    /// The policy.
    pub rules: Rules,
    /// The denied attempts.
    pub denied: Denied,
}

impl Default for Desk {
    /// Creates empty screens and shows the tokens.
    fn default() -> Self {
        Desk {
            shown: Place::Tokens,
            tokens: Tokens::new(),
            accounts: Accounts::default(),
            audit: Audit::default(),
            catalogue: Picker::browse(Arc::from([]), Role::Owner),
            rules: Rules::default(),
            denied: Denied::default(),
        }
    }
}

impl Desk {
    /// Returns the screen that is shown.
    pub fn shown(&self) -> Place {
        self.shown
    }

    /// Shows another screen.
    pub fn show(&mut self, place: Place) {
        self.shown = place;
    }

    /// Returns the page that is drawn.
    pub fn page(&self) -> &dyn Page {
        match self.shown {
            Place::Tokens => &self.tokens,
            Place::Accounts => &self.accounts,
            Place::Audit => &self.audit,
            Place::Catalogue => &self.catalogue,
            Place::Policy => &self.rules,
            Place::Denied => &self.denied,
        }
    }

    /// Returns the page that takes the keys.
    pub fn page_mut(&mut self) -> &mut dyn Page {
        match self.shown {
            Place::Tokens => &mut self.tokens,
            Place::Accounts => &mut self.accounts,
            Place::Audit => &mut self.audit,
            Place::Catalogue => &mut self.catalogue,
            Place::Policy => &mut self.rules,
            Place::Denied => &mut self.denied,
        }
    }
}
