//! `jeton catalogue …`, one file per command.

pub(super) mod apply;
mod check;
mod export;
mod import_openapi;
mod list;
mod show;

pub(super) use apply::Applied;
pub(super) use check::Checked;
pub(super) use list::Listed;
pub(super) use show::Shown;

use super::App;
use super::args::{CatalogueCommand, ImportCommand};
use crate::domain::catalogue::{Catalogue, MANAGEMENT, UNKNOWN_SET};
use crate::domain::suggest::did_you_mean;
use crate::error::{Error, Result};
use crate::verbs::accounts::GetSetup;
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::credential::Credential;

pub(super) fn run(app: &mut App, command: CatalogueCommand) -> Result<()> {
    match command {
        CatalogueCommand::List => list::list(app),
        CatalogueCommand::Show { what } => show::show(app, &what),
        CatalogueCommand::Check { file, verbose } => check::check(app, &file, verbose),
        CatalogueCommand::Apply { source, consent } => apply::apply(app, &source, &consent),
        CatalogueCommand::Import(ImportCommand::Openapi(args)) => import_openapi::import_openapi(app, args),
        CatalogueCommand::Export { name } => export::export(app, name.as_deref()),
    }
}

fn catalogues(app: &App) -> Result<Vec<Catalogue>> {
    app.call(&app.store_credential()?, ListCatalogues)
}

fn existing_catalogues(app: &App) -> Result<Vec<Catalogue>> {
    // Without a store, a file can still be written and checked for a store set up later.
    if has_no_store(app)? {
        return Ok(vec![Catalogue::shipped(MANAGEMENT)?]);
    }
    catalogues(app)
}

fn has_no_store(app: &App) -> Result<bool> {
    Ok(app.call(&Credential::Store, GetSetup)?.first_run)
}

/// Explains `error` of a catalogue, if there is no store in which an unknown API set could be.
fn explain_without_store(app: &App, error: Error) -> Error {
    let is_unknown_set = error.why.as_deref().is_some_and(|why| why.contains(UNKNOWN_SET));
    if !is_unknown_set || !has_no_store(app).unwrap_or(false) {
        return error;
    }
    let place = app.backend.location();
    error
        .why(format!("this catalogue does not have this API set, and there is no store at {place} to look for the set"))
        .next("If another catalogue has the API set, check the file on the machine of the store, or use --store PATH")
}

/// Returns the error for a name that none of `catalogues` has.
pub(super) fn catalogue_not_found(name: &str, catalogues: &[Catalogue]) -> Error {
    let head: String = name.chars().take(100).collect();
    let error = Error::not_found(format!("no catalogue \"{head}\""));
    let names: Vec<&str> = catalogues.iter().map(|c| c.name.as_str()).collect();
    let why = match &names[..] {
        [] => return error.next("Apply a catalogue with: jeton catalogue apply FILE"),
        [only] => format!("the only catalogue is {only}"),
        several => format!("the catalogues are: {}", several.join(", ")),
    };
    did_you_mean(error.why(why), name, names)
}
