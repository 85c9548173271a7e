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
    insta::assert_snapshot!(s.problem().unwrap(), @"Paste or type a secret");
    s.message(Msg::Paste(Zeroizing::new(secret.clone())));
    s.assert_hides(&secret);
    s.keys("<enter>");
    s.assert_shows("ops/lost (t:1)");
    insta::assert_snapshot!(s.dialog_text(), @"
    Look up a secret
    Paste a secret to see which token it belongs to.
    jeton doesn't store the secret; the look-up doesn't count as a use.

    Secret

    Token    ops/lost (t:1)
    Status   ● active
    Secret   current, created just now
    Works    yes
    ");
    s.assert_hides("••");
    s.keys(&secret.replace("jtn", "jtx"));
    s.keys("<enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Look up a secret
    Paste a secret to see which token it belongs to.
    jeton doesn't store the secret; the look-up doesn't count as a use.

    Secret

    Token    none
    Works    no: the secret is mistyped or cut off (wrong checksum)
    ");
    assert_eq!(s.install.token(token.token.id).last_seen_at, None, "not recorded as a use");
    s.assert_hides(&secret);
}
