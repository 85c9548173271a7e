//! The document's operations: found under its paths, read one by one.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::access_rules::{AccessRule, access_from_scopes, usual_access};
use super::clean_text::{MAX_INSPECTED, MAX_TITLE_LEN, clean, first_sentence, quoted, truncate};
use super::doc_links::DocLinks;
use super::document_tree::{Node, too_large};
use super::path_parameters::{self, PathParameters};
use super::refs::{ref_chain, resolve};
use super::security_schemes::{Alternative, Security};
use super::servers::{ServerReader, Servers};
use super::warnings::{WarningCount, Warnings};
use super::{Document, ImportOptions};
use crate::domain::catalogue::route_limits::MAX_ALL_ROUTES;
use crate::domain::method::Access;
use crate::domain::number::group_digits;
use crate::domain::route::Route;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::{Error, Result};

pub(super) const MAX_OPERATIONS: usize = 20_000;
/// Maximum number of keys of path items that are read, because one item can be used for many paths.
const MAX_KEYS: usize = 1_000_000;
/// Maximum number of parameters that are read, because a list can be used for many operations.
const MAX_PARAMETERS: usize = 400_000;
/// Maximum total number of methods in all sets.
pub(super) const MAX_SET_ENTRIES: usize = 500_000;
/// Maximum number of tags of an operation.
const MAX_TAGS: usize = 100;
/// Maximum length of a tag, in characters.
pub(super) const MAX_TAG_LEN: usize = 200;
/// Maximum length of a route, in bytes.
const MAX_ROUTE_LEN: usize = 1_000;

/// An HTTP verb as documents write it, and the effect of calling it.
const HTTP_METHODS: [(&str, &str, Access); 8] = [
    ("delete", "DELETE", Access::Write),
    ("get", "GET", Access::Read),
    ("head", "HEAD", Access::Read),
    ("options", "OPTIONS", Access::Read),
    ("patch", "PATCH", Access::Write),
    ("post", "POST", Access::Write),
    ("put", "PUT", Access::Write),
    // The server only sends back the request.
    ("trace", "TRACE", Access::Read),
];

pub(super) struct Operation<'a> {
    /// `GET /path`, as in the document. Identifies the operation.
    pub(super) label: String,
    /// The label as warnings write it.
    pub(super) quoted_label: String,
    pub(super) http_method: &'static str,
    pub(super) path: &'a str,
    /// The operationId as the document writes it.
    pub(super) id: Option<&'a str>,
    /// The tags, of which the first is the group.
    pub(super) tags: Vec<&'a str>,
    /// The ways in which a caller may prove that it may call the operation.
    pub(super) alternatives: Rc<[Alternative]>,
    pub(super) title: String,
    pub(super) access: Access,
    /// The rule that decided the access level.
    pub(super) access_rule: AccessRule,
    pub(super) docs: Option<String>,
    pub(super) route: Option<String>,
    pub(super) servers: Rc<Servers>,
    /// The position in the document: of the path, and of the operation in it.
    pub(super) position: (u32, u32),
}

/// The state of one import that all operations share.
pub(super) struct OperationReader<'a, 'w> {
    pub(super) document: &'a Document,
    pub(super) docs: &'a DocLinks<'a>,
    pub(super) options: &'w ImportOptions,
    pub(super) security: &'w mut Security<'a>,
    pub(super) servers: &'w mut ServerReader,
    pub(super) warnings: &'w mut Warnings,
    pub(super) counts: &'w mut WarningCounts,
    /// Number of entries that all sets together will have.
    pub(super) entries: usize,
    /// Number of path item keys read so far.
    pub(super) keys: usize,
    /// Number of parameters read so far.
    pub(super) parameters: usize,
    /// Number of routes so far. A route with lists of values counts once for each combination.
    pub(super) routes: usize,
}

/// Warnings reported once for all operations.
#[derive(Default)]
pub(super) struct WarningCounts {
    cut: WarningCount,
    callbacks: WarningCount,
    unnamed: WarningCount,
    unmatched: WarningCount,
    wider: WarningCount,
}

