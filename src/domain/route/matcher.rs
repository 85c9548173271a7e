//! The rules of routes in code: for explanations, and to test the regular expressions that proxies match instead.

use super::pattern::{MatchMode, Reading, is_sent_unescaped, is_unescaped_in_path};
use super::request_path::{MAX_PATH_LEN, contains_encoded_slash};
use super::rules::{RouteRule, RouteRules};
use super::segment::{SegmentPattern, TextPattern, Unit};
use super::sequence::covers;
use super::{PathPart, PathPattern};

impl RouteRules {
    /// Returns the rule for a request: the first that it matches. `None` if there is none, which denies the request.
    /// `path` is without the query, as the client sent it.
    pub fn find(&self, http_method: &str, path: &str) -> Option<&RouteRule> {
        if !is_canonical_path(path, self.reads_encoded_slashes()) {
            return None;
        }
        self.rules.iter().find(|rule| rule.matches(http_method, path))
    }
}

impl RouteRule {
    /// Returns `true` if a request with this verb and path matches. Doesn't check that the path is canonical.
    pub fn matches(&self, http_method: &str, path: &str) -> bool {
        if !self.route.verbs.accepts(http_method) {
            return false;
        }
        let matches = |reading| self.route.path.matches(path, self.match_mode, reading);
        match (contains_encoded_slash(path), self.match_mode) {
            (false, _) => matches(Reading::Plain),
            (true, MatchMode::Exact) => self.admits_encoded_slash() && matches(Reading::InManyOnly),
            (true, MatchMode::Loose) => {
                self.admits_encoded_slash() && (matches(Reading::Plain) || matches(Reading::Slashes))
            }
        }
    }
}

impl PathPattern {
    pub(super) fn matches(&self, path: &str, mode: MatchMode, reading: Reading) -> bool {
        let slashes_replaced;
        let path = match reading {
            Reading::Slashes => {
                slashes_replaced = path.replace("%2F", "/").replace("%2f", "/");
                &slashes_replaced
            }
            Reading::Plain | Reading::InManyOnly => path,
        };
        let Some(inner) = path.strip_prefix('/') else { return false };
        let (inner, has_final_slash) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, inner.is_empty()),
        };
        let segments: Vec<&str> = inner.split('/').filter(|segment| !segment.is_empty()).collect();
        let fits = |own: usize, at: usize| match &self.parts[own] {
            PathPart::Segment(pattern) => {
                let may_hold_slash = reading != Reading::InManyOnly
                    || (pattern.is_parameter() && self.parts.get(own + 1) == Some(&PathPart::Many));
                (may_hold_slash || !contains_encoded_slash(segments[at])) && pattern.matches(segments[at], mode)
            }
            PathPart::Many => false,
        };
        has_final_slash == self.has_final_slash && covers(&self.parts, segments.len(), fits)
    }
}

impl SegmentPattern {
    /// Returns `true` if the pattern matches a segment of a canonical path.
    pub(super) fn matches(&self, segment: &str, mode: MatchMode) -> bool {
        match (self, mode) {
            (SegmentPattern::Text(text), MatchMode::Loose) if !self.is_parameter() => {
                let ignored_end =
                    |text: &str| ["%20", "."].into_iter().find_map(|end| Some(text.strip_suffix(end)?.len()));
                let mut heads =
                    std::iter::successors(Some(segment), |text| ignored_end(text).map(|end| &segment[..end]));
                heads.any(|head| text.matches(head, mode))
                    || if text.is_ascii() { has_letter_like(segment) } else { has_non_ascii(segment) }
            }
            (SegmentPattern::Text(text), _) => text.matches(segment, mode),
            (typed, MatchMode::Exact) => typed.holds(segment.as_bytes()),
            (SegmentPattern::Integer, MatchMode::Loose) => {
                let first = units(segment.as_bytes()).into_iter().find(|unit| !matches!(*unit, b"-" | b"+"));
                first.is_some_and(|unit| unit[0].is_ascii_digit() || unit.len() == 3)
            }
            (SegmentPattern::Uuid, MatchMode::Loose) => {
                let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
                segment.as_bytes().split(|byte| !is_part(*byte)).any(|run| run.len() >= 32)
                    || segment.to_ascii_uppercase().contains("%2D")
            }
        }
    }
}

impl TextPattern {
    fn matches(&self, segment: &str, mode: MatchMode) -> bool {
        let units = units(segment.as_bytes());
        let fits = |own: usize, at: usize| match self.0[own] {
            Unit::Byte(byte) => {
                let is_escaped = || units[at].eq_ignore_ascii_case(format!("%{byte:02x}").as_bytes());
                match mode {
                    MatchMode::Exact if is_unescaped_in_path(byte) => units[at] == [byte],
                    MatchMode::Exact => is_escaped(),
                    MatchMode::Loose if is_unescaped_in_path(byte) || is_sent_unescaped(byte) => {
                        units[at].eq_ignore_ascii_case(&[byte]) || is_escaped()
                    }
                    MatchMode::Loose => is_escaped(),
                }
            }
            Unit::One => true,
            Unit::Many => false,
        };
        covers(&self.0, units.len(), fits)
    }
}

/// Returns `true` if a segment has an escape of [`super::pattern::LETTER_LIKE`].
fn has_letter_like(segment: &str) -> bool {
    const STARTS: [&str; 14] = [
        "%EF%BC",
        "%EF%BD",
        "%E2%84",
        "%E2%85",
        "%E2%92",
        "%E2%93",
        "%C5%BF",
        "%C4%B0",
        "%C4%B1",
        "%F0%9D",
        "%F0%9F%84",
        "%F0%9F%85",
        "%F0%9F%86",
        "%F0%9F%87",
    ];
    let segment = segment.to_ascii_uppercase();
    STARTS.iter().any(|start| segment.contains(start))
}

/// Returns `true` if a segment has an escape of a character beyond ASCII.
fn has_non_ascii(segment: &str) -> bool {
    units(segment.as_bytes()).iter().any(|unit| unit.len() == 3 && matches!(unit[1].to_ascii_uppercase(), b'C'..=b'F'))
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

/// Returns `true` if a path follows the rule of [`super::request_path`].
pub fn is_canonical_path(path: &str, admits_encoded_slash: bool) -> bool {
    let Some(inner) = path.strip_prefix('/').filter(|_| path.len() <= MAX_PATH_LEN) else { return false };
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let slashes_replaced = inner.replace("%2F", "/").replace("%2f", "/");
    if slashes_replaced.len() < inner.len() && !admits_encoded_slash {
        return false;
    }
    path == "/"
        || slashes_replaced
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | "..") && is_canonical_segment(segment))
}

fn is_canonical_segment(segment: &str) -> bool {
    let (mut bytes, mut decoded) = (segment.bytes(), Vec::new());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            if byte == b';' || !(is_unescaped_in_path(byte) || is_sent_unescaped(byte)) {
                return false;
            }
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        let (Some(high), Some(low)) = (digit(), digit()) else { return false };
        let byte = high * 16 + low;
        if byte.is_ascii_alphanumeric() || byte.is_ascii_control() || b"./\\%;".contains(&byte) {
            return false;
        }
        decoded.push(byte);
    }
    // A character is invalid if its first bytes are escaped and its last ones are not.
    String::from_utf8(decoded).is_ok_and(|text| !text.chars().any(char::is_control))
}
