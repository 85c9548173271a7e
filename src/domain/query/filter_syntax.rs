//! Text typed into a filter: words, and fields such as `by:ops`.

use std::fmt;

use crate::domain::suggest::{nearest, suggestion};
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// `Ok(true)` if a filter accepts a value, `Ok(false)` if the value can still become a known one. `Err` with the known
/// values if it is none of them.
pub type SetResult = std::result::Result<bool, Vec<&'static str>>;

/// Narrows a filter by a value, which is in lower case and not empty.
pub type Setter<F> = fn(&mut F, &str) -> SetResult;

/// A filter that a person types.
pub trait FilterFields: Default + PartialEq + 'static {
    const FIELDS: &'static [(&'static str, Setter<Self>)];
    /// Narrows the filter by a word, in lower case.
    fn add_word(&mut self, word: String);

    /// Parses typed text. An unknown field counts as a word, so typing never fails. A field without a value yet narrows
    /// nothing, so that the list doesn't become empty while the field is typed. If a field is given twice, the last one
    /// counts.
    fn parse(text: &str) -> Self {
        parse_parts(text).0
    }

    /// Returns `true` if the filter matches everything.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The filter of a list that can't be filtered.
impl FilterFields for () {
    const FIELDS: &'static [(&'static str, Setter<Self>)] = &[];

    fn add_word(&mut self, _word: String) {}
}

/// The first part of a filter that looks like a field but is unknown, or has an unknown value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    what: String,
    /// The known alternatives.
    pub known: String,
    /// The field or value that was probably meant.
    suggestion: Option<String>,
    value: String,
}

/// Number of characters of the typed text that messages repeat.
const MAX_EXCERPT: usize = 16;
const MAX_FIELD_NAME_LEN: usize = 32;

impl UnknownField {
    fn field<F: FilterFields>(name: &str, value: &str) -> Self {
        let names: Vec<String> = F::FIELDS.iter().map(|(name, _)| format!("{name}:")).collect();
        UnknownField {
            what: format!("field \"{}\"", excerpt(name, MAX_EXCERPT)),
            known: format!("use {}", names.join(", ")),
            suggestion: nearest(name, F::FIELDS.iter().map(|(name, _)| *name))
                .first()
                .map(|near| format!("{near}:{}", excerpt(value, MAX_EXCERPT))),
            value: excerpt(value, MAX_EXCERPT),
        }
    }

    fn value(name: &str, value: &str, values: &[&str]) -> Self {
        UnknownField {
            what: format!("value \"{name}:{}\"", excerpt(value, MAX_EXCERPT)),
            known: format!("{name}: takes {}", values.join(", ")),
            suggestion: nearest(value, values.iter().copied()).first().map(|near| format!("{name}:{near}")),
            value: excerpt(value, MAX_EXCERPT),
        }
    }
}

/// `no field "nme"`, `no "status:lost"`. Safe to show.
impl fmt::Display for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<UnknownField> for Error {
    fn from(unknown: UnknownField) -> Self {
        let error = Error::usage(format!("unknown filter {unknown}")).why(unknown.known);
        if let Some(question) = suggestion(unknown.suggestion.as_slice()) {
            return error.next(question);
        }
        if unknown.value.is_empty() {
            return error;
        }
        error.next(format!(
            "To find text with a colon, type only the colon and the text after the colon: \":{}\"",
            unknown.value
        ))
    }
}

/// Returns the first part of `text` that looks like a field but is unknown.
pub fn find_unknown<F: FilterFields>(text: &str) -> Option<UnknownField> {
    parse_parts::<F>(text).1
}

/// Parses complete text that is not typed step by step.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the known fields or values if a part looks like a field but is unknown, or if its
/// value is only the beginning of several.
pub fn parse_strict<F: FilterFields>(text: &str) -> Result<F> {
    let (filter, mut unknown) = parse_parts(text);
    for part in text.split_whitespace().map(str::to_lowercase) {
        if apply_part(&mut F::default(), &part) == Ok(Applied::Unfinished)
            && let Some((name, value)) = part.split_once(':')
        {
            unknown.get_or_insert_with(|| UnknownField::value(name, value, &known_values::<F>(name)));
        }
    }
    unknown.map_or(Ok(filter), |unknown| Err(unknown.into()))
}

/// Returns the values that a field takes. Empty for an unknown field, or one that takes any text.
fn known_values<F: FilterFields>(name: &str) -> Vec<&'static str> {
    let field = F::FIELDS.iter().find(|(known, _)| *known == name);
    // No value has this character.
    field.and_then(|(_, setter)| setter(&mut F::default(), "\0").err()).unwrap_or_default()
}

/// The possible continuations of typed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// The text with more of its last part.
    Longer(String),
    /// Nothing more is certain: the last part can become one of these.
    Several(Vec<String>),
}

