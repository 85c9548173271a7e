//! The methods that tokens may call.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::bit_set::BitSet;
use super::{ApiSet, Catalogue, SetEntry, resolved_set};
use crate::domain::api_selection::Selection;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;

/// The rights of selections, for catalogues that don't change. A method's number is its position in `ids`.
pub struct PermissionIndex {
    /// All methods, sorted. In a comparison, those of both states.
    pub(super) ids: Arc<[MethodId]>,
    /// The access level of each method that the catalogues define.
    access: Vec<Option<Access>>,
    pub(super) sets: HashMap<String, BitSet>,
    /// The methods that each role permits, in the order of [`Role::ALL`].
    ceilings: [BitSet; Role::ALL.len()],
}

/// The methods that a token may call. Created by [`PermissionIndex`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSet(pub(super) BitSet);

impl MethodSet {
    /// Returns `true` if the method of this number is permitted.
    pub fn contains(&self, method: usize) -> bool {
        self.0.contains(method)
    }

    pub fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

/// Method numbers of the parts of one catalogue.
struct CatalogueMethods<'a> {
    all: BitSet,
    groups: HashMap<&'a str, BitSet>,
}

/// Returns the ids of all methods of several states, sorted.
pub(super) fn all_method_ids<'a>(states: impl IntoIterator<Item = &'a [Catalogue]>) -> Arc<[MethodId]> {
    let all: BTreeSet<&MethodId> = states.into_iter().flatten().flat_map(Catalogue::methods).map(|m| &m.id).collect();
    all.into_iter().cloned().collect()
}

/// Returns the methods of a set. For several sets, [`PermissionIndex::members`] is faster.
pub fn members(catalogues: &[Catalogue], set: &str) -> BTreeSet<MethodId> {
    PermissionIndex::new(catalogues).members(set).cloned().collect()
}

/// A set with its methods.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Set")]
pub struct SetMembers<'a> {
    name: &'a str,
    title: &'a str,
    /// Ids of all methods of the API set, resolved.
    methods: Vec<&'a MethodId>,
}

impl PermissionIndex {
    pub fn new(catalogues: &[Catalogue]) -> Self {
        Self::with_ids(all_method_ids([catalogues]), catalogues)
    }

