//! The document as a tree, for both syntaxes, with limits on its size.

use std::rc::Rc;

use super::clean_text::quoted;
use super::warnings::Warnings;
use crate::error::{Error, Result};

pub(super) const MAX_DEPTH: usize = 100;
/// Maximum number of stored values. An import needs far fewer.
const MAX_VALUES: usize = 4_000_000;

/// A value. Aliases share lists and maps with their targets, so an alias costs no memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A null value, or a part that an import doesn't need.
    Null,
    /// Any scalar, as written: in an OpenAPI document `on` and `3.0` are words.
    Text(Rc<str>),
    List(Rc<[Node]>),
    /// Sorted by key, without duplicate keys.
    Map(Rc<[(Rc<str>, Node)]>, EntryOrder),
}

/// The order of a map's entries in the document: the position of each entry. Doesn't count in comparisons.
#[derive(Clone, Debug)]
pub(super) struct EntryOrder(Rc<[u32]>);

impl PartialEq for EntryOrder {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().and_then(|entries| Some(&entries[self.index(key)?].1))
    }

    fn index(&self, key: &str) -> Option<usize> {
        self.entries()?.binary_search_by(|(k, _)| (**k).cmp(key)).ok()
    }

    /// Returns the position of a map's entry in the document.
    pub(super) fn position(&self, key: &str) -> u32 {
        match (self, self.index(key)) {
            (Node::Map(_, order), Some(at)) => order.0[at],
            _ => 0,
        }
    }

    /// Creates a map from entries in the order of the document. The last of several entries with a key counts.
    pub(super) fn map(entries: Vec<(Rc<str>, Node)>) -> (Node, Vec<Rc<str>>) {
        let mut entries: Vec<(Rc<str>, Node, u32)> =
            entries.into_iter().zip(0..).map(|((key, node), position)| (key, node, position)).collect();
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut repeated = Vec::new();
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                repeated.push(Rc::clone(&earlier.0));
            }
            same
        });
        let order = entries.iter().map(|(_, _, position)| *position).collect();
        let entries = entries.into_iter().map(|(key, node, _)| (key, node)).collect();
        (Node::Map(entries, EntryOrder(order)), repeated)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::as_text)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> Option<&[(Rc<str>, Node)]> {
        match self {
            Node::Map(entries, _) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> Option<&[Node]> {
        match self {
            Node::List(items) => Some(items),
            _ => None,
        }
    }
}

/// The position of a value in an OpenAPI document. It decides which parts of the value are stored.
///
/// Bodies, answers and the inner parts of schemas are most of a document but irrelevant to an import. Skipping them makes
/// large imports fast. Parameters of paths are read, with the type and the values of their schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParseContext {
    Root,
    /// A file that the document refers to: any of the positions below, or maps of them.
    Fragment,
    Components,
    /// Path items by path or name.
    Paths,
    PathItem,
    Operation,
    /// A list of parameters, or parameters by name.
    Parameters,
    Parameter,
    /// Schemas by name.
    Schemas,
    /// A schema. Only the fields about a whole value are stored.
    Schema,
    /// The keys are stored, their values are not.
    Names,
    /// Everything is stored.
    Whole,
    /// Nothing is stored.
    Skipped,
}

