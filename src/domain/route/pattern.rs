//! Regular expressions for the paths of routes, for PCRE and RE2, without anchors. They consist only of letters, digits
//! and `/ - _ ~ % [ ] ( ) ? : ^ + * | > = $ \`. None of these has a special meaning in the files that quote them.
//!
//! An encoded slash (`%2F`) inside `{path+}` can be a slash or data, depending on the application. So the expressions
//! know two readings of a path, see [`Reading`].

use super::request_path::RegexDialect;
use super::segment::{SegmentPattern, TextPattern, Unit};
use super::{PathPart, PathPattern};

/// The accepted spellings of a route's literal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchMode {
    /// Exactly as in the route.
    Exact,
    /// Also escaped, and in the other case: spellings that an application may treat as the same.
    Loose,
}

/// The meaning of encoded slashes in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The path has none, or they are data.
    Plain,
    /// They are data, and only `{path+}` may have such data.
    InManyOnly,
    /// They are slashes.
    Slashes,
}

const SLASH: &str = "(?:/|%2[Ff])";
/// An escape, except for that of a slash.
const ESCAPE: &str = "%[013-9A-Fa-f][0-9A-Fa-f]|%2[0-9A-Ea-e]";
/// One character or escape, except for a slash in any form.
const UNIT: &str = "(?:[^/%]|%[013-9A-Fa-f][0-9A-Fa-f]|%2[0-9A-Ea-e])";
const HEX: &str = "[0-9A-Fa-f]";

/// The starts of escapes of characters that folding of case or compatibility (NFKC) turns into ASCII: full-width forms,
/// the Kelvin sign and other letters of U+2100, letters in circles and squares, long s, i with and without dot, mathematical letters.
pub(super) const LETTER_LIKE: &str =
    "%(?:[Ee][Ff]%[Bb][CcDd]|[Ee]2%(?:8[45]|9[23])|[Cc]5%[Bb][Ff]|[Cc]4%[Bb][01]|[Ff]0%9(?:[Dd]|[Ff]%8[4-7]))";

/// The start of the escapes of a character beyond ASCII.
const NOT_ASCII: &str = "%[C-Fc-f]";

impl PathPattern {
    /// Returns the regular expression. `has_encoded_slashes` is `true` if it is matched with paths that have some.
    pub(super) fn pattern(&self, mode: MatchMode, has_encoded_slashes: bool, dialect: RegexDialect) -> String {
        let writer = |reading| Writer { mode, reading, dialect };
        match (mode, has_encoded_slashes) {
            (_, false) => writer(Reading::Plain).path(self),
            (MatchMode::Exact, true) => writer(Reading::InManyOnly).path(self),
            (MatchMode::Loose, true) => {
                format!("(?:{}|{})", writer(Reading::Plain).path(self), writer(Reading::Slashes).path(self))
            }
        }
    }
}

struct Writer {
    mode: MatchMode,
    reading: Reading,
    dialect: RegexDialect,
}

impl Writer {
    fn path(&self, path: &PathPattern) -> String {
        let slash = if self.reading == Reading::Slashes { SLASH } else { "/" };
        let mut text = String::new();
        let mut rest = &path.parts[..];
        while let Some((part, after)) = rest.split_first() {
            rest = after;
            match (part, after) {
                // Empty segments were refused before: see `request_path`.
                (PathPart::Segment(segment), [PathPart::Many, after @ ..]) if segment.is_parameter() => {
                    rest = after;
                    text += &format!("{slash}[^?]*[^/]");
                }
                (PathPart::Segment(segment), _) => text += &format!("{slash}{}", self.whole_segment(segment)),
                (PathPart::Many, _) => text += &format!("(?:{slash}[^?]*[^/])?"),
            }
        }
        if path.has_final_slash {
            text.push('/');
        }
        text
    }

    fn whole_segment(&self, segment: &SegmentPattern) -> String {
        let pattern = self.segment(segment);
        let end = if self.reading == Reading::Slashes { "/|%2[Ff]|$" } else { "/|$" };
        let is_loose = self.mode == MatchMode::Loose && !segment.is_parameter();
        match self.dialect {
            // Atomic group: a segment has one end, however its parts are split. So a backtracking engine doesn't try
            // every split of one segment with every split of the next.
            RegexDialect::Pcre if segment.unbounded_units() > 1 || is_loose => format!("(?>{pattern}(?={end}))"),
            RegexDialect::Pcre | RegexDialect::Re2 => pattern,
        }
    }

