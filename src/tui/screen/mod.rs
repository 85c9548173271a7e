//! What fills the terminal, and how pages take input.
//!
//! A new screen is a file here, a place on the [`desk`] and a line in each match over places; its keys are a context.

pub mod accounts;
pub mod audit;
pub mod denied;
pub mod desk;
pub mod first_run;
pub mod frame;
pub mod policy;
pub mod replace_password;
pub mod sign_in;
pub mod stretch;
pub mod tokens;

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::domain::name::Username;
use crate::domain::selection::Selection;
use crate::domain::sort::Sort;
use crate::domain::time::{Timestamp, Zone};
use crate::domain::token::TokenId;
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::confirm::Wanted;
use crate::tui::model::{Model, Tone};
use crate::tui::msg::RequestId;
use crate::tui::widget::field::Field;
use crate::verbs::actor::Credential;
use crate::verbs::ledger::{DeniedKey, LedgerAnchor, Whereabouts};
use crate::verbs::ports::Anchor;
use crate::verbs::request::Request;
use desk::Place;

/// What a page may look at while it acts.
pub struct Facts<'a> {
    /// The instant of the message.
    pub now: Timestamp,
    /// The zone in which days end.
    pub zone: &'a dyn Zone,
    /// Rows that a list on the page has.
    pub rows: usize,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Lines that the page has, where it scrolls over them.
    pub lines: usize,
}

impl Facts<'_> {
    /// The terminal above its footer.
    pub fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1.saturating_sub(1))
    }
}

/// What a page wants after a key.
pub enum Outcome {
    /// Nothing more.
    Stay,
    /// To be closed.
    Close,
    /// Another dialog on top.
    Push(Modal),
    /// A request carried out, while the page waits.
    Send(Credential, Request),
    /// A look on behalf of who signed in, while the page waits.
    Ask(Request),
    /// The catalogue read that a path or name means, while the page waits.
    Read(PathBuf),
    /// A change made, once it was confirmed.
    Confirm(Wanted),
    /// The list read again, around this place.
    List(Anchor),
    /// The audit log read again, from this place.
    ListAudit(LedgerAnchor<i64>),
    /// The denied attempts read again, from this place.
    ListDenied(LedgerAnchor<DeniedKey>),
    /// All tokens marked that the table shows, in its window or not.
    MarkShown,
    /// To be closed, with the table ordered so.
    Sorted(Sort),
    /// The screen read again.
    Refresh,
    /// The tokens of one account.
    TokensOf(Username),
    /// This token in the table, or in the trash.
    ToToken(TokenId, Whereabouts),
    /// The cursor of the screen's list moved.
    Moved,
    /// Something done outside.
    Do(Effect),
    /// A line for a while.
    Say(Tone, String),
    /// To be closed, with the page below told why.
    Refuse(Error),
    /// A new form of the token under the cursor.
    Open(Open),
    /// To be closed, with the page below given this selection.
    Picked(Selection),
    /// Another screen.
    Show(Place),
    /// Everything above the table closed, and a secret left behind.
    Leave,
    /// The sign-in in place of everything.
    SignOut,
    /// The end of the program.
    Exit(Result<(), Error>),
}

/// A dialog about the marked tokens or what is under the cursor, or for something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// A new token.
    Generate,
    /// The same token changed.
    Edit,
    /// A new token like it.
    Copy,
    /// A new secret.
    Regenerate,
    /// The end of an overlap.
    Retire,
    /// Off or on.
    Toggle,
    /// Into the trash.
    Remove,
    /// Out of the trash.
    Restore,
    /// Away for good.
    Purge,
    /// Everything known.
    Details,
    /// About the account under the cursor, or a new one.
    Account(Manage),
    /// The rule under the cursor.
    Rule,
    /// Whether the audit log is whole.
    Verify,
    /// Another state of a catalogue.
    Apply,
}

/// What is done about accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manage {
    /// A new one.
    Create,
    /// Another role.
    Role,
    /// Off or on.
    Switch,
    /// Another password.
    Password,
    /// Away for good.
    Delete,
}

/// Something that takes keys: a screen, or a dialog on top of one.
pub trait Page {
    /// Where keys are looked up.
    fn context(&self) -> Context;

    /// The text field that has the focus.
    fn field(&mut self) -> Option<&mut Field> {
        None
    }

    /// The focused field was edited.
    fn edited(&mut self) -> Outcome {
        Outcome::Stay
    }

    /// What Enter will do now, in a word, where that can't be taken back by a look.
    fn enter(&self) -> Option<&'static str> {
        None
    }

    /// Lines that it scrolls over.
    fn lines(&self, _model: &Model) -> usize {
        0
    }

    /// Draws it: a screen fills `area`, a dialog lies in the middle of it.
    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model);

    /// A key's action.
    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome;

    /// The request that the page waits for; no keys until it is answered.
    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        None
    }

    /// Whether it shows text, in `columns` on a screen of `rows`, that is longer than the room for it.
    fn is_long(&self, _columns: usize, _rows: usize) -> bool {
        false
    }

    /// The picker on top was left with this selection.
    fn picked(&mut self, _selection: Selection) -> Outcome {
        Outcome::Stay
    }

    /// The request was refused.
    fn refused(&mut self, error: Error) -> Outcome {
        Outcome::Refuse(error)
    }
}
