//! Finds tokens by their texts.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memmem::Finder;

use super::Texts;
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::catalogue::method_holders::MethodHolders;
use crate::platform::threads;
use crate::store::sqlite::search_index::SearchText;

/// Number of tokens that a thread searches without a check if the search is still wanted. Their texts stay in the
/// processor's cache until each has been looked at.
const TOKENS_OF_PART: usize = if cfg!(test) { 16 } else { 16 * 1_024 };

/// The conditions that a token must meet to match.
pub(in crate::store::sqlite::search_index) struct Tests {
    words: Vec<Word>,
    /// `true` for each method or set that the filter's method is in, and the accounts whose *Inherit* includes it.
    method: Option<(Vec<bool>, BitSet)>,
}

struct Word {
    finder: Finder<'static>,
    /// The accounts whose names contain the word.
    owners: BitSet,
}

impl Word {
    fn is_in(&self, texts: &Texts, id: u32) -> bool {
        let found = texts.text_and_account(id);
        found.is_some_and(|(text, account)| self.finder.find(text).is_some() || self.owners.contains(account))
    }
}

impl Tests {
    /// Creates the tests of a token of `texts`.
    pub fn new(wanted: &SearchText, texts: &Texts) -> Self {
        let word = |word: &String| Word { finder: Finder::new(word).into_owned(), owners: texts.owners(word) };
        let method = wanted.method.as_ref().map(|holders| (texts.names_with(holders), texts.inheriting(holders)));
        Tests { words: wanted.words.iter().map(word).collect(), method }
    }

    pub fn pass(&self, texts: &Texts, id: u32) -> bool {
        let Some((_, account)) = texts.text_and_account(id) else { return false };
        let includes = |(names, accounts): &(Vec<bool>, BitSet)| {
            accounts.contains(account) && texts.inherits(id) || texts.holds(id, names)
        };
        self.words.iter().all(|word| word.is_in(texts, id)) && self.method.as_ref().is_none_or(includes)
    }
}

impl Texts {
    /// Returns the tokens that match, only those of `within` if given, and the results to which `look` has added the ids of
    /// all of them. Ends early if `interrupted`.
    pub fn find<T: Default + Send>(
        &self,
        wanted: &SearchText,
        within: Option<&BitSet>,
        interrupted: &AtomicBool,
        look: impl Fn(&mut T, &[u32]) + Sync,
    ) -> (BitSet, Vec<T>) {
        let tests = Tests::new(wanted, self);
        let with_method = tests.method.as_ref().map(|(names, accounts)| self.with_method(names, accounts));
        let has_method = |id: &u32| with_method.as_ref().is_none_or(|found| found.contains(*id as usize));
        // Halves the time with two processors: 10 ms for a rare word, 15 ms for a frequent letter, with a million tokens.
        let results =
            threads::fold_parts(self.ends.len(), TOKENS_OF_PART, |(found, looked): &mut (BitSet, T), part| {
                if interrupted.load(Ordering::Relaxed) {
                    return;
                }
                let (mut ids, words) = match &tests.words[..] {
                    [first, others @ ..] if within.is_none() => (self.with_word(part, first), others),
                    words => {
                        let ids = self.ids_of(part);
                        (ids.filter(|id| within.is_none_or(|within| within.contains(*id as usize))).collect(), words)
                    }
                };
                ids.retain(|id| has_method(id) && words.iter().all(|word| word.is_in(self, *id)));
                found.grow(self.limit());
                ids.iter().for_each(|id| found.insert(*id as usize));
                look(looked, &ids);
            });
        let mut all = BitSet::empty(self.limit());
        let looked = results.into_iter().map(|(found, looked)| {
            all.union_with(&found);
            looked
        });
        let looked = looked.collect();
        (all, looked)
    }

    fn ids_of(&self, part: Range<usize>) -> impl Iterator<Item = u32> {
        part.map_while(|place| u32::try_from(self.first as usize + place).ok())
    }

