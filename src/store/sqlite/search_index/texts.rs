//! The texts in which a search looks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use memchr::memmem::Finder;
use rusqlite::{Connection, Row};

use super::SearchText;
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::catalogue::method_holders::MethodHolders;
use crate::domain::role::Role;
use crate::error::Result;
use crate::platform::threads;
use crate::store::sqlite::query_helpers::{query_all, query_one, sqlite_error, tuple};

/// Number of bytes that a name in a list has in addition to its letters.
const BYTES_OF_NAME: usize = 64;
/// Maximum number of different methods and sets.
const MAX_NAMES: usize = u16::MAX as usize;
/// Number of bytes of each id: the end of its text, and its account.
const BYTES_OF_PLACE: usize = 2 * size_of::<u32>();
/// Number of tokens that a thread searches without a check if the search is still wanted.
const TOKENS_OF_PART: usize = 16 * 1_024;
/// Ends a field of a token's text. No word of a filter contains it.
const END_OF_FIELD: u8 = b'\n';
/// The golden ratio as a fraction of 2³². Its multiples are spread evenly.
const GOLDEN_RATIO: u32 = 0x9E37_79B9;
/// The fields of a token. The name of the account is found by way of the accounts.
const FIELDS: &str =
    "t.id, t.name, t.description, (SELECT prefix FROM installation) || '_' || t.public_id, t.account_id,
    t.deleted_at IS NOT NULL, t.selection = 'inherit'";
/// The methods of tokens, then their sets, in the order of the tokens. [`END_OF_FIELD`] marks the name of a set.
const HOLDINGS: &str =
    "SELECT token_id, method_id FROM token_methods UNION ALL SELECT token_id, set_name || char(10) FROM token_sets";

/// Texts of tokens, in lower case and one after the other. Ids without a token have an empty text, and account 0.
#[derive(Default)]
pub(super) struct Texts {
    /// The id of the first token.
    first: u32,
    /// The end of each token's text.
    pub ends: Vec<u32>,
    text: Vec<u8>,
    accounts: Vec<u32>,
    /// Each account, and the end of its name in `username_text`.
    usernames: Vec<(u32, usize)>,
    /// Names of accounts, in lower case and one after the other.
    username_text: Vec<u8>,
    /// The tokens that hold a method, and from `sets_at` on those that hold a set.
    holders: Vec<u32>,
    sets_at: usize,
    /// For each of `holders`, the place of the method or set in `names`. Apart, because a pair would have 8 bytes.
    holdings: Vec<u16>,
    /// The methods, and the sets with a mark at the end of their names.
    names: Vec<String>,
    /// Number of bytes of `names`.
    name_bytes: usize,
    pub trashed: Vec<u32>,
    /// Distances from `first` to the tokens with *Inherit*.
    inherits: BitSet,
    /// Distances from `first` to the tokens with a capital in their names: in lower case, a name may have another place in the
    /// order of names.
    capitals: BitSet,
    roles: Vec<(u32, Role)>,
}

/// The conditions that a token must meet to match.
pub(super) struct Tests {
    /// Each word, and the accounts whose names contain the word.
    words: Vec<(Finder<'static>, BitSet)>,
    /// `true` for each method or set that the filter's method is in, and the accounts whose *Inherit* includes it.
    method: Option<(Vec<bool>, BitSet)>,
}

impl Tests {
    /// Creates the tests of a token of `texts`.
    pub fn new(wanted: &SearchText, texts: &Texts) -> Self {
        let words = wanted.words.iter().map(|word| (Finder::new(word).into_owned(), texts.owners(word)));
        let method = wanted.method.as_ref().map(|holders| (texts.names_with(holders), texts.inheriting(holders)));
        Tests { words: words.collect(), method }
    }

