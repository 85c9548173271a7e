//! `catalogue list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::output::Table;
use super::catalogues;
use crate::domain::catalogue::permission_index::{PermissionIndex, SetMembers};
use crate::domain::catalogue::{Catalogue, Group};
use crate::error::Result;

/// The answer of `catalogue list`.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Listed<'a> {
    /// Groups of all catalogues, with their methods.
    groups: Vec<&'a Group>,
    /// API sets of all catalogues, with their methods.
    sets: Vec<SetMembers<'a>>,
}

pub(super) fn list(app: &mut App) -> Result<()> {
    let catalogues = catalogues(app)?;
    let index = PermissionIndex::new(&catalogues);
    if app.out.json {
        return app.print_json(&Listed {
            groups: catalogues.iter().flat_map(|c| &c.groups).collect(),
            sets: catalogues.iter().flat_map(|c| &c.sets).map(|set| index.resolve(set)).collect(),
        });
    }
    if app.out.quiet {
        return catalogues.iter().flat_map(Catalogue::methods).try_for_each(|m| app.out.line(m.id.as_str()));
    }
    let mut table = Table::new(&["GROUP", "METHODS", "TITLE", "CATALOGUE"]);
    for catalogue in &catalogues {
        for group in &catalogue.groups {
            let count = group.methods.len().to_string();
            table.row([group.id.clone(), count, group.title.clone(), catalogue.name.clone()]);
        }
    }
    app.out.table(&mut table)?;
    let mut table = Table::new(&["SET", "METHODS", "TITLE", "CATALOGUE"]);
    let mut any = false;
    for catalogue in &catalogues {
        for set in &catalogue.sets {
            any = true;
            let count = index.count(&set.name).to_string();
            table.row([set.name.clone(), count, set.title.clone(), catalogue.name.clone()]);
        }
    }
    if any {
        app.out.line("")?;
        app.out.table(&mut table)?;
    }
    Ok(())
}