    fn segment(&self, segment: &SegmentPattern) -> String {
        let (escape, more) = match self.reading {
            Reading::Plain => ("%", "[^/]*".to_owned()),
            Reading::InManyOnly | Reading::Slashes => (ESCAPE, format!("{UNIT}*")),
        };
        match (segment, self.mode) {
            // Some programs ignore dots and spaces at the end, or take other characters for letters.
            (SegmentPattern::Text(text), MatchMode::Loose) if !segment.is_parameter() => {
                let folded = if text.is_ascii() { LETTER_LIKE } else { NOT_ASCII };
                format!("(?:{}(?:\\x2E|%20)*|{more}{folded}{more})", self.text(text))
            }
            (SegmentPattern::Text(text), _) => self.text(text),
            (SegmentPattern::Integer, MatchMode::Exact) => "-?[0-9]+".to_owned(),
            // Some programs read only the digits at the start, or digits of other scripts.
            (SegmentPattern::Integer, MatchMode::Loose) => format!("[-+]*(?:[0-9]|{escape}){more}"),
            (SegmentPattern::Uuid, MatchMode::Exact) => [8, 4, 4, 4, 12].map(|digits| HEX.repeat(digits)).join("-"),
            // Some programs ignore hyphens, braces and prefixes. Clients don't escape hyphens.
            (SegmentPattern::Uuid, MatchMode::Loose) => {
                format!("{more}(?:{}|%2[Dd]){more}", "[-0-9A-Fa-f]".repeat(32))
            }
        }
    }

    fn text(&self, text: &TextPattern) -> String {
        const ANY: &str = "(?:[^/%]|%[0-9A-Fa-f][0-9A-Fa-f])";
        // One unit or more; doesn't end within an escape. Units aren't repeated one by one, because a backtracking
        // engine could exceed its limits on a long path. The path would then match nothing here but a wider route.
        const SOME: &str = "(?:[^/]*[^/%][^/%]|[^/%])";
        let is_plain = self.reading == Reading::Plain;
        let (one, some, any) = match is_plain {
            true => (ANY.to_owned(), SOME.to_owned(), format!("{SOME}?")),
            false => (UNIT.to_owned(), format!("{UNIT}+"), format!("{UNIT}*")),
        };
        if text.0 == [Unit::One, Unit::Many] {
            return match (is_plain, self.dialect) {
                (true, _) => "[^/]+".to_owned(),
                (false, RegexDialect::Pcre) => format!("{UNIT}++"),
                (false, RegexDialect::Re2) => some,
            };
        }
        let mut pattern = String::new();
        let mut rest = &text.0[..];
        while let Some((unit, after)) = rest.split_first() {
            rest = after;
            match (unit, rest) {
                (Unit::One, [Unit::Many, after @ ..]) => {
                    rest = after;
                    pattern.push_str(&some);
                }
                (Unit::One, _) => pattern.push_str(&one),
                (Unit::Many, _) => pattern.push_str(&any),
                (Unit::Byte(byte), _) => pattern.push_str(&byte_pattern(*byte, self.mode)),
            }
        }
        pattern
    }
}

/// Returns `true` if a path may contain this byte unescaped: RFC 3986's unreserved characters and sub-delimiters, `:`
/// and `@`.
pub(super) fn is_unescaped_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// Returns `true` if clients send this byte unescaped, although a path may not contain it.
pub(super) fn is_sent_unescaped(byte: u8) -> bool {
    b"[]^{|}".contains(&byte)
}

fn byte_pattern(byte: u8, mode: MatchMode) -> String {
    let hex = |digit: u8| match char::from_digit(u32::from(digit), 16).unwrap_or('0') {
        letter @ 'a'..='f' => format!("[{}{letter}]", letter.to_ascii_uppercase()),
        figure => figure.to_string(),
    };
    let escaped = |byte: u8| format!("%{}{}", hex(byte >> 4), hex(byte & 15));
    let itself = |byte: u8| match byte {
        b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        // As a number, so that the character has no special meaning in the file with the pattern.
        _ => format!("\\x{byte:02X}"),
    };
    match mode {
        MatchMode::Exact | MatchMode::Loose if !is_unescaped_in_path(byte) && !is_sent_unescaped(byte) => escaped(byte),
        MatchMode::Exact if is_sent_unescaped(byte) => escaped(byte),
        MatchMode::Exact => itself(byte),
        MatchMode::Loose if byte.is_ascii_alphabetic() => {
            format!("[{}{}]", char::from(byte.to_ascii_uppercase()), char::from(byte.to_ascii_lowercase()))
        }
        // Escapes of these characters were refused before: see `request_path`.
        MatchMode::Loose if byte.is_ascii_digit() || byte == b'.' => itself(byte),
        MatchMode::Loose => format!("(?:{}|{})", itself(byte), escaped(byte)),
    }
}
