//! New names of methods and sets in the selections of tokens. Each table is scanned once, however many names there are.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::query_helpers::{execute, lossy, query_all};
use crate::domain::catalogue::change::renames::Renames;
use crate::error::{Error, Result};

/// Table with a row for each element of a selection, and its column.
const METHODS: (&str, &str) = ("token_methods", "method_id");
const SETS: (&str, &str) = ("token_sets", "set_name");

/// The API column as it is sorted: [`crate::domain::api_selection::Selection::sort_key`]. The new name of a set never looks
/// like a built-in choice, so it needs no quotes.
const SORT_KEY: &str = "CASE selection
    WHEN 'sets' THEN (SELECT CASE count(*) WHEN 1 THEN min(set_name) ELSE count(*) || ' sets' END
                      FROM token_sets WHERE token_id = tokens.id)
    ELSE (SELECT CASE count(*) WHEN 1 THEN '1 method' ELSE count(*) || ' methods' END
          FROM token_methods WHERE token_id = tokens.id)
END";

pub(super) fn rename(db: &Connection, renames: &Renames) -> Result<u64> {
    let methods: Vec<_> = renames.methods.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let sets: Vec<_> = renames.sets.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    // A token has a selection of one kind.
    Ok(rename_in(db, METHODS, "custom", &methods)? + rename_in(db, SETS, "sets", &sets)?)
}

fn rename_in(db: &Connection, (table, column): (&str, &str), kind: &str, names: &[(&str, &str)]) -> Result<u64> {
    if names.is_empty() {
        return Ok(0);
    }
    let renames: HashMap<&str, &str> = names.iter().copied().collect();
    let old: Vec<&str> = names.iter().map(|(old, _)| *old).collect();
    let old = serde_json::to_string(&old).map_err(|error| Error::failure(error.to_string()))?;
    let uses = format!("SELECT DISTINCT token_id FROM {table} WHERE {column} IN (SELECT value FROM json_each(?1))");
    let tokens: Vec<i64> = query_all(db, &uses, [&old], |r| r.get(0))?;
    // Token by token: a join of the two tables would compare every row with every name.
    let read = format!("SELECT {column} FROM {table} WHERE token_id = ?1");
    let delete = format!("DELETE FROM {table} WHERE token_id = ?1 AND {column} = ?2");
    // A token may have the new name already, as an unknown one.
    let insert = format!("INSERT OR IGNORE INTO {table} (token_id, {column}) VALUES (?1, ?2)");
    let update =
        format!("UPDATE tokens SET revision = revision + 1, api = {SORT_KEY} WHERE id = ?1 AND selection = ?2");
    let mut changed = 0;
    for token in tokens {
        let used: Vec<String> = query_all(db, &read, [token], |r| lossy(r, 0))?;
        for (old, new) in used.iter().filter_map(|old| Some((old, renames.get(old.as_str())?))) {
            execute(db, &delete, params![token, old])?;
            execute(db, &insert, params![token, new])?;
        }
        changed += execute(db, &update, params![token, kind])? as u64;
    }
    Ok(changed)
}
