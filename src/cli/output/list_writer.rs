//! Writes long lists as JSON, an item at a time, and reports items left out as damaged.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{ITEM_CAPACITY, Output, to_safe_json};
use crate::domain::time::Timestamp;
use crate::domain::wire_format::Answer;
use crate::error::{Error, Result};

/// Size in bytes from which a part of a page is written.
const CHUNK: usize = 32 * 1024;

/// `{"schema":1,"NAME":[…]}`, written item by item or page by page. Never holds secrets.
pub struct ListWriter<'a> {
    now: Timestamp,
    out: &'a mut Output,
    empty: bool,
}

impl<'a> ListWriter<'a> {
    /// Begins the list `name`, with statuses at `now`.
    pub fn begin(name: &str, now: Timestamp, out: &'a mut Output) -> Result<Self> {
        out.data(&format!("{{\"schema\":1,\"{name}\":["))?;
        Ok(ListWriter { now, out, empty: true })
    }

    pub fn item(&mut self, value: &impl Serialize) -> Result<()> {
        self.items(std::slice::from_ref(value))
    }

    /// Writes a page of items with few calls of the system.
    pub fn items(&mut self, values: &[impl Serialize]) -> Result<()> {
        let mut text = String::new();
        for value in values {
            if !self.empty {
                text.push(',');
            }
            self.empty = false;
            text.push_str(&to_safe_json(&Answer { value, now: self.now }, ITEM_CAPACITY)?);
            if text.len() >= CHUNK {
                self.out.data(&text)?;
                text.clear();
            }
        }
        self.out.data(&text)
    }

    /// Prints a message on stderr.
    pub fn note(&self, text: &str) {
        self.out.note(text);
    }

    pub fn end(self) -> Result<()> {
        self.out.data("]}\n")
    }

    /// Ends the list with the names of the items left out because their stored data is damaged.
    pub fn end_with_unreadable(self, unreadable: &BTreeSet<String>) -> Result<()> {
        self.out.data("],\"unreadable\":[")?;
        for (place, name) in unreadable.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            self.out.data(&format!("{comma}{}", *to_safe_json(name, ITEM_CAPACITY)?))?;
        }
        self.out.data("]}\n")
    }
}

/// Default advice for damaged rows.
pub const RESTORE_HINT: &str = "Restore a backup on the machine of the store: jeton restore FILE";
/// Maximum number of damaged rows that an error names.
const MAX_NAMED: usize = 20;

/// Succeeds if nothing was left out of a list of `what`.
pub fn check_all_readable(what: &str, unreadable: &BTreeSet<String>, next: &str) -> Result<()> {
    if unreadable.is_empty() {
        return Ok(());
    }
    let mut names: Vec<&str> = unreadable.iter().take(MAX_NAMED).map(String::as_str).collect();
    let more = format!("{} more", unreadable.len().saturating_sub(MAX_NAMED));
    if unreadable.len() > MAX_NAMED {
        names.push(&more);
    }
    Err(Error::failure(format!("unreadable {what}: {}", names.join(", ")))
        .why("the stored data is damaged. Everything else is listed")
        .next(next))
}
