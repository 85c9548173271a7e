//! Output of the commands: data on stdout, messages on stderr. Text that came from data is made safe for a terminal
//! only here.

mod error_text;
mod list_table;
mod list_writer;
mod paged_list;
mod table;
mod words;
mod wrapped;

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::rc::Rc;

use serde::Serialize;
use zeroize::Zeroizing;

use super::conversation::Conversation;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::{escape_untrusted, escape_untrusted_lines, is_control_or_bidi};
use crate::domain::wire_format::Answer;
use crate::error::{Error, Kind, Result};
use crate::platform::{own_process, standard_output};
use paged_list::PagedList;

pub(super) use error_text::Failed;
pub use error_text::{format_error, format_json_error, print_error};
pub use list_table::{Cell, Columns, ListTable};
pub use list_writer::{ListWriter, RESTORE_HINT, check_all_readable};
pub use table::Table;
pub use words::{in_words, wrap_words};
pub use wrapped::{columns, wrap_for_stderr, wrap_line};

/// Schema version of every answer.
const SCHEMA: u32 = 1;
/// Buffer size for a JSON answer with one secret. Growing the buffer would leave copies of the secret behind.
const JSON_CAPACITY: usize = 64 * 1024;
/// Buffer size for one list item. Items have no secrets, and the whole buffer is wiped, so small is fast.
const ITEM_CAPACITY: usize = 1024;

/// Destination and format of a command's answer.
pub struct Output {
    /// Prints data as JSON.
    pub json: bool,
    /// Prints bare values and no messages.
    pub quiet: bool,
    /// `true` once something was changed. Then a lost answer must not look like a refused change.
    changed: std::cell::Cell<bool>,
    list: Option<PagedList>,
    /// The person who listens to everything in words, instead of stdout and stderr.
    listener: Option<Rc<dyn Conversation>>,
    /// Messages that wait for the end of the list, because a pager has the screen.
    held_notes: RefCell<String>,
}

impl Drop for Output {
    fn drop(&mut self) {
        self.end_list();
    }
}

impl Output {
    pub fn new(json: bool, quiet: bool) -> Self {
        Output {
            json,
            quiet,
            changed: std::cell::Cell::new(false),
            list: None,
            listener: None,
            held_notes: RefCell::default(),
        }
    }

    /// Creates the output of the menus: lines in words, without glyphs, columns and bars.
    pub(super) fn in_words(listener: Rc<dyn Conversation>) -> Self {
        let mut out = Output::new(false, false);
        out.listener = Some(listener);
        out
    }

    /// Returns the person who listens. `None` if the output is seen.
    pub(super) fn listener(&self) -> Option<&Rc<dyn Conversation>> {
        self.listener.as_ref()
    }

    /// Records that something was changed.
    pub fn mark_changed(&self) {
        self.changed.set(true);
    }

