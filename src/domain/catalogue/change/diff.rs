//! Differences between two states of a catalogue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::renames::Renames;
use crate::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry, TrailingSlash};
use crate::domain::method::{Method, MethodId};

/// All differences. In the order of the newer state; removed parts in the order of the older one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueDiff {
    /// The catalogue's own title, and a change in the order of its parts.
    #[serde(rename = "head")]
    pub attributes: Vec<AttributeChange>,
    /// Added, removed and changed groups.
    pub groups: PartDiff,
    /// Added, removed and changed methods.
    pub methods: PartDiff,
    /// Added, removed and changed API sets.
    pub sets: PartDiff,
}

/// The differences of one kind of part, each identified by its id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartDiff {
    /// Ids of the new parts, for API sets their names.
    pub added: Vec<String>,
    /// Ids of the parts that are gone.
    pub removed: Vec<String>,
    /// Parts with another id than before. Tokens and API sets that use them get the new ids.
    pub renamed: Vec<Rename>,
    /// Parts with other attributes than before.
    pub changed: Vec<ItemChange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The old id, for API sets the old name.
    pub before: String,
    /// The new id or name.
    pub after: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemChange {
    /// The part's id or name.
    pub id: String,
    /// Attributes that differ.
    pub fields: Vec<AttributeChange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeChange {
    /// The field's name, as in files.
    pub name: Cow<'static, str>,
    /// The old value. For the entries of a set: the removed ones.
    pub before: String,
    /// The new value. For the entries of a set: the added ones.
    pub after: String,
}

impl CatalogueDiff {
    pub fn is_empty(&self) -> bool {
        *self == CatalogueDiff::default()
    }
}

/// Returns the changes made by replacing `before` with `after`. Without `before`, everything is added. `renames` are those
/// between the two.
pub fn diff(before: Option<&Catalogue>, after: &Catalogue, renames: &Renames) -> CatalogueDiff {
    let nothing = Catalogue {
        name: after.name.clone(),
        title: String::new(),
        hosts: BTreeSet::new(),
        trailing_slash: TrailingSlash::default(),
        groups: Vec::new(),
        sets: Vec::new(),
    };
    let old = before.unwrap_or(&nothing);
    let mut attributes = Vec::new();
    push_change(&mut attributes, "title", &old.title, &after.title);
    let hosts = |catalogue: &Catalogue| catalogue.hosts.iter().cloned().collect::<Vec<_>>().join(", ");
    push_change(&mut attributes, "hosts", &hosts(old), &hosts(after));
    push_change(&mut attributes, "trailing_slash", old.trailing_slash.as_str(), after.trailing_slash.as_str());
    let mut diff = CatalogueDiff {
        attributes,
        groups: diff_part(
            &old.groups,
            &after.groups,
            |g| &g.id,
            |id| renames.groups.get(id).map(String::as_str),
            |a, b| {
                let mut fields = Vec::new();
                push_change(&mut fields, "title", &a.title, &b.title);
                fields
            },
        ),
        methods: diff_part(
            &methods_with_group(old),
            &methods_with_group(after),
            |(_, m)| m.id.as_str(),
            |id| renames.methods.get(id).map(MethodId::as_str),
            |a, b| method_changes(a, b, renames),
        ),
        sets: diff_part(
            &old.sets,
            &after.sets,
            |s| &s.name,
            |name| renames.sets.get(name).map(String::as_str),
            |a, b| set_changes(a, b, renames),
        ),
    };
    // If only the order differs, report that instead of changing it silently.
    if diff.is_empty() && *old != *after {
        diff.attributes.push(AttributeChange {
            name: "order".into(),
            before: "as stored".to_owned(),
            after: "as in the file".to_owned(),
        });
    }
    diff
}

fn methods_with_group(catalogue: &Catalogue) -> Vec<(&Group, &Method)> {
    catalogue.groups.iter().flat_map(|g| g.methods.iter().map(move |m| (g, m))).collect()
}

fn diff_part<'r, T>(
    before: &[T],
    after: &[T],
    id: impl Fn(&T) -> &str,
    renamed: impl Fn(&str) -> Option<&'r str>,
    fields: impl Fn(&T, &T) -> Vec<AttributeChange>,
) -> PartDiff {
    let older: HashMap<&str, &T> = before.iter().map(|t| (renamed(id(t)).unwrap_or(id(t)), t)).collect();
    let newer: HashMap<&str, &T> = after.iter().map(|t| (id(t), t)).collect();
    let mut part = PartDiff::default();
    for new in after {
        let Some(old) = older.get(id(new)) else {
            part.added.push(id(new).to_owned());
            continue;
        };
        if id(old) != id(new) {
            part.renamed.push(Rename { before: id(old).to_owned(), after: id(new).to_owned() });
        }
        let fields = fields(old, new);
        if !fields.is_empty() {
            part.changed.push(ItemChange { id: id(new).to_owned(), fields });
        }
    }
    let is_gone = |id: &&str| renamed(id).is_none() && !newer.contains_key(id);
    part.removed = before.iter().map(&id).filter(is_gone).map(str::to_owned).collect();
    part
}

fn push_change(fields: &mut Vec<AttributeChange>, name: &'static str, before: &str, after: &str) {
    if before != after {
        fields.push(AttributeChange { name: name.into(), before: before.to_owned(), after: after.to_owned() });
    }
}