/// Completes the last part of `text`: the name of a field, or its value. `names` returns the names that a field takes,
/// such as accounts; none for other fields. A name is found by its beginning, or else by any part of it. `None` if there is
/// nothing to complete.
pub fn complete<F: FilterFields>(text: &str, names: impl Fn(&str) -> Vec<String>) -> Option<Completion> {
    let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let (before, part) = text.split_at(start);
    let typed = part.to_lowercase();
    let candidates: Vec<String> = match typed.split_once(':') {
        None => {
            let names = F::FIELDS.iter().filter(|(name, _)| name.starts_with(&typed));
            names.map(|(name, _)| format!("{name}:")).collect()
        }
        Some((name, value)) if F::FIELDS.iter().any(|(known, _)| *known == name) => {
            let known: Vec<String> =
                known_values::<F>(name).into_iter().map(str::to_owned).chain(names(name)).collect();
            let found = |fits: fn(&str, &str) -> bool| -> Vec<String> {
                let fitting = known.iter().filter(|known| fits(&known.to_lowercase(), value));
                fitting.map(|known| format!("{name}:{known}")).collect()
            };
            let beginning = found(|known, value| known.starts_with(value));
            if beginning.is_empty() { found(|known, value| known.contains(value)) } else { beginning }
        }
        Some(_) => return None,
    };
    let (first, rest) = candidates.split_first()?;
    if rest.is_empty() && !first.ends_with(':') {
        // A complete value is followed by the next part.
        return Some(Completion::Longer(format!("{before}{first} ")));
    }
    let common = rest.iter().fold(first.as_str(), |common, other| {
        let same = common.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b);
        &common[..same.last().map_or(0, |((at, c), _)| at + c.len_utf8())]
    });
    if common.len() > part.len() && common.to_lowercase().starts_with(&typed) {
        return Some(Completion::Longer(format!("{before}{common}")));
    }
    (!rest.is_empty()).then_some(Completion::Several(candidates))
}

fn parse_parts<F: FilterFields>(text: &str) -> (F, Option<UnknownField>) {
    let (mut filter, mut first) = (F::default(), None);
    for part in text.split_whitespace().map(str::to_lowercase) {
        match apply_part(&mut filter, &part) {
            Ok(Applied::Whole | Applied::Unfinished) => {}
            Ok(Applied::NoField) => filter.add_word(part),
            Err(unknown) => {
                first.get_or_insert(unknown);
                filter.add_word(part);
            }
        }
    }
    (filter, first)
}

/// The effect of a part of a filter.
#[derive(Debug, PartialEq, Eq)]
enum Applied {
    Whole,
    /// The value can still become one of several.
    Unfinished,
    /// The part is a word.
    NoField,
}

/// Applies `part` if it is a field.
fn apply_part<F: FilterFields>(filter: &mut F, part: &str) -> std::result::Result<Applied, UnknownField> {
    let Some((name, value)) = part.split_once(':') else { return Ok(Applied::NoField) };
    match F::FIELDS.iter().find(|(known, _)| *known == name) {
        Some(_) if value.is_empty() => Ok(Applied::Whole),
        Some((_, setter)) => match setter(filter, value) {
            Ok(true) => Ok(Applied::Whole),
            Ok(false) => Ok(Applied::Unfinished),
            Err(values) => Err(UnknownField::value(name, value, &values)),
        },
        None if is_like_a_field(name, value) => Err(UnknownField::field::<F>(name, value)),
        None => Ok(Applied::NoField),
    }
}

/// Returns `true` if `name:value` is meant as a field. URLs, addresses with a port, IPv6 and ids such as `t:7` are not.
fn is_like_a_field(name: &str, value: &str) -> bool {
    let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_'));
    let is_hex = name.len() <= 4 && name.bytes().all(|b| b.is_ascii_hexdigit());
    (2..=MAX_FIELD_NAME_LEN).contains(&name.len()) && is_name && !is_hex && !value.starts_with('/')
}

pub fn set_text(target: &mut Option<String>, value: &str) -> SetResult {
    *target = Some(value.to_owned());
    Ok(true)
}

