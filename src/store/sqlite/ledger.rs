//! Stretches of the ledger, along indexes in the order of time: nothing loads a table.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

use super::convert::{all, damaged, one};
use super::narrowed::Narrowed;
use crate::domain::account::AccountId;
use crate::domain::name::{Prefix, TokenName, Username};
use crate::domain::secret::PublicId;
use crate::domain::time::{MINUTE, Timestamp, utc_day_number};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::decide::Reason;
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, LedgerAnchor, LedgerQuery, LedgerSecret, LedgerToken, LedgerWindow, Sight, Standing, UseKey,
    UseRow, Whereabouts,
};

/// What is left of a token and its secrets, beside a row `d` of the ledger.
const NAMED: &str = "
    LEFT JOIN tokens t ON t.id = d.token_id
    LEFT JOIN tombstones p ON t.id IS NULL
          AND p.public_id = (SELECT public_id FROM tombstones WHERE token_id = d.token_id LIMIT 1)
    LEFT JOIN accounts a ON a.id = coalesce(t.account_id, p.account_id)
    LEFT JOIN secrets s ON s.public_id = d.public_id";

/// The columns that [`Named::read`] reads, the first nine of every row.
const NAMED_COLUMNS: &str = "d.token_id, coalesce(t.name, p.token_name), a.username, t.id IS NOT NULL,
    t.deleted_at IS NOT NULL, d.public_id, s.state, s.retires_at, (SELECT prefix FROM installation)";
/// How many those are.
const NAMED_COUNT: usize = 9;

/// A token's name and a hint, as words are looked for in them; empty where there is none.
const FULL_NAME: &str = "coalesce(a.username || '/' || coalesce(t.name, p.token_name), '')";
const HINT: &str =
    "CASE WHEN d.public_id = '' THEN '' ELSE (SELECT prefix FROM installation) || '_' || d.public_id END";

/// One of the two lists.
pub(super) trait Listed: Sized {
    /// Names a row; in the order of the list, the newest last.
    type Key: Ord + Clone;
    /// Its table as `d`, read along time.
    const BY_TIME: &'static str;
    /// The same, read along one token's time.
    const OF_TOKEN: &'static str;
    /// What a key is of, the time first.
    const KEY: &'static [&'static str];
    /// The columns behind [`NAMED_COLUMNS`].
    const COLUMNS: &'static str;
    /// What words are looked for in, beside name and hint.
    const WORDS: &'static [&'static str];

    fn values(key: &Self::Key) -> Vec<Value>;
    fn key(&self) -> Self::Key;
    /// That it came at this instant or later. `time` is the list's time: where the index ends, or a mere condition.
    fn since(found: &mut Narrowed, time: &str, since: Timestamp);
    fn read(named: Named, r: &Row<'_>) -> rusqlite::Result<Self>;
    fn reason(found: &mut Narrowed, reason: &str);
}

impl Listed for DeniedRow {
    type Key = DeniedKey;
    const BY_TIME: &'static str = "denied_attempts d INDEXED BY denied_attempts_by_time";
    const OF_TOKEN: &'static str = "denied_attempts d INDEXED BY denied_attempts_once";
    const KEY: &'static [&'static str] = &["d.minute", "d.tie"];
    const COLUMNS: &'static str = "d.minute, d.id, d.last_at, d.attempts, d.reason, d.method, d.address, d.client";
    const WORDS: &'static [&'static str] = &["d.reason", "d.method", "d.address", "d.client"];

    fn values(key: &DeniedKey) -> Vec<Value> {
        vec![Value::from(key.minute), Value::from(key.row)]
    }

    fn key(&self) -> DeniedKey {
        self.key
    }

    fn since(found: &mut Narrowed, time: &str, since: Timestamp) {
        let (minute, at) = (found.bind(since.0.div_euclid(MINUTE)), found.bind(since.0));
        found.and(&format!("{time} >= {minute} AND d.last_at >= {at}"));
    }

    fn read(named: Named, r: &Row<'_>) -> rusqlite::Result<Self> {
        let reason: String = r.get(NAMED_COUNT + 4)?;
        let secret = named.secret.map(|secret| match reason == Reason::WrongSecret.word() {
            true => LedgerSecret { standing: Standing::Wrong, ..secret },
            false => secret,
        });
        Ok(DeniedRow {
            key: DeniedKey { minute: r.get(NAMED_COUNT)?, row: r.get(NAMED_COUNT + 1)? },
            at: Timestamp(r.get(NAMED_COUNT + 2)?),
            attempts: r.get::<_, i64>(NAMED_COUNT + 3)?.unsigned_abs(),
            reason,
            token: Some(named.token).filter(|token| token.id.0 != 0),
            secret,
            method: r.get(NAMED_COUNT + 5)?,
            address: r.get(NAMED_COUNT + 6)?,
            client: r.get(NAMED_COUNT + 7)?,
        })
    }

    fn reason(found: &mut Narrowed, reason: &str) {
        let holding = found.holding(&["d.reason"], reason);
        found.and(&holding);
    }
}

