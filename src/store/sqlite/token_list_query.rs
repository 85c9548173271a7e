//! A list of tokens as SQL: conditions and order. `token_list_path` chooses how rows are found.

mod pages;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::query_helpers::{query_all, query_count, query_one, sql_limit, stored};

use super::search_index::Found;
use super::still_tried;
use super::token_list_path::{AccessPath, account_ids, is_empty};
use super::token_search::{TextMatch, and_matches};
use super::where_clause::{LOWER_FUNCTION, WhereClause};
use crate::domain::catalogue::method_holders::MethodHolders;
use crate::domain::expiry::Expiry;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::span_bound::TimeBound;
use crate::domain::query::token_filter::STALE_AFTER;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::Status;
use crate::error::Result;
use crate::verbs::ports::{TokenState, Visibility, WindowQuery};
pub(super) use pages::Step;

/// When a token was last seen, if its row of `last_seen` is not joined; 0 = never.
const LAST_SEEN: &str = "(SELECT at FROM last_seen WHERE token_id = t.id)";

/// Registers the SQL functions that lists use.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    db.create_scalar_function(LOWER_FUNCTION, 1, flags, |call| {
        // Not UTF-8 if a row is damaged. Its other words may still match.
        let text = call.get_raw(0).as_bytes()?;
        Ok(String::from_utf8_lossy(text).to_lowercase())
    })
}

/// Limits the rows to tokens visible to a reader. `account` is the column with the account.
pub(super) fn and_visible(found: &mut WhereClause, account: &str, visibility: &Visibility) {
    let Visibility { own, roles } = visibility;
    if roles.len() == Role::ALL.len() {
        return;
    }
    let own = Value::from(own.0);
    if roles.is_empty() {
        return found.and(&format!("{account} = ?"), [own]);
    }
    let marks = vec!["?"; roles.len()].join(", ");
    let roles = roles.iter().map(|r| Value::from(r.as_str().to_owned()));
    let others = format!("{account} IN (SELECT id FROM accounts WHERE role IN ({marks}))");
    found.and(&format!("({account} = ? OR {others})"), [own].into_iter().chain(roles));
}

/// Adds the condition that a token's name, description, account or hint contains `word`.
fn and_contains_word(found: &mut WhereClause, word: &str) {
    let hint = "(SELECT prefix FROM installation) || '_' || t.public_id";
    // Only descriptions contain characters other than ASCII.
    let columns: &[&str] =
        if word.is_ascii() { &["t.name", "t.description", "t.username", hint] } else { &["t.description"] };
    found.and_contains(columns, word);
}

/// Adds the condition that a token's selection is one of `holders`.
fn and_includes_method(found: &mut WhereClause, holders: &MethodHolders) {
    let has = |table: &str, condition: &str| {
        format!("EXISTS (SELECT 1 FROM {table} WHERE token_id = t.id AND ({condition}))")
    };
    let named = |column: &str| format!("instr({LOWER_FUNCTION}({column}), ?) > 0");
    let inherits = "t.selection = 'inherit' AND t.account_id IN
        (SELECT id FROM accounts WHERE role IN (SELECT value FROM json_each(?)))";
    let of_sets = format!("set_name IN (SELECT value FROM json_each(?)) OR {}", named("set_name"));
    let any = [inherits, &has("token_sets", &of_sets), &has("token_methods", &named("method_id"))].join(" OR ");
    let text = &holders.text;
    let sets = serde_json::Value::from_iter(holders.sets.iter().map(String::as_str)).to_string();
    let roles = serde_json::Value::from_iter(holders.inheriting_roles().map(Role::as_str)).to_string();
    found.and(&format!("({any})"), [&roles, &sets, text, text].map(|value| Value::from(value.clone())));
}

/// Returns `column IN (?, ?, …)` with a mark for each of `ids`.
pub(super) fn in_list(column: &str, ids: &[i64]) -> String {
    format!("{column} IN ({})", vec!["?"; ids.len()].join(", "))
}

pub(super) struct TokenListing<'a> {
    pub(super) access_path: AccessPath,
    pub(super) sort: Sort,
    trashed: bool,
    conditions: WhereClause,
    /// The condition that separates the trash from the other tokens.
    section: &'static str,
    /// The conditions that the index of [`AccessPath::Status`] or [`AccessPath::Seen`] answers alone.
    index_conditions: WhereClause,
    /// `true` if the conditions use a row of `tokens`.
    needs_tokens: bool,
    /// Number of tokens without the filter.
    pub total: u64,
    /// Number of matches, at most [`MAX_EXACT_COUNT`].
    pub matching: u64,
    /// `true` if more tokens match.
    pub is_lower_bound: bool,
    /// The tokens of the list, if they are many and a search has found them.
    pub found: Option<&'a Found>,
}

