//! API sets: of scopes and of their combinations, of tags, and of groups.

use std::collections::BTreeMap;

use super::clean_text::{MAX_INSPECTED, first_sentence, quoted, truncate};
use super::document_tree::Node;
use super::groups::Groups;
use super::operations::{MAX_TAG_LEN, Operation};
use super::scope_sets::{combination_sets, scope_sets, warn_combined};
use super::security_schemes::Security;
use super::set_names::{SetNames, own_title};
use super::warnings::{WarningCount, Warnings};
use crate::domain::catalogue::validate::{MAX_ENTRIES, MAX_SETS};
use crate::domain::catalogue::{ApiSet, SetEntry};
use crate::domain::method::{Access, MethodId};
use crate::domain::number::group_digits;
use crate::error::Result;

/// A set before it has its final name.
pub(super) struct SetDraft<'a> {
    /// The name without the catalogue's name.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) members: Vec<&'a MethodId>,
}

/// Returns the sets: of scopes, of combinations of scopes, of tags, of groups; each sorted by name.
///
/// # Errors
/// None that a document can cause: every id is valid.
pub(super) fn build_sets(
    catalogue: &str,
    root: &Node,
    (operations, ids, groups): (&[Operation<'_>], &[MethodId], &Groups),
    security: &Security<'_>,
    warnings: &mut Warnings,
) -> Result<Vec<ApiSet>> {
    let mut drafts = scope_sets(operations, ids, security);
    let of_tags = tag_sets(root, operations, ids, warnings);
    warn_unused(security, warnings);
    warn_combined(operations, warnings);

    // Sets of scopes and tags are always there. Others fill what room is left.
    let mut room = Room { sets: MAX_SETS, entries: MAX_ENTRIES };
    drafts.iter().chain(&of_tags).for_each(|draft| _ = room.take(draft));
    let combinations = combination_sets(operations, ids, security, room.sets, warnings);
    let count = combinations.len();
    let combinations: Vec<SetDraft<'_>> = combinations.into_iter().take_while(|draft| room.take(draft)).collect();
    if combinations.len() < count {
        let left = count - combinations.len();
        let s = if left == 1 { "" } else { "s" };
        warnings.add(format!(
            "left out {left} API set{s} for combinations of OpenAPI scopes, because {}",
            too_many_entries()
        ));
    }
    drafts.extend(combinations);
    drafts.extend(of_tags);
    let of_groups = group_sets(operations, ids, groups);
    let has_sets = of_groups.len() <= room.sets;
    if of_groups.iter().all(|draft| room.take(draft)) {
        drafts.extend(of_groups);
    } else {
        let why = match has_sets {
            true => too_many_entries(),
            false => format!("the catalogue would have more than {} API sets", group_digits(MAX_SETS as u64)),
        };
        warnings.add(format!("left out the API sets \"read …\" and \"write …\", because {why}"));
    }

    let mut names = SetNames::new(catalogue);
    let sets = drafts
        .into_iter()
        .map(|draft| {
            let name = names.unique(&draft.name, warnings);
            let title = names.title(&name, &draft.title, warnings);
            let mut members = draft.members;
            members.sort_unstable();
            members.dedup();
            let include = members.into_iter().map(|id| SetEntry::parse(id.as_str())).collect::<Result<_>>()?;
            Ok(ApiSet { name, title, include, exclude: Vec::new() })
        })
        .collect::<Result<Vec<ApiSet>>>()?;
    names.report(warnings);
    Ok(sets)
}

/// Sets and entries that a catalogue may still have.
fn too_many_entries() -> String {
    format!("all API sets together would contain more than {} methods", group_digits(MAX_ENTRIES as u64))
}

struct Room {
    sets: usize,
    entries: usize,
}

impl Room {
    /// Makes room for a set. Returns `false` if there is none.
    fn take(&mut self, draft: &SetDraft<'_>) -> bool {
        let left = (self.sets.checked_sub(1), self.entries.checked_sub(draft.members.len()));
        let (sets, entries) = (left.0.unwrap_or(0), left.1.unwrap_or(0));
        *self = Room { sets, entries };
        left.0.is_some() && left.1.is_some()
    }
}

fn tag_sets<'a>(
    root: &Node,
    operations: &[Operation<'_>],
    ids: &'a [MethodId],
    warnings: &mut Warnings,
) -> Vec<SetDraft<'a>> {
    let mut by_tag: BTreeMap<&str, Vec<&MethodId>> = BTreeMap::new();
    for (operation, id) in operations.iter().zip(ids) {
        for tag in &operation.tags {
            by_tag.entry(tag).or_default().push(id);
        }
    }
    let purposes = tag_descriptions(root, warnings);
    let mut unused = WarningCount::default();
    purposes.keys().filter(|t| !by_tag.contains_key(*t)).for_each(|t| unused.add(&quoted(t)));
    unused.report(warnings, "declared tags that get no API set, because no operation has them");
    by_tag
        .into_iter()
        .map(|(tag, members)| {
            let purpose = purposes.get(tag).copied().map(first_sentence).filter(|p| !p.is_empty());
            SetDraft { name: tag.to_owned(), title: purpose.map_or_else(|| own_title(tag), str::to_owned), members }
        })
        .collect()
}

/// Returns two sets for each group: what only reads, and what also writes.
fn group_sets<'a>(operations: &[Operation<'_>], ids: &'a [MethodId], groups: &Groups) -> Vec<SetDraft<'a>> {
    let mut members: BTreeMap<&str, (Vec<&MethodId>, Vec<&MethodId>)> = BTreeMap::new();
    for ((operation, id), group) in operations.iter().zip(ids).zip(&groups.of_operations) {
        let (read, write) = members.entry(group).or_default();
        match operation.access {
            Access::Public | Access::Read => read.push(id),
            Access::Write => write.push(id),
            Access::Admin => {}
        }
    }
    let mut sets = Vec::new();
    for (group, (read, mut write)) in members {
        let title = groups.titles.get(group).map_or(group, String::as_str);
        if !write.is_empty() {
            write.extend(&read);
            let text = own_title(&format!("Methods of {title} that read or write"));
            sets.push(SetDraft { name: format!("write {title}"), title: text, members: write });
        }
        if !read.is_empty() {
            let text = own_title(&format!("Methods of {title} that only read"));
            sets.push(SetDraft { name: format!("read {title}"), title: text, members: read });
        }
    }
    sets.sort_by(|a, b| a.name.cmp(&b.name));
    sets
}

fn tag_descriptions<'a>(root: &'a Node, warnings: &mut Warnings) -> BTreeMap<&'a str, &'a str> {
    let mut found = BTreeMap::new();
    for tag in root.get("tags").and_then(Node::items).unwrap_or_default() {
        let Some(name) = tag.text("name") else {
            warnings.add("skipped a declared tag, because it has no name");
            continue;
        };
        let name = truncate(truncate(name, MAX_INSPECTED).trim(), MAX_TAG_LEN);
        if found.insert(name, tag.text("description").unwrap_or_default()).is_some() {
            warnings.add(format!(
                "the tag {} is declared more than once, so jeton uses the last declaration",
                quoted(name)
            ));
        }
    }
    found
}

fn warn_unused(security: &Security<'_>, warnings: &mut Warnings) {
    let mut scopes = WarningCount::default();
    security.unused_scopes().into_iter().for_each(|s| scopes.add(&quoted(s)));
    scopes.report(warnings, "declared OpenAPI scopes that get no API set, because no operation requires them");
}
