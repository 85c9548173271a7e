//! Public routes that share requests with routes that another catalogue guards.

use std::collections::HashMap;

use super::Route;
use super::denial::RouteFault;
use super::owners::with_head;
use super::route_tree::RouteTree;
use super::rules::{DeniedOwners, RouteAction, RouteRules};
use super::work::Work;
use crate::domain::method::{Access, MethodId};

impl RouteRules {
    /// Denies public routes that would open routes protected by another catalogue. Within one catalogue the narrower
    /// route is intentional. With two catalogues, neither author could see the other's routes.
    pub(super) fn deny_public_over_guarded(
        &mut self,
        catalogue_of: &HashMap<&MethodId, &str>,
        owners_of_denied: &DeniedOwners<'_>,
        owned: &mut [(Route, RouteAction)],
    ) {
        let mut denied = Vec::new();
        let mut work = Work::for_routes(owned.len());
        let folded: Vec<Route> = owned.iter().map(|(route, _)| with_head(route).folded()).collect();
        let untyped: Vec<Route> = folded.iter().map(Route::without_types).collect();
        let tree = RouteTree::new(untyped.iter());
        for (n, route) in folded.iter().enumerate() {
            let RouteAction::Public(public) = &owned[n].1 else { continue };
            let Ok(others) = tree.overlapping(route, 0..owned.len(), &mut work) else {
                denied.push((n, RouteFault::too_many_overlaps()));
                continue;
            };
            // A denied route is also guarded by those who have it.
            let guards = |other: &(Route, RouteAction)| -> Option<&str> {
                let guarding: Vec<&MethodId> = match &other.1 {
                    RouteAction::Ask(id) => vec![id],
                    RouteAction::Deny(_) => {
                        let owners = owners_of_denied.get(&other.0.key()).into_iter().flatten();
                        owners.filter(|owner| owner.access != Access::Public).map(|owner| &owner.id).collect()
                    }
                    RouteAction::Public(_) | RouteAction::Preflight => Vec::new(),
                };
                let mut catalogues = guarding.iter().filter_map(|id| catalogue_of.get(id));
                catalogues.find(|catalogue| Some(*catalogue) != catalogue_of.get(public)).copied()
            };
            // Shared requests alone are denied later, with their spellings. `/7.json` is no request of `/{id:int}`, but the
            // application of `/{id:int}` may take it for one.
            let mut opens = |other: usize| {
                let mut shares =
                    |other: &Route| route.intersection(other, &mut work).map_or(true, |both| !both.is_empty());
                route.is_within(&folded[other])
                    || untyped[other] != folded[other]
                        && !shares(&folded[other])
                        && shares(&untyped[other])
                        && folded[other].may_share_spellings(route)
            };
            let guarded =
                others.into_iter().find_map(|other| guards(&owned[other]).filter(|_| opens(other)).zip(Some(other)));
            denied.extend(guarded.map(|(by, other)| (n, RouteFault::guarded_elsewhere(&owned[other].0, by))));
        }
        for (n, fault) in denied {
            owned[n].1 = self.deny(&owned[n].0, &fault);
        }
    }
}
