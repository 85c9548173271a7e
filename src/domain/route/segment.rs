//! The texts that one segment of a route matches.
//!
//! A segment of a request is read as units: one character, or one percent escape. Literal characters of a route that a
//! path can't contain directly (`é`, `"`) become units of escapes. A parameter matches one unit or more.

use super::TooMany;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// This byte, as a character or escaped.
    Byte(u8),
    One,
    /// Any number of units, including none.
    Many,
}

/// The pattern of a segment: `things`, `{id}`, `{id}.json`, `{base}...{head}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentPattern(pub(super) Vec<Unit>);

/// The accepted spellings of a shape's literal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchMode {
    /// Exactly as in the route.
    Exact,
    /// Also escaped, and in the other case: spellings that an application may treat as the same.
    Loose,
}

impl SegmentPattern {
    /// Parses a segment; `None` if its braces don't pair.
    pub(super) fn parse(text: &str) -> Option<SegmentPattern> {
        let mut units = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            units.extend(rest[..at].bytes().map(Unit::Byte));
            let (name, after) = rest[at..].strip_prefix('{')?.split_once('}')?;
            if name.contains('{') {
                return None;
            }
            units.extend([Unit::One, Unit::Many]);
            rest = after;
        }
        units.extend(rest.bytes().map(Unit::Byte));
        Some(SegmentPattern::new(units))
    }

    pub(super) fn parameter() -> SegmentPattern {
        SegmentPattern(vec![Unit::One, Unit::Many])
    }

    /// Normalizes runs of wildcards: first those for exactly one unit, then one for any number.
    fn new(units: Vec<Unit>) -> SegmentPattern {
        let (mut ordered, mut many) = (Vec::with_capacity(units.len()), false);
        for unit in units {
            match unit {
                Unit::Many => many = true,
                Unit::One => ordered.push(Unit::One),
                Unit::Byte(_) => {
                    if std::mem::take(&mut many) {
                        ordered.push(Unit::Many);
                    }
                    ordered.push(unit);
                }
            }
        }
        if many {
            ordered.push(Unit::Many);
        }
        SegmentPattern(ordered)
    }

    /// Returns a key that only equal shapes share. No literal contains a brace.
    pub(super) fn key(&self) -> String {
        let mut bytes = Vec::with_capacity(self.0.len());
        for unit in &self.0 {
            match unit {
                Unit::Byte(byte) => bytes.push(*byte),
                Unit::One => bytes.push(b'{'),
                Unit::Many => bytes.push(b'}'),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns `true` if `other` matches everything that this shape matches. May be `false` wrongly (which is safe) if
    /// `other` has several adjacent parameters.
    pub(super) fn is_within(&self, other: &SegmentPattern) -> bool {
        let fits = |outer: Unit, at: usize| match (outer, self.0[at]) {
            (Unit::Byte(a), Unit::Byte(b)) => a == b,
            (Unit::One, Unit::Byte(_) | Unit::One) => true,
            (Unit::Byte(_) | Unit::One | Unit::Many, _) => false,
        };
        covers(&other.0, self.0.len(), fits)
    }

    /// Returns shapes that together match the texts matched by both.
    pub(super) fn intersection(&self, other: &SegmentPattern) -> Result<Vec<SegmentPattern>, TooMany> {
        if self.is_within(other) {
            return Ok(vec![self.clone()]);
        }
        if other.is_within(self) {
            return Ok(vec![other.clone()]);
        }
        let mut intersection = Intersection { shapes: Vec::new(), steps: 0 };
        intersection.walk(&self.0, &other.0, &mut Vec::new())?;
        let all: Vec<SegmentPattern> = std::mem::take(&mut intersection.shapes);
        let mut widest: Vec<SegmentPattern> = Vec::new();
        for shape in all {
            if !widest.iter().any(|k| shape.is_within(k)) {
                widest.retain(|k| !k.is_within(&shape));
                widest.push(shape);
            }
        }
        Ok(widest)
    }

    pub(super) fn literal_count(&self) -> usize {
        self.0.iter().filter(|u| matches!(u, Unit::Byte(_))).count()
    }

    pub(super) fn min_units(&self) -> usize {
        self.0.iter().filter(|u| !matches!(u, Unit::Many)).count()
    }

    /// Returns the number of parts that match any length.
    pub(super) fn unbounded_units(&self) -> usize {
        self.0.len() - self.min_units()
    }

    pub(super) fn is_literal(&self) -> bool {
        self.literal_count() == self.0.len()
    }

    /// Returns a regular expression without anchors, for both PCRE and RE2. It consists only of letters, digits and `/
    /// - _ ~ % [ ] ( ) ? : ^ + * | \`. None of these has a special meaning in the files that quote it.
    pub fn pattern(&self, spelling: MatchMode) -> String {
        const ANY: &str = "(?:[^/%]|%[0-9A-Fa-f][0-9A-Fa-f])";
        // One unit or more; doesn't end within an escape. Units aren't repeated one by one, because a backtracking
        // engine could exceed its limits on a long path. The path would then match nothing here but a wider route.
        const SOME: &str = "(?:[^/]*[^/%][^/%]|[^/%])";
        if self.0 == [Unit::One, Unit::Many] {
            return "[^/]+".to_owned();
        }
        let mut text = String::new();
        let mut rest = &self.0[..];
        while let Some((unit, after)) = rest.split_first() {
            rest = after;
            match (unit, rest) {
                (Unit::One, [Unit::Many, after @ ..]) => {
                    rest = after;
                    text.push_str(SOME);
                }
                (Unit::One, _) => text.push_str(ANY),
                (Unit::Many, _) => text.push_str(&format!("{SOME}?")),
                (Unit::Byte(byte), _) => text.push_str(&byte_pattern(*byte, spelling)),
            }
        }
        text
    }
}

/// Returns `true` if `shape` covers `len` items; `fits` tests the item at a position against a unit. Each `Many` takes
/// as few items as possible. Only the last `Many` passed may ever need to take more.
pub(super) fn covers(shape: &[Unit], len: usize, fits: impl Fn(Unit, usize) -> bool) -> bool {
    let (mut own, mut at) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    while at < len {
        match shape.get(own) {
            Some(Unit::Many) => {
                last = Some((own, at));
                own += 1;
            }
            Some(unit) if fits(*unit, at) => {
                own += 1;
                at += 1;
            }
            _ => {
                let Some((many, consumed)) = last else { return false };
                last = Some((many, consumed + 1));
                own = many + 1;
                at = consumed + 1;
            }
        }
    }
    shape[own..].iter().all(|unit| *unit == Unit::Many)
}

/// Returns `true` if a path may contain this byte unescaped: RFC 3986's unreserved characters and sub-delimiters, `:`
/// and `@`.
pub(super) fn is_unescaped_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

fn byte_pattern(byte: u8, spelling: MatchMode) -> String {
    let hex = |digit: u8| match char::from_digit(u32::from(digit), 16).unwrap_or('0') {
        letter @ 'a'..='f' => format!("[{}{letter}]", letter.to_ascii_uppercase()),
        figure => figure.to_string(),
    };
    let escaped = |byte: u8| format!("%{}{}", hex(byte >> 4), hex(byte & 15));
    if !is_unescaped_in_path(byte) {
        return escaped(byte);
    }
    let itself = |byte: u8| match byte {
        b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        // As a number, so that the character has no special meaning in the file with the pattern.
        _ => format!("\\x{byte:02X}"),
    };
    match spelling {
        MatchMode::Exact => itself(byte),
        MatchMode::Loose if byte.is_ascii_alphabetic() => {
            format!("[{}{}]", char::from(byte.to_ascii_uppercase()), char::from(byte.to_ascii_lowercase()))
        }
        // Escapes of unreserved characters were refused before: see `request_path`.
        MatchMode::Loose if byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_') => itself(byte),
        MatchMode::Loose => format!("(?:{}|{})", itself(byte), escaped(byte)),
    }
}

struct Intersection {
    shapes: Vec<SegmentPattern>,
    steps: usize,
}

impl Intersection {
    /// Follows both shapes at once; `head` is their common start so far.
    fn walk(&mut self, a: &[Unit], b: &[Unit], head: &mut Vec<Unit>) -> Result<(), TooMany> {
        const MAX_STEPS: usize = 20_000;
        const MAX_PATTERNS: usize = 64;
        self.steps += 1;
        if self.steps > MAX_STEPS || self.shapes.len() > MAX_PATTERNS {
            return Err(TooMany);
        }
        let mut both = |found: &mut Self, unit: Unit, a: &[Unit], b: &[Unit]| {
            head.push(unit);
            let walked = found.walk(a, b, head);
            head.pop();
            walked
        };
        match (a, b) {
            ([], []) => self.shapes.push(SegmentPattern::new(head.clone())),
            ([Unit::Many, more_a @ ..], [Unit::Many, more_b @ ..]) => {
                // If one of the shapes ends first, the other continues.
                both(self, Unit::Many, more_a, b)?;
                both(self, Unit::Many, a, more_b)?;
            }
            ([Unit::Many, more @ ..], [unit, rest @ ..]) => {
                both(self, *unit, a, rest)?;
                self.walk(more, b, head)?;
            }
            ([unit, rest @ ..], [Unit::Many, more @ ..]) => {
                both(self, *unit, rest, b)?;
                self.walk(a, more, head)?;
            }
            ([Unit::Many, more @ ..], []) => self.walk(more, b, head)?,
            ([], [Unit::Many, more @ ..]) => self.walk(a, more, head)?,
            ([Unit::Byte(x), a @ ..], [Unit::Byte(y), b @ ..]) if x == y => both(self, Unit::Byte(*x), a, b)?,
            ([unit, a @ ..], [Unit::One, b @ ..]) | ([Unit::One, a @ ..], [unit, b @ ..]) => both(self, *unit, a, b)?,
            _ => {}
        }
        Ok(())
    }
}
