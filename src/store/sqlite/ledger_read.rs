//! Rows of the ledger, with their tokens and secrets.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

use super::query_helpers::{corrupt, count, lossy, query_one, query_value};
use super::where_clause::WhereClause;
use crate::domain::name::{Prefix, TokenName, Username};
use crate::domain::secret::PublicId;
use crate::domain::time::{MINUTE, Timestamp, utc_day, utc_day_number};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, LedgerSecret, LedgerToken, SecretStatus, TokenState, UseKey, UseRow, is_aggregated,
};
use crate::verbs::verify::DenialReason;

/// Joins of a row `d` of the ledger with the remains of its token and secrets.
pub(super) const TOKEN_JOINS: &str = "
    LEFT JOIN tokens t ON t.id = d.token_id
    LEFT JOIN tombstones p ON t.id IS NULL
          AND p.public_id = (SELECT public_id FROM tombstones WHERE token_id = d.token_id LIMIT 1)
    LEFT JOIN accounts a ON a.id = coalesce(t.account_id, p.account_id)
    LEFT JOIN secrets s ON s.public_id = d.public_id";

/// The columns that [`TokenRefRow::read`] reads, the first nine of every row.
pub(super) const TOKEN_COLUMNS: &str = "d.token_id, coalesce(t.name, p.token_name), a.username, t.id IS NOT NULL,
    t.deleted_at IS NOT NULL, d.public_id, s.state, s.retires_at, (SELECT prefix FROM installation)";
const TOKEN_COLUMN_COUNT: usize = 9;

/// A token's name and a hint, as text to search in; empty if missing.
pub(super) const FULL_NAME: &str = "coalesce(a.username || '/' || coalesce(t.name, p.token_name), '')";
pub(super) const HINT: &str =
    "CASE WHEN d.public_id = '' THEN '' ELSE (SELECT prefix FROM installation) || '_' || d.public_id END";

/// The reason of a denial, as text to search in. The reason `deleted` is shown as `revoked` or `purged`.
const REASON: &str = "CASE WHEN d.reason <> 'deleted' THEN d.reason
    WHEN t.id IS NULL THEN 'deleted purged' ELSE 'deleted revoked' END";

/// A row of one of the two lists.
pub(super) trait LedgerTable: Sized {
    /// The key of a row. Keys follow the order of the list, with the newest last.
    type Key: Ord + Clone;
    /// The table as `d`, read in order of time.
    const BY_TIME: &'static str;
    /// The table as `d`, read in order of one token's time.
    const OF_TOKEN: &'static str;
    /// The columns of a key, the time first.
    const KEY: &'static [&'static str];
    /// The columns after [`TOKEN_COLUMNS`].
    const COLUMNS: &'static str;
    /// The columns to search for words, in addition to name and hint.
    const TEXT_COLUMNS: &'static [&'static str];

    fn values(key: &Self::Key) -> Vec<Value>;
    /// Describes a row by its stored key.
    fn describe(key: &[Value]) -> String;
    fn key(&self) -> Self::Key;
    /// Adds the condition that a row is from this instant or later. `time` is the list's time, either as the end of
    /// the index range or as a mere condition.
    fn since(found: &mut WhereClause, time: &str, since: Timestamp);
    fn read(named: TokenRefRow, r: &Row<'_>) -> rusqlite::Result<Self>;
    fn reason(found: &mut WhereClause, reason: &str);
}

impl LedgerTable for DeniedRow {
    type Key = DeniedKey;
    const BY_TIME: &'static str = "denied_attempts d INDEXED BY denied_attempts_by_time";
    const OF_TOKEN: &'static str = "denied_attempts d INDEXED BY denied_attempts_once";
    const KEY: &'static [&'static str] = &["d.minute", "d.tie"];
    const COLUMNS: &'static str = "d.minute, d.id, d.last_at, d.attempts, d.reason, d.method, d.address, d.client";
    const TEXT_COLUMNS: &'static [&'static str] = &[REASON, "d.method", "d.address", "d.client"];

    fn values(key: &DeniedKey) -> Vec<Value> {
        vec![Value::from(key.minute), Value::from(key.row)]
    }

    fn describe(key: &[Value]) -> String {
        match key {
            [Value::Integer(minute), Value::Integer(row)] => {
                format!("attempt {row} of {}", Timestamp(minute.saturating_mul(MINUTE)).rfc3339())
            }
            _ => "an attempt".to_owned(),
        }
    }

    fn key(&self) -> DeniedKey {
        self.key
    }

    fn since(found: &mut WhereClause, time: &str, since: Timestamp) {
        let values = [since.0.div_euclid(MINUTE), since.0].map(Value::from);
        found.and(&format!("{time} >= ? AND d.last_at >= ?"), values);
    }

    fn read(named: TokenRefRow, r: &Row<'_>) -> rusqlite::Result<Self> {
        let reason: String = r.get(TOKEN_COLUMN_COUNT + 4)?;
        let (address, client) = (lossy(r, TOKEN_COLUMN_COUNT + 6)?, lossy(r, TOKEN_COLUMN_COUNT + 7)?);
        let secret = named.secret.map(|secret| match reason == DenialReason::WrongSecret.as_str() {
            true => LedgerSecret { status: SecretStatus::Wrong, ..secret },
            false => secret,
        });
        Ok(DeniedRow {
            key: DeniedKey { minute: r.get(TOKEN_COLUMN_COUNT)?, row: r.get(TOKEN_COLUMN_COUNT + 1)? },
            at: r.get(TOKEN_COLUMN_COUNT + 2)?,
            attempts: count(r, TOKEN_COLUMN_COUNT + 3)?,
            reason,
            token: Some(named.token).filter(|token| token.id.0 != 0),
            secret,
            method: lossy(r, TOKEN_COLUMN_COUNT + 5)?,
            several_callers: is_aggregated(&address, &client),
            address,
            client,
        })
    }

    fn reason(found: &mut WhereClause, reason: &str) {
        found.and_contains(&["d.reason"], reason);
    }
}

