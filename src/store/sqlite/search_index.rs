//! The texts of all tokens in memory. Finding a word in them takes milliseconds with a million tokens, where a scan of the
//! table takes half a second. A trigram index in the store (FTS5) would do for words of three letters or more. It would make
//! the store a fifth larger and each change slower.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use memchr::memmem::Finder;
use rusqlite::{Connection, Row};

use super::query_helpers::{query_all, query_one, query_value, sqlite_error};
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::query::token_filter::TokenFilter;
use crate::error::Result;

/// Maximum number of bytes of all texts.
const MAX_TEXT_BYTES: usize = 256 * 1024 * 1024;
/// Maximum number of changed tokens that are searched one by one. With more, all texts are read again.
const MAX_CHANGED: usize = 2_000;
/// Ends a field of a token's text. No word of a filter contains it.
const END_OF_FIELD: u8 = b'\n';
/// Beginnings of verbs that change no token's text, owner or place. After any other that names no single token, all texts
/// are read again.
const VERBS_WITHOUT_TOKENS: [&str; 3] = ["sign-in.", "policy.", "ledger."];
/// The fields of a token. The name of the account is found by way of the accounts.
const FIELDS: &str =
    "t.id, t.name, t.description, (SELECT prefix FROM installation) || '_' || t.public_id, t.account_id,
    t.deleted_at IS NOT NULL";
/// The methods and sets of tokens, in the order of the tokens.
const HOLDINGS: &str =
    "SELECT token_id, method_id FROM token_methods UNION ALL SELECT token_id, set_name FROM token_sets";

/// The texts of all tokens as of one row of the audit log.
pub(super) struct SearchIndex {
    seq: i64,
    texts: Texts,
    trashed: BitSet,
    /// Tokens that were added or changed since; `None` if the token is gone.
    changed: BTreeMap<u32, Option<Texts>>,
    /// The last search.
    last: Option<(SearchText, Arc<Found>)>,
}

/// The part of a filter that texts answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchText {
    words: Vec<String>,
    method: Option<String>,
}

/// The tokens that a search has found, by id.
#[derive(Debug)]
pub(super) struct Found {
    tokens: BitSet,
    /// Tokens in the trash.
    trashed: BitSet,
}

/// Texts of tokens, in lower case and one after the other.
#[derive(Default)]
struct Texts {
    ids: Vec<u32>,
    /// The end of each token's text.
    ends: Vec<u32>,
    text: Vec<u8>,
    accounts: Vec<u32>,
    usernames: BTreeMap<u32, String>,
    /// Numbers of the methods and sets of tokens.
    holdings: Vec<(u32, u32)>,
    /// The methods and sets, in lower case.
    names: Vec<String>,
    trashed: Vec<u32>,
}

impl SearchText {
    /// Returns the text of `filter`. `None` if there is none, or if it has characters that only descriptions contain.
    pub fn of(filter: &TokenFilter) -> Option<Self> {
        let has_text = !filter.words.is_empty() || filter.method.is_some();
        let words = filter.words.iter().map(|word| word.to_ascii_lowercase()).collect();
        (has_text && filter.words.iter().all(|word| word.is_ascii()))
            .then(|| SearchText { words, method: filter.method.as_ref().map(|part| part.to_lowercase()) })
    }

    /// Returns `true` if each token that matches this matches `other`.
    fn narrows(&self, other: &SearchText) -> bool {
        let mut words = self.words.iter().zip(&other.words);
        self.method == other.method
            && self.words.len() == other.words.len()
            && words.all(|(word, other)| word.contains(other.as_str()))
    }
}

impl Found {
    pub fn contains(&self, id: i64) -> bool {
        usize::try_from(id).is_ok_and(|id| self.tokens.contains(id))
    }

    /// Returns the number of tokens, in the trash or outside.
    pub fn count(&self, trashed: bool) -> u64 {
        self.section(trashed).len() as u64
    }

    /// Returns the ids of the tokens, in the trash or outside.
    pub fn ids(&self, trashed: bool) -> Vec<i64> {
        self.section(trashed).iter().filter_map(|id| i64::try_from(id).ok()).collect()
    }