impl<'a> TokenListing<'a> {
    /// Returns the state of the tokens of the list, by id, `limit` at most. All are read, so that the index of an order is
    /// of no use.
    pub fn states(db: &Connection, query: &WindowQuery, total: u64, text: TextMatch<'a>) -> Result<Vec<TokenState>> {
        let mut list = Self::counted(db, query, total, text)?;
        if list.access_path == AccessPath::Order {
            list = Self::with_path(AccessPath::Table, query, account_ids(db, query)?.as_deref(), list.total, text);
        }
        let (from, found, limit) = (list.table_clause(true), list.conditions.sql(), sql_limit(query.limit));
        let columns = format!("t.id, t.revision, t.enabled, t.expires_at, nullif({LAST_SEEN}, 0)");
        let sql = format!("SELECT {columns} FROM {from} {found} ORDER BY t.id LIMIT {limit}");
        query_all(db, &sql, params_from_iter(&list.conditions.values), |r| {
            let expiry = Expiry::from(r.get::<_, Option<Timestamp>>(3)?);
            let (token, revision, enabled, last_seen_at) = (r.get(0)?, r.get(1)?, r.get(2)?, r.get(4)?);
            Ok(TokenState { token, revision, enabled, expiry, last_seen_at })
        })
    }

    pub(super) fn with_path(
        access_path: AccessPath,
        query: &WindowQuery,
        accounts: Option<&[i64]>,
        total: u64,
        text: TextMatch<'a>,
    ) -> Self {
        let mut list = TokenListing {
            access_path,
            sort: query.sort,
            trashed: query.trashed,
            conditions: WhereClause::default(),
            section: "",
            index_conditions: WhereClause::default(),
            needs_tokens: false,
            total,
            matching: total,
            is_lower_bound: false,
            found: None,
        };
        list.apply_filter(query, accounts, text);
        list
    }

    /// Returns `true` if rows are found in `last_seen` first.
    fn is_seen_first(&self) -> bool {
        self.access_path == AccessPath::Seen
            || (self.access_path == AccessPath::Order && self.sort.column == SortColumn::LastSeen)
    }

    fn apply_filter(&mut self, query: &WindowQuery, accounts: Option<&[i64]>, text: TextMatch<'_>) {
        let seen_first = self.is_seen_first();
        let (filter, conditions) = (&query.filter, &mut self.conditions);
        let (seen, now) = (if seen_first { "s.at" } else { LAST_SEEN }, || Value::from(query.now.0));
        // The indexes are partial: their conditions must be repeated here word for word.
        self.section = match (seen_first, query.trashed) {
            (true, false) => "s.trashed = 0",
            (true, true) => "s.trashed = 1",
            (false, true) => "t.deleted_at IS NOT NULL",
            (false, false) => "t.deleted_at IS NULL",
        };
        conditions.and(self.section, []);
        let unseen_since = Value::from(query.now.plus(-STALE_AFTER).0);
        if filter.stale {
            conditions.and(&format!("{seen} <= ?"), [unseen_since.clone()]);
        }
        match filter.seen {
            None => {}
            Some(true) => conditions.and(&format!("{seen} > 0"), []),
            Some(false) => conditions.and(&format!("{seen} = 0"), []),
        }
        match query.bounds.seen {
            None => {}
            Some(TimeBound::UpTo(end)) => {
                conditions.and(&format!("{seen} > 0 AND {seen} <= ?"), [Value::from(end.0)]);
            }
            Some(TimeBound::After(start)) => conditions.and(&format!("{seen} > ?"), [Value::from(start.0.max(0))]),
        }
        let on_seen = conditions.clone();
        match filter.status {
            None | Some(Status::Deleted) => {}
            Some(Status::Disabled) => conditions.and("t.enabled = 0", []),
            Some(Status::Expired) => conditions.and("t.enabled = 1 AND t.until <= ?", [now()]),
            Some(Status::Active) => conditions.and("t.enabled = 1 AND t.until > ?", [now()]),
        }
        // The index begins with the state, so each state is a part of it.
        let of_either_state = |times: &str| format!("t.enabled IN (0, 1) AND {times}");
        match query.bounds.expires {
            None => {}
            Some(TimeBound::UpTo(end)) => {
                conditions.and(&of_either_state("t.until > ? AND t.until <= ?"), [now(), Value::from(end.0)]);
            }
            Some(TimeBound::After(start)) => {
                conditions.and(&of_either_state("t.until > ?"), [Value::from(start.0.max(query.now.0))]);
            }
        }
        if filter.never_expires {
            conditions.and(&of_either_state("t.until = ?"), [Value::from(i64::MAX)]);
        }
        if let Some(by) = query.bounds.expiring_by {
            conditions.and("t.enabled = 1 AND t.until > ? AND t.until <= ?", [now(), Value::from(by.0)]);
        }
        let on_status = conditions.clone();
        and_visible(conditions, "t.account_id", &query.visibility);
        if let Some(ids) = accounts {
            conditions.and(&in_list("t.account_id", ids), ids.iter().copied().map(Value::from));
        }
        if let Some(part) = &filter.account {
            conditions.and("instr(t.username, ?) > 0", [Value::from(part.clone())]);
        }
        if filter.stale {
            let since_made = format!("({seen} > 0 OR t.created_at <= ?)");
            conditions.and(&format!("t.enabled = 1 AND t.until > ? AND {since_made}"), [now(), unseen_since]);
            conditions.and("t.expected_unused_since IS NULL", []);
        }
        if filter.expected_unused {
            conditions.and("t.expected_unused_since IS NOT NULL", []);
        }
        if filter.tried {
            still_tried::and_tried(conditions, query.now);
        }
        if is_empty(query, accounts) {
            conditions.and("FALSE", []);
        }
        if !matches!(text, TextMatch::Sql) {
            and_matches(conditions, if seen_first { "s.token_id" } else { "t.id" }, text.found(), query.trashed);
        } else {
            if let Some(holders) = &query.bounds.method {
                and_includes_method(conditions, holders);
            }
            filter.words.iter().for_each(|word| and_contains_word(conditions, word));
        }
        self.needs_tokens = conditions.conditions.len() > on_seen.conditions.len();
        self.index_conditions = if self.access_path == AccessPath::Seen { on_seen } else { on_status };
    }

