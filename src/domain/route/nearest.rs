//! The route that a path misses narrowly, and the reason: for explanations only.

use strsim::jaro_winkler;

use super::Route;
use super::pattern::{MatchMode, Reading};
use super::rules::{RouteAction, RouteRules};
use super::segment::SegmentPattern;
use crate::domain::untrusted_text::excerpt;

/// Number of characters of a segment that a reason repeats.
const MAX_EXCERPT: usize = 40;
/// Minimum similarity of a segment to the text of the route; 1 means the same text.
const MIN_SIMILARITY: f64 = 0.84;

/// A route that doesn't match a path, but nearly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss<'a> {
    pub route: &'a Route,
    /// The reason why the route doesn't match. Safe to show.
    pub why: String,
    /// Lower for a nearer route.
    distance: u8,
}

impl RouteRules {
    /// Returns the route nearest to a canonical path that no route matches. `None` if no route is near.
    pub fn nearest(&self, http_method: &str, path: &str) -> Option<NearMiss<'_>> {
        let is_own = |action: &RouteAction| matches!(action, RouteAction::Ask(_) | RouteAction::Public(_));
        self.rules
            .iter()
            .filter(|rule| rule.match_mode == MatchMode::Exact && is_own(&rule.action))
            .filter(|rule| rule.route.verbs.accepts(http_method))
            .filter_map(|rule| near_miss(&rule.route, path))
            .min_by_key(|miss| miss.distance)
    }
}

fn near_miss<'a>(route: &'a Route, path: &str) -> Option<NearMiss<'a>> {
    let miss = |distance, why: String| Some(NearMiss { route, why, distance });
    let has_final_slash = path.ends_with('/');
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (pattern, is_plain) = (&route.path, !route.has_many_segments());
    let same_end = pattern.has_final_slash == has_final_slash;
    let mut other_end = pattern.clone();
    other_end.has_final_slash = has_final_slash;
    let fits = |path: &str| other_end.matches(path, MatchMode::Exact, Reading::Plain);
    if !same_end && fits(path) {
        return match has_final_slash {
            true => miss(0, "the path has a slash at its end".to_owned()),
            false => miss(0, "the path has no slash at its end".to_owned()),
        };
    }
    let own: Vec<&SegmentPattern> = pattern.segments().collect();
    if !is_plain || !same_end || segments.is_empty() {
        return None;
    }
    let matches = |(pattern, segment): (&&SegmentPattern, &&str)| pattern.matches(segment, MatchMode::Exact);
    if own.len() > segments.len() {
        let (before, rest) = own.split_at(own.len() - segments.len());
        let before: Option<Vec<String>> = before.iter().map(|pattern| pattern.as_text()).collect();
        let before = before.filter(|_| rest.iter().zip(&segments).all(matches))?;
        return miss(2, format!("the path lacks /{} at its start", before.join("/")));
    }
    if own.len() < segments.len() {
        let (before, rest) = segments.split_at(segments.len() - own.len());
        // A route of parameters alone ends like every path.
        let has_text = own.iter().any(|pattern| pattern.as_text().is_some());
        return match has_text && own.iter().zip(rest).all(matches) {
            true => miss(3, format!("the path has /{} before the route", excerpt(&before.join("/"), MAX_EXCERPT))),
            false => None,
        };
    }
    let mut others = own.iter().zip(&segments).filter(|(pattern, segment)| !matches((pattern, segment)));
    let (pattern, segment) = others.next().filter(|_| others.next().is_none())?;
    let shown = excerpt(segment, MAX_EXCERPT);
    match (pattern, pattern.as_text()) {
        (SegmentPattern::Integer, _) => miss(1, format!("\"{shown}\" is not a whole number ({{…:int}})")),
        (SegmentPattern::Uuid, _) => miss(1, format!("\"{shown}\" is not a UUID ({{…:uuid}})")),
        (SegmentPattern::Text(_), Some(text)) if text.eq_ignore_ascii_case(segment) => {
            miss(1, format!("the path has \"{shown}\" in place of \"{text}\". Upper and lower case must be the same"))
        }
        (SegmentPattern::Text(_), Some(text)) if jaro_winkler(&text, segment) >= MIN_SIMILARITY => {
            miss(2, format!("the path has \"{shown}\" in place of \"{text}\""))
        }
        (SegmentPattern::Text(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::toml_reader;

    #[test]
    fn nearest_route_is_named_with_the_reason() {
        let text = r#"
            schema = 1
            name = "pets"
            title = "Pets"
            [[group]]
            id = "pets"
            title = "Pets"
            [[group.method]]
            id = "list"
            title = "List"
            access = "read"
            routes = ["GET /v1/pets"]
            [[group.method]]
            id = "get"
            title = "Get"
            access = "read"
            routes = ["GET /v1/pets/{id:int}"]
            [[group.method]]
            id = "tag"
            title = "Tag"
            access = "write"
            routes = ["POST /v1/tags/{id:uuid}/"]
        "#;
        let catalogue = toml_reader::read("pets", text, &[]).unwrap();
        let rules = RouteRules::new([&catalogue], &[]);
        for (request, route, why) in [
            ("GET /v1/pets/seven", "GET /v1/pets/{id:int}", "\"seven\" is not a whole number"),
            ("GET /v1/pets/", "GET /v1/pets", "a slash at its end"),
            ("GET /v1/Pets", "GET /v1/pets", "Upper and lower case must be the same"),
            ("GET /v1/pet/7", "GET /v1/pets/{id:int}", "\"pet\" in place of \"pets\""),
            ("GET /pets/7", "GET /v1/pets/{id:int}", "lacks /v1 at its start"),
            ("GET /api/v1/pets", "GET /v1/pets", "/api before"),
            ("POST /v1/tags/7/", "POST /v1/tags/{id:uuid}/", "\"7\" is not a UUID"),
            ("POST /v1/tags/0e4e1d6c-31c8-4a5b-9d4f-6a7d8a9b0c1d", "POST /v1/tags/{id:uuid}/", "no slash at its end"),
        ] {
            let (http_method, path) = request.split_once(' ').unwrap();
            assert_eq!(rules.find(http_method, path), None, "{request}");
            let miss = rules.nearest(http_method, path).unwrap();
            assert_eq!(miss.route.to_string(), route, "{request}");
            assert!(miss.why.contains(why), "{request}: {}", miss.why);
        }
        for request in ["DELETE /v1/pets/seven", "GET /orders", "GET /", "GET /v2/cats/seven"] {
            let (http_method, path) = request.split_once(' ').unwrap();
            assert_eq!(rules.nearest(http_method, path), None, "{request}");
        }
    }
}
