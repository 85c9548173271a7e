//! The interface between pages, which are screens and dialogs, and input.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::domain::catalogue::Catalogue;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::import::openapi::ImportResult;
pub use crate::tui::intent::{Ask, AskSubject, Destination, DialogResult, Exit, Intent};
use crate::tui::keymap::{Action, Context};
use crate::tui::layer::Layer;
use crate::tui::model::{LocalDates, Model, PendingRequest};
use crate::tui::msg::{Copied, ReadKey, RequestId};
use crate::tui::notice::NoticeId;
use crate::tui::outcome::Outcome;
use crate::tui::remembered_credentials::AuthState;
use crate::tui::widget::dialog_frame::dialog_area;
use crate::tui::widget::scroll_range::ScrollRange;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::Verb;
use crate::verbs::accounts::{CurrentUser, ShowAccount};
use crate::verbs::request::{Request, Response};
use crate::verbs::session::Session;
use crate::verbs::tokens::ShowToken;

/// The data that a page may read while it handles an action.
pub struct UpdateContext<'a> {
    pub model: &'a Model,
    pub layer: Layer,
    /// Requests without a reply yet.
    pub pending: &'a BTreeMap<RequestId, PendingRequest>,
    /// Subject of the read whose reply or error the page takes.
    pub replied: Option<ReadKey>,
    /// `true` if the page is the current screen, even below a dialog.
    pub is_shown: bool,
    /// `true` if the page takes the keys.
    pub is_on_top: bool,
    /// Time of the message.
    pub now: Timestamp,
    /// Time zone and format of dates on screen.
    pub dates: &'a LocalDates,
    /// Number of visible rows of the page's list.
    pub rows: usize,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The visible part of the page, if it scrolls.
    pub scroll: ScrollRange,
    /// Data about the signed-in user, once known.
    pub me: Option<&'a CurrentUser>,
    pub session: Option<&'a Session>,
    /// The held proofs.
    pub auth: &'a AuthState,
    pub catalogues: &'a Arc<[Catalogue]>,
    /// `true` while work in batches is under way.
    pub has_long_work: bool,
}

impl UpdateContext<'_> {
    /// Returns `true` if the page has sent `request`, or one that differs only in its anchor or filter, and has no reply
    /// yet.
    pub fn is_reading(&self, request: &Request) -> bool {
        let key = Some(ReadKey::from(request));
        self.pending.values().any(|pending| pending.asker == Some(self.layer) && pending.key == key)
    }

    pub fn report_read_error(&self, error: &Error) -> Intent {
        // A token or account that is gone has no details. The list shows that.
        if self.is_reply_to::<ShowToken>() || self.is_reply_to::<ShowAccount>() {
            return Intent::Stay;
        }
        Intent::Notify(NoticeId::Error(error.kind), error.to_string())
    }

    /// Returns `true` if a request of the verb `V` was answered.
    pub fn is_reply_to<V: Verb>(&self) -> bool {
        self.replied.is_some_and(ReadKey::is::<V>)
    }

    /// Returns the area of the terminal above its footer.
    pub fn area(&self) -> Rect {
        dialog_area(self.size)
    }

    /// Returns the policy. Before it has arrived, the default policy is used. The store applies the real policy in any
    /// case.
    pub fn policy(&self) -> Policy {
        self.me.map_or_else(Policy::default, |me| me.policy.clone())
    }

    /// Returns `true` if a person signed in, not a token.
    pub fn is_by_person(&self) -> bool {
        !self.session.is_some_and(Session::is_token)
    }
}

/// Damaged stored rows that a list leaves out.
pub struct Damaged {
    /// The rows, by name.
    pub rows: Vec<String>,
    pub next: &'static str,
}

impl Damaged {
    /// Creates the value for rows outside the audit log.
    pub fn new(rows: Vec<String>) -> Self {
        Damaged { rows, next: "restore a backup of the store" }
    }
}

/// A part of a page that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClickTarget {
    /// A key of the page, as its footer shows it.
    Key(Action),
    /// A row or field with this number, which the page counts as it likes.
    Item(usize),
}

/// The result of something that a component has requested.
#[expect(clippy::large_enum_variant, reason = "passed by reference and never stored")]
pub enum Reply {
    Response(Response),
    /// A catalogue was read from a file.
    Catalogue(ImportResult),
    /// Text was copied to the clipboard, or an error.
    Copied(Result<Copied>),
    /// A secret was saved to a file, or an error.
    Saved(Result<PathBuf>),
}

/// A layer that takes keys: a screen, or a dialog on top of a screen.
pub trait Component: Any {
    /// Returns a stable id of the screen or dialog in kebab case, for tests.
    fn id(&self) -> &'static str;