/// Stores the only value of `all` that begins with `start` in `target`. If there are several, `target` stays unchanged.
///
/// # Errors
/// All known values if none begins with `start`.
pub fn set_choice<T: Copy>(target: &mut Option<T>, start: &str, all: &[(T, &'static str)]) -> SetResult {
    let mut matches = all.iter().filter(|(_, word)| word.starts_with(start));
    let Some((first, _)) = matches.next() else { return Err(all.iter().map(|(_, word)| *word).collect()) };
    let is_only = matches.next().is_none();
    if is_only {
        *target = Some(*first);
    }
    Ok(is_only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::audit_filter::AuditFilter;
    use crate::domain::query::ledger_filter::LedgerFilter;
    use crate::domain::query::token_filter::TokenFilter;

    fn refusal<F: FilterFields>(text: &str) -> String {
        parse_strict::<F>(text).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn unknown_field_is_refused_with_the_known_ones() {
        insta::assert_snapshot!(refusal::<TokenFilter>("dep NME:foo other:bar"), @r#"unknown filter field "nme": use status:, account:, method:, seen:, expires:, is:. To find text with a colon, type only the colon and the text after the colon: ":foo""#);
        insta::assert_snapshot!(refusal::<LedgerFilter>("by:"), @r#"unknown filter field "by": use reason:, token:, method:, address:"#);
        assert!(refusal::<AuditFilter>("last_seen:x").contains("verb:, by:, target:"));
        let status = refusal::<TokenFilter>("status:lost");
        assert!(status.contains("\"status:lost\"") && status.contains("deleted, disabled, "), "{status}");
        assert!(refusal::<TokenFilter>("is:old").contains("stale, expiring, tried"));
        assert!(refusal::<TokenFilter>("seen:maybe").contains("never, ever, <7d, >30d"));
        assert!(refusal::<TokenFilter>("expires:soon").contains("never, <7d, >30d"));
        insta::assert_snapshot!(find_unknown::<TokenFilter>("nme:foo").unwrap(), @r#"field "nme""#);
        assert!(refusal::<TokenFilter>(&format!("status:{}", "\u{1b}x".repeat(99))).len() < 300);
    }

    #[test]
    fn word_with_a_colon_that_can_be_no_field_stays_one() {
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
            assert_eq!(parse_strict::<TokenFilter>(word).unwrap().words, [word]);
            assert_eq!(parse_strict::<LedgerFilter>(word).unwrap().words, [word]);
        }
        let long = format!("{}:x", "n".repeat(MAX_FIELD_NAME_LEN + 1));
        assert_eq!(parse_strict::<TokenFilter>(&long).unwrap().words, [long]);
    }

    #[test]
    fn unfinished_value_narrows_nothing_and_is_refused_when_complete() {
        for text in ["status:d", "expires:<7", "seen:>", "expires:>6m"] {
            assert!(TokenFilter::parse(text).is_empty(), "{text}");
            assert!(refusal::<TokenFilter>(text).contains(&format!("\"{text}\"")), "{text}");
        }
        assert!(parse_strict::<TokenFilter>("status: seen:").unwrap().is_empty());
    }

    #[test]
    fn last_part_is_completed() {
        let ids = ["environment.control.StartEnv", "environment.control.StopEnv", "shop.Buy"];
        let names = |field: &str| match field {
            "method" => ids.map(str::to_owned).into(),
            "account" => ["ci", "metrics"].map(str::to_owned).into(),
            _ => Vec::new(),
        };
        let done = |text: &str| complete::<TokenFilter>(text, names);
        let longer = |text: &str| Some(Completion::Longer(text.to_owned()));
        assert_eq!(done("dep ex"), longer("dep expires:"));
        assert_eq!(done("status:exp"), longer("status:expired "));
        assert_eq!(
            done("is:"),
            Some(Completion::Several(
                ["is:stale", "is:expiring", "is:tried", "is:expected-unused"].map(str::to_owned).into()
            ))
        );
        assert_eq!(done("a seen:n"), longer("a seen:never "));
        assert_eq!(done("method:ENV"), longer("method:environment.control.St"));
        assert_eq!(done("method:sh"), longer("method:shop.Buy "));
        assert_eq!(done("s"), Some(Completion::Several(["status:", "seen:"].map(str::to_owned).into())));
        assert_eq!(done("x account:m"), longer("x account:metrics "));
        assert_eq!(done("seen:never"), longer("seen:never "));
        assert_eq!(done("method:bu"), longer("method:shop.Buy "));
        let parts = |values: [&str; 2]| Some(Completion::Several(values.map(str::to_owned).into()));
        assert_eq!(done("method:topenv"), longer("method:environment.control.StopEnv "));
        let both = ["method:environment.control.StartEnv", "method:environment.control.StopEnv"];
        assert_eq!(done("method:control.st"), parts(both));
        for all in ["", "dep ", "status:expired "] {
            assert!(matches!(done(all), Some(Completion::Several(fields)) if fields.len() == 6), "{all}");
        }
        for nothing in ["zzz", "account:x", "nme:x"] {
            assert_eq!(done(nothing), None, "{nothing}");
        }
        assert_eq!(complete::<LedgerFilter>("reason:reti", names), longer("reason:retired "));
    }

    #[test]
    fn unfinished_field_filters_as_a_word() {
        assert_eq!(TokenFilter::parse("Nme:foo").words, ["nme:foo"]);
        assert_eq!(TokenFilter::parse("status:lost").words, ["status:lost"]);
    }
}
