//! Compares the tables, indexes, views and triggers of a store with those that jeton creates.
//!
//! A migrated store has the same objects as a new one, because a new one is made by the same migrations. Only the layout
//! and the comments of their texts may differ.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::Chars;

use rusqlite::Connection;

use super::query_helpers::{lossy, query_all, sqlite_error};
use super::schema::{self, Schema};
use crate::domain::untrusted_text::excerpt;
use crate::error::Result;

/// Number of characters of a foreign name in a message.
const MAX_NAME: usize = 64;
/// Number of objects named in a message.
const MAX_NAMED: usize = 6;

/// A row of SQLite's table of objects.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SchemaObject {
    kind: String,
    name: String,
    /// The table that an index or trigger belongs to.
    table: String,
    /// Empty for an index that SQLite makes on its own.
    sql: String,
}

/// Returns the objects of `db` that differ from those of a new store with the same schema, in words. `None` if all are the
/// same.
pub(super) fn difference(db: &Connection, found: Schema) -> Result<Option<String>> {
    let expected = objects(&schema::new_in_memory(found)?)?;
    Ok(describe(&expected, &objects(db)?))
}

/// Returns all objects but the statistics of SQLite, which only help to find rows faster.
fn objects(db: &Connection) -> Result<BTreeSet<SchemaObject>> {
    let sql = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
               WHERE type <> 'table' OR name NOT IN ('sqlite_stat1', 'sqlite_stat4')";
    let read = |row: &rusqlite::Row<'_>| {
        let sql = normalize(&lossy(row, 3)?);
        Ok(SchemaObject { kind: lossy(row, 0)?, name: lossy(row, 1)?, table: lossy(row, 2)?, sql })
    };
    Ok(query_all(db, sql, [], read)?.into_iter().collect())
}

fn describe(expected: &BTreeSet<SchemaObject>, found: &BTreeSet<SchemaObject>) -> Option<String> {
    let mut changes: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for missing in expected.difference(found) {
        changes.insert((&missing.kind, &missing.name), "is missing");
    }
    for added in found.difference(expected) {
        let change = changes.entry((&added.kind, &added.name)).or_insert("was added");
        if *change == "is missing" {
            *change = "was changed";
        }
    }
    let named = changes.iter().take(MAX_NAMED);
    let mut words: Vec<String> = named
        .map(|((kind, name), change)| format!("{} {} {change}", excerpt(kind, MAX_NAME), excerpt(name, MAX_NAME)))
        .collect();
    if changes.len() > MAX_NAMED {
        words.push(format!("{} more", changes.len() - MAX_NAMED));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// Returns `sql` without comments, and with one space for each gap between words. Quoted text stays as it is.
pub(super) fn normalize(sql: &str) -> String {
    let mut normal = String::with_capacity(sql.len());
    let mut chars = sql.chars().peekable();
    let mut is_gap = false;
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('-', Some('-')) => {
                skip_to(&mut chars, |c, _| c == '\n');
                is_gap = true;
            }
            ('/', Some('*')) => {
                chars.next();
                skip_to(&mut chars, |c, next| c == '*' && next == Some('/'));
                chars.next();
                is_gap = true;
            }
            _ if c.is_ascii_whitespace() => is_gap = true,
            _ => {
                let joins = |c: char| matches!(c, '(' | ')' | ',');
                if is_gap && !joins(c) && normal.ends_with(|last| !joins(last)) {
                    normal.push(' ');
                }
                is_gap = false;
                normal.push(c);
                if let Some(end) = match c {
                    '\'' | '"' | '`' => Some(c),
                    '[' => Some(']'),
                    _ => None,
                } {
                    // A doubled quote is the end of one quoted text and the beginning of the next.
                    for quoted in chars.by_ref() {
                        normal.push(quoted);
                        if quoted == end {
                            break;
                        }
                    }
                }
            }
        }
    }
    normal
}

/// Drops characters up to the first one for which `is_end` returns `true`, given the character after it.
fn skip_to(chars: &mut Peekable<Chars<'_>>, is_end: impl Fn(char, Option<char>) -> bool) {
    while let Some(c) = chars.next() {
        if is_end(c, chars.peek().copied()) {
            break;
        }
    }
}

/// Compares the open store with a new one of the same schema.
impl super::SqliteStore {
    /// Returns the tables, indexes, views and triggers that are not as jeton creates them, in words. `None` if all are.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] for another program's file, or a schema that is newer than this program.
    pub fn schema_difference(&self) -> Result<Option<String>> {
        let mut db = self.lock();
        // One state, also while another program migrates the store.
        let tx = db.transaction().map_err(sqlite_error)?;
        let found = schema::read_schema(&tx)?;
        difference(&tx, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema::NEWEST;

    fn found_after(version: i64, change: &str) -> Option<String> {
        let schema = Schema { version, lacks_indexes: false };
        let db = schema::new_in_memory(schema).unwrap();
        db.execute_batch(change).unwrap();
        difference(&db, schema).unwrap()
    }

    #[test]
    fn objects_that_differ_are_named() {
        for (change, expected) in [
            ("", None),
            ("ANALYZE", None),
            ("CREATE TRIGGER t AFTER UPDATE ON tokens BEGIN SELECT 1; END", Some("trigger t was added")),
            ("CREATE VIEW v AS SELECT 1", Some("view v was added")),
            ("CREATE TABLE \"a\u{202e}\" (n)", Some("table a\\u{202e} was added")),
            ("DROP INDEX tokens_name_in_account", Some("index tokens_name_in_account is missing")),
            ("ALTER TABLE tokens DROP COLUMN description", Some("table tokens was changed")),
            (
                "DROP INDEX secrets_current; CREATE INDEX secrets_current ON secrets (token_id) WHERE state = 'current'",
                Some("index secrets_current was changed"),
            ),
        ] {
            assert_eq!(found_after(NEWEST, change).as_deref(), expected, "{change}");
        }
        let many: String = (0..9).map(|n| format!("CREATE TABLE x{n} (n);")).collect();
        assert!(found_after(NEWEST, &many).unwrap().ends_with("table x5 was added, 3 more"));
    }

    #[test]
    fn each_older_schema_equals_itself() {
        for version in 1..=NEWEST {
            assert_eq!(found_after(version, ""), None, "{version}");
            assert!(found_after(version, "DROP INDEX secrets_of_token").is_some(), "{version}");
        }
        let unindexed = Schema { version: NEWEST, lacks_indexes: true };
        let db = schema::new_in_memory(unindexed).unwrap();
        assert_eq!(difference(&db, unindexed).unwrap(), None);
        assert!(difference(&db, Schema { lacks_indexes: false, ..unindexed }).unwrap().is_some());
    }

    #[test]
    fn layout_and_comments_make_no_difference_but_everything_else_does() {
        let same = ["CREATE TABLE t (a TEXT, b)", "CREATE TABLE t(\n a   TEXT, -- x\n b /* y, z */ )"];
        assert_eq!(normalize(same[0]), normalize(same[1]));
        for (one, other) in [
            ("CHECK (a = 'x y')", "CHECK (a = 'x  y')"),
            ("CHECK (a = '--x')", "CHECK (a = '')"),
            ("CHECK (a = 'it''s -- a')", "CHECK (a = 'it''s'"),
            ("a TEXT", "aTEXT"),
            ("DEFAULT - 1", "DEFAULT"),
            ("CHECK (a IS NULL)", "CHECK (a IS \"NULL\")"),
            ("[a -- b] TEXT", "[a"),
        ] {
            assert_ne!(normalize(one), normalize(other), "{one}");
        }
        assert_eq!(normalize("a /* open"), "a");
    }
}
