//! Methods and API sets.

use std::collections::HashMap;

use rusqlite::{Connection, Params, params};

use super::query_helpers::{execute, query_all, query_one, tuple};
use super::sqlite_tx::SqliteTx;
use crate::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet};
use crate::domain::catalogue::{ApiSet, Catalogue, Group};
use crate::domain::method::{Method, MethodId};
use crate::error::Result;
use crate::verbs::ports::{CatalogueReader, CatalogueWriter};

impl CatalogueReader for SqliteTx<'_> {
    fn method(&self, id: &MethodId) -> Result<Option<Method>> {
        let sql = "SELECT title, access, docs FROM methods WHERE id = ?1";
        let Some((title, access, docs)) = query_one(self.0, sql, [id.as_str()], tuple)? else { return Ok(None) };
        let sql = "SELECT route FROM method_routes WHERE method_id = ?1 ORDER BY position";
        let routes = query_all(self.0, sql, [id.as_str()], |r| r.get(0))?;
        Ok(Some(Method { id: id.clone(), title, access, docs, routes }))
    }

    fn method_location(&self, id: &MethodId) -> Result<Option<MethodLocation>> {
        let sql = "SELECT g.catalogue, g.id FROM methods m JOIN method_groups g ON g.id = m.group_id WHERE m.id = ?1";
        query_one(self.0, sql, [id.as_str()], |r| {
            Ok(MethodLocation { id: id.clone(), catalogue: r.get(0)?, group: r.get(1)? })
        })
    }

    /// Makes three passes over whole tables instead of a query for each method, so that catalogues with
    /// thousands of methods load at once.
    fn catalogues(&self) -> Result<Vec<Catalogue>> {
        let mut routes: HashMap<String, Vec<String>> = HashMap::new();
        let sql = "SELECT method_id, route FROM method_routes ORDER BY method_id, position";
        for (id, route) in query_all(self.0, sql, [], tuple)? {
            routes.entry(id).or_default().push(route);
        }
        let mut methods: HashMap<String, Vec<Method>> = HashMap::new();
        let sql = "SELECT group_id, id, title, access, docs FROM methods ORDER BY group_id, position";
        for (group, id, title, access, docs) in query_all(self.0, sql, [], tuple::<(_, MethodId, _, _, _)>)? {
            let routes = routes.remove(id.as_str()).unwrap_or_default();
            methods.entry(group).or_default().push(Method { id, title, access, docs, routes });
        }
        let mut catalogues = Vec::new();
        let sql = "SELECT name, title, trailing_slash FROM catalogues ORDER BY position";
        for (name, title, trailing_slash) in query_all(self.0, sql, [], tuple::<(String, String, _)>)? {
            let hosts =
                query_all(self.0, "SELECT host FROM catalogue_hosts WHERE catalogue = ?1", [&name], |r| r.get(0))?;
            let hosts = hosts.into_iter().collect();
            let sql = "SELECT id, title FROM method_groups WHERE catalogue = ?1 ORDER BY position";
            let mut group = |(id, title)| {
                let methods = methods.remove(&id).unwrap_or_default();
                Group { id, title, methods }
            };
            let groups = query_all(self.0, sql, [&name], tuple)?.into_iter().map(&mut group).collect();
            let sets =
                read_sets(self.0, "SELECT name, title FROM api_sets WHERE catalogue = ?1 ORDER BY position", [&name])?;
            catalogues.push(Catalogue { name, title, hosts, trailing_slash, groups, sets });
        }
        Ok(catalogues)
    }

    fn api_sets(&self) -> Result<Vec<ApiSet>> {
        let sql = "SELECT s.name, s.title FROM api_sets s JOIN catalogues c ON c.name = s.catalogue
                   ORDER BY c.position, s.position";
        read_sets(self.0, sql, [])
    }

    fn api_set(&self, name: &str) -> Result<Option<ResolvedSet>> {
        let row = query_one(self.0, "SELECT catalogue, title FROM api_sets WHERE name = ?1", [name], tuple)?;
        let Some((catalogue, title)) = row else { return Ok(None) };
        Ok(Some(ResolvedSet { catalogue, set: api_set(self.0, name.to_owned(), title)? }))
    }
}

