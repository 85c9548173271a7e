//! Method ids: unique, and always the same for the same document.

use std::collections::{BTreeMap, BTreeSet};

use super::clean_text::{fold_separators, id_from_path, is_separator, quoted, short_hash, slug};
use super::groups::Groups;
use super::operations::Operation;
use super::warnings::{WarningCount, Warnings};
use crate::domain::method::MethodId;
use crate::error::Result;

/// Maximum length of a method id.
const MAX_ID_LEN: usize = 200;
/// Length of the suffix of ids that collide.
const SUFFIX_LEN: usize = 9;

/// The id that an operation would have if there were no other.
struct WantedId {
    /// The group's id and a dot.
    prefix: String,
    part: String,
    /// The part without the group's name at its start.
    short_part: Option<String>,
    /// `true` if the part differs from the operationId as written.
    is_changed: bool,
}

impl WantedId {
    fn id(&self) -> String {
        format!("{}{}", self.prefix, self.short_part.as_ref().unwrap_or(&self.part))
    }
}

/// Returns the id of each operation, in their order. An id depends only on the operation and on those that want the
/// same id, not on the document's order.
pub(super) fn assign_ids(
    operations: &[Operation<'_>],
    catalogue: &str,
    groups: &Groups,
    warnings: &mut Warnings,
) -> Result<Vec<MethodId>> {
    let mut changed_ids = WarningCount::default();
    let mut wanted: Vec<WantedId> = operations
        .iter()
        .zip(&groups.of_operations)
        .map(|(operation, group)| wanted_id(operation, catalogue, group, &mut changed_ids, warnings))
        .collect();
    changed_ids.report(warnings, "operationIds that jeton changed into valid method ids");
    keep_group_names(&mut wanted);

    let ids: Vec<String> = wanted.iter().map(WantedId::id).collect();
    let mut order: Vec<usize> = (0..operations.len()).collect();
    order.sort_by_key(|n| (operations[*n].path, operations[*n].http_method));
    // An operation whose id is used exactly as written owns that id; among several, the first by path and verb.
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for n in &order {
        let owner = owners.entry(&ids[*n]).or_insert(*n);
        if wanted[*owner].is_changed && !wanted[*n].is_changed {
            *owner = *n;
        }
    }
    let mut used: BTreeSet<String> = owners.keys().map(|id| (*id).to_owned()).collect();
    let mut unique = ids.clone();
    for n in order {
        let owner = owners.get(ids[n].as_str()).copied().unwrap_or(n);
        if owner == n {
            continue;
        }
        unique[n] = suffixed(&ids[n], &operations[n].label, &mut used);
        warnings.add(format!(
            "{}: the id {} is already used by {}, so this method gets the id {}",
            quoted(&operations[n].label),
            ids[n],
            quoted(&operations[owner].label),
            unique[n]
        ));
    }
    unique.iter().map(|id| MethodId::parse(id)).collect()
}

fn wanted_id(
    operation: &Operation<'_>,
    catalogue: &str,
    group: &str,
    changed_ids: &mut WarningCount,
    warnings: &mut Warnings,
) -> WantedId {
    let prefix = format!("{catalogue}.{group}.");
    let max = MAX_ID_LEN.saturating_sub(prefix.len() + SUFFIX_LEN);
    let generated = || id_from_path(operation.http_method, operation.path, max);
    let Some(id) = operation.id else {
        return WantedId { prefix, part: generated(), short_part: None, is_changed: false };
    };
    let (part, is_slug) = slug(id, max);
    let part = fold_separators(&part);
    if part.is_empty() {
        warnings.add(format!(
            "{}: the operationId {} has no characters that are allowed in an id. So jeton made the id from HTTP \
             method and path",
            quoted(&operation.label),
            quoted(id)
        ));
        return WantedId { prefix, part: generated(), short_part: None, is_changed: true };
    }
    if is_slug {
        changed_ids.add(&quoted(id));
    }
    let short_part = without_group(&part, group).map(str::to_owned);
    WantedId { prefix, is_changed: part != id, part, short_part }
}

/// Returns a part without its group's name: `list-artifacts` for `actions-list-artifacts` in the group `Actions`.
/// `None` if it doesn't begin with the name, or if nothing would be left.
fn without_group<'a>(part: &'a str, group: &str) -> Option<&'a str> {
    let (start, rest) = (part.get(..group.len())?, part.get(group.len()..)?);
    let same = |(a, b): (char, char)| a.eq_ignore_ascii_case(&b) || (is_separator(a) && is_separator(b));
    let rest = rest.strip_prefix(is_separator).filter(|r| r.contains(|c: char| c.is_ascii_alphanumeric()))?;
    start.chars().zip(group.chars()).all(same).then_some(rest)
}

/// Keeps the group's name in the parts of operations that would otherwise want the same id.
fn keep_group_names(wanted: &mut [WantedId]) {
    loop {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for one in wanted.iter() {
            *counts.entry(one.id()).or_default() += 1;
        }
        let mut is_done = true;
        for one in wanted.iter_mut() {
            if one.short_part.is_some() && counts.get(&one.id()).is_some_and(|n| *n > 1) {
                one.short_part = None;
                is_done = false;
            }
        }
        if is_done {
            return;
        }
    }
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
