//! A table of the user with access levels of operations, which overrides every other rule.

use std::collections::{BTreeMap, BTreeSet};

use super::access_rules::AccessRule;
use super::clean_text::quoted;
use super::operations::{MAX_OPERATIONS, Operation};
use crate::domain::catalogue::toml_reader::at_position;
use crate::domain::method::{Access, MethodId};
use crate::domain::suggest::{nearest, suggestion};
use crate::error::{Error, Result};
use crate::import::toml_message::plain_words;

/// Maximum size of a table, in bytes.
pub const MAX_TABLE_SIZE: usize = 4 * 1024 * 1024;
/// Maximum number of operations that an error lists.
const MAX_LISTED: usize = 3;

/// Maximum number of entries: each names an operation.
const MAX_ENTRIES: usize = MAX_OPERATIONS;
/// Maximum length of a key that can name an operation, in bytes.
const MAX_KEY_LEN: usize = 2_000;
/// Maximum length of a suggested name, in bytes.
const MAX_SUGGESTED_LEN: usize = 200;

/// Access levels by operation: `"GET /path"` as in the document, an operationId, or a method id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessTable(BTreeMap<String, Access>);

impl AccessTable {
    /// Parses a TOML file with lines such as `"DELETE /pets/{id}" = "admin"`. Error messages call it `name`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the place of a mistake.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let parsed: toml::Table = toml::from_str(text).map_err(|e| {
            let error = Error::usage("the access table can't be read").why(plain_words(e.message()));
            at_position(name, text, e.span().map_or(0, |span| span.start), error)
        })?;
        let mut levels = BTreeMap::new();
        // A key with dots is a method id, even without quotes.
        let mut tables = vec![(String::new(), parsed)];
        while let Some((prefix, table)) = tables.pop() {
            for (key, value) in table {
                if prefix.len() + key.len() > MAX_KEY_LEN {
                    let error = Error::usage("the key is too long")
                        .why(format!("the limit is {MAX_KEY_LEN} bytes"))
                        .next("Shorten the key, or remove the entry");
                    return Err(in_entry(name, &key, error));
                }
                let key = format!("{prefix}{key}");
                if levels.len() >= MAX_ENTRIES {
                    let error = Error::usage("the access table has too many entries")
                        .why(format!("the limit is {MAX_ENTRIES} entries"));
                    return Err(in_entry(name, &key, error));
                }
                match value {
                    toml::Value::String(level) => {
                        let level = Access::parse(&level).map_err(|e| in_entry(name, &key, e))?;
                        if levels.insert(normalized(&key), level).is_some_and(|other| other != level) {
                            let error = Error::usage("two entries have the same key, but different levels")
                                .next("Remove one of the entries");
                            return Err(in_entry(name, &key, error));
                        }
                    }
                    toml::Value::Table(inner) => tables.push((format!("{key}."), inner)),
                    _ => {
                        let error = Error::usage("the access level must be a text in quotes").next(format!(
                            "Write {} = \"read\", or use another level: write, admin or public",
                            quoted(&key)
                        ));
                        return Err(in_entry(name, &key, error));
                    }
                }
            }
        }
        Ok(AccessTable(levels))
    }

    /// Gives each operation that the table names its level.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if an entry names no operation or several, or if two entries differ.
    pub(super) fn apply(&self, operations: &mut [Operation<'_>], ids: &[MethodId], catalogue: &str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let named = named_operations(operations, ids, catalogue);
        let mut decided: BTreeMap<usize, (&str, Access)> = BTreeMap::new();
        for (key, level) in &self.0 {
            let found = named.get(key).ok_or_else(|| {
                let known = named.keys().map(String::as_str).filter(|name| name.len() <= MAX_SUGGESTED_LEN);
                let near: Vec<String> = nearest(key, known).into_iter().map(quoted).collect();
                Error::usage(format!(
                    "the access table names the operation {}, but the document has no such operation",
                    quoted(key)
                ))
                .why("write an operationId, a method id, or the HTTP method and path of the operation")
                .next(suggestion(&near).unwrap_or_else(|| "Correct or remove the entry".to_owned()))
            })?;
            let mut found = found.iter().copied();
            let (Some(n), None) = (found.next(), found.next()) else {
                let labels = named[key].iter().take(MAX_LISTED).map(|n| operations[*n].quoted_label.as_str());
                return Err(Error::usage(format!(
                    "the key {} of the access table means more than one operation",
                    quoted(key)
                ))
                .why(format!("for example {}", labels.collect::<Vec<_>>().join(", ")))
                .next("Use HTTP method and path as in the document, or a method id"));
            };
            if let Some((other, different)) = decided.insert(n, (key, *level)).filter(|(_, other)| other != level) {
                let label = &operations[n].quoted_label;
                return Err(Error::usage(format!(
                    "the access table gives two different levels to the operation {label}"
                ))
                .why(format!("{} is {different}, and {} is {level}", quoted(other), quoted(key)))
                .next("Remove one of the entries"));
            }
        }
        for (n, (_, level)) in decided {
            operations[n].access = level;
            operations[n].access_rule = AccessRule::Table;
        }
        Ok(())
    }
}

/// Returns the operations by all keys that can name them.
fn named_operations(
    operations: &[Operation<'_>],
    ids: &[MethodId],
    catalogue: &str,
) -> BTreeMap<String, BTreeSet<usize>> {
    let mut named: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (n, (operation, id)) in operations.iter().zip(ids).enumerate() {
        let id = id.as_str();
        let short = id.strip_prefix(catalogue).and_then(|rest| rest.strip_prefix('.'));
        let keys = [Some(operation.label.as_str()), operation.id, Some(id), short];
        // A `$ref` can give one very long id to many operations.
        for key in keys.into_iter().flatten().filter(|key| key.len() <= MAX_KEY_LEN) {
            named.entry(normalized(key)).or_default().insert(n);
        }
    }
    named
}

/// Returns a key without needless spaces.
fn normalized(key: &str) -> String {
    key.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn in_entry(name: &str, key: &str, error: Error) -> Error {
    Error { what: format!("{name}: {}: {}", quoted(key), error.what), ..error }
}
