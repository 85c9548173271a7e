//! Methods and API sets.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::query_helpers::{corrupt, execute, query_all, query_one};
use crate::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet};
use crate::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry};
use crate::domain::method::{Access, Method, MethodId};
use crate::error::Result;

pub(super) fn method(db: &Connection, id: &MethodId) -> Result<Option<Method>> {
    let row = query_one(db, "SELECT title, access, docs FROM methods WHERE id = ?1", [id.as_str()], |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, Option<String>>(2)?))
    })?;
    let Some((title, access, docs)) = row else { return Ok(None) };
    let routes =
        query_all(db, "SELECT route FROM method_routes WHERE method_id = ?1 ORDER BY position", [id.as_str()], |r| {
            r.get(0)
        })?;
    let access = Access::parse(&access).map_err(|_| corrupt("an access level"))?;
    Ok(Some(Method { id: id.clone(), title, access, docs, routes }))
}

pub(super) fn method_location(db: &Connection, id: &MethodId) -> Result<Option<MethodLocation>> {
    let sql = "SELECT g.catalogue, g.id FROM methods m JOIN method_groups g ON g.id = m.group_id WHERE m.id = ?1";
    query_one(db, sql, [id.as_str()], |r| Ok(MethodLocation { id: id.clone(), catalogue: r.get(0)?, group: r.get(1)? }))
}

pub(super) fn resolved_set(db: &Connection, name: &str) -> Result<Option<ResolvedSet>> {
    let row = query_one(db, "SELECT catalogue, title FROM api_sets WHERE name = ?1", [name], |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
    })?;
    let Some((catalogue, title)) = row else { return Ok(None) };
    Ok(Some(ResolvedSet { catalogue, set: api_set(db, name.to_owned(), title)? }))
}

/// Reads all catalogues. Three passes over whole tables instead of a query for each method, so that catalogues with
/// thousands of methods load at once.
pub(super) fn all_catalogues(db: &Connection) -> Result<Vec<Catalogue>> {
    let mut routes: HashMap<String, Vec<String>> = HashMap::new();
    for (id, route) in
        query_all(db, "SELECT method_id, route FROM method_routes ORDER BY method_id, position", [], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
        })?
    {
        routes.entry(id).or_default().push(route);
    }
    let mut methods: HashMap<String, Vec<Method>> = HashMap::new();
    let sql = "SELECT group_id, id, title, access, docs FROM methods ORDER BY group_id, position";
    for (group, id, title, access, docs) in query_all(db, sql, [], |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get(2)?, r.get::<_, String>(3)?, r.get(4)?))
    })? {
        let access = Access::parse(&access).map_err(|_| corrupt("an access level"))?;
        let routes = routes.remove(&id).unwrap_or_default();
        let id = MethodId::parse(&id).map_err(|_| corrupt("a method id"))?;
        methods.entry(group).or_default().push(Method { id, title, access, docs, routes });
    }
    let names = query_all(db, "SELECT name, title FROM catalogues ORDER BY position", [], |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
    })?;
    let mut catalogues = Vec::with_capacity(names.len());
    for (name, title) in names {
        let groups = query_all(
            db,
            "SELECT id, title FROM method_groups WHERE catalogue = ?1 ORDER BY position",
            [&name],
            |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)),
        )?;
        let groups = groups
            .into_iter()
            .map(|(id, title)| {
                let methods = methods.remove(&id).unwrap_or_default();
                Group { id, title, methods }
            })
            .collect();
        let heads =
            query_all(db, "SELECT name, title FROM api_sets WHERE catalogue = ?1 ORDER BY position", [&name], |r| {
                Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
            })?;
        let sets = heads.into_iter().map(|(name, title)| api_set(db, name, title)).collect::<Result<Vec<_>>>()?;
        catalogues.push(Catalogue { name, title, groups, sets });
    }
    Ok(catalogues)
}

pub(super) fn api_sets(db: &Connection) -> Result<Vec<ApiSet>> {
    let heads = query_all(
        db,
        "SELECT s.name, s.title FROM api_sets s JOIN catalogues c ON c.name = s.catalogue ORDER BY c.position, s.position",
        [],
        |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)),
    )?;
    heads.into_iter().map(|(name, title)| api_set(db, name, title)).collect()
}

fn api_set(db: &Connection, name: String, title: String) -> Result<ApiSet> {
    let side = |side: &str| -> Result<Vec<SetEntry>> {
        let sql = "SELECT pattern FROM api_set_patterns WHERE set_name = ?1 AND side = ?2 ORDER BY position";
        let texts = query_all(db, sql, params![name, side], |r| r.get::<_, String>(0))?;
        texts.iter().map(|t| SetEntry::parse(t).map_err(|_| corrupt("an entry of an API set"))).collect()
    };
    let (include, exclude) = (side("include")?, side("exclude")?);
    Ok(ApiSet { name, title, include, exclude })
}

/// Replaces the content of the catalogue of that name with `catalogue`.
pub(super) fn replace(db: &Connection, catalogue: &Catalogue) -> Result<()> {
    let name = catalogue.name.as_str();
    for sql in [
        "DELETE FROM api_set_patterns WHERE set_name IN (SELECT name FROM api_sets WHERE catalogue = ?1)",
        "DELETE FROM api_sets WHERE catalogue = ?1",
        "DELETE FROM method_routes WHERE method_id IN
            (SELECT m.id FROM methods m JOIN method_groups g ON g.id = m.group_id WHERE g.catalogue = ?1)",
        "DELETE FROM methods WHERE group_id IN (SELECT id FROM method_groups WHERE catalogue = ?1)",
        "DELETE FROM method_groups WHERE catalogue = ?1",
    ] {
        execute(db, sql, [name])?;
    }
    execute(
        db,
        "INSERT INTO catalogues (name, title, position) VALUES (?1, ?2, (SELECT count(*) FROM catalogues))
         ON CONFLICT (name) DO UPDATE SET title = ?2",
        params![name, catalogue.title],
    )?;
    for (g, group) in catalogue.groups.iter().enumerate() {
        execute(
            db,
            "INSERT INTO method_groups (id, catalogue, title, position) VALUES (?1, ?2, ?3, ?4)",
            params![group.id, name, group.title, g as i64],
        )?;
        for (m, method) in group.methods.iter().enumerate() {
            insert_method(db, &group.id, m, method)?;
        }
    }
    for (s, set) in catalogue.sets.iter().enumerate() {
        execute(
            db,
            "INSERT INTO api_sets (name, catalogue, title, position) VALUES (?1, ?2, ?3, ?4)",
            params![set.name, name, set.title, s as i64],
        )?;
        let sides = set.include.iter().map(|p| ("include", p)).chain(set.exclude.iter().map(|p| ("exclude", p)));
        for (position, (side, entry)) in sides.enumerate() {
            execute(
                db,
                "INSERT INTO api_set_patterns (set_name, position, side, pattern) VALUES (?1, ?2, ?3, ?4)",
                params![set.name, position as i64, side, entry.to_string()],
            )?;
        }
    }
    Ok(())
}

fn insert_method(db: &Connection, group: &str, position: usize, method: &Method) -> Result<()> {
    execute(
        db,
        "INSERT INTO methods (id, group_id, title, access, docs, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![method.id.as_str(), group, method.title, method.access.as_str(), method.docs, position as i64],
    )?;
    for (r, route) in method.routes.iter().enumerate() {
        let row = params![method.id.as_str(), r as i64, route];
        execute(db, "INSERT INTO method_routes (method_id, position, route) VALUES (?1, ?2, ?3)", row)?;
    }
    Ok(())
}
