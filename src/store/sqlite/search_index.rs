//! The texts of all tokens in memory. Finding a word in them takes milliseconds with a million tokens, where a scan of the
//! table takes half a second. A trigram index in the store (FTS5) would do for words of three letters or more. It would make
//! the store a fifth larger and each change slower.

mod found;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::audit;
use super::query_helpers::query_all;
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::catalogue::method_holders::MethodHolders;
use crate::error::Result;
use crate::verbs::ports::WindowQuery;
use crate::verbs::ports::audit_log::AuditTip;
use found::Order;
pub(super) use found::{Found, OrderPart};
use texts::{Tests, Texts};

/// Maximum number of bytes of an index. With more, SQLite searches.
pub(super) const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Sets of all ids that an index holds: the trash, and those of the last search.
const ID_SETS: usize = 3;
/// Number of tokens that show if matches are frequent enough to be found along the order of a list.
pub(super) const TRIED_TOKENS: u32 = 1_000;
/// Maximum number of changed tokens that are searched one by one. With more, all texts are read again.
const MAX_CHANGED: usize = 2_000;
/// A search reads only the tokens that the last one has found if these are fewer than one in this number. Their texts are far
/// from each other in memory, so reading the texts of more takes longer than reading all in order.
const NARROWED_SHARE: usize = 64;
/// Beginnings of verbs that change no token's text, owner or place. After any other that names no single token, all texts
/// are read again.
const VERBS_WITHOUT_TOKENS: [&str; 3] = ["sign-in.", "policy.", "ledger."];

/// The texts of all tokens as of one row of the audit log.
pub(super) struct SearchIndex {
    tip: AuditTip,
    texts: Arc<Texts>,
    trashed: BitSet,
    /// Tokens that were added or changed since; `None` if the token is gone.
    changed: BTreeMap<u32, Option<Arc<Texts>>>,
    /// The last search.
    last: Option<(SearchText, Arc<Found>)>,
    max_bytes: usize,
}

/// The part of a filter that texts answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchText {
    words: Vec<String>,
    method: Option<MethodHolders>,
}

impl SearchText {
    /// Returns the text of the filter. `None` if there is none, or if it has characters that only descriptions contain.
    pub fn from_query(query: &WindowQuery) -> Option<Self> {
        let (words, method) = (&query.filter.words, &query.bounds.method);
        let has_text = !words.is_empty() || method.is_some();
        (has_text && words.iter().all(|word| word.is_ascii())).then(|| SearchText {
            words: words.iter().map(|word| word.to_ascii_lowercase()).collect(),
            method: method.clone(),
        })
    }

    /// Returns `true` if each token that matches this matches `other`.
    fn narrows(&self, other: &SearchText) -> bool {
        let mut words = self.words.iter().zip(&other.words);
        self.method == other.method
            && self.words.len() == other.words.len()
            && words.all(|(word, other)| word.contains(other.as_str()))
    }
}

impl SearchIndex {
    /// Reads the texts of all tokens. `None` if the index would have more than `max_bytes`.
    pub fn load(db: &Connection, max_bytes: usize) -> Result<Option<Self>> {
        let tip = audit::tip(db)?;
        let Some(texts) = Texts::load(db, max_bytes)? else { return Ok(None) };
        let (texts, trashed, changed) = (Arc::new(texts), BitSet::default(), BTreeMap::new());
        let mut index = SearchIndex { tip, texts, trashed, changed, last: None, max_bytes };
        if index.bytes() > max_bytes {
            return Ok(None);
        }
        index.trashed = BitSet::new(index.limit(), index.texts.trashed.iter().map(|id| *id as usize));
        Ok(Some(index))
    }

    /// Returns a number greater than each id.
    fn limit(&self) -> usize {
        let last_changed = self.changed.keys().last();
        last_changed.map_or(0, |last| *last as usize + 1).max(self.texts.limit())
    }

    /// Returns the number of bytes in memory.
    pub fn bytes(&self) -> usize {
        let changed: usize = self.changed.values().flatten().map(|texts| texts.bytes()).sum();
        self.texts.bytes() + changed + ID_SETS * self.limit().div_ceil(8)
    }

