//! All routes of an installation as one list, to be gone through from its head: the first entry that a request matches
//! decides. What matches none is denied.
//!
//! Of two routes that share requests the narrower one decides about those. Where neither is within the other, what
//! they share is denied by an entry of its own before both. After a route that stands before a wider one follows an
//! entry that denies its other spellings (`/Me`, `/a%3Ab`): an application may take them for the same, and the wider
//! route has another method.

use std::collections::BTreeMap;

use super::Route;
use super::plain::{Engine, is_plain};
use super::shape::{Shape, Spelling};
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::method::MethodId;
use crate::domain::text::shown;

/// The most entries that deny what two routes share. Beyond it a whole route is denied.
const MOST_SHARED: usize = 20_000;

/// Every verb that routes are matched with, as a regular expression without anchors.
pub const ANY_VERB: &str = "[A-Z-]+";

/// What a request that matches an entry gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// jeton is asked for this method.
    Ask(MethodId),
    /// It is denied, for this reason; in words that are safe to show.
    Deny(String),
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which requests.
    pub route: Route,
    /// How the route's own characters are met.
    pub spelling: Spelling,
    /// What they get.
    pub answer: Answer,
}

impl Entry {
    /// The verb, as a regular expression without anchors.
    pub fn verb_pattern(&self) -> String {
        self.route.verb.clone().unwrap_or_else(|| ANY_VERB.to_owned())
    }

    /// The path, as a regular expression without anchors, for paths that are plain.
    pub fn path_pattern(&self, engine: Engine) -> String {
        let segment = |shape: &Shape| match (shape.pattern(self.spelling), engine) {
            // A segment ends where it ends, however it was taken apart: an engine that goes back on its way must not try
            // every way of one for every way of the next.
            (pattern, Engine::Pcre) if shape.open() > 1 => format!("/(?>{pattern}(?=/|$))"),
            (pattern, _) => format!("/{pattern}"),
        };
        self.route.segments.iter().map(segment).collect()
    }
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteMap {
    /// Its entries, the first match decides.
    pub entries: Vec<Entry>,
    /// What a person should know of it, safe to show: routes that are denied, or that can't be read.
    pub remarks: Vec<String>,
}

impl RouteMap {
    /// The routes of every method that is not one of jeton's own.
    pub fn of(catalogues: &[Catalogue]) -> RouteMap {
        let mut map = RouteMap::default();
        let mut routes = map.owned(catalogues);
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
                if other <= n || answer == its && matches!(answer, Answer::Ask(_)) {
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
        // Other spellings come after every route of the same weight: one of those may be spelled just so.
        let loose = |e: &Entry| e.spelling == Spelling::Loose;
        entries.sort_by(|a, b| b.route.weight().cmp(&a.route.weight()).then_with(|| loose(a).cmp(&loose(b))));
        before_all.append(&mut entries);
        map.entries = before_all;
        map
    }

    /// Each route once, with what it gets: nobody's where two methods claim it.
    fn owned(&mut self, catalogues: &[Catalogue]) -> Vec<(Route, Answer)> {
        let mut found: BTreeMap<String, (Route, Vec<&MethodId>)> = BTreeMap::new();
        for method in catalogues.iter().filter(|c| c.name != MANAGEMENT).flat_map(Catalogue::methods) {
            for text in &method.routes {
                match Route::parse(text) {
                    Ok(route) => {
                        let owners = &mut found.entry(route.key()).or_insert_with(|| (route, Vec::new())).1;
                        if !owners.contains(&&method.id) {
                            owners.push(&method.id);
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
                owned.push((route, Answer::Ask(owner.clone())));
                continue;
            }
            let names: Vec<&str> = owners.iter().map(|id| id.as_str()).collect();
            let why = format!("claimed by {}", names.join(" and "));
            self.remarks.push(format!("denied: {}, {why}", named(&route)));
            owned.push((route, Answer::Deny(why)));
        }
        self.deny_beside(&costly, &mut owned);
        let denied: BTreeMap<String, (Route, Answer)> =
            costly.into_values().map(|(route, answer)| (route.widened().key(), (route.widened(), answer))).collect();
        owned.retain(|(route, _)| !denied.contains_key(&route.key()));
        owned.extend(denied.into_values());
        owned
    }

    /// Denies the routes that stand before the plain parameter as which a costly route is denied, and match some of its
    /// requests, but others too.
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

    /// What a request gets; none when nothing matches it, which denies it too. `path` is without the query, as the
    /// client sent it.
    pub fn decide(&self, verb: &str, path: &str) -> Option<&Answer> {
        if !is_plain(path) {
            return None;
        }
        let found = self.entries.iter().find(|e| e.route.matches(verb, path, e.spelling));
        found.map(|e| &e.answer)
    }
}

fn named(route: &Route) -> String {
    cut(&route.to_string())
}

/// Enough of a route to find it by.
fn cut(text: &str) -> String {
    let head: String = text.chars().take(100).collect();
    let dots = if head.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", shown(&head))
}

/// Routes by their segments, so that each is held against those only that it can share a request with.
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
