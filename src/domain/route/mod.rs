//! Routes: which HTTP requests lead to a method, and which of two routes a request means.
//!
//! - [`Route`] parses `GET /orders/{id}` and checks if two routes are the same;
//! - [`segment`] compares the texts that two segments match;
//! - [`request_path`] holds the rule for the path of every request, checked before any route is;
//! - [`rules`] orders all routes of an installation in one list.

pub mod request_path;
pub mod rules;
pub mod segment;

use std::cmp::Reverse;
use std::fmt;

use self::segment::SegmentPattern;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// A route as written in a catalogue: `GET /orders/{id}`, or `/orders` for every verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The HTTP verb in capitals; `None` = any.
    pub http_method: Option<String>,
    /// The shape of each segment of the path. `/` alone has one segment, which matches the empty text.
    pub segments: Vec<SegmentPattern>,
    text: String,
}

impl Route {
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: &str| Err(Error::usage(format!("\"{}\" is not a route", excerpt(text, 60))).why(why));
        let (http_method, path) = match text.split_once(' ') {
            Some((http_method, path))
                if !http_method.is_empty() && http_method.bytes().all(|b| b.is_ascii_uppercase()) =>
            {
                (Some(http_method.to_owned()), path)
            }
            _ => (None, text),
        };
        let Some(inner) = path.strip_prefix('/') else {
            return refused("a route is an HTTP method and a path, e.g. GET /1.0/things");
        };
        let steps = path.split('/').any(|part| matches!(part, "." | ".."));
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\' | '%' | ';');
        if steps || path.contains("//") || path.contains(odd) {
            return refused(
                "a path can't contain // % ? # ; \\, spaces, or the segments . and .., because proxies may \
                 rewrite them",
            );
        }
        let Some(segments) = inner.split('/').map(SegmentPattern::parse).collect() else {
            return refused("write a parameter as {name}, within one segment of the path");
        };
        Ok(Route { http_method, segments, text: text.to_owned() })
    }

    /// Returns verb and shape, without the names of parameters. Routes with equal keys are the same.
    pub fn key(&self) -> String {
        let mut key = self.http_method.clone().unwrap_or_default();
        for segment in &self.segments {
            key.push('/');
            key.push_str(&segment.key());
        }
        key
    }

    fn with_http_method(&self, http_method: &str) -> Route {
        let path = self.text.rsplit(' ').next().unwrap_or(&self.text);
        Route {
            http_method: Some(http_method.to_owned()),
            segments: self.segments.clone(),
            text: format!("{http_method} {path}"),
        }
    }

    /// Returns `true` if `other` matches every request of this route.
    pub fn is_within(&self, other: &Route) -> bool {
        self.segments.len() == other.segments.len()
            && (other.http_method.is_none() || other.http_method == self.http_method)
            && self.segments.iter().zip(&other.segments).all(|(a, b)| a.is_within(b))
    }

    /// Returns routes that together match the requests shared by both; empty if no request is shared.
    ///
    /// # Errors
    /// [`TooMany`] if this would need too many routes.
    pub fn intersection(&self, other: &Route) -> std::result::Result<Vec<Route>, TooMany> {
        const MAX_ROUTES: usize = 64;
        let http_method = match (&self.http_method, &other.http_method) {
            (Some(a), Some(b)) if a != b => return Ok(Vec::new()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        if self.segments.len() != other.segments.len() {
            return Ok(Vec::new());
        }
        let mut paths: Vec<Vec<SegmentPattern>> = vec![Vec::new()];
        for (a, b) in self.segments.iter().zip(&other.segments) {
            let both = a.intersection(b)?;
            if paths.len() * both.len() > MAX_ROUTES {
                return Err(TooMany);
            }
            paths = paths
                .iter()
                .flat_map(|head| both.iter().map(|next| [&head[..], std::slice::from_ref(next)].concat()))
                .collect();
        }
        let text = format!("{} and {}", self.text, other.text);
        Ok(paths
            .into_iter()
            .map(|segments| Route { http_method: http_method.clone(), segments, text: text.clone() })
            .collect())
    }

    /// Returns `true` if a segment has too many ways to be split. A backtracking engine then gives up on a long path,
    /// and takes the request for one of a wider route.
    fn is_costly(&self) -> bool {
        self.segments.iter().any(|shape| shape.unbounded_units() > 2)
    }

    /// Returns the route with one parameter in place of each segment that is too costly to match.
    fn widened(&self) -> Route {
        let segments =
            self.segments.iter().map(|s| if s.unbounded_units() > 2 { SegmentPattern::parameter() } else { s.clone() });
        Route { segments: segments.collect(), ..self.clone() }
    }

    /// Returns the sort weight: higher comes first. If one of two routes is within the other, the inner one has the
    /// higher weight.
    fn specificity(&self) -> (usize, usize, Reverse<usize>, bool) {
        let sum = |of: fn(&SegmentPattern) -> usize| self.segments.iter().map(of).sum::<usize>();
        (
            sum(SegmentPattern::literal_count),
            sum(SegmentPattern::min_units),
            Reverse(sum(SegmentPattern::unbounded_units)),
            self.http_method.is_some(),
        )
    }
}

/// The route as written in the catalogue.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The requests shared by two routes need too many routes to describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

#[cfg(test)]
mod matcher_tests;
#[cfg(test)]
mod public_route_tests;
#[cfg(test)]
mod tests;
