//! `catalogue apply`: previews the changes, then applies them.

use std::borrow::Cow;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::ApplyOptions;
use super::super::{App, impact};
use super::existing_catalogues;
use crate::domain::catalogue::change::diff::CatalogueDiff;
use crate::domain::catalogue::change::rights::SetChange;
use crate::domain::method::MethodId;
use crate::error::Result;
use crate::import::openapi::ImportResult;
use crate::platform::catalogue_file;
use crate::platform::secret_files::read_text;
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview, Narrowing, PreviewCatalogue, TextLimits, Widening};
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;

/// Limits of the lists in a preview.
const PREVIEW_LIMITS: TextLimits = TextLimits { max_items: 40, more_hint: "full list: --json" };

/// The answer of `catalogue apply`: the preview, and the warnings of the import.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Applied<'a> {
    /// `false` for a dry run.
    applied: bool,
    /// Name of the catalogue.
    catalogue: &'a str,
    /// `true` if no catalogue had this name before.
    new: bool,
    /// Parts of an imported description that were skipped or changed. Empty for a TOML file.
    warnings: &'a [String],
    /// Decisions of an import, such as the source of access levels. Empty for a TOML file.
    notes: &'a [String],
    /// Options that this import lacks: the routes and hosts show that an earlier import had them.
    missing_options: &'a [String],
    #[serde(flatten)]
    diff: &'a CatalogueDiff,
    /// Methods that API sets gain or lose.
    members: &'a [SetChange],
    /// Number of tokens that use an old name of a renamed method or API set. They get the new names.
    renamed_tokens: u64,
    /// API sets of other catalogues that use an old name. They get the new names.
    renamed_in_sets: &'a [String],
    /// Methods that existed before and now match more requests: requests of another method, requests that were denied,
    /// or requests to other hosts. Tokens with such a method gain these requests, unless they had the other method.
    grown: &'a [MethodId],
    /// Methods that still exist and now match fewer requests. Tokens with such a method lose these requests, unless
    /// they have the methods that match the requests now.
    shrunk: &'a [MethodId],
    /// Tokens that gain methods.
    widening: &'a Widening,
    /// Tokens that lose methods.
    narrowing: &'a Narrowing,
    /// Methods that become `public`, and public methods that match more requests than before.
    opened: &'a [MethodId],
}

impl<'a> Applied<'a> {
    fn new(preview: &'a CataloguePreview, source: &'a ImportResult, missing: &'a [String], applied: bool) -> Self {
        Applied {
            applied,
            catalogue: &preview.name,
            new: preview.is_new,
            warnings: &source.warnings,
            notes: &source.notes,
            missing_options: missing,
            diff: &preview.diff,
            members: &preview.set_changes,
            renamed_tokens: preview.renamed_tokens,
            renamed_in_sets: &preview.renamed_in_sets,
            grown: &preview.grown,
            shrunk: &preview.shrunk,
            widening: &preview.widening,
            narrowing: &preview.narrowing,
            opened: &preview.made_public,
        }
    }
}

pub(super) fn apply(app: &mut App, from: &str, consent: &ApplyOptions) -> Result<()> {
    let source = source(app, from)?;
    preview_and_apply(app, source, consent, false)
}

/// Returns the catalogue that `from` names: a built-in one, or else a file or an OpenAPI document.
pub(in crate::cli) fn source(app: &App, from: &str) -> Result<ImportResult> {
    app.prompt.check_stdin_is_free(Path::new(from), "the catalogue")?;
    catalogue_file::source(Path::new(from), read_text, || existing_catalogues(app))
}

/// Shows what an import changed, left out and decided; without `verbose` only three warnings of a kind.
/// `verbose` is `None` if the command has no such option.
pub(in crate::cli) fn show_import(app: &mut App, imported: &ImportResult, verbose: Option<bool>) {
    let is_full = verbose == Some(true);
    let warnings = if is_full { Cow::Borrowed(&imported.warnings) } else { Cow::Owned(imported.tallied_warnings()) };
    for warning in warnings.iter() {
        app.out.note(&format!("! {warning}"));
    }
    if warnings.len() < imported.warnings.len() {
        let hint = match verbose {
            Some(_) => "add --verbose".to_owned(),
            None => format!("run {} catalogue check FILE --verbose", app.program()),
        };
        app.out.note(&format!("  To see all {} warnings, {hint}", imported.warnings.len()));
    }
    for note in &imported.notes {
        app.out.note(&format!("  {note}"));
    }
}

/// Previews a catalogue and applies it. Every source of catalogues goes through here. `can_add` is `true` if the
/// command has the options of an import.
pub(super) fn preview_and_apply(
    app: &mut App,
    source: ImportResult,
    consent: &ApplyOptions,
    can_add: bool,
) -> Result<()> {
    show_import(app, &source, Some(consent.verbose));
    let (credential, session) = app.authenticate()?;
    let reader = Credential::Session(session);
    let verb = PreviewCatalogue { catalogue: source.catalogue.clone() };
    let preview = app.call_with_progress(&reader, verb, impact::CHECKED)?;
    let missing = if preview.is_new { Vec::new() } else { source.missing_options(&preview.diff) };
    if !app.out.json {
        print(app, &preview)?;
    }
    if !missing.is_empty() {
        app.out.note("! The last import of this catalogue probably had more options. jeton does not store them.");
        let add = match can_add {
            true => "add:".to_owned(),
            false => format!("run: {} catalogue import openapi FILE --name {}", app.program(), preview.name),
        };
        app.out.note(&format!("  To import as before, {add} {}", missing.join(" ")));
    }
    if consent.dry_run {
        if app.out.json {
            return app.print_json(&Applied::new(&preview, &source, &missing, false));
        }
        app.out.note("Dry run: nothing was changed");
        return Ok(());
    }
    // The verb checks this too. Checking here fails before anyone is asked for a yes.
    preview.check_accepted(consent.accept_widening, consent.accept_public)?;
    // A script confirms the numbers, a person the preview.
    let expected = impact::is_by_person(app).then_some(preview.set);
    if expected.is_some() {
        impact::confirm(app, &reader, "apply the catalogue", Removal::Catalogue(Box::new(source.catalogue.clone())))?;
    }
    let verb = ApplyCatalogue::new(source.catalogue.clone(), consent.accept_widening, consent.accept_public)
        .expecting(expected);
    let changed = app.call_with_progress(&credential, verb, impact::CHECKED)?;
    if app.out.json {
        return app.print_json(&Applied::new(&changed.value, &source, &missing, true));
    }
    app.out.note(&format!("✓ catalogue {} applied", changed.value.name));
    app.out.note(&format!(
        "  If a proxy uses routes of this catalogue, print the proxy's configuration again. Run {} guide … with the same \
         options as before, save the output, and reload the proxy",
        app.program()
    ));
    Ok(())
}

fn print(app: &mut App, preview: &CataloguePreview) -> Result<()> {
    if app.out.quiet {
        return Ok(());
    }
    preview
        .describe_changes(PREVIEW_LIMITS)
        .iter()
        .chain(&preview.describe_gains(PREVIEW_LIMITS))
        .try_for_each(|line| app.out.line(line))
}
