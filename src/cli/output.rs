//! What the commands print: data on stdout, messages on stderr. The one boundary where text that came from data is
//! made safe for a terminal.

mod list;

use std::cell::Cell;
use std::io::{self, ErrorKind, IsTerminal, Write};

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use super::json::SCHEMA;
use crate::domain::secret::Secret;
use crate::domain::text::{is_hostile, shown, shown_lines};
use crate::error::{Error, Result};
use crate::platform::process;

pub use list::{JsonList, RESTORE, all_read};

/// Room for a JSON answer that holds one secret, so that growing doesn't leave copies behind.
const JSON_ROOM: usize = 64 * 1024;
/// Room for one item of a list, which holds none: all of it is wiped, so a great number of items wants little.
const ITEM_ROOM: usize = 1024;

/// Where a command's answer goes, and in which form.
pub struct Output {
    /// Data as JSON.
    pub json: bool,
    /// Bare values, no messages.
    pub quiet: bool,
    /// Whether something was changed: then a lost answer must not look like a change that was refused.
    changed: Cell<bool>,
}

impl Output {
    /// An output of this form.
    pub fn new(json: bool, quiet: bool) -> Self {
        Output { json, quiet, changed: Cell::new(false) }
    }

    /// Keeps that something was changed.
    pub fn changed(&self) {
        self.changed.set(true);
    }

    /// A line of data.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be written; one that says nothing when nobody reads any more.
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.data(&format!("{}\n", shown(text)))
    }

    /// A document of several lines.
    ///
    /// # Errors
    /// Those of [`Output::line`].
    pub fn document(&mut self, text: &str) -> Result<()> {
        self.data(&shown_lines(text))
    }

    /// A table of data.
    ///
    /// # Errors
    /// Those of [`Output::line`].
    pub fn table(&mut self, table: &mut Table) -> Result<()> {
        let text = table.take();
        self.data(&text)
    }

    /// A JSON document.
    ///
    /// # Errors
    /// Those of [`Output::line`].
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let mut text = json(value, JSON_ROOM)?;
        text.push('\n');
        self.data(&text)
    }

    /// A message, unless it is to be quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            complain(&format!("{}\n", shown(text)));
        }
    }

    /// How far long work has come, on a line that the next one takes; an empty one clears it. On a terminal only.
    pub fn progress(&self, text: &str) {
        self.progress_line()(text);
    }

    /// [`Output::progress`] for those who can't hold on to the output.
    pub fn progress_line(&self) -> impl Fn(&str) + Send + 'static {
        let is_shown = !self.quiet && io::stderr().is_terminal();
        move |text| {
            if is_shown {
                complain(&format!("\r{:<72}\r{0}", shown(text)));
            }
        }
    }

    fn data(&mut self, text: &str) -> Result<()> {
        write(text).map_err(|e| match e.kind() {
            _ if self.changed.get() => unwritten_change(e),
            // Whoever read has seen enough, `head` for example: no success, and nothing to be said.
            ErrorKind::BrokenPipe => Error::new(crate::error::Kind::Failure, ""),
            _ => unwritten(e),
        })
    }
}

/// A JSON document with `secrets` secrets in it: all of it, or an error.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when it can't be written.
pub fn json_secrets(value: &impl Serialize, secrets: usize) -> Result<()> {
    let mut text = json(value, secrets.saturating_mul(JSON_ROOM))?;
    text.push('\n');
    write_secret(&text)
}

/// A JSON document with a secret in it, without its last brace: [`json_rest`] ends it.
///
/// # Errors
/// Those of [`json_secrets`].
pub fn json_opened(value: &impl Serialize) -> Result<()> {
    write_secret(opened(&json(value, JSON_ROOM)?))
}

fn opened(text: &str) -> &str {
    text.strip_suffix('}').unwrap_or(text)
}

/// What follows `printed`, which [`json_opened`] has written, in the document `value` that begins like it.
///
/// # Errors
/// Those of [`json_secrets`].
pub fn json_rest(value: &impl Serialize, printed: Option<&impl Serialize>) -> Result<()> {
    let mut text = json(value, JSON_ROOM)?;
    text.push('\n');
    let before = printed.map(|printed| json(printed, JSON_ROOM)).transpose()?;
    let rest = before.and_then(|before| text.strip_prefix(opened(&before)).map(|rest| Zeroizing::new(rest.to_owned())));
    write(rest.as_ref().unwrap_or(&text)).map_err(unwritten_change)
}

/// A secret on a line of its own: all of it, or an error.
///
/// # Errors
/// Those of [`json_secrets`].
pub fn secret(secret: &Secret) -> Result<()> {
    let mut line = Zeroizing::new(String::with_capacity(128));
    secret.expose(|s| line.push_str(s));
    line.push('\n');
    write_secret(&line)
}

/// Names and their secrets, a line `NAME<TAB>SECRET` each: all of them, or an error.
///
/// # Errors
/// Those of [`json_secrets`].
pub fn named_secrets(pairs: &[(&str, &Secret)]) -> Result<()> {
    let mut lines = Zeroizing::new(String::with_capacity(256 * pairs.len()));
    for (name, secret) in pairs {
        lines.push_str(name);
        lines.push('\t');
        secret.expose(|s| lines.push_str(s));
        lines.push('\n');
    }
    write_secret(&lines)
}

