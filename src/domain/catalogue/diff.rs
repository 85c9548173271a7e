//! Differences between two states of one catalogue.

use std::collections::{HashMap, HashSet};

use super::{ApiSet, Catalogue, Entry, Group};
use crate::domain::method::Method;

/// All differences. In the order of the newer state; removed parts in the order of the older one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// The catalogue's own title, and a change in the order of its parts.
    pub head: Vec<Field>,
    /// The differences of groups.
    pub groups: Part,
    /// The differences of methods.
    pub methods: Part,
    /// The differences of sets.
    pub sets: Part,
}

/// The differences of one kind of part, each identified by its id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Ids of the added parts.
    pub added: Vec<String>,
    /// Ids of the removed parts.
    pub removed: Vec<String>,
    /// Parts that are in both states but differ.
    pub changed: Vec<Change>,
}

/// The differences of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The part's id or name.
    pub id: String,
    /// The differing fields.
    pub fields: Vec<Field>,
}

/// A field before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's name, as in files.
    pub name: &'static str,
    /// The old value. For the entries of a set: the removed ones.
    pub before: String,
    /// The new value. For the entries of a set: the added ones.
    pub after: String,
}

impl Diff {
    /// `true` if there are no differences.
    pub fn is_empty(&self) -> bool {
        *self == Diff::default()
    }
}

/// Returns the changes made by replacing `before` with `after`. Without `before`, everything is added.
pub fn diff(before: Option<&Catalogue>, after: &Catalogue) -> Diff {
    let nothing = Catalogue { name: after.name.clone(), title: String::new(), groups: Vec::new(), sets: Vec::new() };
    let old = before.unwrap_or(&nothing);
    let mut head = Vec::new();
    field(&mut head, "title", &old.title, &after.title);
    let mut diff = Diff {
        head,
        groups: part(
            &old.groups,
            &after.groups,
            |g| &g.id,
            |a, b| {
                let mut fields = Vec::new();
                field(&mut fields, "title", &a.title, &b.title);
                fields
            },
        ),
        methods: part(&placed(old), &placed(after), |(_, m)| m.id.as_str(), method),
        sets: part(&old.sets, &after.sets, |s| &s.name, set),
    };
    // If only the order differs, report that instead of changing it silently.
    if diff.is_empty() && *old != *after {
        diff.head.push(Field { name: "order", before: "another".to_owned(), after: "as in the file".to_owned() });
    }
    diff
}

fn placed(catalogue: &Catalogue) -> Vec<(&Group, &Method)> {
    catalogue.groups.iter().flat_map(|g| g.methods.iter().map(move |m| (g, m))).collect()
}

fn part<T>(before: &[T], after: &[T], id: impl Fn(&T) -> &str, fields: impl Fn(&T, &T) -> Vec<Field>) -> Part {
    let older: HashMap<&str, &T> = before.iter().map(|t| (id(t), t)).collect();
    let newer: HashMap<&str, &T> = after.iter().map(|t| (id(t), t)).collect();
    let mut part = Part::default();
    for new in after {
        let Some(old) = older.get(id(new)) else {
            part.added.push(id(new).to_owned());
            continue;
        };
        let fields = fields(old, new);
        if !fields.is_empty() {
            part.changed.push(Change { id: id(new).to_owned(), fields });
        }
    }
    part.removed = before.iter().map(&id).filter(|id| !newer.contains_key(id)).map(str::to_owned).collect();
    part
}

fn field(fields: &mut Vec<Field>, name: &'static str, before: &str, after: &str) {
    if before != after {
        fields.push(Field { name, before: before.to_owned(), after: after.to_owned() });
    }
}

fn method((old_group, old): &(&Group, &Method), (new_group, new): &(&Group, &Method)) -> Vec<Field> {
    let mut fields = Vec::new();
    field(&mut fields, "group", &old_group.id, &new_group.id);
    field(&mut fields, "title", &old.title, &new.title);
    field(&mut fields, "access", old.access.as_str(), new.access.as_str());
    field(&mut fields, "docs", old.docs.as_deref().unwrap_or_default(), new.docs.as_deref().unwrap_or_default());
    field(&mut fields, "routes", &old.routes.join(", "), &new.routes.join(", "));
    fields
}

fn set(old: &ApiSet, new: &ApiSet) -> Vec<Field> {
    let mut fields = Vec::new();
    field(&mut fields, "title", &old.title, &new.title);
    entries(&mut fields, "include", &old.include, &new.include);
    entries(&mut fields, "exclude", &old.exclude, &new.exclude);
    fields
}

/// Reports only the removed and added entries, or all of them if only their order differs.
fn entries(fields: &mut Vec<Field>, name: &'static str, old: &[Entry], new: &[Entry]) {
    let without = |entries: &[Entry], others: &[Entry]| {
        let others: HashSet<&Entry> = others.iter().collect();
        joined(entries.iter().filter(|e| !others.contains(e)))
    };
    let (gone, come) = (without(old, new), without(new, old));
    if gone.is_empty() && come.is_empty() {
        return field(fields, name, &joined(old.iter()), &joined(new.iter()));
    }
    field(fields, name, &gone, &come);
}

fn joined<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    entries.map(Entry::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_differs_is_told_and_nothing_else() {
        let old = Catalogue::shipped("cloud-platform").unwrap();
        assert!(diff(Some(&old), &old).is_empty());
        let mut new = old.clone();
        new.title = "Other".to_owned();
        let gone = new.groups[0].methods.remove(0).id.to_string();
        new.groups[0].methods[0].docs = None;
        new.groups[1].title = "Else".to_owned();
        let moved = new.sets.remove(0);
        new.sets[0].exclude.push(Entry::Set("Marketplace".to_owned()));
        let told = diff(Some(&old), &new);
        assert_eq!(told.head.iter().map(|f| f.name).collect::<Vec<_>>(), ["title"]);
        assert_eq!((told.methods.added.len(), told.methods.removed.clone()), (0, vec![gone.clone()]));
        let field = |change: &Change| (change.fields.len(), change.fields[0].name, change.fields[0].after.clone());
        assert_eq!(told.methods.changed.iter().map(field).collect::<Vec<_>>(), [(1, "docs", String::new())]);
        assert_eq!(told.groups.changed.iter().map(field).collect::<Vec<_>>(), [(1, "title", "Else".to_owned())]);
        assert_eq!(told.sets.removed.join(","), moved.name);
        let excluded = (1, "exclude", "set:Marketplace".to_owned());
        assert_eq!(told.sets.changed.iter().map(field).collect::<Vec<_>>(), [excluded]);
        assert_eq!(diff(Some(&new), &old).methods.added, [gone]);

        let mut turned = old.clone();
        turned.groups.reverse();
        assert_eq!(diff(Some(&old), &turned).head[0].name, "order");
        assert_eq!(diff(None, &old).sets.added.len(), old.sets.len());
    }
}
