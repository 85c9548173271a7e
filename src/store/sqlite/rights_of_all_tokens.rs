//! Rights of every token, a page at a time. A page needs three look-ups, regardless of the number of tokens on it.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, params};

use super::query_helpers::{readable, sql_limit, tuple};
use crate::domain::api_selection::Selection;
use crate::domain::method::MethodId;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::{Grant, GrantPage};

/// The content of a token's own row.
type Row = (i64, TokenName, String, Username, Vec<Role>);

pub(super) fn page(db: &Connection, after: Option<TokenId>, limit: usize) -> Result<GrantPage> {
    let after = after.map_or(i64::MIN, |id| id.0);
    let sql = "SELECT t.id, t.name, t.selection, a.username, a.role, c.issued_role, p.issued_role
               FROM tokens t JOIN accounts a ON a.id = t.account_id
               LEFT JOIN secrets c INDEXED BY secrets_of_token ON c.token_id = t.id AND c.state = 'current'
               LEFT JOIN secrets p INDEXED BY secrets_of_token ON p.token_id = t.id AND p.state = 'previous'
               WHERE t.id > ?1 ORDER BY t.id LIMIT ?2";
    let (rows, damaged_rows) = readable(db, sql, params![after, sql_limit(limit)], read)?;
    let mut unreadable: BTreeSet<i64> = damaged_rows.into_iter().collect();
    let Some(last) = rows.last().map(|row| row.0).max(unreadable.last().copied()) else {
        return Ok(GrantPage::default());
    };
    let mut sets: HashMap<i64, BTreeSet<String>> = HashMap::new();
    let sql = "SELECT token_id, set_name FROM token_sets WHERE token_id > ?1 AND token_id <= ?2";
    let (found, damaged_sets) = readable::<_, i64>(db, sql, params![after, last], tuple)?;
    for (id, name) in found {
        sets.entry(id).or_default().insert(name);
    }
    let mut methods: HashMap<i64, BTreeSet<MethodId>> = HashMap::new();
    let sql = "SELECT token_id, method_id FROM token_methods WHERE token_id > ?1 AND token_id <= ?2";
    let (found, damaged_methods) = readable::<_, i64>(db, sql, params![after, last], tuple)?;
    for (id, method) in found {
        methods.entry(id).or_default().insert(method);
    }
    unreadable.extend(damaged_sets);
    unreadable.extend(damaged_methods);
    let mut grants = Vec::with_capacity(rows.len());
    for (id, name, selection, account, roles) in rows {
        let selection = match selection.as_str() {
            "inherit" => Selection::Inherit,
            "sets" => Selection::Sets(sets.remove(&id).unwrap_or_default()),
            "custom" => Selection::Custom(methods.remove(&id).unwrap_or_default()),
            _ => {
                unreadable.insert(id);
                continue;
            }
        };
        if !unreadable.contains(&id) {
            grants.push(Grant { token: TokenId(id), name, account, roles, selection });
        }
    }
    Ok(GrantPage { grants, unreadable: unreadable.into_iter().map(TokenId).collect(), last: Some(TokenId(last)) })
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let account_role: Role = r.get(4)?;
    let issued: [Option<Role>; 2] = [r.get(5)?, r.get(6)?];
    let mut roles: Vec<Role> = issued.into_iter().flatten().map(|role| role.min(account_role)).collect();
    roles.dedup();
    if roles.is_empty() {
        roles.push(account_role);
    }
    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, roles))
}
