//! The rules of routes in code, to test them. Proxies match the regular expressions instead.

use super::Route;
use super::request_path::MAX_PATH_LEN;
use super::rules::{RouteAction, RouteRules};
use super::segment::{MatchMode, SegmentPattern, Unit, covers, is_unescaped_in_path};

impl RouteRules {
    /// Returns the action for a request. `None` if no entry matches, which also denies the request. `path` is without
    /// the query, as the client sent it.
    pub fn find_action(&self, http_method: &str, path: &str) -> Option<&RouteAction> {
        if !is_canonical_path(path) {
            return None;
        }
        let found = self.rules.iter().find(|e| e.route.matches(http_method, path, e.match_mode));
        found.map(|e| &e.action)
    }
}

impl Route {
    /// Returns `true` if the route matches a request with this verb and path. Doesn't check that the path is plain: see
    /// [`request_path`].
    pub fn matches(&self, http_method: &str, path: &str, spelling: MatchMode) -> bool {
        let Some(inner) = path.strip_prefix('/') else { return false };
        let is_method = match &self.http_method {
            Some(expected) => expected == http_method,
            None => !http_method.is_empty() && http_method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'),
        };
        let mut parts = inner.split('/');
        is_method
            && self.segments.iter().all(|shape| parts.next().is_some_and(|part| shape.matches(part, spelling)))
            && parts.next().is_none()
    }
}

impl SegmentPattern {
    /// Returns `true` if the shape matches a segment of a plain path.
    pub(super) fn matches(&self, segment: &str, spelling: MatchMode) -> bool {
        let units = units(segment.as_bytes());
        let fits = |own: Unit, at: usize| match own {
            Unit::Byte(byte) => {
                let is_escaped = || units[at].eq_ignore_ascii_case(format!("%{byte:02x}").as_bytes());
                match (spelling, is_unescaped_in_path(byte)) {
                    (_, false) => is_escaped(),
                    (MatchMode::Exact, true) => units[at] == [byte],
                    (MatchMode::Loose, true) => units[at].eq_ignore_ascii_case(&[byte]) || is_escaped(),
                }
            }
            Unit::One => true,
            Unit::Many => false,
        };
        covers(&self.0, units.len(), fits)
    }
}

/// Returns the units of a segment. A percent sign without two hexadecimal digits after it is a unit of its own, and
/// matches no escape.
fn units(segment: &[u8]) -> Vec<&[u8]> {
    let (mut units, mut rest) = (Vec::with_capacity(segment.len()), segment);
    while !rest.is_empty() {
        let is_escape = rest[0] == b'%' && rest.len() >= 3 && rest[1..3].iter().all(u8::is_ascii_hexdigit);
        let (unit, after) = rest.split_at(if is_escape { 3 } else { 1 });
        units.push(unit);
        rest = after;
    }
    units
}

pub fn is_canonical_path(path: &str) -> bool {
    let Some(inner) = path.strip_prefix('/').filter(|_| path.len() <= MAX_PATH_LEN) else { return false };
    let mut segments: Vec<&str> = inner.split('/').collect();
    if segments.last().is_some_and(|last| last.is_empty()) {
        segments.pop();
    }
    segments.iter().all(|segment| !matches!(*segment, "" | "." | "..") && is_canonical_segment(segment))
}

fn is_canonical_segment(segment: &str) -> bool {
    let (mut bytes, mut decoded) = (segment.bytes(), Vec::new());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            if !byte.is_ascii_alphanumeric() && !b"-._~!$&'()*+,=:@".contains(&byte) {
                return false;
            }
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        let (Some(high), Some(low)) = (digit(), digit()) else { return false };
        let byte = high * 16 + low;
        if byte.is_ascii_alphanumeric() || byte.is_ascii_control() || b"-._/\\%;".contains(&byte) {
            return false;
        }
        decoded.push(byte);
    }
    // A character is invalid if its first bytes are escaped and its last ones are not.
    String::from_utf8(decoded).is_ok_and(|text| !text.chars().any(char::is_control))
}
