//! The list of API sets next to the tree: its search, its rows and its cursor. No drawing.

use super::method_index::SetRow;
use super::search;
use crate::tui::widget::text_input::TextInput;

/// Maximum length of a search, in bytes. A whole name can be pasted.
const MAX_SEARCH: usize = 1_200;

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetListRow {
    /// An API set, by position.
    Set(usize),
    Inherit,
    NoAccess,
}

impl SetListRow {
    /// Returns the text of a row that is no set.
    pub const fn built_in_label(self) -> Option<&'static str> {
        match self {
            SetListRow::Set(_) => None,
            SetListRow::Inherit => Some("Inherit"),
            SetListRow::NoAccess => Some("no access"),
        }
    }
}

/// How well a row matches the search, the best match first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The whole name, with or without the name of its catalogue before it.
    Whole,
    /// The start of the name.
    Start,
    /// Every word is in the name.
    InName,
    /// Some word is only in the title.
    InTitle,
}

/// Returns the rank of the row with this name and title, all in lower case. `None` if a word is missing.
fn rank(haystack: &str, words: &[String], phrase: &str) -> Option<Rank> {
    let all_in = |text: &str| words.iter().all(|word| text.contains(word.as_str()));
    if !all_in(haystack) {
        return None;
    }
    let name = haystack.split('\n').next().unwrap_or_default();
    let short = name.split_once(": ").map_or(name, |(_, short)| short);
    let names = [name, short];
    Some(if names.contains(&phrase) {
        Rank::Whole
    } else if names.iter().any(|name| name.starts_with(phrase)) {
        Rank::Start
    } else if all_in(name) {
        Rank::InName
    } else {
        Rank::InTitle
    })
}

/// The rows that match the search, and the cursor.
#[derive(Debug)]
pub struct SetList {
    pub search: TextInput,
    words: Vec<String>,
    rows: Vec<SetListRow>,
    cursor: usize,
    /// `true` if *Inherit* and *no access* follow the sets.
    can_choose: bool,
    /// Number of rows without a search.
    all: usize,
}

impl SetList {
    /// Lists `sets`, and the other choices if something can be chosen.
    pub fn new(sets: &[SetRow], can_choose: bool) -> Self {
        let search = TextInput::new(MAX_SEARCH);
        let mut list = SetList { search, words: Vec::new(), rows: Vec::new(), cursor: 0, can_choose, all: 0 };
        list.refresh(sets, None);
        list
    }

    /// Lists `sets` instead and keeps the search. The cursor goes to the set that was at it, `before`, if it still exists.
    pub fn refresh(&mut self, sets: &[SetRow], before: Option<&str>) {
        self.rebuild(sets);
        let same = |row: &SetListRow| matches!(row, SetListRow::Set(at) if before == Some(sets[*at].name.as_str()));
        self.cursor = self.rows.iter().position(same).unwrap_or(self.cursor).min(self.last());
    }

    fn rebuild(&mut self, sets: &[SetRow]) {
        let phrase = self.words.join(" ");
        let sets_found = sets.iter().enumerate().filter_map(|(at, set)| {
            let rank = rank(&set.haystack, &self.words, &phrase)?;
            Some((rank, SetListRow::Set(at)))
        });
        let others = [SetListRow::Inherit, SetListRow::NoAccess].into_iter().filter(|_| self.can_choose);
        let others_found = others.filter_map(|row| {
            let label = search::lower(row.built_in_label()?);
            Some((rank(&label, &self.words, &phrase)?, row))
        });
        let mut found: Vec<(Rank, SetListRow)> = sets_found.chain(others_found).collect();
        if !phrase.is_empty() {
            found.sort_by_key(|(rank, _)| *rank);
        }
        self.rows = found.into_iter().map(|(_, row)| row).collect();
        self.all = sets.len() + if self.can_choose { 2 } else { 0 };
    }

    /// Shows only rows that contain every word of the search, the best match first and under the cursor.
    pub fn apply_search(&mut self, sets: &[SetRow]) {
        let words = search::split_words(self.search.text());
        if words == self.words {
            return;
        }
        let before = self.row();
        self.words = words;
        self.rebuild(sets);
        let same = self.rows.iter().position(|row| Some(*row) == before).filter(|_| self.words.is_empty());
        self.cursor = same.unwrap_or(0);
    }

    pub fn clear_search(&mut self, sets: &[SetRow]) {
        self.search.clear();
        self.apply_search(sets);
    }

    /// Returns the search words, in lower case.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn rows(&self) -> &[SetListRow] {
        &self.rows
    }

    /// Returns the row under the cursor; `None` if no row matches the search.
    pub fn row(&self) -> Option<SetListRow> {
        self.rows.get(self.cursor).copied()
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Returns the number of rows without a search.
    pub fn count_all(&self) -> usize {
        self.all
    }

    fn last(&self) -> usize {
        self.rows.len().saturating_sub(1)
    }

    /// Moves the cursor by `delta` rows, at most to an end.
    pub fn step(&mut self, delta: isize) {
        self.cursor = self.cursor.saturating_add_signed(delta).min(self.last());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_match_of_a_search_is_first() {
        let names = [
            ("pets: scope pets:read", "all with pets: read pets"),
            ("pets: read pets and more", ""),
            ("pets: write pets", "also what read pets has"),
            ("pets: read pets", ""),
            ("shop: read pets", ""),
        ];
        let sets: Vec<SetRow> = names.iter().map(|(name, title)| SetRow::new(name, title)).collect();
        let mut list = SetList::new(&sets, true);
        let mut found = |text: &str| {
            list.clear_search(&sets);
            list.search.insert(text);
            list.apply_search(&sets);
            assert!(text.is_empty() || list.cursor() == 0, "{text}");
            list.rows().to_vec()
        };
        let set = SetListRow::Set;
        assert_eq!(found("pets: read pets"), [set(3), set(1), set(0), set(2)]);
        assert_eq!(found("Read  Pets"), [set(3), set(4), set(1), set(0), set(2)]);
        assert_eq!(found("no access"), [SetListRow::NoAccess]);
        assert_eq!(found(""), [set(0), set(1), set(2), set(3), set(4), SetListRow::Inherit, SetListRow::NoAccess]);
    }
}
