//! What happens to the screens.

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use zeroize::Zeroizing;

use crate::domain::catalogue::Catalogue;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::request::Response;
use crate::witness::Testimony;

/// Tells one request's reply from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// Time has passed.
    Now(Timestamp),
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(Zeroizing<String>),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// A request was answered.
    Reply(RequestId, Box<Result<Response>>),
    /// The clipboard has it: how, or why not.
    Copied(Result<Copied>),
    /// The secret is in a file, or why not.
    Saved(Result<PathBuf>),
    /// A catalogue was read, or why not.
    Read(RequestId, Box<Result<Catalogue>>),
    /// What the running service says of the change with this number in the audit log; nothing where none runs.
    Testified(i64, Option<Testimony>),
    /// Something in the store was changed, here or elsewhere.
    Changed,
    /// Something may have come into the ledger.
    Recorded,
    /// So many of all items of the long work under way are done.
    Progress(u64, u64),
    /// A thread that works for the screens has panicked.
    WorkerFailed,
    /// The terminal can't be read any more, and why.
    Blind(String),
    /// The program was stopped and goes on.
    Resumed,
}

/// What is known about where copied text went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// On the desktop's clipboard, and taken away again after a while.
    ForAWhile,
    /// On the desktop's clipboard.
    ForGood,
    /// Sent to the terminal, which never answers.
    Sent(Sent),
}

/// How text was sent to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Straight to it.
    Straight,
    /// By the tmux between.
    ByTmux,
    /// Past a tmux that lets it through only with some settings.
    PastTmux,
}
