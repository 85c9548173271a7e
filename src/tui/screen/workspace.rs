//! The screens of a signed-in user. Each keeps its state while another one is shown.

use std::sync::Arc;

use super::accounts::Accounts;
use super::audit::Audit;
use super::denied::Denied;
use super::policy::PolicyScreen;
use super::tokens::Tokens;
use super::uses::Uses;
use crate::domain::role::Role;
use crate::tui::component::Component;
use crate::tui::picker::Picker;

macro_rules! screens {
    ($($id:ident $field:ident: $screen:ty = $empty:expr,)*) => {
        /// A screen that can be shown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ScreenId { $($id),* }

        impl ScreenId {
            /// All screens, in the order of their keys.
            pub const ALL: &[ScreenId] = &[$(ScreenId::$id),*];
        }

        /// All screens.
        pub struct Workspace {
            current: ScreenId,
            $(pub $field: $screen,)*
        }

        impl Default for Workspace {
            /// Creates empty screens and shows the tokens.
            fn default() -> Self {
                Workspace { current: ScreenId::Tokens, $($field: $empty,)* }
            }
        }

        impl Workspace {
            /// Returns a screen, shown or not.
            pub fn get(&self, screen: ScreenId) -> &dyn Component {
                match screen { $(ScreenId::$id => &self.$field,)* }
            }

            /// Returns a screen, shown or not, for an update.
            pub fn get_mut(&mut self, screen: ScreenId) -> &mut dyn Component {
                match screen { $(ScreenId::$id => &mut self.$field,)* }
            }
        }
    };
}

// Columns: id, field, type, and the screen before anything was read; in the order of their keys.
screens! {
    Tokens tokens: Tokens = Tokens::default(),
    Accounts accounts: Accounts = Accounts::default(),
    Audit audit: Audit = Audit::default(),
    Catalogue catalogue: Picker = Picker::browse(Arc::from([]), Role::Owner),
    Policy policy: PolicyScreen = PolicyScreen::default(),
    Denied denied: Denied = Denied::default(),
    Uses uses: Uses = Uses::default(),
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

    /// Returns the page that takes the keys.
    pub fn component_mut(&mut self) -> &mut dyn Component {
        self.get_mut(self.current)
    }
}
