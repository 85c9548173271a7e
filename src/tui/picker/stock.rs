//! The contents of the picker: all catalogues in groups, prepared once when the picker opens.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::set::members;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;
use crate::domain::selection::Selection;

/// Heading of the methods that are in no catalogue any more.
const VANISHED: &str = "no longer in the catalogue";

/// The kind of a group's methods with regard to selections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Methods of an API.
    Api,
    /// Management methods of jeton. They are never part of a set or *Inherit* and are picked one by one.
    Management,
    /// Methods in a selection that no catalogue has. They grant nothing.
    Vanished,
}

/// A group of methods.
#[derive(Debug)]
pub struct Section {
    /// Id of the group, the common prefix of its methods' ids.
    pub id: String,
    /// Title of the group.
    pub title: String,
    /// Positions of its methods.
    pub methods: Range<usize>,
    /// Kind of its methods.
    pub kind: Kind,
}

/// A method.
#[derive(Debug)]
pub struct Entry {
    /// Id of the method.
    pub id: MethodId,
    /// Byte offset in the id at which the method's own name begins, after the group's id.
    pub name_at: usize,
    /// Title of the method.
    pub title: String,
    /// Access level of the method; `None` if nothing is known about the method.
    pub access: Option<Access>,
    /// Link to the documentation.
    pub docs: Option<String>,
    /// Position of its group.
    pub section: usize,
    /// `true` if the account's role does not permit the method.
    pub above: bool,
    /// Id and title in lower case, for the search.
    pub haystack: String,
}

/// An API set.
#[derive(Debug)]
pub struct SetEntry {
    /// Name of the set.
    pub name: String,
    /// Title of the set.
    pub title: String,
}

/// Groups, methods and sets. Groups of management methods come after all others.
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
    /// Prepares `catalogues` for tokens of an account of `role`, and any other methods that `selection` names.
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

    /// `true` if the contents were prepared from this same `catalogues` allocation.
    pub fn is_of(&self, catalogues: &Arc<[Catalogue]>) -> bool {
        Arc::ptr_eq(&self.catalogues, catalogues)
    }

    /// Returns ticks for all methods of `sets`.
    pub fn of_sets(&self, sets: &BTreeSet<String>) -> Vec<bool> {
        let mut ticks = vec![false; self.entries.len()];
        for set in sets {
            self.tick(&mut ticks, &members(&self.catalogues, set));
        }
        ticks
    }

    /// Returns ticks for the methods of `picked`.
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

    /// Returns ticks for the methods of *Inherit*.
    pub fn inherited(&self) -> Vec<bool> {
        self.entries.iter().map(|e| !e.above && self.kind_of(e) == Kind::Api).collect()
    }

    /// Returns the kind of `entry`.
    pub fn kind_of(&self, entry: &Entry) -> Kind {
        self.sections.get(entry.section).map_or(Kind::Vanished, |s| s.kind)
    }
}
