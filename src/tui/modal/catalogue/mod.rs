//! Dialogs about catalogues.

pub mod apply;

use super::confirm_change::PendingMutation;
use crate::domain::catalogue::Catalogue;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview, TextLimits};
use crate::verbs::impact::Removal;

/// Maximum length of the lists in a preview.
const PREVIEW_LIMITS: TextLimits =
    TextLimits { max_items: 1_000, more_hint: "for the full list, run: jeton catalogue apply --dry-run --json" };

/// Describes the preview: the tokens that gain methods, then additions, removals and changes.
fn preview_text(preview: &CataloguePreview) -> ScrollText {
    let warns = preview.widening.count > 0 || !preview.made_public.is_empty();
    let gains = preview.describe_gains(PREVIEW_LIMITS).into_iter().map(|line| match (line.starts_with(' '), warns) {
        (false, true) if line.ends_with(':') => (LineStyle::Warning, format!("! {line}")),
        (false, _) => (LineStyle::Strong, line),
        (true, _) => (line_style(&line), line),
    });
    let changes = preview.describe_changes(PREVIEW_LIMITS).into_iter().map(|line| (line_style(&line), line));
    let between = [(LineStyle::Plain, String::new())];
    gains.chain(between).chain(changes).fold(ScrollText::default(), |passage, (look, line)| {
        let text = line.trim_start();
        // A continuation line keeps the indentation of its first line.
        passage.labelled("", line.len() - text.len(), look, text)
    })
}

fn line_style(line: &str) -> LineStyle {
    match line.trim_start().chars().next() {
        Some('+') => LineStyle::Gain,
        Some('−') => LineStyle::Warning,
        Some(_) if !line.starts_with(' ') => LineStyle::Strong,
        Some(_) | None => LineStyle::Plain,
    }
}

/// Returns the change of `preview`. The numbers of methods that become public and of tokens that gain methods must be
/// typed; the verb compares them again.
fn pending_apply(catalogue: &Catalogue, preview: &CataloguePreview) -> PendingMutation {
    let (public, widened) = (preview.made_public.len() as u64, preview.widening.count);
    let accepted = |count: u64| Some(count).filter(|count| *count > 0);
    let verb = ApplyCatalogue::new(catalogue.clone(), accepted(widened), accepted(public));
    PendingMutation::with_text(format!("Apply {}", catalogue.name), preview_text(preview), verb)
        .confirmed_by("Type number of methods", public)
        .confirmed_by("Type number of tokens", widened)
        .taking(Removal::Catalogue(Box::new(catalogue.clone())))
}
