//! The methods that tokens may call, and those that they gain when catalogues change.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::Catalogue;
use super::bit_set::BitSet;
use super::resolved_set::{SetIndex, all_method_ids};
use crate::domain::api_selection::Selection;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;

/// Maximum number of different selections whose results are cached. A normal store has few, a hostile one many.
const MAX_CACHED: usize = 4096;

/// The rights of selections, for catalogues that don't change.
pub struct PermissionIndex {
    ids: Vec<MethodId>,
    access: Vec<Option<Access>>,
    sets: HashMap<String, BitSet>,
}

/// The methods that a token may call. Created by [`PermissionIndex`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSet(BitSet);

impl MethodSet {
    /// Returns `true` if the method of this number is permitted.
    pub fn contains(&self, method: usize) -> bool {
        self.0.contains(method)
    }

    pub fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

impl PermissionIndex {
    pub fn new(catalogues: &[Catalogue]) -> Self {
        let ids = all_method_ids([catalogues]);
        let index = SetIndex::new(&ids, catalogues);
        let sets = index.sets().map(|(name, bits)| (name.to_owned(), bits.clone())).collect();
        let access = index.access().to_vec();
        PermissionIndex { ids, access, sets }
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

    /// Returns the methods that a token of `role` with `selection` may call, sorted, with their access levels.
    pub fn selected(&self, role: Role, selection: &Selection) -> impl Iterator<Item = (&MethodId, Access)> {
        let MethodSet(bits) = self.permitted(role, selection);
        let numbers: Vec<usize> = bits.iter().collect();
        numbers.into_iter().filter_map(|n| Some((self.ids.get(n)?, self.access.get(n).copied().flatten()?)))
    }

    pub fn permitted(&self, role: Role, selection: &Selection) -> MethodSet {
        let mut bits = BitSet::empty(self.ids.len());
        match selection {
            Selection::Inherit => {
                (0..self.ids.len()).filter(|n| !self.ids[*n].is_management()).for_each(|n| bits.insert(n));
            }
            Selection::Custom(methods) => {
                methods.iter().filter_map(|id| self.number(id.as_str())).for_each(|n| bits.insert(n));
            }
            Selection::Sets(names) => {
                names.iter().filter_map(|name| self.sets.get(name)).for_each(|set| bits.union_with(set))
            }
        }
        let above = |n: &usize| !self.access[*n].is_some_and(|access| role.permits(access));
        let mut beyond = BitSet::empty(self.ids.len());
        bits.iter().filter(above).for_each(|n| beyond.insert(n));
        bits.subtract(&beyond);
        MethodSet(bits)
    }

    /// Returns the ids of `permitted`, sorted.
    pub fn ids_of(&self, permitted: &MethodSet) -> impl Iterator<Item = &MethodId> {
        permitted.0.iter().filter_map(|number| self.ids.get(number))
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
    let ids = all_method_ids([catalogues]);
    let index = SetIndex::new(&ids, catalogues);
    let has_set = |name: &String| matches!(own, Selection::Sets(sets) if sets.contains(name));
    let own_methods = effective_methods(&index, own, &index.permitted(role, matches!(own, Selection::Inherit)));
    let lacking = |bits: &BitSet| {
        let mut more = bits.clone();
        more.subtract(&own_methods);
        index.ids_of(&more).next().map(ToString::to_string)
    };
    wanted.into_iter().find_map(|selection| match selection {
        Selection::Inherit => Some("Inherit".to_owned()),
        Selection::Custom(methods) => {
            let unknown = methods.iter().find(|id| ids.binary_search(id).is_err()).map(ToString::to_string);
            unknown.or_else(|| lacking(&index.bits(methods)))
        }
        Selection::Sets(names) => names.iter().find_map(|name| match index.members_of(name) {
            Some(set) if has_set(name) => lacking(set),
            Some(_) | None => Some(name.clone()),
        }),
    })
}

/// Returns the selected methods under the ceiling.
fn effective_methods(index: &SetIndex<'_>, selection: &Selection, ceiling: &BitSet) -> BitSet {
    let mut selected = match selection {
        Selection::Inherit => return ceiling.clone(),
        Selection::Custom(methods) => index.bits(methods),
        Selection::Sets(names) => {
            let mut all = index.empty();
            names.iter().filter_map(|n| index.members_of(n)).for_each(|set| all.union_with(set));
            all
        }
    };
    selected.intersect_with(ceiling);
    selected
}

struct CeilingChange {
    before: BitSet,
    after: BitSet,
    inherited: Rc<[MethodId]>,
    /// `true` if a hand-picked method may be gained at all.
    opens: bool,
}

/// Two states of all catalogues, to compute the methods that selections gain between them.
pub struct CatalogueComparison<'a> {
    before: SetIndex<'a>,
    after: SetIndex<'a>,
    ceilings: HashMap<Role, CeilingChange>,
    cache: HashMap<(Role, BTreeSet<String>), Rc<[MethodId]>>,
    nothing: Rc<[MethodId]>,
}

impl<'a> CatalogueComparison<'a> {
    /// Compares `before` with `after`; `ids` are the methods of both.
    pub fn new(ids: &'a [MethodId], before: &'a [Catalogue], after: &'a [Catalogue]) -> Self {
        let (before, after) = (SetIndex::new(ids, before), SetIndex::new(ids, after));
        let ceilings = Role::ALL.into_iter().map(|role| (role, ceiling_change(&before, &after, role))).collect();
        CatalogueComparison { before, after, ceilings, cache: HashMap::new(), nothing: Rc::new([]) }
    }

