//! All routes of an installation as one ordered list. The first entry that a request matches decides. A request that
//! matches no entry is denied.
//!
//! If two routes share requests, the narrower one decides about those. If neither is within the other, an additional
//! entry before both denies the shared requests. A route before a wider one is followed by an entry that denies its
//! other spellings (`/Me`, `/a%3Ab`). An application may treat these as the same path, but the wider route has another
//! method. A route is wider, too, if it is so only in another spelling: `/Users/{id}` for `/users/me`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::conflicts::{Conflicts, FoldedRoute, Obstacle};
use super::denial::RouteFault;
pub use super::denial::{Denial, DenialKind};
use super::owners::{AmbiguousRoute, RouteOwners, let_head_follow_get};
pub use super::pattern::MatchMode;
use super::request_path::{MAX_PATH_LEN, RegexDialect};
use super::route_tree::RouteTree;
use super::verbs::Verbs;
use super::work::Work;
use super::{Route, TooMany};
use crate::domain::catalogue::{Catalogue, MANAGEMENT, TrailingSlash};
use crate::domain::method::{Access, Method, MethodId};
use crate::domain::number::group_digits;
use crate::domain::untrusted_text::excerpt;

/// The next step for routes that can match the same requests.
const USE_FIXED_SEGMENTS: &str = "Write fixed segments in place of parameters";
/// The methods of denied routes, by the keys of the routes.
pub(super) type DeniedOwners<'a> = HashMap<String, Vec<&'a Method>>;

/// The verb of a CORS preflight.
const PREFLIGHT: &str = "OPTIONS";

/// The action for a request that matches an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAction {
    /// Verify with jeton for this method.
    Ask(MethodId),
    /// Pass without a verify request, because the catalogue defines this method as public.
    Public(MethodId),
    /// Pass without a verify request if the request is a CORS preflight.
    Preflight,
    /// Deny, for this reason.
    Deny(Denial),
}

impl RouteAction {
    /// Returns `true` if a request passes without a token.
    pub fn is_open(&self) -> bool {
        matches!(self, RouteAction::Public(_) | RouteAction::Preflight)
    }

