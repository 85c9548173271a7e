//! The screens of somebody who has signed in, side by side: each stays as it was while another is shown.

use std::sync::Arc;

use super::Page;
use super::accounts::Accounts;
use super::audit::Audit;
use super::denied::Denied;
use super::policy::Rules;
use super::tokens::Tokens;
use crate::domain::role::Role;
use crate::tui::picker::Picker;

/// A screen to go to.
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
    /// The rules of the installation.
    Policy,
    /// The denied attempts.
    Denied,
}

/// All of them.
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
    /// The rules of the installation.
    pub rules: Rules,
    /// The denied attempts.
    pub denied: Denied,
}

impl Default for Desk {
    /// Nothing read yet, the tokens in front.
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
    /// The one in front.
    pub fn shown(&self) -> Place {
        self.shown
    }

    /// Puts another in front.
    pub fn show(&mut self, place: Place) {
        self.shown = place;
    }

    /// What is in front.
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

    /// What takes the keys.
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