    /// Returns `true` if any token could gain anything. If not, no token needs to be checked.
    pub fn can_widen(&self) -> bool {
        let wider = |(name, set): (&str, &BitSet)| {
            let mut more = set.clone();
            if let Some(before) = self.before.members_of(name) {
                more.subtract(before);
            }
            !more.is_empty()
        };
        self.ceilings.values().any(|c| c.opens || !c.inherited.is_empty()) || self.after.sets().any(wider)
    }

    /// Returns the methods that a token of `role` with `selection` gains, sorted.
    pub fn gained_methods(&mut self, role: Role, selection: &Selection) -> Rc<[MethodId]> {
        let Some(ceilings) = self.ceilings.get(&role) else { return Rc::clone(&self.nothing) };
        let names = match selection {
            Selection::Inherit => return Rc::clone(&ceilings.inherited),
            Selection::Custom(_) if !ceilings.opens => return Rc::clone(&self.nothing),
            Selection::Custom(_) => return self.compare(selection, ceilings),
            Selection::Sets(names) => names,
        };
        let key = (role, names.clone());
        if let Some(known) = self.cache.get(&key) {
            return Rc::clone(known);
        }
        let gained = self.compare(selection, ceilings);
        if self.cache.len() >= MAX_CACHED {
            self.cache.clear();
        }
        self.cache.insert(key, Rc::clone(&gained));
        gained
    }

    fn compare(&self, selection: &Selection, ceilings: &CeilingChange) -> Rc<[MethodId]> {
        let mut gained = effective_methods(&self.after, selection, &ceilings.after);
        gained.subtract(&effective_methods(&self.before, selection, &ceilings.before));
        self.after.ids_of(&gained).cloned().collect()
    }

    /// Returns the sets whose members differ, by name, with the gained and lost methods.
    pub fn set_changes(&self) -> Vec<SetChange> {
        let names: BTreeSet<&str> = self.before.sets().chain(self.after.sets()).map(|(name, _)| name).collect();
        let empty = self.after.empty();
        let shift = |name: &str| {
            let before = self.before.members_of(name).unwrap_or(&empty);
            let after = self.after.members_of(name).unwrap_or(&empty);
            let (mut gains, mut loses) = (after.clone(), before.clone());
            gains.subtract(before);
            loses.subtract(after);
            (before != after).then(|| SetChange {
                set: name.to_owned(),
                gains: self.after.ids_of(&gains).cloned().collect(),
                loses: self.after.ids_of(&loses).cloned().collect(),
            })
        };
        names.into_iter().filter_map(shift).collect()
    }
}

fn ceiling_change(before: &SetIndex<'_>, after: &SetIndex<'_>, role: Role) -> CeilingChange {
    let more = |inherit: bool| {
        let mut more = after.permitted(role, inherit);
        more.subtract(&before.permitted(role, inherit));
        more
    };
    CeilingChange {
        before: before.permitted(role, false),
        after: after.permitted(role, false),
        inherited: after.ids_of(&more(true)).cloned().collect(),
        opens: !more(false).is_empty(),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetChange {
    pub set: String,
    pub gains: Vec<MethodId>,
    pub loses: Vec<MethodId>,
}
