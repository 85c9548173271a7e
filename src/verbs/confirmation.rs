//! Confirmations: the name or number that a person types before a change. The verbs compare them, so that no caller can
//! skip the check.

use crate::error::{Error, Fault, Result};

/// Number of names in an error.
const MAX_NAMES: usize = 5;

/// Explains that the typed text is not the expected one. `nothing` says what was not done.
pub fn mismatch(nothing: &str, expected: impl Into<String>) -> Error {
    Error::conflict(format!("the confirmation does not match; {nothing}")).why(expected).fault(Fault::Unconfirmed)
}

/// Refuses a change of `count` items, described by `what`, unless exactly this number was accepted.
pub(super) fn check_count(
    what: &str,
    option: &str,
    count: u64,
    accepted: Option<u64>,
    names: impl Iterator<Item = String>,
) -> Result<()> {
    if count == 0 || accepted == Some(count) {
        return Ok(());
    }
    let mut names: Vec<String> = names.take(MAX_NAMES).collect();
    match count - names.len() as u64 {
        0 => {}
        more => names.push(format!("{more} more")),
    }
    let accepted = accepted.map_or_else(String::new, |n| format!(" (you accepted {n})"));
    Err(Error::conflict(format!("{what}{accepted}; nothing was changed"))
        .why(names.join(", "))
        .next(format!(
            "If this is intended, use --{option} {count} (over HTTP: \"{}\": {count})",
            option.replace('-', "_")
        ))
        .fault(Fault::Unconfirmed))
}
