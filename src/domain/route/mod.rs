//! Routes: which HTTP requests lead to a method, and which of two routes a request means.
//!
//! - [`Route`] reads `GET /orders/{id}` and tells whether two routes are the same;
//! - [`shape`] compares what two segments match;
//! - [`plain`] holds the rule that every path of a request must keep before it is held against a route;
//! - [`map`] settles all routes of an installation into one ordered list.

pub mod map;
pub mod plain;
pub mod shape;

use std::cmp::Reverse;
use std::fmt;

use self::shape::{Shape, Spelling};
use crate::domain::text::shown;
use crate::error::{Error, Result};

/// A route as a catalogue has it: `GET /orders/{id}`, or `/orders` for every verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The HTTP verb, in capitals; none = any.
    pub verb: Option<String>,
    /// What each segment of the path matches. `/` alone has one, which matches the empty text.
    pub segments: Vec<Shape>,
    text: String,
}

impl Route {
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: &str| {
            let head: String = text.chars().take(60).collect();
            let dots = if head.len() < text.len() { "…" } else { "" };
            Err(Error::usage(format!("\"{}{dots}\" is not a route", shown(&head))).why(why))
        };
        let (verb, path) = match text.split_once(' ') {
            Some((verb, path)) if !verb.is_empty() && verb.bytes().all(|b| b.is_ascii_uppercase()) => {
                (Some(verb.to_owned()), path)
            }
            _ => (None, text),
        };
        let Some(inner) = path.strip_prefix('/') else {
            return refused("a route is a path, with its HTTP verb before it: GET /1.0/things");
        };
        let steps = path.split('/').any(|part| matches!(part, "." | ".."));
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\' | '%' | ';');
        if steps || path.contains("//") || path.contains(odd) {
            return refused(
                "what a proxy would change on its way (// . .. % ? # ; \\ and blanks) can't be matched exactly",
            );
        }
        let Some(segments) = inner.split('/').map(Shape::parse).collect() else {
            return refused("a parameter is {name} within one segment of the path");
        };
        Ok(Route { verb, segments, text: text.to_owned() })
    }

    /// Verb and shape, whatever the parameters are called: two routes that have the same are the same.
    pub fn key(&self) -> String {
        let mut key = self.verb.clone().unwrap_or_default();
        for segment in &self.segments {
            key.push('/');
            key.push_str(&segment.key());
        }
        key
    }

    /// The same path with this verb.
    fn with_verb(&self, verb: &str) -> Route {
        let path = self.text.rsplit(' ').next().unwrap_or(&self.text);
        Route { verb: Some(verb.to_owned()), segments: self.segments.clone(), text: format!("{verb} {path}") }
    }

    /// Whether every request of this route is one of `other` too.
    pub fn is_within(&self, other: &Route) -> bool {
        self.segments.len() == other.segments.len()
            && (other.verb.is_none() || other.verb == self.verb)
            && self.segments.iter().zip(&other.segments).all(|(a, b)| a.is_within(b))
    }

    /// Whether a request with this verb and this path means it. Whether the path is plain is another question: see
    /// [`plain`].
    pub fn matches(&self, verb: &str, path: &str, spelling: Spelling) -> bool {
        let Some(inner) = path.strip_prefix('/') else { return false };
        let is_verb = match &self.verb {
            Some(own) => own == verb,
            None => !verb.is_empty() && verb.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'),
        };
        let mut parts = inner.split('/');
        is_verb
            && self.segments.iter().all(|shape| parts.next().is_some_and(|part| shape.matches(part, spelling)))
            && parts.next().is_none()
    }

    /// Routes that together match what both match: none when no request does. `Err` when there are too many to tell.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn shared(&self, other: &Route) -> std::result::Result<Vec<Route>, TooMany> {
        const MOST: usize = 64;
        let verb = match (&self.verb, &other.verb) {
            (Some(a), Some(b)) if a != b => return Ok(Vec::new()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        if self.segments.len() != other.segments.len() {
            return Ok(Vec::new());
        }
        let mut paths: Vec<Vec<Shape>> = vec![Vec::new()];
        for (a, b) in self.segments.iter().zip(&other.segments) {
            let both = a.shared(b)?;
            if paths.len() * both.len() > MOST {
                return Err(TooMany);
            }
            paths = paths
                .iter()
                .flat_map(|head| both.iter().map(|next| [&head[..], std::slice::from_ref(next)].concat()))
                .collect();
        }
        let text = format!("{} and {}", self.text, other.text);
        Ok(paths.into_iter().map(|segments| Route { verb: verb.clone(), segments, text: text.clone() }).collect())
    }

    /// Whether a segment can be taken apart in so many ways that an engine that goes back on its way gives up on a long
    /// path, and takes the request for one of a wider route.
    fn is_costly(&self) -> bool {
        self.segments.iter().any(|shape| shape.open() > 2)
    }

    /// With one parameter in the place of each segment that is too costly to match.
    fn widened(&self) -> Route {
        let segments = self.segments.iter().map(|s| if s.open() > 2 { Shape::parameter() } else { s.clone() });
        Route { segments: segments.collect(), ..self.clone() }
    }

    /// The more this is, the earlier it stands: of two routes of which one is within the other, the inner one has
    /// more.
    fn weight(&self) -> (usize, usize, Reverse<usize>, bool) {
        let sum = |of: fn(&Shape) -> usize| self.segments.iter().map(of).sum::<usize>();
        (sum(Shape::literals), sum(Shape::shortest), Reverse(sum(Shape::open)), self.verb.is_some())
    }
}

/// As it stands in the catalogue.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What two routes share can't be told in a few routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

#[cfg(test)]
mod open_tests;
#[cfg(test)]
mod tests;