    fn section(&self, trashed: bool) -> BitSet {
        if trashed { self.tokens.intersection(&self.trashed) } else { self.tokens.difference(&self.trashed) }
    }
}

impl SearchIndex {
    /// Reads the texts of all tokens. `None` if there are too many.
    pub fn load(db: &Connection) -> Result<Option<Self>> {
        let seq = newest(db)?;
        let Some(texts) = Texts::load(db)? else { return Ok(None) };
        let mut trashed = BitSet::empty(texts.limit());
        texts.trashed.iter().for_each(|id| trashed.insert(*id as usize));
        Ok(Some(SearchIndex { seq, texts, trashed, changed: BTreeMap::new(), last: None }))
    }

    /// Includes the changes that the snapshot has. Returns `false` if all texts must be read again.
    pub fn refresh(&mut self, db: &Connection) -> Result<bool> {
        let newest = newest(db)?;
        if newest == self.seq {
            return Ok(true);
        }
        let sql = "SELECT verb, target FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let limit = i64::try_from(MAX_CHANGED + 1).unwrap_or(i64::MAX);
        let rows: Vec<(String, String)> = query_all(db, sql, [self.seq, limit], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let mut ids = BTreeSet::new();
        for (verb, target) in &rows {
            match target.strip_prefix("t:").and_then(|id| id.parse::<u32>().ok()) {
                Some(id) => drop(ids.insert(id)),
                None if VERBS_WITHOUT_TOKENS.iter().any(|beginning| verb.starts_with(beginning)) => {}
                None => return Ok(false),
            }
        }
        // After a restore, the numbers begin again with lower ones.
        if newest < self.seq || rows.len() > MAX_CHANGED || self.changed.len() + ids.len() > MAX_CHANGED {
            return Ok(false);
        }
        for id in ids {
            self.changed.insert(id, Texts::of_token(db, id)?);
        }
        (self.seq, self.last) = (newest, None);
        Ok(true)
    }

    /// Returns the tokens with all words, and with a method or set that contains the filter's.
    pub fn find(&mut self, wanted: &SearchText) -> Arc<Found> {
        if let Some((_, found)) = self.last.as_ref().filter(|(last, _)| last == wanted) {
            return Arc::clone(found);
        }
        let narrowed = self
            .last
            .as_ref()
            .filter(|(last, found)| wanted.narrows(last) && found.tokens.len() < self.texts.ids.len() / 4);
        let mut tokens = self.texts.find(wanted, narrowed.map(|(_, found)| &found.tokens));
        let mut trashed = self.trashed.clone();
        let limit = self.changed.keys().last().map_or(0, |last| *last as usize + 1);
        tokens.grow(limit);
        trashed.grow(limit);
        for (id, texts) in &self.changed {
            let number = *id as usize;
            tokens.remove(number);
            trashed.remove(number);
            let Some(texts) = texts else { continue };
            if texts.find(wanted, None).contains(number) {
                tokens.insert(number);
            }
            if !texts.trashed.is_empty() {
                trashed.insert(number);
            }
        }
        let found = Arc::new(Found { tokens, trashed });
        self.last = Some((wanted.clone(), Arc::clone(&found)));
        found
    }
}

/// Returns the number of the audit log's last row.
fn newest(db: &Connection) -> Result<i64> {
    Ok(query_value::<Option<i64>>(db, "SELECT max(seq) FROM audit", [])?.flatten().unwrap_or(0))
}

impl Texts {
    fn load(db: &Connection) -> Result<Option<Self>> {
        let mut texts = Texts::default();
        let sql = "SELECT id, username FROM accounts";
        for (id, name) in query_all(db, sql, [], |r| Ok((r.get::<_, u32>(0)?, r.get::<_, String>(1)?)))? {
            texts.usernames.insert(id, name.to_ascii_lowercase());
        }
        let sql = format!("SELECT {FIELDS} FROM tokens t NOT INDEXED ORDER BY t.id");
        let mut query = db.prepare(&sql).map_err(sqlite_error)?;
        let mut rows = query.query([]).map_err(sqlite_error)?;
        while let Some(row) = rows.next().map_err(sqlite_error)? {
            texts.add(row).map_err(sqlite_error)?;
            if texts.text.len() > MAX_TEXT_BYTES {
                return Ok(None);
            }
        }
        let mut numbers = HashMap::new();
        let mut query = db.prepare(HOLDINGS).map_err(sqlite_error)?;
        let mut rows = query.query([]).map_err(sqlite_error)?;
        while let Some(row) = rows.next().map_err(sqlite_error)? {
            texts.add_holding(row, &mut numbers).map_err(sqlite_error)?;
        }
        // The memory that growing has reserved is a third of the whole.
        texts.text.shrink_to_fit();
        Ok(Some(texts))
    }

