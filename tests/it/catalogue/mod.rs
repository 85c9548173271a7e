//! Catalogues: files, membership, and tokens that gain methods by a change.

mod commands;
mod import;
mod import_formats;
mod membership;
mod renames;
mod requests;
mod widening;

use jeton::domain::catalogue::{Catalogue, toml_reader};
use jeton::error::{Kind, Result};
use jeton::verbs::catalogue::{ApplyCatalogue, CataloguePreview, ListCatalogues, PreviewCatalogue};
use jeton::verbs::credential::Credential;
use jeton::verbs::request::call;

use crate::support::assert_error;
use crate::support::fakes::{OWNER, TestInstall};

/// Returns the README's worked example.
pub fn example() -> String {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/catalogue.md")).unwrap();
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn stored(install: &TestInstall) -> Vec<Catalogue> {
    call(&install.backend, &Credential::Store, ListCatalogues).unwrap()
}

/// Reads `text` as a file, with the stored catalogues as context.
fn read(install: &TestInstall, text: &str) -> Result<Catalogue> {
    toml_reader::read("f.toml", text, &stored(install))
}

/// Returns the README's example with a change.
pub fn shop(install: &TestInstall, change: impl FnOnce(String) -> String) -> Catalogue {
    read(install, &change(example())).unwrap()
}

fn preview(install: &TestInstall, catalogue: &Catalogue) -> CataloguePreview {
    install.call(OWNER, PreviewCatalogue { catalogue: catalogue.clone() }).unwrap()
}

pub fn apply(
    install: &TestInstall,
    who: &str,
    catalogue: &Catalogue,
    accept_widening: Option<u64>,
) -> Result<CataloguePreview> {
    install.call(who, ApplyCatalogue::new(catalogue.clone(), accept_widening, None)).map(|changed| changed.value)
}
