//! Resolves the methods of a set: the included ones, minus the excluded ones. A missing set is empty, and so is a set
//! on a cycle or leading to one. (Catalogues with a cycle are refused: see [`super::check`].) No set holds a method of
//! `jeton.*`, even if an old store has one from when files could name them.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::bits::Bits;
use super::{ApiSet, Catalogue, Entry};
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;
use crate::error::Result;

/// A set and the catalogue that defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedSet {
    /// The catalogue's name.
    pub catalogue: String,
    /// The set.
    pub set: ApiSet,
}

/// The place of a method in the catalogues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodPlace {
    /// The method's id.
    pub id: MethodId,
    /// The name of the catalogue that defines the method.
    pub catalogue: String,
    /// The id of the method's group.
    pub group: String,
}

/// Returns the methods of the set named `set`.
pub fn members(catalogues: &[Catalogue], set: &str) -> BTreeSet<MethodId> {
    let ids = ids([catalogues]);
    Index::new(&ids, catalogues).members(set).cloned().collect()
}

/// `true` if any of the sets `names` holds `method`. Loads only the relevant sets, with `find`.
///
/// # Errors
/// The errors of `find`.
pub fn holds<'n>(
    find: impl Fn(&str) -> Result<Option<PlacedSet>>,
    names: impl IntoIterator<Item = &'n str>,
    method: &MethodPlace,
) -> Result<bool> {
    if method.id.is_management() {
        return Ok(false);
    }
    let wanted: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let mut found: HashMap<String, PlacedSet> = HashMap::new();
    let mut open = wanted.clone();
    while let Some(name) = open.pop() {
        if found.contains_key(&name) {
            continue;
        }
        if let Some(placed) = find(&name)? {
            open.extend(placed.set.nested().map(str::to_owned));
            found.insert(name, placed);
        }
    }
    let (order, _) = ordered(found.iter().map(|(name, placed)| (name.as_str(), &placed.set)));
    let mut held: HashMap<&str, bool> = HashMap::new();
    for name in order {
        let Some(PlacedSet { catalogue, set }) = found.get(name) else { continue };
        let own = *catalogue == method.catalogue;
        let meant = |entry: &Entry| match entry {
            Entry::Method(id) => *id == method.id,
            Entry::Head(head) => own && method.id.as_str().starts_with(head.as_str()),
            Entry::Group(group) => own && *group == method.group,
            Entry::Set(name) => held.get(name.as_str()).copied().unwrap_or(false),
        };
        let holds = set.include.iter().any(meant) && !set.exclude.iter().any(meant);
        held.insert(name, holds);
    }
    Ok(wanted.iter().any(|name| held.get(name.as_str()).copied().unwrap_or(false)))
}

/// Returns the methods of `jeton.*` that the sets `names` name but don't hold. Includes methods named by nested sets.
pub fn management_named<'a>(
    catalogues: &'a [Catalogue],
    names: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a MethodId> {
    let sets: HashMap<&str, &ApiSet> =
        catalogues.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), s))).collect();
    let mut open: Vec<&str> = names.into_iter().collect();
    let (mut met, mut named) = (HashSet::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        let Some(set) = sets.get(name).filter(|_| met.insert(name)) else { continue };
        open.extend(set.nested());
        named.extend(set.include.iter().filter_map(|entry| match entry {
            Entry::Method(id) if id.is_management() => Some(id),
            _ => None,
        }));
    }
    named
}

/// Returns the names of `sets`, each after the sets that it names. Also returns the sets that can't be ordered because
/// they lead to a cycle. Works without recursion, so the depth of nesting doesn't matter.
pub(super) fn ordered<'a>(sets: impl Iterator<Item = (&'a str, &'a ApiSet)>) -> (Vec<&'a str>, Vec<&'a str>) {
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
    let left = (0..sets.len()).filter(|at| waits[*at] > 0).map(|at| sets[at].0).collect();
    (order, left)
}

/// Returns the ids of all methods of several states, sorted. An [`Index`] uses their positions as numbers.
pub fn ids<'a>(states: impl IntoIterator<Item = &'a [Catalogue]>) -> Vec<MethodId> {
    let all = states.into_iter().flatten().flat_map(Catalogue::methods).map(|m| m.id.clone());
    let mut ids: Vec<MethodId> = all.collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The members of every set of some catalogues, computed once.
pub struct Index<'a> {
    ids: &'a [MethodId],
    /// The access level of each existing method.
    access: Vec<Option<Access>>,
    sets: HashMap<&'a str, Bits>,
}

/// Method numbers of the parts of one catalogue.
struct Own<'a> {
    all: Bits,
    groups: HashMap<&'a str, Bits>,
}

