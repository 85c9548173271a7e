//! Lists of choices, forms and buttons: which keys they accept and ignore.

use jeton::domain::role::Role;
use jeton::domain::selection::Selection;
use jeton::domain::time::{DAY, HOUR};
use jeton::domain::token::{Status, Token, TokenRef};
use jeton::verbs::tokens::ShowToken;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

fn stored(s: &TuiHarness, name: &str) -> Token {
    let token = TokenRef::Text(name.to_owned());
    s.install.call(OWNER, ShowToken { token }).unwrap().token
}

fn prove(s: &mut TuiHarness) {
    s.keys(&format!("{PASSWORD}<enter>"));
}

#[test]
fn space_takes_the_api_set_under_the_cursor() {
    for space in ["", "<space>", "<space><space><space>"] {
        let mut s = TuiHarness::signed_in(TestInstall::new());
        s.keys("nci<tab><tab><tab>");
        while !s.text().contains("(•) IDE Plugins") {
            s.keys("<up>");
        }
        s.keys(space);
        s.assert_shows("(•) IDE Plugins");
        s.keys("<enter>");
        s.enter_until("Password of ops");
        prove(&mut s);
        assert_eq!(stored(&s, "ci").selection, Selection::Sets(["IDE Plugins".to_owned()].into()));
    }
}

#[test]
fn space_takes_expiry_role_and_grace_under_the_cursor() {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("nci<tab><tab><left><space><tab><tab>");
    s.enter_until("Password of ops");
    prove(&mut s);
    let made = stored(&s, "ci");
    assert_eq!(
        made.expiry.at().map(|at| (at.0 - made.created_at.0 + DAY - 1) / DAY),
        Some(30),
        "30 d, to the end of the day"
    );
    s.keys("<esc>l");

    s.keys("r<s-tab><s-tab><right><space>");
    s.assert_shows("[1 h]");
    s.keys("<tab><tab><enter>");
    prove(&mut s);
    let after = stored(&s, "ci");
    assert_eq!(after.previous.map(|p| p.retires_at.0 - after.secret_since.0), Some(HOUR));
    s.keys("<esc>l");

    s.keys("2<down>o<left><space>");
    s.assert_shows("(•) viewer");
    s.keys("<tab><enter>");
    prove(&mut s);
    assert_eq!(s.install.account_named("member").role, Role::Viewer);
}

#[test]
fn arrows_stay_in_a_list_and_tab_leaves_it() {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("nci<tab><tab><tab>");
    s.assert_shows("(•) nothing yet");
    let last = s.text();
    s.keys("<down><down><right>jl<space>");
    assert_eq!(s.text(), last, "Down on the last choice stays");
    s.keys("<home>");
    s.assert_shows("(•) Extended Access");
    let first = s.text();
    s.keys("<up><up><left>kh<space>");
    assert_eq!(s.text(), first, "Up on the first choice stays");
    s.keys("<tab>");
    assert_ne!(s.text(), first, "Tab leaves");
    s.assert_shows("(•) Extended Access");

    s.keys("<s-tab><s-tab><end><down><down><right>");
    s.assert_shows("[other]");
    s.keys("<home><up><up><left>");
    s.assert_shows("[7 d]");
    s.keys("<esc>d2<down>o<home><up><left>");
    s.assert_shows("(•) viewer");
    s.keys("<end><down><right><down>");
    s.assert_shows("(•) owner");
    s.keys("<esc>5<enter><right><right><down>");
    s.assert_shows("(•) off");
}

#[test]
fn a_new_token_is_for_the_account_whose_tokens_are_shown() {
    let install = TestInstall::with_accounts();
    install.issue("member", "theirs");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down><enter>");
    s.assert_shows("account:member");
    s.keys("nfresh");
    s.assert_shows("[member]");
    s.enter_until("Password of ops");
    s.assert_shows("Generate member/fresh");
    s.assert_shows("member/fresh may use");
    prove(&mut s);
    s.assert_shows("= jeton token create fresh --account member");
    assert_eq!(stored(&s, "member/fresh").owner.username.as_str(), "member");
}