/// Returns the sets whose names and titles `heads` selects.
fn read_sets(db: &Connection, heads: &str, params: impl Params) -> Result<Vec<ApiSet>> {
    query_all(db, heads, params, tuple)?.into_iter().map(|(name, title)| api_set(db, name, title)).collect()
}

fn api_set(db: &Connection, name: String, title: String) -> Result<ApiSet> {
    let side = |side: &str| {
        let sql = "SELECT pattern FROM api_set_patterns WHERE set_name = ?1 AND side = ?2 ORDER BY position";
        query_all(db, sql, params![name, side], |r| r.get(0))
    };
    let (include, exclude) = (side("include")?, side("exclude")?);
    Ok(ApiSet { name, title, include, exclude })
}

impl CatalogueWriter for SqliteTx<'_> {
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()> {
        let name = catalogue.name.as_str();
        for sql in [
            "DELETE FROM api_set_patterns WHERE set_name IN (SELECT name FROM api_sets WHERE catalogue = ?1)",
            "DELETE FROM api_sets WHERE catalogue = ?1",
            "DELETE FROM method_routes WHERE method_id IN
                (SELECT m.id FROM methods m JOIN method_groups g ON g.id = m.group_id WHERE g.catalogue = ?1)",
            "DELETE FROM methods WHERE group_id IN (SELECT id FROM method_groups WHERE catalogue = ?1)",
            "DELETE FROM method_groups WHERE catalogue = ?1",
            "DELETE FROM catalogue_hosts WHERE catalogue = ?1",
        ] {
            execute(self.0, sql, [name])?;
        }
        let sql = "INSERT INTO catalogues (name, title, trailing_slash, position)
                   VALUES (?1, ?2, ?3, (SELECT count(*) FROM catalogues))
                   ON CONFLICT (name) DO UPDATE SET title = ?2, trailing_slash = ?3";
        execute(self.0, sql, params![name, catalogue.title, catalogue.trailing_slash.as_str()])?;
        for host in &catalogue.hosts {
            execute(self.0, "INSERT INTO catalogue_hosts (catalogue, host) VALUES (?1, ?2)", [name, host])?;
        }
        for (g, group) in catalogue.groups.iter().enumerate() {
            let sql = "INSERT INTO method_groups (id, catalogue, title, position) VALUES (?1, ?2, ?3, ?4)";
            execute(self.0, sql, params![group.id, name, group.title, g as i64])?;
            for (m, method) in group.methods.iter().enumerate() {
                insert_method(self.0, &group.id, m, method)?;
            }
        }
        for (s, set) in catalogue.sets.iter().enumerate() {
            let sql = "INSERT INTO api_sets (name, catalogue, title, position) VALUES (?1, ?2, ?3, ?4)";
            execute(self.0, sql, params![set.name, name, set.title, s as i64])?;
            let sides = set.include.iter().map(|p| ("include", p)).chain(set.exclude.iter().map(|p| ("exclude", p)));
            for (position, (side, entry)) in sides.enumerate() {
                let sql = "INSERT INTO api_set_patterns (set_name, position, side, pattern) VALUES (?1, ?2, ?3, ?4)";
                execute(self.0, sql, params![set.name, position as i64, side, entry.to_string()])?;
            }
        }
        Ok(())
    }
}

fn insert_method(db: &Connection, group: &str, position: usize, method: &Method) -> Result<()> {
    let Method { id, title, access, docs, routes } = method;
    let sql = "INSERT INTO methods (id, group_id, title, access, docs, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    execute(db, sql, params![id.as_str(), group, title, access.as_str(), docs, position as i64])?;
    for (r, route) in routes.iter().enumerate() {
        let sql = "INSERT INTO method_routes (method_id, position, route) VALUES (?1, ?2, ?3)";
        execute(db, sql, params![id.as_str(), r as i64, route])?;
    }
    Ok(())
}