    /// Returns the tokens of a part whose text or account has the word.
    fn with_word(&self, part: Range<usize>, word: &Word) -> Vec<u32> {
        let found = self.with_text(part.clone(), &word.finder);
        if word.owners.len() == 0 {
            return found;
        }
        let (mut found, accounts) = (found.into_iter().peekable(), &self.accounts[part.clone()]);
        let tokens = self.ids_of(part).zip(accounts);
        let has = |(id, owner): &(u32, &u32)| found.next_if_eq(id).is_some() || word.owners.contains(**owner as usize);
        tokens.filter(has).map(|(id, _)| id).collect()
    }

    /// Returns the tokens of a part whose text has a word.
    fn with_text(&self, part: Range<usize>, finder: &Finder<'_>) -> Vec<u32> {
        let mut at = part.start.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let (end, mut token) = (self.ends[part.end - 1] as usize, part.start);
        let mut found = Vec::new();
        while let Some(place) = finder.find(&self.text[at..end]).map(|distance| at + distance) {
            token += self.tokens_before(place, token);
            found.extend(self.ids_of(token..token + 1));
            at = self.ends[token] as usize;
        }
        found
    }

    /// Returns the number of tokens from `first` on whose text ends before `place`.
    fn tokens_before(&self, place: usize, first: usize) -> usize {
        let ends = &self.ends[first..];
        let is_before = |end: &u32| *end as usize <= place;
        let mut reach = 1;
        while ends.get(reach - 1).is_some_and(is_before) && reach < ends.len() {
            reach *= 2;
        }
        ends[..reach.min(ends.len())].partition_point(is_before)
    }

    /// Returns the tokens with one of the methods or sets that are `true` in `names`, and those with *Inherit* of `accounts`.
    fn with_method(&self, names: &[bool], accounts: &BitSet) -> BitSet {
        let mut found = BitSet::empty(self.limit());
        let holdings = self.holders.iter().zip(&self.holdings);
        let wanted = holdings.filter(|(_, name)| names.get(usize::from(**name)) == Some(&true));
        wanted.for_each(|(id, _)| found.insert(*id as usize));
        let inherits = self.inherits.iter().filter(|place| accounts.contains(self.accounts[*place] as usize));
        inherits.for_each(|place| found.insert(self.first as usize + place));
        found
    }

    /// Returns `true` if a token has one of the methods or sets that are `true` in `names`.
    fn holds(&self, id: u32, names: &[bool]) -> bool {
        let (methods, sets) = (0..self.sets_at, self.sets_at..self.holders.len());
        [methods, sets].into_iter().any(|part| {
            let first = part.start + self.holders[part.clone()].partition_point(|token| *token < id);
            let own = (first..part.end).take_while(|at| self.holders[*at] == id);
            own.map(|at| usize::from(self.holdings[at])).any(|name| names.get(name) == Some(&true))
        })
    }

    /// Returns the accounts whose names contain `word`.
    fn owners(&self, word: &str) -> BitSet {
        let mut owners = BitSet::empty(self.usernames.iter().map(|(id, _)| *id as usize + 1).max().unwrap_or_default());
        let (finder, mut at) = (Finder::new(word), 0);
        while let Some(place) = finder.find(&self.username_text[at..]).map(|distance| at + distance) {
            let Some((id, end)) = self.usernames.get(self.usernames.partition_point(|(_, end)| *end <= place)) else {
                break;
            };
            owners.insert(*id as usize);
            at = *end;
        }
        owners
    }

    /// Returns the accounts whose *Inherit* is one of `holders`.
    fn inheriting(&self, holders: &MethodHolders) -> BitSet {
        let found = self.roles.iter().filter(|(_, role)| holders.inherit.is_some_and(|lowest| *role >= lowest));
        let ids: Vec<usize> = found.map(|(id, _)| *id as usize).collect();
        BitSet::new(ids.iter().max().map_or(0, |last| last + 1), ids)
    }

    /// Returns `true` if the selection of a token is *Inherit*.
    fn inherits(&self, id: u32) -> bool {
        id.checked_sub(self.first).is_some_and(|place| self.inherits.contains(place as usize))
    }

    /// Returns `true` for each method or set that is one of `holders`.
    fn names_with(&self, holders: &MethodHolders) -> Vec<bool> {
        let is_set_with = |name: &str| name.strip_suffix('\n').is_some_and(|set| holders.sets.contains(set));
        let has = |name: &String| name.to_lowercase().contains(&holders.text) || is_set_with(name);
        self.names.iter().map(has).collect()
    }
}
