//! JSON answers about catalogues.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::json::SCHEMA;
use crate::domain::catalogue::diff::{AttributeChange, CatalogueDiff, PartDiff};
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::catalogue::permission_index::SetChange;
use crate::domain::catalogue::{ApiSet, Catalogue, Group};
use crate::domain::method::{Method, MethodId};
use crate::verbs::catalogue::{CataloguePreview, WidenedToken};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Method")]
pub(in crate::cli) struct MethodJson<'a> {
    id: &'a str,
    title: &'a str,
    access: &'static str,
    docs: Option<&'a str>,
    routes: &'a [String],
}

impl<'a> From<&'a Method> for MethodJson<'a> {
    fn from(method: &'a Method) -> Self {
        MethodJson {
            id: method.id.as_str(),
            title: &method.title,
            access: method.access.as_str(),
            docs: method.docs.as_deref(),
            routes: &method.routes,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group")]
pub(in crate::cli) struct GroupJson<'a> {
    id: &'a str,
    title: &'a str,
    methods: Vec<MethodJson<'a>>,
}

impl<'a> From<&'a Group> for GroupJson<'a> {
    fn from(group: &'a Group) -> Self {
        GroupJson { id: &group.id, title: &group.title, methods: group.methods.iter().map(MethodJson::from).collect() }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Set")]
pub(in crate::cli) struct SetJson<'a> {
    name: &'a str,
    title: &'a str,
    methods: Vec<&'a str>,
}

impl<'a> SetJson<'a> {
    pub(super) fn new(set: &'a ApiSet, index: &'a PermissionIndex) -> Self {
        let methods = index.members(&set.name).map(MethodId::as_str).collect();
        SetJson { name: &set.name, title: &set.title, methods }
    }
}

/// The answer of `list`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "List")]
pub(in crate::cli) struct ListJson<'a> {
    schema: u32,
    groups: Vec<GroupJson<'a>>,
    sets: Vec<SetJson<'a>>,
}

impl<'a> ListJson<'a> {
    pub(super) fn new(catalogues: &'a [Catalogue], index: &'a PermissionIndex) -> Self {
        ListJson {
            schema: SCHEMA,
            groups: catalogues.iter().flat_map(|c| &c.groups).map(GroupJson::from).collect(),
            sets: catalogues.iter().flat_map(|c| &c.sets).map(|s| SetJson::new(s, index)).collect(),
        }
    }
}

/// The answer of `show`: exactly one of the four is present.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogueShown")]
pub(in crate::cli) struct ShownJson<'a> {
    pub schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<SetJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Catalogue")]
pub(in crate::cli) struct CatalogueJson<'a> {
    name: &'a str,
    title: &'a str,
    groups: Vec<GroupJson<'a>>,
    sets: Vec<SetJson<'a>>,
}

impl<'a> CatalogueJson<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, index: &'a PermissionIndex) -> Self {
        CatalogueJson {
            name: &catalogue.name,
            title: &catalogue.title,
            groups: catalogue.groups.iter().map(GroupJson::from).collect(),
            sets: catalogue.sets.iter().map(|s| SetJson::new(s, index)).collect(),
        }
    }
}

/// The answer of `check` for a valid file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Checked")]
pub(in crate::cli) struct CheckedJson<'a> {
    pub schema: u32,
    pub catalogue: &'a str,
    pub groups: usize,
    pub methods: usize,
    pub sets: usize,
}

/// The answer of `apply`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Applied")]
pub(in crate::cli) struct AppliedJson<'a> {
    schema: u32,
    applied: bool,
    catalogue: &'a str,
    new: bool,
    warnings: &'a [String],
    head: Vec<FieldJson<'a>>,
    groups: PartJson<'a>,
    methods: PartJson<'a>,
    sets: PartJson<'a>,
    members: Vec<ShiftJson<'a>>,
    widening: WideningJson<'a>,
    opened: Vec<&'a str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Part")]
struct PartJson<'a> {
    added: &'a [String],
    removed: &'a [String],
    changed: Vec<ChangeJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogueFieldChange")]
struct ChangeJson<'a> {
    id: &'a str,
    fields: Vec<FieldJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogueField")]
struct FieldJson<'a> {
    name: &'a str,
    before: &'a str,
    after: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Shift")]
struct ShiftJson<'a> {
    set: &'a str,
    gains: Vec<&'a str>,
    loses: Vec<&'a str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Widening")]
struct WideningJson<'a> {
    count: u64,
    tokens: Vec<WidenedJson<'a>>,
    unreadable: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Widened")]
struct WidenedJson<'a> {
    name: &'a str,
    count: usize,
    methods: Vec<&'a str>,
}

impl<'a> AppliedJson<'a> {
    pub(super) fn new(preview: &'a CataloguePreview, warnings: &'a [String], applied: bool) -> Self {
        let CatalogueDiff { attributes: head, groups, methods, sets } = &preview.diff;
        AppliedJson {
            schema: SCHEMA,
            applied,
            catalogue: &preview.name,
            new: preview.is_new,
            warnings,
            head: fields(head),
            groups: part(groups),
            methods: part(methods),
            sets: part(sets),
            members: preview.set_changes.iter().map(shift).collect(),
            widening: WideningJson {
                count: preview.widening.count,
                tokens: preview.widening.tokens.iter().map(widened).collect(),
                unreadable: preview.widening.unreadable.iter().map(ToString::to_string).collect(),
            },
            opened: ids(&preview.made_public),
        }
    }
}

fn fields(fields: &[AttributeChange]) -> Vec<FieldJson<'_>> {
    fields.iter().map(|f| FieldJson { name: &f.name, before: &f.before, after: &f.after }).collect()
}

fn part(part: &PartDiff) -> PartJson<'_> {
    let changed = part.changed.iter().map(|c| ChangeJson { id: &c.id, fields: fields(&c.fields) }).collect();
    PartJson { added: &part.added, removed: &part.removed, changed }
}

fn ids(methods: &[MethodId]) -> Vec<&str> {
    methods.iter().map(MethodId::as_str).collect()
}

fn shift(shift: &SetChange) -> ShiftJson<'_> {
    ShiftJson { set: &shift.set, gains: ids(&shift.gains), loses: ids(&shift.loses) }
}

fn widened(token: &WidenedToken) -> WidenedJson<'_> {
    WidenedJson { name: &token.name, count: token.count, methods: ids(&token.methods) }
}