impl Listed for UseRow {
    type Key = UseKey;
    const BY_TIME: &'static str = "daily_uses d INDEXED BY daily_uses_by_day";
    const OF_TOKEN: &'static str = "daily_uses d NOT INDEXED";
    const KEY: &'static [&'static str] = &["d.day", "d.token_id", "d.public_id", "d.method", "d.address", "d.client"];
    const COLUMNS: &'static str = "d.day, d.method, d.address, d.client, d.uses";
    const WORDS: &'static [&'static str] = &["d.method", "d.address", "d.client"];

    fn values(key: &UseKey) -> Vec<Value> {
        let texts = [&key.secret, &key.method, &key.address, &key.client].map(|text| Value::from(text.clone()));
        [Value::from(key.day), Value::from(key.token.0)].into_iter().chain(texts).collect()
    }

    fn key(&self) -> UseKey {
        self.key.clone()
    }

    fn since(found: &mut Narrowed, time: &str, since: Timestamp) {
        let day = found.bind(utc_day_number(since));
        found.and(&format!("{time} >= {day}"));
    }

    fn read(named: Named, r: &Row<'_>) -> rusqlite::Result<Self> {
        let Named { token, secret, public_id } = named;
        let key = UseKey {
            day: r.get(NAMED_COUNT)?,
            token: token.id,
            secret: public_id,
            method: r.get(NAMED_COUNT + 1)?,
            address: r.get(NAMED_COUNT + 2)?,
            client: r.get(NAMED_COUNT + 3)?,
        };
        Ok(UseRow { key, token, secret, uses: r.get::<_, i64>(NAMED_COUNT + 4)?.unsigned_abs() })
    }

    fn reason(found: &mut Narrowed, _reason: &str) {
        found.and("0");
    }
}

/// A token and a secret of it, as a row of the ledger names them.
pub(super) struct Named {
    token: LedgerToken,
    secret: Option<LedgerSecret>,
    public_id: String,
}

impl Named {
    /// Reads [`NAMED_COLUMNS`]; none where one of them doesn't read back.
    fn read(r: &Row<'_>, now: Timestamp) -> rusqlite::Result<Option<Self>> {
        let (id, name, account) = (r.get(0)?, r.get::<_, Option<String>>(1)?, r.get::<_, Option<String>>(2)?);
        let (there, trashed): (bool, bool) = (r.get(3)?, r.get(4)?);
        let (public_id, state): (String, Option<String>) = (r.get(5)?, r.get(6)?);
        let (retires_at, prefix): (Option<i64>, Option<String>) = (r.get(7)?, r.get(8)?);
        let whereabouts = match (there, trashed) {
            (true, false) => Whereabouts::Kept,
            (true, true) => Whereabouts::Deleted,
            (false, _) => Whereabouts::Purged,
        };
        let named = match (account, name) {
            (Some(account), Some(name)) => match (Username::parse(&account), TokenName::parse(&name)) {
                (Ok(account), Ok(name)) => Some((account, name)),
                _ => return Ok(None),
            },
            _ => None,
        };
        let standing = match (state.as_deref(), retires_at, whereabouts) {
            (None, ..) | (_, _, Whereabouts::Purged) => Standing::Purged,
            (Some("dead"), ..) => Standing::Old,
            (Some("previous"), Some(until), _) if until <= now.0 => Standing::Old,
            (_, _, Whereabouts::Deleted) => Standing::Deleted,
            (Some("previous"), ..) => Standing::Previous,
            (Some(_), ..) => Standing::Current,
        };
        let secret = match public_id.as_str() {
            "" => None,
            id => {
                let prefix = prefix.and_then(|prefix| Prefix::parse(&prefix).ok());
                let (Some(id), Some(prefix)) = (PublicId::parse(id), prefix) else { return Ok(None) };
                Some(LedgerSecret { hint: id.hint(&prefix), standing })
            }
        };
        Ok(Some(Named { token: LedgerToken { id: TokenId(id), named, whereabouts }, secret, public_id }))
    }
}

