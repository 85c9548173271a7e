//! Methods that match more of a catalogue's requests in its newer version, under the id that tokens already hold.

use std::collections::{BTreeMap, BTreeSet};

use super::Catalogue;
use super::renames::Renames;
use crate::domain::method::{Method, MethodId};
use crate::domain::route::{Route, share_requests};

/// Returns the methods that had routes before, and now have a route that shares requests with an old one without being
/// part of an own old one. Such a method takes over requests of another method, or has wider parameters. A route of
/// requests that no old route matched is not counted: it is a part of the API that is new to everybody.
pub fn grown_methods(older: Option<&Catalogue>, newer: &Catalogue, renames: &Renames) -> BTreeSet<MethodId> {
    let Some(older) = older else { return BTreeSet::new() };
    let before: BTreeMap<&MethodId, &Method> =
        older.methods().map(|method| (renames.method(&method.id), method)).collect();
    let changed: Vec<(&Method, &Method)> = newer
        .methods()
        .filter_map(|after| Some((*before.get(&after.id)?, after)))
        .filter(|(before, after)| before.routes != after.routes)
        .collect();
    if changed.is_empty() {
        return BTreeSet::new();
    }
    let old_routes: Vec<Route> = older.methods().flat_map(routes).collect();
    let new_routes = changed.into_iter().flat_map(|(before, after)| {
        let own: Vec<Route> = routes(before).collect();
        let is_new = move |route: &Route| !own.iter().any(|old| route.is_within(old));
        routes(after).filter(is_new).map(|route| (&after.id, route))
    });
    let new_routes: Vec<(&MethodId, Route)> = new_routes.collect();
    let shared = share_requests(&new_routes.iter().map(|(_, route)| route).collect::<Vec<_>>(), &old_routes);
    new_routes.iter().zip(shared).filter(|(_, is_shared)| *is_shared).map(|((id, _), _)| (*id).clone()).collect()
}

/// Returns the routes of a method of a valid catalogue.
fn routes(method: &Method) -> impl Iterator<Item = Route> {
    method.routes.iter().flat_map(|route| Route::parse_all(route)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::renames::tests::catalogue;

    fn grown(older: &[(&str, &[&str])], newer: &[(&str, &[&str])]) -> Vec<String> {
        let (older, newer) = (catalogue(older, &[]), catalogue(newer, &[]));
        let renames = Renames::new(Some(&older), &newer);
        grown_methods(Some(&older), &newer, &renames).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn method_that_takes_over_requests_has_grown() {
        let old: &[(&str, &[&str])] = &[("a.x", &["GET /x/{id}"]), ("a.z", &["DELETE /z/{id}", "GET /z"])];
        assert_eq!(grown(old, old), [""; 0]);
        assert_eq!(grown(old, &[("a.x", &["DELETE /z/{n}"]), ("a.z", &["GET /x/{n}"])]), ["a.x", "a.z"]);
        assert_eq!(grown(old, &[("a.x", &["GET /x/{id}", "GET /z"])]), ["a.x"]);
        assert_eq!(grown(old, &[("a.x", &["GET /x/{id}", "/{any}"])]), ["a.x"], "every verb of /z");
    }

    #[test]
    fn method_with_wider_parameters_has_grown() {
        for (before, after, has_grown) in [
            ("GET /x/{id}", "GET /x/{id+}", true),
            ("GET /x/{id:int}", "GET /x/{id}", true),
            ("GET /x/{id:a|b}", "GET /x/{id:a|b|c}", false),
            ("GET /x/{id}", "/x/{id}", true),
            ("GET /x/{id+}", "GET /x/{id}", false),
            ("GET /x/{id}", "GET /x/{other:int}", false),
            ("GET /x/{id}", "GET /y/{id}", false),
        ] {
            assert_eq!(!grown(&[("a.x", &[before])], &[("a.x", &[after])]).is_empty(), has_grown, "{before} {after}");
        }
    }

    #[test]
    fn method_without_old_requests_has_not_grown() {
        assert_eq!(grown(&[("a.x", &["GET /x"])], &[("a.x", &["GET /x", "GET /new"]), ("a.y", &["GET /y"])]), [""; 0]);
        assert_eq!(grown(&[("a.x", &["GET /x"])], &[("a.renamed", &["GET /x"])]), [""; 0]);
        assert!(grown_methods(None, &catalogue(&[("a.x", &["GET /x"])], &[]), &Renames::default()).is_empty());
    }
}
