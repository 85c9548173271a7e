//! The tokens that a search has found.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use rusqlite::types::Value;

use super::texts::Texts;
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::query::sort::SortColumn;
use crate::platform::threads;
use crate::store::sqlite::token_search::MAX_LISTED;

/// Number of ids that a thread takes at a time.
const IDS_OF_PART: usize = if cfg!(test) { 16 } else { 16 * 1_024 };

/// The tokens that a search has found, by id.
pub(in crate::store::sqlite) struct Found {
    pub(super) tokens: BitSet,
    /// Tokens in the trash.
    pub(super) trashed: BitSet,
    pub(super) texts: Arc<Texts>,
    /// Tokens that have changed since the texts were read.
    pub(super) changed: BTreeSet<u32>,
    /// The tokens that [`Found::first_of`] has for a part of an order, if that part was looked up during the search.
    pub(super) first: Option<(OrderPart<'static>, Option<Vec<i64>>)>,
}

/// A part of an order of the tokens in the trash or outside: some rows from a place on, in a direction.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store::sqlite) struct OrderPart<'a> {
    pub column: SortColumn,
    /// The values of the order's columns at the place. `None` for an end of the order.
    pub from: Option<&'a [Value]>,
    pub upwards: bool,
    pub trashed: bool,
    /// Maximum number of rows.
    pub limit: usize,
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

    /// Returns tokens that include the first ones of a part of an order. `None` if the texts don't know the order, or the
    /// place of too many tokens in it.
    pub fn first_of(&self, part: &OrderPart<'_>) -> Option<Vec<i64>> {
        if let Some((_, ids)) = self.first.as_ref().filter(|(known, _)| known == part) {
            return ids.clone();
        }
        let order = Order::new(&self.texts, part)?;
        let section = self.section(part.trashed);
        // Halves the time with two processors: most of it is waiting for memory.
        let parts = threads::fold_parts(section.limit(), IDS_OF_PART, |first, ids| {
            let found = ids.filter(|id| section.contains(*id)).filter_map(|id| u32::try_from(id).ok());
            order.add(first, found.filter(|id| !self.changed.contains(id)));
        });
        self.merge(&order, parts)
    }

    /// Returns tokens that include the first ones of all parts, and of the changed tokens. `None` if the place of too many
    /// is unknown.
    pub(super) fn merge<'a>(&self, order: &Order<'a>, parts: Vec<FirstTokens<'a>>) -> Option<Vec<i64>> {
        let section = self.section(order.part.trashed);
        let changed = self.changed.iter().copied().filter(|id| section.contains(*id as usize));
        let mut all = FirstTokens { unknown: changed.collect(), ..FirstTokens::default() };
        for part in parts {
            all.unknown.extend(part.unknown);
            part.places.into_iter().for_each(|place| order.keep(&mut all.places, place));
        }
        let known = all.places.into_iter().map(|place| place.key.id);
        (all.unknown.len() <= MAX_LISTED).then(|| known.chain(all.unknown).map(i64::from).collect())
    }
}

/// An order of the tokens that the texts know.
pub(super) struct Order<'a> {
    part: &'a OrderPart<'a>,
    from: Option<OrderKey<'a>>,
    texts: &'a Texts,
}

/// The first of some tokens in an order.
#[derive(Default)]
pub(super) struct FirstTokens<'a> {
    places: BinaryHeap<Place<'a>>,
    /// Tokens whose place the texts don't know.
    unknown: Vec<u32>,
}

impl<'a> Order<'a> {
    /// `None` if the texts don't know the order.
    pub fn new(texts: &'a Texts, part: &'a OrderPart<'a>) -> Option<Self> {
        let from = match part.from {
            None => None,
            Some(key) => Some(OrderKey::from_values(key, part.column)?),
        };
        matches!(part.column, SortColumn::Name | SortColumn::Account).then_some(Order { part, from, texts })
    }

    /// Keeps the first of these tokens too. They have not changed since the texts were read.
    pub fn add(&self, first: &mut FirstTokens<'a>, ids: impl Iterator<Item = u32>) {
        ids.for_each(|id| match self.key(id) {
            Some(key) => self.keep(&mut first.places, Place { key, upwards: self.part.upwards }),
            None => first.unknown.push(id),
        });
    }

    /// Keeps a place if it is one of the first in the part.
    fn keep(&self, kept: &mut BinaryHeap<Place<'a>>, place: Place<'a>) {
        let is_before = |from: &OrderKey<'_>| if self.part.upwards { place.key < *from } else { place.key > *from };
        if self.from.as_ref().is_some_and(is_before) {
            return;
        }
        if kept.len() < self.part.limit {
            kept.push(place);
        } else if let Some(mut last) = kept.peek_mut().filter(|last| place < **last) {
            *last = place;
        }
    }

    fn key(&self, id: u32) -> Option<OrderKey<'a>> {
        let (name, account) = self.texts.name_and_account(id)?;
        let username = if self.part.column == SortColumn::Account { self.texts.username(account)? } else { &[] };
        Some(OrderKey { username, name, id })
    }
}

/// A token and what decides its place in an order. The username is empty if the order is that of the names.
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

/// A place in an order that is read upwards or downwards. The first one is the smallest.
#[derive(PartialEq, Eq)]
struct Place<'a> {
    key: OrderKey<'a>,
    upwards: bool,
}

impl Ord for Place<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let upwards = self.key.cmp(&other.key);
        if self.upwards { upwards } else { upwards.reverse() }
    }
}

impl PartialOrd for Place<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
