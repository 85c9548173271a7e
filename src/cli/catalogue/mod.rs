//! `jeton catalogue …`, one file per kind of command.

pub(super) mod apply;
pub(super) mod json;
mod look;

use clap::{Args, Subcommand};

use super::App;
use crate::error::Result;

/// `catalogue …`.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// The groups of methods and the API sets
    #[command(visible_alias = "ls")]
    List,
    /// A catalogue, an API set or a group with its methods, or a method
    Show(ShowArgs),
    /// Check a catalogue file: exit 0 when it could be applied, 2 with line and column when not
    Check(CheckArgs),
    /// Put a catalogue in place of what it said before, after a preview
    Apply(ApplyArgs),
    /// Read another format as a catalogue, and apply it
    #[command(subcommand)]
    Import(ImportCommand),
    /// Print a catalogue as a file that can be applied
    Export(ExportArgs),
}

/// `catalogue import …`.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// An OpenAPI 3.0 or 3.1 document, JSON or YAML: a method for each operation, a set for each scope and tag
    Openapi(OpenapiArgs),
}

/// `catalogue import openapi`.
#[derive(Debug, Args)]
pub struct OpenapiArgs {
    /// The document
    pub file: String,
    /// The catalogue's name [default: the file's, without its ending]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The catalogue's title [default: the document's]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// A link for methods that bring none of their own, with {id}, {tag}, {path} and {verb}
    #[arg(long, value_name = "TEMPLATE")]
    pub docs_url: Option<String>,
    /// What may happen.
    #[command(flatten)]
    pub consent: Consent,
}

/// `catalogue show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The name of a catalogue or API set, or the id of a group or method
    #[arg(value_name = "NAME|SET|GROUP|METHOD-ID")]
    pub what: String,
}

/// `catalogue check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file
    pub file: String,
}

/// `catalogue apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A file, or the name of a catalogue that comes with jeton
    #[arg(value_name = "FILE|NAME")]
    pub source: String,
    /// What may happen.
    #[command(flatten)]
    pub consent: Consent,
}

/// What may happen when a catalogue is applied, wherever it came from.
#[derive(Debug, Args)]
pub struct Consent {
    /// How many tokens may gain methods by it, exactly
    #[arg(long, value_name = "N")]
    pub accept_widening: Option<u64>,
    /// Let exactly N methods become public: everybody may call them without a token
    #[arg(long, value_name = "N")]
    pub accept_public: Option<u64>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `catalogue export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which catalogue [default: the only one beside jeton's own]
    pub name: Option<String>,
}

pub(super) fn run(app: &mut App, command: CatalogueCommand) -> Result<()> {
    match command {
        CatalogueCommand::List => look::list(app),
        CatalogueCommand::Show(args) => look::show(app, &args.what),
        CatalogueCommand::Check(args) => apply::check(app, &args.file),
        CatalogueCommand::Apply(args) => apply::apply(app, &args.source, &args.consent),
        CatalogueCommand::Import(ImportCommand::Openapi(args)) => apply::import_openapi(app, args),
        CatalogueCommand::Export(args) => look::export(app, args.name.as_deref()),
    }
}

/// Formats a count: `3 methods`, `1 method`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