    fn problem(&self) -> Option<&str> {
        None
    }

    /// Returns the context in which keys are looked up.
    fn context(&self) -> Context;

    /// Returns `true` if the keys of [`Context::ScrollView`] work here.
    fn is_scroll_view(&self) -> bool {
        false
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        None
    }

    /// Handles an edit of the focused field.
    fn on_edit(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Returns `true` if Enter presses a button now, which may change something.
    fn presses_button(&self) -> bool {
        false
    }

    /// Returns a word for the next effect of Enter, if that effect changes something; `None` for an action that only
    /// shows something.
    fn enter_label(&self) -> Option<&'static str> {
        None
    }

    /// Returns the visible part of the page, if it scrolls.
    fn scroll_range(&self, _model: &Model) -> ScrollRange {
        ScrollRange::default()
    }

    /// Draws the page. A screen fills `area`, a dialog is centred in it.
    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model);

    /// Returns `true` if a key with this effect has to wait for rows that are being read. `None` is a key without effect
    /// on the rows that are shown now.
    fn waits_for_rows(&self, _action: Option<Action>, _ctx: &UpdateContext<'_>) -> bool {
        false
    }

    /// Handles the action of a key.
    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent;

    /// Returns the part of the page at a position of the terminal.
    fn click_target(&self, _at: Position, _model: &Model) -> Option<ClickTarget> {
        None
    }

    /// Handles a click on [`ClickTarget::Item`].
    fn on_click(&mut self, _item: usize, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Handles a turn of the wheel by one line, [`Action::Down`] or [`Action::Up`].
    fn on_wheel(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        self.on_action(action, ctx)
    }

    /// Returns `true` if the keys of `action` can be used now.
    fn is_enabled(&self, _action: Action, _model: &Model) -> bool {
        true
    }

    /// Returns a word for the current effect of `action`, if the action has several possible effects.
    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        if action == Action::Accept { self.enter_label() } else { None }
    }

    /// Reads the data of the page, which is now shown.
    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Reads the data of the page again after a change of the store. A hidden screen is read when it is next shown.
    fn on_store_changed(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        if ctx.is_shown { self.on_open(ctx) } else { Intent::Stay }
    }

    /// Returns `true` if the screen shows ledger data, so that changes of the ledger have to be noticed.
    fn shows_ledger(&self) -> bool {
        false
    }

    /// Reads the data of the current screen again, because the ledger may have new entries.
    fn on_ledger_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Takes the signed-in account and the catalogues, which were read again.
    fn on_context_changed(&mut self, _ctx: &UpdateContext<'_>) {}

    /// Returns the time at which the page changes by itself. `None` if it doesn't.
    fn wakes_at(&self) -> Option<Timestamp> {
        None
    }

    /// Takes note of the time.
    fn on_time(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Keeps the cursor visible after the terminal was resized.
    fn on_resize(&mut self, _ctx: &UpdateContext<'_>) {}

    /// Takes the reply to a request of this page. `None` if the reply has the same effect for every page, such as that
    /// of a finished change.
    fn on_reply(&mut self, _reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        None
    }

    /// Takes data from the reply to a request of any page.
    fn on_data(&mut self, _response: &Response, _ctx: &UpdateContext<'_>) {}

    /// Returns the damaged stored rows that a reply leaves out, if the page shows such rows.
    fn damaged(&self, _response: &Response) -> Option<Damaged> {
        None
    }

    /// Shows a change made here, before the data of the page is read again.
    fn on_change(&mut self, _outcome: &mut Outcome, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Takes note that work in batches has changed rows without naming them.
    fn on_batch_done(&mut self) {}

    /// Hides and forgets what must not be seen or used after the screens were locked and unlocked again.
    fn on_lock(&mut self) {}

    /// Returns the question before discarding something that can't be had again.
    fn discard_question(&self) -> Option<Box<dyn Component>> {
        None
    }

    /// Returns `true` if the page is such a question.
    fn is_discard_question(&self) -> bool {
        false
    }

    /// Takes the answer of the dialog that was on top.
    fn on_answer(&mut self, answer: DialogResult) -> Intent {
        match answer {
            DialogResult::Error(error) => self.on_error(error),
            DialogResult::Selection(_) | DialogResult::Sort(_) | DialogResult::Filter(_) => Intent::Stay,
        }
    }

    /// Goes to something on the screen, which is now shown.
    fn on_go(&mut self, _destination: &Destination, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Handles the failure of a request during which the page takes keys.
    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        ctx.report_read_error(&error)
    }

    /// Handles the refusal of the request that the page waits for.
    fn on_error(&mut self, error: Error) -> Intent {
        Intent::Close(Some(DialogResult::Error(error)))
    }
}