    pub fn pass(&self, texts: &Texts, id: u32) -> bool {
        let Some((text, account)) = texts.text_and_account(id) else { return false };
        let has = |(word, owners): &(Finder<'_>, BitSet)| word.find(text).is_some() || owners.contains(account);
        let includes = |(names, accounts): &(Vec<bool>, BitSet)| {
            accounts.contains(account) && texts.inherits(id) || texts.holds(id, names)
        };
        self.words.iter().all(has) && self.method.as_ref().is_none_or(includes)
    }
}

impl Texts {
    /// Reads the texts of all tokens. `None` if they have more than `max_bytes`.
    pub fn load(db: &Connection, max_bytes: usize) -> Result<Option<Self>> {
        let mut texts = Texts::default();
        // Each id between the first and the last one takes up memory, with a token or without.
        let ids = query_one(db, "SELECT min(id), max(id) FROM tokens", [], tuple::<(Option<i64>, Option<i64>)>)?;
        if let Some((Some(first), Some(last))) = ids {
            let places = usize::try_from(last.abs_diff(first)).unwrap_or(usize::MAX).saturating_add(1);
            if places > max_bytes / BYTES_OF_PLACE {
                return Ok(None);
            }
            // Growing would leave memory that is not returned.
            (texts.ends, texts.accounts) = (Vec::with_capacity(places), Vec::with_capacity(places));
        }
        let mut query = db.prepare("SELECT id, username, role FROM accounts").map_err(sqlite_error)?;
        let mut rows = query.query([]).map_err(sqlite_error)?;
        while let Some(row) = rows.next().map_err(sqlite_error)? {
            texts.add_username(row, 0, 1).and_then(|()| texts.add_role(row, 0, 2)).map_err(sqlite_error)?;
            if texts.bytes() > max_bytes {
                return Ok(None);
            }
        }
        let sql = format!("SELECT {FIELDS} FROM tokens t NOT INDEXED ORDER BY t.id");
        let mut query = db.prepare(&sql).map_err(sqlite_error)?;
        let mut rows = query.query([]).map_err(sqlite_error)?;
        while let Some(row) = rows.next().map_err(sqlite_error)? {
            texts.add(row).map_err(sqlite_error)?;
            if texts.bytes() > max_bytes {
                return Ok(None);
            }
        }
        let mut numbers = HashMap::new();
        let mut query = db.prepare(HOLDINGS).map_err(sqlite_error)?;
        let mut rows = query.query([]).map_err(sqlite_error)?;
        while let Some(row) = rows.next().map_err(sqlite_error)? {
            texts.add_holding(row, &mut numbers).map_err(sqlite_error)?;
            if texts.bytes() > max_bytes || texts.names.len() > MAX_NAMES {
                return Ok(None);
            }
        }
        // Growing has reserved more memory than is needed.
        texts.text.shrink_to_fit();
        texts.holders.shrink_to_fit();
        texts.holdings.shrink_to_fit();
        Ok(Some(texts))
    }

    /// Returns the number of bytes in memory.
    pub fn bytes(&self) -> usize {
        self.text.len()
            + self.name_bytes
            + self.username_text.len()
            + size_of::<(u32, usize)>() * self.usernames.len()
            + BYTES_OF_PLACE * self.ends.len()
            + (size_of::<u32>() + size_of::<u16>()) * self.holdings.len()
            + size_of::<u32>() * self.trashed.len()
            + self.inherits.heap_bytes()
            + self.capitals.heap_bytes()
            + size_of::<(u32, Role)>() * self.roles.len()
    }

    /// Returns the texts of one token. `None` if there is no such token.
    pub fn of_token(db: &Connection, id: u32) -> Result<Option<Self>> {
        let mut texts = Texts::default();
        let role = "(SELECT role FROM accounts WHERE id = t.account_id)";
        let sql = format!("SELECT {FIELDS}, t.username, {role} FROM tokens t WHERE t.id = ?1");
        let is_there = query_one(db, &sql, [id], |row| {
            texts.add_username(row, 4, 7)?;
            texts.add_role(row, 4, 8)?;
            texts.add(row)
        })?;
        if is_there.is_none() {
            return Ok(None);
        }
        let mut numbers = HashMap::new();
        let sql = format!("SELECT * FROM ({HOLDINGS}) WHERE token_id = ?1");
        query_all(db, &sql, [id], |row| texts.add_holding(row, &mut numbers))?;
        Ok(Some(texts))
    }

    /// Adds a row of [`FIELDS`].
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let id: u32 = row.get(0)?;
        if self.ends.is_empty() {
            self.first = id;
        }
        let place = id.saturating_sub(self.first) as usize;
        self.ends.resize(place, u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.accounts.resize(place, 0);
        for field in 1..=3 {
            // Not UTF-8 if a row is damaged. Its other words may still match.
            let text = row.get_ref(field)?.as_bytes()?;
            self.text.extend(text.iter().map(u8::to_ascii_lowercase));
            self.text.push(END_OF_FIELD);
        }
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.accounts.push(row.get(4)?);
        if row.get(5)? {
            self.trashed.push(id);
        }
        if row.get(6)? {
            self.inherits.grow(place + 1);
            self.inherits.insert(place);
        }
        let is_out_of_order = |byte: &u8| byte.is_ascii_uppercase() || *byte == END_OF_FIELD;
        if row.get_ref(1)?.as_bytes()?.iter().any(is_out_of_order) {
            self.capitals.grow(place + 1);
            self.capitals.insert(place);
        }
        Ok(())
    }

    /// Adds the account with the id and the name in these columns.
    fn add_username(&mut self, row: &Row<'_>, id: usize, name: usize) -> rusqlite::Result<()> {
        self.username_text.extend(row.get_ref(name)?.as_str()?.bytes().map(|byte| byte.to_ascii_lowercase()));
        self.username_text.push(END_OF_FIELD);
        self.usernames.push((row.get(id)?, self.username_text.len()));
        Ok(())
    }

    /// Adds the role of the account with the id in these columns. A damaged role permits nothing.
    fn add_role(&mut self, row: &Row<'_>, id: usize, role: usize) -> rusqlite::Result<()> {
        let role = row.get_ref(role)?.as_str().ok().and_then(Role::from_word);
        self.roles.extend(role.map(|role| row.get(id).map(|id| (id, role))).transpose()?);
        Ok(())
    }