    /// Prints a line of data.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Failure`] if the line can't be written. The message is empty if the reader has closed the
    /// pipe.
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.data(&format!("{}\n", escape_untrusted(text)))
    }

    /// Prints a document of several lines.
    pub fn document(&mut self, text: &str) -> Result<()> {
        self.data(&escape_untrusted_lines(text))
    }

    pub fn table(&mut self, table: &mut Table) -> Result<()> {
        let text = if self.listener.is_some() { table.drain_sentences() } else { table.drain_text() };
        self.data(&text)
    }

    /// Prints `answer` as a JSON document, with statuses at `now`.
    pub fn answer(&mut self, answer: &impl Serialize, now: Timestamp) -> Result<()> {
        self.json(&versioned(answer), now)
    }

    /// Prints a value as a line of JSON, with statuses at `now`.
    pub fn json(&mut self, value: &impl Serialize, now: Timestamp) -> Result<()> {
        let mut text = to_safe_json(&Answer { value, now }, JSON_CAPACITY)?;
        text.push('\n');
        self.data(&text)
    }

    /// Prints a message, unless quiet.
    pub fn note(&self, text: &str) {
        if self.quiet {
            return;
        }
        let line = format!("{}\n", escape_untrusted(text));
        if let Some(listener) = &self.listener {
            // Without its terminal, the next prompt fails.
            return drop(listener.say(&line));
        }
        match &self.list {
            Some(_) => self.held_notes.borrow_mut().push_str(&line),
            None => write_stderr(&line),
        }
    }

    /// Prints a command that may come next. The menus have entries instead.
    pub fn command_note(&self, text: &str) {
        if self.listener.is_none() {
            self.note(text);
        }
    }

    /// Prints a message like [`Output::note`], broken at blanks if stderr is a terminal.
    pub fn wrapped_note(&self, text: &str) {
        if !self.quiet {
            write_stderr(&wrap_for_stderr(format!("{}\n", escape_untrusted(text))));
        }
    }

    /// Returns `true` if a person may be shown progress: on stderr, if it is a terminal.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && self.listener.is_none() && io::stderr().is_terminal() && !own_process::is_dumb_terminal()
    }

    /// Returns `true` if the answer goes to a terminal.
    pub fn is_on_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Prints a list from now on: by the user's pager, if it is long and there is one. Never secrets: a pager may keep what it
    /// shows.
    fn begin_list(&mut self) {
        if self.list.is_none() {
            self.list = PagedList::begin();
        }
    }

    /// Prints the rest of the list, or waits until the user has left the pager.
    fn end_list(&mut self) {
        if let Some(list) = self.list.take() {
            // A person sees that the terminal is gone.
            let _ = list.end();
            write_stderr(&self.held_notes.take());
        }
    }

    fn data(&mut self, text: &str) -> Result<()> {
        if let Some(listener) = &self.listener {
            return listener.say(text);
        }
        if let Some(list) = &mut self.list {
            return list.write(text);
        }
        write(text).map_err(|e| match e.kind() {
            _ if self.changed.get() => write_failed_after_change(e),
            // The reader (`head` for example) has closed the pipe: no success, but no message either.
            ErrorKind::BrokenPipe => Error::new(Kind::Failure, ""),
            _ => write_failed(e),
        })
    }
}

/// An answer with the number of its schema.
#[derive(Serialize)]
pub struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    answer: &'a T,
}

pub fn versioned<T>(answer: &T) -> Versioned<'_, T> {
    Versioned { schema: SCHEMA, answer }
}

/// Prints an answer that contains `secrets` secrets: all of it, or an error.
pub fn print_json_secrets(answer: &impl Serialize, now: Timestamp, secrets: usize) -> Result<()> {
    let mut text = to_safe_answer(answer, now, secrets.saturating_mul(JSON_CAPACITY))?;
    text.push('\n');
    write_secret(&text)
}

/// Prints an answer with a secret, without its last brace. [`print_json_rest`] or [`json_closed`] ends the
/// document.
pub fn print_json_open(answer: &impl Serialize, now: Timestamp) -> Result<()> {
    write_secret(without_last_brace(&to_safe_answer(answer, now, JSON_CAPACITY)?))
}

fn without_last_brace(text: &str) -> &str {
    text.strip_suffix('}').unwrap_or(text)
}

/// Prints the rest of `answer` after `printed`. [`print_json_open`] has already written `printed`, and `answer` begins
/// with it.
pub fn print_json_rest(answer: &impl Serialize, now: Timestamp, printed: Option<&impl Serialize>) -> Result<()> {
    let mut text = to_safe_answer(answer, now, JSON_CAPACITY)?;
    text.push('\n');
    let before = printed.map(|printed| to_safe_answer(printed, now, JSON_CAPACITY)).transpose()?;
    let rest = before
        .and_then(|before| text.strip_prefix(without_last_brace(&before)).map(|rest| Zeroizing::new(rest.to_owned())));
    write(rest.as_ref().unwrap_or(&text)).map_err(write_failed_after_change)
}