impl WarningCounts {
    pub(super) fn report(&self, warnings: &mut Warnings) {
        self.unnamed.report(
            warnings,
            "operations without an operationId, for which jeton makes an id from HTTP method and path",
        );
        self.unmatched.report(warnings, "operations that get no route, because their path is not allowed in a route");
        self.wider.report(
            warnings,
            "operations whose route matches all values of a path parameter, because jeton can't use the list of values",
        );
        self.cut.report(warnings, "operations whose title was too long and is now shorter");
        self.callbacks
            .report(warnings, "operations whose callbacks jeton skips, because callbacks are not methods of this API");
    }
}

impl<'a> OperationReader<'a, '_> {
    /// Returns every operation, ordered by path and verb.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if there is none, or more than [`MAX_OPERATIONS`].
    pub(super) fn read_all(&mut self) -> Result<Vec<Operation<'a>>> {
        let mut found = Vec::new();
        let earlier = self.warnings.count();
        let paths = self.document.root().get("paths");
        let paths = paths.and_then(|paths| resolve(self.document, paths, "the key \"paths\"", self.warnings));
        let paths = paths.unwrap_or(&Node::Null);
        if *paths != Node::Null && paths.entries().is_none() {
            self.warnings.add("skipped \"paths\", because its value is not a map");
        }
        for (path, item) in paths.entries().unwrap_or_default().iter().filter(|(path, _)| !path.starts_with("x-")) {
            self.path(path, paths.position(path), item, &mut found)?;
        }
        if found.is_empty() {
            let error = Error::usage("the document has no operations under \"paths\"")
                .next("Check that this is the complete document of the API");
            // Nobody sees the warnings of an import that fails.
            return Err(match self.warnings.first_after(earlier) {
                Some(warning) => error.why(warning),
                None => error,
            });
        }
        Ok(found)
    }

    fn path(&mut self, path: &'a str, position: u32, item: &'a Node, found: &mut Vec<Operation<'a>>) -> Result<()> {
        let layers = ref_chain(self.document, item, &quoted(path), self.warnings);
        for layer in &layers {
            let Some(entries) = layer.entries() else {
                self.warnings.add(format!("skipped the path {}, because its value is not a map", quoted(path)));
                continue;
            };
            self.keys += entries.len();
            if self.keys > MAX_KEYS {
                return Err(too_large("the document's paths are too large").why(format!(
                    "the limit is {} keys, and keys behind a $ref count once for each path",
                    group_digits(MAX_KEYS as u64)
                )));
            }
            for (key, _) in entries {
                let known = matches!(&**key, "$ref" | "summary" | "description" | "servers" | "parameters");
                let is_method = |word: &str| HTTP_METHODS.iter().any(|(name, ..)| *name == word);
                if !known && !key.starts_with("x-") && !is_method(key) {
                    let lower = key.to_ascii_lowercase();
                    let why = if is_method(&lower) {
                        format!(". Write the HTTP method in lower case: \"{lower}\"")
                    } else {
                        ", because jeton imports only delete, get, head, options, patch, post, put and trace".to_owned()
                    };
                    self.warnings.add(format!("{}: skipped the key {}{why}", quoted(path), quoted(key)));
                }
            }
        }
        for http_method in HTTP_METHODS {
            let mut holders = layers.iter().filter_map(|l| Some((l, l.get(http_method.0)?)));
            let Some((layer, node)) = holders.next() else { continue };
            if holders.next().is_some() {
                self.warnings.add(format!(
                    "{} {}: the path and its $ref both define this operation. jeton uses the definition in the path",
                    http_method.1,
                    quoted(path)
                ));
            }
            let label = format!("{} {}", http_method.1, quoted(path));
            let Some(node) = resolve(self.document, node, &label, self.warnings) else { continue };
            if node.entries().is_none() {
                self.warnings.add(format!("skipped {label}, because its value is not a map"));
                continue;
            }
            if found.len() >= MAX_OPERATIONS {
                return Err(too_large("the document has too many operations")
                    .why(format!("the limit is {}", group_digits(MAX_OPERATIONS as u64))));
            }
            self.parameters += path_parameters::listed([layer, node]);
            if self.parameters > MAX_PARAMETERS {
                return Err(too_large("the document's operations have too many parameters").why(format!(
                    "the limit is {}, and the parameters of a path count once for each operation",
                    group_digits(MAX_PARAMETERS as u64)
                )));
            }
            let position = (position, layer.position(http_method.0));
            let operation = Operation { position, ..self.operation(path, http_method, layer, node, label) };
            self.entries += operation.tags.len() + scopes_in(&operation.alternatives);
            if self.entries > MAX_SET_ENTRIES {
                return Err(too_large("the API sets from the document's tags and OpenAPI scopes are too large").why(
                    format!("the limit is {} methods in all API sets together", group_digits(MAX_SET_ENTRIES as u64)),
                ));
            }
            if self.routes > MAX_ALL_ROUTES {
                return Err(too_large("the document has too many routes").why(format!(
                    "the limit is {}. A path with lists of parameter values counts once for each combination of values",
                    group_digits(MAX_ALL_ROUTES as u64)
                )));
            }
            found.push(operation);
        }
        Ok(())
    }

    fn operation(
        &mut self,
        path: &'a str,
        (key, http_method, usual): (&'static str, &'static str, Access),
        item: &'a Node,
        node: &'a Node,
        label: String,
    ) -> Operation<'a> {
        if node.get("callbacks").is_some() {
            self.counts.callbacks.add(&label);
        }
        let id = node.text("operationId").filter(|id| !truncate(id, MAX_INSPECTED).trim().is_empty());
        if id.is_none() {
            self.counts.unnamed.add(&label);
        }
        let tags = self.tags(node, &label);
        let alternatives = self.security.alternatives_of(node, &label, self.warnings);
        let docs =
            self.docs.link_for(self.document, node, (key, path, id, tags.first().copied()), &label, self.warnings);
        let root = self.document.root();
        let servers = node.get("servers").or_else(|| item.get("servers")).or_else(|| root.get("servers"));
        let servers = self.servers.read(servers, self.warnings);
        let prefix = self.options.base_path.as_ref().map_or(&*servers.path, |path| path.trim_end_matches('/'));
        let parameters = PathParameters::read(self.document, [item, node], &label, self.warnings);
        let (route_path, is_wider) = parameters.route_path(path, &self.options.parameters);
        if is_wider {
            self.counts.wider.add(&label);
        }
        let by_scopes = access_from_scopes(&alternatives, self.security);
        let (access, access_rule) = self.access(node, usual_access(http_method, usual, by_scopes), &label);
        let plain_label = format!("{http_method} {path}");
        Operation {
            title: self.title(node, &plain_label, &label),
            access,
            access_rule,
            route: self.route(http_method, prefix, &route_path, &label),
            servers,
            position: (0, 0),
            label: plain_label,
            quoted_label: label,
            http_method: key,
            path,
            id,
            tags,
            alternatives,
            docs,
        }
    }

    fn tags(&mut self, node: &'a Node, label: &str) -> Vec<&'a str> {
        let Some(tags) = node.get("tags") else { return Vec::new() };
        let Some(items) = tags.items() else {
            if *tags != Node::Null {
                self.warnings.add(format!("{label}: skipped \"tags\", because its value is not a list"));
            }
            return Vec::new();
        };
        if items.len() > MAX_TAGS {
            self.warnings.add(format!("{label}: jeton uses only the first {MAX_TAGS} of {} tags", items.len()));
        }
        let mut found: Vec<&str> = Vec::new();
        for item in items.iter().take(MAX_TAGS) {
            match item.as_text().map(|t| truncate(t, MAX_INSPECTED).trim()).filter(|t| !t.is_empty()) {
                Some(tag) => {
                    let short = truncate(tag, MAX_TAG_LEN);
                    if short.len() < tag.len() {
                        self.warnings.add(format!("the tag {} is too long, so jeton shortened the tag", quoted(tag)));
                    }
                    if !found.contains(&short) {
                        found.push(short);
                    }
                }
                None => {
                    let why = if item.as_text().is_some() { "it is empty" } else { "it is not text" };
                    self.warnings.add(format!("{label}: skipped a tag, because {why}"));
                }
            }
        }
        found
    }

    /// Returns the operation's title: its summary, the first sentence of its description, or its label.
    fn title(&mut self, node: &Node, plain_label: &str, label: &str) -> String {
        let texts = [node.text("summary"), node.text("description").map(first_sentence)];
        for text in texts.into_iter().flatten() {
            let cleaned = clean(text, MAX_TITLE_LEN);
            if cleaned.had_control_chars {
                self.warnings.add(format!("{label}: removed invisible control characters from the title"));
            }
            if cleaned.is_truncated {
                self.counts.cut.add(label);
            }
            if !cleaned.text.is_empty() {
                return cleaned.text;
            }
        }
        clean(plain_label, MAX_TITLE_LEN).text
    }

    /// Returns the access level and the rule that decides it: the document's own word, or else `usual`.
    fn access(&mut self, node: &Node, usual: (Access, AccessRule), label: &str) -> (Access, AccessRule) {
        let Some(declared) = node.get("x-jeton-access") else {
            return if Security::is_public(node) { (Access::Public, AccessRule::NoSecurity) } else { usual };
        };
        let access = match declared.as_text().map(Access::parse) {
            Some(Ok(access)) => access,
            // The document defines another level than the verb's. The most restrictive level is the safe one.
            _ => {
                self.warnings
                    .add(format!("{label}: x-jeton-access is not read, write, admin or public, so jeton uses admin"));
                Access::Admin
            }
        };
        (access, AccessRule::Extension)
    }

    fn route(&mut self, http_method: &str, prefix: &str, path: &str, label: &str) -> Option<String> {
        let slash = if path.starts_with('/') { "" } else { "/" };
        if !slash.is_empty() {
            self.warnings.add(format!("{label}: the path does not start with a slash, so jeton adds a slash"));
        }
        let whole = format!("{prefix}{slash}{path}");
        let route = format!("{http_method} {whole}");
        let is_plain = whole.len() <= MAX_ROUTE_LEN && !whole.contains(is_control_or_bidi);
        match is_plain.then(|| Route::parse_all(&route)) {
            Some(Ok(parsed)) => self.routes += parsed.len(),
            Some(Err(_)) | None => {
                self.counts.unmatched.add(label);
                return None;
            }
        }
        Some(route)
    }
}

/// Returns the number of scopes in all alternatives.
fn scopes_in(alternatives: &[Alternative]) -> usize {
    alternatives.iter().map(|a| a.scopes.len()).sum()
}

/// Gives a route claimed by two operations to the first one in the document, because a request must mean one method. A public
/// operation never opens a route that another operation protects, regardless of their order.
pub(super) fn drop_duplicate_routes(found: &mut [Operation<'_>], warnings: &mut Warnings) {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut ordered: Vec<&mut Operation<'_>> = found.iter_mut().collect();
    ordered.sort_by_key(|operation| operation.position);
    let (public, guarded): (Vec<_>, Vec<_>) = ordered.into_iter().partition(|o| o.access == Access::Public);
    for operation in guarded.into_iter().chain(public) {
        let Some(Ok(routes)) = operation.route.as_deref().map(Route::parse_all) else { continue };
        match routes.iter().find_map(|route| owners.get(&route.key())) {
            Some(owner) => {
                warnings.add(format!(
                    "{} gets no route, because {} already has the same route",
                    quoted(&operation.label),
                    quoted(owner)
                ));
                operation.route = None;
            }
            None => owners.extend(routes.iter().map(|route| (route.key(), operation.label.clone()))),
        }
    }
}
