//! The search for the token of a secret.

use jeton::tui::msg::Msg;
use zeroize::Zeroizing;

use crate::support::fakes::{OWNER, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn identified_secret_is_stored_nowhere() {
    let install = TestInstall::new();
    let token = install.issue(OWNER, "lost");
    let secret = token.secret.expose(str::to_owned);
    let mut s = TuiHarness::signed_in(install);
    s.keys("W<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Paste or type the secret");
    s.message(Msg::Paste(Zeroizing::new(secret.clone())));
    s.assert_hides(&secret);
    s.keys("<enter>");
    s.assert_shows("ops/lost (t:1)");
    insta::assert_snapshot!(s.dialog_text(), @"
    Whose secret is it
    A secret that was found somewhere: which token it is or was of.
    It is not shown, not kept, and this counts as no use.

    Secret

    Token    ops/lost (t:1)
    Status   ● active
    Secret   the current one, made just now
    Works    yes
    ");
    s.assert_hides("••");
    s.keys(&secret.replace("jtn", "jtx"));
    s.keys("<enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Whose secret is it
    A secret that was found somewhere: which token it is or was of.
    It is not shown, not kept, and this counts as no use.

    Secret

    Token    none
    Works    no: the secret is mistyped or cut: its checksum differs
    ");
    assert_eq!(s.install.token(token.token.id).last_seen_at, None, "not recorded as a use");
    s.assert_hides(&secret);
}
