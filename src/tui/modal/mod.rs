//! Dialogs: owned states on a stack, the top takes all input.

pub mod confirm;
pub mod details;
pub mod generate;
pub mod help;
pub mod regenerate;
pub mod remove;
pub mod reveal;
pub mod save;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::model::Model;
use crate::tui::picker::Picker;
use crate::tui::screen::Page;
use confirm::Confirm;
use details::Details;
use generate::Generate;
use help::Help;
use regenerate::Regenerate;
use remove::Remove;
use reveal::{Leave, Reveal};
use save::Save;

/// A dialog.
pub enum Modal {
    /// A new token.
    Generate(Box<Generate>),
    /// The password for a change.
    Confirm(Box<Confirm>),
    /// A new secret, shown once.
    Reveal(Box<Reveal>),
    /// Whether to leave that secret behind.
    Leave(Leave),
    /// Where to save it.
    Save(Box<Save>),
    /// A new secret for a token.
    Regenerate(Box<Regenerate>),
    /// What would break, then the typed name.
    Remove(Box<Remove>),
    /// What is known of a token.
    Details(Box<Details>),
    /// What a token may call.
    Picker(Box<Picker>),
    /// The list of keys.
    Help(Help),
}

impl Modal {
    /// What takes its keys.
    pub fn page(&mut self) -> &mut dyn Page {
        match self {
            Modal::Generate(page) => &mut **page,
            Modal::Confirm(page) => &mut **page,
            Modal::Reveal(page) => &mut **page,
            Modal::Leave(page) => page,
            Modal::Save(page) => &mut **page,
            Modal::Regenerate(page) => &mut **page,
            Modal::Remove(page) => &mut **page,
            Modal::Details(page) => &mut **page,
            Modal::Picker(page) => &mut **page,
            Modal::Help(page) => page,
        }
    }

    /// Where its keys are looked up.
    pub fn context(&self) -> crate::tui::keymap::Context {
        match self {
            Modal::Generate(page) => page.context(),
            Modal::Confirm(page) => page.context(),
            Modal::Reveal(page) => page.context(),
            Modal::Leave(page) => page.context(),
            Modal::Save(page) => page.context(),
            Modal::Regenerate(page) => page.context(),
            Modal::Remove(page) => page.context(),
            Modal::Details(page) => page.context(),
            Modal::Picker(page) => page.context(),
            Modal::Help(page) => page.context(),
        }
    }

    /// Draws it over what lies below.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        match self {
            Modal::Generate(page) => page.view(frame, area, model),
            Modal::Confirm(page) => page.view(frame, area, model),
            Modal::Reveal(page) => page.view(frame, area, model),
            Modal::Leave(page) => page.view(frame, area, model),
            Modal::Save(page) => page.view(frame, area, model),
            Modal::Regenerate(page) => page.view(frame, area, model),
            Modal::Remove(page) => page.view(frame, area, model),
            Modal::Details(page) => page.view(frame, area, model),
            Modal::Picker(page) => page.view(frame, area, model),
            Modal::Help(page) => page.view(frame, area, model),
        }
    }
}
