//! Tokens and their selections.

use rusqlite::{Connection, Row, ToSql, params};

use super::query_helpers::{
    corrupt, execute, execute_unique, query_all, query_one, query_value, readable, sql_limit, tuple,
};
use super::token_counters;
use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::expiry::Expiry;
use crate::domain::name::{Prefix, TokenName};
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::{PreviousSecret, Token, TokenId, TokenOwner};
use crate::error::{Error, Fault, Result};
use crate::verbs::ports::{NamedToken, NamesQuery, NewToken, Visibility};

/// Selects a token with all its data in one row. Data in other tables is fetched by key.
pub(super) const SELECT: &str = "
    SELECT t.id, t.name, t.description, t.enabled, t.selection, t.created_at, t.expires_at, t.deleted_at, t.revision,
           a.id, a.username, a.role, a.enabled AND a.deleted_at IS NULL,
           c.public_id, c.created_at,
           p.public_id, p.retires_at, (SELECT at FROM last_uses WHERE public_id = p.public_id),
           (SELECT nullif(at, 0) FROM last_seen WHERE token_id = t.id),
           (SELECT prefix FROM installation), t.kind, c.issued_role, p.issued_role,
           (SELECT made_by FROM lineage WHERE token_id = t.id),
           (SELECT made_by FROM regenerated WHERE public_id = c.public_id),
           (SELECT made_by FROM regenerated WHERE public_id = p.public_id), t.expected_unused_since
    FROM tokens t
    JOIN accounts a ON a.id = t.account_id
    LEFT JOIN secrets c INDEXED BY secrets_of_token ON c.token_id = t.id AND c.state = 'current'
    LEFT JOIN secrets p INDEXED BY secrets_of_token ON p.token_id = t.id AND p.state = 'previous'";

/// Reads a row of [`SELECT`], and the word for the kind of its selection. The selection itself is in other tables.
fn read(r: &Row<'_>) -> rusqlite::Result<(Token, String)> {
    let prefix: Prefix = r.get(19)?;
    // There is no hint only between a token's insertion and its first secret, inside one transaction.
    let (hint, secret_since, issued_role) = match r.get::<_, Option<PublicId>>(13)? {
        Some(id) => (id.hint(&prefix), r.get(14)?, r.get(21)?),
        None => (String::new(), Timestamp(0), Role::Viewer),
    };
    let previous = match r.get::<_, Option<PublicId>>(15)? {
        Some(id) => Some(PreviousSecret {
            hint: id.hint(&prefix),
            retires_at: r.get(16)?,
            last_seen_at: r.get(17)?,
            issued_role: r.get(22)?,
            regenerated_by: r.get(25)?,
        }),
        None => None,
    };
    let token = Token {
        id: r.get(0)?,
        owner: TokenOwner { id: r.get(9)?, username: r.get(10)?, role: r.get(11)?, enabled: r.get(12)? },
        name: r.get(1)?,
        description: r.get(2)?,
        kind: r.get(20)?,
        enabled: r.get(3)?,
        selection: Selection::nothing(),
        created_at: r.get(5)?,
        expiry: Expiry::from(r.get::<_, Option<Timestamp>>(6)?),
        deleted_at: r.get(7)?,
        expected_unused_since: r.get(26)?,
        hint,
        secret_since,
        issued_role,
        made_by: r.get(23)?,
        regenerated_by: r.get(24)?,
        previous,
        last_seen_at: r.get(18)?,
        revision: r.get(8)?,
    };
    Ok((token, r.get(4)?))
}

