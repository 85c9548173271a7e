//! All routes of an installation as one ordered list. The first entry that a request matches decides. A request that
//! matches no entry is denied.
//!
//! If two routes share requests, the narrower one decides about those. If neither is within the other, an additional
//! entry before both denies the shared requests. A route before a wider one is followed by an entry that denies its
//! other spellings (`/Me`, `/a%3Ab`). An application may treat these as the same path, but the wider route has another
//! method.

use std::collections::{BTreeMap, HashMap};

use super::Route;
use super::request_path::RegexDialect;
use super::segment::{MatchMode, SegmentPattern};
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::method::{Access, Method, MethodId};
use crate::domain::untrusted_text::excerpt;

/// Maximum number of entries that deny requests shared by two routes. Beyond this limit a whole route is denied.
const MAX_SHARED: usize = 20_000;

/// The verb of a CORS preflight.
const PREFLIGHT: &str = "OPTIONS";

/// A regular expression without anchors for every verb that routes are matched with.
pub const ANY_HTTP_METHOD: &str = "[A-Z-]+";

/// The action for a request that matches an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAction {
    /// Verify with jeton for this method.
    Ask(MethodId),
    /// Pass without a verify request, because the catalogue defines this method as public.
    Public(MethodId),
    /// Pass without a verify request if the request is a CORS preflight.
    Preflight,
    /// Deny, for this reason. The text is safe to show.
    Deny(String),
}

impl RouteAction {
    /// Returns `true` if a request passes without a token.
    pub fn is_open(&self) -> bool {
        matches!(self, RouteAction::Public(_) | RouteAction::Preflight)
    }

    /// Returns `true` if it makes no difference which of the two actions applies.
    fn agrees(&self, other: &RouteAction) -> bool {
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
}

impl RouteRule {
    /// Returns the verb as a regular expression without anchors.
    pub fn http_method_pattern(&self) -> String {
        self.route.http_method.clone().unwrap_or_else(|| ANY_HTTP_METHOD.to_owned())
    }

