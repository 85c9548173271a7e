//! Parses YAML into the tree.
//!
//! Builds the tree from the parser's events, not with a ready-made loader, for three reasons. An alias shares its
//! target. The expanded size of all aliases is known before anything walks the tree. Keys stay as written (`on`, `no`,
//! `404`).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle};

use super::document_tree::{MAX_DEPTH, Node, ParseBudget, ParseContext, too_deep};
use crate::error::{Error, Result};

/// Maximum size of the document with every alias expanded: values, and their text in parts of 32 bytes.
const MAX_UNFOLDED: u64 = 20_000_000;

/// Parses a YAML document.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the line, or with the exceeded limit.
pub(super) fn read(text: &str, context: ParseContext, budget: &mut ParseBudget) -> Result<Node> {
    let mut options = Options::default();
    // Operation ids and paths can be longer than the parser's default lookahead for a key.
    options.simple_key_max_lookahead = 4_096;
    let mut tree = TreeBuilder { budget, context, frames: Vec::new(), anchors: BTreeMap::new(), root: None };
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|e| match e.kind() {
            ErrorKind::RecursionLimitExceeded => too_deep(),
            _ => Error::usage("the document can't be read")
                .why(format!(
                    "it is not valid YAML at line {}, column {}: {}",
                    e.marker().line(),
                    e.marker().col() + 1,
                    e.info().replace('\n', ", ")
                ))
                .next("Correct the document, or export it again"),
        })?;
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                return Err(Error::usage("the text contains more than one YAML document")
                    .why(format!("the second document starts on line {}", span.start.line()))
                    .next("Save each document in a file of its own, then import each file"));
            }
        }
        tree.handle_event(event, span.start.line())?;
    }
    tree.root
        .map(|value| value.node)
        .ok_or_else(|| Error::usage("the document is empty").next("Check the file, or export the document again"))
}

#[derive(Clone)]
struct ParsedValue {
    node: Node,
    /// The expanded size.
    weight: u64,
    /// Number of levels below the value.
    height: usize,
}

enum Key {
    Pending,
    Known(Rc<str>),
    /// A list or map as a key: no OpenAPI document has one.
    Unsupported,
}

/// A list or map that is being read.
struct Frame {
    context: ParseContext,
    anchor: usize,
    is_map: bool,
    /// `true` if the list or map is itself the key of a map.
    is_key: bool,
    key: Key,
    items: Vec<Node>,
    entries: Vec<(Rc<str>, Node)>,
    /// Values of merge keys, with their lines.
    merged: Vec<(Node, usize)>,
    weight: u64,
    height: usize,
}

struct TreeBuilder<'r> {
    budget: &'r mut ParseBudget,
    /// The position of the root.
    context: ParseContext,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, ParsedValue>,
    root: Option<ParsedValue>,
}