/// Everything of `query` but where its stretch begins; of one token's rows where that is said.
fn filtered<R: Listed>(query: &LedgerQuery<R::Key>, token: Option<TokenId>, from: &From<R::Key>) -> Narrowed {
    let mut found = Narrowed::default();
    if let Some(token) = token {
        let token = found.bind(token.0);
        found.and(&format!("d.token_id = {token}"));
    } else if let Sight::Of { visibility, strangers } = &query.sight {
        let own = found.bind(visibility.own.0);
        let roles: Vec<String> = visibility.roles.iter().map(|role| found.bind(role.word())).collect();
        let nobodys = if *strangers { " OR d.token_id = 0" } else { "" };
        found.and(&format!("(a.id = {own} OR a.role IN ({}){nobodys})", roles.join(", ")));
    }
    if let Some(since) = query.since {
        // Going up from a row begins at that row: the plus keeps the index from beginning at this instant instead.
        let plus = if matches!(from, From::Above(_)) { "+" } else { "" };
        R::since(&mut found, &format!("{plus}{}", R::KEY[0]), since);
    }
    let filter = &query.filter;
    let everywhere: Vec<&str> = R::WORDS.iter().chain(&[FULL_NAME, HINT]).copied().collect();
    for word in &filter.words {
        let holding = found.holding(&everywhere, word);
        found.and(&holding);
    }
    if let Some(token) = &filter.token {
        let holding = found.holding(&[FULL_NAME, HINT], token);
        let token = found.bind(token.clone());
        found.and(&format!("({holding} OR 't:' || d.token_id = {token})"));
    }
    if let Some(address) = &filter.address {
        let holding = found.holding(&["d.address"], address);
        found.and(&holding);
    }
    if let Some(reason) = &filter.reason {
        R::reason(&mut found, reason);
    }
    found
}

/// Which way a page goes from where.
#[derive(Debug, Clone)]
pub(super) enum From<K> {
    /// Down from the newest.
    Top,
    /// Up from the oldest.
    Bottom,
    /// Up from above this row.
    Above(K),
    /// Down from this row, itself first.
    At(K),
    /// Down from below this row.
    Below(K),
}

/// The statement for `limit` rows, of one token where that is said, the nearest first.
pub(super) fn page_sql<R: Listed>(
    query: &LedgerQuery<R::Key>,
    token: Option<TokenId>,
    from: &From<R::Key>,
    limit: usize,
) -> (String, Narrowed) {
    let mut found = filtered::<R>(query, token, from);
    let (bound, order) = match from {
        From::Top => (None, "DESC"),
        From::Bottom => (None, "ASC"),
        From::Above(key) => (Some((">", key)), "ASC"),
        From::At(key) => (Some(("<=", key)), "DESC"),
        From::Below(key) => (Some(("<", key)), "DESC"),
    };
    if let Some((compare, key)) = bound {
        let marks: Vec<String> = R::values(key).into_iter().map(|value| found.bind(value)).collect();
        found.and(&format!("({}) {compare} ({})", R::KEY.join(", "), marks.join(", ")));
    }
    let order: Vec<String> = R::KEY.iter().map(|column| format!("{column} {order}")).collect();
    let table = if token.is_some() { R::OF_TOKEN } else { R::BY_TIME };
    let sql = format!(
        "SELECT {NAMED_COLUMNS}, {} FROM {table} {NAMED} {} ORDER BY {} LIMIT {limit}",
        R::COLUMNS,
        found.sql,
        order.join(", ")
    );
    (sql, found)
}

