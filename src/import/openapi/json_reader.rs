//! Parses JSON into the tree.

use std::fmt;
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::document_tree::{MAX_DEPTH, Node, ParseBudget, ParseContext, too_deep};
use crate::error::{Error, Result};

/// Parses a JSON document.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the place, or with the exceeded limit (also stored in `budget`).
pub(super) fn read(text: &str, context: ParseContext, budget: &mut ParseBudget) -> Result<Node> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = NodeSeed { budget: &mut *budget, context, depth: 0 };
    let read = seed.deserialize(&mut reader).and_then(|node| reader.end().map(|()| node));
    read.map_err(|e| {
        let broken = || {
            let (line, column, text) = (e.line(), e.column(), e.to_string());
            let why = match e.is_eof() {
                true => "the text ends too early".to_owned(),
                // The parser's text ends with the position.
                false => text.split(" at line ").next().unwrap_or_default().to_owned(),
            };
            Error::usage("the document can't be read")
                .why(format!("it starts like JSON, but is not valid JSON at line {line}, column {column}: {why}"))
                .next("Correct the document, or export it again")
        };
        budget.limit_error.clone().unwrap_or_else(broken)
    })
}

struct NodeSeed<'r> {
    budget: &'r mut ParseBudget,
    context: ParseContext,
    depth: usize,
}

impl NodeSeed<'_> {
    /// Reserves room for one more value. On failure the reason is stored, because the parser's own error type can't
    /// carry it.
    fn reserve<E: serde::de::Error>(&mut self) -> std::result::Result<(), E> {
        self.budget.reserve(1).map_err(|e| self.refuse(e))
    }

    fn deeper<E: serde::de::Error>(&mut self) -> std::result::Result<usize, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(too_deep()));
        }
        Ok(self.depth + 1)
    }

    fn refuse<E: serde::de::Error>(&mut self, error: Error) -> E {
        let text = error.what.clone();
        self.budget.limit_error = Some(error);
        E::custom(text)
    }

    fn text<E: serde::de::Error>(mut self, text: impl Into<Rc<str>>) -> std::result::Result<Node, E> {
        self.reserve()?;
        Ok(Node::Text(text.into()))
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Node, D::Error> {
        match self.context {
            ParseContext::Skipped => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Node::Null),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> std::result::Result<Node, E> {
        self.text(value.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> std::result::Result<Node, E> {
        self.text(value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<Node, E> {
        self.text(value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> std::result::Result<Node, E> {
        self.text(format!("{value:?}"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<Node, E> {
        self.text(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> std::result::Result<Node, A::Error> {
        self.reserve()?;
        let (depth, place) = (self.deeper()?, self.context.item());
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(NodeSeed { budget: &mut *self.budget, context: place, depth })? {
            if place != ParseContext::Skipped {
                items.push(item);
            }
        }
        Ok(Node::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> std::result::Result<Node, A::Error> {
        self.reserve()?;
        let depth = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            self.reserve()?;
            let key: Rc<str> = key.into();
            self.budget.trail.push(Rc::clone(&key));
            let place = self.context.child(&key);
            let value = map.next_value_seed(NodeSeed { budget: &mut *self.budget, context: place, depth })?;
            self.budget.trail.pop();
            entries.push((key, value));
        }
        if self.budget.limit_error.is_some() {
            return Err(A::Error::custom("a limit was exceeded"));
        }
        Ok(self.budget.map(entries))
    }
}