    /// Returns the texts of one token. `None` if there is no such token.
    fn of_token(db: &Connection, id: u32) -> Result<Option<Self>> {
        let mut texts = Texts::default();
        let sql = format!("SELECT {FIELDS}, t.username FROM tokens t WHERE t.id = ?1");
        let is_there = query_one(db, &sql, [id], |row| {
            texts.usernames.insert(row.get(4)?, row.get::<_, String>(6)?.to_ascii_lowercase());
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
        let id = row.get(0)?;
        for field in 1..=3 {
            // Not UTF-8 if a row is damaged. Its other words may still match.
            let text = row.get_ref(field)?.as_bytes()?;
            self.text.extend(text.iter().map(u8::to_ascii_lowercase));
            self.text.push(END_OF_FIELD);
        }
        self.ids.push(id);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.accounts.push(row.get(4)?);
        if row.get(5)? {
            self.trashed.push(id);
        }
        Ok(())
    }

    fn add_holding(&mut self, row: &Row<'_>, numbers: &mut HashMap<Vec<u8>, u32>) -> rusqlite::Result<()> {
        let name = row.get_ref(1)?.as_bytes()?;
        let number = match numbers.get(name) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.names.push(String::from_utf8_lossy(name).to_lowercase());
                numbers.insert(name.to_vec(), number);
                number
            }
        };
        self.holdings.push((row.get(0)?, number));
        Ok(())
    }

    /// Returns a number greater than each id.
    fn limit(&self) -> usize {
        self.ids.last().map_or(0, |last| *last as usize + 1)
    }

    /// Returns the tokens that match; only those of `within`, if given.
    fn find(&self, wanted: &SearchText, within: Option<&BitSet>) -> BitSet {
        let methods = wanted.method.iter().map(|part| self.with_method(part));
        let words = wanted.words.iter().map(|word| self.with_word(word, within));
        methods.chain(words).reduce(|all, one| all.intersection(&one)).unwrap_or_default()
    }

    fn with_method(&self, part: &str) -> BitSet {
        let is_wanted: Vec<bool> = self.names.iter().map(|name| name.contains(part)).collect();
        let mut found = BitSet::empty(self.limit());
        let holdings = self.holdings.iter().filter(|(_, name)| is_wanted.get(*name as usize) == Some(&true));
        holdings.for_each(|(id, _)| found.insert(*id as usize));
        found
    }

    fn with_word(&self, word: &str, within: Option<&BitSet>) -> BitSet {
        let mut found = BitSet::empty(self.limit());
        let owners: BTreeSet<u32> =
            self.usernames.iter().filter(|(_, name)| name.contains(word)).map(|(id, _)| *id).collect();
        if !owners.is_empty() {
            let owned = self.ids.iter().zip(&self.accounts).filter(|(_, account)| owners.contains(account));
            owned.for_each(|(id, _)| found.insert(*id as usize));
        }
        let finder = Finder::new(word);
        if let Some(within) = within {
            let mut start = 0;
            for (id, end) in self.ids.iter().zip(&self.ends) {
                let text = &self.text[start..*end as usize];
                if within.contains(*id as usize) && finder.find(text).is_some() {
                    found.insert(*id as usize);
                }
                start = *end as usize;
            }
            return found;
        }
        let (mut at, mut token) = (0, 0);
        while let Some(place) = finder.find(&self.text[at..]).map(|distance| at + distance) {
            token += self.tokens_before(place, token);
            let (Some(id), Some(end)) = (self.ids.get(token), self.ends.get(token)) else { break };
            found.insert(*id as usize);
            at = *end as usize;
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
