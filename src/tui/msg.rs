//! The messages that the screens receive.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};
use zeroize::Zeroizing;

use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::import::openapi::ImportResult;
use crate::platform::clipboard::CLEAR_DELAY;
use crate::propagation::Propagation;
use crate::service::endpoint::Endpoint;
use crate::tui::keymap::Action;
use crate::verbs::Verb;
use crate::verbs::request::{Request, Response};

/// Number that identifies a request and its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The subject of a read. A later read of the same subject by the same page replaces the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadKey {
    verb: &'static str,
}

impl ReadKey {
    pub fn is<V: Verb>(self) -> bool {
        self.verb == V::NAME
    }
}

impl From<&Request> for ReadKey {
    fn from(request: &Request) -> Self {
        ReadKey { verb: request.name() }
    }
}

/// A message to the screens.
#[derive(Debug)]
pub enum Msg {
    /// Time has passed.
    Now(Timestamp),
    Key(KeyEvent),
    /// A press of the left button, or a turn of the wheel.
    Mouse(MouseEvent),
    Paste(Zeroizing<String>),
    /// The colour of the terminal's background.
    Background([u8; 3]),
    /// The action of a key, chosen in the command palette.
    Act(Action),
    /// The terminal was resized to these columns and rows.
    Resize(u16, u16),
    Reply(RequestId, Box<Result<Response>>),
    /// Text was copied to the clipboard, or an error.
    Copied(Result<Copied>),
    /// The secret was saved to a file, or an error.
    Saved(Result<PathBuf>),
    /// The text from the editor, or the reason why there is none.
    Edited(Result<String>),
    /// A catalogue was read, or an error.
    CatalogueLoaded(RequestId, Box<Result<ImportResult>>),
    /// Answer of the running service about the change with this number in the audit log; `None` if no service runs.
    PropagationChecked(i64, Option<Propagation>),
    /// The address at which the running service verifies tokens; `None` if no service runs.
    ServiceFound(Option<Endpoint>),
    /// The look of the screens can't be remembered.
    ViewStateFailed(Error),
    /// The store was changed, by this process or another, up to this row of the audit log.
    StoreChanged(i64),
    /// The ledger may have new entries.
    LedgerChanged,
    /// The server can be reached again, or not any more.
    ServerReachable(bool),
    /// Number of finished items and of all items of the work in batches.
    Progress(u64, u64),
    /// A background thread of the screens has panicked.
    WorkerFailed,
    /// The terminal can't be read any more, with the reason.
    TerminalLost(String),
    /// The process can't be suspended, because nobody would resume it.
    CannotSuspend,
    /// The process was stopped and has been resumed.
    Resumed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// On the desktop's clipboard, cleared after a while.
    Temporary,
    /// On the desktop's clipboard, not cleared.
    Permanent,
    /// A secret that is not on the desktop's clipboard any more.
    Cleared,
    /// Sent to the terminal, which never confirms.
    Sent(Sent),
}

impl Copied {
    pub fn describe(result: &Result<Copied>) -> String {
        match result {
            Ok(Copied::Temporary) => format!("copied; jeton clears the clipboard in {} s", CLEAR_DELAY.as_secs()),
            Ok(Copied::Permanent) => "copied".to_owned(),
            Ok(Copied::Cleared) => "copied; the secret is no longer in the clipboard".to_owned(),
            Ok(Copied::Sent(Sent::Direct)) => {
                "sent to your terminal's clipboard, which jeton can't clear. Paste to check that the text arrived"
                    .to_owned()
            }
            Ok(Copied::Sent(Sent::Tmux)) => {
                "sent to tmux. If possible, tmux passes the text to your terminal. jeton can't clear the clipboards of \
                 both. Paste to check that the text arrived (in tmux: prefix key, then ])"
                    .to_owned()
            }
            Ok(Copied::Sent(Sent::TmuxPassthrough)) => {
                "sent to your terminal's clipboard, which jeton can't clear. Paste to check that the text arrived. If \
                 it did not, change a setting of tmux and copy again. On the machine where tmux runs: tmux set -g \
                 allow-passthrough on"
                    .to_owned()
            }
            Err(error) => error.to_string(),
        }
    }
}

/// The route of text sent to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Directly to the terminal.
    Direct,
    /// By tmux, between jeton and the terminal.
    Tmux,
    /// By passthrough, which tmux permits only with some settings.
    TmuxPassthrough,
}
