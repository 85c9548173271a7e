//! Method ids: unique, and always the same for the same document.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::Operation;
use super::warnings::{Tally, Warnings};
use super::words::{TITLE_MAX, clean, id_from_path, mark, quoted, slug};
use crate::domain::method::MethodId;
use crate::error::Result;

/// The group of operations without a tag.
const UNTAGGED: &str = "default";
/// Maximum length of a group id. With the operation's part and a suffix it fits into a method id's 200.
const GROUP_MAX: usize = 60;
const OPERATION_MAX: usize = 120;

/// The groups by id, with their titles.
pub(super) type Groups = BTreeMap<String, String>;

/// Returns the group and the id of each operation, in their order, and all groups.
pub(super) fn given(
    operations: &[Operation<'_>],
    warnings: &mut Warnings,
) -> Result<(Groups, Vec<(String, MethodId)>)> {
    let (groups, by_tag) = grouped(operations, warnings);
    let mut changed_ids = Tally::default();
    let mut wanted = Vec::with_capacity(operations.len());
    for operation in operations {
        let group = operation.tags.first().and_then(|t| by_tag.get(t)).map_or(UNTAGGED, String::as_str);
        let (own, changed) = match operation.id {
            Some(id) => named(operation, id, &mut changed_ids, warnings),
            None => (id_from_path(operation.verb, operation.path, OPERATION_MAX), false),
        };
        wanted.push((group.to_owned(), format!("{group}.{own}"), changed));
    }
    changed_ids.say(warnings, "operationIds that were changed to what a method id can hold");

    // An operation whose id is used exactly as written keeps it; among several, the first by path and verb.
    let mut keepers: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, (_, id, changed)) in wanted.iter().enumerate() {
        let keeper = keepers.entry(id).or_insert(n);
        if wanted[*keeper].2 && !changed {
            *keeper = n;
        }
    }
    let mut taken: BTreeSet<String> = keepers.keys().map(|id| (*id).to_owned()).collect();
    let mut ids = Vec::with_capacity(wanted.len());
    for (n, (group, id, _)) in wanted.iter().enumerate() {
        let keeper = keepers.get(id.as_str()).copied().unwrap_or(n);
        let id = if keeper == n {
            id.clone()
        } else {
            let own = suffixed(id, &operations[n].place, &mut taken);
            warnings.add(format!(
                "{}: the id {id} is taken by {}, so it is {own}",
                quoted(&operations[n].place),
                quoted(&operations[keeper].place)
            ));
            own
        };
        ids.push((group.clone(), MethodId::parse(&id)?));
    }
    Ok((groups, ids))
}

/// Returns the operation's part of an id, for a written operationId.
fn named(operation: &Operation<'_>, id: &str, changed_ids: &mut Tally, warnings: &mut Warnings) -> (String, bool) {
    let (own, changed) = slug(id, OPERATION_MAX);
    if own.is_empty() {
        let made = id_from_path(operation.verb, operation.path, OPERATION_MAX);
        warnings.add(format!(
            "{}: nothing of its operationId {} can stand in an id; it is made from verb and path",
            quoted(&operation.place),
            quoted(id)
        ));
        return (made, true);
    }
    if changed {
        changed_ids.add(&quoted(id));
    }
    (own, changed)
}

/// Returns `id` with a suffix that depends only on the operation's place.
fn suffixed(id: &str, place: &str, taken: &mut BTreeSet<String>) -> String {
    let mut own = format!("{id}-{}", mark(place));
    let mut more = 0_u32;
    while !taken.insert(own.clone()) {
        more += 1;
        own = format!("{id}-{}", mark(&format!("{more} {place}")));
    }
    own
}

/// Returns the groups, and the group of each first tag.
fn grouped<'a>(operations: &[Operation<'a>], warnings: &mut Warnings) -> (Groups, BTreeMap<&'a str, String>) {
    let firsts: BTreeSet<&str> = operations.iter().filter_map(|o| o.tags.first().copied()).collect();
    let mut groups = Groups::new();
    let mut by_tag = BTreeMap::new();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    if operations.iter().any(|o| o.tags.is_empty()) {
        groups.insert(UNTAGGED.to_owned(), UNTAGGED.to_owned());
    }
    for tag in firsts {
        let (mut id, _) = slug(tag, GROUP_MAX);
        if id.is_empty() {
            id = format!("group-{}", mark(tag));
            warnings.add(format!("nothing of the tag {} can stand in an id: its group is {id}", quoted(tag)));
        }
        if id == "jeton" || id.starts_with("jeton.") {
            let other = format!("api-{id}");
            warnings.add(format!("the tag {} would define jeton.*, which is kept: its group is {other}", quoted(tag)));
            id = other;
        }
        if let Some(owner) = owners.insert(id.clone(), tag) {
            warnings.add(format!("the tags {} and {} share the group {id}", quoted(owner), quoted(tag)));
        }
        let title = clean(tag, TITLE_MAX);
        if title.hostile {
            warnings.add(format!("the tag {} holds characters that could drive a terminal", quoted(tag)));
        }
        let title = if title.text.is_empty() { id.clone() } else { title.text };
        groups.entry(id.clone()).or_insert(title);
        by_tag.insert(tag, id);
    }
    (groups, by_tag)
}
