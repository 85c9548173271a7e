//! Follows `$ref`s inside the document and its files, within limits.

use super::Document;
use super::clean_text::{quoted, truncate};
use super::document_tree::Node;
use super::files::file_of;
use super::warnings::Warnings;

/// Maximum number of chained `$ref`s.
const MAX_CHAIN: usize = 20;
/// Maximum length of a `$ref`, in characters.
const MAX_REF_LEN: usize = 2_000;

/// Returns `node`, then the target of its `$ref`, and so on. A missing target adds a warning and ends the list.
pub(super) fn ref_chain<'a>(
    document: &'a Document,
    node: &'a Node,
    at: &str,
    warnings: &mut Warnings,
) -> Vec<&'a Node> {
    let mut chain = vec![node];
    let mut current = node;
    while let Some(target) = current.text("$ref") {
        match lookup(document, target) {
            Ok(next) if chain.iter().any(|n| std::ptr::eq(*n, next)) => {
                let place = quoted(target);
                warnings.add(format!("{at}: the $refs lead in a circle back to {place}, so jeton skips the last $ref"));
                return chain;
            }
            Ok(_) if chain.len() > MAX_CHAIN => {
                warnings.add(format!(
                    "{at}: a $ref leads through more than {MAX_CHAIN} other $refs, so jeton skips the rest"
                ));
                return chain;
            }
            Ok(next) => {
                chain.push(next);
                current = next;
            }
            Err(why) => {
                warnings.add(format!("{at}: $ref {} {why}", quoted(target)));
                return chain;
            }
        }
    }
    chain
}

/// Returns the final target of `node`; `None` and a warning if there is none.
pub(super) fn resolve<'a>(
    document: &'a Document,
    node: &'a Node,
    at: &str,
    warnings: &mut Warnings,
) -> Option<&'a Node> {
    ref_chain(document, node, at, warnings).pop().filter(|last| last.get("$ref").is_none())
}

fn lookup<'a>(document: &'a Document, target: &str) -> Result<&'a Node, &'static str> {
    let (file, pointer) = target.split_once('#').unwrap_or((target, ""));
    let root = match file {
        "" => document.root(),
        file => {
            let path = file_of("", file)
                .ok_or("is not a relative path to a file inside the document's folder. jeton reads no other files")?;
            document.file(&path).ok_or(match document.is_alone() {
                true => {
                    "refers to another file. jeton can't find this file for a document from stdin or a pipe. Save the \
                     document next to the other file, and import the saved document"
                }
                false => "refers to a file that jeton can't read. Another warning says why",
            })?
        }
    };
    let Some(pointer) = percent_decoded(truncate(pointer, MAX_REF_LEN)) else {
        return Err("contains invalid percent-encoding");
    };
    if pointer.is_empty() && !file.is_empty() {
        return Ok(root);
    }
    let Some(pointer) = pointer.strip_prefix('/') else {
        return Err("must have a slash after the #, such as #/components/schemas/Order");
    };
    let mut node = root;
    for part in pointer.split('/') {
        let key = part.replace("~1", "/").replace("~0", "~");
        let next = match node {
            Node::List(items) => key.parse().ok().and_then(|n: usize| items.get(n)),
            _ => node.get(&key),
        };
        node = next.ok_or("refers to a part that does not exist")?;
    }
    Ok(node)
}

pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |b: &u8| char::from(*b).to_digit(16);
                bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
                rest = after;
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}
