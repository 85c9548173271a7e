//! The tokens that a search has found.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use rusqlite::types::Value;

use super::texts::Texts;
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::query::sort::SortColumn;
use crate::platform::threads;
use crate::store::sqlite::token_search::MAX_LISTED;

/// Number of ids that a thread takes at a time.
const IDS_OF_PART: usize = 16 * 1_024;

/// The tokens that a search has found, by id.
pub(in crate::store::sqlite) struct Found {
    pub(super) tokens: BitSet,
    /// Tokens in the trash.
    pub(super) trashed: BitSet,
    pub(super) texts: Arc<Texts>,
    /// Tokens that have changed since the texts were read.
    pub(super) changed: BTreeSet<u32>,
}

/// A part of an order: the rows from a place on, in a direction.
pub(in crate::store::sqlite) struct OrderPart<'a> {
    pub column: SortColumn,
    /// The values of the order's columns at the place. `None` for an end of the order.
    pub from: Option<&'a [Value]>,
    pub upwards: bool,
}

impl Found {
    pub fn contains(&self, id: i64) -> bool {
        usize::try_from(id).is_ok_and(|id| self.tokens.contains(id))
    }

    /// Returns the number of tokens, in the trash or outside.
    pub fn count(&self, trashed: bool) -> u64 {
        self.section(trashed).len() as u64
    }

    /// Returns `true` if the tokens, in the trash or outside, are few enough to be looked up one by one.
    pub fn is_short(&self, trashed: bool) -> bool {
        self.count(trashed) <= MAX_LISTED as u64
    }

    /// Returns the ids of the tokens, in the trash or outside.
    pub fn ids(&self, trashed: bool) -> Vec<i64> {
        self.section(trashed).iter().filter_map(|id| i64::try_from(id).ok()).collect()
    }

    fn section(&self, trashed: bool) -> BitSet {
        if trashed { self.tokens.intersection(&self.trashed) } else { self.tokens.difference(&self.trashed) }
    }

    /// Returns tokens that include the first `limit` of a part of an order. `None` if the texts don't know the order, or the
    /// place of too many tokens in it.
    pub fn first_of(&self, part: &OrderPart<'_>, trashed: bool, limit: usize) -> Option<Vec<i64>> {
        let from = match part.from {
            None => None,
            Some(key) => Some(OrderKey::from_values(key, part.column)?),
        };
        let usernames = match part.column {
            SortColumn::Name => None,
            SortColumn::Account => Some(self.texts.usernames_by_id()),
            _ => return None,
        };
        let username = |account: u32| usernames.as_ref().map_or(Some(&[][..]), |names| names.get(&account).copied());
        let key = |id: u32| {
            let (name, account) = self.texts.name_and_account(id).filter(|_| !self.changed.contains(&id))?;
            Some(OrderKey { username: username(account)?, name, id })
        };
        let first_keys = |keys| nearest(keys, from.as_ref(), part.upwards, limit);
        let section = self.section(trashed);
        // Halves the time with two processors: most of it is waiting for memory.
        let parts = threads::map_parts(section.limit(), IDS_OF_PART, |ids| {
            let found = ids.filter(|id| section.contains(*id)).filter_map(|id| u32::try_from(id).ok());
            let (mut keys, mut unknown) = (Vec::new(), Vec::new());
            found.for_each(|id| match key(id) {
                Some(key) => keys.push(key),
                None => unknown.push(id),
            });
            (first_keys(keys), unknown)
        });
        let (keys, unknown): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let unknown = unknown.concat();
        let known = first_keys(keys.into_iter().flatten().collect()).into_iter().map(|key| key.id);
        (unknown.len() <= MAX_LISTED).then(|| known.chain(unknown).map(i64::from).collect())
    }
}

/// The place of a token in an order. The username is empty if the order is that of the names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct OrderKey<'a> {
    username: &'a [u8],
    name: &'a [u8],
    id: u32,
}

impl<'a> OrderKey<'a> {
    fn from_values(values: &'a [Value], column: SortColumn) -> Option<Self> {
        match (column, values) {
            (SortColumn::Name, [Value::Text(name), Value::Integer(id)]) => {
                Some(OrderKey { username: &[], name: name.as_bytes(), id: u32::try_from(*id).ok()? })
            }
            (SortColumn::Account, [Value::Text(username), Value::Text(name), Value::Integer(id)]) => {
                let (username, name) = (username.as_bytes(), name.as_bytes());
                Some(OrderKey { username, name, id: u32::try_from(*id).ok()? })
            }
            _ => None,
        }
    }
}

/// Returns the first `limit` of `keys` from a place on, in no order.
fn nearest<'a>(keys: Vec<OrderKey<'a>>, from: Option<&OrderKey<'_>>, upwards: bool, limit: usize) -> Vec<OrderKey<'a>> {
    let keys = keys.into_iter();
    if upwards {
        return smallest(keys.filter(|key| from.is_none_or(|from| key >= from)), limit);
    }
    let before = keys.filter(|key| from.is_none_or(|from| key <= from)).map(Reverse);
    smallest(before, limit).into_iter().map(|Reverse(key)| key).collect()
}

/// Returns the `limit` smallest items, in no order.
fn smallest<T: Ord>(items: impl Iterator<Item = T>, limit: usize) -> Vec<T> {
    let mut kept = BinaryHeap::with_capacity(limit);
    for item in items {
        if kept.len() < limit {
            kept.push(item);
        } else if let Some(mut greatest) = kept.peek_mut().filter(|greatest| item < **greatest) {
            *greatest = item;
        }
    }
    kept.into_vec()
}
