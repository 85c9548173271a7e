//! New names of methods and sets in the selections of tokens. Each table is read once, however many names there are.

use rusqlite::{Connection, params};

use super::query_helpers::{execute, query_all};
use crate::domain::catalogue::renames::Renames;
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
    let names = serde_json::to_string(names).map_err(|error| Error::failure(error.to_string()))?;
    let renames = "renames (old, new) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
    let uses = format!("SELECT DISTINCT token_id FROM {table} WHERE {column} IN (SELECT old FROM renames)");
    let tokens: Vec<i64> = query_all(db, &format!("WITH {renames} {uses}"), [&names], |r| r.get(0))?;
    if tokens.is_empty() {
        return Ok(0);
    }
    // A token may have the new name already, as an unknown one.
    let insert = format!(
        "WITH {renames} INSERT OR IGNORE INTO {table} (token_id, {column})
         SELECT token_id, new FROM {table} JOIN renames ON old = {column}"
    );
    execute(db, &insert, [&names])?;
    let delete = format!("WITH {renames} DELETE FROM {table} WHERE {column} IN (SELECT old FROM renames)");
    execute(db, &delete, [&names])?;
    let update =
        format!("UPDATE tokens SET revision = revision + 1, api = {SORT_KEY} WHERE id = ?1 AND selection = ?2");
    let mut changed = 0;
    for token in tokens {
        changed += execute(db, &update, params![token, kind])? as u64;
    }
    Ok(changed)
}
