//! The texts that one segment of a route matches.
//!
//! A segment of a request is read as units: one character, or one percent escape. Literal characters of a route that a
//! path can't contain directly (`é`, `"`) become units of escapes. A parameter matches one unit or more.

use unicode_normalization::UnicodeNormalization;

use super::TooMany;
use super::sequence::{self, Item, covers};
use super::work::Work;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// This byte, as a character or escaped.
    Byte(u8),
    One,
    /// Any number of units, including none.
    Many,
}

impl Item for Unit {
    const MANY: Unit = Unit::Many;

    fn is_many(&self) -> bool {
        *self == Unit::Many
    }

    fn intersection(&self, other: &Unit, _: &mut Work) -> Result<Vec<Unit>, TooMany> {
        Ok(match (self, other) {
            (Unit::One, unit) | (unit, Unit::One) => vec![*unit],
            (a, b) if a == b => vec![*a],
            _ => Vec::new(),
        })
    }
}

/// The pattern of a segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SegmentPattern {
    /// `things`, `{id}`, `{id}.json`, `{base}...{head}`.
    Text(TextPattern),
    /// `{id:int}`: digits, after a minus sign or none.
    Integer,
    /// `{id:uuid}`: 8-4-4-4-12 hexadecimal digits.
    Uuid,
}

/// A pattern of literal characters and parameters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPattern(pub(super) Vec<Unit>);

impl SegmentPattern {
    pub(super) fn parameter() -> SegmentPattern {
        SegmentPattern::Text(TextPattern(vec![Unit::One, Unit::Many]))
    }

    pub(super) fn literal(text: &str) -> SegmentPattern {
        SegmentPattern::Text(TextPattern(text.bytes().map(Unit::Byte).collect()))
    }

    /// Returns the pattern that is the same for all texts that an application may treat as the same.
    pub(super) fn folded(&self) -> SegmentPattern {
        match self {
            SegmentPattern::Text(text) => SegmentPattern::Text(text.folded()),
            SegmentPattern::Integer | SegmentPattern::Uuid => self.clone(),
        }
    }

    /// Returns `true` for a parameter without a type that is a whole segment.
    pub(super) fn is_parameter(&self) -> bool {
        matches!(self, SegmentPattern::Text(text) if text.0 == [Unit::One, Unit::Many])
    }

    /// Returns a key that only equal patterns share. No literal contains a brace.
    pub(super) fn key(&self) -> String {
        match self {
            SegmentPattern::Text(text) => text.key(),
            SegmentPattern::Integer => "{int}".to_owned(),
            SegmentPattern::Uuid => "{uuid}".to_owned(),
        }
    }

    /// Returns `true` if `other` matches everything that this pattern matches. May be `false` wrongly (which is safe) if
    /// `other` has several adjacent parameters.
    pub(super) fn is_within(&self, other: &SegmentPattern) -> bool {
        match (self, other) {
            (SegmentPattern::Text(own), SegmentPattern::Text(other)) => own.is_within(other),
            (own, other) if own == other || other.is_parameter() => true,
            (SegmentPattern::Text(own), typed) => own.as_literal().is_some_and(|literal| typed.holds(&literal)),
            (SegmentPattern::Integer | SegmentPattern::Uuid, _) => false,
        }
    }

