//! Routes: which HTTP requests lead to a method, and which of two routes a request means.
//!
//! - [`Route`] is what `GET /orders/{id}` means; `parse` reads it;
//! - [`segment`] compares the texts that two segments match, `sequence` whole paths and segments part by part;
//! - [`request_path`] holds the rule for the path of every request, checked before any route is, [`host`] the rule for its
//!   host;
//! - `owners` finds the method that each route belongs to, `conflicts` the requests that two routes could take, `denial`
//!   holds the reasons why requests are denied;
//! - `guarded_elsewhere` denies public routes that would open those of another catalogue;
//! - [`rules`] orders all routes that can apply to a request in one list, [`sites`] has such a list for each host;
//! - [`rule_comparison`] compares two such lists, `spellings` the other spellings of routes;
//! - `route_tree` finds the routes that can share requests with one, `work` limits how many are compared;
//! - `pattern` writes a rule as a regular expression for proxies, [`matcher`] is the same rule in code;
//! - `nearest` names the route that a path misses narrowly.

mod conflicts;
mod denial;
mod guarded_elsewhere;
pub mod host;
pub mod matcher;
mod nearest;
mod owners;
mod parse;
pub mod path_fault;
mod pattern;
pub mod request_path;
mod route_tree;
pub mod rule_comparison;
pub mod rules;
pub mod segment;
mod sequence;
pub mod sites;
mod spellings;
pub mod verbs;
mod work;

use std::cmp::Reverse;
use std::fmt;

pub use self::parse::{MAX_COMBINATIONS, MAX_VALUES};
use self::route_tree::RouteTree;
use self::segment::SegmentPattern;
use self::sequence::{Item, covers};
use self::verbs::Verbs;
use self::work::Work;
use crate::domain::catalogue::{Catalogue, TrailingSlash};

/// A route of a catalogue: `GET /orders/{id}`, or `/orders` for every verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub verbs: Verbs,
    pub(super) path: PathPattern,
    text: String,
}

/// The pattern of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    parts: Vec<PathPart>,
    /// `true` if the path ends with a slash. The path `/` has no parts and ends with a slash.
    has_final_slash: bool,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PathPart {
    Segment(SegmentPattern),
    /// Any number of whole segments, including none. `{path+}` is a parameter and this.
    Many,
}

impl Item for PathPart {
    const MANY: PathPart = PathPart::Many;

    fn is_many(&self) -> bool {
        *self == PathPart::Many
    }

    fn intersection(&self, other: &PathPart, work: &mut Work) -> Result<Vec<PathPart>, TooMany> {
        match (self, other) {
            (PathPart::Segment(a), PathPart::Segment(b)) => {
                Ok(a.intersection(b, work)?.into_iter().map(PathPart::Segment).collect())
            }
            (PathPart::Many, part) | (part, PathPart::Many) => Ok(vec![part.clone()]),
        }
    }
}

impl PathPattern {
    /// Normalizes runs of parameters and gaps: the parameters come first.
    fn new(parts: Vec<PathPart>, has_final_slash: bool) -> Self {
        let (mut ordered, mut many) = (Vec::with_capacity(parts.len()), false);
        for part in parts {
            match &part {
                PathPart::Many => many = true,
                PathPart::Segment(segment) => {
                    if !segment.is_parameter() && std::mem::take(&mut many) {
                        ordered.push(PathPart::Many);
                    }
                    ordered.push(part);
                }
            }
        }
        if many {
            ordered.push(PathPart::Many);
        }
        PathPattern { parts: ordered, has_final_slash }
    }

    fn segments(&self) -> impl Iterator<Item = &SegmentPattern> {
        self.parts.iter().filter_map(|part| match part {
            PathPart::Segment(segment) => Some(segment),
            PathPart::Many => None,
        })
    }

    fn many_count(&self) -> usize {
        self.parts.iter().filter(|part| part.is_many()).count()
    }

    fn is_within(&self, other: &PathPattern) -> bool {
        let fits = |outer: usize, at: usize| match (&other.parts[outer], &self.parts[at]) {
            (PathPart::Segment(outer), PathPart::Segment(own)) => own.is_within(outer),
            (PathPart::Segment(_) | PathPart::Many, _) => false,
        };
        self.has_final_slash == other.has_final_slash && covers(&other.parts, self.parts.len(), fits)
    }
}