impl TreeBuilder<'_> {
    fn handle_event(&mut self, event: Event<'_>, line: usize) -> Result<()> {
        match event {
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, anchor, line),
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Error::usage("the document can't be read")
                        .why(format!("the alias on line {line} contains itself"))
                        .next("Correct the document, or export it again")
                })?;
                match value.node.as_text() {
                    Some(text) if self.expects_key() => {
                        let key = Rc::from(text);
                        self.add_weight(value.weight, line)?;
                        self.key(key);
                        Ok(())
                    }
                    _ if self.expects_key() => {
                        self.unsupported_key(line);
                        Ok(())
                    }
                    _ => self.push_value(value, line),
                }
            }
            Event::SequenceStart(_, anchor, _) => self.open(false, anchor),
            Event::MappingStart(_, anchor, _) => self.open(true, anchor),
            Event::SequenceEnd | Event::MappingEnd => self.close(line),
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|f| f.is_map && matches!(f.key, Key::Pending))
    }

    /// Returns the position of the next value. A value with an anchor may be needed elsewhere, so it is stored.
    fn context(&self, anchor: usize) -> ParseContext {
        let context = match self.frames.last() {
            None => self.context,
            Some(frame) => match &frame.key {
                _ if !frame.is_map => frame.context.item(),
                Key::Known(key) if &**key == "<<" && frame.context != ParseContext::Skipped => ParseContext::Whole,
                Key::Known(key) => frame.context.child(key),
                Key::Pending | Key::Unsupported => ParseContext::Skipped,
            },
        };
        if context == ParseContext::Skipped && anchor > 0 { ParseContext::Whole } else { context }
    }

    fn key(&mut self, key: Rc<str>) {
        self.budget.trail.push(Rc::clone(&key));
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Key::Known(key);
        }
    }

    fn unsupported_key(&mut self, line: usize) {
        self.budget.warnings.add(format!("skipped the entry on line {line}, because its key is a list or a map"));
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Key::Unsupported;
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, line: usize) -> Result<()> {
        let weight = 1 + text.len() as u64 / 32;
        if self.expects_key() {
            let key: Rc<str> = Rc::from(text);
            if anchor > 0 {
                self.budget.reserve(1)?;
                self.anchors.insert(anchor, ParsedValue { node: Node::Text(Rc::clone(&key)), weight, height: 0 });
            }
            self.key(key);
            return Ok(());
        }
        let null = style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        let node = if null || self.context(anchor) == ParseContext::Skipped {
            Node::Null
        } else {
            self.budget.reserve(1)?;
            Node::Text(Rc::from(text))
        };
        let value = ParsedValue { node, weight, height: 0 };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        self.push_value(value, line)
    }

    fn open(&mut self, is_map: bool, anchor: usize) -> Result<()> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        let is_key = self.expects_key();
        let context = self.context(anchor);
        self.frames.push(Frame {
            context,
            anchor,
            is_map,
            is_key,
            key: Key::Pending,
            items: Vec::new(),
            entries: Vec::new(),
            merged: Vec::new(),
            weight: 1,
            height: 0,
        });
        Ok(())
    }

    fn close(&mut self, line: usize) -> Result<()> {
        let Some(mut frame) = self.frames.pop() else { return Ok(()) };
        let node = if frame.context == ParseContext::Skipped {
            Node::Null
        } else if frame.is_map {
            self.budget.reserve(1)?;
            self.merge(&mut frame)?;
            self.budget.map(frame.entries)
        } else {
            self.budget.reserve(1)?;
            Node::List(frame.items.into())
        };
        let value = ParsedValue { node, weight: frame.weight, height: frame.height + 1 };
        if frame.anchor > 0 {
            self.anchors.insert(frame.anchor, value.clone());
        }
        if frame.is_key {
            self.add_weight(value.weight, line)?;
            self.unsupported_key(line);
            return Ok(());
        }
        self.push_value(value, line)
    }

    /// Applies `<<: *other`: copies the entries that the map doesn't have itself.
    fn merge(&mut self, frame: &mut Frame) -> Result<()> {
        if frame.merged.is_empty() {
            return Ok(());
        }
        let mut own: BTreeSet<Rc<str>> = frame.entries.iter().map(|(k, _)| Rc::clone(k)).collect();
        for (merged, line) in std::mem::take(&mut frame.merged) {
            for map in merged.items().unwrap_or(std::slice::from_ref(&merged)) {
                let Some(more) = map.entries() else {
                    let why = "because it does not refer to a map";
                    self.budget.warnings.add(format!("skipped the merge key (<<) on line {line}, {why}"));
                    continue;
                };
                self.budget.reserve(more.len())?;
                for (key, node) in more {
                    if own.insert(Rc::clone(key)) {
                        frame.entries.push((Rc::clone(key), node.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds to the expanded size of the aliases.
    fn add_weight(&mut self, weight: u64, line: usize) -> Result<()> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        frame.weight = frame.weight.saturating_add(weight);
        if frame.weight <= MAX_UNFOLDED {
            return Ok(());
        }
        Err(Error::usage("the document's aliases expand too much")
            .why(format!(
                "with all aliases expanded, the document has more than {} million values up to line {line}",
                MAX_UNFOLDED / 1_000_000
            ))
            .next("Remove aliases (*name) that repeat large parts of the document"))
    }

    fn push_value(&mut self, value: ParsedValue, line: usize) -> Result<()> {
        self.add_weight(value.weight, line)?;
        // An alias adds its own levels: nesting made only of aliases is just as deep to walk, and to free.
        if self.frames.len() + value.height > MAX_DEPTH {
            return Err(too_deep());
        }
        let context = self.context(0);
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        frame.height = frame.height.max(value.height);
        if !frame.is_map {
            if context != ParseContext::Skipped {
                frame.items.push(value.node);
            }
            return Ok(());
        }
        match std::mem::replace(&mut frame.key, Key::Pending) {
            Key::Known(key) => {
                self.budget.trail.pop();
                if frame.context == ParseContext::Skipped {
                    return Ok(());
                }
                self.budget.reserve(1)?;
                if &*key == "<<" {
                    frame.merged.push((value.node, line));
                } else {
                    let node = if context == ParseContext::Skipped { Node::Null } else { value.node };
                    frame.entries.push((key, node));
                }
            }
            Key::Unsupported | Key::Pending => {}
        }
        Ok(())
    }
}
