//! All routes of an installation as one ordered list. The first entry that a request matches decides. A request that
//! matches no entry is denied.
//!
//! If two routes share requests, the narrower one decides about those. If neither is within the other, an additional
//! entry before both denies the shared requests. A route before a wider one is followed by an entry that denies its
//! other spellings (`/Me`, `/a%3Ab`). An application may treat these as the same path, but the wider route has another
//! method.

use std::collections::{BTreeMap, HashMap};

use super::Route;
use super::plain::{Engine, is_plain};
use super::shape::{Shape, Spelling};
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::method::{Access, Method, MethodId};
use crate::domain::text::escape_untrusted;

/// Maximum number of entries that deny requests shared by two routes. Beyond this limit a whole route is denied.
const MOST_SHARED: usize = 20_000;

/// The verb of a CORS preflight.
const PREFLIGHT: &str = "OPTIONS";

/// A regular expression without anchors for every verb that routes are matched with.
pub const ANY_VERB: &str = "[A-Z-]+";

/// The answer to a request that matches an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Ask jeton about this method.
    Ask(MethodId),
    /// Pass without asking jeton, because the catalogue defines this method as public.
    Public(MethodId),
    /// Pass without asking jeton if the request is a CORS preflight.
    Preflight,
    /// Deny, for this reason. The text is safe to show.
    Deny(String),
}

impl Answer {
    /// `true` if a request passes without a token.
    pub fn is_open(&self) -> bool {
        matches!(self, Answer::Public(_) | Answer::Preflight)
    }

    /// `true` if it makes no difference which of the two answers decides.
    fn agrees(&self, other: &Answer) -> bool {
        match (self, other) {
            (Answer::Ask(a), Answer::Ask(b)) => a == b,
            (Answer::Public(_), Answer::Public(_)) | (Answer::Preflight, Answer::Preflight) => true,
            (Answer::Ask(_) | Answer::Public(_) | Answer::Preflight | Answer::Deny(_), _) => false,
        }
    }
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The requests that the entry applies to.
    pub route: Route,
    /// The accepted spellings of the route's literal characters.
    pub spelling: Spelling,
    /// The answer to these requests.
    pub answer: Answer,
}

impl Entry {
    /// Returns the verb as a regular expression without anchors.
    pub fn verb_pattern(&self) -> String {
        self.route.verb.clone().unwrap_or_else(|| ANY_VERB.to_owned())
    }

    /// Returns the path as a regular expression without anchors. Valid only for plain paths.
    pub fn path_pattern(&self, engine: Engine) -> String {
        let segment = |shape: &Shape| match (shape.pattern(self.spelling), engine) {
            // Atomic group: a segment has one end, however its parts are split. So a backtracking engine doesn't try
            // every split of one segment with every split of the next.
            (pattern, Engine::Pcre) if shape.open() > 1 => format!("/(?>{pattern}(?=/|$))"),
            (pattern, _) => format!("/{pattern}"),
        };
        self.route.segments.iter().map(segment).collect()
    }
}

/// The ordered list of routes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteMap {
    /// The entries, of which the first match decides.
    pub entries: Vec<Entry>,
    /// Remarks for people, safe to show: routes that are denied or can't be parsed.
    pub remarks: Vec<String>,
}

impl RouteMap {
    /// Builds the list for every method that is not one of jeton's own.
    pub fn of(catalogues: &[Catalogue]) -> RouteMap {
        Self::with_preflights(catalogues, &[])
    }