    /// Returns the tables, each with the index to be used.
    fn table_clause(&self, with_tokens: bool) -> String {
        let index =
            |kept: &str, trashed: &str| format!("tokens t INDEXED BY {}", if self.trashed { trashed } else { kept });
        match self.access_path {
            _ if self.is_seen_first() => {
                let seen = "last_seen s INDEXED BY last_seen_in_order";
                let tokens = if with_tokens { " CROSS JOIN tokens t ON t.id = s.token_id" } else { "" };
                format!("{seen}{tokens}")
            }
            AccessPath::Accounts => index("tokens_name_in_account", "tokens_trashed_in_account"),
            AccessPath::Status => index("tokens_by_status", "tokens_trashed_by_status"),
            AccessPath::Table => "tokens t NOT INDEXED".to_owned(),
            AccessPath::ExpectedUnused => "tokens t INDEXED BY tokens_expected_unused".to_owned(),
            AccessPath::Denied => still_tried::DENIED_TOKENS.to_owned(),
            AccessPath::Order | AccessPath::Seen => {
                let column = self.sort.column.as_str();
                index(&format!("tokens_by_{column}"), &format!("tokens_trashed_by_{column}"))
            }
        }
    }

    fn sort_columns(&self) -> Vec<&'static str> {
        sort_columns(self.sort, self.is_seen_first())
    }

    /// Returns the number of tokens in the list, counted up to `max`; only those `before` a key, if given.
    pub fn count(&self, db: &Connection, max: Option<u64>, before: Option<&[Value]>) -> Result<u64> {
        let mut conditions = self.conditions.clone();
        if let Some(key) = before {
            self.seek(&mut conditions, key, Step::Before);
        }
        let with_tokens = self.needs_tokens || (before.is_some() && self.sort.column != SortColumn::LastSeen);
        let found = format!("FROM {} {}", self.table_clause(with_tokens), conditions.sql());
        let sql = match max {
            None => format!("SELECT count(*) {found}"),
            Some(max) => format!("SELECT count(*) FROM (SELECT 1 {found} LIMIT {max})"),
        };
        query_count(db, &sql, params_from_iter(&conditions.values))
    }

    /// Returns `true` if conditions are left that the index of the access path doesn't answer.
    pub(super) fn has_other_conditions(&self) -> bool {
        self.conditions.conditions.len() > self.index_conditions.conditions.len()
    }

    /// Returns the statement that counts the rows in the part of the index that the access path reads, up to `max`.
    pub(super) fn index_count_sql(&self, max: u64) -> (String, &[Value]) {
        let found = format!("FROM {} {}", self.table_clause(false), self.index_conditions.sql());
        (format!("SELECT count(*) FROM (SELECT 1 {found} LIMIT {max})"), &self.index_conditions.values)
    }

    fn order(&self, direction: &str) -> String {
        let keys = self.sort_columns();
        keys.iter().map(|key| format!("{key} {direction}")).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the sort columns, with the id at the end.
fn sort_columns(sort: Sort, seen_first: bool) -> Vec<&'static str> {
    let mut keys = match sort.column {
        SortColumn::Name => vec!["t.name"],
        SortColumn::Status => vec!["t.enabled", "t.until"],
        SortColumn::Account => vec!["t.username", "t.name"],
        SortColumn::Api => vec!["t.api"],
        SortColumn::Expires => vec!["t.until"],
        SortColumn::LastSeen => vec![if seen_first { "s.at" } else { LAST_SEEN }],
        SortColumn::Created => vec!["t.created_at"],
        SortColumn::Hint => vec!["t.public_id"],
    };
    keys.push(if seen_first { "s.token_id" } else { "t.tie" });
    keys
}

/// Returns a token's position in the order, even if the token is not in the list. `None` if there is no such token.
pub(super) fn sort_key(db: &Connection, sort: Sort, id: i64) -> Result<Option<Vec<Value>>> {
    let keys = sort_columns(sort, false);
    let sql = format!("SELECT {} FROM tokens t WHERE t.id = ?1", keys.join(", "));
    query_one(db, &sql, [id], |r| (0..keys.len()).map(|i| stored(r, i)).collect())
}
