//! `catalogue import openapi`.

use std::path::Path;

use super::super::App;
use super::super::args::OpenapiArgs;
use super::apply::preview_and_apply;
use crate::error::{Error, Result};
use crate::import::openapi::{self, AccessTable};
use crate::platform::bounded_read;
use crate::platform::secret_files::read_text;

pub(super) fn import_openapi(app: &mut App, args: OpenapiArgs) -> Result<()> {
    let path = Path::new(&args.file);
    app.prompt.check_stdin_is_free(path, "the document")?;
    if bounded_read::is_standard(path) && args.name.is_none() {
        return Err(Error::usage("the catalogue needs a name")
            .why("a document from stdin has no file name")
            .next("Use --name NAME"));
    }
    let text = read_text(path, openapi::MAX_DOCUMENT_SIZE)?;
    let name = match args.name {
        Some(name) => name,
        None => catalogue_name_from_path(path),
    };
    let access = access_table(app, path, args.access.as_deref())?;
    let options =
        openapi::ImportOptions { name, title: args.title, docs_url: args.docs_url, group_by: args.group_by, access };
    let imported = openapi::import(&text, &options)?;
    preview_and_apply(app, imported.catalogue, &imported.warnings, &imported.notes, &args.consent)
}

/// Reads the file of `--access`, or returns an empty table.
fn access_table(app: &App, document: &Path, file: Option<&Path>) -> Result<AccessTable> {
    let Some(file) = file else { return Ok(AccessTable::default()) };
    app.prompt.check_stdin_is_free(file, "the access table")?;
    if bounded_read::is_standard(file) && bounded_read::is_standard(document) {
        return Err(Error::usage("the document and the access table can't both come from stdin")
            .next("Use the path of a file for one of them"));
    }
    let text = read_text(file, openapi::MAX_TABLE_SIZE)?;
    AccessTable::parse(&file.display().to_string(), &text)
}

/// Derives a catalogue's name from a file name: lower case, with a dash for each character a name can't contain.
fn catalogue_name_from_path(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    stem.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}
