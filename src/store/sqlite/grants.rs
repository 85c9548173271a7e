//! What every token may call, a page at a time: three look-ups a page, however many tokens are on it.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, params};

use super::convert::{all, damaged};
use crate::domain::method::MethodId;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::selection::Selection;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::Grant;

pub(super) fn page(db: &Connection, after: Option<TokenId>, limit: usize) -> Result<Vec<Grant>> {
    let after = after.map_or(i64::MIN, |id| id.0);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = all(
        db,
        "SELECT t.id, t.name, t.selection, a.username, a.role, c.issued_role, p.issued_role
         FROM tokens t JOIN accounts a ON a.id = t.account_id
         LEFT JOIN secrets c ON c.token_id = t.id AND c.state = 'current'
         LEFT JOIN secrets p ON p.token_id = t.id AND p.state = 'previous'
         WHERE t.id > ?1 ORDER BY t.id LIMIT ?2",
        params![after, limit],
        |r| {
            Ok((
                r.get::<_, i64>(0)?,
                r.get::<_, String>(1)?,
                r.get::<_, String>(2)?,
                r.get::<_, String>(3)?,
                (r.get::<_, String>(4)?, [r.get::<_, Option<String>>(5)?, r.get(6)?]),
            ))
        },
    )?;
    let Some(last) = rows.last().map(|row| row.0) else { return Ok(Vec::new()) };
    let mut sets: HashMap<i64, BTreeSet<String>> = HashMap::new();
    let sql = "SELECT token_id, set_name FROM token_sets WHERE token_id > ?1 AND token_id <= ?2";
    for (id, name) in all(db, sql, params![after, last], |r| Ok((r.get(0)?, r.get(1)?)))? {
        sets.entry(id).or_default().insert(name);
    }
    let mut methods: HashMap<i64, BTreeSet<MethodId>> = HashMap::new();
    let sql = "SELECT token_id, method_id FROM token_methods WHERE token_id > ?1 AND token_id <= ?2";
    for (id, method) in all(db, sql, params![after, last], |r| Ok((r.get(0)?, r.get::<_, String>(1)?)))? {
        let method = MethodId::parse(&method).map_err(|_| damaged("a method id"))?;
        methods.entry(id).or_default().insert(method);
    }
    let role = |word: &str| Role::parse(word).map_err(|_| damaged("a role"));
    type Row = (i64, String, String, String, (String, [Option<String>; 2]));
    let grant = |(id, name, selection, username, (account_role, issued)): Row| {
        let account_role = role(&account_role)?;
        let mut roles = Vec::with_capacity(1);
        for issued in issued.iter().flatten() {
            let effective = role(issued)?.min(account_role);
            if !roles.contains(&effective) {
                roles.push(effective);
            }
        }
        if roles.is_empty() {
            roles.push(account_role);
        }
        Ok(Grant {
            token: TokenId(id),
            name: TokenName::parse(&name).map_err(|_| damaged("a token name"))?,
            account: Username::parse(&username).map_err(|_| damaged("a username"))?,
            roles,
            selection: match selection.as_str() {
                "inherit" => Selection::Inherit,
                "sets" => Selection::Sets(sets.remove(&id).unwrap_or_default()),
                "custom" => Selection::Custom(methods.remove(&id).unwrap_or_default()),
                _ => return Err(damaged("an API selection")),
            },
        })
    };
    rows.into_iter().map(grant).collect()
}
