//! Follows `$ref`s inside the document, within limits.

use super::tree::Node;
use super::warnings::Warnings;
use super::words::{head, quoted};

/// Maximum number of chained `$ref`s.
const FURTHEST: usize = 20;
/// Maximum length of a `$ref`, in characters.
const LONGEST: usize = 2_000;

/// Returns `node`, then the target of its `$ref`, and so on. A missing target adds a warning and ends the list.
pub(super) fn row<'a>(root: &'a Node, node: &'a Node, at: &str, warnings: &mut Warnings) -> Vec<&'a Node> {
    let mut row = vec![node];
    let mut here = node;
    while let Some(target) = here.text("$ref") {
        match lookup(root, target) {
            Ok(next) if row.iter().any(|n| std::ptr::eq(*n, next)) => {
                warnings.add(format!("{at}: $ref {} leads back to itself", quoted(target)));
                return row;
            }
            Ok(_) if row.len() > FURTHEST => {
                warnings.add(format!("{at}: more than {FURTHEST} $refs in a row"));
                return row;
            }
            Ok(next) => {
                row.push(next);
                here = next;
            }
            Err(why) => {
                warnings.add(format!("{at}: $ref {} {why}", quoted(target)));
                return row;
            }
        }
    }
    row
}

/// Returns the final target of `node`; `None` and a warning if there is none.
pub(super) fn follow<'a>(root: &'a Node, node: &'a Node, at: &str, warnings: &mut Warnings) -> Option<&'a Node> {
    row(root, node, at, warnings).pop().filter(|last| last.get("$ref").is_none())
}

fn lookup<'a>(root: &'a Node, target: &str) -> Result<&'a Node, &'static str> {
    let Some(pointer) = target.strip_prefix('#') else { return Err("leads out of the document") };
    let Some(pointer) = percent_decoded(head(pointer, LONGEST)) else { return Err("can't be read") };
    let Some(pointer) = pointer.strip_prefix('/') else { return Err("is no path from the root") };
    let mut node = root;
    for part in pointer.split('/') {
        let key = part.replace("~1", "/").replace("~0", "~");
        let next = match node {
            Node::List(items) => key.parse().ok().and_then(|n: usize| items.get(n)),
            _ => node.get(&key),
        };
        node = next.ok_or("leads nowhere")?;
    }
    Ok(node)
}

fn percent_decoded(text: &str) -> Option<String> {
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
