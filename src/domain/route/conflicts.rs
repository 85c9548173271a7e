//! Requests that two routes with different actions could take.
//!
//! An application may ignore the case of letters, dots at the end and compatibility forms. So routes are compared in
//! their folded form: `/Users/me` is a spelling of `/users/me`, even if another route is `/Users/{id}`.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern::MatchMode;
use super::route_tree::RouteTree;
use super::rules::{RouteAction, RouteRule, route_excerpt};
use super::work::Work;
use super::{Route, TooMany};

/// Maximum number of entries that deny requests shared by two routes. Beyond this limit a whole route is denied.
const MAX_SHARED: usize = 20_000;

/// A route with its action and its folded form.
pub(super) struct FoldedRoute {
    pub(super) route: Route,
    pub(super) action: RouteAction,
    pub(super) folded: Route,
}

impl FoldedRoute {
    pub(super) fn new((route, action): (Route, RouteAction)) -> Self {
        FoldedRoute { folded: route.folded(), route, action }
    }
}

/// The conflicts of a list of routes.
pub(super) struct Conflicts {
    /// For each route, `true` if its other spellings are denied: they would be requests of a wider route.
    pub(super) has_wider: Vec<bool>,
    /// The entries that deny requests shared by two routes, neither of which is narrower.
    pub(super) shared: Vec<RouteRule>,
    /// The numbers of the routes whose conflicts can't be described, so that the whole route is denied.
    pub(super) denied: Vec<(usize, Obstacle)>,
}

/// The reason why the conflicts of a route can't be described.
pub(super) enum Obstacle {
    TooMany,
    /// No route describes exactly what is shared with this route.
    Overlap(usize),
}

impl From<TooMany> for Obstacle {
    fn from(_: TooMany) -> Self {
        Obstacle::TooMany
    }
}

struct Search<'a> {
    routes: &'a [FoldedRoute],
    exact_keys: BTreeSet<String>,
    folded_keys: BTreeSet<String>,
    has_wider: Vec<bool>,
    shared: BTreeMap<String, RouteRule>,
    work: Work,
}

impl Conflicts {
    /// Compares all routes with each other. A narrower route comes before the wider ones.
    pub(super) fn new(routes: &[FoldedRoute]) -> Conflicts {
        let keys = |key: fn(&FoldedRoute) -> String| routes.iter().map(key).collect();
        let mut search = Search {
            routes,
            exact_keys: keys(|route| route.route.key()),
            folded_keys: keys(|route| route.folded.key()),
            has_wider: vec![false; routes.len()],
            shared: BTreeMap::new(),
            work: Work::for_routes(routes.len()),
        };
        let tree = RouteTree::new(routes.iter().map(|route| &route.folded));
        let compare = |n: usize| search.compare_with_wider(n, &tree).err().map(|obstacle| (n, obstacle));
        let denied = (0..routes.len()).filter_map(compare).collect();
        Conflicts { has_wider: search.has_wider, shared: search.shared.into_values().collect(), denied }
    }
}

impl Search<'_> {
    /// Compares a route with those after it.
    ///
    /// # Errors
    /// The reason why not every conflict of the route can be described.
    fn compare_with_wider(&mut self, n: usize, tree: &RouteTree<'_>) -> Result<(), Obstacle> {
        let others = tree.overlapping(&self.routes[n].folded, n + 1..self.routes.len(), &mut self.work)?;
        for other in others.into_iter().filter(|other| !self.routes[n].action.agrees(&self.routes[*other].action)) {
            self.compare(n, other)?;
        }
        Ok(())
    }

    fn compare(&mut self, n: usize, other: usize) -> Result<(), Obstacle> {
        let (one, wider) = (&self.routes[n], &self.routes[other]);
        self.work.compare(&one.route, &wider.route)?;
        if one.route.is_within(&wider.route) {
            self.has_wider[n] = true;
            return Ok(());
        }
        match (one.folded.is_within(&wider.folded), wider.folded.is_within(&one.folded)) {
            (false, false) => self.deny_shared([n, other], [&one.folded, &wider.folded], true),
            (is_narrower, is_wider) => {
                self.has_wider[n] |= is_narrower;
                self.has_wider[other] |= is_wider;
                self.deny_shared([n, other], [&one.route, &wider.route], false)
            }
        }
    }

    /// Adds entries for what `forms` share: the folded or the exact forms of two routes.
    fn deny_shared(&mut self, numbers: [usize; 2], forms: [&Route; 2], is_folded: bool) -> Result<(), Obstacle> {
        let shared = forms[0].intersection(forms[1], &mut self.work)?;
        // What both share may be described by one of them, which has other requests, too.
        let is_either = |shared: &Route| forms.iter().any(|form| form.key() == shared.key());
        if shared.iter().any(|shared| shared.is_costly() || is_either(shared)) {
            return Err(Obstacle::Overlap(numbers[1]));
        }
        let declared = if is_folded { &self.folded_keys } else { &self.exact_keys };
        for shared in shared.into_iter().filter(|shared| !declared.contains(&shared.key())) {
            let [one, other] = numbers.map(|n| route_excerpt(&self.routes[n].route));
            let why = RouteAction::Deny(format!("a request could match {one} or {other}"));
            self.shared.entry(shared.key()).or_insert_with(|| RouteRule::new(shared, MatchMode::Loose, why));
        }
        if self.shared.len() > MAX_SHARED { Err(Obstacle::TooMany) } else { Ok(()) }
    }
}
