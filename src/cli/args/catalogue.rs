//! `catalogue …`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::domain::catalogue::TrailingSlash;
use crate::import::openapi::GroupBy;

#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// List groups of methods and API sets
    ///
    /// Everybody who can open the store can run this command. With a server, you must sign in or use a token.
    #[command(visible_alias = "ls")]
    List,
    /// Show a catalogue, an API set, a group or a method
    ///
    /// Everybody who can open the store can run this command. With a server, you must sign in or use a token.
    Show {
        /// Name of a catalogue or API set, or id of a group or method
        #[arg(value_name = "NAME|SET|GROUP|METHOD-ID")]
        what: String,
    },
    /// Check a catalogue file (exit 2: faults)
    ///
    /// Everybody who can open the store can run this command. With a server, you must sign in or use a token.
    Check {
        /// Catalogue file
        file: String,
        /// Show all warnings about an OpenAPI document, not only 3 of each kind
        #[arg(long)]
        verbose: bool,
    },
    /// Apply a catalogue, after a preview of what changes
    Apply {
        /// Catalogue file, or the name of a catalogue that comes with jeton
        #[arg(value_name = "FILE|NAME")]
        source: String,
        #[command(flatten)]
        consent: ApplyOptions,
    },
    /// Import an OpenAPI or Swagger document as a catalogue
    #[command(subcommand)]
    Import(ImportCommand),
    /// Export a catalogue as a file that can be applied
    ///
    /// Everybody who can open the store can run this command. With a server, you must sign in or use a token.
    Export {
        /// Name of the catalogue [default: the only one]
        name: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Import a Swagger 2.0 or OpenAPI 3 document, JSON or YAML
    Openapi(OpenapiArgs),
}

#[derive(Debug, Args)]
pub struct OpenapiArgs {
    /// File of the document
    pub file: String,
    /// Name of the catalogue [default: the file's name, no extension]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Title of the catalogue [default: the document's title]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Docs link for methods without a link, with {id} {tag} {path} {verb}
    #[arg(long, value_name = "TEMPLATE")]
    pub docs_url: Option<String>,
    /// Group by tag or path [default: tag if tags differ, otherwise path]
    #[arg(long, value_name = "HOW", value_parser = group_by())]
    pub group_by: Option<GroupBy>,
    /// TOML file with access levels: "GET /path" = "admin"
    #[arg(long, value_name = "FILE")]
    pub access: Option<PathBuf>,
    /// Host of the application; can be repeated [default: from the document]
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// Apply the routes to every host
    #[arg(long, conflicts_with = "host")]
    pub any_host: bool,
    /// Begin every route with this path [default: from the document]
    #[arg(long, value_name = "PATH")]
    pub base_path: Option<String>,
    /// Match the final slash as written (strict) or ignore it (either)
    #[arg(long, value_name = "RULE", value_parser = trailing_slash(), default_value = "strict")]
    pub trailing_slash: TrailingSlash,
    /// Path parameter that can hold slashes; can be repeated
    #[arg(long, value_name = "NAME")]
    pub multi_segment: Vec<String>,
    /// Replace path parameters by their default values
    #[arg(long)]
    pub use_defaults: bool,
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
    /// Show all warnings about an OpenAPI document, not only 3 of each kind
    #[arg(long)]
    pub verbose: bool,
}

fn trailing_slash() -> impl TypedValueParser<Value = TrailingSlash> {
    PossibleValuesParser::new(TrailingSlash::ALL.map(TrailingSlash::as_str))
        .try_map(|word| TrailingSlash::from_word(&word).ok_or("unknown"))
}

fn group_by() -> impl TypedValueParser<Value = GroupBy> {
    PossibleValuesParser::new(GroupBy::ALL.map(GroupBy::as_str))
        .try_map(|word| GroupBy::from_word(&word).ok_or("unknown"))
}