impl Route {
    /// Returns verbs and pattern, without the names of parameters. Routes with equal keys are the same.
    pub fn key(&self) -> String {
        let verbs = match &self.verbs {
            Verbs::Any => String::new(),
            Verbs::GetAndHead => "GET HEAD ".to_owned(),
            Verbs::One(verb) => format!("{verb} "),
        };
        verbs + &self.path_key()
    }

    /// Returns the key of the path alone.
    fn path_key(&self) -> String {
        let part = |part: &PathPart| match part {
            PathPart::Segment(segment) => format!("/{}", segment.key()),
            PathPart::Many => "/{+}".to_owned(),
        };
        let slash = if self.path.has_final_slash { "/" } else { "" };
        self.path.parts.iter().map(part).collect::<String>() + slash
    }

    /// Returns the route with other verbs.
    fn with_verbs(&self, verbs: Verbs) -> Route {
        let path = self.text.rsplit(' ').next().unwrap_or(&self.text);
        let text = match &verbs {
            Verbs::One(verb) => format!("{verb} {path}"),
            Verbs::GetAndHead => format!("GET {path}"),
            Verbs::Any => path.to_owned(),
        };
        Route { verbs, path: self.path.clone(), text }
    }

    /// Returns the route with a slash at the end, or without the one that it has. `None` for `/`.
    fn with_other_end(&self) -> Option<Route> {
        let path = PathPattern { has_final_slash: !self.path.has_final_slash, ..self.path.clone() };
        let text = match self.text.strip_suffix('/') {
            Some(head) => head.to_owned(),
            None => format!("{}/", self.text),
        };
        (!self.path.parts.is_empty()).then_some(Route { verbs: self.verbs.clone(), path, text })
    }

    /// Returns the route that is the same for all spellings that an application may treat as the same.
    fn folded(&self) -> Route {
        let part = |part: &PathPart| match part {
            PathPart::Segment(segment) => PathPart::Segment(segment.folded()),
            PathPart::Many => PathPart::Many,
        };
        let parts = self.path.parts.iter().map(part).collect();
        Route { path: PathPattern::new(parts, self.path.has_final_slash), ..self.clone() }
    }

    /// Returns the route with plain parameters in place of those with a type.
    fn without_types(&self) -> Route {
        let part = |part: &PathPart| match part {
            PathPart::Segment(segment) if segment.is_typed() => PathPart::Segment(SegmentPattern::parameter()),
            part => part.clone(),
        };
        let parts = self.path.parts.iter().map(part).collect();
        Route { path: PathPattern::new(parts, self.path.has_final_slash), ..self.clone() }
    }

    /// Returns the routes of a catalogue, with those that its choice about the final slash adds.
    pub fn all_of(catalogue: &Catalogue) -> Vec<Route> {
        let texts = catalogue.methods().flat_map(|method| &method.routes);
        let mut routes: Vec<Route> = texts.filter_map(|text| Route::parse_all(text).ok()).flatten().collect();
        if catalogue.trailing_slash == TrailingSlash::Either {
            let other_ends: Vec<Route> = routes.iter().filter_map(Route::with_other_end).collect();
            routes.extend(other_ends);
        }
        routes
    }

    /// Returns the length of the shortest path, in characters.
    fn min_length(&self) -> usize {
        self.path.segments().map(|segment| segment.min_units() + 1).sum::<usize>()
            + usize::from(self.path.has_final_slash)
    }

    /// Returns `true` if a parameter can match several segments.
    pub fn has_many_segments(&self) -> bool {
        self.path.many_count() > 0
    }

    /// Returns `true` if `other` matches every request of this route.
    pub fn is_within(&self, other: &Route) -> bool {
        self.verbs.is_within(&other.verbs) && self.path.is_within(&other.path)
    }