impl ParseContext {
    /// Returns the position of the value of `key`.
    pub(super) fn child(self, key: &str) -> ParseContext {
        match (self, key) {
            (
                ParseContext::Fragment,
                "responses" | "requestBody" | "content" | "properties" | "items" | "callbacks",
            ) => ParseContext::Skipped,
            (ParseContext::Root | ParseContext::Fragment, "paths") | (ParseContext::Components, "pathItems") => {
                ParseContext::Paths
            }
            (ParseContext::Root | ParseContext::Fragment, "components") => ParseContext::Components,
            (ParseContext::Root, "webhooks") => ParseContext::Names,
            // Swagger 2.0 has these at the root.
            (ParseContext::Root, "responses") => ParseContext::Skipped,
            (ParseContext::Root | ParseContext::Fragment, "definitions") | (ParseContext::Components, "schemas") => {
                ParseContext::Schemas
            }
            (
                ParseContext::Root
                | ParseContext::Fragment
                | ParseContext::Components
                | ParseContext::PathItem
                | ParseContext::Operation,
                "parameters",
            ) => ParseContext::Parameters,
            (ParseContext::Root, _) | (ParseContext::Components, "securitySchemes") => ParseContext::Whole,
            (ParseContext::Paths, _) => ParseContext::PathItem,
            (ParseContext::PathItem, "$ref" | "servers") => ParseContext::Whole,
            (
                ParseContext::PathItem | ParseContext::Fragment,
                "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace",
            ) => ParseContext::Operation,
            (
                ParseContext::Operation,
                "$ref" | "tags" | "summary" | "description" | "operationId" | "externalDocs" | "security" | "servers"
                | "x-jeton-access",
            ) => ParseContext::Whole,
            (ParseContext::Parameters, _) => ParseContext::Parameter,
            (ParseContext::Parameter | ParseContext::Fragment, "schema") => ParseContext::Schema,
            (ParseContext::Schemas, _) => ParseContext::Schema,
            (ParseContext::Parameter, "name" | "in")
            | (
                ParseContext::Parameter | ParseContext::Schema,
                "$ref" | "type" | "format" | "enum" | "pattern" | "default" | "x-multi-segment",
            ) => ParseContext::Whole,
            (ParseContext::Fragment, "$ref" | "tags" | "security" | "servers" | "enum" | "externalDocs" | "type") => {
                ParseContext::Whole
            }
            (ParseContext::Fragment, _) => ParseContext::Fragment,
            (ParseContext::Whole, _) => ParseContext::Whole,
            _ => ParseContext::Skipped,
        }
    }

    /// Returns the position of a list element.
    pub(super) fn item(self) -> ParseContext {
        match self {
            ParseContext::Whole | ParseContext::Fragment => self,
            ParseContext::Parameters => ParseContext::Parameter,
            _ => ParseContext::Skipped,
        }
    }
}

/// The resources used and problems found while parsing.
#[derive(Default)]
pub(super) struct ParseBudget {
    used: usize,
    /// The keys that lead to the reader's current position.
    pub(super) trail: Vec<Rc<str>>,
    pub(super) warnings: Warnings,
    /// The limit that was exceeded, if any. The other syntax is then not tried.
    pub(super) limit_error: Option<Error>,
}

impl ParseBudget {
    /// Reserves room for `n` values.
    pub(super) fn reserve(&mut self, n: usize) -> Result<()> {
        self.used = self.used.saturating_add(n);
        if self.used <= MAX_VALUES {
            return Ok(());
        }
        Err(too_large("the document has too many values").why(format!(
            "the limit is {} million keys, texts and numbers. Bodies, responses and properties of schemas don't count",
            MAX_VALUES / 1_000_000
        )))
    }

    /// Creates a map, and warns of repeated keys.
    pub(super) fn map(&mut self, entries: Vec<(Rc<str>, Node)>) -> Node {
        let (map, repeated) = Node::map(entries);
        for key in repeated {
            let place = match self.trail.len() {
                0 => "at the top level of the document".to_owned(),
                n => {
                    let keys: Vec<_> = self.trail[n.saturating_sub(3)..].iter().map(|k| quoted(k)).collect();
                    format!("in {}", keys.join(" › "))
                }
            };
            self.warnings
                .add(format!("the key {} occurs more than once {place}, so jeton uses the last value", quoted(&key)));
        }
        map
    }
}

pub(super) fn too_deep() -> Error {
    Error::usage("the document is nested too deeply")
        .why(format!("the limit is {MAX_DEPTH} levels"))
        .next("Remove the most deeply nested parts, or replace them by a $ref")
}

/// Returns the error for a document that exceeds a limit.
pub(super) fn too_large(what: &str) -> Error {
    Error::usage(what).next(
        "Remove the parts that you don't need. Or split the document, and import each part as a separate catalogue",
    )
}
