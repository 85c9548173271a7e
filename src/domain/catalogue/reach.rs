//! The methods that tokens may call, and those that they gain when catalogues change.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::Catalogue;
use super::bits::Bits;
use super::set::{Index, ids};
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;
use crate::domain::selection::Selection;

/// Maximum number of different selections whose results are cached. A normal store has few, a hostile one many.
const KEPT: usize = 4096;

/// The rights of selections, for catalogues that don't change.
pub struct Rights {
    ids: Vec<MethodId>,
    access: Vec<Option<Access>>,
    sets: HashMap<String, Bits>,
}

/// The methods that a token may call. Created by [`Rights`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted(Bits);

impl Permitted {
    /// `true` if the method of this number is permitted.
    pub fn holds(&self, method: usize) -> bool {
        self.0.contains(method)
    }

    /// Returns the additional memory that the value uses, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

impl Rights {
    /// Creates the rights for `catalogues`.
    pub fn new(catalogues: &[Catalogue]) -> Self {
        let ids = ids([catalogues]);
        let index = Index::new(&ids, catalogues);
        let sets = index.sets().map(|(name, bits)| (name.to_owned(), bits.clone())).collect();
        let access = index.access().to_vec();
        Rights { ids, access, sets }
    }

    /// Returns all methods. A method's number is its position here.
    pub fn methods(&self) -> impl Iterator<Item = &MethodId> {
        self.ids.iter()
    }

    /// Returns the number of a method; `None` if no catalogue defines it.
    pub fn number(&self, method: &str) -> Option<usize> {
        self.ids.binary_search_by(|id| id.as_str().cmp(method)).ok()
    }

    /// Returns the methods that a token of `role` with `selection` may call, sorted, with their access levels.
    pub fn selected(&self, role: Role, selection: &Selection) -> impl Iterator<Item = (&MethodId, Access)> {
        let Permitted(bits) = self.permitted(role, selection);
        let numbers: Vec<usize> = bits.iter().collect();
        numbers.into_iter().filter_map(|n| Some((self.ids.get(n)?, self.access.get(n).copied().flatten()?)))
    }

    /// Returns the methods that a token of `role` with `selection` may call.
    pub fn permitted(&self, role: Role, selection: &Selection) -> Permitted {
        let mut bits = Bits::none(self.ids.len());
        match selection {
            Selection::Inherit => {
                (0..self.ids.len()).filter(|n| !self.ids[*n].is_management()).for_each(|n| bits.insert(n));
            }
            Selection::Custom(methods) => {
                methods.iter().filter_map(|id| self.number(id.as_str())).for_each(|n| bits.insert(n));
            }
            Selection::Sets(names) => names.iter().filter_map(|name| self.sets.get(name)).for_each(|set| bits.add(set)),
        }
        let above = |n: &usize| !self.access[*n].is_some_and(|access| role.permits(access));
        let mut beyond = Bits::none(self.ids.len());
        bits.iter().filter(above).for_each(|n| beyond.insert(n));
        bits.remove(&beyond);
        Permitted(bits)
    }

    /// Returns the ids of `permitted`, sorted.
    pub fn named(&self, permitted: &Permitted) -> impl Iterator<Item = &MethodId> {
        permitted.0.iter().filter_map(|number| self.ids.get(number))
    }
}

/// Returns the first right that selections would grant although a token of `role` with `held` doesn't have it, in
/// words. `None` if there is no such right. *Inherit* grows with the catalogue, so no token may grant it. The same
/// holds for a set: only a token that holds that very set grows along with it. A method or set that no catalogue
/// defines may come back later, so it may not be granted either.
pub fn beyond<'s>(
    catalogues: &[Catalogue],
    role: Role,
    held: &Selection,
    wanted: impl IntoIterator<Item = &'s Selection>,
) -> Option<String> {
    let ids = ids([catalogues]);
    let index = Index::new(&ids, catalogues);
    let has_set = |name: &String| matches!(held, Selection::Sets(sets) if sets.contains(name));
    let held = effective(&index, held, &index.permitted(role, matches!(held, Selection::Inherit)));
    let lacking = |bits: &Bits| {
        let mut more = bits.clone();
        more.remove(&held);
        index.named(&more).next().map(ToString::to_string)
    };
    wanted.into_iter().find_map(|selection| match selection {
        Selection::Inherit => Some("Inherit".to_owned()),
        Selection::Custom(methods) => {
            let unknown = methods.iter().find(|id| ids.binary_search(id).is_err()).map(ToString::to_string);
            unknown.or_else(|| lacking(&index.bits(methods)))
        }
        Selection::Sets(names) => names.iter().find_map(|name| match index.of_set(name) {
            Some(set) if has_set(name) => lacking(set),
            Some(_) | None => Some(name.clone()),
        }),
    })
}

