//! Dialogs about catalogues.

pub mod apply;

use super::confirm_change::{PendingMutation, Retry};
use super::shown_tokens::describe_reread;
use crate::import::openapi::ImportResult;
use crate::tui::effect::CatalogueSource;
use crate::tui::text_fit::group_digits;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview, PreviewCatalogue, TextLimits};
use crate::verbs::impact::Removal;
use crate::verbs::request::{Request, Response};

/// Maximum length of the lists in a preview.
const PREVIEW_LIMITS: TextLimits =
    TextLimits { max_items: 1_000, more_hint: "for the full list, run: jeton catalogue apply FILE --dry-run --json" };
/// The same for a document whose catalogue got a name in the form.
const NAMED_PREVIEW_LIMITS: TextLimits = TextLimits {
    more_hint: "for the full list, run: jeton catalogue import openapi FILE --name NAME --dry-run --json",
    ..PREVIEW_LIMITS
};

/// The heading of the command with the options, which this form can't take.
const MISSING_OPTIONS: &str =
    "The last import seems to have used options that this form doesn't have. To use them again, run:";

/// Describes the preview: the tokens that gain or lose methods, the remarks of an import, then additions, removals and changes.
fn preview_text(preview: &CataloguePreview, loaded: &ImportResult, is_named: bool) -> ScrollText {
    let limits = if is_named { NAMED_PREVIEW_LIMITS } else { PREVIEW_LIMITS };
    let warns = preview.widening.count > 0 || preview.narrowing.count > 0 || !preview.made_public.is_empty();
    let gains = preview.describe_gains(limits).into_iter().map(|line| match (line.starts_with(' '), warns) {
        (false, true) if line.ends_with(':') => (LineStyle::Warning, format!("! {line}")),
        (false, _) => (LineStyle::Strong, line),
        (true, _) => (line_style(&line), line),
    });
    let changes = preview.describe_changes(limits).into_iter().map(|line| (line_style(&line), line));
    let text = lines(gains).blank();
    let text = remarks(text, "Decisions of the import:", LineStyle::Plain, &loaded.notes);
    let missing = if preview.is_new { Vec::new() } else { loaded.missing_options(&preview.diff) };
    let command = |options: &str| format!("jeton catalogue import openapi FILE --name {} {options}", preview.name);
    let missing: Vec<String> = (!missing.is_empty()).then(|| command(&missing.join(" "))).into_iter().collect();
    let text = remarks(text, MISSING_OPTIONS, LineStyle::Warning, &missing);
    let mut warnings = loaded.tallied_warnings();
    if warnings.len() < loaded.warnings.len() {
        let all = group_digits(loaded.warnings.len() as u64);
        warnings.push(format!("for all {all} warnings, run: jeton catalogue apply FILE --dry-run --verbose"));
    }
    let text = remarks(text, "Warnings about the document:", LineStyle::Warning, &warnings);
    text.append(lines(changes))
}

fn lines(lines: impl Iterator<Item = (LineStyle, String)>) -> ScrollText {
    lines.fold(ScrollText::default(), |passage, (look, line)| {
        let text = line.trim_start();
        match line.len() - text.len() {
            0 => passage.row(look, text),
            indent => passage.item(indent, look, text),
        }
    })
}

/// Adds a list of remarks about the import, if there are any.
fn remarks(text: ScrollText, heading: &str, style: LineStyle, remarks: &[String]) -> ScrollText {
    if remarks.is_empty() {
        return text;
    }
    let text = text.row(LineStyle::Strong, heading);
    remarks.iter().fold(text, |text, remark| text.labelled("  •", 4, style, remark)).blank()
}

fn line_style(line: &str) -> LineStyle {
    match line.trim_start().chars().next() {
        Some('+') => LineStyle::Gain,
        Some('−') => LineStyle::Warning,
        Some(_) if !line.starts_with(' ') => LineStyle::Strong,
        Some(_) | None => LineStyle::Plain,
    }
}

/// A catalogue that was read, and the preview of its changes.
#[derive(Debug)]
struct CatalogueChange {
    loaded: ImportResult,
    source: CatalogueSource,
    preview: CataloguePreview,
}

impl CatalogueChange {
    /// Returns the change to confirm. The numbers of methods that become public and of tokens that gain methods must be
    /// typed; the verb compares them again.
    fn pending(self) -> PendingMutation {
        let (public, widened) = (self.preview.made_public.len() as u64, self.preview.widening.count);
        let removal = Removal::Catalogue(Box::new(self.loaded.catalogue.clone()));
        let text = preview_text(&self.preview, &self.loaded, self.source.name.is_some());
        PendingMutation::with_text(format!("Apply {}", self.loaded.catalogue.name), text, self)
            .confirmed_by("Number of public methods", public)
            .confirmed_by("Number of tokens", widened)
            .taking(removal)
            .impact_first()
    }
}

impl Retry for CatalogueChange {
    fn request(&self) -> Request {
        let accepted = |count: u64| Some(count).filter(|count| *count > 0);
        let (public, widened) = (self.preview.made_public.len() as u64, self.preview.widening.count);
        ApplyCatalogue::new(self.loaded.catalogue.clone(), accepted(widened), accepted(public))
            .expecting(Some(self.preview.set))
            .into()
    }

    fn preview(&self) -> Option<Request> {
        Some(PreviewCatalogue { catalogue: self.loaded.catalogue.clone() }.into())
    }

    fn on_reply(&self, response: &mut Response) -> Option<(PendingMutation, String)> {
        match response {
            Response::PreviewCatalogue(preview) if preview.set != self.preview.set => {
                let (loaded, source) = (self.loaded.clone(), self.source.clone());
                let renewed = CatalogueChange { loaded, source, preview: preview.clone() };
                Some((renewed.pending(), describe_reread("tokens or the catalogue")))
            }
            // The verb doesn't know the file.
            Response::ApplyCatalogue(done) => {
                let path = self.source.path.display().to_string();
                match &self.source.name {
                    Some(name) => {
                        done.equivalent_command.replace_args(1..3, &["import", "openapi", &path, "--name", name]);
                    }
                    None => done.equivalent_command.set_arg(2, path),
                }
                None
            }
            _ => None,
        }
    }
}