fn method_changes(
    (old_group, old): &(&Group, &Method),
    (new_group, new): &(&Group, &Method),
    renames: &Renames,
) -> Vec<AttributeChange> {
    let mut fields = Vec::new();
    // The id of a renamed method shows its group.
    if old.id == new.id {
        let old_group = renames.groups.get(&old_group.id).unwrap_or(&old_group.id);
        push_change(&mut fields, "group", old_group, &new_group.id);
    }
    push_change(&mut fields, "title", &old.title, &new.title);
    push_change(&mut fields, "access", old.access.as_str(), new.access.as_str());
    push_change(&mut fields, "docs", old.docs.as_deref().unwrap_or_default(), new.docs.as_deref().unwrap_or_default());
    push_change(&mut fields, "routes", &old.routes.join(", "), &new.routes.join(", "));
    fields
}

fn set_changes(old: &ApiSet, new: &ApiSet, renames: &Renames) -> Vec<AttributeChange> {
    let renamed = |entries: &[SetEntry]| entries.iter().map(|entry| renames.in_entry(entry)).collect::<Vec<_>>();
    let mut fields = Vec::new();
    push_change(&mut fields, "title", &old.title, &new.title);
    for (name, old, new) in [("include", &old.include, &new.include), ("exclude", &old.exclude, &new.exclude)] {
        let in_order = renamed(old);
        // New names may be sorted differently.
        let old = if in_order == *old { old } else { &in_new_order(in_order, new) };
        entry_changes(&mut fields, name, old, new);
    }
    fields
}

/// Returns `entries` as `new` if they differ only in their order.
fn in_new_order(mut entries: Vec<SetEntry>, new: &[SetEntry]) -> Vec<SetEntry> {
    let place: HashMap<&SetEntry, usize> = new.iter().enumerate().map(|(place, entry)| (entry, place)).collect();
    entries.sort_by_key(|entry| place.get(entry).copied().unwrap_or(usize::MAX));
    entries
}

/// Reports only the removed and added entries, or all of them if only their order differs.
fn entry_changes(fields: &mut Vec<AttributeChange>, name: &'static str, old: &[SetEntry], new: &[SetEntry]) {
    let without = |entries: &[SetEntry], others: &[SetEntry]| {
        let others: HashSet<&SetEntry> = others.iter().collect();
        join_entries(entries.iter().filter(|e| !others.contains(e)))
    };
    let (removed, added) = (without(old, new), without(new, old));
    if removed.is_empty() && added.is_empty() {
        return push_change(fields, name, &join_entries(old.iter()), &join_entries(new.iter()));
    }
    push_change(fields, name, &removed, &added);
}

fn join_entries<'a>(entries: impl Iterator<Item = &'a SetEntry>) -> String {
    entries.map(SetEntry::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: Option<&Catalogue>, after: &Catalogue) -> CatalogueDiff {
        super::diff(before, after, &Renames::new(before, after))
    }

    #[test]
    fn diff_holds_everything_that_differs_and_nothing_else() {
        let old = Catalogue::shipped("cloud-platform").unwrap();
        assert!(diff(Some(&old), &old).is_empty());
        let mut new = old.clone();
        new.title = "Other".to_owned();
        new.hosts = ["b.example".to_owned(), "a.example".to_owned()].into();
        new.trailing_slash = TrailingSlash::Either;
        let gone = new.groups[0].methods.remove(0).id.to_string();
        new.groups[0].methods[0].docs = None;
        new.groups[1].title = "Else".to_owned();
        let moved = new.sets.remove(0);
        new.sets[0].exclude.push(SetEntry::Set("Marketplace".to_owned()));
        let found = diff(Some(&old), &new);
        let attribute = |f: &AttributeChange| (f.name.to_string(), f.after.clone());
        assert_eq!(
            found.attributes.iter().map(attribute).collect::<Vec<_>>(),
            [("title", "Other"), ("hosts", "a.example, b.example"), ("trailing_slash", "either")]
                .map(|(name, after)| (name.to_owned(), after.to_owned()))
        );
        assert_eq!((found.methods.added.len(), found.methods.removed.clone()), (0, vec![gone.clone()]));
        let field =
            |change: &ItemChange| (change.fields.len(), change.fields[0].name.clone(), change.fields[0].after.clone());
        assert_eq!(found.methods.changed.iter().map(field).collect::<Vec<_>>(), [(1, "docs".into(), String::new())]);
        assert_eq!(
            found.groups.changed.iter().map(field).collect::<Vec<_>>(),
            [(1, "title".into(), "Else".to_owned())]
        );
        assert_eq!(found.sets.removed.join(","), moved.name);
        let excluded = (1, "exclude".into(), "set:Marketplace".to_owned());
        assert_eq!(found.sets.changed.iter().map(field).collect::<Vec<_>>(), [excluded]);
        assert_eq!(diff(Some(&new), &old).methods.added, [gone]);

        let mut turned = old.clone();
        turned.groups.reverse();
        assert_eq!(diff(Some(&old), &turned).attributes[0].name, "order");
        assert_eq!(diff(None, &old).sets.added.len(), old.sets.len());
    }
}
