//! Text typed into a filter: words, and fields such as `by:ops`.

use std::fmt;

use super::suggest::nearest;
use super::text::escape_untrusted;
use crate::error::{Error, Result};

/// `Ok` if a filter accepts a value. `Err` with the known values if it is none of them.
pub type Taken = std::result::Result<(), Vec<&'static str>>;

/// Narrows a filter by a value, which is in lower case and not empty.
pub type Narrow<F> = fn(&mut F, &str) -> Taken;

/// A filter that a person types.
pub trait Typed: Default + 'static {
    /// Names and functions of the filter's fields.
    const FIELDS: &'static [(&'static str, Narrow<Self>)];
    /// Narrows the filter by a word, in lower case.
    fn add_word(&mut self, word: String);
}

/// The first part of a filter that looks like a field but is unknown, or has an unknown value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    what: String,
    known: String,
    /// The field or value that was probably meant.
    near: Option<String>,
    value: String,
}

/// Number of characters of the typed text that messages repeat.
const HEAD: usize = 16;
/// The longest name of a field.
const NAME_MAX: usize = 32;

impl Unknown {
    fn field<F: Typed>(name: &str, value: &str) -> Self {
        let names: Vec<String> = F::FIELDS.iter().map(|(name, _)| format!("{name}:")).collect();
        Unknown {
            what: format!("no field \"{}\"", head(name)),
            known: format!("there are {}", names.join(", ")),
            near: nearest(name, F::FIELDS.iter().map(|(name, _)| *name))
                .first()
                .map(|near| format!("{near}:{}", head(value))),
            value: head(value),
        }
    }

    fn value(name: &str, value: &str, values: &[&str]) -> Self {
        Unknown {
            what: format!("no \"{name}:{}\"", head(value)),
            known: format!("{name}: takes {}", values.join(", ")),
            near: nearest(value, values.iter().copied()).first().map(|near| format!("{name}:{near}")),
            value: head(value),
        }
    }

    /// Returns the known alternatives: `there are verb:, by:, target:`.
    pub fn known(&self) -> &str {
        &self.known
    }
}

/// `no field "nme"`, `no "status:lost"`. Safe to show.
impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<Unknown> for Error {
    fn from(unknown: Unknown) -> Self {
        let error = Error::usage(format!("the filter knows {unknown}")).why(unknown.known);
        if let Some(near) = unknown.near {
            return error.next(format!("Did you mean: {near}?"));
        }
        if unknown.value.is_empty() {
            return error;
        }
        error.next(format!("A word that holds a colon is found by what begins with it: \":{}\"", unknown.value))
    }
}

/// Returns the beginning of `text`, safe to show.
fn head(text: &str) -> String {
    let head: String = text.chars().take(HEAD).collect();
    let dots = if head.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", escape_untrusted(&head))
}

/// Parses typed text. An unknown field is taken as a word, so typing never fails. A field without a value yet narrows
/// nothing, so that the list doesn't become empty while the field is typed. If a field is given twice, the last one
/// counts.
pub fn read<F: Typed>(text: &str) -> F {
    parts(text).0
}

/// Returns the first part of `text` that looks like a field but is unknown.
pub fn unknown<F: Typed>(text: &str) -> Option<Unknown> {
    parts::<F>(text).1
}

/// Parses complete text that is not typed step by step.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the known fields or values if a part looks like a field but is unknown.
pub fn checked<F: Typed>(text: &str) -> Result<F> {
    match parts(text) {
        (filter, None) => Ok(filter),
        (_, Some(unknown)) => Err(unknown.into()),
    }
}

fn parts<F: Typed>(text: &str) -> (F, Option<Unknown>) {
    let (mut filter, mut first) = (F::default(), None);
    for part in text.split_whitespace().map(str::to_lowercase) {
        match take(&mut filter, &part) {
            Ok(true) => {}
            Ok(false) => filter.add_word(part),
            Err(unknown) => {
                first.get_or_insert(unknown);
                filter.add_word(part);
            }
        }
    }
    (filter, first)
}

