//! What there is to pick from: every catalogue laid out in groups, looked up once when the picker opens.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::set::members;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;
use crate::domain::selection::Selection;

/// The heading over methods that no catalogue knows any more.
const VANISHED: &str = "no longer in the catalogue";

/// What a group's methods are to a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Methods of an API.
    Api,
    /// jeton's own: never part of a set or *Inherit*, picked one by one.
    Management,
    /// Methods that a selection names and no catalogue knows: they grant nothing.
    Vanished,
}

/// A group of methods.
#[derive(Debug)]
pub struct Section {
    /// Its id, the head of its methods' ids.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Its methods, by their places.
    pub methods: Range<usize>,
    /// What they are to a selection.
    pub kind: Kind,
}

/// A method.
#[derive(Debug)]
pub struct Entry {
    /// Its id.
    pub id: MethodId,
    /// Where in the id its own name begins, behind the group's.
    pub name_at: usize,
    /// What it does.
    pub title: String,
    /// What calling it can do; none where nothing is known of it.
    pub access: Option<Access>,
    /// Where it is documented.
    pub docs: Option<String>,
    /// Its group, by place.
    pub section: usize,
    /// Whether the account's role does not permit it.
    pub above: bool,
    /// Id and title in lower case, for the search.
    pub haystack: String,
}

/// An API set.
#[derive(Debug)]
pub struct SetEntry {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub title: String,
}

/// Groups, methods and sets. Groups of management methods stand after all others.
#[derive(Debug)]
pub struct Stock {
    /// The groups.
    pub sections: Vec<Section>,
    /// The methods, group by group.
    pub entries: Vec<Entry>,
    /// The API sets.
    pub sets: Vec<SetEntry>,
    places: HashMap<MethodId, usize>,
    catalogues: Arc<[Catalogue]>,
}

impl Stock {
    /// Lays out `catalogues` for tokens of an account of `role`, and whatever `selection` names besides.
    pub fn new(catalogues: Arc<[Catalogue]>, selection: &Selection, role: Role) -> Self {
        let mut stock =
            Stock { sections: Vec::new(), entries: Vec::new(), sets: Vec::new(), places: HashMap::new(), catalogues };
        let catalogues = Arc::clone(&stock.catalogues);
        for kind in [Kind::Api, Kind::Management] {
            for group in catalogues.iter().flat_map(|c| &c.groups) {
                let is_management = group.methods.first().is_some_and(|m| m.id.is_management());
                if is_management == (kind == Kind::Management) && !group.methods.is_empty() {
                    let methods = group.methods.iter().map(|m| {
                        (m.id.clone(), m.title.clone(), Some(m.access), m.docs.clone(), !role.permits(m.access))
                    });
                    stock.add(&group.id, &group.title, kind, methods);
                }
            }
        }
        for set in catalogues.iter().flat_map(|c| &c.sets) {
            stock.sets.push(SetEntry { name: set.name.clone(), title: set.title.clone() });
        }
        match selection {
            Selection::Custom(methods) => {
                let lost: Vec<_> = methods.iter().filter(|m| !stock.places.contains_key(*m)).cloned().collect();
                if !lost.is_empty() {
                    let lost = lost.into_iter().map(|id| (id, String::new(), None, None, false));
                    stock.add(VANISHED, "they grant nothing", Kind::Vanished, lost);
                }
            }
            Selection::Sets(names) => {
                for name in names.iter().filter(|n| !catalogues.iter().any(|c| c.sets.iter().any(|s| s.name == **n))) {
                    stock.sets.push(SetEntry { name: name.clone(), title: VANISHED.to_owned() });
                }
            }
            Selection::Inherit => {}
        }
        stock
    }

    fn add(
        &mut self,
        id: &str,
        title: &str,
        kind: Kind,
        methods: impl Iterator<Item = (MethodId, String, Option<Access>, Option<String>, bool)>,
    ) {
        let (first, section) = (self.entries.len(), self.sections.len());
        for (method, title, access, docs, above) in methods {
            if self.places.contains_key(&method) {
                continue;
            }
            let head = method.as_str().strip_prefix(id).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'));
            let name_at = if head { id.len() + 1 } else { 0 };
            let mut haystack = String::with_capacity(method.as_str().len() + title.len() + 1);
            haystack.push_str(method.as_str());
            haystack.push('\n');
            haystack.push_str(&title);
            let haystack = super::search::lower(&haystack);
            self.places.insert(method.clone(), self.entries.len());
            self.entries.push(Entry { id: method, name_at, title, access, docs, section, above, haystack });
        }
        let methods = first..self.entries.len();
        self.sections.push(Section { id: id.to_owned(), title: title.to_owned(), methods, kind });
    }

    /// Whether it was laid out from these very catalogues.
    pub fn is_of(&self, catalogues: &Arc<[Catalogue]>) -> bool {
        Arc::ptr_eq(&self.catalogues, catalogues)
    }

    /// The methods that `sets` hold together, as ticks.
    pub fn of_sets(&self, sets: &BTreeSet<String>) -> Vec<bool> {
        let mut ticks = vec![false; self.entries.len()];
        for set in sets {
            self.tick(&mut ticks, &members(&self.catalogues, set));
        }
        ticks
    }

    /// The methods of `picked`, as ticks.
    pub fn of_methods(&self, picked: &BTreeSet<MethodId>) -> Vec<bool> {
        let mut ticks = vec![false; self.entries.len()];
        self.tick(&mut ticks, picked);
        ticks
    }

    fn tick(&self, ticks: &mut [bool], methods: &BTreeSet<MethodId>) {
        for place in methods.iter().filter_map(|m| self.places.get(m)) {
            ticks[*place] = true;
        }
    }

    /// The methods of *Inherit*, as ticks.
    pub fn inherited(&self) -> Vec<bool> {
        self.entries.iter().map(|e| !e.above && self.kind_of(e) == Kind::Api).collect()
    }

    /// What `entry` is to a selection.
    pub fn kind_of(&self, entry: &Entry) -> Kind {
        self.sections.get(entry.section).map_or(Kind::Vanished, |s| s.kind)
    }
}
