//! The methods that own routes.

use std::collections::{BTreeMap, BTreeSet};

use super::route_tree::RouteTree;
use super::rules::route_excerpt;
use super::verbs::Verbs;
use super::work::Work;
use super::{Route, TooMany};
use crate::domain::method::Method;

/// Routes by their keys, each with the methods that have it.
#[derive(Default)]
pub(super) struct RouteOwners<'a>(pub(super) BTreeMap<String, (Route, Vec<&'a Method>)>);

/// A route that differs from a declared one in the final slash, and shares requests with another method's.
pub(super) struct AmbiguousRoute<'a> {
    pub(super) route: Route,
    pub(super) owners: Vec<&'a Method>,
    /// The first route with which it shares requests; `None` if it shares some with too many.
    pub(super) other: Option<String>,
}

impl<'a> RouteOwners<'a> {
    pub(super) fn add(&mut self, route: Route, method: &'a Method) {
        let owners = &mut self.0.entry(route.key()).or_insert_with(|| (route, Vec::new())).1;
        if !owners.iter().any(|owner| owner.id == method.id) {
            owners.push(method);
        }
    }

    /// Returns the routes that `declared` has not. Those that share requests with a declared route of another method
    /// are ambiguous, unless they are wider: they are returned apart. So are routes that share requests with too many
    /// others.
    pub(super) fn apart_from(self, declared: &RouteOwners<'_>) -> (RouteOwners<'a>, Vec<AmbiguousRoute<'a>>) {
        // An application may take other spellings for the same path.
        let folded: Vec<Route> = declared.0.values().map(|(route, _)| with_head(route).folded()).collect();
        let all: Vec<&(Route, Vec<&Method>)> = declared.0.values().collect();
        let tree = RouteTree::new(folded.iter());
        let (mut free, mut ambiguous) = (RouteOwners::default(), Vec::new());
        let mut work = Work::for_routes(self.0.len() + all.len());
        for (key, (route, owners)) in self.0.into_iter().filter(|(key, _)| !declared.0.contains_key(key)) {
            let widened = with_head(&route);
            let spelled = widened.folded();
            // Returns `true` for a route that has some of the requests, and others.
            let shares = |n: usize, work: &mut Work| -> Result<bool, TooMany> {
                let (declared, theirs) = all[n];
                if theirs.len() == 1 && owners.len() == 1 && theirs[0].id == owners[0].id {
                    return Ok(false);
                }
                work.compare(&spelled, &folded[n])?;
                let mut meets =
                    |own: &Route, other: &Route| own.intersection(other, work).map_or(true, |both| !both.is_empty());
                Ok(!declared.is_within(&route) && meets(&widened, &with_head(declared))
                    || !declared.folded().is_within(&route.folded()) && meets(&spelled, &folded[n]))
            };
            let first_sharing = tree.overlapping(&spelled, 0..all.len(), &mut work).and_then(|numbers| {
                for n in numbers {
                    if shares(n, &mut work)? {
                        return Ok(Some(route_excerpt(&all[n].0)));
                    }
                }
                Ok(None)
            });
            match first_sharing {
                Ok(Some(other)) if !route.is_costly() => {
                    ambiguous.push(AmbiguousRoute { route: widened, owners, other: Some(other) })
                }
                Err(TooMany) if !route.is_costly() => {
                    ambiguous.push(AmbiguousRoute { route: widened, owners, other: None })
                }
                Ok(_) | Err(TooMany) => {
                    free.0.insert(key, (route, owners));
                }
            }
        }
        (free, ambiguous)
    }
}

/// Returns the route with `HEAD` if it takes `GET`: an application may serve both, whatever other routes there are.
pub(super) fn with_head(route: &Route) -> Route {
    match &route.verbs {
        Verbs::One(name) if name == "GET" => route.with_verbs(Verbs::GetAndHead),
        Verbs::One(_) | Verbs::GetAndHead | Verbs::Any => route.clone(),
    }
}

/// Lets each route for `GET` take `HEAD`, too, unless there is a route for `HEAD` with the same path.
pub(super) fn let_head_follow_get<T>(owned: &mut [(Route, T)]) {
    let one = |verb: &str| Verbs::One(verb.to_owned());
    let (get, head) = (one("GET"), one("HEAD"));
    let heads = owned.iter().map(|(route, _)| route).filter(|route| route.verbs == head);
    let heads: BTreeSet<String> = heads.map(Route::path_key).collect();
    for (route, _) in owned.iter_mut().filter(|(route, _)| route.verbs == get) {
        if !heads.contains(&route.path_key()) {
            *route = route.with_verbs(Verbs::GetAndHead);
        }
    }
}
