//! Other spellings of a route: which routes match a path that an application may take for the route.

use super::pattern::is_unescaped_in_path;
use super::segment::{SegmentPattern, TextPattern, Unit};
use super::sequence::covers;
use super::{PathPart, Route};

impl Route {
    /// Returns `true` if some spelling of this route matches `exact` as written. May be `true` wrongly.
    pub(super) fn may_share_spellings(&self, exact: &Route) -> bool {
        self.verbs.intersection(&exact.verbs).is_some()
            && self.path.has_final_slash == exact.path.has_final_slash
            && may_share(&self.path.parts, &exact.path.parts)
    }
}

/// Compares every end of one path with every end of the other.
fn may_share(spelled: &[PathPart], exact: &[PathPart]) -> bool {
    // The answers for the ends of `exact` after the current part of `spelled`, the longest end first.
    let mut after: Vec<bool> =
        (0..=exact.len()).map(|at| exact[at..].iter().all(|part| *part == PathPart::Many)).collect();
    for part in spelled.iter().rev() {
        let mut here = vec![false; exact.len() + 1];
        for at in (0..=exact.len()).rev() {
            here[at] = match (part, exact.get(at)) {
                (PathPart::Many, None) => after[at],
                (PathPart::Many, Some(_)) => after[at] || here[at + 1],
                (PathPart::Segment(_), None) => false,
                (PathPart::Segment(_), Some(PathPart::Many)) => after[at] || here[at + 1],
                (PathPart::Segment(one), Some(PathPart::Segment(other))) => {
                    after[at + 1] && one.may_share_spellings(other)
                }
            };
        }
        after = here;
    }
    after[0]
}

impl SegmentPattern {
    /// Returns `true` if some spelling of this pattern matches `exact` as written. May be `true` wrongly.
    fn may_share_spellings(&self, exact: &SegmentPattern) -> bool {
        let is_ascii_literal = |text: &TextPattern| text.is_ascii() && exact.is_literal();
        match (self, exact) {
            _ if self.is_parameter() || exact.is_parameter() => true,
            (SegmentPattern::Integer, SegmentPattern::Text(text)) => {
                let is_sign = |unit: &&Unit| matches!(unit, Unit::Byte(b'-' | b'+'));
                text.0.iter().find(|unit| !is_sign(unit)).is_some_and(|first| match first {
                    Unit::Byte(byte) => byte.is_ascii_digit() || !is_unescaped_in_path(*byte),
                    Unit::One | Unit::Many => true,
                })
            }
            // A parameter, and an escaped character, can be a letter in another form.
            (_, SegmentPattern::Text(text)) if !is_ascii_literal(text) => true,
            (SegmentPattern::Text(own), SegmentPattern::Text(text)) => {
                let folded = |unit: &Unit| match unit {
                    Unit::Byte(byte) => Unit::Byte(byte.to_ascii_lowercase()),
                    unit => *unit,
                };
                let (own, text): (Vec<Unit>, Vec<Unit>) =
                    (own.0.iter().map(folded).collect(), text.0.iter().map(folded).collect());
                let ends = text.iter().rev().take_while(|unit| **unit == Unit::Byte(b'.')).count();
                (text.len() - ends..=text.len())
                    .any(|len| covers(&own, len, |outer, at| own[outer] == text[at] || own[outer] == Unit::One))
            }
            (SegmentPattern::Uuid, SegmentPattern::Text(text)) => text.0.len() >= 32,
            (SegmentPattern::Text(own), typed) => {
                let digits = |unit: &Unit| match unit {
                    Unit::Byte(byte) => match typed {
                        SegmentPattern::Integer => byte.is_ascii_digit() || *byte == b'-',
                        _ => byte.is_ascii_hexdigit() || *byte == b'-',
                    },
                    Unit::One | Unit::Many => true,
                };
                own.0.iter().all(digits)
            }
            (SegmentPattern::Integer | SegmentPattern::Uuid, _) => true,
        }
    }
}
