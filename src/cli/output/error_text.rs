//! Errors of commands, as text or JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ITEM_CAPACITY, SCHEMA, to_safe_json, wrap_for_stderr, write_stderr};
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Kind};

/// The answer of a command that fails.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Failed<'a> {
    schema: u32,
    error: ErrorBody<'a>,
}

/// The part of an error for programs. Without a value, `why` and `next` are `null`.
#[derive(Serialize, JsonSchema)]
struct ErrorBody<'a> {
    kind: Kind,
    /// Exit code of the command.
    exit_code: u8,
    /// The failure.
    what: &'a str,
    /// Why; `null` if the failure says it all.
    why: Option<&'a str>,
    /// Next step; `null` if there is none to advise.
    next: Option<&'a str>,
}

/// Prints the error, its reason and the next step on stderr, as text or as a line of JSON.
pub fn print_error(e: &Error, as_json: bool) {
    if e.is_silent() {
        return;
    }
    write_stderr(&if as_json { format_json_error(e) } else { wrap_for_stderr(format_error(e)) });
}

/// Returns the error as a line of JSON.
pub fn format_json_error(e: &Error) -> String {
    let Error { kind, what, why, next, .. } = e;
    let error =
        ErrorBody { kind: *kind, exit_code: kind.exit_code(), what, why: why.as_deref(), next: next.as_deref() };
    to_safe_json(&Failed { schema: SCHEMA, error }, ITEM_CAPACITY)
        .map_or_else(|_| format_error(e), |line| format!("{}\n", line.as_str()))
}

/// Returns the error as lines of text.
pub fn format_error(e: &Error) -> String {
    let why = e.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let mut text = escape_untrusted(&format!("error: {}{why}", e.what)).into_owned();
    text.push('\n');
    if let Some(next) = &e.next {
        text.push_str(&format!("  {}\n", escape_untrusted(next)));
    }
    text
}