    /// Includes the changes that the snapshot has. Returns `false` if all texts must be read again.
    pub fn refresh(&mut self, db: &Connection) -> Result<bool> {
        let tip = audit::tip(db)?;
        if tip == self.tip {
            return Ok(true);
        }
        // A restored log may have as many rows as the old one, or more.
        if !audit::contains(db, self.tip)? {
            return Ok(false);
        }
        let sql = "SELECT verb, target FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let limit = i64::try_from(MAX_CHANGED + 1).unwrap_or(i64::MAX);
        let rows: Vec<(String, String)> = query_all(db, sql, [self.tip.seq, limit], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let mut ids = BTreeSet::new();
        for (verb, target) in &rows {
            match target.strip_prefix("t:").and_then(|id| id.parse::<u32>().ok()) {
                Some(id) => drop(ids.insert(id)),
                None if VERBS_WITHOUT_TOKENS.iter().any(|beginning| verb.starts_with(beginning)) => {}
                None => return Ok(false),
            }
        }
        if rows.len() > MAX_CHANGED || self.changed.len() + ids.len() > MAX_CHANGED {
            return Ok(false);
        }
        for id in ids {
            self.changed.insert(id, Texts::of_token(db, id)?.map(Arc::new));
        }
        (self.tip, self.last) = (tip, None);
        Ok(self.bytes() <= self.max_bytes)
    }

    /// Returns a test if the token with an id matches. Faster than a search if many tokens match and few are needed.
    /// `None` if fewer than `least` of [`TRIED_TOKENS`] match, because a search is then faster.
    pub fn test(&self, wanted: &SearchText, least: usize) -> Option<impl Fn(i64) -> bool + 'static> {
        let (texts, changed, wanted) = (Arc::clone(&self.texts), self.changed.clone(), wanted.clone());
        let tests = Tests::new(&wanted, &texts);
        let matching = texts.spread_ids(TRIED_TOKENS).filter(|id| tests.pass(&texts, *id));
        if matching.take(least).count() < least {
            return None;
        }
        Some(move |id| {
            u32::try_from(id).is_ok_and(|id| match changed.get(&id) {
                Some(now) => now.as_ref().is_some_and(|now| Tests::new(&wanted, now).pass(now, id)),
                None => tests.pass(&texts, id),
            })
        })
    }

    /// Returns the tokens with all words, and with a selection that includes the filter's method. Their first ones in the
    /// order of `part` are found on the way. `None` if the search was `interrupted`.
    pub fn find(
        &mut self,
        wanted: &SearchText,
        part: Option<&OrderPart<'static>>,
        interrupted: &AtomicBool,
    ) -> Option<Arc<Found>> {
        if let Some((_, found)) = self.last.as_ref().filter(|(last, _)| last == wanted) {
            return Some(Arc::clone(found));
        }
        let narrowed = self.last.as_ref().filter(|(last, found)| {
            wanted.narrows(last) && found.tokens.len() < self.texts.ends.len() / NARROWED_SHARE
        });
        let narrowed = narrowed.map(|(_, found)| &found.tokens);
        let order = part.and_then(|part| Some((part, Order::new(&self.texts, part)?)));
        // A page far down takes a third less time if each text is looked at again while it is in the processor's cache.
        let (mut tokens, first) = self.texts.find(wanted, narrowed, interrupted, |first, ids| {
            let Some((part, order)) = &order else { return };
            let in_section = ids.iter().filter(|id| self.trashed.contains(**id as usize) == part.trashed);
            order.add(first, in_section.copied().filter(|id| !self.changed.contains_key(id)));
        });
        if interrupted.load(Ordering::Relaxed) {
            return None;
        }
        let mut trashed = self.trashed.clone();
        tokens.grow(self.limit());
        trashed.grow(self.limit());
        for (id, texts) in &self.changed {
            let number = *id as usize;
            tokens.remove(number);
            trashed.remove(number);
            let Some(texts) = texts else { continue };
            if Tests::new(wanted, texts).pass(texts, *id) {
                tokens.insert(number);
            }
            if !texts.trashed.is_empty() {
                trashed.insert(number);
            }
        }
        let (texts, changed) = (Arc::clone(&self.texts), self.changed.keys().copied().collect());
        let mut found = Found { tokens, trashed, texts, changed, first: None };
        found.first = order.map(|(part, order)| (part.clone(), found.merge(&order, first)));
        let found = Arc::new(found);
        self.last = Some((wanted.clone(), Arc::clone(&found)));
        Some(found)
    }
}
