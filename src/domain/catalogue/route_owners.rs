//! Ownership of routes: at each host, a route belongs to one method of one catalogue.

use std::collections::HashMap;

use super::validate::{Location, ValidationResult, fault};
use super::{Catalogue, MANAGEMENT};
use crate::domain::method::Method;
use crate::domain::route::Route;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::Error;

struct RouteOwner<'a> {
    catalogue: &'a Catalogue,
    method: &'a Method,
    route: &'a str,
}

/// Checks that no two methods have the same route at the same host, ignoring parameter names. `others` are the other
/// catalogues. Conflicts between two of the others are not reported here: these must resolve them themselves.
pub(super) fn check_route_owners(catalogue: &Catalogue, others: &[&Catalogue]) -> ValidationResult {
    let mut owners: HashMap<String, RouteOwner<'_>> = HashMap::new();
    // jeton's own methods are called at jeton, all others at an application.
    let is_application = |other: &&&Catalogue| other.name != MANAGEMENT && catalogue.name != MANAGEMENT;
    for other in others.iter().filter(is_application).filter(|other| catalogue.shares_host_with(other)) {
        for method in other.methods() {
            for route in &method.routes {
                for read in Route::parse_all(route).into_iter().flatten() {
                    owners.entry(read.key()).or_insert(RouteOwner { catalogue: other, method, route });
                }
            }
        }
    }
    for (g, group) in catalogue.groups.iter().enumerate() {
        for (m, method) in group.methods.iter().enumerate() {
            for (r, route) in method.routes.iter().enumerate() {
                for read in Route::parse_all(route).into_iter().flatten() {
                    let new_owner = RouteOwner { catalogue, method, route };
                    let earlier = owners.insert(read.key(), new_owner);
                    if let Some(owner) = earlier.filter(|owner| owner.method.id != method.id) {
                        return Err(fault(Location::Route(g, m, r), route_conflict(&owner, catalogue, method, route)));
                    }
                }
            }
        }
    }
    Ok(())
}

fn route_conflict(owner: &RouteOwner<'_>, catalogue: &Catalogue, method: &Method, route: &str) -> Error {
    let what = format!(
        "the route {} of the method {} is already a route of another method",
        escape_untrusted(route),
        method.id
    );
    let meaning = if owner.route == route { "" } else { ", which can match the same requests" };
    let owner_text = |of: &str| {
        format!("the method {}{of} has the route {}{meaning}", owner.method.id, escape_untrusted(owner.route))
    };
    if owner.catalogue.name == catalogue.name {
        return Error::usage(what)
            .why(owner_text(""))
            .next("Remove the route from one of the two methods. A request must match only one method");
    }
    let advice = match catalogue.hosts.intersection(&owner.catalogue.hosts).next() {
        Some(host) => {
            format!(
                "If this catalogue is a newer version of {other}, use the same name: name = \"{other}\" in the \
                 file, or --name {other} for an import. Otherwise remove the route from one method, or the host \
                 {host} from one catalogue",
                other = owner.catalogue.name
            )
        }
        None => {
            let other = &owner.catalogue.name;
            let (which, then) = match (owner.catalogue.hosts.is_empty(), catalogue.hosts.is_empty()) {
                (true, true) => ("each catalogue", format!(". Apply {other} first, then this catalogue")),
                (true, false) => (&**other, format!(". Apply {other} first, then this catalogue")),
                (false, _) => ("this catalogue", String::new()),
            };
            format!(
                "If this catalogue is a newer version of {other}, use the same name: name = \"{other}\" in the \
                 file, or --name {other} for an import. If the catalogues are for two applications, give {which} its \
                 own hosts: hosts = [\"HOST\"] in the file, or --host HOST for an import{then}. Otherwise remove the \
                 route from one method"
            )
        }
    };
    Error::conflict(what).why(owner_text(&format!(" of the catalogue {}", owner.catalogue.name))).next(advice)
}