    fn add_holding(&mut self, row: &Row<'_>, numbers: &mut HashMap<Vec<u8>, u16>) -> rusqlite::Result<()> {
        let name = row.get_ref(1)?.as_bytes()?;
        let number = match numbers.get(name) {
            Some(number) => *number,
            None => {
                let number = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
                self.names.push(String::from_utf8_lossy(name).into_owned());
                self.name_bytes += name.len() + BYTES_OF_NAME;
                numbers.insert(name.to_vec(), number);
                number
            }
        };
        let id = row.get(0)?;
        if self.holders.last().is_some_and(|last| *last > id) {
            self.sets_at = self.holders.len();
        }
        self.holders.push(id);
        self.holdings.push(number);
        Ok(())
    }

    /// Returns a number greater than each id.
    pub fn limit(&self) -> usize {
        self.first as usize + self.ends.len()
    }

    /// Returns `count` ids, spread over all ids without a regular distance: tokens that one program has made may repeat
    /// their accounts at such a distance.
    pub fn spread_ids(&self, count: u32) -> impl Iterator<Item = u32> {
        let (first, places) = (u64::from(self.first), self.ends.len() as u64);
        (0..count).filter_map(move |number| {
            let fraction = u64::from(number.wrapping_mul(GOLDEN_RATIO));
            u32::try_from(first + ((fraction * places) >> u32::BITS)).ok()
        })
    }

    /// Returns the text of a token and its account.
    fn text_and_account(&self, id: u32) -> Option<(&[u8], usize)> {
        let place = id.checked_sub(self.first)? as usize;
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        Some((self.text.get(start as usize..*self.ends.get(place)? as usize)?, *self.accounts.get(place)? as usize))
    }

    /// Returns the name of a token and its account. `None` if the name is not as in the store: it has capitals.
    pub fn name_and_account(&self, id: u32) -> Option<(&[u8], u32)> {
        let (text, account) = self.text_and_account(id)?;
        let place = id.checked_sub(self.first)? as usize;
        if self.capitals.contains(place) {
            return None;
        }
        Some((&text[..memchr::memchr(END_OF_FIELD, text)?], u32::try_from(account).ok()?))
    }

    /// Returns the names of the accounts.
    pub fn usernames_by_id(&self) -> HashMap<u32, &[u8]> {
        let mut start = 0;
        let name = |(id, end): &(u32, usize)| {
            let name = &self.username_text[start..*end - 1];
            start = *end;
            (*id, name)
        };
        self.usernames.iter().map(name).collect()
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

    /// Returns the tokens that match; only those of `within`, if given. Ends early if `interrupted`.
    pub fn find(&self, wanted: &SearchText, within: Option<&BitSet>, interrupted: &AtomicBool) -> BitSet {
        let methods = wanted.method.iter().map(|holders| self.with_method(holders));
        let words = wanted.words.iter().map(|word| self.with_word(word, within, interrupted));
        methods.chain(words).reduce(|all, one| all.intersection(&one)).unwrap_or_default()
    }

    fn with_method(&self, holders: &MethodHolders) -> BitSet {
        let (is_wanted, accounts) = (self.names_with(holders), self.inheriting(holders));
        let mut found = BitSet::empty(self.limit());
        let holdings = self.holders.iter().zip(&self.holdings);
        let wanted = holdings.filter(|(_, name)| is_wanted.get(usize::from(**name)) == Some(&true));
        wanted.for_each(|(id, _)| found.insert(*id as usize));
        let inherits = self.inherits.iter().filter(|place| accounts.contains(self.accounts[*place] as usize));
        inherits.for_each(|place| found.insert(self.first as usize + place));
        found
    }

    fn with_word(&self, word: &str, within: Option<&BitSet>, interrupted: &AtomicBool) -> BitSet {
        let mut found = BitSet::empty(self.limit());
        let owners = self.owners(word);
        if owners.len() > 0 {
            let owned =
                (self.first as usize..).zip(&self.accounts).filter(|(_, owner)| owners.contains(**owner as usize));
            owned.for_each(|(id, _)| found.insert(id));
        }
        let finder = Finder::new(word);
        if let Some(within) = within {
            let has = |id: &u32| self.text_and_account(*id).is_some_and(|(text, _)| finder.find(text).is_some());
            let ids = within.iter().filter_map(|id| u32::try_from(id).ok());
            ids.filter(has).for_each(|id| found.insert(id as usize));
            return found;
        }
        // Halves the time with two processors: 10 ms for a rare word, 15 ms for a frequent letter, with a million tokens.
        let found = Mutex::new(found);
        threads::map_parts(self.ends.len(), TOKENS_OF_PART, |part| {
            if !interrupted.load(Ordering::Relaxed) {
                let ids = self.search_part(part, &finder);
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                ids.into_iter().for_each(|id| found.insert(id));
            }
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the ids of the tokens of `part` whose text has the word.
    fn search_part(&self, part: Range<usize>, finder: &Finder<'_>) -> Vec<usize> {
        let mut at = part.start.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let (end, mut token) = (self.ends[part.end - 1] as usize, part.start);
        let mut found = Vec::new();
        while let Some(place) = finder.find(&self.text[at..end]).map(|distance| at + distance) {
            token += self.tokens_before(place, token);
            found.push(self.first as usize + token);
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
}
