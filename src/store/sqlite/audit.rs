//! The audit log: appended in the transaction of the change it tells of.

use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::convert::{all, damaged, one, run};
use crate::domain::audit::{AuditActor, AuditEntry, AuditRow, chain_hash};
use crate::domain::time::Timestamp;
use crate::error::Result;

pub(super) fn append(db: &Connection, by: &AuditActor, now: Timestamp, entries: &[AuditEntry]) -> Result<()> {
    let last = one(db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |r| {
        Ok((r.get::<_, i64>(0)?, r.get::<_, [u8; 32]>(1)?))
    })?;
    let (mut seq, mut hash) = last.unwrap_or((0, [0; 32]));
    for entry in entries {
        seq += 1;
        let row = AuditRow {
            seq,
            at: now,
            account: by.account.clone(),
            name: by.name.clone(),
            proof: by.proof.clone(),
            face: by.face.word().to_owned(),
            verb: entry.verb.to_owned(),
            target: entry.target.clone(),
            target_name: entry.target_name.clone(),
            details: Value::Object(entry.details.clone()).to_string(),
        };
        hash = chain_hash(&hash, &row);
        run(
            db,
            "INSERT INTO audit (seq, at, account, name, proof, face, verb, target, target_name, details, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                row.seq,
                row.at.0,
                row.account,
                row.name,
                row.proof,
                row.face,
                row.verb,
                row.target,
                row.target_name,
                row.details,
                hash
            ],
        )?;
    }
    Ok(())
}

fn read(r: &Row<'_>) -> rusqlite::Result<(AuditRow, [u8; 32])> {
    let row = AuditRow {
        seq: r.get(0)?,
        at: Timestamp(r.get(1)?),
        account: r.get(2)?,
        name: r.get(3)?,
        proof: r.get(4)?,
        face: r.get(5)?,
        verb: r.get(6)?,
        target: r.get(7)?,
        target_name: r.get(8)?,
        details: r.get(9)?,
    };
    Ok((row, r.get(10)?))
}

/// Every row from the first, once its chain has been followed.
pub(super) fn verified(db: &Connection) -> Result<Vec<AuditRow>> {
    let sql =
        "SELECT seq, at, account, name, proof, face, verb, target, target_name, details, hash FROM audit ORDER BY seq";
    let mut before = [0; 32];
    let mut rows = Vec::new();
    for (row, hash) in all(db, sql, [], read)? {
        if row.seq != rows.len() as i64 + 1 || chain_hash(&before, &row) != hash {
            return Err(damaged(&format!("audit row {}", row.seq)));
        }
        before = hash;
        rows.push(row);
    }
    Ok(rows)
}
