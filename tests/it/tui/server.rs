//! A server that can't be reached for a while.

use jeton::tui::msg::Msg;

use super::lines_of;
use crate::support::fakes::{OWNER, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn lost_server_is_shown_and_its_return_reads_everything_again() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.message(Msg::ServerReachable(false));
    insta::assert_snapshot!(lines_of(&s, "reached"), @"jeton  ops@prod-1 · owner                       ! the server can't be reached");
    // A draft stays, and what was missed appears.
    s.keys("ndraft");
    s.install.issue(OWNER, "made-meanwhile");
    s.message(Msg::ServerReachable(true));
    s.assert_shows("draft");
    s.keys("<esc>d");
    s.assert_shows("made-meanwhile");
    s.assert_hides("reached");
}
