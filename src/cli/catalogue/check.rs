//! `catalogue check`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::output::counted;
use super::apply::show_import;
use super::{existing_catalogues, explain_without_store};
use crate::error::Result;
use crate::platform::bounded_read::is_standard;
use crate::platform::catalogue_file;
use crate::platform::secret_files::read_text;

/// The answer of `catalogue check` for a valid file.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Checked {
    /// Name of the catalogue.
    catalogue: String,
    /// Number of groups.
    groups: usize,
    /// Number of methods.
    methods: usize,
    /// Number of API sets.
    sets: usize,
}

pub(super) fn check(app: &mut App, path: &str, is_verbose: bool) -> Result<()> {
    app.prompt.check_stdin_is_free(Path::new(path), "the catalogue")?;
    let source = catalogue_file::read(Path::new(path), read_text, || existing_catalogues(app))
        .map_err(|error| explain_without_store(app, error))?;
    show_import(app, &source, Some(is_verbose));
    let catalogue = source.catalogue;
    let (groups, methods, sets) = (catalogue.groups.len(), catalogue.methods().count(), catalogue.sets.len());
    if app.out.json {
        return app.print_json(&Checked { catalogue: catalogue.name, groups, methods, sets });
    }
    let (groups, methods, sets) = (counted(groups, "group"), counted(methods, "method"), counted(sets, "API set"));
    let file = if is_standard(Path::new(path)) { "stdin" } else { path };
    app.out.note(&format!("✓ {file} is a valid catalogue, named {}: {groups}, {methods}, {sets}", catalogue.name));
    Ok(())
}