/// `limit` rows and whether there are more, the newest first.
fn side<R: Listed>(
    db: &Connection,
    query: &LedgerQuery<R::Key>,
    from: &From<R::Key>,
    limit: usize,
) -> Result<(Vec<R>, bool)> {
    let most = limit.min(i64::MAX as usize - 1);
    let page = |token: Option<TokenId>| {
        let (sql, found) = page_sql::<R>(query, token, from, most + 1);
        let read = |r: &Row<'_>| Named::read(r, query.now)?.map(|named| R::read(named, r)).transpose();
        let rows = all(db, &sql, found.params().as_slice(), read)?;
        rows.into_iter().map(|row| row.ok_or_else(|| damaged("a row of the ledger"))).collect::<Result<Vec<R>>>()
    };
    let up = matches!(from, From::Bottom | From::Above(_));
    let mut rows = match &query.sight {
        Sight::Token(token) => page(Some(*token))?,
        // Along time it would be a search through everybody's rows: the few tokens of one account are asked one by one.
        Sight::Of { visibility, strangers: false } if visibility.roles.is_empty() => {
            let mut rows: Vec<R> = Vec::new();
            for token in tokens_of(db, visibility.own)? {
                rows.append(&mut page(Some(token))?);
                rows.sort_by_key(|row| row.key());
                if !up {
                    rows.reverse();
                }
                rows.truncate(most + 1);
            }
            rows
        }
        Sight::All | Sight::Of { .. } => page(None)?,
    };
    let more = rows.len() > most;
    rows.truncate(most);
    if up {
        rows.reverse();
    }
    Ok((rows, more))
}

/// Every token that an account has or had.
fn tokens_of(db: &Connection, account: AccountId) -> Result<Vec<TokenId>> {
    let sql = "SELECT id FROM tokens WHERE account_id = ?1 AND deleted_at IS NULL
               UNION ALL SELECT id FROM tokens WHERE account_id = ?1 AND deleted_at IS NOT NULL
               UNION ALL SELECT DISTINCT token_id FROM tombstones WHERE account_id = ?1";
    all(db, sql, params![account.0], |r| r.get(0).map(TokenId))
}

pub(super) fn window<R: Listed>(db: &Connection, query: &LedgerQuery<R::Key>) -> Result<LedgerWindow<R>> {
    let limit = query.limit;
    let (rows, newer, older) = match query.anchor.clone() {
        LedgerAnchor::Newest => {
            let (rows, older) = side(db, query, &From::Top, limit)?;
            (rows, false, older)
        }
        LedgerAnchor::Oldest => {
            let (rows, newer) = side(db, query, &From::Bottom, limit)?;
            (rows, newer, false)
        }
        LedgerAnchor::Newer(key) => {
            let (rows, newer) = side(db, query, &From::Above(key), limit)?;
            (rows, newer, true)
        }
        LedgerAnchor::Older(key) => {
            let (rows, older) = side(db, query, &From::Below(key), limit)?;
            (rows, true, older)
        }
        LedgerAnchor::Around(key) => around(db, query, key)?,
    };
    Ok(LedgerWindow { rows, newer, older })
}

/// Half above the row and the rest from it on; more on one side where the other runs out.
fn around<R: Listed>(db: &Connection, query: &LedgerQuery<R::Key>, key: R::Key) -> Result<(Vec<R>, bool, bool)> {
    let limit = query.limit;
    let (mut above, newer) = side::<R>(db, query, &From::Above(key.clone()), limit)?;
    let (mut below, older) = side(db, query, &From::At(key), limit)?;
    let keep_below = below.len().min(limit - above.len().min(limit / 2));
    let keep_above = above.len().min(limit - keep_below);
    let (newer, older) = (newer || keep_above < above.len(), older || keep_below < below.len());
    below.truncate(keep_below);
    above.drain(..above.len() - keep_above);
    above.append(&mut below);
    Ok((above, newer, older))
}

/// SQLite's own count of what other connections have committed, as this one sees it.
pub(super) fn head(db: &Connection) -> Result<i64> {
    one(db, "PRAGMA data_version", [], |r| r.get(0))?.ok_or_else(|| damaged("the store's own count of changes"))
}

/// A token as the ledger names it; a secret of it, where one is given.
pub(super) fn named(
    db: &Connection,
    token: TokenId,
    public_id: &str,
    now: Timestamp,
) -> Result<(LedgerToken, Option<LedgerSecret>)> {
    let sql = format!("SELECT {NAMED_COLUMNS} FROM (SELECT ?1 AS token_id, ?2 AS public_id) d {NAMED}");
    let found = one(db, &sql, params![token.0, public_id], |r| Named::read(r, now))?.flatten();
    found.map(|named| (named.token, named.secret)).ok_or_else(|| damaged("a row of the ledger"))
}
