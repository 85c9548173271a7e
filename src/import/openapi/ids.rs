//! Method ids: unique, and always the same for the same document.

use std::collections::{BTreeMap, BTreeSet};

use super::clean_text::{MAX_TITLE_LEN, clean, id_from_path, quoted, short_hash, slug};
use super::operations::Operation;
use super::warnings::{WarningCount, Warnings};
use crate::domain::method::MethodId;
use crate::error::Result;

/// The group of operations without a tag.
const UNTAGGED: &str = "default";
/// Maximum length of a group id. With the operation's part and a suffix it fits into a method id's 200.
const MAX_GROUP_LEN: usize = 60;
const MAX_OPERATION_LEN: usize = 120;

/// The groups by id, with their titles.
pub(super) type Groups = BTreeMap<String, String>;

/// Returns the group and the id of each operation, in their order, and all groups.
pub(super) fn assign_ids(
    operations: &[Operation<'_>],
    warnings: &mut Warnings,
) -> Result<(Groups, Vec<(String, MethodId)>)> {
    let (groups, by_tag) = group_by_tag(operations, warnings);
    let mut changed_ids = WarningCount::default();
    let mut wanted = Vec::with_capacity(operations.len());
    for operation in operations {
        let group = operation.tags.first().and_then(|t| by_tag.get(t)).map_or(UNTAGGED, String::as_str);
        let (own, changed) = match operation.id {
            Some(id) => operation_part(operation, id, &mut changed_ids, warnings),
            None => (id_from_path(operation.http_method, operation.path, MAX_OPERATION_LEN), false),
        };
        wanted.push((group.to_owned(), format!("{group}.{own}"), changed));
    }
    changed_ids.report(warnings, "operationIds that jeton changed into valid method ids");

    // An operation whose id is used exactly as written owns that id; among several, the first by path and verb.
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, (_, id, changed)) in wanted.iter().enumerate() {
        let owner = owners.entry(id).or_insert(n);
        if wanted[*owner].2 && !changed {
            *owner = n;
        }
    }
    let mut used: BTreeSet<String> = owners.keys().map(|id| (*id).to_owned()).collect();
    let mut ids = Vec::with_capacity(wanted.len());
    for (n, (group, id, _)) in wanted.iter().enumerate() {
        let owner = owners.get(id.as_str()).copied().unwrap_or(n);
        let id = if owner == n {
            id.clone()
        } else {
            let own = suffixed(id, &operations[n].label, &mut used);
            warnings.add(format!(
                "{}: the id {id} is already used by {}, so this method gets the id {own}",
                quoted(&operations[n].label),
                quoted(&operations[owner].label)
            ));
            own
        };
        ids.push((group.clone(), MethodId::parse(&id)?));
    }
    Ok((groups, ids))
}

/// Returns the operation's part of an id, for a written operationId.
fn operation_part(
    operation: &Operation<'_>,
    id: &str,
    changed_ids: &mut WarningCount,
    warnings: &mut Warnings,
) -> (String, bool) {
    let (own, changed) = slug(id, MAX_OPERATION_LEN);
    if own.is_empty() {
        let generated = id_from_path(operation.http_method, operation.path, MAX_OPERATION_LEN);
        warnings.add(format!(
            "{}: the operationId {} has no characters that an id may have, so jeton made the id from HTTP \
             method and path",
            quoted(&operation.label),
            quoted(id)
        ));
        return (generated, true);
    }
    if changed {
        changed_ids.add(&quoted(id));
    }
    (own, changed)
}

/// Returns `id` with a suffix that depends only on the operation's place.
fn suffixed(id: &str, place: &str, used: &mut BTreeSet<String>) -> String {
    let mut own = format!("{id}-{}", short_hash(place));
    let mut more = 0_u32;
    while !used.insert(own.clone()) {
        more += 1;
        own = format!("{id}-{}", short_hash(&format!("{more} {place}")));
    }
    own
}

/// Returns the groups, and the group of each first tag.
fn group_by_tag<'a>(operations: &[Operation<'a>], warnings: &mut Warnings) -> (Groups, BTreeMap<&'a str, String>) {
    let firsts: BTreeSet<&str> = operations.iter().filter_map(|o| o.tags.first().copied()).collect();
    let mut groups = Groups::new();
    let mut by_tag = BTreeMap::new();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    if operations.iter().any(|o| o.tags.is_empty()) {
        groups.insert(UNTAGGED.to_owned(), UNTAGGED.to_owned());
    }
    for tag in firsts {
        let (mut id, _) = slug(tag, MAX_GROUP_LEN);
        if id.is_empty() {
            id = format!("group-{}", short_hash(tag));
            warnings.add(format!(
                "the tag {} has no characters that an id may have, so its group gets the id {id}",
                quoted(tag)
            ));
        }
        if id == "jeton" || id.starts_with("jeton.") {
            let other = format!("api-{id}");
            warnings.add(format!(
                "for the tag {}, the group id would begin with the reserved word jeton; the group gets the \
                     id {other}",
                quoted(tag)
            ));
            id = other;
        }
        if let Some(owner) = owners.insert(id.clone(), tag) {
            warnings.add(format!("the tags {} and {} become one group, {id}", quoted(owner), quoted(tag)));
        }
        let title = clean(tag, MAX_TITLE_LEN);
        if title.had_control_chars {
            warnings.add(format!(
                "jeton removed control or bidi characters from the title of the group of the tag {}",
                quoted(tag)
            ));
        }
        let title = if title.text.is_empty() { id.clone() } else { title.text };
        groups.entry(id.clone()).or_insert(title);
        by_tag.insert(tag, id);
    }
    (groups, by_tag)
}
