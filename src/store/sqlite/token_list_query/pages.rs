//! The pages of a list of tokens, and samples of it.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::TokenListing;
use crate::domain::query::sort::SortColumn;
use crate::error::Result;
use crate::store::sqlite::query_helpers::{placeholder, query_all, sqlite_error};
use crate::store::sqlite::search_index::OrderPart;
use crate::store::sqlite::token_list_path::AccessPath;
use crate::store::sqlite::token_search::{TESTED_SAMPLE, and_id_in};
use crate::store::sqlite::where_clause::WhereClause;

/// The direction of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sqlite) enum Step {
    /// Forwards, starting with the row of the key.
    From,
    /// Forwards, starting after the key.
    After,
    /// Backwards, starting before the key, the nearest first.
    Before,
}

impl<'a> TokenListing<'a> {
    /// Returns the statement that counts the matches among the first `rows` tokens of the list without its filter, after
    /// `key` if given.
    pub(in crate::store::sqlite) fn sample_sql(&self, key: Option<&[Value]>, rows: u64) -> (String, Vec<Value>) {
        let (sample, values) = self.sample(key, Step::After, rows);
        (format!("SELECT coalesce(sum(is_match), 0) FROM ({sample})"), values)
    }

    /// Returns the statement that reads the ids of `rows` tokens, each with 1 if it matches.
    fn sample(&self, key: Option<&[Value]>, step: Step, rows: u64) -> (String, Vec<Value>) {
        let mut place = WhereClause { conditions: self.section.to_owned(), values: self.conditions.values.clone() };
        if let Some(key) = key {
            self.seek(&mut place, key, step);
        }
        let direction = if self.is_upwards(step) { "ASC" } else { "DESC" };
        let id = self.sort_columns().last().copied().unwrap_or_default();
        let (order, from, after) = (self.order(direction), self.table_clause(self.needs_tokens), place.sql());
        // The section is the condition of the index. Tested again, it would need each row of the table.
        let all = self.conditions.conditions.as_str();
        let matches = all.strip_prefix(self.section).map_or(all, |rest| rest.strip_prefix(" AND ").unwrap_or("TRUE"));
        let sql =
            format!("SELECT {id} AS id, ({matches}) AS is_match FROM {from} {after} ORDER BY {order} LIMIT {rows}");
        (sql, place.values)
    }

    /// Returns `true` if rows are read from the lowest key to the highest.
    fn is_upwards(&self, step: Step) -> bool {
        self.sort.descending == (step == Step::Before)
    }

    /// Adds the condition that rows are on the side of `key` to which the step goes.
    pub(super) fn seek(&self, conditions: &mut WhereClause, key: &[Value], step: Step) {
        let compare = match (self.is_upwards(step), step) {
            (true, Step::From) => ">=",
            (false, Step::From) => "<=",
            (true, Step::After | Step::Before) => ">",
            (false, Step::After | Step::Before) => "<",
        };
        let keys = self.sort_columns();
        let marks: Vec<&str> = key.iter().map(placeholder).collect();
        conditions.and(&format!("({}) {compare} ({})", keys.join(", "), marks.join(", ")), key.iter().cloned());
    }

    /// Returns the ids of at most `limit` tokens, starting at `key` or at an end, in the order of reading.
    pub fn page(&self, db: &Connection, key: Option<&[Value]>, step: Step, limit: usize) -> Result<Vec<i64>> {
        if self.found.is_some() {
            let (ids, is_complete) = self.page_of_sample(db, key, step, (TESTED_SAMPLE, limit))?;
            if is_complete {
                return Ok(ids);
            }
        }
        self.far_page(db, key, step, limit)
    }

    /// Does the same as [`TokenListing::page`], faster if matches are far from the start of the page.
    pub fn far_page(&self, db: &Connection, key: Option<&[Value]>, step: Step, limit: usize) -> Result<Vec<i64>> {
        // With a million tokens, the index of the order is read in 100 ms.
        let (column, upwards, trashed) = (self.sort.column, self.is_upwards(step), self.trashed);
        // The row of the key may be one of them, and is no part of a page before or after it.
        let rows = limit + usize::from(step != Step::From);
        let part = OrderPart { column, from: key, upwards, trashed, limit: rows };
        let first = self.found.and_then(|found| found.first_of(&part));
        let (sql, values) = match first {
            Some(ids) => self.narrowed_to(&ids).page_sql(key, step, limit),
            None => self.page_sql(key, step, limit),
        };
        query_all(db, &sql, params_from_iter(&values), |r| r.get(0))
    }

    /// Looks for `limit` matches among the next `rows` tokens of the list without its filter, starting at `key` or at an end.
    /// Returns `true` if all are found, or if the list ends there.
    pub(in crate::store::sqlite) fn page_of_sample(
        &self,
        db: &Connection,
        key: Option<&[Value]>,
        step: Step,
        (rows, limit): (u64, usize),
    ) -> Result<(Vec<i64>, bool)> {
        let (sql, values) = self.sample(key, step, rows);
        let mut statement = db.prepare_cached(&sql).map_err(sqlite_error)?;
        let mut found = statement.query(params_from_iter(&values)).map_err(sqlite_error)?;
        let (mut ids, mut read) = (Vec::new(), 0);
        let knows_names = rows == TESTED_SAMPLE && matches!(self.sort.column, SortColumn::Name | SortColumn::Account);
        while ids.len() < limit {
            let Some(row) = found.next().map_err(sqlite_error)? else { return Ok((ids, read < rows)) };
            read += 1;
            // Names that begin alike are side by side, so the matches are far. They are found sooner in the texts.
            if knows_names && ids.is_empty() && read > rows / 4 {
                break;
            }
            if row.get(1).map_err(sqlite_error)? {
                ids.push(row.get(0).map_err(sqlite_error)?);
            }
        }
        let is_complete = ids.len() == limit;
        Ok((ids, is_complete))
    }

    /// Returns the list of those tokens of `ids` that are in its section.
    fn narrowed_to(&self, ids: &[i64]) -> TokenListing<'a> {
        let mut conditions = WhereClause { conditions: self.section.to_owned(), values: Vec::new() };
        and_id_in(&mut conditions, "t.id", ids);
        TokenListing {
            access_path: AccessPath::Table,
            conditions,
            index_conditions: WhereClause::default(),
            found: None,
            ..*self
        }
    }

    pub(in crate::store::sqlite) fn page_sql(
        &self,
        key: Option<&[Value]>,
        step: Step,
        limit: usize,
    ) -> (String, Vec<Value>) {
        let mut conditions = self.conditions.clone();
        if let Some(key) = key {
            self.seek(&mut conditions, key, step);
        }
        let direction = if self.is_upwards(step) { "ASC" } else { "DESC" };
        let keys = self.sort_columns();
        let with_tokens = self.needs_tokens || self.sort.column != SortColumn::LastSeen;
        let id = keys.last().copied().unwrap_or_default();
        let from = self.table_clause(with_tokens);
        let found = conditions.sql();
        let sql = format!("SELECT {id} FROM {from} {found} ORDER BY {} LIMIT {limit}", self.order(direction));
        (sql, conditions.values)
    }
}
