//! The answers of pages to the messages that they handle.

use crate::domain::api_selection::Selection;
use crate::domain::method::MethodId;
use crate::domain::name::Username;
use crate::domain::query::sort::Sort;
use crate::domain::token::{Token, TokenId};
use crate::error::{Error, Result};
use crate::tui::component::Component;
use crate::tui::effect::{CatalogueSource, Effect};
use crate::tui::keymap::Action;
use crate::tui::layer::ScreenId;
use crate::tui::notice::NoticeId;
use crate::tui::view_state::ViewChange;
use crate::verbs::accounts::AccountWithCounts;
use crate::verbs::credential::Credential;
use crate::verbs::request::Request;

/// The action that a page returns after a key.
pub enum Intent {
    /// Nothing more.
    Stay,
    /// Several intents, in this order.
    All(Vec<Intent>),
    /// Close the page and pass the answer, if there is one, to the page below.
    Close(Option<DialogResult>),
    /// Open another dialog on top.
    Push(Box<dyn Component>),
    Ask(Ask),
    /// The dialog asks another question than the one on the screen.
    AskAgain,
    Run(Effect),
    /// Show a notice for a while.
    Notify(NoticeId, String),
    /// Show a screen without dialogs, or something on it. A secret in a dialog is lost.
    Go(Destination),
    /// Do the action of a key, on the page that takes the keys then.
    Act(Action),
    /// Change the remembered look of the screens.
    Remember(ViewChange),
    /// Leave the screens.
    Leave(Exit),
}

impl Intent {
    /// Opens a dialog on top.
    pub fn push(dialog: impl Component) -> Self {
        Intent::Push(Box::new(dialog))
    }

    /// Sends a request while the page waits.
    pub fn send(credential: Credential, request: impl Into<Request>) -> Self {
        Self::ask(request.into(), Some(credential), true)
    }

    /// Sends a read-only request as the signed-in account while the page waits.
    pub fn query(request: impl Into<Request>) -> Self {
        Self::ask(request.into(), None, true)
    }

    /// Sends a read-only request as the signed-in account. The page takes keys meanwhile.
    pub fn read(request: impl Into<Request>) -> Self {
        Self::ask(request.into(), None, false)
    }

    fn ask(request: Request, credential: Option<Credential>, waits: bool) -> Self {
        Intent::Ask(Ask { subject: AskSubject::Request(Box::new(request)), credential, waits })
    }

    /// Reads a catalogue while the page waits.
    pub fn read_catalogue(source: CatalogueSource) -> Self {
        Intent::Ask(Ask { subject: AskSubject::Catalogue(source), credential: None, waits: true })
    }

    /// Copies text that is not a secret.
    pub fn copy(text: impl Into<String>) -> Self {
        Intent::Run(Effect::CopyText(text.into()))
    }
}

/// Something that a page asks for. The reply goes to the page.
pub struct Ask {
    pub subject: AskSubject,
    /// `None` to ask as the signed-in account.
    pub credential: Option<Credential>,
    /// `true` if the page takes no keys until the reply.
    pub waits: bool,
}

pub enum AskSubject {
    Request(Box<Request>),
    /// The catalogue with this path or name.
    Catalogue(CatalogueSource),
}

/// The answer of a dialog to the page that has opened it.
pub enum DialogResult {
    /// The dialog was refused what it asked for.
    Error(Error),
    Selection(Selection),
    Sort(Sort),
    /// The text of a filter.
    Filter(String),
}

/// Something on a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The screen that is shown.
    Here,
    Screen(ScreenId),
    TokensOf(Username),
    /// The tokens outside the trash whose selection includes this method, without other filters.
    TokensWith(MethodId),
    /// A token in the table or, if `trashed`, in the trash, with all filters cleared.
    Token {
        id: TokenId,
        trashed: bool,
    },
    /// The tokens outside the trash.
    TokenTable,
    /// The trash with this filter.
    Trash(String),
    /// A token, with the dialog of an action about it.
    TokenDialog(Box<Token>, Action),
    /// An account, with the dialog of an action about it.
    AccountDialog(Box<AccountWithCounts>, Option<Action>),
    /// The dialog for the rule of the policy with this key.
    Rule(&'static str),
}

impl Destination {
    /// Returns the screen to switch to.
    pub fn screen(&self) -> Option<ScreenId> {
        match self {
            Destination::Here => None,
            Destination::Screen(screen) => Some(*screen),
            Destination::TokensOf(_) | Destination::TokensWith(_) | Destination::Token { .. } => Some(ScreenId::TOKENS),
            Destination::TokenTable | Destination::Trash(_) | Destination::TokenDialog(..) => Some(ScreenId::TOKENS),
            Destination::AccountDialog(..) => Some(ScreenId::ACCOUNTS),
            Destination::Rule(_) => Some(ScreenId::POLICY),
        }
    }
}

/// A way out of the screens.
pub enum Exit {
    /// Sign out and show this page, or else the sign-in.
    SignOut(Option<Box<dyn Component>>),
    /// End the program.
    Quit(Result<()>),
    /// End the program here, and begin at the place with this index.
    Switch(usize),
}