impl LedgerTable for UseRow {
    type Key = UseKey;
    const BY_TIME: &'static str = "daily_uses d INDEXED BY daily_uses_by_day";
    const OF_TOKEN: &'static str = "daily_uses d NOT INDEXED";
    const KEY: &'static [&'static str] = &["d.day", "d.token_id", "d.public_id", "d.method", "d.address", "d.client"];
    const COLUMNS: &'static str = "d.day, d.method, d.address, d.client, d.uses";
    const TEXT_COLUMNS: &'static [&'static str] = &["d.method", "d.address", "d.client"];

    fn values(key: &UseKey) -> Vec<Value> {
        let texts = [&key.secret, &key.method, &key.address, &key.client].map(|text| Value::from(text.clone()));
        [Value::from(key.day), Value::from(key.token.0)].into_iter().chain(texts).collect()
    }

    fn describe(key: &[Value]) -> String {
        match key {
            [Value::Integer(day), Value::Integer(token), ..] => {
                format!("uses of {} on {}", TokenId(*token), utc_day(*day))
            }
            _ => "uses".to_owned(),
        }
    }

    fn key(&self) -> UseKey {
        UseRow::key(self)
    }

    fn since(found: &mut WhereClause, time: &str, since: Timestamp) {
        found.and(&format!("{time} >= ?"), [Value::from(utc_day_number(since))]);
    }

    fn read(named: TokenRefRow, r: &Row<'_>) -> rusqlite::Result<Self> {
        let TokenRefRow { token, secret, public_id } = named;
        let (address, client): (String, String) = (r.get(TOKEN_COLUMN_COUNT + 2)?, r.get(TOKEN_COLUMN_COUNT + 3)?);
        Ok(UseRow {
            day: r.get(TOKEN_COLUMN_COUNT)?,
            uses: count(r, TOKEN_COLUMN_COUNT + 4)?,
            token,
            secret,
            method: r.get(TOKEN_COLUMN_COUNT + 1)?,
            several_callers: is_aggregated(&address, &client),
            address,
            client,
            public_id,
        })
    }

    fn reason(found: &mut WhereClause, _reason: &str) {
        found.and("0", []);
    }
}

/// The token of a row of the ledger, and one of the token's secrets.
pub(super) struct TokenRefRow {
    token: LedgerToken,
    secret: Option<LedgerSecret>,
    public_id: String,
}

impl TokenRefRow {
    /// Reads [`TOKEN_COLUMNS`]. A damaged name or hint is omitted, because the token still has an id.
    pub(super) fn read(r: &Row<'_>, now: Timestamp) -> rusqlite::Result<Self> {
        let text = |index| Ok::<_, rusqlite::Error>(r.get_ref(index)?.as_str_or_null().ok().flatten());
        let (id, name, account) = (r.get(0)?, text(1)?, text(2)?);
        let (exists, trashed): (bool, bool) = (r.get(3)?, r.get(4)?);
        let (public_id, state) = (lossy(r, 5)?, text(6)?);
        let (retires_at, prefix): (Option<Timestamp>, _) = (r.get(7)?, text(8)?);
        let token_state = match (exists, trashed) {
            (true, false) => TokenState::Live,
            (true, true) => TokenState::Trashed,
            (false, _) => TokenState::Purged,
        };
        let (account, name) = match (account.map(Username::parse), name.map(TokenName::parse)) {
            (Some(Ok(account)), Some(Ok(name))) => (Some(account), Some(name)),
            _ => (None, None),
        };
        let status = match (state, retires_at, token_state) {
            (None, ..) | (_, _, TokenState::Purged) => SecretStatus::Purged,
            (Some("dead"), ..) => SecretStatus::Old,
            (Some("previous"), Some(until), _) if until <= now => SecretStatus::Old,
            (_, _, TokenState::Trashed) => SecretStatus::Deleted,
            (Some("previous"), ..) => SecretStatus::Previous,
            (Some(_), ..) => SecretStatus::Current,
        };
        let secret = match (PublicId::parse(&public_id), prefix.map(Prefix::parse)) {
            (Some(id), Some(Ok(prefix))) => Some(LedgerSecret { hint: id.hint(&prefix), status }),
            _ => None,
        };
        Ok(TokenRefRow { token: LedgerToken { id: TokenId(id), account, name, state: token_state }, secret, public_id })
    }
}

/// Returns SQLite's own counter of commits by other connections, as this connection sees it.
pub(super) fn data_version(db: &Connection) -> Result<i64> {
    query_value(db, "PRAGMA data_version", [])?.ok_or_else(|| corrupt("the store's own count of changes"))
}

/// Returns a token as the ledger names it, and one of its secrets if given.
pub(super) fn token_ref(
    db: &Connection,
    token: TokenId,
    public_id: &str,
    now: Timestamp,
) -> Result<(LedgerToken, Option<LedgerSecret>)> {
    let sql = format!("SELECT {TOKEN_COLUMNS} FROM (SELECT ?1 AS token_id, ?2 AS public_id) d {TOKEN_JOINS}");
    let found = query_one(db, &sql, params![token.0, public_id], |r| TokenRefRow::read(r, now))?;
    found.map(|named| (named.token, named.secret)).ok_or_else(|| corrupt("a row of the ledger"))
}