/// Ends the document that [`print_json_open`] has begun, if the change was not made.
pub fn json_closed() {
    // The error of the change follows and matters more than a failure of stdout.
    let _ = write(",\"service\":null}\n");
}

/// Prints a secret on a line of its own: all of it, or an error.
pub fn print_secret(secret: &Secret) -> Result<()> {
    let mut line = Zeroizing::new(String::with_capacity(128));
    secret.expose(|s| line.push_str(s));
    line.push('\n');
    write_secret(&line)
}

/// Prints a line `NAME<TAB>SECRET` for each pair: all of them, or an error.
pub fn print_named_secrets(pairs: &[(&str, &Secret)]) -> Result<()> {
    let mut lines = Zeroizing::new(String::with_capacity(256 * pairs.len()));
    for (name, secret) in pairs {
        lines.push_str(name);
        lines.push('\t');
        secret.expose(|s| lines.push_str(s));
        lines.push('\n');
    }
    write_secret(&lines)
}

/// Writes a secret. A secret is shown only once, so every failure to write is an error.
fn write_secret(text: &str) -> Result<()> {
    if own_process::stdout_was_closed() {
        return Err(write_failed(io::Error::other("stdout is closed")));
    }
    write(text).map_err(write_failed)
}

fn write_failed(e: io::Error) -> Error {
    Error::failure("the output can't be written")
        .why(e.to_string())
        .next("Check where stdout goes, then run the command again")
}

fn write_failed_after_change(e: io::Error) -> Error {
    Error::failure("the change was made, but the output can't be written")
        .why(e.to_string())
        .next("Check where stdout goes. Don't run the command again, because the change was made")
}

/// Writes everything in one call, so that the buffer of standard output keeps no part of a secret.
fn write(text: &str) -> io::Result<()> {
    let mut out = standard_output::lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints our own text on stderr. A failure is ignored, because it can't be reported anywhere.
pub fn write_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints text that is already safe: help, or an error in the command line.
///
/// Returns `true` if the text was written.
pub fn print_raw(text: &str, to_stdout: bool) -> bool {
    if to_stdout {
        write(text).is_ok()
    } else {
        write_stderr(text);
        true
    }
}

/// Serializes `answer` with the number of its schema, with statuses at `now`.
fn to_safe_answer(answer: &impl Serialize, now: Timestamp, capacity: usize) -> Result<Zeroizing<String>> {
    to_safe_json(&Answer { value: versioned(answer), now }, capacity)
}

/// Serializes `value` with every hostile character escaped, so that the JSON is safe on a terminal too.
fn to_safe_json(value: &impl Serialize, capacity: usize) -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    serde_json::to_writer(&mut *bytes, value).map_err(|e| write_failed(e.into()))?;
    // Most answers are printable ASCII and need no copy: 0.5 instead of 4 µs for a token of 600 bytes, of 25 µs in all.
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        let text = String::from_utf8(std::mem::take(&mut *bytes));
        return text.map(Zeroizing::new).map_err(|e| write_failed(io::Error::other(e.utf8_error())));
    }
    let text = std::str::from_utf8(&bytes).map_err(|e| write_failed(io::Error::other(e)))?;
    let mut safe = Zeroizing::new(String::with_capacity(text.len() + 64));
    for c in text.chars() {
        if is_control_or_bidi(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    Ok(safe)
}

/// Formats a count: `3 methods`, `1 method`.
pub fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    format!("{count} {what}{}", if count == "1" { "" } else { "s" })
}

/// Returns a size in decimal units: `4.2 MB`.
pub fn format_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (bytes as f64 / 1_000.0, 0);
    while size >= 999.95 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1_000.0, unit + 1);
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_no_raw_hostile_character_and_reads_back() {
        let nasty = "\u{1b}[2J\u{9b}\u{202e}\u{e0001}\u{7f}\"\\ok";
        let text = to_safe_json(&nasty, JSON_CAPACITY).unwrap();
        assert!(!text.chars().any(is_control_or_bidi), "{}", text.as_str());
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), nasty);
    }
}
