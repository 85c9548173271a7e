//! Converts an OpenAPI document (Swagger 2.0, OpenAPI 3.0 or 3.1, JSON or YAML) into a catalogue.
//!
//! ```text
//!   text ── json, yaml ──▶ tree ── operations (refs, servers, docs, security) ──▶ groups, ids, access, sets ──▶ Catalogue
//!   files ─────────────────┘  └─ swagger2
//! ```
//!
//! The document is not trusted: size, nesting, aliases, `$ref`s, files and texts are bounded, and every change or
//! omission is reported as a warning. Only operations and the parameters of their paths are read, not other schemas or
//! answers. Callbacks and webhooks are left out too, because they are calls made by the API, not to the API.

mod access_rules;
mod access_table;
mod clean_text;
mod doc_links;
mod document_tree;
mod files;
mod groups;
mod ids;
mod json_reader;
mod missing_options;
mod operations;
mod path_parameters;
mod refs;
mod scope_sets;
mod security_schemes;
mod servers;
mod set_names;
mod sets;
mod swagger2;
mod warnings;
mod yaml_reader;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use self::access_table::{AccessTable, MAX_TABLE_SIZE};
use self::clean_text::{MAX_TITLE_LEN, clean, quoted};
use self::doc_links::DocLinks;
use self::document_tree::{Node, ParseBudget, ParseContext};
pub use self::files::Neighbours;
use self::groups::Groups;
pub use self::missing_options::missing_options;
use self::operations::{Operation, OperationReader, WarningCounts, drop_duplicate_routes};
pub use self::path_parameters::ParameterOptions;
use self::security_schemes::Security;
use self::servers::ServerReader;
use self::warnings::Warnings;
use crate::domain::catalogue::change::diff::CatalogueDiff;
use crate::domain::catalogue::{Catalogue, Group, MANAGEMENT, TrailingSlash};
use crate::domain::method::{Method, MethodId};
use crate::domain::number::group_digits;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};

/// Maximum size of a document, in bytes.
pub const MAX_DOCUMENT_SIZE: usize = 32 * 1024 * 1024;

