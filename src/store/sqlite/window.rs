//! Stretches of the token list, by keyset over an index: nothing loads the table.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ToSql};

use super::convert::one;
use super::tokens::{self, SELECT};
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::error::Result;
use crate::verbs::ports::{Anchor, Tally, Visibility, Window, WindowQuery};

/// The SQL function that folds the case of every script.
const LOWER: &str = "jeton_lower";

/// Gives `db` the functions that windows ask for.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    db.create_scalar_function(LOWER, 1, flags, |call| Ok(call.get_raw(0).as_str()?.to_lowercase()))
}

/// A WHERE clause and its values, grown together.
struct Narrowed {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Narrowed {
    fn to(place: &str) -> Self {
        Narrowed { sql: format!("t.deleted_at {place}"), values: Vec::new() }
    }

    /// Adds a condition in which each `?` is one of `values`.
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Box<dyn ToSql>>) -> &mut Self {
        self.sql.push_str(" AND ");
        let mut values = values.into_iter();
        for (i, part) in condition.split('?').enumerate() {
            if i > 0 {
                self.values.extend(values.next());
                self.sql.push_str(&format!("?{}", self.values.len()));
            }
            self.sql.push_str(part);
        }
        self
    }

    fn visible_to(&mut self, visibility: &Visibility) -> &mut Self {
        if visibility.roles.len() == crate::domain::role::Role::ALL.len() {
            return self;
        }
        let roles = vec!["?"; visibility.roles.len()].join(", ");
        let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(visibility.own.0)];
        values.extend(visibility.roles.iter().map(|r| Box::new(r.word()) as Box<dyn ToSql>));
        let others = format!("t.account_id IN (SELECT id FROM accounts WHERE role IN ({roles}))");
        self.and(&format!("(t.account_id = ? OR {others})"), values)
    }

    fn params(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(|v| &**v).collect()
    }
}

fn scope(query: &WindowQuery) -> Narrowed {
    let mut scope = Narrowed::to(if query.trashed { "IS NOT NULL" } else { "IS NULL" });
    scope.visible_to(&query.visibility);
    if let Some(id) = query.account {
        scope.and("t.account_id = ?", [Box::new(id.0) as Box<dyn ToSql>]);
    }
    scope
}

fn filtered(query: &WindowQuery) -> Narrowed {
    let mut found = scope(query);
    let filter = &query.filter;
    for word in &filter.words {
        // SQLite folds the case of ASCII only, and only descriptions hold anything else.
        if !word.is_ascii() {
            let word = Box::new(word.to_lowercase()) as Box<dyn ToSql>;
            found.and(&format!("instr({LOWER}(t.description), ?) > 0"), [word]);
            continue;
        }
        let like = format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let text = || Box::new(like.clone()) as Box<dyn ToSql>;
        // The sub-queries are answered once each, not for every token.
        found.and(
            "(t.name LIKE ? ESCAPE '\\' OR t.description LIKE ? ESCAPE '\\'
              OR t.account_id IN (SELECT id FROM accounts WHERE username LIKE ? ESCAPE '\\')
              OR t.id IN (SELECT token_id FROM secrets WHERE state = 'current'
                          AND (SELECT prefix FROM installation) || '_' || public_id LIKE ? ESCAPE '\\'))",
            [text(), text(), text(), text()],
        );
    }
    if let Some(account) = &filter.account {
        let holding = "t.account_id IN (SELECT id FROM accounts WHERE instr(username, ?) > 0)";
        found.and(holding, [Box::new(account.clone()) as Box<dyn ToSql>]);
    }
    if let Some(seen) = filter.seen {
        let exists = if seen { "EXISTS" } else { "NOT EXISTS" };
        found.and(&format!("{exists} (SELECT 1 FROM last_uses u WHERE u.token_id = t.id)"), []);
    }
    let now = || [Box::new(query.now.0) as Box<dyn ToSql>];
    // The first match of deleted, disabled, expired, active: what lies in the trash is nothing but deleted.
    match filter.status {
        None => {}
        Some(Status::Deleted) => drop(found.and("t.deleted_at IS NOT NULL", [])),
        Some(Status::Disabled) => drop(found.and("t.deleted_at IS NULL AND t.enabled = 0", [])),
        Some(Status::Expired) => {
            found.and("t.deleted_at IS NULL AND t.enabled = 1 AND t.expires_at <= ?", now());
        }
        Some(Status::Active) => {
            found.and("t.deleted_at IS NULL AND t.enabled = 1 AND (t.expires_at IS NULL OR t.expires_at > ?)", now());
        }
    }
    found
}