#[test]
fn a_new_token_is_for_oneself_or_somebody_one_manages() {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("nmine");
    s.assert_shows("[ops]");
    s.keys("<s-tab><right><right>");
    s.assert_shows("[member]");
    s.keys("<tab><tab><tab><tab><home>");
    s.enter_until("Password of ops");
    s.assert_shows("Generate member/mine");
    s.keys("<esc>");
    // A choice that isn't offered is typed.
    s.keys("<s-tab><s-tab><s-tab><s-tab><s-tab><end><tab>viewer");
    s.enter_until("Password of ops");
    s.assert_shows("Generate viewer/mine");
    prove(&mut s);
    assert_eq!(stored(&s, "viewer/mine").owner.username.as_str(), "viewer");

    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys(&format!("<s-tab><c-u>member<enter>{PASSWORD}<enter>n"));
    s.assert_shows("member, your own account");
    s.keys("a<enter>b<enter>");
    s.enter_until("Password of member");
    s.assert_shows("Generate member/a");
}

/// Each password box names the action's target with its account, and the account of the password.
#[test]
fn every_password_box_names_account_and_password() {
    let install = TestInstall::with_accounts();
    install.issue("member", "bot");
    let mut s = TuiHarness::signed_in(install);
    s.assert_shows("▶   bot");
    for (keys, title, back) in [
        ("x", "Remove member/bot", "<esc>"),
        ("d", "Disable member/bot", "<esc>"),
        ("r<enter>", "Regenerate member/bot", "<esc><esc>"),
        ("ccopy<tab><tab><tab><enter>", "Copy member/bot as member/copy", "<esc><esc>d"),
        ("ex<tab><tab><tab><tab><enter>", "Change member/bot", "<esc><esc>d"),
        ("2<down>d", "Disable member", "<esc>"),
        ("x", "Delete member", "<esc>"),
        ("o<home><tab><enter>", "Role of member", "<esc><esc>"),
        ("wseven brown foxes<tab>seven brown foxes<enter>", "New password of member", "<esc><esc>d"),
    ] {
        s.keys(keys);
        s.assert_shows(title);
        if title != "Delete member" {
            s.assert_shows("Password of ops");
        }
        s.keys(back);
        assert!(s.model.modals.is_empty(), "{keys}");
    }
}

#[test]
fn enter_in_the_last_field_presses_the_button_the_dialog_is_for() {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("xbot<enter>{PASSWORD}<enter>"));
    s.assert_shows("bot revoked");
    s.keys(&format!("u{PASSWORD}<enter>"));
    assert!(!stored(&s, "bot").enabled);
    // The keys that open the dialog, pressed repeatedly, do nothing.
    s.keys("xx<enter>x<enter><enter><enter>");
    assert_eq!(stored(&s, "bot").status(s.install.now()), Status::Disabled);
    s.assert_shows("Remove ops/bot");
}

#[test]
fn a_wrong_name_is_marked_when_its_field_is_left() {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys("xbob");
    s.assert_hides("That isn't its name");
    s.keys("<tab>");
    s.assert_shows("That isn't its name");
    s.keys("secret");
    s.assert_shows("That isn't its name");
    s.keys("<s-tab><bs>t");
    s.assert_hides("That isn't its name");
    s.keys("<tab>");
    s.assert_hides("That isn't its name");
}

#[test]
fn a_token_in_use_is_regenerated_with_a_day_for_the_old_secret() {
    let install = TestInstall::new();
    let issued = install.issue(OWNER, "bot");
    install.verify(&issued.secret);
    install.fakes.clock.advance(6 * DAY);
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    s.assert_shows("[24 h]");
    s.keys("<esc>");
    s.install.fakes.clock.advance(2 * DAY);
    s.keys("r");
    s.assert_shows("[at once]");
}
