//! The arguments of a query, as applications of every kind read them.
//!
//! A secret counts only where it stands exactly: `name=SECRET` between `&`. But other readers take more for the same
//! argument: escapes in its name, `;` as a separator, `name[]`, another case. Whoever could put a second credential past
//! us in such a spelling could have one checked and another used. So every spelling counts, and none but the exact one
//! is accepted.

use std::borrow::Cow;

/// How often escapes are read again: a proxy and an application may each read them once.
const MAX_DECODINGS: usize = 3;

/// Calls `take` for each argument of `query` that some application could take for `name`: with its value where it is
/// spelled exactly so, with `None` where it is not.
pub(super) fn query_values(query: &[u8], name: &str, mut take: impl FnMut(Option<&str>)) {
    for argument in query.split(|byte| *byte == b'&') {
        let mut parts = argument.split(|byte| matches!(byte, b';' | b'#'));
        let (first, mut is_exact) = (parts.next().unwrap_or_default(), true);
        for part in std::iter::once(first).chain(parts) {
            let (key, value) = match part.iter().position(|byte| *byte == b'=') {
                Some(at) => (&part[..at], &part[at + 1..]),
                None => (part, &b""[..]),
            };
            if key == name.as_bytes() && is_exact && part.len() == argument.len() {
                take(std::str::from_utf8(value).ok());
            } else if is_like(key, name) {
                take(None);
            }
            is_exact = false;
        }
    }
}

/// Whether `query` asks for the option `name`.
pub(super) fn has_option(query: &str, name: &str) -> bool {
    query.split('&').any(|argument| argument.split_once('=').map_or(argument, |(key, _)| key) == name)
}

/// Whether `key` is `name` to some application.
fn is_like(key: &[u8], name: &str) -> bool {
    // Nothing makes a key longer: each escape is read as less than it takes.
    key.len() >= name.len() && folded(&decoded(key)) == folded(name.as_bytes())
}

/// `key` with its escapes read, also those that appear by that.
fn decoded(key: &[u8]) -> Cow<'_, [u8]> {
    let mut key = Cow::Borrowed(key);
    for _ in 0..MAX_DECODINGS {
        if !key.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            break;
        }
        key = Cow::Owned(decode_once(&key));
    }
    key
}

/// Reads `%73`, the old `%u0073`, and `+`; what is no escape stays.
fn decode_once(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let escape = match after.first() {
            Some(b'u' | b'U') => after.get(1..5).map(|digits| (digits, 5)),
            _ => after.get(..2).map(|digits| (digits, 2)),
        };
        match (byte, escape.and_then(|(digits, length)| Some((hex(digits)?, length)))) {
            (b'%', Some((code, length))) => {
                match u8::try_from(code) {
                    Ok(byte) => out.push(byte),
                    Err(_) => out.extend(char::from_u32(code).unwrap_or('?').encode_utf8(&mut [0; 4]).bytes()),
                }
                rest = &after[length..];
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(*other),
        }
    }
    out
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

/// A name as the most lenient applications see it: up to `[` or NUL, without blanks or `?` around it, in one case, with
/// the characters that PHP takes for `_` as that.
fn folded(name: &[u8]) -> String {
    let end = name.iter().position(|byte| matches!(byte, b'[' | 0)).filter(|end| *end > 0);
    let name = String::from_utf8_lossy(&name[..end.unwrap_or(name.len())]);
    let is_outside = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '\u{feff}');
    let name = name.trim_matches(is_outside);
    name.to_uppercase().to_lowercase().replace(['.', ' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(query: &str, name: &str) -> Vec<Option<String>> {
        let mut found = Vec::new();
        query_values(query.as_bytes(), name, |value| found.push(value.map(str::to_owned)));
        found
    }

    #[test]
    fn the_exact_spelling_has_its_value_as_it_stands() {
        let some = |value: &str| Some(value.to_owned());
        assert_eq!(values("session=a", "session"), [some("a")]);
        assert_eq!(values("x=1&session=a&y", "session"), [some("a")]);
        assert_eq!(values("session=a&session=b", "session"), [some("a"), some("b")]);
        assert_eq!(values("session=%61+", "session"), [some("%61+")]);
        assert_eq!(values("session", "session"), [some("")]);
        assert_eq!(values("session==a", "session"), [some("=a")]);
        assert_eq!(values("X-Auth=a", "X-Auth"), [some("a")]);
    }

    #[test]
    fn every_other_spelling_counts_and_has_none() {
        for query in [
            "SESSION=a",
            "Session=a",
            "%73ession=a",
            "%53ession=a",
            "%2573ession=a",
            "%252573ession=a",
            "%u0073ession=a",
            "sessi%6Fn=a",
            "session[]=a",
            "session[0]=a",
            "session[a][b]=a",
            "session%5B%5D=a",
            "session%5b0]=a",
            "session[=a",
            "+session=a",
            "%20session=a",
            "%09session=a",
            "%0asession=a",
            "session+=a",
            "session%20=a",
            "session%00=a",
            "session%00x=a",
            "?session=a",
            "x;session=a",
            "x=1;session=a",
            "x=1#session=a",
            "x=1;;session",
            "session=a;x",
            "ſession=a",
            "%c5%bfession=a",
            "%ef%bb%bfsession=a",
        ] {
            assert_eq!(values(query, "session"), [None], "{query}");
        }
        assert_eq!(values("session=a;session=b", "session"), [None, None]);
        for query in ["api.key=a", "api%20key=a", "api+key=a", "api-key=a", "API_KEY=a", "api%5fkey=a"] {
            assert_eq!(values(query, "api_key"), [None], "{query}");
        }
    }

    #[test]
    fn other_names_count_not() {
        for query in [
            "",
            "&",
            "=",
            "=a",
            "x=session",
            "sessions=a",
            "xsession=a",
            "session_id=a",
            "%session=a",
            "[session]=a",
            "%73=a",
            "sess%ion=a",
            "x=1%26session=a",
            "next=/app?session=a",
        ] {
            assert!(values(query, "session").is_empty(), "{query}");
        }
    }

    #[test]
    fn a_query_that_is_no_text_is_read() {
        let mut count = 0;
        query_values(b"\xff=1&session=\xff&\xffsession=a&s\xffession", "session", |value| {
            assert_eq!(value, None);
            count += 1;
        });
        assert_eq!(count, 1);
    }
}