    /// Returns the text of a segment without parameters.
    pub(super) fn as_text(&self) -> Option<String> {
        self.text()?.as_literal().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// Returns `true` if a typed parameter can have this value, whose characters are not escaped.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        match self {
            SegmentPattern::Integer => {
                let digits = value.strip_prefix(b"-").unwrap_or(value);
                !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
            }
            SegmentPattern::Uuid => {
                let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
                value.len() == 36
                    && value.iter().enumerate().all(|(at, byte)| match is_hyphen(at) {
                        true => *byte == b'-',
                        false => byte.is_ascii_hexdigit(),
                    })
            }
            SegmentPattern::Text(_) => false,
        }
    }

    /// Returns patterns that together match the texts matched by both, and possibly more.
    ///
    /// # Errors
    /// [`TooMany`] if this would need too many patterns.
    pub(super) fn intersection(&self, other: &SegmentPattern, work: &mut Work) -> Result<Vec<SegmentPattern>, TooMany> {
        if self.is_within(other) {
            return Ok(vec![self.clone()]);
        }
        if other.is_within(self) {
            return Ok(vec![other.clone()]);
        }
        match (self, other) {
            (SegmentPattern::Text(own), SegmentPattern::Text(other)) => {
                Ok(own.intersection(other, work)?.into_iter().map(SegmentPattern::Text).collect())
            }
            (SegmentPattern::Text(text), typed) | (typed, SegmentPattern::Text(text)) => {
                let fits = |unit: &Unit| match (unit, typed) {
                    (Unit::Byte(byte), SegmentPattern::Integer) => byte.is_ascii_digit() || *byte == b'-',
                    (Unit::Byte(byte), SegmentPattern::Uuid) => byte.is_ascii_hexdigit() || *byte == b'-',
                    _ => true,
                };
                let is_possible = text.as_literal().is_none() && text.0.iter().all(fits);
                Ok(if is_possible { vec![SegmentPattern::Text(text.clone())] } else { Vec::new() })
            }
            // A UUID has hyphens between digits.
            (SegmentPattern::Integer | SegmentPattern::Uuid, _) => Ok(Vec::new()),
        }
    }

    /// Returns `false` if both are texts whose starts or ends differ, so that they match no text in common.
    pub(super) fn may_share(&self, other: &SegmentPattern) -> bool {
        let (Some(own), Some(other)) = (self.text(), other.text()) else { return true };
        let are_bytes = |(a, b): &(&Unit, &Unit)| matches!((a, b), (Unit::Byte(_), Unit::Byte(_)));
        own.0.iter().zip(&other.0).take_while(are_bytes).all(|(a, b)| a == b)
            && own.0.iter().rev().zip(other.0.iter().rev()).take_while(are_bytes).all(|(a, b)| a == b)
    }

    pub(super) fn is_literal(&self) -> bool {
        matches!(self, SegmentPattern::Text(text) if text.literal_count() == text.0.len())
    }

    pub(super) fn is_typed(&self) -> bool {
        matches!(self, SegmentPattern::Integer | SegmentPattern::Uuid)
    }

    pub(super) fn literal_count(&self) -> usize {
        self.text().map_or(0, TextPattern::literal_count)
    }

    pub(super) fn min_units(&self) -> usize {
        self.text().map_or(1, TextPattern::min_units)
    }

    /// Returns the number of parts that match any length.
    pub(super) fn unbounded_units(&self) -> usize {
        self.text().map_or(1, |text| text.0.len() - text.min_units())
    }

    fn text(&self) -> Option<&TextPattern> {
        match self {
            SegmentPattern::Text(text) => Some(text),
            SegmentPattern::Integer | SegmentPattern::Uuid => None,
        }
    }
}

impl TextPattern {
    /// Normalizes runs of wildcards: first those for exactly one unit, then one for any number.
    pub(super) fn new(units: Vec<Unit>) -> TextPattern {
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
        TextPattern(ordered)
    }

    /// Folds the case of letters and compatibility forms, and cuts dots at the end.
    fn folded(&self) -> TextPattern {
        let (mut units, mut literal) = (Vec::with_capacity(self.0.len()), Vec::new());
        for unit in &self.0 {
            match unit {
                Unit::Byte(byte) => literal.push(*byte),
                Unit::One | Unit::Many => {
                    units.extend(folded_bytes(&std::mem::take(&mut literal)).into_iter().map(Unit::Byte));
                    units.push(*unit);
                }
            }
        }
        units.extend(folded_bytes(&literal).into_iter().map(Unit::Byte));
        let dot = Unit::Byte(b'.');
        if units.iter().any(|unit| *unit != dot) {
            while units.last() == Some(&dot) {
                units.pop();
            }
        }
        TextPattern::new(units)
    }

    fn key(&self) -> String {
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

    /// Returns `true` if all literal characters are ASCII.
    pub(super) fn is_ascii(&self) -> bool {
        self.0.iter().all(|unit| !matches!(unit, Unit::Byte(byte) if !byte.is_ascii()))
    }

    fn as_literal(&self) -> Option<Vec<u8>> {
        let byte = |unit: &Unit| match unit {
            Unit::Byte(byte) => Some(*byte),
            Unit::One | Unit::Many => None,
        };
        self.0.iter().map(byte).collect()
    }

    fn is_within(&self, other: &TextPattern) -> bool {
        let fits = |outer: usize, at: usize| match (other.0[outer], self.0[at]) {
            (Unit::Byte(a), Unit::Byte(b)) => a == b,
            (Unit::One, Unit::Byte(_) | Unit::One) => true,
            (Unit::Byte(_) | Unit::One | Unit::Many, _) => false,
        };
        covers(&other.0, self.0.len(), fits)
    }

    fn intersection(&self, other: &TextPattern, work: &mut Work) -> Result<Vec<TextPattern>, TooMany> {
        let all = sequence::intersection(&self.0, &other.0, work)?;
        let mut widest: Vec<TextPattern> = Vec::new();
        for pattern in all.into_iter().map(TextPattern::new) {
            if !widest.iter().any(|k| pattern.is_within(k)) {
                widest.retain(|k| !k.is_within(&pattern));
                widest.push(pattern);
            }
        }
        Ok(widest)
    }

    fn literal_count(&self) -> usize {
        self.0.iter().filter(|u| matches!(u, Unit::Byte(_))).count()
    }

    fn min_units(&self) -> usize {
        self.0.iter().filter(|u| !matches!(u, Unit::Many)).count()
    }
}

fn folded_bytes(bytes: &[u8]) -> Vec<u8> {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| !text.is_ascii()) else {
        return bytes.to_ascii_lowercase();
    };
    let folded: String = text.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    // A form of a sign, such as a full-width slash, stays what it is.
    let is_new_sign = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !text.contains(c);
    if folded.contains(is_new_sign) { text.to_lowercase().into_bytes() } else { folded.into_bytes() }
}
