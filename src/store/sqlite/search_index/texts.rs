//! The texts in which a search looks.

mod find;

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::role::Role;
use crate::error::Result;
use crate::store::sqlite::query_helpers::{query_all, query_one, sqlite_error, tuple};
pub(super) use find::Tests;

/// Number of bytes that a name in a list has in addition to its letters.
const BYTES_OF_NAME: usize = 64;
/// Maximum number of different methods and sets.
const MAX_NAMES: usize = u16::MAX as usize;
/// Number of bytes of each id: the end of its text, and its account.
const BYTES_OF_PLACE: usize = 2 * size_of::<u32>();
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
    /// Each account by id, and the end of its name in `username_text`.
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
        let mut query = db.prepare("SELECT id, username, role FROM accounts ORDER BY id").map_err(sqlite_error)?;
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

    /// Returns the name of an account.
    pub fn username(&self, account: u32) -> Option<&[u8]> {
        // Ids without a gap are the rule. A search for each token would make the first page 3 ms slower.
        let place = account.checked_sub(self.usernames.first()?.0)? as usize;
        let place = match self.usernames.get(place) {
            Some((id, _)) if *id == account => place,
            _ => self.usernames.binary_search_by_key(&account, |(id, _)| *id).ok()?,
        };
        let start = place.checked_sub(1).map_or(0, |before| self.usernames[before].1);
        self.username_text.get(start..self.usernames[place].1 - 1)
    }
}
