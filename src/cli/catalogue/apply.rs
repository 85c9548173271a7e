//! Commands that change catalogues: check a file, preview the changes, apply them.

use std::path::Path;

use super::super::App;
use super::super::json::SCHEMA;
use super::json::{AppliedJson, CheckedJson};
use super::{ApplyOptions, OpenapiArgs, counted, queries};
use crate::domain::catalogue::Catalogue;
use crate::domain::openapi;
use crate::error::{Error, Result};
use crate::platform::catalogue_file;
use crate::platform::files::read_text;
use crate::platform::input;
use crate::verbs::accounts::GetSetup;
use crate::verbs::actor::Credential;
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview, PreviewCatalogue, TextLimits};

/// Limits of the lists in a preview.
const PREVIEW_LIMITS: TextLimits = TextLimits { max_items: 40, more_hint: "--json has them" };

fn existing_catalogues(app: &App) -> Result<Vec<Catalogue>> {
    // Without a store, a file can still be written and checked for a store set up later.
    if app.call(&Credential::Store, GetSetup)?.first_run {
        return Ok(vec![Catalogue::shipped(crate::domain::catalogue::MANAGEMENT)?]);
    }
    queries::catalogues(app)
}

pub(super) fn check(app: &mut App, path: &str) -> Result<()> {
    let catalogue = catalogue_file::read(Path::new(path), read_text, || existing_catalogues(app))?;
    let (groups, methods, sets) = (catalogue.groups.len(), catalogue.methods().count(), catalogue.sets.len());
    if app.out.json {
        return app.out.json(&CheckedJson { schema: SCHEMA, catalogue: &catalogue.name, groups, methods, sets });
    }
    let (groups, methods, sets) = (counted(groups, "group"), counted(methods, "method"), counted(sets, "API set"));
    app.out.note(&format!("✓ {path} is a catalogue, {}: {groups}, {methods}, {sets}", catalogue.name));
    Ok(())
}

pub(super) fn apply(app: &mut App, from: &str, consent: &ApplyOptions) -> Result<()> {
    let catalogue = source(app, from)?;
    preview_and_apply(app, catalogue, &[], consent)
}

/// Returns the catalogue that `from` names: a built-in one, or else a file.
pub(in crate::cli) fn source(app: &App, from: &str) -> Result<Catalogue> {
    app.prompt.check_stdin_is_free(Path::new(from), "the catalogue")?;
    catalogue_file::source(Path::new(from), read_text, || existing_catalogues(app))
}

/// Derives a catalogue's name from a file name: lower case, with a dash for each character a name can't contain.
fn catalogue_name_from_path(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    stem.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}

pub(super) fn import_openapi(app: &mut App, args: OpenapiArgs) -> Result<()> {
    let path = Path::new(&args.file);
    app.prompt.check_stdin_is_free(path, "the document")?;
    if input::is_standard(path) && args.name.is_none() {
        return Err(Error::usage("the catalogue has no name").why("a document on stdin has none").next("Say --name N"));
    }
    let text = read_text(path, openapi::MAX_DOCUMENT_SIZE)?;
    let name = match args.name {
        Some(name) => name,
        None => catalogue_name_from_path(path),
    };
    let options = openapi::ImportOptions { name, title: args.title, docs_url: args.docs_url };
    let imported = openapi::import(&text, &options)?;
    preview_and_apply(app, imported.catalogue, &imported.warnings, &args.consent)
}

/// Previews `catalogue` and applies it. Every source of catalogues goes through here. `warnings` lists input that the
/// import had to change.
pub(super) fn preview_and_apply(
    app: &mut App,
    catalogue: Catalogue,
    warnings: &[String],
    consent: &ApplyOptions,
) -> Result<()> {
    for warning in warnings {
        app.out.note(&format!("! {warning}"));
    }
    // Authorize an acting token before showing the preview.
    let reader = app.token()?.unwrap_or(Credential::Store);
    let preview = app.call(&reader, PreviewCatalogue { catalogue: catalogue.clone() })?;
    if !app.out.json {
        print(app, &preview)?;
    }
    if consent.dry_run {
        if app.out.json {
            return app.out.json(&AppliedJson::new(&preview, warnings, false));
        }
        app.out.note("nothing was changed: --dry-run");
        return Ok(());
    }
    // The verb checks this too. Checking here fails before anyone is asked for a password.
    preview.check_accepted(consent.accept_widening, consent.accept_public)?;
    let credential = app.write_credential()?;
    let changed =
        app.call(&credential, ApplyCatalogue::new(catalogue, consent.accept_widening, consent.accept_public))?;
    if app.out.json {
        return app.out.json(&AppliedJson::new(&changed.value, warnings, true));
    }
    app.out.note(&format!("✓ the catalogue {} is in force", changed.value.name));
    app.out.note("  Proxies that guard an application by its routes need their configuration anew: jeton guide");
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