    /// `ids` must contain every method of `catalogues`.
    pub(super) fn with_ids(ids: Arc<[MethodId]>, catalogues: &[Catalogue]) -> Self {
        let ceilings = Role::ALL.map(|_| BitSet::empty(ids.len()));
        let mut index = PermissionIndex { access: vec![None; ids.len()], ids, sets: HashMap::new(), ceilings };
        let mut own: HashMap<&str, CatalogueMethods<'_>> = HashMap::new();
        for catalogue in catalogues {
            let mut methods = CatalogueMethods { all: BitSet::empty(index.ids.len()), groups: HashMap::new() };
            for group in &catalogue.groups {
                let mut of_group = BitSet::empty(index.ids.len());
                for method in &group.methods {
                    let Some(number) = index.number(method.id.as_str()) else { continue };
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
        index.ceilings = Role::ALL.map(|role| {
            let access = index.access.iter().enumerate();
            BitSet::new(
                index.ids.len(),
                access.filter(|(_, access)| access.is_some_and(|a| role.permits(a))).map(|(n, _)| n),
            )
        });
        let placed: HashMap<&str, (&str, &ApiSet)> =
            catalogues.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), (c.name.as_str(), s)))).collect();
        let (order, _) = resolved_set::topological_order(placed.iter().map(|(name, (_, set))| (*name, *set)));
        for name in order {
            let Some((catalogue, set)) = placed.get(name) else { continue };
            let Some(own) = own.get(catalogue) else { continue };
            let members = index.union_of(&set.include, own).difference(&index.union_of(&set.exclude, own));
            index.sets.insert(name.to_owned(), members);
        }
        index
    }

    fn union_of(&self, entries: &[SetEntry], own: &CatalogueMethods<'_>) -> BitSet {
        let mut all = BitSet::empty(self.ids.len());
        for entry in entries {
            match entry {
                SetEntry::Method(id) if id.is_management() => {}
                SetEntry::Method(id) => {
                    if let Some(number) = self.number(id.as_str()).filter(|n| self.access[*n].is_some()) {
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
                SetEntry::Group(group) => own.groups.get(group.as_str()).into_iter().for_each(|g| all.union_with(g)),
                SetEntry::Set(name) => self.sets.get(name).into_iter().for_each(|set| all.union_with(set)),
            }
        }
        all
    }

    /// Returns all methods. A method's number is its position here.
    pub fn methods(&self) -> impl Iterator<Item = &MethodId> {
        self.ids.iter()
    }

    /// Returns the number of a method; `None` if no catalogue defines it.
    pub fn number(&self, method: &str) -> Option<usize> {
        self.ids.binary_search_by(|id| id.as_str().cmp(method)).ok()
    }

    /// Returns the access level of a method. `None` if no catalogue defines it.
    pub fn access_of(&self, method: &str) -> Option<Access> {
        self.access.get(self.number(method)?).copied().flatten()
    }

    /// Returns the methods of a set, sorted.
    pub fn members(&self, set: &str) -> impl Iterator<Item = &MethodId> {
        self.sets.get(set).into_iter().flat_map(|bits| self.ids_at(bits))
    }

    pub fn resolve<'a>(&'a self, set: &'a ApiSet) -> SetMembers<'a> {
        SetMembers { name: &set.name, title: &set.title, methods: self.members(&set.name).collect() }
    }

    pub fn count(&self, set: &str) -> usize {
        self.sets.get(set).map_or(0, BitSet::len)
    }

    /// Returns the methods that a token of `role` with `selection` may call, sorted, with their access levels.
    pub fn selected(&self, role: Role, selection: &Selection) -> impl Iterator<Item = (&MethodId, Access)> {
        let numbers: Vec<usize> = self.permitted(role, selection).0.iter().collect();
        numbers.into_iter().filter_map(|n| Some((self.ids.get(n)?, self.access.get(n).copied().flatten()?)))
    }

    pub fn permitted(&self, role: Role, selection: &Selection) -> MethodSet {
        MethodSet(self.bits_of(selection).intersection(self.ceiling(role)))
    }

    /// Returns the ids of `permitted`, sorted.
    pub fn ids_of(&self, permitted: &MethodSet) -> impl Iterator<Item = &MethodId> {
        self.ids_at(&permitted.0)
    }

    pub(super) fn ids_at(&self, bits: &BitSet) -> impl Iterator<Item = &MethodId> {
        bits.iter().filter_map(|number| self.ids.get(number))
    }

    pub(super) fn ceiling(&self, role: Role) -> &BitSet {
        &self.ceilings[role as usize]
    }

    fn bits_of(&self, selection: &Selection) -> BitSet {
        let limit = self.ids.len();
        match selection {
            Selection::Inherit => BitSet::new(limit, (0..limit).filter(|n| !self.ids[*n].is_management())),
            Selection::Custom(methods) => BitSet::new(limit, methods.iter().filter_map(|id| self.number(id.as_str()))),
            Selection::Sets(names) => {
                let mut all = BitSet::empty(limit);
                names.iter().filter_map(|name| self.sets.get(name)).for_each(|set| all.union_with(set));
                all
            }
        }
    }
}

/// Returns the first right that selections would grant although a token of `role` with `own` doesn't have it, in
/// words. `None` if there is no such right. *Inherit* grows with the catalogue, so no token may grant it. The same
/// holds for a set: only a token that holds that very set grows along with it. A method or set that no catalogue
/// defines may come back later, so it may not be granted either.
pub fn first_excess<'s>(
    catalogues: &[Catalogue],
    role: Role,
    own: &Selection,
    wanted: impl IntoIterator<Item = &'s Selection>,
) -> Option<String> {
    let index = PermissionIndex::new(catalogues);
    let has_set = |name: &String| matches!(own, Selection::Sets(sets) if sets.contains(name));
    let MethodSet(own_methods) = index.permitted(role, own);
    let lacking =
        |bits: &BitSet| index.ids_at(&bits.difference(&own_methods)).next().map(|id| format!("the method {id}"));
    wanted.into_iter().find_map(|selection| match selection {
        Selection::Inherit => Some("the API selection Inherit".to_owned()),
        Selection::Custom(methods) => {
            let unknown = methods.iter().find(|id| index.number(id.as_str()).is_none());
            unknown.map(|id| format!("the method {id}")).or_else(|| lacking(&index.bits_of(selection)))
        }
        Selection::Sets(names) => names.iter().find_map(|name| match index.sets.get(name) {
            Some(set) if has_set(name) => lacking(set),
            Some(_) | None => Some(format!("the API set \"{name}\"")),
        }),
    })
}
