//! Converts an OpenAPI document (3.0 or 3.1, JSON or YAML) into a catalogue.
//!
//! ```text
//!   text ── json, yaml ──▶ tree ── operations (refs, servers, docs, security) ──▶ ids, sets ──▶ Catalogue
//! ```
//!
//! The document is not trusted: size, nesting, aliases, `$ref`s and texts are bounded, and every change or omission is
//! reported as a warning. Only operations are read, not schemas, parameters or answers. Callbacks and webhooks are left
//! out too, because they are calls made by the API, not to the API.

mod clean_text;
mod doc_links;
mod document_tree;
mod ids;
mod json_reader;
mod operations;
mod refs;
mod security_schemes;
mod servers;
mod sets;
mod warnings;
mod yaml_reader;

#[cfg(test)]
mod tests;

use self::clean_text::{MAX_TITLE_LEN, clean, quoted};
use self::doc_links::DocLinks;
use self::document_tree::{Node, ParseBudget};
use self::operations::{OperationReader, WarningCounts};
use self::security_schemes::Security;
use self::warnings::Warnings;
use crate::domain::catalogue::{Catalogue, Group};
use crate::domain::method::Method;
use crate::error::{Error, Result};

/// Maximum size of a document, in bytes.
pub const MAX_DOCUMENT_SIZE: usize = 32 * 1024 * 1024;

#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The catalogue's name: 1 to 64 of `A-Z a-z 0-9 . _ -`, not `jeton`.
    pub name: String,
    /// The catalogue's title; `None` takes the document's title.
    pub title: Option<String>,
    /// A link for operations without a link of their own. Its placeholders are `{id}` (the operationId as written, or
    /// the id made from verb and path), `{tag}` (the first tag, or `default`), `{path}` and `{verb}`.
    pub docs_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportResult {
    pub catalogue: Catalogue,
    /// Changed or omitted parts, safe to show. At most 1,000, followed by the number of further ones.
    pub warnings: Vec<String>,
}

/// Imports a document. The same text gives the same result, regardless of the order of its paths.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if it is no OpenAPI 3.0 or 3.1 document, exceeds a limit, or has no operations. The
/// same error for invalid options.
pub fn import(text: &str, options: &ImportOptions) -> Result<ImportResult> {
    check_name(&options.name)?;
    if text.len() > MAX_DOCUMENT_SIZE {
        return Err(Error::usage("the document is too large")
            .why(format!("the limit is {} MiB", MAX_DOCUMENT_SIZE / 1024 / 1024))
            .next(
                "Remove the parts that you don't need, or split the document and import each part as a catalogue of \
                 its own",
            ));
    }
    let (root, mut warnings) = read(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    check_version(&root)?;

    let docs = DocLinks::read(&root, options.docs_url.as_deref(), &mut warnings)?;
    let mut security = Security::read(&root, &mut warnings);
    let mut counts = WarningCounts::default();
    let mut reader = OperationReader {
        root: &root,
        docs: &docs,
        security: &mut security,
        warnings: &mut warnings,
        counts: &mut counts,
        entries: 0,
        keys: 0,
    };
    let mut operations = reader.read_all()?;
    counts.report(&mut warnings);
    if let Some(webhooks) = root.get("webhooks").and_then(Node::entries).filter(|w| !w.is_empty()) {
        warnings.add(format!("skipped webhooks, because they are not methods of this API: {}", webhooks.len()));
    }

    let (groups, ids) = ids::assign_ids(&operations, &mut warnings)?;
    let plain_ids: Vec<_> = ids.iter().map(|(_, id)| id).collect();
    let sets = sets::build_sets(&root, &operations, &plain_ids, &security, &mut warnings)?;
    let mut groups: Vec<Group> =
        groups.into_iter().map(|(id, title)| Group { id, title, methods: Vec::new() }).collect();
    for (operation, (group, id)) in operations.drain(..).zip(ids) {
        if let Ok(at) = groups.binary_search_by(|g| g.id.cmp(&group)) {
            groups[at].methods.push(Method {
                title: operation.title.unwrap_or_else(|| id.as_str().to_owned()),
                id,
                access: operation.access,
                docs: operation.docs,
                routes: operation.route.into_iter().collect(),
            });
        }
    }
    for group in &mut groups {
        group.methods.sort_by(|a, b| a.id.cmp(&b.id));
    }
    let title = title(&root, options, &mut warnings);
    let catalogue = Catalogue {
        name: options.name.clone(),
        title,
        hosts: Default::default(),
        trailing_slash: Default::default(),
        groups,
        sets,
    };
    Ok(ImportResult { catalogue, warnings: warnings.into_lines() })
}

fn read(text: &str) -> Result<(Node, Warnings)> {
    let mut budget = ParseBudget::default();
    if !text.trim_start().starts_with('{') {
        let root = yaml_reader::read(text, &mut budget)?;
        return Ok((root, budget.warnings));
    }
    let error = match json_reader::read(text, &mut budget) {
        Ok(root) => return Ok((root, budget.warnings)),
        Err(error) if budget.limit_error.is_some() => return Err(error),
        Err(error) => error,
    };
    // YAML has braces too. A text that is neither was most likely meant as JSON.
    let mut budget = ParseBudget::default();
    match yaml_reader::read(text, &mut budget) {
        Ok(root) => Ok((root, budget.warnings)),
        Err(_) => Err(error),
    }
}

fn check_name(name: &str) -> Result<()> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(fits) {
        return Err(Error::usage(format!("{} is not a catalogue name", quoted(name)))
            .why("use 1-64 of the characters a-z 0-9 . _ - (no capitals)"));
    }
    if name == "jeton" {
        return Err(Error::usage("the name jeton belongs to the built-in catalogue").next("Choose another name"));
    }
    Ok(())
}

fn check_version(root: &Node) -> Result<()> {
    let refused = |what: String| Err(Error::usage(what).why("jeton imports only OpenAPI 3.0 and 3.1"));
    if root.entries().is_none() {
        return refused("the file is not an OpenAPI document".to_owned());
    }
    match (root.text("openapi").map(str::trim), root.text("swagger")) {
        (Some(version), _) if ["3.0", "3.1"].iter().any(|v| version == *v || version.starts_with(&format!("{v}."))) => {
            Ok(())
        }
        (Some(version), _) => refused(format!("unsupported version: OpenAPI {}", quoted(version))),
        (None, Some(version)) => refused(format!("unsupported version: Swagger {}", quoted(version)))
            .map_err(|e| e.next("Convert the document to OpenAPI 3.0 or 3.1, then import the result")),
        (None, None) => {
            refused("the file is not an OpenAPI document: the field openapi with the version is missing".to_owned())
        }
    }
}

fn title(root: &Node, options: &ImportOptions, warnings: &mut Warnings) -> String {
    let own = root.get("info").and_then(|i| i.text("title"));
    for text in [options.title.as_deref(), own].into_iter().flatten() {
        let cleaned = clean(text, MAX_TITLE_LEN);
        if cleaned.had_control_chars || cleaned.is_truncated {
            warnings
                .add("jeton changed the catalogue's title: it was too long or contained control or bidi characters");
        }
        if !cleaned.text.is_empty() {
            return cleaned.text;
        }
    }
    options.name.clone()
}