fn count(db: &Connection, narrowed: &Narrowed) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM tokens t WHERE {}", narrowed.sql);
    let count = one(db, &sql, narrowed.params().as_slice(), |r| r.get::<_, i64>(0))?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

/// Which way from a key a page goes.
#[derive(Clone, Copy)]
enum Way {
    /// From the key on.
    Forward,
    /// From behind the key on.
    Onward,
    /// Before the key.
    Backward,
}

fn page(db: &Connection, query: &WindowQuery, from: Option<(&str, i64)>, way: Way, limit: usize) -> Result<Vec<Token>> {
    let mut found = filtered(query);
    let (compare, order) = match way {
        Way::Forward => (">=", "ASC"),
        Way::Onward => (">", "ASC"),
        Way::Backward => ("<", "DESC"),
    };
    if let Some((name, id)) = from {
        found.and(
            &format!("(t.name, t.id) {compare} (?, ?)"),
            [Box::new(name.to_owned()) as Box<dyn ToSql>, Box::new(id)],
        );
    }
    let sql = format!("{SELECT} WHERE {} ORDER BY t.name {order}, t.id {order} LIMIT {limit}", found.sql);
    let mut rows = tokens::find(db, &sql, &found.params())?;
    if matches!(way, Way::Backward) {
        rows.reverse();
    }
    Ok(rows)
}

/// A LIMIT that SQL can read: beyond 63 bits it would be no whole number any more.
fn most_rows(query: &WindowQuery) -> usize {
    query.limit.min(i64::MAX as usize)
}

pub(super) fn window(db: &Connection, query: &WindowQuery) -> Result<Window> {
    if let Anchor::After(id) = query.anchor {
        let Some(last) = tokens::by_id(db, id)? else { return Ok(Window::default()) };
        let rows = page(db, query, Some((last.name.as_str(), id.0)), Way::Onward, query.limit)?;
        return Ok(Window { rows, ..Window::default() });
    }
    let matching = count(db, &filtered(query))?;
    let total = if query.filter.is_empty() { matching } else { count(db, &scope(query))? };
    let limit = most_rows(query);
    let rows = match query.anchor {
        Anchor::Start | Anchor::After(_) => page(db, query, None, Way::Forward, limit)?,
        Anchor::End => page(db, query, None, Way::Backward, limit)?,
        Anchor::Around(id, _) => match tokens::by_id(db, id)? {
            None => page(db, query, None, Way::Forward, limit)?,
            Some(token) => around(db, query, (token.name.as_str(), token.id.0))?,
        },
    };
    let position = match (query.anchor, rows.first()) {
        (Anchor::Start | Anchor::After(_), _) | (_, None) => 0,
        (Anchor::End, _) => matching.saturating_sub(rows.len() as u64),
        (Anchor::Around(..), Some(first)) => {
            let mut before = filtered(query);
            let key: [Box<dyn ToSql>; 2] = [Box::new(first.name.to_string()), Box::new(first.id.0)];
            count(db, before.and("(t.name, t.id) < (?, ?)", key))?
        }
    };
    Ok(Window { rows, position, matching, matching_is_least: false, total })
}

/// Half a page before the key and the rest from it on; more on one side where the other runs out.
fn around(db: &Connection, query: &WindowQuery, key: (&str, i64)) -> Result<Vec<Token>> {
    let limit = most_rows(query);
    let mut before = page(db, query, Some(key), Way::Backward, limit)?;
    let mut after = page(db, query, Some(key), Way::Forward, limit)?;
    let keep_after = after.len().min(limit - before.len().min(limit / 2));
    let keep_before = before.len().min(limit - keep_after);
    after.truncate(keep_after);
    before.drain(..before.len() - keep_before);
    before.append(&mut after);
    Ok(before)
}

pub(super) fn tally(db: &Connection, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<Tally> {
    let own_active = tokens::active(db, visibility.own, now)?;
    let mut expiring = Narrowed::to("IS NULL");
    expiring.visible_to(visibility).and(
        "t.enabled = 1 AND t.expires_at IS NOT NULL AND t.expires_at > ? AND t.expires_at <= ?",
        [Box::new(now.0) as Box<dyn ToSql>, Box::new(soon.0)],
    );
    Ok(Tally { own_active, expiring: count(db, &expiring)? })
}
