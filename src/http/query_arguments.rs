//! Parses query arguments in every way in which an application may read them.
//!
//! A secret is accepted only in the exact spelling: `name=SECRET` between `&`. But other parsers accept more spellings
//! of the same argument: escapes in its name, `;` as a separator, `name[]`, another case. A client could hide a second
//! credential in such a spelling: jeton would check one, and the application use the other. So every key counts whose
//! letters and digits are those of the name after decoding.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Maximum number of decoding rounds. A proxy and an application may each decode once.
const MAX_DECODINGS: usize = 3;

/// Calls `take` for each argument of `query` that some application could read as `name`. The value is `None` unless the
/// spelling is exact.
pub(super) fn query_values(query: &[u8], name: &str, mut take: impl FnMut(Option<&str>)) {
    let letters = normalize_name(name.as_bytes());
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
            } else if is_like(key, &letters) {
                take(None);
            }
            is_exact = false;
        }
    }
}

pub(super) fn has_option(query: &str, name: &str) -> bool {
    query.split('&').any(|argument| argument.split_once('=').map_or(argument, |(key, _)| key) == name)
}

/// Returns `true` if some application could read `key` as the name with these `letters`. No name consists of other
/// characters alone.
fn is_like(key: &[u8], letters: &str) -> bool {
    // Decoding never lengthens ASCII text. Another character can stand for more letters than it has bytes.
    (!key.is_ascii() || key.len() >= letters.len()) && normalize_name(&decoded(key)) == letters
}

/// Returns `true` if some application could read the header `found` as `name`. Many treat `-`, `_` and other characters
/// alike (CGI, WSGI, Rack).
pub(super) fn is_like_header(found: &str, name: &str) -> bool {
    let found = found.bytes().filter(u8::is_ascii_alphanumeric);
    let name = name.bytes().filter(u8::is_ascii_alphanumeric);
    found.map(|b| b.to_ascii_lowercase()).eq(name.map(|b| b.to_ascii_lowercase()))
}

/// Decodes the escapes of `key`, including those that appear through decoding.
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

/// Decodes `%73`, the old `%u0073`, and `+`. Other text stays unchanged.
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

/// Returns the ASCII letters and digits of a name in one case, up to `[` or NUL. Invisible characters, accents and
/// separators are dropped. Unicode's compatibility forms of another character (full-width, ligatures, `ſ`) are read
/// as that character.
fn normalize_name(name: &[u8]) -> String {
    let end = name.iter().position(|byte| matches!(byte, b'[' | 0)).filter(|end| *end > 0);
    let name = String::from_utf8_lossy(&name[..end.unwrap_or(name.len())]);
    name.nfkd().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
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
    fn exact_name_has_its_value_unchanged() {
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
    fn characters_that_stand_for_several_letters_count() {
        assert_eq!(values("㎯=a", "rads2"), [None]);
        assert_eq!(values("%E3%8E%AF=a", "rads2"), [None]);
        assert_eq!(values("%u33AF=a", "rads2"), [None]);
    }

    #[test]
    fn other_spelling_counts_without_a_value() {
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
            "session%E2%80%8B=a",
            "ses%e2%80%8dsion=a",
            "session%C2%AD=a",
            "%E2%80%AEsession=a",
            "session%E2%81%A0=a",
            "session%F3%A0%80%81=a",
            "session%EF%B8%8F=a",
            "%EF%BD%93ession=a",
            "%ef%bd%93%ef%bd%85%ef%bd%93%ef%bd%93%ef%bd%89%ef%bd%8f%ef%bd%8e=a",
            "%F0%9D%93%BCession=a",
            "%E2%93%A2ession=a",
            "s%C3%A9ssion=a",
            "se%CC%81ssion=a",
            "session%C2%A0=a",
            "session.=a",
            "session~=a",
            "_session=a",
            "[session]=a",
            "%session=a",
            "sess%ion=a",
            "s%ffession=a",
            "session%0d%0a=a",
            "%22session%22=a",
        ] {
            assert_eq!(values(query, "session"), [None], "{query}");
        }
        assert_eq!(values("session=a;session=b", "session"), [None, None]);
        for query in
            ["apikey=a", "api__key=a", "api.key=a", "api%20key=a", "api+key=a", "api-key=a", "API_KEY=a", "api%5fkey=a"]
        {
            assert_eq!(values(query, "api_key"), [None], "{query}");
        }
    }

    #[test]
    fn other_name_does_not_count() {
        for query in [
            "",
            "&",
            "=",
            "=a",
            "x=session",
            "sessions=a",
            "xsession=a",
            "session_id=a",
            "%73=a",
            "s%D0%B5ssion=a",
            "x=1%26session=a",
            "next=/app?session=a",
        ] {
            assert!(values(query, "session").is_empty(), "{query}");
        }
    }

    #[test]
    fn query_in_another_encoding_is_read() {
        let mut count = 0;
        query_values(b"\xff=1&session=\xff&\xffsession=a&s\xffession", "session", |value| {
            assert_eq!(value, None);
            count += 1;
        });
        assert_eq!(count, 3);
    }
}