    /// Like [`RouteMap::of`], with CORS preflights for the routes of the catalogues named `preflights`.
    pub fn with_preflights(catalogues: &[Catalogue], preflights: &[String]) -> RouteMap {
        let mut map = RouteMap::default();
        let mut routes = map.owned(catalogues);
        map.add_preflights(catalogues, preflights, &mut routes);
        routes.sort_by(|(a, _), (b, _)| b.weight().cmp(&a.weight()).then_with(|| a.key().cmp(&b.key())));
        let tree = Tree::of(&routes);
        let keys: BTreeMap<String, usize> = routes.iter().enumerate().map(|(n, (r, _))| (r.key(), n)).collect();
        let mut shared: BTreeMap<String, Entry> = BTreeMap::new();
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
                match route.shared(wider) {
                    Ok(both) if both.iter().any(|both| both.is_costly()) => too_many = true,
                    Ok(both) => {
                        for both in both.into_iter().filter(|both| !keys.contains_key(&both.key())) {
                            let why = format!("could be {} or {}", named(route), named(wider));
                            let entry = Entry { route: both, spelling: Spelling::Loose, answer: Answer::Deny(why) };
                            shared.entry(entry.route.key()).or_insert(entry);
                        }
                        too_many = shared.len() > MOST_SHARED;
                    }
                    Err(super::TooMany) => too_many = true,
                }
                if too_many {
                    break;
                }
            }
            if too_many {
                let why = format!("{} can't be told from other routes", named(route));
                map.remarks.push(format!("denied as a whole: {why}"));
                let answer = Answer::Deny(why);
                before_all.push(Entry { route: route.clone(), spelling: Spelling::Loose, answer });
            }
        }
        let mut entries: Vec<Entry> = shared.into_values().collect();
        for (n, (route, answer)) in routes.into_iter().enumerate() {
            entries.push(Entry { route: route.clone(), spelling: Spelling::Exact, answer });
            if has_wider[n] {
                let answer = Answer::Deny(format!("could be {} spelled otherwise", named(&route)));
                entries.push(Entry { route, spelling: Spelling::Loose, answer });
            }
        }
        // Other spellings follow all routes of the same weight, because one of those may be spelled exactly so.
        let loose = |e: &Entry| e.spelling == Spelling::Loose;
        entries.sort_by(|a, b| b.route.weight().cmp(&a.route.weight()).then_with(|| loose(a).cmp(&loose(b))));
        before_all.append(&mut entries);
        map.entries = before_all;
        map
    }

    /// Returns each route once with its answer. A route claimed by two methods belongs to neither and is denied.
    fn owned(&mut self, catalogues: &[Catalogue]) -> Vec<(Route, Answer)> {
        let mut found: BTreeMap<String, (Route, Vec<&Method>)> = BTreeMap::new();
        let mut catalogue_of: HashMap<&MethodId, &str> = HashMap::new();
        for (catalogue, method) in others(catalogues).flat_map(|c| c.methods().map(move |m| (c, m))) {
            catalogue_of.insert(&method.id, &catalogue.name);
            for text in &method.routes {
                match Route::parse(text) {
                    Ok(route) => {
                        let owners = &mut found.entry(route.key()).or_insert_with(|| (route, Vec::new())).1;
                        if !owners.iter().any(|owner| owner.id == method.id) {
                            owners.push(method);
                        }
                    }
                    Err(_) => {
                        self.remarks.push(format!("left out: {}, of {}: it can't be matched", cut(text), method.id))
                    }
                }
            }
        }
        let mut owned = Vec::with_capacity(found.len());
        let mut costly = BTreeMap::new();
        for (route, owners) in found.into_values() {
            if route.is_costly() {
                let why = format!("{} has more than two parameters in one segment", named(&route));
                self.remarks.push(format!("denied: {why}"));
                costly.insert(route.key(), (route, Answer::Deny(why)));
                continue;
            }
            if let [owner] = owners[..] {
                let answer = match owner.access {
                    Access::Public => Answer::Public(owner.id.clone()),
                    Access::Read | Access::Write | Access::Admin => Answer::Ask(owner.id.clone()),
                };
                owned.push((route, answer));
                continue;
            }
            let names: Vec<&str> = owners.iter().map(|owner| owner.id.as_str()).collect();
            let why = format!("claimed by {}", names.join(" and "));
            self.remarks.push(format!("denied: {}, {why}", named(&route)));
            owned.push((route, Answer::Deny(why)));
        }
        self.deny_beside(&costly, &mut owned);
        self.keep_guarded(&catalogue_of, &mut owned);
        let denied: BTreeMap<String, (Route, Answer)> =
            costly.into_values().map(|(route, answer)| (route.widened().key(), (route.widened(), answer))).collect();
        owned.retain(|(route, _)| !denied.contains_key(&route.key()));
        owned.extend(denied.into_values());
        owned
    }

    /// Denies public routes that would open routes protected by another catalogue. Within one catalogue the narrower
    /// route is intentional. With two catalogues, neither author knew of the other.
    fn keep_guarded(&mut self, catalogue_of: &HashMap<&MethodId, &str>, owned: &mut [(Route, Answer)]) {
        let mut denied = Vec::new();
        let tree = Tree::of(owned);
        for (n, (route, answer)) in owned.iter().enumerate() {
            let Answer::Public(public) = answer else { continue };
            let guards = |other: &usize| match &owned[*other] {
                (wider, Answer::Ask(id)) => catalogue_of.get(id) != catalogue_of.get(public) && route.is_within(wider),
                (_, Answer::Public(_) | Answer::Preflight | Answer::Deny(_)) => false,
            };
            if let Some(other) = tree.overlapping(route).into_iter().find(guards) {
                let guarded = named(&owned[other].0);
                denied.push((n, format!("{} is public, and another catalogue guards {guarded}", named(route))));
            }
        }
        for (n, why) in denied {
            self.remarks.push(format!("denied: {why}"));
            owned[n].1 = Answer::Deny(why);
        }
    }

    /// Adds `OPTIONS` for each path of these catalogues, unless a route already covers `OPTIONS` there.
    fn add_preflights(&mut self, catalogues: &[Catalogue], names: &[String], owned: &mut Vec<(Route, Answer)>) {
        let mut wanted: BTreeMap<String, Route> = BTreeMap::new();
        for method in others(catalogues).filter(|c| names.contains(&c.name)).flat_map(Catalogue::methods) {
            let routes = method.routes.iter().filter_map(|text| Route::parse(text).ok());
            for route in routes.filter(|route| !route.is_costly()).map(|route| route.with_verb(PREFLIGHT)) {
                wanted.entry(route.key()).or_insert(route);
            }
        }
        let tree = Tree::of(owned);
        let is_free =
            |route: &Route| !tree.overlapping(route).into_iter().any(|other| route.is_within(&owned[other].0));
        let (free, taken): (Vec<Route>, Vec<Route>) = wanted.into_values().partition(is_free);
        if !taken.is_empty() {
            let (count, first) = (taken.len(), named(&taken[0]));
            self.remarks
                .push(format!("not let through as preflights, for a route has that verb: {first} ({count} in all)"));
        }
        owned.extend(free.into_iter().map(|route| (route, Answer::Preflight)));
    }

    /// Denies routes that conflict with a costly route. A costly route is denied with plain parameters in place of its
    /// costly segments. The routes denied here lie within that widened form. They match some requests of the costly
    /// route, but others too.
    fn deny_beside(&mut self, costly: &BTreeMap<String, (Route, Answer)>, owned: &mut [(Route, Answer)]) {
        for (route, answer) in owned {
            let stands_in_its_place = |other: &Route| {
                route.is_within(&other.widened())
                    && !route.is_within(other)
                    && route.shared(other).map_or(true, |both| !both.is_empty())
            };
            if let Some((other, _)) = costly.values().find(|(other, _)| stands_in_its_place(other)) {
                let why = format!("{} can't be told from {}", named(route), named(other));
                self.remarks.push(format!("denied: {why}"));
                *answer = Answer::Deny(why);
            }
        }
    }

    /// Returns the answer to a request. `None` if nothing matches, which also denies the request. `path` is without
    /// the query, as the client sent it.
    pub fn decide(&self, verb: &str, path: &str) -> Option<&Answer> {
        if !is_plain(path) {
            return None;
        }
        let found = self.entries.iter().find(|e| e.route.matches(verb, path, e.spelling));
        found.map(|e| &e.answer)
    }
}

/// Returns all catalogues except jeton's own.
fn others(catalogues: &[Catalogue]) -> impl Iterator<Item = &Catalogue> {
    catalogues.iter().filter(|catalogue| catalogue.name != MANAGEMENT)
}

fn named(route: &Route) -> String {
    cut(&route.to_string())
}

/// Returns enough of a route to find it.
fn cut(text: &str) -> String {
    let head: String = text.chars().take(100).collect();
    let dots = if head.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", escape_untrusted(&head))
}

/// Routes by their segments. Each route is compared only with those that can share a request with it.
#[derive(Default)]
struct Tree<'a> {
    literal: BTreeMap<&'a Shape, Tree<'a>>,
    open: BTreeMap<&'a Shape, Tree<'a>>,
    ends: Vec<usize>,
}

impl<'a> Tree<'a> {
    fn of(routes: &'a [(Route, Answer)]) -> Tree<'a> {
        let mut root = Tree::default();
        for (n, (route, _)) in routes.iter().enumerate() {
            let mut at = &mut root;
            for shape in &route.segments {
                let among = if shape.is_literal() { &mut at.literal } else { &mut at.open };
                at = among.entry(shape).or_default();
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