/// A secret is shown once: it must not go where nobody gets it.
fn write_secret(text: &str) -> Result<()> {
    if process::stdout_was_closed() {
        return Err(unwritten(io::Error::other("stdout is closed")));
    }
    write(text).map_err(unwritten)
}

fn unwritten(e: io::Error) -> Error {
    Error::failure("the answer can't be written").why(e.to_string())
}

fn unwritten_change(e: io::Error) -> Error {
    Error::failure("the change was made, but the answer can't be written").why(e.to_string())
}

/// One write for the whole, so that standard output's own buffer keeps no part of it.
fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Text of our own making on stderr. There is nobody to tell when that fails.
fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// An error in JSON, on stderr.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorJson<'a> {
    schema: u32,
    error: ErrorBodyJson<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ErrorBody")]
pub(super) struct ErrorBodyJson<'a> {
    kind: &'static str,
    exit_code: u8,
    what: &'a str,
    why: Option<&'a str>,
    next: Option<&'a str>,
}

/// Prints what went wrong, why, and what to do next on stderr: in words, or as a line of JSON.
pub fn error(e: &Error, as_json: bool) {
    if e.is_said() {
        return;
    }
    let body = ErrorBodyJson {
        kind: e.kind.as_str(),
        exit_code: e.kind.exit_code(),
        what: &e.what,
        why: e.why.as_deref(),
        next: e.next.as_deref(),
    };
    match as_json.then(|| json(&ErrorJson { schema: SCHEMA, error: body }, ITEM_ROOM)) {
        Some(Ok(line)) => complain(&format!("{}\n", line.as_str())),
        _ => complain(&in_words(e)),
    }
}

/// Returns the lines that say what went wrong.
pub fn in_words(e: &Error) -> String {
    let why = e.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let mut text = shown(&format!("error: {}{why}", e.what)).into_owned();
    text.push('\n');
    if let Some(next) = &e.next {
        text.push_str(&format!("  {}\n", shown(next)));
    }
    text
}

/// Prints what was made safe already: help, or what is wrong with the command line.
///
/// Returns whether it is out.
pub fn verbatim(text: &str, wanted: bool) -> bool {
    if wanted {
        write(text).is_ok()
    } else {
        complain(text);
        true
    }
}

/// `value` as JSON in which every hostile character is written as an escape, so that it is safe on a terminal too.
fn json(value: &impl Serialize, room: usize) -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *bytes, value).map_err(|e| unwritten(e.into()))?;
    let text = std::str::from_utf8(&bytes).map_err(|e| unwritten(io::Error::other(e)))?;
    let mut safe = Zeroizing::new(String::with_capacity(text.len() + 64));
    for c in text.chars() {
        if is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    Ok(safe)
}

/// Rows in aligned columns, a page at a time: columns only ever grow, so pages line up as far as they can.
pub struct Table {
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
}

impl Table {
    /// A table under this head.
    pub fn new(head: &[&str]) -> Self {
        let mut table = Table { rows: Vec::new(), widths: vec![0; head.len()] };
        table.row(head.iter().map(|h| (*h).to_owned()));
        table
    }

    /// A table of names and values, without a head.
    pub fn pairs() -> Self {
        Self::headless(2)
    }

    /// A table of so many columns, without a head.
    pub fn headless(columns: usize) -> Self {
        Table { rows: Vec::new(), widths: vec![0; columns] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|c| shown(&c).into_owned()).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width());
        }
        self.rows.push(cells);
    }

    /// Adds a name and its value.
    pub fn pair(&mut self, name: &str, value: impl Into<String>) {
        self.row([name.to_owned(), value.into()]);
    }

    /// The rows so far as text; they are forgotten, the widths kept.
    fn take(&mut self) -> String {
        let mut text = String::new();
        for row in self.rows.drain(..) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&self.widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_width_and_nothing_drives_a_terminal() {
        let mut table = Table::new(&["NAME", "API"]);
        table.row(["漢字".to_owned(), "x".to_owned()]);
        table.row(["a\u{1b}[2J\nb".to_owned(), "y".to_owned()]);
        let text = table.take();
        let starts: Vec<usize> = text.lines().map(|l| l[..l.rfind(['A', 'x', 'y']).unwrap()].width()).collect();
        assert_eq!(text.lines().count(), 3);
        assert!(starts.iter().all(|s| *s == starts[0]), "{text}");
        assert!(!text.replace('\n', "").chars().any(is_hostile), "{text}");
    }

    #[test]
    fn json_holds_no_raw_hostile_character_and_reads_back() {
        let nasty = "\u{1b}[2J\u{9b}\u{202e}\u{e0001}\u{7f}\"\\ok";
        let text = json(&nasty, JSON_ROOM).unwrap();
        assert!(!text.chars().any(is_hostile), "{}", text.as_str());
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), nasty);
    }
}
