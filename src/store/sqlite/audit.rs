//! The audit log. Rows are appended in the transaction of the change that they describe.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Row, params};
use serde_json::Value;

use super::audit_window;
use super::query_helpers::{execute, query_all, query_one, query_value, sql_limit, sqlite_error, tuple};
use super::sqlite_tx::SqliteTx;
use crate::domain::audit::{AuditActor, AuditEntry, AuditRow, chain_hash};
use crate::domain::audit_chain::{HASH_COLUMN, RawRow};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::ports::audit_log::{AuditLog, AuditPage, AuditQuery, AuditTip, AuditWindow};

/// Appends a row for each entry; returns the number of the last row.
pub(super) fn append(db: &Connection, actor: &AuditActor, now: Timestamp, entries: &[AuditEntry]) -> Result<i64> {
    let AuditTip { mut seq, mut hash } = tip(db)?;
    for entry in entries {
        seq += 1;
        let row = AuditRow {
            seq,
            at: now,
            account: actor.account.clone(),
            name: actor.name.clone(),
            proof: actor.proof.clone(),
            face: actor.face.as_str().to_owned(),
            verb: entry.verb.to_owned(),
            target: entry.target.clone(),
            target_name: entry.target_name.clone(),
            details: Value::Object(entry.details.clone()).to_string(),
        };
        hash = chain_hash(&hash, &row);
        let sql = "INSERT INTO audit (seq, at, account, name, proof, face, verb, target, target_name, details, hash)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let AuditRow { account, name, proof, face, verb, target, target_name, details, .. } = &row;
        let values = params![seq, now.0, account, name, proof, face, verb, target, target_name, details, hash];
        execute(db, sql, values)?;
    }
    Ok(seq)
}

/// Returns the number and hash of the last row.
pub(super) fn tip(db: &Connection) -> Result<AuditTip> {
    let last = query_one(db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |r| {
        Ok(AuditTip { seq: r.get(0)?, hash: r.get(1)? })
    })?;
    Ok(last.unwrap_or_default())
}

/// Returns `true` if the log still has the row `tip`.
pub(super) fn contains(db: &Connection, tip: AuditTip) -> Result<bool> {
    let hash = query_value::<Vec<u8>>(db, "SELECT hash FROM audit WHERE seq = ?1", [tip.seq])?;
    Ok(hash.is_some_and(|hash| hash == tip.hash))
}

impl AuditLog for SqliteTx<'_> {
    fn audit_tip(&self) -> Result<AuditTip> {
        tip(self.0)
    }

    fn audit_contains(&self, tip: AuditTip) -> Result<bool> {
        contains(self.0, tip)
    }

    fn audit_rows(&self, verb: &str, target: &str, limit: usize) -> Result<Vec<AuditRow>> {
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE target = ?1 AND verb = ?2 ORDER BY seq DESC LIMIT ?3");
        let rows = query_all(self.0, &sql, params![target, verb, sql_limit(limit)], read_raw)?;
        Ok(rows.into_iter().map(|raw| raw.row).collect())
    }

    fn audit_is_append_only_since(&self, tip: AuditTip, without: &str) -> Result<bool> {
        let stored = query_value::<[u8; 32]>(self.0, "SELECT hash FROM audit WHERE seq = ?1", [tip.seq])?;
        if stored.unwrap_or_default() != tip.hash {
            return Ok(false);
        }
        let sql = "SELECT 1 FROM audit WHERE seq > ?1 AND substr(verb, 1, length(?2)) = ?2 LIMIT 1";
        Ok(query_value::<i64>(self.0, sql, params![tip.seq, without])?.is_none())
    }

    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow> {
        audit_window::window(self.0, query)
    }

    /// Returns a difference between the table and the one that the migrations create.
    fn audit_schema_error(&self) -> Result<Option<String>> {
        let sql =
            "SELECT type = 'table' AND strict = 1 AND wr = 0 FROM pragma_table_list('audit') WHERE schema = 'main'";
        match query_value::<bool>(self.0, sql, [])? {
            None => return Ok(Some("the table audit is missing".to_owned())),
            Some(false) => return Ok(Some("the table audit is not STRICT".to_owned())),
            Some(true) => {}
        }
        let sql = "SELECT name, type, pk FROM pragma_table_xinfo('audit') ORDER BY cid";
        let columns = query_all(self.0, sql, [], tuple::<(String, String, i64)>)?;
        let columns: Vec<(&str, &str, i64)> = columns.iter().map(|(name, of, pk)| (&**name, &**of, *pk)).collect();
        if let Some((name, ..)) = TABLE.iter().find(|wanted| !columns.contains(wanted)) {
            return Ok(Some(format!("the column {name} of the table audit is missing or different")));
        }
        let extra = columns.iter().find(|found| !TABLE.contains(found));
        Ok(extra.map(|(name, ..)| format!("the table audit has an extra column, {name}")))
    }

    fn audit_page(&self, after: Option<i64>, limit: usize) -> Result<AuditPage> {
        let bound = if after.is_some() { "seq > ?1" } else { "?1 IS NULL" };
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE {bound} ORDER BY seq LIMIT ?2");
        let mut query = self.0.prepare_cached(&sql).map_err(sqlite_error)?;
        let mut rows = query.query(params![after, sql_limit(limit)]).map_err(sqlite_error)?;
        let mut page = AuditPage::default();
        loop {
            match rows.next().and_then(|row| row.map(read_raw).transpose()) {
                Ok(Some(row)) => page.rows.push(row),
                Ok(None) => return Ok(page),
                Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                    page.is_torn = true;
                    return Ok(page);
                }
                Err(e) => return Err(sqlite_error(e)),
            }
        }
    }
}

/// The columns in the order in which [`read_raw`] reads them.
pub(super) const COLUMNS: &str = "seq, at, account, name, proof, face, verb, target, target_name, details, hash";

/// Reads a row of [`COLUMNS`] without trusting any of its values.
pub(super) fn read_raw(r: &Row<'_>) -> rusqlite::Result<RawRow> {
    let mut unreadable = None;
    let mut wrong = |column| {
        unreadable.get_or_insert(column);
    };
    let mut text = |index: usize, column| match r.get_ref(index)? {
        ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_ok() => r.get(index),
        ValueRef::Text(_) | ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => {
            wrong(column);
            Ok(String::new())
        }
    };
    let (account, name, proof) = (text(2, "account")?, text(3, "name")?, text(4, "proof")?);
    let (face, verb, target) = (text(5, "face")?, text(6, "verb")?, text(7, "target")?);
    let (target_name, details) = (text(8, "target_name")?, text(9, "details")?);
    let at = r.get_ref(1)?.as_i64().unwrap_or_else(|_| {
        wrong("at");
        0
    });
    let hash = r.get_ref(10)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok());
    if hash.is_none() {
        wrong(HASH_COLUMN);
    }
    let (seq, at) = (r.get(0)?, Timestamp(at));
    let row = AuditRow { seq, at, account, name, proof, face, verb, target, target_name, details };
    Ok(RawRow { row, hash, unreadable })
}

/// The table as the migrations create it: name, type, and position in the key of each column.
const TABLE: [(&str, &str, i64); 11] = [
    ("seq", "INTEGER", 1),
    ("at", "INTEGER", 0),
    ("account", "TEXT", 0),
    ("name", "TEXT", 0),
    ("proof", "TEXT", 0),
    ("face", "TEXT", 0),
    ("verb", "TEXT", 0),
    ("target", "TEXT", 0),
    ("target_name", "TEXT", 0),
    ("details", "TEXT", 0),
    (HASH_COLUMN, "BLOB", 0),
];
