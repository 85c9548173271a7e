//! The document as a tree, for both syntaxes, with limits on its size.

use std::rc::Rc;

use super::warnings::Warnings;
use super::words::quoted;
use crate::error::{Error, Result};

/// Maximum nesting.
pub(super) const DEEPEST: usize = 100;
/// Maximum number of kept values. An import needs far fewer.
const KEPT: usize = 4_000_000;

/// A value. Aliases share lists and maps with their targets, so an alias costs no memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Nothing, or a part that an import doesn't need.
    Null,
    /// Any scalar, as written: in an OpenAPI document `on` and `3.0` are words.
    Text(Rc<str>),
    List(Rc<[Node]>),
    /// Sorted by key, without duplicate keys.
    Map(Rc<[(Rc<str>, Node)]>),
}

impl Node {
    /// Returns the value at `key` of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries()?;
        entries.binary_search_by(|(k, _)| (**k).cmp(key)).ok().map(|at| &entries[at].1)
    }

    /// Returns the text at `key` of a map.
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

/// The position of a value in an OpenAPI document. It decides which parts of the value are kept.
///
/// Schemas, parameters and answers are most of a document but irrelevant to an import. Skipping them makes large
/// imports fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Components,
    /// Path items by path or name.
    Paths,
    PathItem,
    Operation,
    /// The keys are kept, their values are not.
    Names,
    /// Everything is kept.
    Whole,
    /// Nothing is kept.
    Skipped,
}

impl Place {
    /// Returns the position of the value of `key`.
    pub(super) fn child(self, key: &str) -> Place {
        match (self, key) {
            (Place::Root, "paths") | (Place::Components, "pathItems") => Place::Paths,
            (Place::Root, "components") => Place::Components,
            (Place::Root, "webhooks") => Place::Names,
            (Place::Root, _) | (Place::Components, "securitySchemes") => Place::Whole,
            (Place::Paths, _) => Place::PathItem,
            (Place::PathItem, "$ref" | "servers") => Place::Whole,
            (Place::PathItem, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace") => {
                Place::Operation
            }
            (
                Place::Operation,
                "$ref" | "tags" | "summary" | "description" | "operationId" | "externalDocs" | "security" | "servers"
                | "x-jeton-access",
            ) => Place::Whole,
            (Place::Whole, _) => Place::Whole,
            _ => Place::Skipped,
        }
    }

    /// Returns the position of a list element.
    pub(super) fn item(self) -> Place {
        if self == Place::Whole { Place::Whole } else { Place::Skipped }
    }
}

/// The resources used and problems found while parsing.
#[derive(Default)]
pub(super) struct Room {
    kept: usize,
    /// The keys that lead to the reader's current position.
    pub(super) trail: Vec<Rc<str>>,
    pub(super) warnings: Warnings,
    /// The limit that was exceeded, if any. The other syntax is then not tried.
    pub(super) refusal: Option<Error>,
}

impl Room {
    /// Reserves room for `n` values.
    pub(super) fn keep(&mut self, n: usize) -> Result<()> {
        self.kept = self.kept.saturating_add(n);
        if self.kept <= KEPT {
            return Ok(());
        }
        Err(Error::usage("the document is too large")
            .why(format!("{KEPT} values are read at most, without schemas, parameters and answers"))
            .next("Split it, or import the part whose methods are issued"))
    }

    /// Sorts the entries of a map. Of a duplicate key the last one counts, as in most JSON readers.
    pub(super) fn map(&mut self, mut entries: Vec<(Rc<str>, Node)>) -> Node {
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut twice = Vec::new();
        entries.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                twice.push(Rc::clone(&kept.0));
            }
            same
        });
        for key in twice {
            let place = match self.trail.len() {
                0 => "the document's first level".to_owned(),
                n => self.trail[n.saturating_sub(3)..].iter().map(|k| quoted(k)).collect::<Vec<_>>().join(" › "),
            };
            self.warnings.add(format!("the key {} stands twice in {place}: the last one counts", quoted(&key)));
        }
        Node::Map(entries.into())
    }
}

/// Returns the error for a document that is nested too deeply.
pub(super) fn too_deep() -> Error {
    Error::usage("the document nests too deep").why(format!("{DEEPEST} levels are read at most"))
}
