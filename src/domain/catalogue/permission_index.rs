//! The methods that tokens may call, and those that they gain when catalogues change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::bit_set::BitSet;
use super::renames::Renames;
use super::{ApiSet, Catalogue, SetEntry, resolved_set};
use crate::domain::api_selection::Selection;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;

/// Maximum number of different selections whose results are cached. A normal store has few, a hostile one many.
const MAX_CACHED: usize = 4096;

/// The rights of selections, for catalogues that don't change. A method's number is its position in `ids`.
pub struct PermissionIndex {
    /// All methods, sorted. In a comparison, those of both states.
    ids: Arc<[MethodId]>,
    /// The access level of each method that the catalogues define.
    access: Vec<Option<Access>>,
    sets: HashMap<String, BitSet>,
    /// The methods that each role permits, in the order of [`Role::ALL`].
    ceilings: [BitSet; Role::ALL.len()],
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

/// Method numbers of the parts of one catalogue.
struct CatalogueMethods<'a> {
    all: BitSet,
    groups: HashMap<&'a str, BitSet>,
}

/// Returns the ids of all methods of several states, sorted.
fn all_method_ids<'a>(states: impl IntoIterator<Item = &'a [Catalogue]>) -> Arc<[MethodId]> {
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
    fn with_ids(ids: Arc<[MethodId]>, catalogues: &[Catalogue]) -> Self {
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

    fn ids_at(&self, bits: &BitSet) -> impl Iterator<Item = &MethodId> {
        bits.iter().filter_map(|number| self.ids.get(number))
    }

    fn ceiling(&self, role: Role) -> &BitSet {
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
    let lacking = |bits: &BitSet| index.ids_at(&bits.difference(&own_methods)).next().map(ToString::to_string);
    wanted.into_iter().find_map(|selection| match selection {
        Selection::Inherit => Some("Inherit".to_owned()),
        Selection::Custom(methods) => {
            let unknown = methods.iter().find(|id| index.number(id.as_str()).is_none()).map(ToString::to_string);
            unknown.or_else(|| lacking(&index.bits_of(selection)))
        }
        Selection::Sets(names) => names.iter().find_map(|name| match index.sets.get(name) {
            Some(set) if has_set(name) => lacking(set),
            Some(_) | None => Some(name.clone()),
        }),
    })
}

/// The methods that a token gains and loses by a change of catalogues, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightsChange {
    pub gained: Rc<[MethodId]>,
    /// Under their ids before the change.
    pub lost: Rc<[MethodId]>,
}

impl Default for RightsChange {
    fn default() -> Self {
        RightsChange { gained: Rc::new([]), lost: Rc::new([]) }
    }
}

/// Two states of all catalogues, to compute the methods that selections gain and lose between them. A renamed method is
/// neither, and a selection is compared with what it becomes under the new names. A method that matches more requests than
/// before counts as gained by every selection that has it.
pub struct CatalogueComparison<'r> {
    before: PermissionIndex,
    after: PermissionIndex,
    renames: &'r Renames,
    /// Old and new number of each renamed method.
    renamed: Vec<(usize, usize)>,
    /// The methods that match more requests.
    grown: BitSet,
    cache: HashMap<(Role, Selection), RightsChange>,
}

impl<'r> CatalogueComparison<'r> {
    pub fn new(before: &[Catalogue], after: &[Catalogue], renames: &'r Renames, grown: &BTreeSet<MethodId>) -> Self {
        let ids = all_method_ids([before, after]);
        let after = PermissionIndex::with_ids(Arc::clone(&ids), after);
        let number = |id: &MethodId| after.number(id.as_str());
        let numbers = renames.methods.iter().filter_map(|(old, new)| Some((number(old)?, number(new)?)));
        CatalogueComparison {
            renamed: numbers.collect(),
            grown: BitSet::new(ids.len(), grown.iter().filter_map(number)),
            before: PermissionIndex::with_ids(ids, before),
            after,
            renames,
            cache: HashMap::new(),
        }
    }

    /// Returns `true` if any token could gain anything. If not, no token needs to be checked. A renamed part counts as
    /// new, because a token may hold the new name already, as an unknown one.
    pub fn can_widen(&self) -> bool {
        let nothing = BitSet::empty(self.after.ids.len());
        let is_wider = |(name, set): (&String, &BitSet)| !set.is_subset(self.before.sets.get(name).unwrap_or(&nothing));
        Role::ALL.into_iter().any(|role| self.adds_methods(role)) || self.after.sets.iter().any(is_wider)
    }

