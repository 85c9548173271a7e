//! The document as a tree: what both syntaxes are read into, and how much of it.

use std::rc::Rc;

use super::warnings::Warnings;
use super::words::quoted;
use crate::error::{Error, Result};

/// The deepest nesting.
pub(super) const DEEPEST: usize = 100;
/// How many values are kept at most: what an import needs of a document is far less.
const KEPT: usize = 4_000_000;

/// A value. Lists and maps are shared by the aliases that lead to them, so that no alias costs memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Nothing, or a part that no import needs.
    Null,
    /// Any scalar, as it is written: in an OpenAPI document `on` and `3.0` are words.
    Text(Rc<str>),
    List(Rc<[Node]>),
    /// By key, no key twice.
    Map(Rc<[(Rc<str>, Node)]>),
}

impl Node {
    /// The value at `key` of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries()?;
        entries.binary_search_by(|(k, _)| (**k).cmp(key)).ok().map(|at| &entries[at].1)
    }

    /// The text at `key` of a map.
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

/// Where in an OpenAPI document a value stands: decides what is kept of it.
///
/// Schemas, parameters and answers are most of a document and mean nothing to an import; keeping them out is what
/// makes a large one quick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Components,
    /// Path items by path or name.
    Paths,
    PathItem,
    Operation,
    /// Its keys are kept, not what they lead to.
    Names,
    /// All of it is kept.
    Whole,
    /// Nothing of it is kept.
    Skipped,
}

impl Place {
    /// Where the value of `key` stands.
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

    /// Where an element of a list stands.
    pub(super) fn item(self) -> Place {
        if self == Place::Whole { Place::Whole } else { Place::Skipped }
    }
}

/// What reading has used up, and what it noticed.
#[derive(Default)]
pub(super) struct Room {
    kept: usize,
    /// The keys that lead to where the reader is.
    pub(super) trail: Vec<Rc<str>>,
    pub(super) warnings: Warnings,
    /// A limit that was passed: no other syntax is tried then.
    pub(super) refusal: Option<Error>,
}

impl Room {
    /// Takes room for `n` values.
    pub(super) fn keep(&mut self, n: usize) -> Result<()> {
        self.kept = self.kept.saturating_add(n);
        if self.kept <= KEPT {
            return Ok(());
        }
        Err(Error::usage("the document is too large")
            .why(format!("{KEPT} values are read at most, without schemas, parameters and answers"))
            .next("Split it, or import the part whose methods are issued"))
    }

    /// Sorts what a map holds; of a key that stands twice the last one counts, as in most readers of JSON.
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

/// The error of a document that nests too deep.
pub(super) fn too_deep() -> Error {
    Error::usage("the document nests too deep").why(format!("{DEEPEST} levels are read at most"))
}
