//! Groups of operations: by their first tag, or by their path.

use std::collections::{BTreeMap, BTreeSet};

use super::GroupBy;
use super::clean_text::{clean, fold_separators, quoted, short_hash, slug, truncate};
use super::operations::{MAX_TAG_LEN, Operation};
use super::warnings::Warnings;

/// The group of operations without a tag, or without a word in their path.
const DEFAULT: &str = "default";
/// Maximum length of a group's part of an id.
const MAX_GROUP_LEN: usize = 60;

/// The groups of a document.
pub(super) struct Groups {
    /// Titles by the group's part of ids.
    pub(super) titles: BTreeMap<String, String>,
    /// The group of each operation, in their order.
    pub(super) of_operations: Vec<String>,
    /// The reason why the paths decide, if nobody asked for it.
    path_reason: Option<&'static str>,
}

impl Groups {
    /// Returns a line about the grouping if nobody asked for it.
    pub(super) fn describe(&self) -> Option<String> {
        let count = self.titles.len();
        let s = if count == 1 { "" } else { "s" };
        self.path_reason.map(|why| format!("jeton made {count} group{s} from the paths, because {why}"))
    }
}

/// Returns the groups. Without `wanted`, operations are grouped by path if their tags say nothing.
pub(super) fn group(operations: &[Operation<'_>], wanted: Option<GroupBy>, warnings: &mut Warnings) -> Groups {
    let by_tag = || operations.iter().map(|o| o.tags.first().copied()).collect::<Vec<_>>();
    let by_path = || words_of_paths(operations);
    let (by, words) = match wanted {
        Some(GroupBy::Tag) => (GroupBy::Tag, by_tag()),
        Some(GroupBy::Path) => (GroupBy::Path, by_path()),
        None if operations.iter().all(|o| o.tags.is_empty()) => (GroupBy::Path, by_path()),
        None if has_single_tag(operations) => {
            let words = by_path();
            let count = words.iter().collect::<BTreeSet<_>>().len();
            // Groups of one operation each would be worse than one group.
            if count > 1 && count * 2 <= operations.len() { (GroupBy::Path, words) } else { (GroupBy::Tag, by_tag()) }
        }
        None => (GroupBy::Tag, by_tag()),
    };
    let path_reason = match operations.iter().all(|o| o.tags.is_empty()) {
        true => "the operations have no tags",
        false => "all operations have the same tag",
    };
    let (titles, ids) = name_groups(&words, by, warnings);
    let of = |word: &Option<&str>| word.and_then(|w| ids.get(w)).cloned().unwrap_or_else(|| DEFAULT.to_owned());
    Groups {
        titles,
        of_operations: words.iter().map(of).collect(),
        path_reason: (wanted.is_none() && by == GroupBy::Path).then_some(path_reason),
    }
}

fn has_single_tag(operations: &[Operation<'_>]) -> bool {
    let first = operations.first().map(|o| &o.tags);
    operations.iter().all(|o| o.tags.len() == 1 && Some(&o.tags) == first)
}

/// Returns the titles of all groups by id, and the id of each word's group.
fn name_groups<'a>(
    words: &[Option<&'a str>],
    by: GroupBy,
    warnings: &mut Warnings,
) -> (BTreeMap<String, String>, BTreeMap<&'a str, String>) {
    let (mut titles, mut ids) = (BTreeMap::new(), BTreeMap::new());
    if words.contains(&None) {
        titles.insert(DEFAULT.to_owned(), DEFAULT.to_owned());
    }
    let what = match by {
        GroupBy::Tag => "tag",
        GroupBy::Path => "path segment",
    };
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for word in words.iter().copied().flatten().collect::<BTreeSet<_>>() {
        let mut id = fold_separators(&slug(word, MAX_GROUP_LEN).0);
        if id.is_empty() {
            id = format!("group-{}", short_hash(word));
            warnings.add(format!(
                "the {what} {} has no characters that are allowed in an id. So the group gets the id {id}",
                quoted(word)
            ));
        }
        if let Some(owner) = owners.insert(id.clone(), word) {
            warnings.add(format!(
                "the {what}s {} and {} become one group, because both give the id {id}",
                quoted(owner),
                quoted(word)
            ));
        }
        let title = clean(word, MAX_TAG_LEN);
        if title.had_control_chars {
            warnings.add(format!(
                "the {what} {} has invisible control characters, so jeton removed these characters from the group's title",
                quoted(word)
            ));
        }
        let title = if title.text.is_empty() { id.clone() } else { title.text };
        titles.entry(id.clone()).or_insert(title);
        ids.insert(word, id);
    }
    (titles, ids)
}

/// Returns the word by which each operation is grouped: the first literal segment of its path after those that all
/// paths share. `None` if its path has no such segment.
fn words_of_paths<'a>(operations: &[Operation<'a>]) -> Vec<Option<&'a str>> {
    let paths: Vec<Vec<&str>> = operations.iter().map(|o| segments(o.path)).collect();
    let named = || paths.iter().filter(|p| p.iter().any(|s| is_word(s)));
    let mut shared = named().map(Vec::len).min().unwrap_or(0);
    if let Some(first) = named().next() {
        for path in named() {
            let same = path.iter().zip(first).take_while(|(a, b)| a == b || (is_parameter(a) && is_parameter(b)));
            shared = shared.min(same.count());
        }
    }
    let word = |path: &Vec<&'a str>| {
        let (before, after) = path.split_at(shared.min(path.len()));
        // A path with only shared segments belongs to the last of them.
        after.iter().find(|s| is_word(s)).or_else(|| before.iter().rev().find(|s| is_word(s))).map(|s| without_verb(s))
    };
    paths.iter().map(word).collect()
}

fn segments(path: &str) -> Vec<&str> {
    const MAX_SEGMENTS: usize = 100;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').map(str::trim).filter(|s| !s.is_empty()).take(MAX_SEGMENTS).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.contains('{')
}

/// Returns `true` if a segment names a part of the API, and is no parameter, version or the like.
fn is_word(segment: &str) -> bool {
    let is_prefix = ["api", "rest"].iter().any(|p| segment.eq_ignore_ascii_case(p));
    !is_parameter(segment) && !is_prefix && !is_version(segment)
}

/// Returns `true` for `v1`, `v2.1`, `v1beta2`, `1.0` and `2023-10-01`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']).unwrap_or(segment);
    let mut rest = number.to_ascii_lowercase();
    for stage in ["alpha", "beta", "preview", "rc"] {
        rest = rest.replacen(stage, "", 1);
    }
    number.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'))
}

/// Returns a segment without a verb after a colon, and without an extension: `projects` of `projects:search` and of
/// `projects.json`.
fn without_verb(segment: &str) -> &str {
    let segment = segment.split(':').next().filter(|s| !s.is_empty()).unwrap_or(segment);
    let segment = [".json", ".xml"].iter().find_map(|e| segment.strip_suffix(e)).unwrap_or(segment);
    truncate(segment, MAX_TAG_LEN)
}
