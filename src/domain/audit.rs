//! The audit log: who changed what, when and from which face, in a hash chain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::domain::wire_format::{JsonText, NullIfEmpty};
use crate::domain::word_enum::word_enum;

word_enum! {
    /// The interface that a request came from.
    pub enum Face {
        Tui = "tui",
        Cli = "cli",
        Api = "api",
    }
}

impl Face {
    /// Returns the client name that the ledger shows when a token acts through this face.
    pub const fn client(self) -> &'static str {
        match self {
            Face::Tui => "jeton tui",
            Face::Cli => "jeton cli",
            Face::Api => "jeton api",
        }
    }
}

/// A change, as reported by a verb. Never contains a secret, a password or a hash of either.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The verb, e.g. `token.revoke`.
    pub verb: &'static str,
    /// The changed object, e.g. `t7` or `a1`.
    pub target: String,
    /// The target's name at that time, e.g. `ci/deploy-bot`.
    pub target_name: String,
    /// The values before and after.
    pub details: Map<String, Value>,
}

impl AuditEntry {
    /// Creates an entry without details.
    pub fn new(verb: &'static str, target: impl ToString, target_name: impl Into<String>) -> Self {
        AuditEntry { verb, target: target.to_string(), target_name: target_name.into(), details: Map::new() }
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds the values of `key` as `{"before":…,"after":…}` if they differ.
    pub fn changed(self, key: &str, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        let (before, after) = (before.into(), after.into());
        if before == after {
            return self;
        }
        let change = [(BEFORE.to_owned(), before), (AFTER.to_owned(), after)];
        self.with(key, Map::from_iter(change))
    }
}

const BEFORE: &str = "before";
const AFTER: &str = "after";
/// Number of list items that [`summarize_details`] shows.
const MAX_ITEMS: usize = 4;
/// Number of nested lists and objects that [`summarize_details`] shows.
const MAX_DEPTH: usize = 3;
/// Number of characters of a text that [`summarize_details`] shows.
const MAX_TEXT: usize = 60;

/// Formats details on one line for people: `description "a" → "b", expires none`. Hostile characters are escaped; long
/// texts and lists are cut. Details that are no JSON object are shown as plain text.
pub fn summarize_details(details: &str) -> String {
    match serde_json::from_str::<Value>(details) {
        Ok(Value::Object(details)) => {
            let detail =
                |(key, value): (&String, &Value)| format!("{} {}", excerpt(key, MAX_TEXT), summarize(value, 1));
            details.iter().map(detail).collect::<Vec<_>>().join(", ")
        }
        Ok(_) | Err(_) => quoted(details),
    }
}

/// Formats one value. Values nested deeper than lists in objects are shown as JSON; jeton writes none.
fn summarize(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) if depth > MAX_DEPTH => quoted(&value.to_string()),
        Value::Array(items) => format!("[{}]", join_truncated(items.iter(), |item| summarize(item, depth + 1))),
        Value::Object(parts) => match before_and_after(parts) {
            Some((before, after)) => format!("{} → {}", summarize(before, depth + 1), summarize(after, depth + 1)),
            None => join_truncated(parts.iter(), |(key, value)| {
                format!("{} {}", excerpt(key, MAX_TEXT), summarize(value, depth + 1))
            }),
        },
    }
}

/// Formats the first items and the number of the remaining ones.
fn join_truncated<T>(items: impl ExactSizeIterator<Item = T>, describe: impl Fn(T) -> String) -> String {
    let count = items.len();
    let mut items: Vec<String> = items.take(MAX_ITEMS).map(describe).collect();
    if count > MAX_ITEMS {
        items.push(format!("{} more", count - MAX_ITEMS));
    }
    items.join(", ")
}

fn quoted(text: &str) -> String {
    let mut start: String = text.chars().take(MAX_TEXT).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    in_quotes(&start)
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", escape_untrusted(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn before_and_after(parts: &Map<String, Value>) -> Option<(&Value, &Value)> {
    parts.get(BEFORE).zip(parts.get(AFTER)).filter(|_| parts.len() == 2)
}

/// A detail of a row, in full. Hostile characters are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The name of the detail. Empty if the details are no JSON object.
    pub key: String,
    /// The old value, one line for each part. `None` if the detail is not a change but only information.
    pub before: Option<Vec<String>>,
    /// The new or only value, one line for each part.
    pub after: Vec<String>,
}