    /// Returns `true` if any token could lose anything. If not, no token needs to be checked.
    pub fn can_narrow(&self) -> bool {
        let nothing = BitSet::empty(self.after.ids.len());
        let is_narrower = |(name, set): (&String, &BitSet)| {
            let name = self.renames.sets.get(name).unwrap_or(name);
            !self.under_new_ids(set).is_subset(self.after.sets.get(name).unwrap_or(&nothing))
        };
        Role::ALL.into_iter().any(|role| self.lowers_ceiling(role)) || self.before.sets.iter().any(is_narrower)
    }

    /// Returns `true` if the role no longer permits a method that it permitted before.
    fn lowers_ceiling(&self, role: Role) -> bool {
        !self.under_new_ids(self.before.ceiling(role)).is_subset(self.after.ceiling(role))
    }

    /// Returns `true` if the role permits a method that it did not permit before, or one that matches more requests.
    fn adds_methods(&self, role: Role) -> bool {
        let before = self.before.ceiling(role).difference(&self.grown);
        !self.after.ceiling(role).is_subset(&before)
    }

    /// Returns the methods that a token of `role` with `selection` gains and loses. Hand-picked methods differ from token
    /// to token, so their results are not cached.
    pub fn rights_change(&mut self, role: Role, selection: &Selection) -> RightsChange {
        match selection {
            Selection::Custom(_) if !self.adds_methods(role) && !self.lowers_ceiling(role) => {
                return RightsChange::default();
            }
            Selection::Custom(_) => return self.compare(role, selection),
            Selection::Inherit | Selection::Sets(_) => {}
        }
        let key = (role, selection.clone());
        if let Some(known) = self.cache.get(&key) {
            return known.clone();
        }
        let change = self.compare(role, selection);
        if self.cache.len() >= MAX_CACHED {
            self.cache.clear();
        }
        self.cache.insert(key, change.clone());
        change
    }

    fn compare(&self, role: Role, selection: &Selection) -> RightsChange {
        let renamed = self.renames.in_selection(selection);
        let before = self.before.permitted(role, selection).0;
        let after = self.after.permitted(role, renamed.as_ref().unwrap_or(selection)).0;
        let has_lost = |id: &&MethodId| {
            let renamed = self.renames.method(id);
            !self.after.number(renamed.as_str()).is_some_and(|number| after.contains(number))
        };
        let own = self.under_new_ids(&before).difference(&self.grown);
        RightsChange {
            gained: self.after.ids_at(&after.difference(&own)).cloned().collect(),
            lost: self.before.ids_at(&before).filter(has_lost).cloned().collect(),
        }
    }

    fn under_new_ids(&self, before: &BitSet) -> BitSet {
        let mut bits = before.clone();
        for (old, new) in self.renamed.iter().filter(|(old, _)| before.contains(*old)) {
            bits.remove(*old);
            bits.insert(*new);
        }
        bits
    }

    /// Returns the sets whose members differ, by their new name.
    pub fn set_changes(&self) -> Vec<SetChange> {
        let renamed = |name| self.renames.sets.get(name).unwrap_or(name);
        let older: HashMap<&String, &BitSet> =
            self.before.sets.iter().map(|(name, set)| (renamed(name), set)).collect();
        let names: BTreeSet<&String> = older.keys().copied().chain(self.after.sets.keys()).collect();
        let empty = BitSet::empty(self.after.ids.len());
        let change = |name: &String| {
            let before = self.under_new_ids(older.get(name).copied().unwrap_or(&empty));
            let after = self.after.sets.get(name).unwrap_or(&empty);
            (before != *after).then(|| SetChange {
                set: name.clone(),
                gains: self.after.ids_at(&after.difference(&before)).cloned().collect(),
                loses: self.after.ids_at(&before.difference(after)).cloned().collect(),
            })
        };
        names.into_iter().filter_map(change).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetChange {
    /// Name of the API set.
    pub set: String,
    /// Ids of the methods that come in.
    pub gains: Vec<MethodId>,
    /// Ids of the methods that drop out.
    pub loses: Vec<MethodId>,
}
