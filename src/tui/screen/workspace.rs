//! The screens of a signed-in user. Each keeps its state while another one is shown.

use std::sync::Arc;

use super::Component;
use super::accounts::Accounts;
use super::audit::Audit;
use super::denied::Denied;
use super::policy::PolicyScreen;
use super::tokens::Tokens;
use crate::domain::role::Role;
use crate::tui::picker::Picker;

/// A screen that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScreenId {
    Tokens,
    Accounts,
    Audit,
    Catalogue,
    Policy,
    Denied,
}

impl ScreenId {
    /// All screens, in the order of their keys.
    pub const ALL: [ScreenId; 6] = [
        ScreenId::Tokens,
        ScreenId::Accounts,
        ScreenId::Audit,
        ScreenId::Catalogue,
        ScreenId::Policy,
        ScreenId::Denied,
    ];
}

/// All screens.
pub struct Workspace {
    current: ScreenId,
    pub tokens: Tokens,
    pub accounts: Accounts,
    pub audit: Audit,
    pub catalogue: Picker,
    pub policy: PolicyScreen,
    pub denied: Denied,
}

impl Default for Workspace {
    /// Creates empty screens and shows the tokens.
    fn default() -> Self {
        Workspace {
            current: ScreenId::Tokens,
            tokens: Tokens::new(),
            accounts: Accounts::default(),
            audit: Audit::default(),
            catalogue: Picker::browse(Arc::from([]), Role::Owner),
            policy: PolicyScreen::default(),
            denied: Denied::default(),
        }
    }
}

impl Workspace {
    /// Returns the screen that is shown.
    pub fn current(&self) -> ScreenId {
        self.current
    }

    /// Shows another screen.
    pub fn switch_to(&mut self, place: ScreenId) {
        self.current = place;
    }

    /// Returns the page that is drawn.
    pub fn component(&self) -> &dyn Component {
        self.get(self.current)
    }

    /// Returns a screen, shown or not.
    pub fn get(&self, screen: ScreenId) -> &dyn Component {
        match screen {
            ScreenId::Tokens => &self.tokens,
            ScreenId::Accounts => &self.accounts,
            ScreenId::Audit => &self.audit,
            ScreenId::Catalogue => &self.catalogue,
            ScreenId::Policy => &self.policy,
            ScreenId::Denied => &self.denied,
        }
    }

    /// Returns the page that takes the keys.
    pub fn component_mut(&mut self) -> &mut dyn Component {
        self.get_mut(self.current)
    }

    /// Returns a screen, shown or not, for an update.
    pub fn get_mut(&mut self, screen: ScreenId) -> &mut dyn Component {
        match screen {
            ScreenId::Tokens => &mut self.tokens,
            ScreenId::Accounts => &mut self.accounts,
            ScreenId::Audit => &mut self.audit,
            ScreenId::Catalogue => &mut self.catalogue,
            ScreenId::Policy => &mut self.policy,
            ScreenId::Denied => &mut self.denied,
        }
    }
}
