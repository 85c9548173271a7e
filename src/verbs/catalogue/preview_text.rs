//! A preview as lines of text: `+` marks added, `−` removed, `→` renamed and `~` changed entries.

use std::collections::BTreeSet;

use super::{CataloguePreview, Narrowing};
use crate::domain::catalogue::change::diff::{AttributeChange, PartDiff};
use crate::domain::catalogue::change::rights::SetChange;
use crate::domain::method::MethodId;

/// Maximum number of methods named on a line.
const MAX_METHODS: usize = 6;
/// Maximum length of texts on a line.
const MAX_TEXT: usize = 100;

/// Bounds of a preview's text.
#[derive(Debug, Clone, Copy)]
pub struct TextLimits {
    /// Maximum number of names in a list.
    pub max_items: usize,
    /// Hint where to find the rest.
    pub more_hint: &'static str,
}

impl CataloguePreview {
    /// Describes the added, removed and changed entries.
    pub fn describe_changes(&self, limits: TextLimits) -> Vec<String> {
        let mut text = Vec::new();
        if self.is_empty() {
            text.push(format!("{}: nothing changes", self.name));
        } else {
            let new = if self.is_new { ", a new catalogue" } else { "" };
            text.push(format!("{}{new}", self.name));
        }
        text.extend(self.diff.attributes.iter().map(|f| describe_change("  ", f)));
        for (what, part) in [("group", &self.diff.groups), ("method", &self.diff.methods), ("API set", &self.diff.sets)]
        {
            describe_part(&mut text, limits, what, part);
        }
        self.describe_renames(&mut text, limits);
        let set_changes: Vec<&SetChange> = self.set_changes.iter().filter(|shift| !self.is_listed(shift)).collect();
        if !set_changes.is_empty() {
            text.push("API sets whose methods change:".to_owned());
            push_truncated(
                &mut text,
                limits,
                set_changes.len(),
                set_changes.iter().map(|shift| {
                    let (gains, loses) =
                        (join_methods(&shift.gains, shift.gains.len()), join_methods(&shift.loses, shift.loses.len()));
                    let parts = [("+", shift.gains.len(), gains), ("−", shift.loses.len(), loses)];
                    let parts =
                        parts.iter().filter(|(_, n, _)| *n > 0).map(|(sign, n, names)| format!("{sign}{n} {names}"));
                    vec![format!("  {}: {}", shift.set, parts.collect::<Vec<_>>().join("; "))]
                }),
            );
        }
        text
    }

    /// Returns `true` if the changed entries of the set are exactly the methods that it gains and loses.
    fn is_listed(&self, shift: &SetChange) -> bool {
        let is_equal = |text: &str, ids: &[MethodId]| entries(text) == ids.iter().map(MethodId::as_str).collect();
        let lists =
            |field: &AttributeChange| is_equal(&field.before, &shift.loses) && is_equal(&field.after, &shift.gains);
        let change = self.diff.sets.changed.iter().find(|change| change.id == shift.set);
        let mut members = change.into_iter().flat_map(|change| &change.fields).filter(|field| field.name != "title");
        matches!((members.next(), members.next()), (Some(field), None) if field.name == "include" && lists(field))
    }

    fn describe_renames(&self, text: &mut Vec<String>, limits: TextLimits) {
        if self.diff.methods.renamed.is_empty() && self.diff.sets.renamed.is_empty() {
            return;
        }
        text.push(match self.renamed_tokens {
            0 => "No token uses an old name.".to_owned(),
            1 => "1 token selects a method or API set by an old name. jeton changes its selection to the new name.".to_owned(),
            count => format!("{count} tokens select methods or API sets by old names. jeton changes their selections to the new names."),
        });
        if !self.renamed_in_sets.is_empty() {
            text.push("API sets of other catalogues that get the new names:".to_owned());
            let sets = self.renamed_in_sets.iter().map(|name| vec![format!("  ~ {name}")]);
            push_truncated(text, limits, self.renamed_in_sets.len(), sets);
        }
    }

    fn describe_losses(&self, text: &mut Vec<String>, limits: TextLimits) {
        let Narrowing { count, used, is_lower_bound, tokens } = &self.narrowing;
        if *count == 0 {
            return;
        }
        let tokens_lose = if *count == 1 { "1 token loses".to_owned() } else { format!("{count} tokens lose") };
        let bound = if *is_lower_bound { "at least " } else { "" };
        let used = match (*used, *count) {
            (0, _) if *is_lower_bound => {
                "; jeton found no use of these methods in the last 7 days, but could not read all uses".to_owned()
            }
            (0, 1) => "; it didn't use these methods in the last 7 days".to_owned(),
            (0, _) => "; none of them used these methods in the last 7 days".to_owned(),
            (_, 1) => "; it used some of these methods in the last 7 days".to_owned(),
            (used, _) => format!("; {bound}{used} of them used these methods in the last 7 days"),
        };
        text.push(format!("{tokens_lose} methods{used}:"));
        let all = usize::try_from(*count).unwrap_or(usize::MAX);
        let lines = tokens.iter().map(|token| {
            let mut lines =
                vec![format!("  {}  −{} {}", token.name, token.count, join_methods(&token.methods, token.count))];
            if token.uses > 0 {
                let used: Vec<_> = token.used_methods.iter().map(|(id, uses)| format!("{id} ({uses})")).collect();
                lines.push(format!("      uses in the last 7 days: {}", used.join(", ")));
            }
            lines
        });
        push_truncated(text, limits, all, lines);
    }