    /// Returns routes that together match the requests shared by both, and possibly more; empty if no request is
    /// shared.
    ///
    /// # Errors
    /// [`TooMany`] if this would need too many routes.
    fn intersection(&self, other: &Route, work: &mut Work) -> Result<Vec<Route>, TooMany> {
        let Some(verbs) = self.verbs.intersection(&other.verbs) else { return Ok(Vec::new()) };
        if self.path.has_final_slash != other.path.has_final_slash {
            return Ok(Vec::new());
        }
        let paths = match (self.path.is_within(&other.path), other.path.is_within(&self.path)) {
            (true, _) => vec![self.path.parts.clone()],
            (_, true) => vec![other.path.parts.clone()],
            (false, false) => sequence::intersection(&self.path.parts, &other.path.parts, work)?,
        };
        let text = format!("{} and {}", self.text, other.text);
        let mut widest: Vec<PathPattern> = Vec::new();
        for path in paths.into_iter().map(|parts| PathPattern::new(parts, self.path.has_final_slash)) {
            if !widest.iter().any(|known| path.is_within(known)) {
                widest.retain(|known| !known.is_within(&path));
                widest.push(path);
            }
        }
        Ok(widest.into_iter().map(|path| Route { verbs: verbs.clone(), path, text: text.clone() }).collect())
    }

    /// Returns `true` if the route has too many ways to be split: within a segment, or into segments. A backtracking
    /// engine then gives up on a long path, and takes the request for one of a wider route.
    fn is_costly(&self) -> bool {
        self.path.segments().any(|segment| segment.unbounded_units() > 2) || self.path.many_count() > 2
    }

    /// Returns the route with something wider in place of everything that is too costly to match.
    fn widened(&self) -> Route {
        let is_costly = |segment: &SegmentPattern| segment.unbounded_units() > 2;
        let mut parts: Vec<PathPart> = Vec::new();
        for part in &self.path.parts {
            match part {
                PathPart::Segment(segment) if is_costly(segment) => {
                    parts.push(PathPart::Segment(SegmentPattern::parameter()));
                }
                PathPart::Many if self.path.many_count() > 2 => {
                    parts.push(PathPart::Many);
                    break;
                }
                part => parts.push(part.clone()),
            }
        }
        Route { path: PathPattern::new(parts, self.path.has_final_slash), ..self.clone() }
    }

    /// Returns the sort weight: higher comes first. If one of two routes is within the other, the inner one has the
    /// higher weight.
    fn specificity(&self) -> (usize, usize, Reverse<usize>, usize, u8) {
        let sum = |of: fn(&SegmentPattern) -> usize| self.path.segments().map(of).sum::<usize>();
        (
            sum(SegmentPattern::literal_count),
            sum(SegmentPattern::min_units),
            Reverse(sum(SegmentPattern::unbounded_units) + self.path.many_count()),
            self.path.segments().filter(|segment| segment.is_typed()).count(),
            self.verbs.specificity(),
        )
    }
}

/// The route as written in the catalogue.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The requests shared by two routes need too many routes to describe, or too many routes share requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// Returns for each of `routes` whether it shares requests with one of `others`. If that would take too much work to find
/// out, the answer is `true`.
pub fn share_requests(routes: &[&Route], others: &[Route]) -> Vec<bool> {
    let mut work = Work::for_routes(routes.len() + others.len());
    let tree = RouteTree::new(others.iter());
    let mut shares = |route: &Route| -> std::result::Result<bool, TooMany> {
        for n in tree.overlapping(route, 0..others.len(), &mut work)? {
            work.compare(route, &others[n])?;
            if !route.intersection(&others[n], &mut work)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    routes.iter().map(|route| shares(route).unwrap_or(true)).collect()
}

/// Returns the number of pairs of `routes`, and of one of them and one of `others`, that may share requests.
///
/// # Errors
/// [`TooMany`] if there are so many that comparing them would take too long.
pub fn count_overlaps(routes: &[Route], others: &[Route]) -> Result<usize, TooMany> {
    let mut work = Work::for_routes(routes.len()).half();
    let (tree, tree_of_others) = (RouteTree::new(routes.iter()), RouteTree::new(others.iter()));
    let mut count = 0;
    for (n, route) in routes.iter().enumerate() {
        let found = tree.overlapping(route, n + 1..routes.len(), &mut work)?.into_iter().map(|other| &routes[other]);
        let found_others = tree_of_others.overlapping(route, 0..others.len(), &mut work)?;
        for other in found.chain(found_others.into_iter().map(|other| &others[other])) {
            work.compare(route, other)?;
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod agreement_worlds;
#[cfg(test)]
mod decided_worlds;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod oracle_segments;
#[cfg(test)]
mod overlap_tests;
#[cfg(test)]
mod parameter_tests;
#[cfg(test)]
mod public_route_tests;
#[cfg(test)]
mod tests;