/// Returns the selected methods under the ceiling.
fn effective(index: &Index<'_>, selection: &Selection, ceiling: &Bits) -> Bits {
    let mut selected = match selection {
        Selection::Inherit => return ceiling.clone(),
        Selection::Custom(methods) => index.bits(methods),
        Selection::Sets(names) => {
            let mut all = index.empty();
            names.iter().filter_map(|n| index.of_set(n)).for_each(|set| all.add(set));
            all
        }
    };
    selected.keep(ceiling);
    selected
}

/// The ceilings of a role before and after.
struct Ceilings {
    before: Bits,
    after: Bits,
    inherited: Rc<[MethodId]>,
    /// `true` if a hand-picked method may be gained at all.
    opens: bool,
}

/// Two states of all catalogues, to compute the methods that selections gain between them.
pub struct Widening<'a> {
    before: Index<'a>,
    after: Index<'a>,
    ceilings: HashMap<Role, Ceilings>,
    by_sets: HashMap<(Role, BTreeSet<String>), Rc<[MethodId]>>,
    nothing: Rc<[MethodId]>,
}

impl<'a> Widening<'a> {
    /// Compares `before` with `after`; `ids` are the methods of both.
    pub fn new(ids: &'a [MethodId], before: &'a [Catalogue], after: &'a [Catalogue]) -> Self {
        let (before, after) = (Index::new(ids, before), Index::new(ids, after));
        let ceilings = Role::ALL.into_iter().map(|role| (role, ceilings(&before, &after, role))).collect();
        Widening { before, after, ceilings, by_sets: HashMap::new(), nothing: Rc::new([]) }
    }

    /// `true` if any token could gain anything. If not, no token needs to be checked.
    pub fn is_possible(&self) -> bool {
        let wider = |(name, set): (&str, &Bits)| {
            let mut more = set.clone();
            if let Some(before) = self.before.of_set(name) {
                more.remove(before);
            }
            !more.is_empty()
        };
        self.ceilings.values().any(|c| c.opens || !c.inherited.is_empty()) || self.after.sets().any(wider)
    }

    /// Returns the methods that a token of `role` with `selection` gains, sorted.
    pub fn gained(&mut self, role: Role, selection: &Selection) -> Rc<[MethodId]> {
        let Some(ceilings) = self.ceilings.get(&role) else { return Rc::clone(&self.nothing) };
        let names = match selection {
            Selection::Inherit => return Rc::clone(&ceilings.inherited),
            Selection::Custom(_) if !ceilings.opens => return Rc::clone(&self.nothing),
            Selection::Custom(_) => return self.compared(selection, ceilings),
            Selection::Sets(names) => names,
        };
        let key = (role, names.clone());
        if let Some(known) = self.by_sets.get(&key) {
            return Rc::clone(known);
        }
        let gained = self.compared(selection, ceilings);
        if self.by_sets.len() >= KEPT {
            self.by_sets.clear();
        }
        self.by_sets.insert(key, Rc::clone(&gained));
        gained
    }

    fn compared(&self, selection: &Selection, ceilings: &Ceilings) -> Rc<[MethodId]> {
        let mut gained = effective(&self.after, selection, &ceilings.after);
        gained.remove(&effective(&self.before, selection, &ceilings.before));
        self.after.named(&gained).cloned().collect()
    }

    /// Returns the sets whose members differ, by name, with the gained and lost methods.
    pub fn shifts(&self) -> Vec<Shift> {
        let names: BTreeSet<&str> = self.before.sets().chain(self.after.sets()).map(|(name, _)| name).collect();
        let empty = self.after.empty();
        let shift = |name: &str| {
            let before = self.before.of_set(name).unwrap_or(&empty);
            let after = self.after.of_set(name).unwrap_or(&empty);
            let (mut gains, mut loses) = (after.clone(), before.clone());
            gains.remove(before);
            loses.remove(after);
            (before != after).then(|| Shift {
                set: name.to_owned(),
                gains: self.after.named(&gains).cloned().collect(),
                loses: self.after.named(&loses).cloned().collect(),
            })
        };
        names.into_iter().filter_map(shift).collect()
    }
}

fn ceilings(before: &Index<'_>, after: &Index<'_>, role: Role) -> Ceilings {
    let more = |inherit: bool| {
        let mut more = after.permitted(role, inherit);
        more.remove(&before.permitted(role, inherit));
        more
    };
    Ceilings {
        before: before.permitted(role, false),
        after: after.permitted(role, false),
        inherited: after.named(&more(true)).cloned().collect(),
        opens: !more(false).is_empty(),
    }
}

/// The change in the members of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The set's name.
    pub set: String,
    /// Methods added to the set.
    pub gains: Vec<MethodId>,
    /// Methods removed from the set.
    pub loses: Vec<MethodId>,
}