    /// Describes the methods that become public, and the tokens that gain or lose methods.
    pub fn describe_gains(&self, limits: TextLimits) -> Vec<String> {
        let mut text = Vec::new();
        if !self.made_public.is_empty() {
            text.push(match self.made_public.len() {
                1 => "1 method becomes public; anyone can call it without a token:".to_owned(),
                count => format!("{count} methods become public; anyone can call them without a token:"),
            });
            push_truncated(
                &mut text,
                limits,
                self.made_public.len(),
                self.made_public.iter().map(|id| vec![format!("  {id}")]),
            );
        }
        if !self.grown.is_empty() {
            text.push(match self.grown.len() {
                1 => "This method covers more requests than before:".to_owned(),
                count => format!("These {count} methods cover more requests than before:"),
            });
            push_truncated(&mut text, limits, self.grown.len(), self.grown.iter().map(|id| vec![format!("  {id}")]));
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
            push_truncated(
                &mut text,
                limits,
                all,
                widening.tokens.iter().map(|token| {
                    vec![format!("  {}  +{} {}", token.name, token.count, join_methods(&token.methods, token.count))]
                }),
            );
        } else if !self.is_empty() {
            text.push(match (self.narrowing.count, self.is_new) {
                (0, false) => "No token gains or loses methods.".to_owned(),
                _ => "No token gains methods.".to_owned(),
            });
        }
        if !self.shrunk.is_empty() {
            text.push(match self.shrunk.len() {
                1 => "This method covers fewer requests than before:".to_owned(),
                count => format!("These {count} methods cover fewer requests than before:"),
            });
            push_truncated(&mut text, limits, self.shrunk.len(), self.shrunk.iter().map(|id| vec![format!("  {id}")]));
        }
        self.describe_losses(&mut text, limits);
        let unreadable = &widening.unreadable;
        if !unreadable.is_empty() {
            text.push("Tokens that are damaged in the store and were skipped (they permit nothing):".to_owned());
            push_truncated(&mut text, limits, unreadable.len(), unreadable.iter().map(|id| vec![format!("  {id}")]));
        }
        text
    }
}

fn describe_part(text: &mut Vec<String>, limits: TextLimits, what: &str, part: &PartDiff) {
    let counts = [
        ("new", part.added.len()),
        ("gone", part.removed.len()),
        ("renamed", part.renamed.len()),
        ("changed", part.changed.len()),
    ];
    let counts: Vec<String> = counts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    if counts.is_empty() {
        return;
    }
    text.push(format!("{}s: {}", capitalize(what), counts.join(", ")));
    push_truncated(text, limits, part.added.len(), part.added.iter().map(|id| vec![format!("  + {id}")]));
    push_truncated(text, limits, part.removed.len(), part.removed.iter().map(|id| vec![format!("  − {id}")]));
    let renamed = part.renamed.iter().map(|rename| vec![format!("  {} → {}", rename.before, rename.after)]);
    push_truncated(text, limits, part.renamed.len(), renamed);
    push_truncated(
        text,
        limits,
        part.changed.len(),
        part.changed.iter().map(|change| {
            let mut lines = vec![format!("  ~ {}", change.id)];
            lines.extend(change.fields.iter().map(|f| describe_change("      ", f)));
            lines
        }),
    );
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Adds the first entries, and the number of the remaining ones.
fn push_truncated(text: &mut Vec<String>, limits: TextLimits, all: usize, things: impl Iterator<Item = Vec<String>>) {
    things.take(limits.max_items).for_each(|lines| text.extend(lines));
    if all > limits.max_items {
        text.push(format!("  … {} more; {}", all - limits.max_items, limits.more_hint));
    }
}

fn join_methods(methods: &[MethodId], all: usize) -> String {
    let mut names: Vec<String> = methods.iter().take(MAX_METHODS).map(ToString::to_string).collect();
    if all > names.len() {
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// Returns the entries of a set in a change, sorted.
fn entries(text: &str) -> BTreeSet<&str> {
    text.split(", ").filter(|entry| !entry.is_empty()).collect()
}

fn describe_change(indent: &str, field: &AttributeChange) -> String {
    let cut = |text: &str| {
        let head: String = text.chars().take(MAX_TEXT).collect();
        if head.len() < text.len() { format!("{head}…") } else { head }
    };
    let (before, after) = (cut(&field.before), cut(&field.after));
    if matches!(&*field.name, "include" | "exclude") {
        if entries(&field.before) == entries(&field.after) {
            return format!("{indent}{}: in another order", field.name);
        }
        let parts = [("−", before), ("+", after)].into_iter().filter(|(_, entries)| !entries.is_empty());
        let parts = parts.map(|(sign, entries)| format!("{sign} {entries}")).collect::<Vec<_>>();
        return format!("{indent}{}: {}", field.name, parts.join("; "));
    }
    match (before.is_empty(), after.is_empty()) {
        (true, _) => format!("{indent}{}: {after} (added)", field.name),
        (_, true) => format!("{indent}{}: {before} (removed)", field.name),
        (false, false) => format!("{indent}{}: {before} → {after}", field.name),
    }
}