    /// Returns `true` if it makes no difference which of the two actions applies.
    pub(super) fn agrees(&self, other: &RouteAction) -> bool {
        match (self, other) {
            (RouteAction::Ask(a), RouteAction::Ask(b)) => a == b,
            (RouteAction::Public(_), RouteAction::Public(_)) | (RouteAction::Preflight, RouteAction::Preflight) => true,
            (RouteAction::Ask(_) | RouteAction::Public(_) | RouteAction::Preflight | RouteAction::Deny(_), _) => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRule {
    pub route: Route,
    pub match_mode: MatchMode,
    pub action: RouteAction,
    /// `true` if some route of the list accepts paths with encoded slashes.
    has_encoded_slashes: bool,
}

impl RouteRule {
    pub(super) fn new(route: Route, match_mode: MatchMode, action: RouteAction) -> Self {
        RouteRule { route, match_mode, action, has_encoded_slashes: false }
    }

    /// Returns the verbs as a regular expression without anchors.
    pub fn http_method_pattern(&self) -> &str {
        self.route.verbs.pattern()
    }

    /// Returns the path as a regular expression without anchors. Valid only for canonical paths: with encoded slashes
    /// only if [`RouteRule::admits_encoded_slash`].
    pub fn path_pattern(&self, dialect: RegexDialect) -> String {
        self.route.path.pattern(self.match_mode, self.admits_encoded_slash(), dialect)
    }

    /// Returns `true` if the rule applies to paths with encoded slashes, too.
    pub fn admits_encoded_slash(&self) -> bool {
        self.has_encoded_slashes && (self.match_mode == MatchMode::Loose || self.route.has_many_segments())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteRules {
    /// The entries, of which the first match decides.
    pub rules: Vec<RouteRule>,
    /// Remarks for people, safe to show: routes that are denied or can't be parsed.
    pub remarks: Vec<String>,
    /// The routes that are denied because they overlap too many others, as written.
    pub overlapping: BTreeSet<String>,
}

impl RouteRules {
    /// Builds the list for every method that is not one of jeton's own, with CORS preflights for the routes of the
    /// catalogues named `preflights`.
    pub fn new<'a>(catalogues: impl IntoIterator<Item = &'a Catalogue>, preflights: &[String]) -> RouteRules {
        let catalogues: Vec<&Catalogue> = catalogues.into_iter().filter(|c| c.name != MANAGEMENT).collect();
        let catalogues = &catalogues[..];
        let mut map = RouteRules::default();
        let methods =
            catalogues.iter().flat_map(|catalogue| catalogue.methods().map(|method| (&method.id, &catalogue.name[..])));
        let catalogue_of: HashMap<&MethodId, &str> = methods.collect();
        let (mut owned, owners_of_denied) = map.assign_owners(catalogues, &catalogue_of);
        map.add_preflights(catalogues, preflights, &mut owned);
        let folded = |(route, action): (Route, RouteAction)| {
            let owners: Vec<&MethodId> = match &action {
                RouteAction::Ask(id) | RouteAction::Public(id) => vec![id],
                RouteAction::Preflight => Vec::new(),
                RouteAction::Deny(_) => {
                    owners_of_denied.get(&route.key()).into_iter().flatten().map(|owner| &owner.id).collect()
                }
            };
            let catalogues = owners.into_iter().filter_map(|id| catalogue_of.get(id).copied()).collect();
            FoldedRoute { folded: route.folded(), route, action, catalogues }
        };
        let mut routes: Vec<FoldedRoute> = owned.into_iter().map(folded).collect();
        routes.sort_by_cached_key(|route| (order(&route.folded, &route.route), route.route.key()));
        let conflicts = Conflicts::new(&routes);
        let denied = |(n, obstacle): (usize, Obstacle)| {
            let route = &routes[n].route;
            let fault = match obstacle {
                Obstacle::TooMany => RouteFault::too_many_overlaps(),
                Obstacle::Overlap(other) => RouteFault::overlap(&routes[other].route),
            };
            RouteRule::new(route.clone(), MatchMode::Loose, map.deny(route, &fault))
        };
        let mut before_all: Vec<RouteRule> = conflicts.denied.into_iter().map(denied).collect();
        let before = |(n, rule): (usize, RouteRule)| ((order(&routes[n].folded, &routes[n].route), 0), rule);
        let mut entries: Vec<_> = conflicts.ahead.into_iter().map(before).collect();
        // Other spellings follow all routes of the same weight, because one of those may be spelled exactly so.
        let mut add = |rule: RouteRule| {
            let rank = if rule.match_mode == MatchMode::Exact { 1 } else { 2 };
            entries.push(((order(&rule.route.folded(), &rule.route), rank), rule));
        };
        conflicts.shared.into_iter().for_each(&mut add);
        for (FoldedRoute { route, action, .. }, has_wider) in routes.into_iter().zip(conflicts.has_wider) {
            add(RouteRule::new(route.clone(), MatchMode::Exact, action));
            if has_wider {
                let action = RouteAction::Deny(Denial::of_spelling(&route));
                add(RouteRule::new(route, MatchMode::Loose, action));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        before_all.extend(entries.into_iter().map(|(_, rule)| rule));
        let has_encoded_slashes = before_all.iter().any(|rule| rule.route.has_many_segments());
        before_all.iter_mut().for_each(|rule| rule.has_encoded_slashes = has_encoded_slashes);
        map.rules = before_all;
        map.remark_unreachable();
        map
    }

    /// Returns `true` if paths with encoded slashes may be accepted.
    pub fn reads_encoded_slashes(&self) -> bool {
        self.rules.iter().any(RouteRule::admits_encoded_slash)
    }

    /// Remarks on each route that no request can reach: an earlier rule takes all of its requests, or all are too long.
    fn remark_unreachable(&mut self) {
        let tree = RouteTree::new(self.rules.iter().map(|rule| &rule.route));
        let is_route = |rule: &RouteRule| matches!(rule.action, RouteAction::Ask(_) | RouteAction::Public(_));
        let mut remarks = Vec::new();
        let mut work = Work::for_routes(self.rules.len());
        for (n, rule) in self.rules.iter().enumerate().filter(|(_, rule)| is_route(rule)) {
            let Ok(others) = tree.containing(&rule.route, 0..n, &mut work) else { break };
            let covers = |other: &&RouteRule| rule.route.is_within(&other.route);
            let earlier = others.into_iter().map(|other| &self.rules[other]).find(covers);
            let why =
                match earlier {
                    Some(RouteRule {
                        route, match_mode: MatchMode::Exact, action: RouteAction::Deny(denial), ..
                    }) if *route == rule.route => denial.to_string(),
                    // Its denial has a remark.
                    Some(earlier) if earlier.route == rule.route => continue,
                    Some(earlier) => format!("the route {} takes these requests", route_excerpt(&earlier.route)),
                    None if rule.route.min_length() > MAX_PATH_LEN => {
                        format!("its path is longer than {} bytes", group_digits(MAX_PATH_LEN as u64))
                    }
                    None => continue,
                };
            remarks.push(format!("no request reaches the route {}: {why}", route_excerpt(&rule.route)));
        }
        self.remarks.append(&mut remarks);
    }

    /// Returns the denial of `route`, which has this fault, and remarks on it.
    pub(super) fn deny(&mut self, route: &Route, fault: &RouteFault) -> RouteAction {
        if fault.kind == DenialKind::TooManyOverlaps {
            self.overlapping.insert(route.to_string());
        }
        let advice = match fault.kind {
            DenialKind::Overlap | DenialKind::TooManyOverlaps => format!(". {USE_FIXED_SEGMENTS}"),
            _ => String::new(),
        };
        self.remarks
            .push(format!("the proxy will deny the route {}, because it {fault}{advice}", route_excerpt(route)));
        RouteAction::Deny(Denial::of_route(route, fault))
    }

    /// Returns each route once with its action, and the methods of routes that are denied, by their keys. A route claimed
    /// by two methods belongs to neither and is denied.
    fn assign_owners<'a>(
        &mut self,
        catalogues: &[&'a Catalogue],
        catalogue_of: &HashMap<&MethodId, &str>,
    ) -> (Vec<(Route, RouteAction)>, DeniedOwners<'a>) {
        let mut found = RouteOwners::default();
        // The same routes with the other end, where a catalogue has no such routes itself.
        let mut other_ends = RouteOwners::default();
        for (catalogue, method) in catalogues.iter().flat_map(|c| c.methods().map(move |m| (c, m))) {
            for text in &method.routes {
                match Route::parse_all(text) {
                    Ok(routes) => routes.into_iter().for_each(|route| {
                        if catalogue.trailing_slash == TrailingSlash::Either {
                            route.with_other_end().into_iter().for_each(|other| other_ends.add(other, method));
                        }
                        found.add(route, method);
                    }),
                    Err(_) => self.remarks.push(format!(
                        "skipped: the route {} of the method {} is invalid",
                        excerpt(text, 100),
                        method.id
                    )),
                }
            }
        }
        let (free, ambiguous) = other_ends.apart_from(&found);
        found.0.extend(free.0);
        let mut found: Vec<(Route, Vec<&Method>)> = found.0.into_values().collect();
        let_head_follow_get(&mut found);
        let mut owned = Vec::with_capacity(found.len());
        let mut costly = BTreeMap::new();
        let mut owners_of_denied = DeniedOwners::new();
        for (route, owners) in found {
            if route.is_costly() {
                let action = self.deny(&route, &RouteFault::costly(&route));
                costly.insert(route.key(), (route, action));
                continue;
            }
            if let [owner] = owners[..] {
                let answer = match owner.access {
                    Access::Public => RouteAction::Public(owner.id.clone()),
                    Access::Read | Access::Write | Access::Admin => RouteAction::Ask(owner.id.clone()),
                };
                owned.push((route, answer));
                continue;
            }
            let names: Vec<&str> = owners.iter().map(|owner| owner.id.as_str()).collect();
            let action = self.deny(&route, &RouteFault::claimed(&names));
            owners_of_denied.insert(route.key(), owners);
            owned.push((route, action));
        }
        for AmbiguousRoute { route, owners, other } in ambiguous {
            let fault = match other {
                Some(other) => RouteFault::final_slash(&other),
                None => RouteFault::too_many_overlaps(),
            };
            let action = self.deny(&route, &fault);
            owners_of_denied.insert(route.key(), owners);
            owned.push((route, action));
        }
        self.deny_overlapping_costly(&costly, &mut owned);
        self.deny_public_over_guarded(catalogue_of, &owners_of_denied, &mut owned);
        let denied: BTreeMap<String, (Route, RouteAction)> =
            costly.into_values().map(|(route, answer)| (route.widened().key(), (route.widened(), answer))).collect();
        owned.retain(|(route, _)| !denied.contains_key(&route.key()));
        owned.extend(denied.into_values());
        (owned, owners_of_denied)
    }

    /// Adds `OPTIONS` for each path of these catalogues at which a method can be called, unless a route already covers
    /// `OPTIONS` there.
    fn add_preflights(&mut self, catalogues: &[&Catalogue], names: &[String], owned: &mut Vec<(Route, RouteAction)>) {
        let chosen = catalogues.iter().filter(|catalogue| names.contains(&catalogue.name));
        let methods: HashSet<&MethodId> = chosen.flat_map(|catalogue| catalogue.methods()).map(|m| &m.id).collect();
        let mut wanted: BTreeMap<String, Route> = BTreeMap::new();
        for (route, action) in owned.iter() {
            if let RouteAction::Ask(id) | RouteAction::Public(id) = action
                && methods.contains(id)
            {
                let preflight = route.with_verbs(Verbs::One(PREFLIGHT.to_owned()));
                wanted.entry(preflight.key()).or_insert(preflight);
            }
        }
        // In another spelling, too: the application may take the request for that route.
        let folded: Vec<Route> = owned.iter().map(|(route, _)| route.folded()).collect();
        let tree = RouteTree::new(folded.iter());
        let mut work = Work::for_routes(owned.len() + wanted.len());
        let best = |other: &Route, preflight: &Route| (preflight.is_within(other), other.specificity());
        let (mut free, mut taken, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for preflight in wanted.into_values() {
            let own = preflight.folded();
            let covers = |other: &usize| own.is_within(&folded[*other]);
            match tree.containing(&own, 0..owned.len(), &mut work) {
                Ok(others) => match others.into_iter().filter(covers).max_by_key(|n| best(&owned[*n].0, &preflight)) {
                    Some(other) => taken.push((preflight, &owned[other].0)),
                    None => free.push(preflight),
                },
                Err(TooMany) => unknown.push(preflight),
            }
        }
        self.remarks.extend(taken.first().map(|(first, other)| describe_covered(first, other, taken.len() - 1)));
        if let [first, ..] = &unknown[..] {
            let (first, more) = (route_excerpt(first), and_more_routes(unknown.len() - 1));
            self.remarks.push(format!(
                "no preflight rule for {first}{more}, because too many other routes can match the same requests. \
                 {USE_FIXED_SEGMENTS}"
            ));
        }
        owned.extend(free.into_iter().map(|route| (route, RouteAction::Preflight)));
    }

    /// Denies routes that conflict with a costly route. A costly route is denied with plain parameters in place of its
    /// costly segments. The routes denied here lie within that widened form. They match some requests of the costly
    /// route, but others too.
    fn deny_overlapping_costly(
        &mut self,
        costly: &BTreeMap<String, (Route, RouteAction)>,
        owned: &mut [(Route, RouteAction)],
    ) {
        let widened: Vec<Route> = costly.values().map(|(route, _)| route.widened()).collect();
        let costly: Vec<&Route> = costly.values().map(|(route, _)| route).collect();
        let tree = RouteTree::new(widened.iter());
        let mut work = Work::for_routes(owned.len() + costly.len());
        for (route, answer) in owned {
            let fault = match tree.containing(route, 0..costly.len(), &mut work) {
                Ok(others) => others.into_iter().map(|n| (costly[n], &widened[n])).find_map(|(other, widened)| {
                    let stands_in_its_place = work.compare(route, other).is_err()
                        || route.is_within(widened)
                            && !route.is_within(other)
                            && route.intersection(other, &mut work).map_or(true, |both| !both.is_empty());
                    stands_in_its_place.then(|| RouteFault::overlap(other))
                }),
                Err(TooMany) => Some(RouteFault::too_many_overlaps()),
            };
            if let Some(fault) = fault {
                *answer = self.deny(route, &fault);
            }
        }
    }
}

/// Returns the sort key of a route: narrower ones come first. A route that is narrower only in its folded form, such as
/// `/users/me` beside `/Users/{id}`, comes first, too.
pub(super) fn order(folded: &Route, route: &Route) -> impl Ord + use<> {
    (Reverse(folded.specificity()), Reverse(route.specificity()))
}

/// Returns the remark that `preflight` and `more` other routes got no entry, because other routes cover them: `other`
/// covers the first one.
fn describe_covered(preflight: &Route, other: &Route, more: usize) -> String {
    let is_own = other.verbs == Verbs::Any && other.with_verbs(preflight.verbs.clone()).key() == preflight.key();
    let example = route_excerpt(&other.with_verbs(Verbs::GetAndHead));
    let is_within = preflight.is_within(other);
    let (first, other) = (route_excerpt(preflight), route_excerpt(other));
    let (what, advice) = match more {
        0 if !is_within => (format!("the application could confuse these requests with the requests of {other}"), ""),
        0 => (
            format!("the route {other} already covers OPTIONS, so preflights follow the rule of this route"),
            "Add the HTTP method to this route",
        ),
        _ => (
            format!(
                "other routes, such as {other}, already cover OPTIONS, so preflights follow the rules of those routes"
            ),
            "Add the HTTP method to each route that has none",
        ),
    };
    let advice = if is_own { format!(". {advice}, e.g. {example}") } else { String::new() };
    format!("no preflight rule for {first}{}: {what}{advice}", and_more_routes(more))
}

fn and_more_routes(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => " and 1 more route".to_owned(),
        more => format!(" and {more} more routes"),
    }
}

pub(super) fn route_excerpt(route: &Route) -> String {
    excerpt(&route.to_string(), 100)
}
