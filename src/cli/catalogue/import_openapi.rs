//! `catalogue import openapi`.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::App;
use super::super::args::OpenapiArgs;
use super::apply::preview_and_apply;
use crate::domain::catalogue::hosts::parse_host;
use crate::domain::catalogue::toml_reader::parse_base_path;
use crate::error::{Error, Result};
use crate::import::openapi::{self, AccessTable, ImportOptions, ParameterOptions};
use crate::platform::secret_files::read_text;
use crate::platform::{bounded_read, catalogue_file};

pub(super) fn import_openapi(app: &mut App, args: OpenapiArgs) -> Result<()> {
    let path = Path::new(&args.file);
    app.prompt.check_stdin_is_free(path, "the document")?;
    if bounded_read::is_standard(path) && args.name.is_none() {
        return Err(Error::usage("the catalogue needs a name")
            .why("a document from stdin has no file name")
            .next("Use --name NAME"));
    }
    let text = read_text(path, openapi::MAX_DOCUMENT_SIZE)?;
    let hosts = args.host.iter().map(|host| parse_host(host)).collect::<Result<BTreeSet<String>>>()?;
    let options = ImportOptions {
        name: args.name.unwrap_or_else(|| catalogue_file::catalogue_name(path)),
        title: args.title,
        docs_url: args.docs_url,
        group_by: args.group_by,
        access: access_table(app, path, args.access.as_deref())?,
        hosts: (args.any_host || !hosts.is_empty()).then_some(hosts),
        base_path: args.base_path.as_deref().map(parse_base_path).transpose()?,
        trailing_slash: args.trailing_slash,
        parameters: ParameterOptions { multi_segment: args.multi_segment, use_defaults: args.use_defaults },
    };
    preview_and_apply(app, catalogue_file::import(&text, path, &options)?, &args.consent, true)
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
