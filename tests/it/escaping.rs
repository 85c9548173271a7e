//! Hostile text from outside reaches a screen, a pipe or a log only as plain text.

use std::borrow::Cow;

use jeton::domain::expiry::{ExpirySpec, Span};
use jeton::domain::method::MethodId;
use jeton::domain::name::{Description, Prefix, TokenName, Username};
use jeton::domain::query::filter_syntax::{self, FilterFields};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::untrusted_text::{escape_untrusted, escape_untrusted_lines};
use jeton::error::Error;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Unicode's categories Cc, Cf, Zl and Zp (version 14), written out, so that the test doesn't depend on the code's
/// tables.
#[rustfmt::skip]
const DRIVES_OR_HIDES: &[(u32, u32)] = &[
    (0x0000, 0x001f), (0x007f, 0x009f), (0x00ad, 0x00ad), (0x0600, 0x0605), (0x061c, 0x061c), (0x06dd, 0x06dd),
    (0x070f, 0x070f), (0x0890, 0x0891), (0x08e2, 0x08e2), (0x180e, 0x180e), (0x200b, 0x200f), (0x2028, 0x202e),
    (0x2060, 0x2064), (0x2066, 0x206f), (0xfeff, 0xfeff), (0xfff9, 0xfffb), (0x110bd, 0x110bd), (0x110cd, 0x110cd),
    (0x13430, 0x13438), (0x1bca0, 0x1bca3), (0x1d173, 0x1d17a), (0xe0001, 0xe0001), (0xe0020, 0xe007f),
];

fn drives_or_hides(c: char) -> bool {
    DRIVES_OR_HIDES.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c)))
}

fn is_safe(text: &str) -> bool {
    !text.chars().any(drives_or_hides)
}

/// Strings known to have attacked terminals.
const KNOWN: &[&str] = &[
    "\u{1b}[2J",
    "\u{1b}]52;c;cm0gLXJm\u{7}",
    "\u{1b}]52;c;?\u{1b}\\",
    "\u{1b}]8;;http://x\u{1b}\\y",
    "\u{9b}2J",
    "a\rb",
    "\u{7}",
    "a\u{8}b",
    "\u{7f}",
    "\0",
    "x\ny",
    "a\u{202e}b",
    "\u{2066}open",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{e0041}",
    "\u{1b}[201~y",
    "=cmd|' /C calc'!A0",
    "%n{}'\";--",
    "\u{85}",
    "\u{2028}",
];

fn hostile() -> impl Strategy<Value = String> {
    let drive = (0..DRIVES_OR_HIDES.len(), any::<u32>()).prop_map(|(range, n)| {
        let (from, to) = DRIVES_OR_HIDES[range];
        char::from_u32(from + n % (to - from + 1)).unwrap().to_string()
    });
    let part =
        prop_oneof![prop::sample::select(KNOWN).prop_map(str::to_owned), drive, any::<String>(), "[a-z0-9._-]{1,8}"];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn trials(soaked: u32, usual: u32) -> TestRunner {
    let cases = if std::env::var_os("JETON_SOAK").is_some() { soaked } else { usual };
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn escape_removes_hostile_characters() {
    trials(10_000, 600)
        .run(&hostile(), |text| {
            let safe = escape_untrusted(&text);
            prop_assert!(is_safe(&safe), "{safe:?}");
            if is_safe(&text) {
                prop_assert!(safe.len() >= text.len());
            } else {
                prop_assert!(matches!(safe, Cow::Owned(_)));
                prop_assert!(safe.contains("\\u{"), "no escape: {safe:?}");
            }
            let again = escape_untrusted(&safe);
            prop_assert_eq!(&again, &safe, "shown twice is shown once");
            let lines = escape_untrusted_lines(&text);
            prop_assert!(lines.split('\n').all(is_safe));
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
            Ok(())
        })
        .unwrap();
}

#[test]
fn escape_keeps_plain_text() {
    for plain in ["", "ci-deploy", "naïve café", "漢字 かな", "Ünï ½ €", "🦀 crab", "مرحبا", "e\u{301}"]
    {
        assert!(matches!(escape_untrusted(plain), Cow::Borrowed(p) if p == plain), "{plain}");
    }
    for known in KNOWN.iter().filter(|k| !is_safe(k)) {
        assert_ne!(escape_untrusted(known), **known);
    }
}

/// Every quotation in a refusal is short and already safe before the CLI or the screens use it.
#[test]
fn parse_errors_quote_safely() {
    trials(10_000, 600)
        .run(&hostile(), |text| {
            let refusals: [Option<Error>; 9] = [
                Username::parse(&text).err(),
                TokenName::parse(&text).err(),
                Description::parse(&text).err(),
                Prefix::parse(&text).err(),
                MethodId::parse(&text).err(),
                ExpirySpec::parse(&text).err(),
                Span::parse(&text).err(),
                filter_syntax::parse_strict::<TokenFilter>(&format!("status:{text}")).err(),
                filter_syntax::parse_strict::<TokenFilter>(&format!("nme:{text}")).err(),
            ];
            for refusal in refusals.into_iter().flatten() {
                let said = refusal.to_string();
                prop_assert!(is_safe(&said), "{said:?}");
                prop_assert!(said.chars().count() < 1_000, "{said}");
            }
            // Accepted text is always safe: it is stored and shown unchanged.
            for accepted in [
                Username::parse(&text).ok().map(|n| n.to_string()),
                TokenName::parse(&text).ok().map(|n| n.to_string()),
                Description::parse(&text).ok().map(|n| n.to_string()),
                Prefix::parse(&text).ok().map(|n| n.to_string()),
            ]
            .into_iter()
            .flatten()
            {
                prop_assert!(is_safe(&accepted) && escape_untrusted(&accepted) == accepted, "{accepted:?}");
            }
            let _ = TokenFilter::parse(&text);
            Ok(())
        })
        .unwrap();
}

#[test]
fn parse_error_of_a_megabyte_is_short() {
    let huge = "\u{1b}[2J".repeat(262_144);
    for refusal in [Username::parse(&huge).err(), TokenName::parse(&huge).err(), Description::parse(&huge).err()] {
        let said = refusal.unwrap().to_string();
        assert!(is_safe(&said) && said.len() < 1_000, "{}", said.len());
    }
}