/// Returns all details for people, in full: nothing is cut, unlike in [`summarize_details`].
pub fn expand_details(details: &str) -> Vec<Detail> {
    match serde_json::from_str::<Value>(details) {
        Ok(Value::Object(details)) => {
            let detail = |(key, value): (&String, &Value)| {
                let (before, now) = match value.as_object().and_then(before_and_after) {
                    Some((before, after)) => (Some(value_lines(before)), value_lines(after)),
                    None => (None, value_lines(value)),
                };
                Detail { key: escape_untrusted(key).into_owned(), before, after: now }
            };
            details.iter().map(detail).collect()
        }
        Ok(_) | Err(_) => vec![Detail { key: String::new(), before: None, after: vec![in_quotes(details)] }],
    }
}

fn value_lines(value: &Value) -> Vec<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![summarize(value, 0)],
        Value::String(text) => vec![in_quotes(text)],
        Value::Array(items) if items.is_empty() => vec!["nothing".to_owned()],
        Value::Array(items) => items.iter().flat_map(value_lines).collect(),
        Value::Object(parts) if parts.is_empty() => vec!["nothing".to_owned()],
        Value::Object(parts) => {
            parts.iter().flat_map(|(key, value)| labelled_lines(&escape_untrusted(key), value_lines(value))).collect()
        }
    }
}

/// Formats `key value` on one line, or the key alone with the lines of its value below.
fn labelled_lines(key: &str, value: Vec<String>) -> Vec<String> {
    match value.as_slice() {
        [only] => vec![format!("{key} {only}")],
        _ => std::iter::once(key.to_owned()).chain(value.iter().map(|line| format!("  {line}"))).collect(),
    }
}

/// The author of a change, as the audit log stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditActor {
    /// The account's id. Empty if nobody was signed in: for the creation of the first owner, and for failed sign-ins.
    pub account: String,
    /// The account's name at that time.
    pub name: String,
    /// The kind of proof: `password`, `token NAME HINT`, `possession` (of a secret that its holder revoked), or `store`
    /// (access to the store itself).
    pub proof: String,
    pub face: Face,
}

impl AuditActor {
    /// Returns the actor for access to the store itself, before there is any account to sign in with.
    pub fn store(face: Face) -> Self {
        AuditActor { account: String::new(), name: String::new(), proof: "store".to_owned(), face }
    }

    /// Returns the actor for a secret that its holder revoked: the account of the secret, by nothing else.
    pub fn possession(account: String, name: String, face: Face) -> Self {
        AuditActor { account, name, proof: "possession".to_owned(), face }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRow {
    /// The row's number: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// Time of the change.
    pub at: Timestamp,
    /// The actor's account id; empty if nobody was signed in.
    #[serde(with = "NullIfEmpty")]
    #[schemars(description = "The actor's account id; `null` if nobody was signed in, as for a failed sign-in.")]
    pub account: String,
    /// The actor's name at that time.
    #[serde(with = "NullIfEmpty")]
    pub name: String,
    /// The kind of proof, as in [`AuditActor`].
    #[schemars(
        description = "The kind of proof: `password`, `token NAME HINT`, `possession` (of the secret itself), or \
                       `store` (access to the store's file)."
    )]
    pub proof: String,
    /// Interface of the change: `tui`, `cli` or `api`.
    pub face: String,
    /// The change.
    pub verb: String,
    /// Id of the changed account or token, or the name of what else changed.
    pub target: String,
    /// Name of the target at that time.
    pub target_name: String,
    /// The values before and after, as JSON text.
    #[serde(with = "JsonText")]
    #[schemars(description = "The values before and after.")]
    pub details: String,
}

impl AuditRow {
    /// Returns the actor's name for people. Only the local user, who has access to the store itself, has none.
    pub fn actor_name(&self) -> &str {
        if self.name.is_empty() { "local user" } else { &self.name }
    }

    /// Returns the kind of proof for people. `None` for access to the store itself, which needs no other proof.
    pub fn proof_words(&self) -> Option<&str> {
        match self.proof.as_str() {
            "store" => None,
            "possession" => Some("the secret itself"),
            proof => Some(proof),
        }
    }
}

