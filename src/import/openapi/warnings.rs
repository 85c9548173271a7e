//! Warnings of an import about the document, limited in number.

use std::collections::{BTreeMap, BTreeSet};

use super::clean_text::truncate;
use crate::domain::number::group_digits;
use crate::domain::untrusted_text::escape_untrusted;

const MAX_WARNINGS: usize = 1_000;
/// Maximum length of a warning, in characters.
const MAX_LEN: usize = 400;
const MAX_EXAMPLES: usize = 3;

/// The warnings so far, without duplicates, in the order in which they were added.
#[derive(Default)]
pub(super) struct Warnings {
    lines: Vec<String>,
    seen: BTreeSet<String>,
    more: usize,
}

impl Warnings {
    /// Adds a warning, made safe to show. A duplicate is ignored.
    pub(super) fn add(&mut self, text: impl AsRef<str>) {
        if self.lines.len() >= MAX_WARNINGS {
            self.more += 1;
            return;
        }
        let text = escape_untrusted(text.as_ref());
        let text = match truncate(&text, MAX_LEN) {
            short if short.len() < text.len() => format!("{short}…"),
            _ => text.into_owned(),
        };
        if self.seen.insert(text.clone()) {
            self.lines.push(text);
        }
    }

    /// Returns the number of warnings so far.
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    /// Returns the first warning that follows the first `count` ones.
    pub(super) fn first_after(&self, count: usize) -> Option<&str> {
        self.lines.get(count).map(String::as_str)
    }

    /// Returns all warnings; the last line gives the number of omitted ones.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        if self.more > 0 {
            self.lines.push(format!("and more warnings: {}", group_digits(self.more as u64)));
        }
        self.lines
    }
}

/// Returns at most [`MAX_EXAMPLES`] warnings of each kind, and how many more there are. Warnings of a kind differ only in
/// the document's words.
pub(super) fn tally(warnings: &[String]) -> Vec<String> {
    let kind = |warning: &str| warning.split('"').step_by(2).collect::<Vec<_>>().join("…");
    let mut kinds: Vec<Vec<&String>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for warning in warnings {
        let at = *known.entry(kind(warning)).or_insert(kinds.len());
        match kinds.get_mut(at) {
            Some(found) => found.push(warning),
            None => kinds.push(vec![warning]),
        }
    }
    let mut lines = Vec::new();
    for found in kinds {
        lines.extend(found.iter().take(MAX_EXAMPLES).map(|warning| (*warning).clone()));
        if found.len() > MAX_EXAMPLES {
            lines.push(format!("and {} more like this", found.len() - MAX_EXAMPLES));
        }
    }
    lines
}

/// Counts a minor problem that occurs at many places, to report it once.
#[derive(Default)]
pub(super) struct WarningCount {
    count: usize,
    examples: Vec<String>,
}

impl WarningCount {
    pub(super) fn add(&mut self, example: &str) {
        self.count += 1;
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(truncate(example, 64).to_owned());
        }
    }

    /// Adds the warning if anything was counted.
    pub(super) fn report(&self, warnings: &mut Warnings, what: &str) {
        if self.count > 0 {
            let more = if self.count > self.examples.len() { ", …" } else { "" };
            warnings.add(format!("{what}: {} ({}{more})", self.count, self.examples.join(", ")));
        }
    }
}
