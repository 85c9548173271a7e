//! A preview as lines of text: `+` marks added, `−` removed and `~` changed entries.

use super::Preview;
use crate::domain::catalogue::diff::{AttributeChange, PartDiff};
use crate::domain::method::MethodId;

/// Maximum number of methods named on a line.
const MOST_METHODS: usize = 6;
/// Maximum length of texts on a line.
const LONGEST: usize = 100;

/// Limits of the lists of a preview.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Maximum number of entries of one kind.
    pub things: usize,
    /// Text that says where to find the rest.
    pub rest: &'static str,
}

impl Preview {
    /// Describes the added, removed and changed entries.
    pub fn changes(&self, most: Most) -> Vec<String> {
        let mut text = Vec::new();
        if self.is_empty() {
            text.push(format!("{}: nothing changes", self.name));
        } else {
            let new = if self.is_new { ", a new catalogue" } else { "" };
            text.push(format!("{}{new}", self.name));
        }
        text.extend(self.diff.attributes.iter().map(|f| field("  ", f)));
        for (what, part) in [("group", &self.diff.groups), ("method", &self.diff.methods), ("API set", &self.diff.sets)]
        {
            tell(&mut text, most, what, part);
        }
        if !self.shifts.is_empty() {
            text.push("What API sets hold:".to_owned());
            few(
                &mut text,
                most,
                self.shifts.len(),
                self.shifts.iter().map(|shift| {
                    let (gains, loses) =
                        (named(&shift.gains, shift.gains.len()), named(&shift.loses, shift.loses.len()));
                    let parts = [("+", shift.gains.len(), gains), ("−", shift.loses.len(), loses)];
                    let parts =
                        parts.iter().filter(|(_, n, _)| *n > 0).map(|(sign, n, names)| format!("{sign}{n} {names}"));
                    vec![format!("  {}: {}", shift.set, parts.collect::<Vec<_>>().join("; "))]
                }),
            );
        }
        text
    }

    /// Describes the methods that become public, and the tokens that gain methods.
    pub fn gains(&self, most: Most) -> Vec<String> {
        let mut text = Vec::new();
        if !self.opened.is_empty() {
            text.push(match self.opened.len() {
                1 => "1 method becomes public: everybody may call it, without a token:".to_owned(),
                count => format!("{count} methods become public: everybody may call them, without a token:"),
            });
            few(&mut text, most, self.opened.len(), self.opened.iter().map(|id| vec![format!("  {id}")]));
        }
        let widening = &self.widening;
        if widening.count > 0 {
            let tokens = if widening.count == 1 {
                "1 token gains".to_owned()
            } else {
                format!("{} tokens gain", widening.count)
            };
            text.push(format!("{tokens} methods:"));
            let all = usize::try_from(widening.count).unwrap_or(usize::MAX);
            few(
                &mut text,
                most,
                all,
                widening.tokens.iter().map(|token| {
                    vec![format!("  {}  +{} {}", token.name, token.count, named(&token.methods, token.count))]
                }),
            );
        } else if !self.is_empty() {
            text.push("No token gains methods.".to_owned());
        }
        let unreadable = &widening.unreadable;
        if !unreadable.is_empty() {
            text.push("Damaged in the store, and not looked at (they grant nothing):".to_owned());
            few(&mut text, most, unreadable.len(), unreadable.iter().map(|id| vec![format!("  {id}")]));
        }
        text
    }
}

fn tell(text: &mut Vec<String>, most: Most, what: &str, part: &PartDiff) {
    let counts = [("new", part.added.len()), ("gone", part.removed.len()), ("changed", part.changed.len())];
    let counts: Vec<String> = counts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    if counts.is_empty() {
        return;
    }
    text.push(format!("{}s: {}", capital(what), counts.join(", ")));
    few(text, most, part.added.len(), part.added.iter().map(|id| vec![format!("  + {id}")]));
    few(text, most, part.removed.len(), part.removed.iter().map(|id| vec![format!("  − {id}")]));
    few(
        text,
        most,
        part.changed.len(),
        part.changed.iter().map(|change| {
            let mut lines = vec![format!("  ~ {}", change.id)];
            lines.extend(change.fields.iter().map(|f| field("      ", f)));
            lines
        }),
    );
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Adds the first entries, and the number of the remaining ones.
fn few(text: &mut Vec<String>, most: Most, all: usize, things: impl Iterator<Item = Vec<String>>) {
    things.take(most.things).for_each(|lines| text.extend(lines));
    if all > most.things {
        text.push(format!("  … {} more; {}", all - most.things, most.rest));
    }
}

fn named(methods: &[MethodId], all: usize) -> String {
    let mut names: Vec<String> = methods.iter().take(MOST_METHODS).map(ToString::to_string).collect();
    if all > names.len() {
        names.push("…".to_owned());
    }
    names.join(", ")
}

fn field(indent: &str, field: &AttributeChange) -> String {
    let cut = |text: &str| {
        let head: String = text.chars().take(LONGEST).collect();
        match (head.is_empty(), head.len() < text.len()) {
            (true, _) => "nothing".to_owned(),
            (false, true) => format!("{head}…"),
            (false, false) => head,
        }
    };
    format!("{indent}{}: {} → {}", field.name, cut(&field.before), cut(&field.after))
}
