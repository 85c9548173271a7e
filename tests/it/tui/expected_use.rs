//! Tokens that are expected to be unused, on the screens.

use jeton::domain::time::HOUR;

use super::edit_and_copy::take_secret;
use crate::support::fakes::{PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn expected_use_is_chosen_in_the_forms_and_an_unexpected_use_is_shown() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("nbreak-glass<tab><tab><tab><tab><right>");
    s.assert_shows("(•) not expected: never stale");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    let secret = take_secret(&mut s);
    s.keys("<esc>");
    s.assert_no_dialog();
    s.keys("R<enter>");
    s.assert_shows("expected to be unused");
    s.keys("<esc>");
    s.assert_hides("‼ used");
    s.install.fakes.clock.advance(HOUR);
    s.install.verify(&secret);
    s.keys("R");
    s.assert_shows("‼ used now");
    s.keys("<enter>");
    s.assert_shows("used although expected to be unused");
    s.keys("<esc>");
    s.keys("e<tab><tab><tab><tab><right>");
    s.assert_shows("(•) not expected from now on");
    s.enter_until_top("token.edit");
    s.assert_shows("use          not expected, but used → not expected");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_hides("‼ used");
}
