//! Routes as catalogues write them.

use super::segment::{SegmentPattern, TextPattern, Unit};
use super::verbs::Verbs;
use super::{PathPart, PathPattern, Route};
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// Maximum number of values of a parameter.
pub const MAX_VALUES: usize = 16;
/// Maximum number of routes that a route with such parameters stands for.
pub const MAX_COMBINATIONS: usize = 64;

/// A segment as written.
enum Segment {
    One(SegmentPattern),
    /// `{kind:a|b}`: one of these texts.
    Values(Vec<SegmentPattern>),
    /// `{path+}`: one or more segments.
    Several,
}

impl Route {
    /// Parses a route. Returns several routes if a parameter has a list of values: one for each of them.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the broken rule.
    pub fn parse_all(text: &str) -> Result<Vec<Route>> {
        let refused = |why: &str| Err(Error::usage(format!("\"{}\" is not a route", excerpt(text, 60))).why(why));
        let (verbs, path) = match text.split_once(' ') {
            Some((http_method, path))
                if !http_method.is_empty() && http_method.bytes().all(|b| b.is_ascii_uppercase()) =>
            {
                (Verbs::One(http_method.to_owned()), path)
            }
            _ => (Verbs::Any, text),
        };
        let Some(inner) = path.strip_prefix('/') else {
            return refused(
                "write an HTTP method in capitals and a path that begins with /, e.g. GET /1.0/things. The HTTP method \
                 can be left out",
            );
        };
        let steps = path.split('/').any(|part| matches!(part, "." | ".."));
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\' | '%' | ';');
        if steps || path.contains("//") || path.contains(odd) {
            return refused(
                "a path can't contain spaces, control characters, \"//\", or any of these characters: % ? # ; \\ Also, \
                 no segment can be \".\" or \"..\". Proxies may rewrite such paths",
            );
        }
        let (inner, has_final_slash) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, inner.is_empty()),
        };
        let texts = inner.split('/').filter(|text| !text.is_empty());
        let Some(segments) = texts.map(Segment::parse).collect::<Option<Vec<_>>>() else {
            return refused(
                "write a parameter as {id}. A parameter that is a whole segment can also be {id+}, {id:int}, {id:uuid} \
                 or {id:a|b}",
            );
        };
        let combinations = segments.iter().map(Segment::alternatives).fold(1, usize::saturating_mul);
        if combinations > MAX_COMBINATIONS || segments.iter().any(|segment| segment.alternatives() > MAX_VALUES) {
            return refused(&format!(
                "a parameter can have at most {MAX_VALUES} values. All parameters of a route together can have at most \
                 {MAX_COMBINATIONS} combinations of values"
            ));
        }
        let mut paths: Vec<Vec<PathPart>> = vec![Vec::new()];
        for segment in segments {
            let choices: Vec<Vec<PathPart>> = match segment {
                Segment::One(pattern) => vec![vec![PathPart::Segment(pattern)]],
                Segment::Several => vec![vec![PathPart::Segment(SegmentPattern::parameter()), PathPart::Many]],
                Segment::Values(values) => values.into_iter().map(|value| vec![PathPart::Segment(value)]).collect(),
            };
            paths = paths.iter().flat_map(|head| choices.iter().map(|choice| [&head[..], choice].concat())).collect();
        }
        let route = |parts| Route {
            verbs: verbs.clone(),
            path: PathPattern::new(parts, has_final_slash),
            text: text.to_owned(),
        };
        Ok(paths.into_iter().map(route).collect())
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Segment> {
        let whole =
            text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).filter(|name| !name.contains(['{', '}']));
        let Some(name) = whole else { return parse_text(text).map(Segment::One) };
        if name.ends_with('+') && !name.contains(':') {
            return Some(Segment::Several);
        }
        Some(match name.split_once(':').map(|(_, kind)| kind) {
            None => Segment::One(SegmentPattern::parameter()),
            Some("int") => Segment::One(SegmentPattern::Integer),
            Some("uuid") => Segment::One(SegmentPattern::Uuid),
            Some(values) => {
                let values: Vec<&str> = values.split('|').collect();
                let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
                if values.iter().any(|v| matches!(*v, "" | "." | "..") || !v.bytes().all(is_plain)) {
                    return None;
                }
                Segment::Values(values.into_iter().map(SegmentPattern::literal).collect())
            }
        })
    }

    fn alternatives(&self) -> usize {
        match self {
            Segment::Values(values) => values.len(),
            Segment::One(_) | Segment::Several => 1,
        }
    }
}

/// Parses a segment of literal characters and parameters; `None` if its braces don't pair, or a parameter has a type.
fn parse_text(text: &str) -> Option<SegmentPattern> {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        units.extend(rest[..at].bytes().map(Unit::Byte));
        let (name, after) = rest[at..].strip_prefix('{')?.split_once('}')?;
        if name.contains(['{', ':']) || name.ends_with('+') {
            return None;
        }
        units.extend([Unit::One, Unit::Many]);
        rest = after;
    }
    units.extend(rest.bytes().map(Unit::Byte));
    Some(SegmentPattern::Text(TextPattern::new(units)))
}
