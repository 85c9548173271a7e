//! The segments of the oracle's operations, and the ways in which applications read values.

use unicode_normalization::UnicodeNormalization;

/// A segment of an operation's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    /// Literal characters, and `*` for each parameter.
    Text(&'static str),
    Integer,
    Uuid,
    Values(&'static [&'static str]),
    Several,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub decodes_slashes_first: bool,
    pub folds: bool,
    pub is_lenient: bool,
}

pub(super) fn readings() -> impl Iterator<Item = Reading> {
    (0..8).map(|n| Reading { decodes_slashes_first: n & 1 > 0, folds: n & 2 > 0, is_lenient: n & 4 > 0 })
}

/// An application that takes every path as it is.
pub(super) const STRICT: Reading = Reading { decodes_slashes_first: false, folds: false, is_lenient: false };

impl Segment {
    pub(super) fn written(self) -> String {
        match self {
            Segment::Text(text) => text.replace('*', "{x}"),
            Segment::Integer => "{x:int}".to_owned(),
            Segment::Uuid => "{x:uuid}".to_owned(),
            Segment::Values(values) => format!("{{x:{}}}", values.join("|")),
            Segment::Several => "{x+}".to_owned(),
        }
    }

    pub(super) fn matches(self, value: &str, reading: Reading) -> bool {
        let folded: String = value.nfkc().collect::<String>().to_lowercase().nfkc().collect();
        let is_text = |text: &str| {
            let shorter = folded.trim_end_matches(['.', ' ']);
            let folds = || [&folded[..], shorter].iter().any(|value| tries(&text.to_lowercase(), value));
            tries(text, value) || (reading.folds && folds())
        };
        let digits = value.strip_prefix('-').unwrap_or(value);
        match self {
            Segment::Text("*") | Segment::Several => !value.is_empty(),
            Segment::Text(text) => is_text(text),
            Segment::Values(values) => values.iter().any(|text| is_text(text)),
            Segment::Integer if reading.is_lenient => {
                let digits = folded.trim_start().trim_start_matches(['-', '+']);
                digits.starts_with(|c: char| c.is_ascii_digit())
            }
            Segment::Integer => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
            Segment::Uuid if reading.is_lenient => {
                let plain = value.replace('-', "");
                plain.split(|c: char| !c.is_ascii_hexdigit()).any(|digits| digits.len() >= 32)
            }
            Segment::Uuid => {
                let lengths: Vec<usize> = value.split('-').map(str::len).collect();
                lengths == [8, 4, 4, 4, 12] && value.replace('-', "").bytes().all(|byte| byte.is_ascii_hexdigit())
            }
        }
    }

    /// Returns `true` if `other` matches every value of this segment, found by trying values.
    pub(super) fn is_within(self, other: Segment, Reading { folds, .. }: Reading) -> bool {
        let strict = Reading { folds, ..STRICT };
        match (self, other) {
            _ if self == other => true,
            (_, Segment::Text("*") | Segment::Several) => true,
            (Segment::Several | Segment::Uuid | Segment::Integer, _) => false,
            (Segment::Values(values), _) => values.iter().all(|value| other.matches(value, strict)),
            (Segment::Text(text), _) => {
                ["a", "bb", "-", ".", "1", "x.json", "a-b", ":b", "b-", "0"].iter().all(|first| {
                    ["b", "a1", ".json", "-"].iter().all(|second| {
                        let mut value = text.replacen('*', first, 1);
                        value = value.replacen('*', second, 1);
                        other.matches(&value, strict)
                    })
                })
            }
        }
    }
}

/// Returns `true` if a segment of an operation shows that no value of it belongs to another's `typed` parameter, although a
/// lenient application could read it so. Literal characters show it. A UUID is no number with a text after it, although ten
/// of sixteen begin with a digit: an application that takes those for numbers would give most UUIDs to the wrong operation.
pub(super) fn excludes(own: Segment, typed: Segment) -> bool {
    match typed {
        Segment::Integer => own == Segment::Uuid || matches!(own, Segment::Text(text) if text != "*"),
        Segment::Uuid => matches!(own, Segment::Text(text) if text != "*"),
        Segment::Text(_) | Segment::Values(_) | Segment::Several => false,
    }
}

/// Returns every way to share segments out among the parts: the part of each segment.
pub(super) fn assignments(parts: &[Segment], count: usize) -> Vec<Vec<Segment>> {
    match parts.split_first() {
        None if count == 0 => vec![Vec::new()],
        None => Vec::new(),
        Some((part, rest)) => {
            let most = if *part == Segment::Several { count } else { count.min(1) };
            let with_rest = |taken: usize| {
                assignments(rest, count - taken)
                    .into_iter()
                    .map(move |after| [&vec![*part; taken][..], &after].concat())
            };
            (1..=most).flat_map(with_rest).collect()
        }
    }
}

/// Returns `true` if `text` has the form of `pattern`, trying every length for every `*`.
fn tries(pattern: &str, text: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(rest) => text.char_indices().any(|(at, c)| tries(rest, &text[at + c.len_utf8()..])),
        None => match (pattern.chars().next(), text.chars().next()) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b && tries(&pattern[a.len_utf8()..], &text[b.len_utf8()..]),
            _ => false,
        },
    }
}

/// Returns `true` if the segments can be shared out among the parts; `Several` takes one or more.
pub(super) fn covers<T: Copy>(parts: &[Segment], segments: &[T], fits: &impl Fn(Segment, T) -> bool) -> bool {
    match (parts.split_first(), segments.split_first()) {
        (None, None) => true,
        (Some((part, rest)), Some((segment, after))) => {
            fits(*part, *segment)
                && (covers(rest, after, fits) || (*part == Segment::Several && covers(parts, after, fits)))
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}
