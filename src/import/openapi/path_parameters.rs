//! Routes with what the document says about the parameters of a path: several segments, types, values.

use std::collections::BTreeMap;

use super::Document;
use super::clean_text::{quoted, truncate};
use super::document_tree::Node;
use super::refs::resolve;
use super::warnings::Warnings;
use crate::domain::route::{MAX_COMBINATIONS, MAX_VALUES};
use crate::error::{Error, Result};

/// Maximum number of parameters of a path, and of an operation, that are read.
const MAX_PARAMETERS: usize = 200;
/// Maximum length of a name, a value or an expression, in characters.
const MAX_LEN: usize = 200;

/// Choices of the person who imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterOptions {
    /// The names of path parameters that can hold slashes, whatever the document says.
    pub multi_segment: Vec<String>,
    /// `true` to write the default value of a path parameter in its place.
    pub use_defaults: bool,
}

/// The path parameters of one operation, by name.
pub(super) struct PathParameters<'a>(BTreeMap<&'a str, Parameter<'a>>);

struct Parameter<'a> {
    node: &'a Node,
    /// The description of its value; in Swagger 2.0 the parameter itself.
    schema: &'a Node,
}

impl<'a> PathParameters<'a> {
    /// Reads the parameters of an operation and of its path item. Those of the operation override the others.
    pub(super) fn read(
        document: &'a Document,
        [item, operation]: [&'a Node; 2],
        at: &str,
        warnings: &mut Warnings,
    ) -> Self {
        let mut found = BTreeMap::new();
        for holder in [item, operation] {
            let count = holder.get("parameters").and_then(Node::items).map_or(0, <[Node]>::len);
            if count > MAX_PARAMETERS {
                warnings.add(format!("{at}: jeton reads only the first {MAX_PARAMETERS} of {count} parameters"));
            }
            for node in list(holder) {
                let Some(node) = resolve(document, node, at, warnings) else { continue };
                if let (Some("path"), Some(name)) = (node.text("in"), node.text("name")) {
                    let schema = node.get("schema").and_then(|schema| resolve(document, schema, at, warnings));
                    found.insert(truncate(name, MAX_LEN), Parameter { node, schema: schema.unwrap_or(node) });
                }
            }
        }
        PathParameters(found)
    }

    /// Returns the path of a route: `path` with each parameter as the document describes it. The second result is
    /// `true` if a parameter matches more than the values that the document lists.
    pub(super) fn route_path(&self, path: &str, options: &ParameterOptions) -> (String, bool) {
        let (mut combinations, mut is_wider) = (1, false);
        let segments = path.split('/').map(|segment| {
            let whole = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let Some(name) = whole.filter(|name| !name.contains(['{', '}'])) else { return with_plain_names(segment) };
            let values = self.0.get(name).map(Parameter::values).unwrap_or_default();
            let is_usable = !values.is_empty()
                && values.len() <= MAX_VALUES.min(MAX_COMBINATIONS / combinations)
                && values.iter().all(|value| is_plain_value(value));
            let text = self.segment(name, if is_usable { &values } else { &[] }, options);
            if text.contains('|') {
                combinations *= values.len();
            }
            is_wider |= !is_usable && !values.is_empty() && text.starts_with('{');
            text
        });
        let path = segments.collect::<Vec<_>>().join("/");
        (path, is_wider)
    }

    fn segment(&self, name: &str, values: &[&str], options: &ParameterOptions) -> String {
        let plain = plain_name(name);
        let parameter = self.0.get(name);
        if options.use_defaults
            && let Some(default) = parameter.and_then(|known| known.schema.text("default"))
            && default.trim_matches('/').split('/').all(is_plain_value)
        {
            return default.trim_matches('/').to_owned();
        }
        if options.multi_segment.iter().any(|wanted| wanted == name) || parameter.is_some_and(Parameter::holds_slashes)
        {
            return format!("{{{plain}+}}");
        }
        match parameter.and_then(Parameter::kind) {
            _ if !values.is_empty() => format!("{{{plain}:{}}}", values.join("|")),
            Some(kind) => format!("{{{plain}:{kind}}}"),
            None => format!("{{{plain}}}"),
        }
    }
}

/// Returns the number of parameters that [`PathParameters::read`] reads.
pub(super) fn listed(holders: [&Node; 2]) -> usize {
    holders.iter().map(|holder| list(holder).len()).sum()
}

fn list(holder: &Node) -> &[Node] {
    let items = holder.get("parameters").and_then(Node::items).unwrap_or_default();
    &items[..items.len().min(MAX_PARAMETERS)]
}

impl Parameter<'_> {
    fn holds_slashes(&self) -> bool {
        let is_marked = |node: &Node| node.text("x-multi-segment") == Some("true");
        is_marked(self.node) || is_marked(self.schema) || self.schema.text("pattern").is_some_and(allows_slash)
    }

    /// Returns the values that the document lists, at most one more than a route can have.
    fn values(&self) -> Vec<&str> {
        let values = self.schema.get("enum").and_then(Node::items).unwrap_or_default();
        values.iter().filter_map(Node::as_text).take(MAX_VALUES + 1).collect()
    }

    /// Returns the type, as routes write it.
    fn kind(&self) -> Option<&'static str> {
        match (self.schema.text("format"), self.schema.get("type")) {
            (Some("uuid"), _) => Some("uuid"),
            (_, Some(kind)) if is_integer(kind) => Some("int"),
            _ => None,
        }
    }
}

/// Returns `true` for `integer`, and for a list of it and `null`.
fn is_integer(kind: &Node) -> bool {
    match kind.items() {
        Some(kinds) => {
            let mut kinds = kinds.iter().filter_map(Node::as_text).filter(|kind| *kind != "null").peekable();
            kinds.peek().is_some() && kinds.all(|kind| kind == "integer")
        }
        None => kind.as_text() == Some("integer"),
    }
}

/// Returns `true` if a regular expression says that a value may have slashes: it allows everything, or has a slash
/// outside the sets of excluded characters.
fn allows_slash(pattern: &str) -> bool {
    let pattern = truncate(pattern, MAX_LEN).trim();
    if pattern.contains("(?") {
        return false;
    }
    let inner = pattern.strip_prefix('^').unwrap_or(pattern);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    if matches!(inner, ".*" | ".+") {
        return true;
    }
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("[^") {
        if before.contains('/') {
            return true;
        }
        let Some((_, after)) = after.split_once(']') else { return false };
        rest = after;
    }
    rest.contains('/')
}

/// Returns `true` if a route can have this value as a literal or among the values of a parameter.
fn is_plain_value(value: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    !matches!(value, "" | "." | ".." | "int" | "uuid") && value.len() <= MAX_LEN && value.bytes().all(is_plain)
}

/// Returns a parameter's name without the characters that mean something in routes.
fn plain_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

/// Returns a segment with plain names of the parameters in it.
fn with_plain_names(segment: &str) -> String {
    let (mut text, mut rest) = (String::new(), segment);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        text += &format!("{before}{{{}}}", plain_name(name));
        rest = after;
    }
    text + rest
}

/// Checks that the paths have every parameter of [`ParameterOptions::multi_segment`].
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the first name that no path has.
pub(super) fn check_names<'a>(options: &ParameterOptions, paths: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    let is_used = |name: &&String| paths.clone().any(|path| path.contains(&format!("{{{name}}}")));
    match options.multi_segment.iter().find(|name| !is_used(name)) {
        None => Ok(()),
        Some(name) => Err(Error::usage(format!("no path of the document has the parameter {}", quoted(name)))
            .next("Correct --multi-segment: give the name as in the path, without braces")),
    }
}
