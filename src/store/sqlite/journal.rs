//! What was recorded in large batches and not yet brought to where it is read from. A busy service tells of thousands of
//! tokens each second; writing that down in one piece costs a hundredth of finding each of their rows. Whoever reads the
//! ledger next brings it there first, and the service does so now and then.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::convert::{all, damaged, one, run};
use super::usage::{MINUTE, record_denial, record_use};
use crate::domain::secret::PublicId;
use crate::domain::time::{Timestamp, utc_day_number};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::{Denial, Use};

/// How many things are recorded at once where they are read from.
const AT_ONCE: usize = 256;
/// Into how many parts a batch is split, by token, so that each is brought to its place in a short transaction.
pub(super) const PARTS: i64 = 8;

/// A batch. Texts that occur often stand once.
#[derive(Default, Serialize, Deserialize)]
struct Batch<'a> {
    texts: Vec<String>,
    #[serde(borrow)]
    uses: Vec<UseRow<'a>>,
    #[serde(borrow)]
    denials: Vec<DenialRow<'a>>,
}

/// Token, public id, instant, count; then method, address and client by number.
type UseRow<'a> = (i64, &'a str, i64, u64, usize, usize, usize);
/// The same, the reason by number before the method.
type DenialRow<'a> = (i64, &'a str, i64, u64, usize, usize, usize, usize);

pub(super) fn record(db: &Connection, uses: &[Use<'_>], denials: &[Denial<'_>]) -> Result<()> {
    if uses.len() + denials.len() <= AT_ONCE {
        uses.iter().try_for_each(|used| record_use(db, used))?;
        return denials.iter().try_for_each(|denied| record_denial(db, denied));
    }
    let mut parts: Vec<(Batch<'_>, HashMap<&str, usize>)> = (0..PARTS).map(|_| Default::default()).collect();
    let part_of = |token: i64| usize::try_from(token.rem_euclid(PARTS)).unwrap_or(0);
    for used in uses {
        let (batch, known) = &mut parts[part_of(used.token.0)];
        let mut number = |text| numbered(&mut batch.texts, known, text);
        let (method, address, client) = (number(used.method), number(used.address), number(used.client));
        batch.uses.push((used.token.0, used.secret.as_str(), used.at.0, used.count, method, address, client));
    }
    for denied in denials {
        let token = denied.token.map_or(0, |token| token.0);
        let (batch, known) = &mut parts[part_of(token)];
        let mut number = |text| numbered(&mut batch.texts, known, text);
        let (reason, method) = (number(denied.reason), number(denied.method));
        let (address, client) = (number(denied.address), number(denied.client));
        let secret = denied.secret.map_or("", PublicId::as_str);
        batch.denials.push((token, secret, denied.at.0, denied.count, reason, method, address, client));
    }
    for (part, (batch, _)) in (0..PARTS).zip(&parts) {
        if !batch.uses.is_empty() || !batch.denials.is_empty() {
            let text = serde_json::to_string(batch).map_err(|_| damaged("a batch of the ledger"))?;
            run(db, "INSERT INTO ledger_journal (part, batch) VALUES (?1, ?2)", params![part, text])?;
        }
    }
    Ok(())
}

fn numbered<'a>(texts: &mut Vec<String>, known: &mut HashMap<&'a str, usize>, text: &'a str) -> usize {
    *known.entry(text).or_insert_with(|| {
        texts.push(text.to_owned());
        texts.len() - 1
    })
}

/// Whether anything waits to be brought to its place.
pub(super) fn waits(db: &Connection) -> Result<bool> {
    Ok(one(db, "SELECT 1 FROM ledger_journal LIMIT 1", [], |r| r.get::<_, i64>(0))?.is_some())
}

/// What makes uses, or denied attempts, one: token, public id, reason (of an attempt), method, address, client, and the
/// day or the minute.
type Key = (i64, String, Option<String>, String, String, String, i64);

/// Brings what waits in `part` to its place.
pub(super) fn settle(db: &Connection, part: i64) -> Result<()> {
    let batches =
        all(db, "SELECT batch FROM ledger_journal WHERE part = ?1 ORDER BY id", [part], |r| r.get::<_, String>(0))?;
    if batches.is_empty() {
        return Ok(());
    }
    let mut tallies: HashMap<Key, (u64, i64)> = HashMap::new();
    let mut add = |key: Key, count: u64, at: i64| {
        let tally = tallies.entry(key).or_insert((0, at));
        *tally = (tally.0.saturating_add(count), tally.1.max(at));
    };
    for batch in &batches {
        let batch: Batch<'_> = serde_json::from_str(batch).map_err(|_| damaged("a batch of the ledger"))?;
        let text = |number: usize| batch.texts.get(number).cloned().ok_or_else(|| damaged("a batch of the ledger"));
        for &(token, secret, at, count, method, address, client) in &batch.uses {
            let key = (text(method)?, text(address)?, text(client)?);
            let day = utc_day_number(Timestamp(at));
            add((token, secret.to_owned(), None, key.0, key.1, key.2, day), count, at);
        }
        for &(token, secret, at, count, reason, method, address, client) in &batch.denials {
            let key = (text(method)?, text(address)?, text(client)?);
            let minute = at.div_euclid(MINUTE);
            add((token, secret.to_owned(), Some(text(reason)?), key.0, key.1, key.2, minute), count, at);
        }
    }
    let mut tallies: Vec<(Key, (u64, i64))> = tallies.into_iter().collect();
    // Side by side, so that each page of the store is touched once.
    tallies.sort_unstable();
    for ((token, secret, reason, method, address, client, _), (count, at)) in &tallies {
        let id = PublicId::parse(secret);
        let (count, at) = (*count, Timestamp(*at));
        match (reason, &id) {
            (None, Some(secret)) => {
                record_use(db, &Use { token: TokenId(*token), secret, at, count, method, address, client })?;
            }
            (None, None) => return Err(damaged("a batch of the ledger")),
            (Some(reason), secret) => {
                let token = Some(TokenId(*token)).filter(|token| token.0 != 0);
                let secret = secret.as_ref();
                record_denial(db, &Denial { token, secret, reason, at, count, method, address, client })?;
            }
        }
    }
    run(db, "DELETE FROM ledger_journal WHERE part = ?1", [part])?;
    Ok(())
}
