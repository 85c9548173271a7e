//! The contents of the picker: all catalogues in groups, prepared once when the picker opens.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;

/// Heading of the methods that are in no catalogue any more.
const VANISHED: &str = "no longer in the catalogue";

/// The kind of a group's methods with regard to selections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// Methods of an API.
    Api,
    /// Management methods of jeton. They are never part of a set or *Inherit* and are picked one by one.
    Management,
    /// Methods in a selection that no catalogue has. They grant nothing.
    Vanished,
}

#[derive(Debug)]
pub struct MethodGroup {
    /// Id of the group, the common prefix of its methods' ids.
    pub id: String,
    pub title: String,
    /// Positions of its methods.
    pub methods: Range<usize>,
    pub kind: GroupKind,
}

#[derive(Debug)]
pub struct MethodRow {
    pub id: MethodId,
    /// Byte offset in the id at which the method's own name begins, after the group's id.
    pub name_start: usize,
    pub title: String,
    /// Access level of the method; `None` if nothing is known about the method.
    pub access: Option<Access>,
    /// Link to the documentation.
    pub docs: Option<String>,
    /// Position of its group.
    pub group: usize,
    /// `true` if the account's role does not permit the method.
    pub above_role: bool,
    /// Id and title in lower case, for the search.
    pub haystack: String,
}

/// An API set.
#[derive(Debug)]
pub struct SetRow {
    pub name: String,
    pub title: String,
    /// Name and title in lower case, for the search.
    pub haystack: String,
}

impl SetRow {
    pub(super) fn new(name: &str, title: &str) -> Self {
        let haystack = super::search::lower(&format!("{name}\n{title}"));
        SetRow { name: name.to_owned(), title: title.to_owned(), haystack }
    }
}

/// Groups, methods and sets. Groups of management methods come after all others.
pub struct PickerIndex {
    pub groups: Vec<MethodGroup>,
    /// The methods, group by group.
    pub methods: Vec<MethodRow>,
    /// The API sets.
    pub sets: Vec<SetRow>,
    positions: HashMap<MethodId, usize>,
    catalogues: Arc<[Catalogue]>,
    /// The methods of the sets. Built once, because building takes longer than a key may.
    permissions: PermissionIndex,
}

impl fmt::Debug for PickerIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PickerIndex").field("methods", &self.methods.len()).field("sets", &self.sets.len()).finish()
    }
}

impl PickerIndex {
    /// Prepares `catalogues` for tokens of an account of `role`, and any other methods that `selection` names.
    pub fn new(catalogues: Arc<[Catalogue]>, selection: &Selection, role: Role) -> Self {
        let mut index = PickerIndex {
            groups: Vec::new(),
            methods: Vec::new(),
            sets: Vec::new(),
            positions: HashMap::new(),
            permissions: PermissionIndex::new(&catalogues),
            catalogues,
        };
        let catalogues = Arc::clone(&index.catalogues);
        for kind in [GroupKind::Api, GroupKind::Management] {
            for group in catalogues.iter().flat_map(|c| &c.groups) {
                let is_management = group.methods.first().is_some_and(|m| m.id.is_management());
                if is_management == (kind == GroupKind::Management) && !group.methods.is_empty() {
                    let methods = group.methods.iter().map(|m| {
                        (m.id.clone(), m.title.clone(), Some(m.access), m.docs.clone(), !role.permits(m.access))
                    });
                    index.add_group(&group.id, &group.title, kind, methods);
                }
            }
        }
        for set in catalogues.iter().flat_map(|c| &c.sets) {
            index.sets.push(SetRow::new(&set.name, &set.title));
        }
        match selection {
            Selection::Custom(methods) => {
                let vanished: Vec<_> = methods.iter().filter(|m| !index.positions.contains_key(*m)).cloned().collect();
                if !vanished.is_empty() {
                    let rows = vanished.into_iter().map(|id| (id, String::new(), None, None, false));
                    index.add_group(VANISHED, "no effect", GroupKind::Vanished, rows);
                }
            }
            Selection::Sets(names) => {
                for name in names.iter().filter(|n| !catalogues.iter().any(|c| c.sets.iter().any(|s| s.name == **n))) {
                    index.sets.push(SetRow::new(name, VANISHED));
                }
            }
            Selection::Inherit => {}
        }
        index
    }

    fn add_group(
        &mut self,
        id: &str,
        title: &str,
        kind: GroupKind,
        methods: impl Iterator<Item = (MethodId, String, Option<Access>, Option<String>, bool)>,
    ) {
        let (first, section) = (self.methods.len(), self.groups.len());
        for (method, title, access, docs, above) in methods {
            if self.positions.contains_key(&method) {
                continue;
            }
            let head = method.as_str().strip_prefix(id).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'));
            let name_at = if head { id.len() + 1 } else { 0 };
            let mut haystack = String::with_capacity(method.as_str().len() + title.len() + 1);
            haystack.push_str(method.as_str());
            haystack.push('\n');
            haystack.push_str(&title);
            let haystack = super::search::lower(&haystack);
            self.positions.insert(method.clone(), self.methods.len());
            self.methods.push(MethodRow {
                id: method,
                name_start: name_at,
                title,
                access,
                docs,
                group: section,
                above_role: above,
                haystack,
            });
        }
        let methods = first..self.methods.len();
        self.groups.push(MethodGroup { id: id.to_owned(), title: title.to_owned(), methods, kind });
    }

    /// Returns `true` if the contents were prepared from this same `catalogues` allocation.
    pub fn is_built_from(&self, catalogues: &Arc<[Catalogue]>) -> bool {
        Arc::ptr_eq(&self.catalogues, catalogues)
    }

    /// Returns ticks for all methods of `sets`.
    pub fn ticks_of_sets(&self, sets: &BTreeSet<String>) -> Vec<bool> {
        let mut ticks = vec![false; self.methods.len()];
        for set in sets {
            self.tick(&mut ticks, self.permissions.members(set));
        }
        ticks
    }

    pub fn ticks_of_methods(&self, picked: &BTreeSet<MethodId>) -> Vec<bool> {
        let mut ticks = vec![false; self.methods.len()];
        self.tick(&mut ticks, picked.iter());
        ticks
    }

    fn tick<'a>(&self, ticks: &mut [bool], methods: impl Iterator<Item = &'a MethodId>) {
        for position in methods.filter_map(|m| self.positions.get(m)) {
            ticks[*position] = true;
        }
    }

    /// Returns ticks for the methods of *Inherit*.
    pub fn ticks_of_inherit(&self) -> Vec<bool> {
        self.methods.iter().map(|e| !e.above_role && self.kind_of(e) == GroupKind::Api).collect()
    }

    pub fn kind_of(&self, entry: &MethodRow) -> GroupKind {
        self.groups.get(entry.group).map_or(GroupKind::Vanished, |s| s.kind)
    }
}
