//! The screens.
//!
//! A new screen is a file here and a line in [`Workspace`]; its keys are a context.
//! A list is a [`list::list_screen::Source`].

pub mod accounts;
pub mod audit;
pub mod denied;
pub mod first_run;
pub mod list;
pub mod policy;
pub mod replace_password;
pub mod sign_in;
pub mod tabs;
pub mod tokens;
pub mod uses;

use std::sync::Arc;

use crate::domain::role::Role;
use crate::tui::component::Component;
use crate::tui::layer::ScreenId;
use crate::tui::modal::picker::Picker;
use crate::tui::view_state::ViewState;

/// The screens of a signed-in user. Each keeps its state while another one is shown.
pub struct Workspace {
    current: ScreenId,
    /// In the order of their keys.
    screens: Vec<Box<dyn Component>>,
}

impl Workspace {
    /// Creates empty screens with the remembered look, and shows the tokens.
    pub fn new(view_state: &ViewState) -> Self {
        let mut tokens = tokens::Tokens::default();
        tokens.source.options.sort = view_state.sort;
        let screens: Vec<Box<dyn Component>> = vec![
            Box::new(tokens),
            Box::new(accounts::Accounts::default()),
            Box::new(audit::Audit::default()),
            Box::new(Picker::browse(Arc::from([]), Role::Owner)),
            Box::new(policy::PolicyScreen::default()),
            Box::new(denied::Denied::default()),
            Box::new(uses::Uses::default()),
        ];
        Workspace { current: ScreenId::TOKENS, screens }
    }

    /// Returns the screens, in the order of their keys.
    pub fn ids(&self) -> impl Iterator<Item = ScreenId> + use<> {
        (1..).take(self.screens.len()).map(ScreenId)
    }

    /// Returns a screen, shown or not.
    pub fn get(&self, screen: ScreenId) -> Option<&dyn Component> {
        self.screens.get(index(screen)?).map(|screen| &**screen)
    }

    pub fn get_mut(&mut self, screen: ScreenId) -> Option<&mut dyn Component> {
        self.screens.get_mut(index(screen)?).map(|screen| &mut **screen)
    }

    pub fn current(&self) -> ScreenId {
        self.current
    }

    pub fn switch_to(&mut self, screen: ScreenId) {
        self.current = screen;
    }

    /// Returns the page that is drawn.
    pub fn component(&self) -> Option<&dyn Component> {
        self.get(self.current)
    }
}

fn index(screen: ScreenId) -> Option<usize> {
    usize::from(screen.0).checked_sub(1)
}
