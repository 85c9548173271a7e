//! The rule that a request's path keeps before it is held against routes: nothing in it may mean one thing to a proxy
//! and another to the application behind it.
//!
//! It is looked at as the client sent it, without the query. Its segments are not empty (the last one may be), none is
//! `.` or `..`, and they consist of what RFC 3986 lets stand there: unreserved characters, sub-delimiters, `:`, `@`, and
//! escapes of other characters. Not escaped are those that need no escape (else `%6de` would be `me` behind the proxy
//! and something else before it), `/`, `\`, `%`, control characters, and what is no UTF-8. `;` stands nowhere, escaped
//! or not: some applications take what follows it away, and `/mine;a` for `/mine`. And it is no longer than
//! [`LONGEST`], so that every engine finds what it matches.

/// The most characters of a path.
pub const LONGEST: usize = 1_000;

/// Each unit of a segment. Written so that no sign of it means anything in the files that it is put into, when quoted.
const UNIT: &str = concat!(
    r"(?:[\x21\x24\x26-\x2E0-9\x3A\x3D\x40A-Z_a-z~]",
    r"|%(?:2[0-46-9A-Ca-c]|3[AC-Fac-f]|40|5[BDEbde]|60|7[B-Eb-e]",
    // UTF-8, in its shortest form, without control characters.
    r"|[Cc]2%[ABab][0-9A-Fa-f]",
    r"|(?:[Cc][3-9A-Fa-f]|[Dd][0-9A-Fa-f])%[89ABab][0-9A-Fa-f]",
    r"|[Ee](?:0%[ABab][0-9A-Fa-f]|[1-9A-Fa-f]%[89ABab][0-9A-Fa-f])%[89ABab][0-9A-Fa-f]",
    r"|[Ff](?:0%[9ABab][0-9A-Fa-f]|[1-3]%[89ABab][0-9A-Fa-f]|4%8[0-9A-Fa-f])",
    r"%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]))"
);

/// Who reads a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// PCRE, which goes back on its way and may run out of room on a long path: it is told not to.
    Pcre,
    /// RE2 and its kin, which never go back.
    Re2,
}

/// A regular expression without anchors for paths that keep the rule, but for [`DOTS`].
pub fn pattern(engine: Engine) -> String {
    let more = match engine {
        Engine::Pcre => "++",
        Engine::Re2 => "+",
    };
    format!("(?:/|(?:/{UNIT}{more}){more}/?)")
}

/// A regular expression, anchored at its head, for what is longer than [`LONGEST`]; in two parts, for no engine counts
/// beyond a thousand. It is held against paths alone, or with their query.
pub const TOO_LONG: &str = r"^[^\x3F]{1000}[^\x3F]";

/// A regular expression for what holds a segment that an application may take for a step.
pub const DOTS: &str = r"/[.][.]?(?:/|$)";

/// The argument by which an application may be asked to take another verb, in every spelling that may be read as
/// `_method`, after blanks too: to be looked for in path and query, whatever the case.
pub const VERB_ARGUMENT: &str = concat!(
    r"(?:^|[\x26\x3B\x3F])[\x2B%02]*(?:(?:_|%5F|\x2E|%2E|\x5B|%5B)|",
    r"(?:x|%[57]8)(?:[-_]|%2D|%5F)(?:h|%[46]8)(?:t|%[57]4)(?:t|%[57]4)(?:p|%[57]0)(?:[-_]|%2D|%5F))(?:m|%[46]D)(?:e|%[46]5)(?:t|%[57]4)",
    r"(?:h|%[46]8)(?:o|%[46]F)(?:d|%[46]4)",
    // Of the longer one, what follows is left open.
    r"(?:[-_\x26\x3B\x3D\x5B%]|$)"
);

/// Headers by which an application may be asked to take another verb or path.
pub const VERB_HEADERS: [&str; 5] =
    ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"];

/// Whether a path keeps the rule.
pub fn is_plain(path: &str) -> bool {
    let Some(inner) = path.strip_prefix('/').filter(|_| path.len() <= LONGEST) else { return false };
    let mut segments: Vec<&str> = inner.split('/').collect();
    if segments.last().is_some_and(|last| last.is_empty()) {
        segments.pop();
    }
    segments.iter().all(|segment| !matches!(*segment, "" | "." | "..") && is_written_plainly(segment))
}

fn is_written_plainly(segment: &str) -> bool {
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
    // A character whose first bytes are escaped and whose last ones are not is none.
    String::from_utf8(decoded).is_ok_and(|text| !text.chars().any(char::is_control))
}
