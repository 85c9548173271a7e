//! Resolves the methods of a set: the included ones, minus the excluded ones. A missing set is empty. A set on a cycle,
//! or leading to a cycle, is empty too. (Catalogues with a cycle are refused: see [`super::validate`].) No set contains
//! a method of `jeton.*`, even if an old store has a set that names such methods.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::bit_set::BitSet;
use super::{ApiSet, Catalogue, SetEntry};
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;
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

pub fn members(catalogues: &[Catalogue], set: &str) -> BTreeSet<MethodId> {
    let ids = all_method_ids([catalogues]);
    SetIndex::new(&ids, catalogues).members(set).cloned().collect()
}

/// Returns `true` if any of the sets `names` contains `method`. Loads only the relevant sets, with `find`.
///
/// # Errors
/// The errors of `find`.
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

/// Returns the ids of all methods of several states, sorted. An [`SetIndex`] uses their positions as numbers.
pub fn all_method_ids<'a>(states: impl IntoIterator<Item = &'a [Catalogue]>) -> Vec<MethodId> {
    let all = states.into_iter().flatten().flat_map(Catalogue::methods).map(|m| m.id.clone());
    let mut ids: Vec<MethodId> = all.collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The members of every set of some catalogues, computed once.
pub struct SetIndex<'a> {
    ids: &'a [MethodId],
    /// The access level of each existing method.
    access: Vec<Option<Access>>,
    sets: HashMap<&'a str, BitSet>,
}

/// Method numbers of the parts of one catalogue.
struct CatalogueMethods<'a> {
    all: BitSet,
    groups: HashMap<&'a str, BitSet>,
}

impl<'a> SetIndex<'a> {
    /// Builds the index for `catalogues`. `ids` must contain every method of these.
    pub fn new(ids: &'a [MethodId], catalogues: &'a [Catalogue]) -> Self {
        let mut index = SetIndex { ids, access: vec![None; ids.len()], sets: HashMap::new() };
        let mut own: HashMap<&str, CatalogueMethods<'_>> = HashMap::new();
        for catalogue in catalogues {
            let mut methods = CatalogueMethods { all: BitSet::empty(ids.len()), groups: HashMap::new() };
            for group in &catalogue.groups {
                let mut of_group = BitSet::empty(ids.len());
                for method in &group.methods {
                    let Some(number) = index.number(&method.id) else { continue };
                    index.access[number] = Some(method.access);
                    if !method.id.is_management() {
                        of_group.insert(number);
                    }
                }
                methods.all.union_with(&of_group);
                methods.groups.insert(&group.id, of_group);
            }
            own.insert(&catalogue.name, methods);
        }
        let placed: HashMap<&str, (&str, &ApiSet)> =
            catalogues.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), (c.name.as_str(), s)))).collect();
        let (order, _) = topological_order(placed.iter().map(|(name, (_, set))| (*name, *set)));
        for name in order {
            let Some((catalogue, set)) = placed.get(name) else { continue };
            let Some(own) = own.get(catalogue) else { continue };
            let mut members = index.union_of(&set.include, own);
            members.subtract(&index.union_of(&set.exclude, own));
            index.sets.insert(name, members);
        }
        index
    }

    fn number(&self, id: &MethodId) -> Option<usize> {
        self.ids.binary_search(id).ok()
    }

    fn union_of(&self, entries: &[SetEntry], own: &CatalogueMethods<'_>) -> BitSet {
        let mut all = BitSet::empty(self.ids.len());
        for entry in entries {
            match entry {
                SetEntry::Method(id) if id.is_management() => {}
                SetEntry::Method(id) => {
                    if let Some(number) = self.number(id).filter(|n| self.access[*n].is_some()) {
                        all.insert(number);
                    }
                }
                SetEntry::Prefix(head) if head.is_empty() => all.union_with(&own.all),
                SetEntry::Prefix(head) => {
                    let first = self.ids.partition_point(|id| id.as_str() < head.as_str());
                    let heads = self.ids[first..].iter().take_while(|id| id.as_str().starts_with(head.as_str()));
                    for number in (first..).zip(heads).map(|(number, _)| number) {
                        if own.all.contains(number) {
                            all.insert(number);
                        }
                    }
                }
                SetEntry::Group(group) => {
                    if let Some(group) = own.groups.get(group.as_str()) {
                        all.union_with(group);
                    }
                }
                SetEntry::Set(name) => {
                    if let Some(set) = self.sets.get(name.as_str()) {
                        all.union_with(set);
                    }
                }
            }
        }
        all
    }

    /// Returns the methods of the set named `set`, sorted.
    pub fn members(&self, set: &str) -> impl Iterator<Item = &MethodId> {
        self.sets.get(set).into_iter().flat_map(|bits| self.ids_of(bits))
    }

    pub fn count(&self, set: &str) -> usize {
        self.sets.get(set).map_or(0, BitSet::len)
    }

    pub(super) fn ids_of(&self, bits: &BitSet) -> impl Iterator<Item = &MethodId> {
        bits.iter().filter_map(|number| self.ids.get(number))
    }

    pub(super) fn sets(&self) -> impl Iterator<Item = (&'a str, &BitSet)> {
        self.sets.iter().map(|(name, bits)| (*name, bits))
    }

    pub(super) fn access(&self) -> &[Option<Access>] {
        &self.access
    }

    pub(super) fn members_of(&self, set: &str) -> Option<&BitSet> {
        self.sets.get(set)
    }

    /// Returns the methods that a role permits; without `jeton.*` for *Inherit*.
    pub(super) fn permitted(&self, role: Role, inherit: bool) -> BitSet {
        let mut bits = BitSet::empty(self.ids.len());
        for (number, (id, access)) in self.ids.iter().zip(&self.access).enumerate() {
            if access.is_some_and(|a| role.permits(a)) && !(inherit && id.is_management()) {
                bits.insert(number);
            }
        }
        bits
    }

    pub(super) fn bits<'m>(&self, methods: impl IntoIterator<Item = &'m MethodId>) -> BitSet {
        let mut bits = BitSet::empty(self.ids.len());
        methods.into_iter().filter_map(|id| self.number(id)).for_each(|n| bits.insert(n));
        bits
    }

    pub(super) fn empty(&self) -> BitSet {
        BitSet::empty(self.ids.len())
    }
}
