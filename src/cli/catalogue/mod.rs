//! `jeton catalogue …`, one file per kind of command.

pub(super) mod apply;
pub(super) mod json;
mod queries;

use clap::{Args, Subcommand};

use super::App;
use crate::error::Result;

/// `catalogue …`.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// List groups of methods and API sets
    #[command(visible_alias = "ls")]
    List,
    /// Show a catalogue, an API set, a group or a method
    Show(ShowArgs),
    /// Check a catalogue file (exit 2 with line and column)
    Check(CheckFileArgs),
    /// Apply a catalogue, after a preview of what changes
    Apply(ApplyArgs),
    /// Import another format as a catalogue
    #[command(subcommand)]
    Import(ImportCommand),
    /// Export a catalogue as a file that can be applied
    Export(ExportArgs),
}

/// `catalogue import …`.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Import an OpenAPI 3.0 or 3.1 document, JSON or YAML
    Openapi(OpenapiArgs),
}

/// `catalogue import openapi`.
#[derive(Debug, Args)]
pub struct OpenapiArgs {
    /// File of the document
    pub file: String,
    /// Name of the catalogue [default: the file's, without its ending]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Title of the catalogue [default: the document's]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Link for methods without one, with {id}, {tag}, {path}, {verb}
    #[arg(long, value_name = "TEMPLATE")]
    pub docs_url: Option<String>,
    #[command(flatten)]
    pub consent: ApplyOptions,
}

/// `catalogue show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Name of a catalogue or API set, or id of a group or method
    #[arg(value_name = "NAME|SET|GROUP|METHOD-ID")]
    pub what: String,
}

/// `catalogue check`.
#[derive(Debug, Args)]
pub struct CheckFileArgs {
    /// Catalogue file
    pub file: String,
}

/// `catalogue apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// File, or the name of a catalogue that comes with jeton
    #[arg(value_name = "FILE|NAME")]
    pub source: String,
    #[command(flatten)]
    pub consent: ApplyOptions,
}

/// Confirmations needed to apply a catalogue from any source.
#[derive(Debug, Args)]
pub struct ApplyOptions {
    /// Confirm with the number of tokens that gain methods
    #[arg(long, value_name = "N")]
    pub accept_widening: Option<u64>,
    /// Confirm with the number of methods that become public
    #[arg(long, value_name = "N")]
    pub accept_public: Option<u64>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `catalogue export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Name of the catalogue [default: the only one]
    pub name: Option<String>,
}

pub(super) fn run(app: &mut App, command: CatalogueCommand) -> Result<()> {
    match command {
        CatalogueCommand::List => queries::list(app),
        CatalogueCommand::Show(args) => queries::show(app, &args.what),
        CatalogueCommand::Check(args) => apply::check(app, &args.file),
        CatalogueCommand::Apply(args) => apply::apply(app, &args.source, &args.consent),
        CatalogueCommand::Import(ImportCommand::Openapi(args)) => apply::import_openapi(app, args),
        CatalogueCommand::Export(args) => queries::export(app, args.name.as_deref()),
    }
}

/// Formats a count: `3 methods`, `1 method`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
