//! Requests that two routes with different actions could take.
//!
//! An application may ignore the case of letters, dots at the end and compatibility forms. So routes are compared in
//! their folded form: `/Users/me` is a spelling of `/users/me`, even if another route is `/Users/{id}`.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern::MatchMode;
use super::route_tree::RouteTree;
use super::rules::{Denial, RouteAction, RouteRule, order};
use super::work::Work;
use super::{Route, TooMany};

/// Maximum number of entries that deny requests shared by two routes. Beyond this limit a whole route is denied.
const MAX_SHARED: usize = 20_000;

/// A route with its action and its folded form.
pub(super) struct FoldedRoute<'a> {
    pub(super) route: Route,
    pub(super) action: RouteAction,
    pub(super) folded: Route,
    /// The catalogues of the methods with this route; none for preflights.
    pub(super) catalogues: BTreeSet<&'a str>,
}

impl FoldedRoute<'_> {
    fn is_of_other_catalogue(&self, other: &FoldedRoute<'_>) -> bool {
        self.catalogues.iter().any(|own| other.catalogues.iter().any(|other| own != other))
    }
}

/// The conflicts of a list of routes.
pub(super) struct Conflicts {
    /// For each route, `true` if its other spellings are denied: they would be requests of a wider route.
    pub(super) has_wider: Vec<bool>,
    /// The entries that deny requests shared by two routes, neither of which is narrower.
    pub(super) shared: Vec<RouteRule>,
    /// Denied requests of a route, by its number. These entries must come before its own: the requests end with dots, so
    /// their folded form isn't narrower than the route's.
    pub(super) ahead: Vec<(usize, RouteRule)>,
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
    routes: &'a [FoldedRoute<'a>],
    exact_keys: BTreeSet<String>,
    has_wider: Vec<bool>,
    shared: BTreeMap<String, RouteRule>,
    ahead: Vec<(usize, RouteRule)>,
    work: Work,
}

impl Conflicts {
    /// Compares all routes with each other. A narrower route comes before the wider ones.
    pub(super) fn new(routes: &[FoldedRoute<'_>]) -> Conflicts {
        let mut search = Search {
            routes,
            exact_keys: routes.iter().map(|route| route.route.key()).collect(),
            has_wider: vec![false; routes.len()],
            shared: BTreeMap::new(),
            ahead: Vec::new(),
            work: Work::for_routes(routes.len()),
        };
        let tree = RouteTree::new(routes.iter().map(|route| &route.folded));
        let compare = |n: usize| search.compare_with_wider(n, &tree).err().map(|obstacle| (n, obstacle));
        let denied = (0..routes.len()).filter_map(compare).collect();
        let Search { has_wider, shared, ahead, .. } = search;
        Conflicts { has_wider, shared: shared.into_values().collect(), ahead, denied }
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
            (false, false) => {
                if wider.route.is_within(&one.route) {
                    self.deny_ahead([n, other], wider.route.clone());
                }
                self.deny_shared([n, other], [&one.folded, &wider.folded])
            }
            // Two spellings of one route. A document with both describes an application that distinguishes them, because
            // another application couldn't serve both. Two documents don't show that.
            (true, true) if one.is_of_other_catalogue(wider) => Err(Obstacle::Overlap(other)),
            (is_narrower, is_wider) => {
                self.has_wider[n] |= is_narrower;
                self.has_wider[other] |= is_wider;
                self.deny_shared([n, other], [&one.route, &wider.route])
            }
        }
    }

    /// Adds entries for what `forms` share: the folded or the exact forms of two routes.
    fn deny_shared(&mut self, numbers: [usize; 2], forms: [&Route; 2]) -> Result<(), Obstacle> {
        let shared = forms[0].intersection(forms[1], &mut self.work)?;
        // What both share may be described by one of them, which has other requests, too.
        let is_either = |shared: &Route| forms.iter().any(|form| form.key() == shared.key());
        if shared.iter().any(|shared| shared.is_costly() || is_either(shared)) {
            return Err(Obstacle::Overlap(numbers[1]));
        }
        // A route that has only the folded form of the shared requests doesn't decide about all of them: `/{x}.` has that
        // of `/{x}`. Its own rule comes before the denial.
        let first = &self.routes[numbers[0]];
        for shared in shared {
            if self.exact_keys.contains(&shared.key()) {
                continue;
            }
            if order(&shared.folded(), &shared) > order(&first.folded, &first.route) {
                self.deny_ahead(numbers, shared.clone());
            }
            let denial = Denial::of_shared(numbers.map(|n| &self.routes[n].route));
            let rule = |shared| RouteRule::new(shared, MatchMode::Loose, RouteAction::Deny(denial));
            self.shared.entry(shared.key()).or_insert_with(|| rule(shared));
        }
        if self.shared.len() > MAX_SHARED { Err(Obstacle::TooMany) } else { Ok(()) }
    }

    /// Adds an entry before the first of two routes that denies `shared` as written.
    fn deny_ahead(&mut self, numbers: [usize; 2], shared: Route) {
        let denial = Denial::of_shared(numbers.map(|n| &self.routes[n].route));
        self.ahead.push((numbers[0], RouteRule::new(shared, MatchMode::Exact, RouteAction::Deny(denial))));
    }
}