impl<'a> Index<'a> {
    /// Builds the index for `catalogues`. `ids` must contain every method of these.
    pub fn new(ids: &'a [MethodId], catalogues: &'a [Catalogue]) -> Self {
        let mut index = Index { ids, access: vec![None; ids.len()], sets: HashMap::new() };
        let mut own: HashMap<&str, Own<'_>> = HashMap::new();
        for catalogue in catalogues {
            let mut here = Own { all: Bits::none(ids.len()), groups: HashMap::new() };
            for group in &catalogue.groups {
                let mut of_group = Bits::none(ids.len());
                for method in &group.methods {
                    let Some(number) = index.number(&method.id) else { continue };
                    index.access[number] = Some(method.access);
                    if !method.id.is_management() {
                        of_group.insert(number);
                    }
                }
                here.all.add(&of_group);
                here.groups.insert(&group.id, of_group);
            }
            own.insert(&catalogue.name, here);
        }
        let placed: HashMap<&str, (&str, &ApiSet)> =
            catalogues.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), (c.name.as_str(), s)))).collect();
        let (order, _) = ordered(placed.iter().map(|(name, (_, set))| (*name, *set)));
        for name in order {
            let Some((catalogue, set)) = placed.get(name) else { continue };
            let Some(own) = own.get(catalogue) else { continue };
            let mut held = index.joined(&set.include, own);
            held.remove(&index.joined(&set.exclude, own));
            index.sets.insert(name, held);
        }
        index
    }

    fn number(&self, id: &MethodId) -> Option<usize> {
        self.ids.binary_search(id).ok()
    }

    fn joined(&self, entries: &[Entry], own: &Own<'_>) -> Bits {
        let mut all = Bits::none(self.ids.len());
        for entry in entries {
            match entry {
                Entry::Method(id) if id.is_management() => {}
                Entry::Method(id) => {
                    if let Some(number) = self.number(id).filter(|n| self.access[*n].is_some()) {
                        all.insert(number);
                    }
                }
                Entry::Head(head) if head.is_empty() => all.add(&own.all),
                Entry::Head(head) => {
                    let first = self.ids.partition_point(|id| id.as_str() < head.as_str());
                    let heads = self.ids[first..].iter().take_while(|id| id.as_str().starts_with(head.as_str()));
                    for number in (first..).zip(heads).map(|(number, _)| number) {
                        if own.all.contains(number) {
                            all.insert(number);
                        }
                    }
                }
                Entry::Group(group) => {
                    if let Some(group) = own.groups.get(group.as_str()) {
                        all.add(group);
                    }
                }
                Entry::Set(name) => {
                    if let Some(set) = self.sets.get(name.as_str()) {
                        all.add(set);
                    }
                }
            }
        }
        all
    }

    /// Returns the methods of the set named `set`, sorted.
    pub fn members(&self, set: &str) -> impl Iterator<Item = &MethodId> {
        self.sets.get(set).into_iter().flat_map(|bits| self.named(bits))
    }

    /// Number of methods in the set named `set`.
    pub fn count(&self, set: &str) -> usize {
        self.sets.get(set).map_or(0, Bits::len)
    }

    pub(super) fn named(&self, bits: &Bits) -> impl Iterator<Item = &MethodId> {
        bits.iter().filter_map(|number| self.ids.get(number))
    }

    pub(super) fn sets(&self) -> impl Iterator<Item = (&'a str, &Bits)> {
        self.sets.iter().map(|(name, bits)| (*name, bits))
    }

    pub(super) fn access(&self) -> &[Option<Access>] {
        &self.access
    }

    pub(super) fn of_set(&self, set: &str) -> Option<&Bits> {
        self.sets.get(set)
    }

    /// Returns the methods that a role permits; without `jeton.*` for *Inherit*.
    pub(super) fn permitted(&self, role: Role, inherit: bool) -> Bits {
        let mut bits = Bits::none(self.ids.len());
        for (number, (id, access)) in self.ids.iter().zip(&self.access).enumerate() {
            if access.is_some_and(|a| role.permits(a)) && !(inherit && id.is_management()) {
                bits.insert(number);
            }
        }
        bits
    }

    pub(super) fn bits<'m>(&self, methods: impl IntoIterator<Item = &'m MethodId>) -> Bits {
        let mut bits = Bits::none(self.ids.len());
        methods.into_iter().filter_map(|id| self.number(id)).for_each(|n| bits.insert(n));
        bits
    }

    pub(super) fn empty(&self) -> Bits {
        Bits::none(self.ids.len())
    }
}
