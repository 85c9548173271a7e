//! `catalogue show`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::output::{Table, counted};
use super::catalogues;
use crate::domain::catalogue::permission_index::{PermissionIndex, SetMembers};
use crate::domain::catalogue::short_names::{full_method_id, full_set_name};
use crate::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry, TrailingSlash};
use crate::domain::method::{Method, MethodId};
use crate::domain::suggest::did_you_mean;
use crate::error::{Error, Result};

/// The answer of `catalogue show`: the catalogue, API set, group and method with the name. At least one is present.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Shown<'a> {
    /// Present if the name is that of a catalogue. The other fields follow the same rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    catalogue: Option<ShownCatalogue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<SetMembers<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a Method>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Catalogue")]
struct ShownCatalogue<'a> {
    name: &'a str,
    title: &'a str,
    /// Hosts of the application; empty if the routes apply to every host.
    hosts: &'a BTreeSet<String>,
    /// The rule for the final slash of routes.
    trailing_slash: TrailingSlash,
    groups: &'a [Group],
    sets: Vec<SetMembers<'a>>,
}

/// The meaning of a word on the command line.
struct Matches<'a> {
    catalogue: Option<&'a Catalogue>,
    set: Option<(&'a Catalogue, &'a ApiSet)>,
    group: Option<(&'a Catalogue, &'a Group)>,
    method: Option<(&'a Catalogue, &'a Group, &'a Method)>,
}

impl Matches<'_> {
    fn is_empty(&self) -> bool {
        self.catalogue.is_none() && self.set.is_none() && self.group.is_none() && self.method.is_none()
    }
}

pub(super) fn show(app: &mut App, what: &str) -> Result<()> {
    let catalogues = catalogues(app)?;
    let index = PermissionIndex::new(&catalogues);
    let sets = || catalogues.iter().flat_map(|c| c.sets.iter().map(move |s| (c, s)));
    let groups = || catalogues.iter().flat_map(|c| c.groups.iter().map(move |g| (c, g)));
    let find = |set_name: &str, id: &str| Matches {
        catalogue: catalogues.iter().find(|c| c.name == what),
        set: sets().find(|(_, s)| s.name == set_name),
        group: groups().find(|(_, g)| g.id == what),
        method: groups()
            .flat_map(|(c, g)| g.methods.iter().map(move |m| (c, g, m)))
            .find(|(_, _, m)| m.id.as_str() == id),
    };
    let mut matches = find(what, what);
    if matches.is_empty() {
        let id = match MethodId::parse(what) {
            Ok(typed) => full_method_id(&catalogues, &typed)?.to_string(),
            Err(_) => what.to_owned(),
        };
        matches = find(&full_set_name(&catalogues, what)?, &id);
    }
    if matches.is_empty() {
        let head: String = what.chars().take(100).collect();
        let names = catalogues.iter().flat_map(|c| {
            let groups = c.groups.iter().map(|g| g.id.as_str());
            let methods = c.methods().map(|m| m.id.as_str());
            let sets = c.sets.iter().map(|s| s.name.as_str());
            sets.chain(groups).chain(methods).chain([c.name.as_str()])
        });
        let error = Error::not_found(format!("no catalogue, API set, group or method has the name \"{head}\""));
        let error = did_you_mean(error, &head, names);
        return Err(if error.next.is_some() {
            error
        } else {
            error.next("List the groups and API sets with: jeton catalogue list")
        });
    }
    if app.out.json {
        return app.print_json(&Shown {
            catalogue: matches.catalogue.map(|catalogue| ShownCatalogue {
                name: &catalogue.name,
                title: &catalogue.title,
                hosts: &catalogue.hosts,
                trailing_slash: catalogue.trailing_slash,
                groups: &catalogue.groups,
                sets: catalogue.sets.iter().map(|set| index.resolve(set)).collect(),
            }),
            set: matches.set.map(|(_, set)| index.resolve(set)),
            group: matches.group.map(|(_, group)| group),
            method: matches.method.map(|(_, _, method)| method),
        });
    }
    let mut table = Table::pairs();
    if let Some(catalogue) = matches.catalogue {
        add_catalogue(&mut table, catalogue, &index);
    }
    if let Some((catalogue, set)) = matches.set {
        add_set(&mut table, catalogue, set, &index);
    }
    if let Some((catalogue, group)) = matches.group {
        table.pair("Group", group.id.as_str());
        table.pair("Title", group.title.as_str());
        table.pair("Catalogue", catalogue.name.as_str());
        table.values("Methods", group.methods.iter().map(|m| format!("{}  {}", m.id, m.title)));
    }
    if let Some((catalogue, group, method)) = matches.method {
        add_method(&mut table, catalogue, group, method);
        let holding = sets().filter(|(_, s)| index.members(&s.name).any(|id| *id == method.id));
        table.values("Sets", holding.map(|(_, s)| s.name.clone()));
    }
    app.out.table(&mut table)
}

fn add_catalogue(table: &mut Table, catalogue: &Catalogue, index: &PermissionIndex) {
    table.pair("Catalogue", catalogue.name.as_str());
    table.pair("Title", catalogue.title.as_str());
    table.values("Hosts", catalogue.hosts.iter().cloned());
    if catalogue.trailing_slash != TrailingSlash::default() {
        table.pair("Final slash", "optional");
    }
    let groups = catalogue.groups.iter().map(|g| format!("{}  {}", g.id, counted(g.methods.len(), "method")));
    table.values("Groups", groups);
    let sets = catalogue.sets.iter().map(|s| format!("{}  {}", s.name, counted(index.count(&s.name), "method")));
    table.values("Sets", sets);
}

fn add_set(table: &mut Table, catalogue: &Catalogue, set: &ApiSet, index: &PermissionIndex) {
    table.pair("API set", set.name.as_str());
    table.pair("Title", set.title.as_str());
    table.pair("Catalogue", catalogue.name.as_str());
    table.values("Includes", set.include.iter().map(SetEntry::to_string));
    table.values("Leaves out", set.exclude.iter().map(SetEntry::to_string));
    table.pair("Holds", counted(index.count(&set.name), "method"));
    table.values("", index.members(&set.name).map(ToString::to_string));
}

fn add_method(table: &mut Table, catalogue: &Catalogue, group: &Group, method: &Method) {
    table.pair("Method", method.id.as_str());
    table.pair("Title", method.title.as_str());
    table.pair("Access", method.access.as_str());
    table.pair("Group", format!("{} ({})", group.id, group.title));
    table.pair("Catalogue", catalogue.name.as_str());
    if let Some(docs) = &method.docs {
        table.pair("Docs", docs.as_str());
    }
    table.values("Routes", method.routes.iter().cloned());
}
