//! The methods that tokens gain and lose by a change of catalogues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::renames::Renames;
use super::requests::{RequestChanges, Unaffected};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::bit_set::BitSet;
use crate::domain::catalogue::permission_index::{PermissionIndex, all_method_ids};
use crate::domain::method::MethodId;
use crate::domain::role::Role;

/// Maximum number of different selections whose results are cached. A normal store has few, a hostile one many.
const MAX_CACHED: usize = 4096;

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
/// neither, and a selection is compared with what it becomes under the new names. A method that gets further requests
/// counts as gained, one that loses some as lost, unless the same requests are permitted on both sides.
pub struct RightsComparison {
    before: PermissionIndex,
    after: PermissionIndex,
    renames: Renames,
    /// Old and new number of each renamed method.
    renamed: Vec<(usize, usize)>,
    /// The methods that get further requests.
    grown: MovedRequests,
    /// The methods that lose requests, under their old ids.
    shrunk: MovedRequests,
}

impl RightsComparison {
    pub fn new(before: &[Catalogue], after: &[Catalogue], renames: &Renames, requests: &RequestChanges) -> Self {
        let ids = all_method_ids([before, after]);
        let after = PermissionIndex::with_ids(Arc::clone(&ids), after);
        let number = |id: &MethodId| after.number(id.as_str());
        let numbers = renames.methods.iter().filter_map(|(old, new)| Some((number(old)?, number(new)?)));
        RightsComparison {
            renamed: numbers.collect(),
            grown: MovedRequests::new(&requests.gained, ids.len(), number),
            shrunk: MovedRequests::new(&requests.lost, ids.len(), number),
            before: PermissionIndex::with_ids(ids, before),
            after,
            renames: renames.clone(),
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

    /// Returns `true` if the role no longer permits a method that it permitted before, or permits one that loses requests.
    fn lowers_ceiling(&self, role: Role) -> bool {
        let before = self.before.ceiling(role);
        !self.under_new_ids(before).is_subset(self.after.ceiling(role)) || self.shrunk.affects_some(before)
    }

    /// Returns `true` if the role permits a method that it did not permit before, or one that gets further requests.
    fn adds_methods(&self, role: Role) -> bool {
        let after = self.after.ceiling(role);
        !after.is_subset(self.before.ceiling(role)) || self.grown.affects_some(after)
    }

    fn compare(&self, role: Role, selection: &Selection) -> RightsChange {
        let renamed = self.renames.in_selection(selection);
        let before = self.before.permitted(role, selection).0;
        let after = self.after.permitted(role, renamed.as_ref().unwrap_or(selection)).0;
        let has_lost = |number: &usize| {
            let renamed = self.before.ids.get(*number).map(|id| self.renames.method(id));
            let is_gone = !renamed.and_then(|id| self.after.number(id.as_str())).is_some_and(|n| after.contains(n));
            is_gone || self.shrunk.affects(*number, &after)
        };
        let own = self.under_new_ids(&before);
        let has_gained = |number: &usize| !own.contains(*number) || self.grown.affects(*number, &before);
        let ids = |numbers: Vec<usize>| numbers.into_iter().filter_map(|n| self.after.ids.get(n)).cloned().collect();
        RightsChange {
            gained: ids(after.iter().filter(has_gained).collect()),
            lost: ids(before.iter().filter(has_lost).collect()),
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

/// The changes for selections that were compared already.
pub struct RightsCache<'c> {
    comparison: &'c RightsComparison,
    known: HashMap<(Role, Selection), RightsChange>,
}

impl<'c> RightsCache<'c> {
    pub fn new(comparison: &'c RightsComparison) -> Self {
        RightsCache { comparison, known: HashMap::new() }
    }

    /// Returns the methods that a token of `role` with `selection` gains and loses. Hand-picked methods differ from token
    /// to token, so their results are not cached.
    pub fn rights_change(&mut self, role: Role, selection: &Selection) -> RightsChange {
        let comparison = self.comparison;
        match selection {
            Selection::Custom(_) if !comparison.adds_methods(role) && !comparison.lowers_ceiling(role) => {
                return RightsChange::default();
            }
            Selection::Custom(_) => return comparison.compare(role, selection),
            Selection::Inherit | Selection::Sets(_) => {}
        }
        let key = (role, selection.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let change = comparison.compare(role, selection);
        if self.known.len() >= MAX_CACHED {
            self.known.clear();
        }
        self.known.insert(key, change.clone());
        change
    }
}

/// The methods that get or lose requests, by their numbers.
struct MovedRequests {
    methods: BitSet,
    /// For each method those that a token must have on the other side, so that nothing changes for it. None if it always
    /// does.
    unaffected: HashMap<usize, Vec<usize>>,
}

impl MovedRequests {
    fn new(
        moved: &BTreeMap<MethodId, Unaffected>,
        limit: usize,
        number: impl Fn(&MethodId) -> Option<usize>,
    ) -> MovedRequests {
        let unaffected = moved.iter().filter_map(|(id, unaffected)| match unaffected {
            Unaffected::HoldersOf(others) => Some((number(id)?, others.iter().map(&number).collect::<Option<_>>()?)),
            Unaffected::None => None,
        });
        MovedRequests {
            unaffected: unaffected.collect(),
            methods: BitSet::new(limit, moved.keys().filter_map(&number)),
        }
    }

    /// Returns `true` if a token with some of these methods may gain or lose requests.
    fn affects_some(&self, permitted: &BitSet) -> bool {
        permitted.intersection(&self.methods).len() > 0
    }

    /// Returns `true` if a token with the method of this number gains or loses requests. `other_side` are its methods on
    /// the other side of the change.
    fn affects(&self, number: usize, other_side: &BitSet) -> bool {
        self.methods.contains(number)
            && !self
                .unaffected
                .get(&number)
                .is_some_and(|others| others.iter().all(|other| other_side.contains(*other)))
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
