//! Documents of several files: reads the files that a document refers to, below its own folder.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::clean_text::{quoted, truncate};
use super::document_tree::{Node, ParseBudget, ParseContext, too_large};
use super::refs::percent_decoded;
use super::{Document, MAX_DOCUMENT_SIZE, read_node};
use crate::domain::number::group_digits;
use crate::error::{Error, Result};

/// Maximum number of files of a document.
const MAX_FILES: usize = 5_000;
/// Maximum length of a file's path, in characters.
const MAX_PATH_LEN: usize = 1_000;

/// The files beside a document.
pub trait Neighbours {
    /// Reads a file of at most `max` bytes. `path` is relative to the document's folder, with `/` between its parts; no
    /// part is empty, `.` or `..`.
    ///
    /// # Errors
    /// The file can't be read, or isn't below the folder.
    fn read(&self, path: &str, max: usize) -> Result<String>;
}

/// Loads the files that `root` refers to, directly or through other files. A file that can't be read adds a warning.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if the files are too many or too large, or one of them is not valid.
pub(super) fn load(root: Node, neighbours: Option<&dyn Neighbours>, budget: &mut ParseBudget) -> Result<Document> {
    let mut files = BTreeMap::new();
    let Some(neighbours) = neighbours else { return Ok(Document { root, files, is_alone: true }) };
    let mut wanted = BTreeSet::new();
    collect_files(&root, "", &mut wanted);
    let (mut seen, mut size) = (BTreeSet::new(), 0);
    while let Some(path) = wanted.pop_first() {
        if !seen.insert(path.clone()) {
            continue;
        }
        if seen.len() > MAX_FILES {
            return Err(too_large("the document consists of too many files")
                .why(format!("the limit is {}", group_digits(MAX_FILES as u64))));
        }
        let text = match neighbours.read(&path, MAX_DOCUMENT_SIZE - size) {
            Ok(text) => text,
            Err(error) => {
                let why = match error.what.ends_with("is too large") {
                    true => {
                        format!("all files of a document together can have at most {} MiB", MAX_DOCUMENT_SIZE >> 20)
                    }
                    false => error.why.unwrap_or(error.what),
                };
                budget.warnings.add(format!("the file {} can't be read: {why}", quoted(&path)));
                continue;
            }
        };
        size += text.len();
        let node = read_node(&text, ParseContext::Fragment, budget)
            .map_err(|error| Error { what: format!("{}: {}", quoted(&path), error.what), ..error })?;
        let node = with_whole_refs(&node, &path, budget)?;
        collect_files(&node, "", &mut wanted);
        files.insert(path, node);
    }
    Ok(Document { root, files, is_alone: false })
}

/// Returns the path of the file that a `$ref` of the file `from` names, relative to the document's folder. `None` if it
/// is outside of that folder.
pub(super) fn file_of(from: &str, target: &str) -> Option<String> {
    let target = percent_decoded(truncate(target, MAX_PATH_LEN))?;
    if target.starts_with('/') || target.contains(['\\', ':', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Adds the files that `node` refers to.
fn collect_files(node: &Node, from: &str, found: &mut BTreeSet<String>) {
    if let Some(file) = node.text("$ref").map(|target| target.split('#').next().unwrap_or_default())
        && !file.is_empty()
    {
        found.extend(file_of(from, file));
    }
    node.entries().unwrap_or_default().iter().for_each(|(_, value)| collect_files(value, from, found));
    node.items().unwrap_or_default().iter().for_each(|value| collect_files(value, from, found));
}

/// Returns the content of the file `path` with each `$ref` relative to the document's folder.
fn with_whole_refs(node: &Node, path: &str, budget: &mut ParseBudget) -> Result<Node> {
    budget.reserve(1)?;
    if let Some(items) = node.items() {
        let items: Vec<Node> = items.iter().map(|item| with_whole_refs(item, path, budget)).collect::<Result<_>>()?;
        return Ok(Node::List(items.into()));
    }
    let Node::Map(entries, order) = node else { return Ok(node.clone()) };
    let entries = entries.iter().map(|(key, value)| {
        let value = match (&**key, value.as_text()) {
            ("$ref", Some(target)) => {
                let (file, pointer) = target.split_once('#').map_or((target, None), |(file, at)| (file, Some(at)));
                let file = if file.is_empty() { Some(path.to_owned()) } else { file_of(path, file) };
                // A file outside of the folder stays unknown.
                let file = file.unwrap_or_else(|| target.to_owned());
                Node::Text(pointer.map_or_else(|| file.clone(), |pointer| format!("{file}#{pointer}")).into())
            }
            _ => with_whole_refs(value, path, budget)?,
        };
        Ok((Rc::clone(key), value))
    });
    Ok(Node::Map(entries.collect::<Result<_>>()?, order.clone()))
}
