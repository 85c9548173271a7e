//! The rule for a request's path, checked before any route: no part of the path may have different meanings for a proxy
//! and for the application behind it.
//!
//! The rule applies to the path as the client sent it, without the query. No segment is empty, except possibly the
//! last one, and none is `.` or `..`. Segments consist of the characters that RFC 3986 permits there (unreserved
//! characters, sub-delimiters, `:` and `@`), of `[ ] ^ { | }`, which some clients don't escape, and of escapes.
//!
//! Some escapes are refused. These are escapes of letters, digits and dots (else `%6de` would be `me` only behind the
//! proxy). The same holds for `\`, `%`, control characters, and bytes that are not UTF-8. `;` is refused too, escaped or
//! not: some applications drop it and the text after it, and read `/mine;a` as `/mine`. An escaped `/` is refused unless
//! some route has a parameter for several segments; neither reading of such a path may have empty segments or dots.
//! The path is no longer than [`MAX_PATH_LEN`], so that every engine finds its match.

/// Maximum length of a path, in characters.
pub const MAX_PATH_LEN: usize = 1_000;

/// Pattern of one character of a path segment, plain or percent-encoded. None of its characters has a special meaning in
/// the files that quote it.
const UNIT: &str = concat!(
    r"(?:[\x21\x24\x26-\x2E0-9\x3A\x3D\x40A-Z\x5B\x5D\x5E_a-z\x7B-\x7D~]",
    r"|%(?:2[0-46-9A-Da-d]|3[AC-Fac-f]|40|5[BD-Fbd-f]|60|7[B-Eb-e]",
    // UTF-8, in its shortest form, without control characters.
    r"|[Cc]2%[ABab][0-9A-Fa-f]",
    r"|(?:[Cc][3-9A-Fa-f]|[Dd][0-9A-Fa-f])%[89ABab][0-9A-Fa-f]",
    r"|[Ee](?:0%[ABab]|[Dd]%[89]|[1-9A-CEFa-cef]%[89ABab])[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]",
    r"|[Ff](?:0%[9ABab][0-9A-Fa-f]|[1-3]%[89ABab][0-9A-Fa-f]|4%8[0-9A-Fa-f])",
    r"%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]))"
);

/// An engine for regular expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegexDialect {
    /// PCRE, which backtracks and may exceed its limits on a long path. The pattern forbids backtracking.
    Pcre,
    /// RE2 and similar engines, which never backtrack.
    Re2,
}

/// Returns a regular expression without anchors for paths that follow the rule, except for [`dot_segments`].
pub fn pattern(engine: RegexDialect, admits_encoded_slash: bool) -> String {
    let more = match engine {
        RegexDialect::Pcre => "+",
        RegexDialect::Re2 => "",
    };
    let segments = match admits_encoded_slash {
        true => format!("{UNIT}+{more}(?:%2[Ff]{UNIT}+{more})*{more}"),
        false => format!("{UNIT}+{more}"),
    };
    format!("(?:/|(?:/{segments})+{more}/?)")
}

/// Returns `true` if a path has a `/` that is written as an escape.
pub fn contains_encoded_slash(path: &str) -> bool {
    path.contains("%2F") || path.contains("%2f")
}

/// A regular expression for paths longer than [`MAX_PATH_LEN`], anchored at the start. It has two parts, because no
/// engine counts beyond a thousand. It is matched against paths alone, or with their query.
pub const TOO_LONG: &str = r"^[^\x3F]{1000}[^\x3F]";

/// Returns a regular expression for paths with a segment that an application may treat as `.` or `..`.
pub fn dot_segments(admits_encoded_slash: bool) -> &'static str {
    match admits_encoded_slash {
        true => r"(?:/|%2[Ff])[.][.]?(?:/|%2[Ff]|$)",
        false => r"/[.][.]?(?:/|$)",
    }
}

/// The query parameter that may make an application use another verb. Covers every spelling that may be read as
/// `_method`, also after blanks. Search for it in path and query, ignoring case.
pub const OVERRIDE_ARGUMENT: &str = concat!(
    r"(?:^|[\x26\x3B\x3F])[\x2B%02]*(?:(?:_|%5F|\x2E|%2E|\x5B|%5B)|",
    r"(?:x|%[57]8)(?:[-_]|%2D|%5F)(?:h|%[46]8)(?:t|%[57]4)(?:t|%[57]4)(?:p|%[57]0)(?:[-_]|%2D|%5F))(?:m|%[46]D)(?:e|%[46]5)(?:t|%[57]4)",
    r"(?:h|%[46]8)(?:o|%[46]F)(?:d|%[46]4)",
    // The end of the longer name is left open.
    r"(?:[-_\x26\x3B\x3D\x5B%]|$)"
);

/// Returns `true` if [`OVERRIDE_ARGUMENT`] matches the query of a request.
pub fn has_override_argument(query: &str) -> bool {
    query.split(['&', ';', '?']).any(|argument| {
        let name = argument.split('=').next().unwrap_or_default();
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
        let name = name.trim_start_matches([' ', '+', '%', '0', '2']);
        let rest = name.strip_prefix(['_', '.', '[']).or_else(|| {
            let rest = name.strip_prefix('x')?.strip_prefix(['-', '_'])?.strip_prefix("http")?;
            rest.strip_prefix(['-', '_'])
        });
        let rest = rest.and_then(|rest| rest.strip_prefix("method"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '[', '%']))
    })
}

/// Headers that may make an application use another verb or path.
pub const OVERRIDE_HEADERS: [&str; 5] =
    ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn override_arguments_are_those_of_the_proxies() {
        let proxies = regex::Regex::new(&format!("(?i){OVERRIDE_ARGUMENT}")).unwrap();
        for query in [
            "",
            "_method=DELETE",
            "a=1&_METHOD",
            "a=1;%5fm%65thod=x",
            "x=?_method=1",
            "%20+_method=1",
            ".method=1",
            "[method]=1",
            "_method[]=1",
            "_method%5B%5D=1",
            "x-http-method-override=PUT",
            "X_HTTP_METHOD=PUT",
            "a=_method",
            "method=1",
            "_methods=1",
            "my_method=1",
            "x-http-methods=1",
        ] {
            assert_eq!(has_override_argument(query), proxies.is_match(query), "{query}");
        }
    }
}