word_enum! {
    /// The part of an operation by which it is grouped.
    pub enum GroupBy {
        /// The first tag.
        Tag = "tag",
        /// The first segment of the path that is not shared by all paths.
        Path = "path",
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The catalogue's name: 1 to 64 of `a-z 0-9 . _ -`, not `jeton`. Groups, ids and sets begin with it.
    pub name: String,
    /// The catalogue's title; `None` takes the document's title.
    pub title: Option<String>,
    /// A link for operations without a link of their own. Its placeholders are `{id}` (the operationId as written, or
    /// the id made from verb and path), `{tag}` (the first tag, or `default`), `{path}` and `{verb}`.
    pub docs_url: Option<String>,
    /// `None` groups by tag, or by path if the tags say nothing.
    pub group_by: Option<GroupBy>,
    /// Access levels that override all others.
    pub access: AccessTable,
    /// The application's hosts; none for every host. `None` takes those of the document's servers.
    pub hosts: Option<BTreeSet<String>>,
    /// The path before all paths; `None` takes those of the document's servers.
    pub base_path: Option<String>,
    pub trailing_slash: TrailingSlash,
    pub parameters: ParameterOptions,
}

/// A document with the files that it refers to, by their paths relative to its folder.
struct Document {
    root: Node,
    files: BTreeMap<String, Node>,
    is_alone: bool,
}

impl Document {
    fn root(&self) -> &Node {
        &self.root
    }

    /// Returns `true` if no other files can be read, for example for a document from stdin.
    fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn file(&self, path: &str) -> Option<&Node> {
        self.files.get(path)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportResult {
    pub catalogue: Catalogue,
    /// Changed or omitted parts, safe to show. At most 1,000, followed by the number of further ones.
    pub warnings: Vec<String>,
    /// Decisions of the import, safe to show.
    pub notes: Vec<String>,
    /// The options of the import; `None` if the catalogue needed no import.
    pub options: Option<ImportOptions>,
}

impl ImportResult {
    /// Returns the warnings with at most three of a kind, each kind with the number of its warnings.
    pub fn tallied_warnings(&self) -> Vec<String> {
        warnings::tally(&self.warnings)
    }

    /// Returns the options that an earlier import of the catalogue had, and this one lacks: see [`missing_options`].
    pub fn missing_options(&self, diff: &CatalogueDiff) -> Vec<String> {
        self.options.as_ref().map_or_else(Vec::new, |given| missing_options(given, diff))
    }
}

/// A catalogue that needed no import.
impl From<Catalogue> for ImportResult {
    fn from(catalogue: Catalogue) -> Self {
        ImportResult { catalogue, warnings: Vec::new(), notes: Vec::new(), options: None }
    }
}

/// Imports a document of one file: see [`import_with_files`].
///
/// # Errors
/// As [`import_with_files`].
pub fn import(text: &str, options: &ImportOptions) -> Result<ImportResult> {
    import_with_files(text, None, options)
}

/// Imports a document. The same texts give the same result, regardless of the order of the paths; the order only decides
/// which of several operations keeps a route. `neighbours` are the files to which the document may refer.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if it is no Swagger 2.0, OpenAPI 3.0 or 3.1 document, exceeds a limit, or has no
/// operations. The same error for invalid options.
pub fn import_with_files(
    text: &str,
    neighbours: Option<&dyn Neighbours>,
    options: &ImportOptions,
) -> Result<ImportResult> {
    check_name(&options.name)?;
    if text.len() > MAX_DOCUMENT_SIZE {
        return Err(Error::usage("the document is too large")
            .why(format!("the limit is {} MiB", MAX_DOCUMENT_SIZE / 1024 / 1024))
            .next(
                "Remove the parts that you don't need. Or split the document, and import each part as a separate \
                 catalogue",
            ));
    }
    let (mut root, mut budget) = read(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    if check_version(&root)? == Version::Swagger2 {
        root = swagger2::upgrade(&root);
    }
    let document = files::load(root, neighbours, &mut budget)?;
    let (root, mut warnings) = (document.root(), budget.warnings);

    let mut servers = ServerReader::new(options.base_path.is_some());
    let common = servers.read(root.get("servers"), &mut warnings);
    let docs = DocLinks::read(&document, options.docs_url.as_deref(), common.origin.clone(), &mut warnings)?;
    let mut security = Security::read(&document, &mut warnings);
    let mut counts = WarningCounts::default();
    let mut reader = OperationReader {
        document: &document,
        docs: &docs,
        options,
        security: &mut security,
        servers: &mut servers,
        warnings: &mut warnings,
        counts: &mut counts,
        entries: 0,
        keys: 0,
        parameters: 0,
        routes: 0,
    };
    let mut operations = reader.read_all()?;
    counts.report(&mut warnings);
    security.merge_scopes(&mut operations, &mut warnings);
    path_parameters::check_names(&options.parameters, operations.iter().map(|operation| operation.path))?;
    if let Some(webhooks) = root.get("webhooks").and_then(Node::entries).filter(|w| !w.is_empty()) {
        let s = if webhooks.len() == 1 { "" } else { "s" };
        warnings.add(format!(
            "skipped {} webhook{s}, because webhooks are not methods of this API",
            group_digits(webhooks.len() as u64)
        ));
    }

    let groups = groups::group(&operations, options.group_by, &mut warnings);
    let ids = ids::assign_ids(&operations, &options.name, &groups, &mut warnings)?;
    options.access.apply(&mut operations, &ids, &options.name)?;
    access_rules::warn_public(&operations, &mut warnings);
    let hosts = match &options.hosts {
        Some(hosts) => hosts.clone(),
        None => servers.common_hosts(&common, &mut operations, &mut warnings)?,
    };
    drop_duplicate_routes(&mut operations, &mut warnings);
    let parts = (&operations[..], &ids[..], &groups);
    let sets = sets::build_sets(&options.name, root, parts, &security, &mut warnings)?;
    let mut notes = vec![access_rules::describe_rules(&operations)];
    notes.extend(groups.describe());
    let title = title(root, options, &mut warnings);
    let groups = with_methods(&options.name, groups, operations, ids);
    let catalogue =
        Catalogue { name: options.name.clone(), title, hosts, trailing_slash: options.trailing_slash, groups, sets };
    Ok(ImportResult { catalogue, warnings: warnings.into_lines(), notes, options: Some(options.clone()) })
}

/// Returns the groups with their methods, sorted by id.
fn with_methods(catalogue: &str, groups: Groups, operations: Vec<Operation<'_>>, ids: Vec<MethodId>) -> Vec<Group> {
    let mut filled: BTreeMap<String, Group> = BTreeMap::new();
    for ((operation, id), group) in operations.into_iter().zip(ids).zip(groups.of_operations) {
        let title = groups.titles.get(&group).unwrap_or(&group);
        let empty = || Group { id: format!("{catalogue}.{group}"), title: title.clone(), methods: Vec::new() };
        filled.entry(group.clone()).or_insert_with(empty).methods.push(Method {
            id,
            title: operation.title,
            access: operation.access,
            docs: operation.docs,
            routes: operation.route.into_iter().collect(),
        });
    }
    let mut groups: Vec<Group> = filled.into_values().collect();
    for group in &mut groups {
        group.methods.sort_by(|a, b| a.id.cmp(&b.id));
    }
    groups
}

fn read(text: &str) -> Result<(Node, ParseBudget)> {
    let mut budget = ParseBudget::default();
    let error = match read_node(text, ParseContext::Root, &mut budget) {
        Ok(root) => return Ok((root, budget)),
        Err(error) if budget.limit_error.is_some() || !starts_like_json(text) => return Err(error),
        Err(error) => error,
    };
    // YAML has braces too. A text that is neither was most likely meant as JSON.
    let mut budget = ParseBudget::default();
    match yaml_reader::read(text, ParseContext::Root, &mut budget) {
        Ok(root) => Ok((root, budget)),
        Err(_) => Err(error),
    }
}

/// Parses a text as JSON if it starts so, else as YAML.
fn read_node(text: &str, context: ParseContext, budget: &mut ParseBudget) -> Result<Node> {
    match starts_like_json(text) {
        true => json_reader::read(text, context, budget),
        false => yaml_reader::read(text, context, budget),
    }
}

fn starts_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn check_name(name: &str) -> Result<()> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !begins || name.len() > 64 || !name.bytes().all(fits) {
        return Err(Error::usage(format!("{} is not a catalogue name", quoted(name)))
            .why("use 1-64 of the characters a-z 0-9 . _ - (no capitals), and begin with a letter or digit")
            .next("Choose another name: use --name, or rename the file"));
    }
    // Ids begin with the catalogue's name, and ids of jeton are its own.
    if name.split('.').next() == Some(MANAGEMENT) {
        return Err(Error::usage(format!("a catalogue can't have the name {}", quoted(name)))
            .why("the name jeton is for the built-in catalogue. Other names can't begin with \"jeton.\"")
            .next("Choose another name: use --name, or rename the file"));
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Version {
    Swagger2,
    OpenApi3,
}

fn check_version(root: &Node) -> Result<Version> {
    const CHECK_DOCUMENT: &str = "Check that this is the complete document of the API";
    let refused = |what: String| Err(Error::usage(what).why("jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1"));
    let unsupported =
        |what| refused(what).map_err(|e| e.next("Convert the document to OpenAPI 3.0 or 3.1, then import the result"));
    if root.entries().is_none() {
        return refused("the text is not an OpenAPI document".to_owned()).map_err(|e| e.next(CHECK_DOCUMENT));
    }
    match (root.text("openapi").map(str::trim), root.text("swagger").map(str::trim)) {
        (Some(version), _) if ["3.0", "3.1"].iter().any(|v| version == *v || version.starts_with(&format!("{v}."))) => {
            Ok(Version::OpenApi3)
        }
        (None, Some("2.0" | "2")) => Ok(Version::Swagger2),
        (Some(version), _) => unsupported(format!("unsupported version: OpenAPI {}", quoted(version))),
        (None, Some(version)) => unsupported(format!("unsupported version: Swagger {}", quoted(version))),
        (None, None) => {
            let what = "the text is not an OpenAPI document";
            let why = "it has no field with the version, such as openapi: 3.1.0";
            Err(Error::usage(what).why(why).next(CHECK_DOCUMENT))
        }
    }
}

fn title(root: &Node, options: &ImportOptions, warnings: &mut Warnings) -> String {
    let own = root.get("info").and_then(|i| i.text("title"));
    for text in [options.title.as_deref(), own].into_iter().flatten() {
        let cleaned = clean(text, MAX_TITLE_LEN);
        if cleaned.had_control_chars || cleaned.is_truncated {
            let why = match cleaned.is_truncated {
                true => "it was too long",
                false => "it contained invisible control characters",
            };
            warnings.add(format!("jeton changed the catalogue's title, because {why}"));
        }
        if !cleaned.text.is_empty() {
            return cleaned.text;
        }
    }
    options.name.clone()
}
