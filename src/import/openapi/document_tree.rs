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
    Map(Rc<[(Rc<str>, Node)]>),
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries()?;
        entries.binary_search_by(|(k, _)| (**k).cmp(key)).ok().map(|at| &entries[at].1)
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
            Node::Map(entries) => Some(entries),
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
/// Schemas, parameters and answers are most of a document but irrelevant to an import. Skipping them makes large
/// imports fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParseContext {
    Root,
    Components,
    /// Path items by path or name.
    Paths,
    PathItem,
    Operation,
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
            (ParseContext::Root, "paths") | (ParseContext::Components, "pathItems") => ParseContext::Paths,
            (ParseContext::Root, "components") => ParseContext::Components,
            (ParseContext::Root, "webhooks") => ParseContext::Names,
            (ParseContext::Root, _) | (ParseContext::Components, "securitySchemes") => ParseContext::Whole,
            (ParseContext::Paths, _) => ParseContext::PathItem,
            (ParseContext::PathItem, "$ref" | "servers") => ParseContext::Whole,
            (ParseContext::PathItem, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace") => {
                ParseContext::Operation
            }
            (
                ParseContext::Operation,
                "$ref" | "tags" | "summary" | "description" | "operationId" | "externalDocs" | "security" | "servers"
                | "x-jeton-access",
            ) => ParseContext::Whole,
            (ParseContext::Whole, _) => ParseContext::Whole,
            _ => ParseContext::Skipped,
        }
    }

    /// Returns the position of a list element.
    pub(super) fn item(self) -> ParseContext {
        if self == ParseContext::Whole { ParseContext::Whole } else { ParseContext::Skipped }
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
            "the limit is {} million keys, texts and numbers, not counting schemas, parameters and responses",
            MAX_VALUES / 1_000_000
        )))
    }

    /// Sorts the entries of a map. Of a duplicate key the last one counts, as in most JSON readers.
    pub(super) fn map(&mut self, mut entries: Vec<(Rc<str>, Node)>) -> Node {
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut twice = Vec::new();
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                twice.push(Rc::clone(&earlier.0));
            }
            same
        });
        for key in twice {
            let place = match self.trail.len() {
                0 => "the first level of the document".to_owned(),
                n => self.trail[n.saturating_sub(3)..].iter().map(|k| quoted(k)).collect::<Vec<_>>().join(" › "),
            };
            self.warnings.add(format!("the key {} is repeated in {place}; jeton uses the last value", quoted(&key)));
        }
        Node::Map(entries.into())
    }
}

pub(super) fn too_deep() -> Error {
    Error::usage("the document is nested too deeply").why(format!("the limit is {MAX_DEPTH} levels"))
}

/// Returns the error for a document that exceeds a limit.
pub(super) fn too_large(what: &str) -> Error {
    Error::usage(what).next(
        "Remove the parts that you don't need, or split the document and import each part as a catalogue of its own",
    )
}