/// Returns the hash of `row` in the chain. It is the SHA-256 over the previous hash and every field, each with its
/// length.
pub fn chain_hash(previous: &[u8; 32], row: &AuditRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(row.seq.to_be_bytes());
    hash.update(row.at.0.to_be_bytes());
    let texts =
        [&row.account, &row.name, &row.proof, &row.face, &row.verb, &row.target, &row.target_name, &row.details];
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            seq: 1,
            at: Timestamp(5),
            account: "a1".into(),
            name: "ops".into(),
            proof: "password".into(),
            face: "cli".into(),
            verb: "token.create".into(),
            target: "t1".into(),
            target_name: "ops/x".into(),
            details: "{}".into(),
        }
    }

    #[test]
    fn every_field_and_border_counts() {
        let hash = chain_hash(&[0; 32], &row());
        assert_ne!(hash, chain_hash(&[1; 32], &row()));
        assert_ne!(hash, chain_hash(&[0; 32], &AuditRow { seq: 2, ..row() }));
        assert_ne!(hash, chain_hash(&[0; 32], &AuditRow { at: Timestamp(6), ..row() }));
        assert_ne!(hash, chain_hash(&[0; 32], &AuditRow { details: "{ }".into(), ..row() }));
        let moved = AuditRow { account: "a1o".into(), name: "ps".into(), ..row() };
        assert_ne!(hash, chain_hash(&[0; 32], &moved));
    }
    /// The hash covers the milliseconds and the very text of the details.
    #[test]
    fn reader_of_a_row_in_json_can_verify_its_hash() {
        for details in [r#"{"b": 1,  "a":1.50}"#, r#""quoted""#, "no JSON", ""] {
            let row = AuditRow { details: details.into(), ..row() };
            let read: AuditRow = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
            assert_eq!(chain_hash(&[0; 32], &read), chain_hash(&[0; 32], &row), "{details}");
        }
    }

    #[test]
    fn audit_details_hold_a_change_only_if_there_is_one() {
        let entry = AuditEntry::new("v", "t:1", "ops/x")
            .changed("description", "a", "b")
            .changed("name", "same", "same")
            .changed("expires", None::<String>, "2027-01-01T00:00:00Z")
            .changed("enabled", true, false);
        let text = Value::Object(entry.details).to_string();
        assert_eq!(
            text,
            r#"{"description":{"after":"b","before":"a"},"enabled":{"after":false,"before":true},"expires":{"after":"2027-01-01T00:00:00Z","before":null}}"#
        );
        assert_eq!(
            summarize_details(&text),
            r#"description "a" → "b", enabled yes → no, expires none → "2027-01-01T00:00:00Z""#
        );
    }

    #[test]
    fn details_are_one_short_line_whatever_they_hold() {
        assert_eq!(summarize_details("{}"), "");
        assert_eq!(
            summarize_details(r#"{"sets":["a","b","c","d","e","f"],"n":3}"#),
            r#"n 3, sets ["a", "b", "c", "d", 2 more]"#
        );
        assert_eq!(summarize_details(r#"{"x":{"before":1,"after":2,"more":3}}"#), "x after 2, before 1, more 3");
        let api = r#"{"api":{"before":"inherit","after":{"sets":["a","b"]}}}"#;
        assert_eq!(summarize_details(api), r#"api "inherit" → sets ["a", "b"]"#);
        assert_eq!(summarize_details(r#"{"x":[[[[1]]]]}"#), r#"x [[["[1]"]]]"#);
        assert_eq!(summarize_details("not\u{1b}[2J json"), "\"not\\u{1b}[2J json\"");
        let nasty = serde_json::json!({"a\u{202e}": {"before": "\u{1b}]0;x\u{7}\" → \"", "after": "y".repeat(500)}});
        let line = summarize_details(&nasty.to_string());
        assert!(!line.chars().any(crate::domain::untrusted_text::is_control_or_bidi), "{line}");
        assert!(line.contains(r#"\" → \""#) && line.contains("…") && line.len() < 200, "{line}");
    }

    #[test]
    fn expanded_details_are_not_cut() {
        let methods: Vec<String> = (0..9).map(|n| format!("m{n}")).collect();
        let long = "y".repeat(500);
        let details = serde_json::json!({
            "api": {"before": "inherit", "after": {"methods": methods}},
            "description": long,
            "gone": {"before": [], "after": null},
        });
        let expanded = expand_details(&details.to_string());
        let keys: Vec<&str> = expanded.iter().map(|d| d.key.as_str()).collect();
        assert_eq!(keys, ["api", "description", "gone"]);
        assert_eq!(expanded[0].before.as_deref(), Some(&["\"inherit\"".to_owned()][..]));
        assert_eq!(
            (expanded[0].after.len(), expanded[0].after[0].as_str(), expanded[0].after[9].as_str()),
            (10, "methods", "  \"m8\"")
        );
        assert_eq!((&expanded[1].before, expanded[1].after[0].len()), (&None, 502));
        assert_eq!(
            (expanded[2].before.as_deref(), expanded[2].after[0].as_str()),
            (Some(&["nothing".to_owned()][..]), "none")
        );

        for evil in ["no\u{1b}[2J json", "{\"a\u{202e}\": {\"b\u{200b}\": [\"\\u001b[2J\"]}}"] {
            for detail in expand_details(evil) {
                let all = [vec![detail.key], detail.before.unwrap_or_default(), detail.after].concat().concat();
                assert!(
                    all.contains("\\u{") && !all.chars().any(crate::domain::untrusted_text::is_control_or_bidi),
                    "{all}"
                );
            }
        }
    }
}