/// Returns the tokens found by `sql` (which begins with [`SELECT`]), with their selections.
pub(super) fn find(db: &Connection, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Token>> {
    let with_selection = |(token, kind): (Token, String)| {
        let selection = selection(db, token.id, &kind)?;
        Ok(Token { selection, ..token })
    };
    query_all(db, sql, params, read)?.into_iter().map(with_selection).collect()
}

fn selection(db: &Connection, id: TokenId, kind: &str) -> Result<Selection> {
    match kind {
        "inherit" => Ok(Selection::Inherit),
        "sets" => {
            let names = query_all(db, "SELECT set_name FROM token_sets WHERE token_id = ?1", [id.0], |r| r.get(0))?;
            Ok(Selection::Sets(names.into_iter().collect()))
        }
        "custom" => {
            let sql = "SELECT method_id FROM token_methods WHERE token_id = ?1";
            Ok(Selection::Custom(query_all(db, sql, [id.0], |r| r.get(0))?.into_iter().collect()))
        }
        _ => Err(corrupt("an API selection")),
    }
}

pub(super) fn by_id(db: &Connection, id: TokenId) -> Result<Option<Token>> {
    Ok(find(db, &format!("{SELECT} WHERE t.id = ?1"), &[&id.0])?.pop())
}

/// Returns those of `ids` that are stored, in any order, and the ids of those with a damaged value. In one statement, 64
/// tokens take 1.2 ms; one by one, 1.6 ms.
pub(super) fn by_ids(db: &Connection, ids: &[i64]) -> Result<(Vec<Token>, Vec<TokenId>)> {
    let ids = serde_json::Value::from(ids).to_string();
    let sql = format!("{SELECT} WHERE t.id IN (SELECT value FROM json_each(?1))");
    let (rows, damaged) = readable(db, &sql, [&ids], read)?;
    let mut unreadable: Vec<TokenId> = damaged.into_iter().map(TokenId).collect();
    let mut tokens = Vec::with_capacity(rows.len());
    for (token, kind) in rows {
        match selection(db, token.id, &kind) {
            Ok(selection) => tokens.push(Token { selection, ..token }),
            Err(error) if error.has_fault(Fault::DamagedValue) => unreadable.push(token.id),
            Err(error) => return Err(error),
        }
    }
    unreadable.sort_unstable();
    Ok((tokens, unreadable))
}

pub(super) fn by_name(
    db: &Connection,
    visibility: &Visibility,
    account: Option<AccountId>,
    name: &TokenName,
    trashed: bool,
) -> Result<Vec<Token>> {
    let trash_test = if trashed { "IS NOT NULL" } else { "IS NULL" };
    let seen = visible(visibility);
    let head = format!("{SELECT} WHERE t.name = ?1 AND t.deleted_at {trash_test} AND {seen}");
    match account {
        Some(id) => find(db, &format!("{head} AND t.account_id = ?2 LIMIT 100"), &[&name.as_str(), &id.0]),
        None => find(db, &format!("{head} LIMIT 100"), &[&name.as_str()]),
    }
}

/// Returns the statement for tokens whose names lie between `?1` and `?2`. The limit is inside the subquery, because
/// the tokens that the reader may not see are also scanned.
pub(super) fn names_sql(query: &NamesQuery<'_>) -> String {
    let (within, account) = match (query.trashed, query.account) {
        (false, Some(id)) => {
            (format!("tokens_name_in_account WHERE account_id = {} AND deleted_at IS NULL", id.0), String::new())
        }
        (false, None) => ("tokens_by_name WHERE deleted_at IS NULL".to_owned(), String::new()),
        (true, account) => (
            "tokens_trashed_by_name WHERE deleted_at IS NOT NULL".to_owned(),
            account.map(|id| format!(" AND t.account_id = {}", id.0)).unwrap_or_default(),
        ),
    };
    let seen = visible(query.visibility);
    format!(
        "SELECT a.id, a.username, t.name
         FROM (SELECT id FROM tokens INDEXED BY {within} AND name >= ?1 AND name < ?2 ORDER BY name LIMIT ?3) f
              JOIN tokens t ON t.id = f.id JOIN accounts a ON a.id = t.account_id
         WHERE {seen}{account}"
    )
}

pub(super) fn names(db: &Connection, query: &NamesQuery<'_>) -> Result<Vec<NamedToken>> {
    let behind = format!("{}{}", query.beginning, char::MAX);
    query_all(db, &names_sql(query), params![query.beginning, behind, sql_limit(query.limit)], |r| {
        Ok(NamedToken { account: r.get(0)?, username: r.get(1)?, name: r.get(2)? })
    })
}

/// Returns the condition under which a reader sees the token `t` of the account `a`.
pub(super) fn visible(visibility: &Visibility) -> String {
    let roles: Vec<String> = visibility.roles.iter().map(|r| format!("'{}'", r.as_str())).collect();
    format!("(t.account_id = {} OR a.role IN ({}))", visibility.own.0, roles.join(", "))
}

/// Counts an account's active tokens. Names the index, because SQLite would choose the one that begins with `enabled`,
/// and read all of it.
pub(super) const COUNT_ACTIVE: &str = "
    SELECT count(*) FROM tokens INDEXED BY tokens_live_of_account
    WHERE account_id = ?1 AND deleted_at IS NULL AND enabled = 1 AND kind = 'api'
          AND (expires_at IS NULL OR expires_at > ?2)";

pub(super) fn active(db: &Connection, account: AccountId, now: Timestamp) -> Result<u32> {
    Ok(query_value(db, COUNT_ACTIVE, params![account.0, now.0])?.unwrap_or(0))
}

const fn selection_kind(selection: &Selection) -> &'static str {
    match selection {
        Selection::Sets(_) => "sets",
        Selection::Custom(_) => "custom",
        Selection::Inherit => "inherit",
    }
}

fn name_conflict(name: &TokenName) -> Error {
    Error::conflict(format!("the name {name} is taken"))
        .why("the account already has a token with this name")
        .next("Choose another name")
}

