//! The rules that tables have for their rows (`CHECK`). SQLite's own check knows them only over a connection that could
//! write to the file.

use rusqlite::{Connection, ErrorCode, MAIN_DB};

use super::examination::is_damage;
use super::query_helpers::{query_all, sqlite_error, tuple};
use super::schema;
use super::schema_objects::normalize;
use crate::error::Result;

/// Returns a line for each table with a row that breaks a rule, `max` at most. Empty if SQLite's own check has tested the
/// rules.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if a table can't be read, or the check was ended.
pub(super) fn broken(db: &Connection, max: usize) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    if !db.is_readonly(MAIN_DB).map_err(sqlite_error)? {
        return Ok(broken);
    }
    // The rules come from jeton: those of a foreign file could be any expression.
    let Ok(found) = schema::read_schema(db) else { return Ok(broken) };
    let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";
    for (table, sql) in query_all(&schema::new_in_memory(found)?, tables, [], tuple::<(String, String)>)? {
        let sql = normalize(&sql);
        let rules = rules(&sql);
        if rules.is_empty() || broken.len() == max {
            continue;
        }
        let sql = format!("SELECT 1 FROM {table} WHERE NOT ({})", rules.join(" AND "));
        match db.prepare(&sql).and_then(|mut query| query.exists([])) {
            Ok(false) => {}
            Ok(true) => broken.push(format!("CHECK constraint failed in {table}")),
            // The file has other tables. That is a finding of its own.
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::Unknown) => {}
            Err(e) if is_damage(&e) => broken.push(e.to_string()),
            Err(e) => return Err(sqlite_error(e)),
        }
    }
    Ok(broken)
}

/// Returns the expressions, in parentheses, of the rules in `sql`: the normalized text of a `CREATE TABLE`.
fn rules(sql: &str) -> Vec<&str> {
    let mut rules = Vec::new();
    let (mut quote, mut depth, mut start) = (None, 0, None);
    for (at, c) in sql.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => {
                if start.is_none() && sql[..at].ends_with("CHECK") {
                    start = Some((at, depth));
                }
                depth += 1;
            }
            (None, ')') => {
                depth -= 1;
                if let Some((first, outside)) = start
                    && outside == depth
                {
                    rules.push(&sql[first..=at]);
                    start = None;
                }
            }
            (None, _) => {}
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_between_words_and_quotes() {
        for (sql, expected) in [
            ("CREATE TABLE t(a, b TEXT)", &[][..]),
            ("CREATE TABLE t(a CHECK(a IN('x', 'it''s)')), CHECK((a) = b))", &["(a IN('x', 'it''s)'))", "((a) = b)"]),
            ("CREATE TABLE t(a DEFAULT 'CHECK(', b CHECK(length(b) = 32) STRICT)", &["(length(b) = 32)"]),
        ] {
            assert_eq!(rules(sql), expected, "{sql}");
        }
    }

    /// Each `CHECK` of a migration is a rule that is tested.
    #[test]
    fn all_rules_of_all_schemas_are_found() {
        for version in 1..=schema::NEWEST {
            let db = schema::new_in_memory(schema::Schema { version, lacks_indexes: false }).unwrap();
            let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";
            for (table, sql) in query_all(&db, sql, [], tuple::<(String, String)>).unwrap() {
                let sql = normalize(&sql);
                let rules = rules(&sql);
                assert_eq!(rules.len(), sql.matches("CHECK").count(), "{sql}");
                let all = rules.iter().map(|rule| format!("SELECT 1 FROM {table} WHERE NOT {rule};"));
                db.execute_batch(&all.collect::<String>()).unwrap();
            }
        }
    }
}
