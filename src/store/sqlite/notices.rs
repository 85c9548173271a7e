//! The notices that were sent, and the networks of tokens.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::query_helpers::{execute, ids, lossy, query_all, query_value, sql_limit, tuple};
use super::sqlite_tx::SqliteTx;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ledger::UseKey;
use crate::verbs::ports::{KnownNetwork, MAX_KNOWN_NETWORKS, NoticeReader, SentKind, SentNotice, UsedAddresses};

impl NoticeReader for SqliteTx<'_> {
    fn sent_notices(&self, kind: SentKind, tokens: &[TokenId]) -> Result<BTreeMap<TokenId, SentNotice>> {
        let rows =
            query_all(self.0, SENT_NOTICES, params![kind.as_str(), ids(tokens)], tuple::<(TokenId, i64, Timestamp)>)?;
        let sent = |(token, threshold, about)| (token, SentNotice { token, kind, threshold, about });
        Ok(rows.into_iter().map(sent).collect())
    }

    fn known_networks(&self, tokens: &[TokenId]) -> Result<Vec<KnownNetwork>> {
        query_all(self.0, KNOWN_NETWORKS, [ids(tokens)], |r| {
            Ok(KnownNetwork { token: r.get(0)?, network: lossy(r, 1)?, first_day: r.get(2)? })
        })
    }

    fn networks_known_to(&self) -> Result<Option<i64>> {
        query_value(self.0, "SELECT day FROM known_networks_to", [])
    }

    fn used_addresses(&self, first_day: i64, after: Option<&UseKey>, limit: usize) -> Result<UsedAddresses> {
        let start = UseKey {
            day: first_day,
            token: TokenId(i64::MIN),
            secret: String::new(),
            method: String::new(),
            address: String::new(),
            client: String::new(),
        };
        let key = after.unwrap_or(&start);
        let values = params![key.day, key.token.0, key.secret, key.method, key.address, key.client, sql_limit(limit)];
        let keys = query_all(self.0, USED_ADDRESSES, values, |r| {
            Ok(UseKey {
                day: r.get(0)?,
                token: r.get(1)?,
                secret: lossy(r, 2)?,
                method: lossy(r, 3)?,
                address: lossy(r, 4)?,
                client: lossy(r, 5)?,
            })
        })?;
        let next = keys.last().filter(|_| keys.len() >= limit).cloned();
        Ok(UsedAddresses { rows: keys.into_iter().map(|key| (key.day, key.token, key.address)).collect(), next })
    }
}

/// Begins with the tokens. Without `CROSS JOIN`, SQLite would read all notices of the kind for each page of tokens.
pub(super) const SENT_NOTICES: &str = "
    SELECT n.token_id, n.threshold, n.about
    FROM json_each(?2) j CROSS JOIN sent_notices n ON n.kind = ?1 AND n.token_id = j.value";

pub(super) const KNOWN_NETWORKS: &str = "
    SELECT n.token_id, n.network, n.first_day
    FROM json_each(?1) j CROSS JOIN known_networks n ON n.token_id = j.value ORDER BY n.token_id, n.network";

pub(super) const FORGET_OLD_EPISODES: &str = "
    DELETE FROM sent_notices WHERE (kind, token_id) IN
    (SELECT kind, token_id FROM sent_notices WHERE kind = 'still-tried' AND about < ?1 LIMIT ?2)";

/// Reads the index of days. The index ends with the whole key.
pub(super) const USED_ADDRESSES: &str = "
    SELECT day, token_id, public_id, method, address, client FROM daily_uses INDEXED BY daily_uses_by_day
    WHERE (day, token_id, public_id, method, address, client) > (?1, ?2, ?3, ?4, ?5, ?6)
    ORDER BY day, token_id, public_id, method, address, client LIMIT ?7";

pub(super) fn record_sent(db: &Connection, sent: &SentNotice) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO sent_notices (kind, token_id, threshold, about)
               SELECT ?1, ?2, ?3, ?4 WHERE ?1 = 'still-tried' OR EXISTS (SELECT 1 FROM tokens WHERE id = ?2)";
    execute(db, sql, params![sent.kind.as_str(), sent.token.0, sent.threshold, sent.about.0]).map(drop)
}

pub(super) fn add_network(db: &Connection, new: &KnownNetwork) -> Result<()> {
    let sql = "INSERT INTO known_networks (token_id, network, first_day)
               SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM tokens WHERE id = ?1)
                      AND (SELECT count(*) FROM known_networks WHERE token_id = ?1) < ?4
               ON CONFLICT DO UPDATE SET first_day = min(first_day, ?3)";
    execute(db, sql, params![new.token.0, new.network, new.first_day, MAX_KNOWN_NETWORKS as i64]).map(drop)
}

pub(super) fn set_networks_known_to(db: &Connection, day: i64) -> Result<()> {
    execute(db, "INSERT OR REPLACE INTO known_networks_to (id, day) VALUES (1, ?1)", [day]).map(drop)
}

/// Reads the index by time, so that most rows are not read.
pub(super) fn forget_old_episodes(db: &Connection, before: Timestamp, limit: u32) -> Result<()> {
    execute(db, FORGET_OLD_EPISODES, params![before.0, limit]).map(drop)
}

/// Forgets tokens that are purged, except that their secrets are still tried: that may go on.
pub(super) fn purge(db: &Connection, ids: &str) -> Result<()> {
    let sql = "DELETE FROM sent_notices WHERE kind IN ('expiring', 'stale')
               AND token_id IN (SELECT value FROM json_each(?1))";
    execute(db, sql, [ids])?;
    execute(db, "DELETE FROM known_networks WHERE token_id IN (SELECT value FROM json_each(?1))", [ids]).map(drop)
}
