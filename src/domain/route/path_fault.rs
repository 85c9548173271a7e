//! The rule that a refused path breaks, for explanations. `docs/matching.md` has the rules.

use super::matcher::is_canonical_path;
use super::pattern::{is_sent_unescaped, is_unescaped_in_path};
use super::request_path::{MAX_PATH_LEN, contains_encoded_slash};

/// A rule that a path breaks before any route is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    NoSlash,
    TooLong,
    EmptySegment,
    DotSegment,
    Semicolon,
    EncodedSlash,
    /// An encoded slash that would make an empty segment, or one of dots.
    EncodedSlashAtSegment,
    EscapedSyntax,
    EscapedControl,
    UnescapedCharacter,
    EscapedLetter,
    /// An escape that is none of the others.
    InvalidEscape,
}

impl PathFault {
    /// Returns the first rule that `path` breaks. `None` if it breaks none.
    pub fn find(path: &str, admits_encoded_slash: bool) -> Option<PathFault> {
        let has = |escapes: &[&str]| {
            let upper = path.to_ascii_uppercase();
            escapes.iter().any(|escape| upper.contains(escape))
        };
        let read = path.replace("%2F", "/").replace("%2f", "/");
        let is_step = |segment: &str| matches!(segment, "." | "..");
        let faults = [
            (!path.starts_with('/'), PathFault::NoSlash),
            (path.len() > MAX_PATH_LEN, PathFault::TooLong),
            (path.contains("//"), PathFault::EmptySegment),
            (path.split('/').any(is_step), PathFault::DotSegment),
            (path.contains(';') || has(&["%3B"]), PathFault::Semicolon),
            (contains_encoded_slash(path) && !admits_encoded_slash, PathFault::EncodedSlash),
            (read.contains("//") || read.split('/').any(is_step), PathFault::EncodedSlashAtSegment),
            (has(&["%2E", "%5C", "%25"]), PathFault::EscapedSyntax),
            (has(&["%0", "%1", "%7F"]), PathFault::EscapedControl),
        ];
        let known = faults.into_iter().find(|(is_broken, _)| *is_broken).map(|(_, fault)| fault);
        known.or_else(|| (!is_canonical_path(path, admits_encoded_slash)).then(|| PathFault::of_character(path)))
    }

    /// Returns the fault of a path that breaks only the rule for characters and escapes.
    fn of_character(path: &str) -> PathFault {
        let is_plain = |b: u8| matches!(b, b'/' | b'%') || is_unescaped_in_path(b) || is_sent_unescaped(b);
        let is_letter = |escape: &str| {
            let byte = escape.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric())
        };
        if !path.bytes().all(is_plain) {
            PathFault::UnescapedCharacter
        } else if path.split('%').skip(1).any(is_letter) {
            PathFault::EscapedLetter
        } else {
            PathFault::InvalidEscape
        }
    }

    pub fn describe(self) -> &'static str {
        match self {
            PathFault::NoSlash => "the path does not begin with /",
            PathFault::TooLong => "the path has more than 1 000 bytes",
            PathFault::EmptySegment => "the path has an empty segment (//)",
            PathFault::DotSegment => "the path has the segment . or ..",
            PathFault::Semicolon => "the path has a semicolon, and some applications ignore the text after it",
            PathFault::EncodedSlash => {
                "the path has an encoded slash (%2F), but no route has a parameter such as {path+}"
            }
            PathFault::EncodedSlashAtSegment => {
                "with / in place of %2F, the path would have an empty segment, or the segment . or .."
            }
            PathFault::EscapedSyntax => "the path has an encoded . \\ or % (%2E, %5C or %25)",
            PathFault::EscapedControl => "the path has an encoded control character, such as %0A",
            PathFault::UnescapedCharacter => "the path has a character that must be encoded, such as a space (%20)",
            PathFault::EscapedLetter => "the path has an encoded letter or digit, such as %61 for a",
            PathFault::InvalidEscape => "the path has an encoded character that is not valid, such as %4 or %FF",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refused_path_has_its_fault() {
        for (path, fault) in [
            ("a", PathFault::NoSlash),
            ("/a//b", PathFault::EmptySegment),
            ("/a/../b", PathFault::DotSegment),
            ("/a;b", PathFault::Semicolon),
            ("/a%3bb", PathFault::Semicolon),
            ("/a%2fb", PathFault::EncodedSlash),
            ("/a%2e", PathFault::EscapedSyntax),
            ("/a%00", PathFault::EscapedControl),
            ("/%6d", PathFault::EscapedLetter),
            ("/%c0%ae", PathFault::InvalidEscape),
            ("/a%2", PathFault::InvalidEscape),
            ("/a\"", PathFault::UnescapedCharacter),
        ] {
            assert_eq!(PathFault::find(path, false), Some(fault), "{path}");
        }
        let long = format!("/{}", "a".repeat(MAX_PATH_LEN));
        assert_eq!(PathFault::find(&long, false), Some(PathFault::TooLong));
        assert_eq!(PathFault::find("/a%2F..%2Fb", true), Some(PathFault::EncodedSlashAtSegment));
        for path in ["/", "/a", "/a/", "/a%20b", "/a/[b]", "/caf%C3%A9"] {
            assert_eq!(PathFault::find(path, false), None, "{path}");
        }
        assert_eq!(PathFault::find("/a%2Fb", true), None);
    }
}
