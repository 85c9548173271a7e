//! Dialogs about catalogues.

pub mod apply;
pub mod widen;

use super::confirm::Wanted;
use crate::domain::catalogue::Catalogue;
use crate::tui::widget::passage::{Look, Passage};
use crate::verbs::catalogue::{ApplyCatalogue, Most, Preview};

/// The longest lists that a preview shows.
const MOST: Most = Most { things: 1_000, rest: "jeton catalogue apply --dry-run --json has them" };

/// What applying does: who gains by it, then what comes, goes and changes.
fn told(preview: &Preview) -> Passage {
    let warns = preview.widening.count > 0 || !preview.opened.is_empty();
    let gains = preview.gains(MOST).into_iter().map(|line| match (line.starts_with(' '), warns) {
        (false, true) if line.ends_with(':') => (Look::Warning, format!("! {line}")),
        (false, _) => (Look::Strong, line),
        (true, _) => (look(&line), line),
    });
    let changes = preview.changes(MOST).into_iter().map(|line| (look(&line), line));
    let between = [(Look::Plain, String::new())];
    gains.chain(between).chain(changes).fold(Passage::default(), |passage, (look, line)| {
        let text = line.trim_start();
        // A line that goes on stays under its beginning.
        passage.labelled("", line.len() - text.len(), look, text)
    })
}

fn look(line: &str) -> Look {
    match line.trim_start().chars().next() {
        Some('+') => Look::Gain,
        Some('−') => Look::Warning,
        Some(_) if !line.starts_with(' ') => Look::Strong,
        Some(_) | None => Look::Plain,
    }
}

/// The change, where so many tokens may gain methods by it, and so many methods become public.
fn wanted(catalogue: &Catalogue, about: Passage, accept_widening: Option<u64>, accept_public: Option<u64>) -> Wanted {
    let verb = ApplyCatalogue::new(catalogue.clone(), accept_widening, accept_public);
    Wanted::telling(format!("Apply {}", catalogue.name), about, verb)
}
