//! Lists of choices, forms and buttons: which keys they accept and ignore.

use jeton::domain::api_selection::Selection;
use jeton::domain::role::Role;
use jeton::domain::time::{DAY, HOUR};
use jeton::domain::token::{Status, Token, TokenRef};
use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb as _;
use jeton::verbs::tokens::{RevokeTokens, ShowToken};

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
fn space_selects_the_api_set_under_the_cursor() {
    for space in ["", "<space>", "<space><space><space>"] {
        let mut s = TuiHarness::signed_in(TestInstall::new());
        s.keys("nci<tab><tab><tab>");
        while !s.text().contains("(•) IDE Plugins") {
            s.keys("<up>");
        }
        s.keys(space);
        s.assert_shows("(•) IDE Plugins");
        s.keys("<enter>");
        s.enter_until_password();
        prove(&mut s);
        assert_eq!(stored(&s, "ci").selection, Selection::Sets(["IDE Plugins".to_owned()].into()));
    }
}

#[test]
fn space_selects_expiry_role_and_grace_under_the_cursor() {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("nci<tab><tab><left><space><tab><tab>");
    s.enter_until_password();
    prove(&mut s);
    let made = stored(&s, "ci");
    assert_eq!(
        made.expiry.at().map(|at| (at.0 - made.created_at.0 + DAY - 1) / DAY),
        Some(30),
        "30 d, to the end of the day"
    );
    s.keys("<esc>l");

    s.keys("r<s-tab><s-tab><right><space>");
    s.assert_shows("[in 1 h]");
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
    insta::assert_snapshot!(s.line_of("(•)"), @" │              (•) no access            can't call any method                │");
    let last = s.text();
    s.keys("<down><down><right>jl<space>");
    assert_eq!(s.text(), last, "Down on the last choice stays");
    s.keys("<home>");
    s.assert_shows("(•) Extended Access");
    let first = s.text();
    s.keys("<up><up><left>kh<space>");
    assert_eq!(s.text(), first, "Up on the first choice stays");
    s.keys("<tab><tab>");
    assert_ne!(s.text(), first, "Tab leaves");
    s.assert_shows("(•) Extended Access");

    s.keys("<s-tab><s-tab><s-tab><end><down><down><right>");
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
fn new_token_is_for_the_account_whose_tokens_are_shown() {
    let install = TestInstall::with_accounts();
    install.issue("member", "theirs");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down><enter>");
    s.assert_shows("account:member");
    s.keys("nfresh");
    s.assert_shows("[member]");
    s.enter_until_password();
    s.assert_top("token.create");
    insta::assert_snapshot!(s.dialog_text(), @"
    Generate member/fresh
    API selection of member/fresh: no access. The token's last day is
    2027-02-19.
    ! Warning: the token can't call any method: its API selection has no
    methods

    Password of ops
    ");
    prove(&mut s);
    s.assert_shows("= jeton token create fresh --account member");
    assert_eq!(stored(&s, "member/fresh").owner.username.as_str(), "member");
}

#[test]
fn new_token_is_for_the_user_or_an_account_they_manage() {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("nmine");
    s.assert_shows("[ops]");
    s.keys("<s-tab><right><right>");
    s.assert_shows("[member]");
    s.keys("<tab><tab><tab><tab><home>");
    s.enter_until_password();
    s.assert_top("token.create");
    s.assert_shows("member/mine");
    s.keys("<esc>");
    // A choice that isn't offered is typed.
    s.keys("<s-tab><s-tab><s-tab><s-tab><s-tab><s-tab><end><tab>viewer");
    s.enter_until_password();
    s.assert_top("token.create");
    s.assert_shows("viewer/mine");
    prove(&mut s);
    assert_eq!(stored(&s, "viewer/mine").owner.username.as_str(), "viewer");

    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys(&format!("<s-tab><c-u>member<enter>{PASSWORD}<enter>n"));
    insta::assert_snapshot!(s.dialog_text(), @"
    Generate a token
    For          member, your own account
    Name
    Description
    Expires       7 d   30 d  [90 d]  1 y   never   other

                 last day: 2027-02-19
    API          ( ) Extended Access      Everything but passwords, account s…
                 ( ) IDE Plugins          Browsing, running and deploying env…
                 ( ) Marketplace          Finding, installing and looking aft…
                 ( ) Maven Plugin         Uploading and deploying builds from…
                 ( ) Inherit              the role's methods, except jeton.*
                 ( ) Custom…              Space opens the method picker
                 (•) no access            can't call any method
    Use          (•) expected   ( ) not expected: never stale

                 [ Generate ]
    ");
    s.keys("a<enter>b<enter>");
    s.enter_until_password();
    s.assert_top("token.create");
    s.assert_shows("member/a");
}

/// Each confirmation names its target with the account, and the account of the password.
#[test]
fn every_confirmation_names_its_target_and_the_account_of_the_password() {
    let install = TestInstall::with_accounts();
    install.issue("member", "bot");
    let mut s = TuiHarness::signed_in(install);
    s.assert_shows("▶   bot");
    let mut titles = Vec::new();
    for (keys, id, back) in [
        ("x", "revoke-token", "<esc>"),
        ("d", "token.disable", "<esc>"),
        ("r<enter>", "token.regenerate", "<esc><esc>"),
        ("ccopy<tab><tab><tab><enter>", "token.copy", "<esc><esc>d"),
        ("ex<tab><tab><tab><tab><tab><enter>", "token.edit", "<esc><esc>d"),
        ("2<down>d", "account.disable", "<esc>"),
        ("x", "delete-account", "<esc>"),
        ("o<home><tab><enter>", "account.role", "<esc><esc>"),
        ("wseven brown foxes<tab>seven brown foxes<enter>", "account.passwd", "<esc><esc>d"),
    ] {
        s.keys(keys);
        s.assert_top(id);
        let text = s.dialog_text();
        titles.push(text.lines().next().unwrap().to_owned());
        titles.extend(text.lines().filter(|line| line.starts_with("Password")).map(str::to_owned));
        s.keys(back);
        assert!(s.app.modals.is_empty(), "{keys}");
    }
    insta::assert_snapshot!(titles.join("\n"), @"
    Revoke member/bot
    Password of ops
    Disable member/bot
    Password of ops
    Regenerate member/bot
    Password of ops
    Copy member/bot as member/copy
    Password of ops
    Change member/bot
    Password of ops
    Disable member
    Password of ops
    Delete member
    Change the role of member
    Password of ops
    Set the password of member
    Password of ops
    ");
}

#[test]
fn enter_in_the_last_field_presses_the_main_button() {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("xbot<enter>{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done(RevokeTokens::NAME));
    s.keys(&format!("u{PASSWORD}<enter>"));
    assert!(!stored(&s, "bot").enabled);
    // The keys that open the dialog, pressed repeatedly, do nothing.
    s.keys("xx<enter>x<enter><enter><enter>");
    assert_eq!(stored(&s, "bot").status(s.install.now()), Status::Disabled);
    s.assert_top("revoke-token");
    s.assert_shows("ops/bot");
}

#[test]
fn wrong_name_is_marked_when_its_field_is_left() {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys("xbob");
    assert_eq!(s.problem(), None);
    s.keys("<tab>");
    let problem = s.problem().unwrap();
    insta::assert_snapshot!(problem, @"Type the name exactly: bot");
    s.keys("secret");
    assert_eq!(s.problem(), Some(problem));
    s.keys("<s-tab><bs>t");
    assert_eq!(s.problem(), None);
    s.keys("<tab>");
    assert_eq!(s.problem(), None);
}

#[test]
fn regenerate_proposes_a_day_of_grace_for_a_token_in_use() {
    let install = TestInstall::new();
    let issued = install.issue(OWNER, "bot");
    install.verify(&issued.secret);
    install.fakes.clock.advance(6 * DAY);
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    s.assert_shows("[in 24 h]");
    s.keys("<esc>");
    s.install.fakes.clock.advance(2 * DAY);
    s.keys("r");
    insta::assert_snapshot!(s.line_of("24 h").trim_matches(['│', ' ']), @"Old stops     [at once]  in 1 h   in 24 h   in 7 d   other");
}
