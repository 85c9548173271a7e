//! Two live secrets of a token, key by key.

use jeton::domain::expiry::Span;
use jeton::domain::time::{DAY, HOUR};
use jeton::verbs::tokens::{IssuedToken, RegenerateToken, TokenTarget};

use super::edit_and_copy::{allowed, fixture, stored, take_secret};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn a_grace_leaves_both_secrets_alive_for_a_while() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    s.assert_shows("! The old secret stops working at once.");
    s.keys("<tab><right><right>");
    s.assert_shows("both work until 22-11-2026 09:30:00 (+00:00)");
    s.enter_until("Password of ops");
    s.assert_shows(&format!("the old one, {}, until", issued.token.hint));
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("= jeton token regenerate ops/bot --grace 24h");
    let new = take_secret(&mut s);
    assert!(allowed(&s, &new) && allowed(&s, &issued.secret));
    s.install.fakes.clock.advance(DAY - 1);
    assert!(allowed(&s, &issued.secret));
    s.install.fakes.clock.advance(1);
    assert!(!allowed(&s, &issued.secret));
    assert!(allowed(&s, &new));
}

#[test]
fn a_grace_ends_with_the_token_and_after_thirty_days() {
    let (install, issued) = fixture();
    install.fakes.clock.advance(28 * DAY);
    let mut s = TuiHarness::signed_in(install);
    s.keys("r<s-tab><s-tab><end><tab>31d<tab>");
    s.keys("<tab><enter>");
    s.assert_shows("30 days more at most");
    s.keys("<c-u>soon<tab><tab><enter>");
    s.assert_shows("\"soon\" is not a span");
    s.keys("<c-u>7d");
    s.assert_shows("both work until 21-12-2026 09:30:00 (+00:00): the expiry");
    s.keys(&format!("<tab><tab><enter>{PASSWORD}<enter>"));
    let new = take_secret(&mut s);
    assert!(allowed(&s, &new) && allowed(&s, &issued.secret));
    assert_eq!(stored(&s, &issued).previous.unwrap().retires_at, issued.token.expiry.at().unwrap());
}

/// Returns an installation with a token whose old secret works for a day in addition to the new one.
fn rotating() -> (TestInstall, IssuedToken, IssuedToken) {
    let (install, old) = fixture();
    let verb = RegenerateToken {
        token: TokenTarget::at_revision(&old.token),
        grace: Some(Span::Days(1)),
        expires: None,
        destination: None,
    };
    let new = install.call(OWNER, verb).unwrap().value;
    (install, old, new)
}

#[test]
fn a_third_secret_kills_both() {
    let (install, old, new) = rotating();
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    s.assert_shows(&format!("Before that   {}, dies tomorrow", old.token.hint));
    s.assert_shows("Two secrets live: a new one kills both at once.");
    s.assert_hides("24 h");
    s.keys("<enter>");
    s.assert_shows(&format!("The secrets {} and {} stop working at once.", old.token.hint, new.token.hint));
    s.keys(&format!("{PASSWORD}<enter>"));
    let third = take_secret(&mut s);
    assert!(!allowed(&s, &old.secret) && !allowed(&s, &new.secret));
    assert!(allowed(&s, &third));
}

#[test]
fn an_overlap_is_ended_from_the_table_the_details_and_the_form() {
    for keys in ["o", "<enter>o", "r<tab><enter>", "e<tab><tab><tab><tab><tab><enter><tab><enter>"] {
        let (install, old, new) = rotating();
        install.fakes.clock.advance(HOUR);
        install.verify(&old.secret);
        install.fakes.clock.advance(HOUR);
        let mut s = TuiHarness::signed_in(install);
        s.keys(keys);
        s.assert_shows("End the overlap of ops/bot");
        s.assert_shows("! In use: last seen 1 h ago. Whoever uses it is denied then.");
        s.assert_shows(&format!("The old secret {} is denied", old.token.hint));
        assert!(allowed(&s, &old.secret), "{keys}");
        s.keys(&format!("{PASSWORD}<enter>"));
        s.assert_shows("bot has one secret again");
        s.assert_shows("= jeton token retire ops/bot");
        assert!(!allowed(&s, &old.secret) && allowed(&s, &new.secret), "{keys}");
        // There is nothing left to end.
        s.keys("o");
        assert!(s.model.modals.is_empty());
    }
}

/// Only a secret seen since the rotation is called in use.
#[test]
fn unused_old_secret_is_named_so() {
    let (install, old, _) = {
        let (install, old) = fixture();
        install.verify(&old.secret);
        install.fakes.clock.advance(HOUR);
        let verb = RegenerateToken {
            token: TokenTarget::at_revision(&install.token(old.token.id)),
            grace: Some(Span::Days(1)),
            expires: None,
            destination: None,
        };
        let new = install.call(OWNER, verb).unwrap().value;
        (install, old, new)
    };
    let mut s = TuiHarness::signed_in(install);
    s.keys("o");
    s.assert_shows("Not used since the new one was made, last seen 1 h ago.");
    assert!(allowed(&s, &old.secret));
}
