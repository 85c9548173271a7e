//! Two valid secrets of a token, key by key.

use jeton::domain::expiry::Span;
use jeton::domain::time::{DAY, HOUR};
use jeton::tui::notice::NoticeId;
use jeton::verbs::tokens::{IssuedToken, RegenerateToken, TokenTarget};

use super::edit_and_copy::{allowed, fixture, stored, take_secret};
use super::{cli_line, dialog_lines, lines_of};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn grace_keeps_both_secrets_valid_for_its_time() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    insta::assert_snapshot!(lines_of(&s, "!"), @"! The old secret ends at once.");
    s.keys("<tab><right><right>");
    insta::assert_snapshot!(lines_of(&s, "2026-11-22 09:30:00 +00:00"), @"The old secret ends at 2026-11-22 09:30:00 +00:00.");
    s.enter_until_password();
    insta::assert_snapshot!(dialog_lines(&s).replace(&issued.token.hint, "OLD_HINT"), @"
    Regenerate ops/bot
    The new secret works at once. The old secret (OLD_HINT) keeps working
    until 2026-11-22 09:30:00 +00:00.
    Password of ops
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(cli_line(&s), Some("jeton token regenerate ops/bot --grace 24h"));
    let new = take_secret(&mut s);
    assert!(allowed(&s, &new) && allowed(&s, &issued.secret));
    s.install.fakes.clock.advance(DAY - 1);
    assert!(allowed(&s, &issued.secret));
    s.install.fakes.clock.advance(1);
    assert!(!allowed(&s, &issued.secret));
    assert!(allowed(&s, &new));
}

#[test]
fn grace_ends_with_the_token_and_lasts_at_most_thirty_days() {
    let (install, issued) = fixture();
    install.fakes.clock.advance(28 * DAY);
    let mut s = TuiHarness::signed_in(install);
    s.keys("r<s-tab><s-tab><end><tab>31d<tab>");
    s.keys("<tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"the old secret can work for at most 30 more days: choose a shorter time");
    s.keys("<c-u>soon<tab><tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @r#""soon" is not a span: use a whole number with h, d, w, mo or y, e.g. 12h, 30d, 2w, 6mo or 1y"#);
    s.keys("<c-u>7d");
    insta::assert_snapshot!(lines_of(&s, "the token expires"), @"Both secrets end when the token expires: 2026-12-21 09:30:00");
    s.keys(&format!("<tab><tab><enter>{PASSWORD}<enter>"));
    let new = take_secret(&mut s);
    assert!(allowed(&s, &new) && allowed(&s, &issued.secret));
    assert_eq!(stored(&s, &issued).previous.unwrap().retires_at, issued.token.expiry.at().unwrap());
}

/// Returns an installation with a token whose old and new secret both work for a day.
fn rotating() -> (TestInstall, IssuedToken, IssuedToken) {
    let (install, old) = fixture();
    let verb =
        RegenerateToken { token: TokenTarget::at_revision(&old.token), grace: Some(Span::Days(1)), expires: None };
    let new = install.call(OWNER, verb).unwrap().value;
    (install, old, new)
}

#[test]
fn third_secret_ends_both() {
    let (install, old, new) = rotating();
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    let text =
        |s: &TuiHarness| dialog_lines(s).replace(&old.token.hint, "OLD_HINT").replace(&new.token.hint, "NEW_HINT");
    // No grace is offered.
    insta::assert_snapshot!(text(&s), @"
    Regenerate ops/bot
    The token gets a new secret. Name, description and API selection stay the
    same.
    Current       NEW_HINT, created just now
    Previous      OLD_HINT, ends tomorrow, never seen
                  ! The token has two secrets now. Both end when you
                  regenerate.
    Expires       [keep]  7 d   30 d   90 d   1 y   never   other
                  unchanged: 2026-12-21, in 30 days
                  [ Regenerate ]
                  [ End overlap ]
    ");
    s.keys("<enter>");
    insta::assert_snapshot!(text(&s), @"
    Regenerate ops/bot
    The secrets OLD_HINT and NEW_HINT become invalid at once.
    Password of ops
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    let third = take_secret(&mut s);
    assert!(!allowed(&s, &old.secret) && !allowed(&s, &new.secret));
    assert!(allowed(&s, &third));
}

#[test]
fn overlap_is_ended_from_the_table_the_details_and_the_form() {
    for keys in ["o", "<enter>o", "r<tab><enter>", "e<tab><tab><tab><tab><tab><tab><enter><tab><enter>"] {
        let (install, old, new) = rotating();
        install.fakes.clock.advance(HOUR);
        install.verify(&old.secret);
        install.fakes.clock.advance(HOUR);
        let mut s = TuiHarness::signed_in(install);
        s.keys(keys);
        s.assert_top("token.retire");
        let text = s.dialog_text();
        assert!(["ops/bot", &old.token.hint, "! ", " 1 h "].iter().all(|part| text.contains(part)), "{text}");
        assert!(allowed(&s, &old.secret), "{keys}");
        s.keys(&format!("{PASSWORD}<enter>"));
        s.assert_notice(NoticeId::Done("token.retire"));
        assert_eq!(cli_line(&s), Some("jeton token retire ops/bot"));
        assert!(!allowed(&s, &old.secret) && allowed(&s, &new.secret), "{keys}");
        // There is nothing left to end.
        s.keys("o");
        assert!(s.app.modals.is_empty());
    }
}

/// A secret counts as in use only if it was seen since the rotation.
#[test]
fn unused_old_secret_is_shown_as_unused() {
    let (install, old, _) = {
        let (install, old) = fixture();
        install.verify(&old.secret);
        install.fakes.clock.advance(HOUR);
        let verb = RegenerateToken {
            token: TokenTarget::at_revision(&install.token(old.token.id)),
            grace: Some(Span::Days(1)),
            expires: None,
        };
        let new = install.call(OWNER, verb).unwrap().value;
        (install, old, new)
    };
    let mut s = TuiHarness::signed_in(install);
    s.keys("o");
    insta::assert_snapshot!(lines_of(&s, " 1 h "), @"The old secret was last seen 1 h ago, before the new secret was created.");
    assert!(allowed(&s, &old.secret));
}