    /// Returns the path as a regular expression without anchors. Valid only for plain paths.
    pub fn path_pattern(&self, engine: RegexDialect) -> String {
        let segment = |shape: &SegmentPattern| match (shape.pattern(self.match_mode), engine) {
            // Atomic group: a segment has one end, however its parts are split. So a backtracking engine doesn't try
            // every split of one segment with every split of the next.
            (pattern, RegexDialect::Pcre) if shape.unbounded_units() > 1 => format!("/(?>{pattern}(?=/|$))"),
            (pattern, _) => format!("/{pattern}"),
        };
        self.route.segments.iter().map(segment).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteRules {
    /// The entries, of which the first match decides.
    pub rules: Vec<RouteRule>,
    /// Remarks for people, safe to show: routes that are denied or can't be parsed.
    pub remarks: Vec<String>,
}

impl RouteRules {
    /// Builds the list for every method that is not one of jeton's own, with CORS preflights for the routes of the
    /// catalogues named `preflights`.
    pub fn new(catalogues: &[Catalogue], preflights: &[String]) -> RouteRules {
        let mut map = RouteRules::default();
        let mut routes = map.assign_owners(catalogues);
        map.add_preflights(catalogues, preflights, &mut routes);
        routes.sort_by(|(a, _), (b, _)| b.specificity().cmp(&a.specificity()).then_with(|| a.key().cmp(&b.key())));
        let tree = RouteTree::new(&routes);
        let keys: BTreeMap<String, usize> = routes.iter().enumerate().map(|(n, (r, _))| (r.key(), n)).collect();
        let mut shared: BTreeMap<String, RouteRule> = BTreeMap::new();
        let mut before_all = Vec::new();
        let mut has_wider = vec![false; routes.len()];
        for (n, (route, answer)) in routes.iter().enumerate() {
            let mut too_many = false;
            for other in tree.overlapping(route) {
                let (wider, its) = &routes[other];
                if other <= n || answer.agrees(its) {
                    continue;
                }
                if route.is_within(wider) {
                    has_wider[n] = true;
                    continue;
                }
                match route.intersection(wider) {
                    Ok(both) if both.iter().any(|both| both.is_costly()) => too_many = true,
                    Ok(both) => {
                        for both in both.into_iter().filter(|both| !keys.contains_key(&both.key())) {
                            let why =
                                format!("a request could match {} or {}", route_excerpt(route), route_excerpt(wider));
                            let entry =
                                RouteRule { route: both, match_mode: MatchMode::Loose, action: RouteAction::Deny(why) };
                            shared.entry(entry.route.key()).or_insert(entry);
                        }
                        too_many = shared.len() > MAX_SHARED;
                    }
                    Err(super::TooMany) => too_many = true,
                }
                if too_many {
                    break;
                }
            }
            if too_many {
                let action = map.deny(route, "overlaps too many other routes");
                before_all.push(RouteRule { route: route.clone(), match_mode: MatchMode::Loose, action });
            }
        }
        let mut entries: Vec<RouteRule> = shared.into_values().collect();
        for (n, (route, answer)) in routes.into_iter().enumerate() {
            entries.push(RouteRule { route: route.clone(), match_mode: MatchMode::Exact, action: answer });
            if has_wider[n] {
                let answer = RouteAction::Deny(format!("the path is another spelling of {}", route_excerpt(&route)));
                entries.push(RouteRule { route, match_mode: MatchMode::Loose, action: answer });
            }
        }
        // Other spellings follow all routes of the same weight, because one of those may be spelled exactly so.
        let loose = |e: &RouteRule| e.match_mode == MatchMode::Loose;
        entries.sort_by(|a, b| b.route.specificity().cmp(&a.route.specificity()).then_with(|| loose(a).cmp(&loose(b))));
        before_all.append(&mut entries);
        map.rules = before_all;
        map
    }

    /// Returns the denial of `route`, which has this fault, and remarks on it.
    fn deny(&mut self, route: &Route, fault: &str) -> RouteAction {
        let route = route_excerpt(route);
        self.remarks.push(format!("the proxy will deny the route {route}, because it {fault}"));
        RouteAction::Deny(format!("{route} {fault}"))
    }

    /// Returns each route once with its action. A route claimed by two methods belongs to neither and is denied.
    fn assign_owners(&mut self, catalogues: &[Catalogue]) -> Vec<(Route, RouteAction)> {
        let mut found: BTreeMap<String, (Route, Vec<&Method>)> = BTreeMap::new();
        let mut catalogue_of: HashMap<&MethodId, &str> = HashMap::new();
        for (catalogue, method) in application_catalogues(catalogues).flat_map(|c| c.methods().map(move |m| (c, m))) {
            catalogue_of.insert(&method.id, &catalogue.name);
            for text in &method.routes {
                match Route::parse(text) {
                    Ok(route) => {
                        let owners = &mut found.entry(route.key()).or_insert_with(|| (route, Vec::new())).1;
                        if !owners.iter().any(|owner| owner.id == method.id) {
                            owners.push(method);
                        }
                    }
                    Err(_) => self.remarks.push(format!(
                        "skipped: the route {} of the method {} is invalid",
                        excerpt(text, 100),
                        method.id
                    )),
                }
            }
        }
        let mut owned = Vec::with_capacity(found.len());
        let mut costly = BTreeMap::new();
        for (route, owners) in found.into_values() {
            if route.is_costly() {
                let action = self.deny(&route, "has more than two parameters in one segment");
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
            let action = self.deny(&route, &format!("is claimed by {}", names.join(" and ")));
            owned.push((route, action));
        }
        self.deny_overlapping_costly(&costly, &mut owned);
        self.deny_public_over_guarded(&catalogue_of, &mut owned);
        let denied: BTreeMap<String, (Route, RouteAction)> =
            costly.into_values().map(|(route, answer)| (route.widened().key(), (route.widened(), answer))).collect();
        owned.retain(|(route, _)| !denied.contains_key(&route.key()));
        owned.extend(denied.into_values());
        owned
    }

    /// Denies public routes that would open routes protected by another catalogue. Within one catalogue the narrower
    /// route is intentional. With two catalogues, neither author could see the other's routes.
    fn deny_public_over_guarded(
        &mut self,
        catalogue_of: &HashMap<&MethodId, &str>,
        owned: &mut [(Route, RouteAction)],
    ) {
        let mut denied = Vec::new();
        let tree = RouteTree::new(owned);
        for (n, (route, answer)) in owned.iter().enumerate() {
            let RouteAction::Public(public) = answer else { continue };
            let guards = |other: &usize| match &owned[*other] {
                (wider, RouteAction::Ask(id)) => {
                    catalogue_of.get(id) != catalogue_of.get(public) && route.is_within(wider)
                }
                (_, RouteAction::Public(_) | RouteAction::Preflight | RouteAction::Deny(_)) => false,
            };
            if let Some(other) = tree.overlapping(route).into_iter().find(guards) {
                let guarded = route_excerpt(&owned[other].0);
                let other = match &owned[other].1 {
                    RouteAction::Ask(id) => catalogue_of.get(id).copied().unwrap_or_default(),
                    _ => "",
                };
                denied.push((n, format!("is public, but the catalogue {other} guards {guarded}")));
            }
        }
        for (n, fault) in denied {
            owned[n].1 = self.deny(&owned[n].0, &fault);
        }
    }

    /// Adds `OPTIONS` for each path of these catalogues, unless a route already covers `OPTIONS` there.
    fn add_preflights(&mut self, catalogues: &[Catalogue], names: &[String], owned: &mut Vec<(Route, RouteAction)>) {
        let mut wanted: BTreeMap<String, Route> = BTreeMap::new();
        for method in
            application_catalogues(catalogues).filter(|c| names.contains(&c.name)).flat_map(Catalogue::methods)
        {
            let routes = method.routes.iter().filter_map(|text| Route::parse(text).ok());
            for route in routes.filter(|route| !route.is_costly()).map(|route| route.with_http_method(PREFLIGHT)) {
                wanted.entry(route.key()).or_insert(route);
            }
        }
        let tree = RouteTree::new(owned);
        let is_free =
            |route: &Route| !tree.overlapping(route).into_iter().any(|other| route.is_within(&owned[other].0));
        let (free, taken): (Vec<Route>, Vec<Route>) = wanted.into_values().partition(is_free);
        if !taken.is_empty() {
            let (count, first) = (taken.len(), route_excerpt(&taken[0]));
            self.remarks
                .push(format!("no preflight rule, because a route already covers OPTIONS: {first} ({count} in total)"));
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
        for (route, answer) in owned {
            let stands_in_its_place = |other: &Route| {
                route.is_within(&other.widened())
                    && !route.is_within(other)
                    && route.intersection(other).map_or(true, |both| !both.is_empty())
            };
            if let Some((other, _)) = costly.values().find(|(other, _)| stands_in_its_place(other)) {
                *answer = self.deny(route, &format!("overlaps {}", route_excerpt(other)));
            }
        }
    }
}

/// Returns all catalogues except jeton's own.
fn application_catalogues(catalogues: &[Catalogue]) -> impl Iterator<Item = &Catalogue> {
    catalogues.iter().filter(|catalogue| catalogue.name != MANAGEMENT)
}

fn route_excerpt(route: &Route) -> String {
    excerpt(&route.to_string(), 100)
}

/// Routes by their segments. Each route is compared only with those that can share a request with it.
#[derive(Default)]
struct RouteTree<'a> {
    literal: BTreeMap<&'a SegmentPattern, RouteTree<'a>>,
    open: BTreeMap<&'a SegmentPattern, RouteTree<'a>>,
    ends: Vec<usize>,
}

impl<'a> RouteTree<'a> {
    fn new(routes: &'a [(Route, RouteAction)]) -> RouteTree<'a> {
        let mut root = RouteTree::default();
        for (n, (route, _)) in routes.iter().enumerate() {
            let mut at = &mut root;
            for shape in &route.segments {
                let branch = if shape.is_literal() { &mut at.literal } else { &mut at.open };
                at = branch.entry(shape).or_default();
            }
            at.ends.push(n);
        }
        root
    }

    fn overlapping(&self, route: &Route) -> Vec<usize> {
        let mut open = vec![self];
        for shape in &route.segments {
            let mut next = Vec::new();
            for tree in open {
                next.extend(tree.open.values());
                if shape.is_literal() {
                    next.extend(tree.literal.get(shape));
                } else {
                    next.extend(tree.literal.values());
                }
            }
            open = next;
        }
        let mut found: Vec<usize> = open.into_iter().flat_map(|tree| tree.ends.iter().copied()).collect();
        found.sort_unstable();
        found
    }
}