/// Applies `part` if it is a field; returns `true` if it was.
fn take<F: Typed>(filter: &mut F, part: &str) -> std::result::Result<bool, Unknown> {
    let Some((name, value)) = part.split_once(':') else { return Ok(false) };
    match F::FIELDS.iter().find(|(known, _)| *known == name) {
        Some(_) if value.is_empty() => Ok(true),
        Some((_, narrow)) => match narrow(filter, value) {
            Ok(()) => Ok(true),
            Err(values) => Err(Unknown::value(name, value, &values)),
        },
        None if is_like_a_field(name, value) => Err(Unknown::field::<F>(name, value)),
        None => Ok(false),
    }
}

/// `true` if `name:value` is meant as a field. URLs, addresses with a port, IPv6 and ids such as `t:7` are not.
fn is_like_a_field(name: &str, value: &str) -> bool {
    let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_'));
    let is_hex = name.len() <= 4 && name.bytes().all(|b| b.is_ascii_hexdigit());
    (2..=NAME_MAX).contains(&name.len()) && is_name && !is_hex && !value.starts_with('/')
}

/// Stores `value` in `place`.
///
/// # Errors
/// None: every value is accepted.
pub fn held(place: &mut Option<String>, value: &str) -> Taken {
    *place = Some(value.to_owned());
    Ok(())
}

/// Stores the one of `all` that begins with `head` in `place`. If several do, `place` stays unchanged.
///
/// # Errors
/// All known values if none begins with `head`.
pub fn begun<T: Copy>(place: &mut Option<T>, head: &str, all: &[(T, &'static str)]) -> Taken {
    let mut found = all.iter().filter(|(_, word)| word.starts_with(head));
    let Some((first, _)) = found.next() else { return Err(all.iter().map(|(_, word)| *word).collect()) };
    if found.next().is_none() {
        *place = Some(*first);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit_filter::AuditFilter;
    use crate::domain::filter::Filter;
    use crate::domain::ledger_filter::LedgerFilter;

    fn said<F: Typed>(text: &str) -> String {
        checked::<F>(text).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_like_a_field_and_is_none_is_told_with_the_known_ones() {
        let told = "the filter knows no field \"nme\": there are status:, account:, method:, seen:, is:. \
                    A word that holds a colon is found by what begins with it: \":foo\"";
        assert_eq!(said::<Filter>("dep NME:foo other:bar"), told);
        assert_eq!(
            said::<LedgerFilter>("by:"),
            "the filter knows no field \"by\": there are reason:, token:, address:"
        );
        assert!(said::<AuditFilter>("last_seen:x").contains("there are verb:, by:, target:."));
        assert!(said::<Filter>("status:lost").contains("knows no \"status:lost\": status: takes deleted, disabled, "));
        assert!(said::<Filter>("is:old").contains("is: takes stale, expiring"));
        assert!(said::<Filter>("seen:maybe").contains("seen: takes never, ever"));
        assert_eq!(unknown::<Filter>("nme:foo").unwrap().to_string(), "no field \"nme\"");
        assert!(said::<Filter>(&format!("status:{}", "\u{1b}x".repeat(99))).len() < 300);
    }

    #[test]
    fn a_word_with_a_colon_that_can_be_no_field_stays_one() {
        for word in [
            "https://ci.example/x",
            "10.0.0.1:80",
            "fe80::1",
            "fe::1",
            "dead:beef::7",
            "::1",
            "[::1]:80",
            "t:7",
            ":foo",
            "12:30",
            "ci/web:x",
            "\"by\":\"ops\"",
        ] {
            assert_eq!(checked::<Filter>(word).unwrap().words, [word]);
            assert_eq!(checked::<LedgerFilter>(word).unwrap().words, [word]);
        }
        let long = format!("{}:x", "n".repeat(NAME_MAX + 1));
        assert_eq!(checked::<Filter>(&long).unwrap().words, [long]);
    }

    #[test]
    fn while_it_is_typed_it_narrows_as_a_word() {
        assert_eq!(read::<Filter>("Nme:foo").words, ["nme:foo"]);
        assert_eq!(read::<Filter>("status:lost").words, ["status:lost"]);
    }
}
