//! Resolves the methods of a set: the included ones, minus the excluded ones. A missing set is empty. A set on a cycle,
//! or leading to a cycle, is empty too. (Catalogues with a cycle are refused: see [`super::validate`].) No set contains
//! a method of `jeton.*`, even if an old store has a set that names such methods.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{ApiSet, Catalogue, SetEntry};
use crate::domain::method::MethodId;
use crate::error::Result;

/// A set and the catalogue that defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedSet {
    pub catalogue: String,
    pub set: ApiSet,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodLocation {
    pub id: MethodId,
    pub catalogue: String,
    pub group: String,
}

/// Returns `true` if any of the sets `names` contains `method`. Loads only the relevant sets, with `find`.
pub fn any_contains<'n>(
    find: impl Fn(&str) -> Result<Option<ResolvedSet>>,
    names: impl IntoIterator<Item = &'n str>,
    method: &MethodLocation,
) -> Result<bool> {
    if method.id.is_management() {
        return Ok(false);
    }
    let wanted: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let mut found: HashMap<String, ResolvedSet> = HashMap::new();
    let mut pending = wanted.clone();
    while let Some(name) = pending.pop() {
        if found.contains_key(&name) {
            continue;
        }
        if let Some(placed) = find(&name)? {
            pending.extend(placed.set.nested().map(str::to_owned));
            found.insert(name, placed);
        }
    }
    let (order, _) = topological_order(found.iter().map(|(name, placed)| (name.as_str(), &placed.set)));
    let mut contains: HashMap<&str, bool> = HashMap::new();
    for name in order {
        let Some(ResolvedSet { catalogue, set }) = found.get(name) else { continue };
        let own = *catalogue == method.catalogue;
        let matches = |entry: &SetEntry| match entry {
            SetEntry::Method(id) => *id == method.id,
            SetEntry::Prefix(head) => own && method.id.as_str().starts_with(head.as_str()),
            SetEntry::Group(group) => own && *group == method.group,
            SetEntry::Set(name) => contains.get(name.as_str()).copied().unwrap_or(false),
        };
        let is_member = set.include.iter().any(matches) && !set.exclude.iter().any(matches);
        contains.insert(name, is_member);
    }
    Ok(wanted.iter().any(|name| contains.get(name.as_str()).copied().unwrap_or(false)))
}

/// Returns the methods of `jeton.*` that the sets `names` name but don't contain. Includes methods named by nested
/// sets.
pub fn named_management_methods<'a>(
    catalogues: &'a [Catalogue],
    names: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a MethodId> {
    let sets: HashMap<&str, &ApiSet> =
        catalogues.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), s))).collect();
    let mut pending: Vec<&str> = names.into_iter().collect();
    let (mut seen, mut methods) = (HashSet::new(), BTreeSet::new());
    while let Some(name) = pending.pop() {
        let Some(set) = sets.get(name).filter(|_| seen.insert(name)) else { continue };
        pending.extend(set.nested());
        methods.extend(set.include.iter().filter_map(|entry| match entry {
            SetEntry::Method(id) if id.is_management() => Some(id),
            _ => None,
        }));
    }
    methods
}

/// Returns the names of `sets`, each after the sets that it names. Also returns the sets that can't be ordered because
/// they lead to a cycle. Works without recursion, so the depth of nesting doesn't matter.
pub(super) fn topological_order<'a>(sets: impl Iterator<Item = (&'a str, &'a ApiSet)>) -> (Vec<&'a str>, Vec<&'a str>) {
    let sets: Vec<(&str, &ApiSet)> = sets.collect();
    let known: HashMap<&str, usize> = sets.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let mut waits = vec![0usize; sets.len()];
    let mut waited_for: Vec<Vec<usize>> = vec![Vec::new(); sets.len()];
    for (at, (_, set)) in sets.iter().enumerate() {
        for nested in set.nested().filter_map(|name| known.get(name)) {
            waits[at] += 1;
            waited_for[*nested].push(at);
        }
    }
    let mut ready: Vec<usize> = (0..sets.len()).filter(|at| waits[*at] == 0).collect();
    let mut order = Vec::with_capacity(sets.len());
    while let Some(at) = ready.pop() {
        order.push(sets[at].0);
        for next in &waited_for[at] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                ready.push(*next);
            }
        }
    }
    let on_cycle = (0..sets.len()).filter(|at| waits[*at] > 0).map(|at| sets[at].0).collect();
    (order, on_cycle)
}
