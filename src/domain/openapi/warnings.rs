//! What an import has to say about the document, bounded.

use std::collections::BTreeSet;

use super::words::head;
use crate::domain::text::shown;

/// How many warnings are kept.
const KEPT: usize = 1_000;
/// The longest warning, in characters.
const LONGEST: usize = 400;
/// How many examples a summary names.
const EXAMPLES: usize = 3;

/// The warnings so far, each once, in the order they came.
#[derive(Default)]
pub(super) struct Warnings {
    kept: Vec<String>,
    seen: BTreeSet<String>,
    more: usize,
}

impl Warnings {
    /// Adds one, made safe to show; one that was said before is not said again.
    pub(super) fn add(&mut self, text: impl AsRef<str>) {
        if self.kept.len() >= KEPT {
            self.more += 1;
            return;
        }
        let text = shown(text.as_ref());
        let text = match head(&text, LONGEST) {
            short if short.len() < text.len() => format!("{short}…"),
            _ => text.into_owned(),
        };
        if self.seen.insert(text.clone()) {
            self.kept.push(text);
        }
    }

    /// All of them, the last one saying how many more there are.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        if self.more > 0 {
            self.kept.push(format!("and {} more", self.more));
        }
        self.kept
    }
}

/// The same small thing at many places: counted, said once.
#[derive(Default)]
pub(super) struct Tally {
    count: usize,
    examples: Vec<String>,
}

impl Tally {
    /// One more place.
    pub(super) fn add(&mut self, example: &str) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(head(example, 64).to_owned());
        }
    }

    /// Says it, where there is something to say.
    pub(super) fn say(&self, warnings: &mut Warnings, what: &str) {
        if self.count > 0 {
            let more = if self.count > self.examples.len() { ", …" } else { "" };
            warnings.add(format!("{what}: {} ({}{more})", self.count, self.examples.join(", ")));
        }
    }
}