/// Adds a token, under the next id if none is given.
pub(super) fn insert(db: &Connection, id: Option<TokenId>, new: &NewToken<'_>) -> Result<TokenId> {
    let sql = "INSERT INTO tokens (account_id, name, description, kind, enabled, selection, created_at, expires_at,
                                   revision, username, api, id, expected_unused_since)
               VALUES (?1, ?2, ?3, 'api', 1, ?4, ?5, ?6, 1, (SELECT username FROM accounts WHERE id = ?1), ?7, ?8, ?9)";
    let row = params![
        new.account.0,
        new.name.as_str(),
        new.description.as_str(),
        selection_kind(new.selection),
        new.now.0,
        new.expiry.at().map(|at| at.0),
        new.selection.sort_key(),
        id.map(|id| id.0),
        new.expected_unused.then_some(new.now.0)
    ];
    execute_unique(db, sql, row, || name_conflict(new.name))?;
    let id = TokenId(db.last_insert_rowid());
    execute(db, "INSERT INTO last_seen (token_id, trashed, at) VALUES (?1, 0, 0)", [id.0])?;
    token_counters::increment(db, new.account.0, false)?;
    write_selection(db, id, new.selection)?;
    Ok(id)
}

/// Returns the highest id that a token ever had; 0 if there was none.
pub(super) fn newest_id(db: &Connection) -> Result<i64> {
    Ok(query_value(db, "SELECT seq FROM sqlite_sequence WHERE name = 'tokens'", [])?.unwrap_or(0))
}

/// Reserves all ids up to `newest`, so that no new token gets one of them.
pub(super) fn reserve_ids(db: &Connection, newest: i64) -> Result<()> {
    let known = newest_id(db)?;
    if known >= newest {
        return Ok(());
    }
    let raised = execute(db, "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'tokens'", [newest])?;
    if raised == 0 {
        execute(db, "INSERT INTO sqlite_sequence (name, seq) VALUES ('tokens', ?1)", [newest])?;
    }
    Ok(())
}

pub(super) fn update(db: &Connection, token: &Token) -> Result<()> {
    let sql = "SELECT account_id, deleted_at IS NOT NULL FROM tokens WHERE id = ?1";
    let was = query_one(db, sql, [token.id.0], tuple::<(i64, bool)>)?;
    let sql = "UPDATE tokens SET name = ?3, description = ?4, enabled = ?5, selection = ?6, expires_at = ?7,
                      deleted_at = ?8, api = ?9, expected_unused_since = ?10, revision = revision + 1
               WHERE id = ?1 AND revision = ?2";
    let row = params![
        token.id.0,
        token.revision.0,
        token.name.as_str(),
        token.description.as_str(),
        token.enabled,
        selection_kind(&token.selection),
        token.expiry.at().map(|at| at.0),
        token.deleted_at.map(|at| at.0),
        token.selection.sort_key(),
        token.expected_unused_since.map(|at| at.0)
    ];
    let is_restore = token.deleted_at.is_none() && was.as_ref().is_some_and(|(_, was_trashed)| *was_trashed);
    let conflict = || match is_restore {
        true => name_conflict(&token.name)
            .next("Choose another name. On the command line, restore only this token, with --as NAME"),
        false => name_conflict(&token.name),
    };
    if execute_unique(db, sql, row, conflict)? == 0 {
        return Err(Error::conflict(format!(
            "another program or session changed the token {} in the meantime; your change was not made",
            token.name
        ))
        .next("Check the token's current values, then make your change again"));
    }
    let trashed = token.deleted_at.is_some();
    if let Some((account, _)) = was.filter(|(_, was)| *was != trashed) {
        token_counters::transfer(db, account, trashed)?;
        execute(db, "UPDATE last_seen SET trashed = ?2 WHERE token_id = ?1", params![token.id.0, trashed])?;
    }
    // An old secret never outlives its token, and a later expiry doesn't reactivate the secret.
    let sql = "UPDATE secrets SET retires_at = ?2 WHERE token_id = ?1 AND state = 'previous' AND retires_at > ?2";
    if let Some(expiry) = token.expiry.at() {
        execute(db, sql, params![token.id.0, expiry.0])?;
    }
    execute(db, "DELETE FROM token_sets WHERE token_id = ?1", [token.id.0])?;
    execute(db, "DELETE FROM token_methods WHERE token_id = ?1", [token.id.0])?;
    write_selection(db, token.id, &token.selection)
}

fn write_selection(db: &Connection, id: TokenId, selection: &Selection) -> Result<()> {
    match selection {
        Selection::Inherit => {}
        Selection::Sets(names) => {
            for name in names {
                execute(db, "INSERT INTO token_sets (token_id, set_name) VALUES (?1, ?2)", params![id.0, name])?;
            }
        }
        Selection::Custom(methods) => {
            for method in methods {
                let row = params![id.0, method.as_str()];
                execute(db, "INSERT INTO token_methods (token_id, method_id) VALUES (?1, ?2)", row)?;
            }
        }
    }
    Ok(())
}
