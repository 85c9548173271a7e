//! Passwords of accounts on the screen.

use jeton::domain::role::Role;
use jeton::tui::Demo;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::Verb as _;
use jeton::verbs::accounts::{CreateAccount, SetPassword};
use zeroize::Zeroizing;

use super::accounts::{NEW, accounts, accounts_as, last, prove};
use crate::support::fakes::{PASSWORD, TestInstall};
use crate::support::requests::set_password;
use crate::support::tui_harness::TuiHarness;

#[test]
fn new_account_replaces_its_temporary_password_first() {
    let mut s = accounts();
    s.keys(&format!("nci<tab><right><space><tab>{NEW}<tab>{NEW}<tab><enter>"));
    s.assert_top("account.create");
    insta::assert_snapshot!(s.dialog_text(), @"
    New account ci
    ci must choose a new password at the first sign-in. The role is admin.
    Admins can manage members and viewers; their tokens can get all methods.

    Password of ops
    ");
    // After a mistyped proof, the input need not be typed again.
    s.keys("wrong horse battery<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Wrong password, or the account was disabled");
    s.install.fakes.clock.advance(2_000);
    prove(&mut s);
    s.assert_notice(NoticeId::Done(CreateAccount::NAME));
    s.assert_shows("= jeton account create ci --role admin");
    s.assert_shows("▶ ci");
    assert_eq!(last(&s), "account.create");
    let mut other = TuiHarness::signed_out(s.install);
    other.keys(&format!("<s-tab><c-u>ci<enter>{NEW}<enter>"));
    other.assert_top("replace-password");
    assert!(other.app.workspace().is_none());
    // Neither the same password nor a mistyped one is accepted, and nothing else is available.
    other.keys(&format!("{NEW}<tab>{NEW}<tab><enter>"));
    insta::assert_snapshot!(other.problem().unwrap(), @"the new password is the same as the old one. Choose another password");
    other.message(Msg::StoreChanged(i64::MAX));
    other.assert_top("replace-password");
    other.keys(&format!("<c-u>{PASSWORD}<tab><c-u>{NEW}<tab><enter>"));
    insta::assert_snapshot!(other.problem().unwrap(), @"the passwords don't match. Type the same password in both fields");
    other.keys(&format!("{PASSWORD}<tab><enter>"));
    other.assert_signed_in("ci", "admin");
    other.assert_notice(NoticeId::Done(SetPassword::NAME));
    assert_eq!(last(&other), "account.passwd");
    assert!(!other.install.account_named("ci").temporary_password);
}

#[test]
fn password_set_for_somebody_else_is_temporary() {
    let mut s = accounts();
    s.keys(&format!("<down>w{NEW}<tab>{NEW}<tab><enter>"));
    s.assert_top("account.passwd");
    insta::assert_snapshot!(s.dialog_text(), @"
    Set the password of member
    member must choose another password at the next sign-in. The tokens of
    member are not affected.

    Password of ops
    ");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(SetPassword::NAME));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"member must replace the temporary password at the next sign-in");
    s.assert_shows("▶ member");
    assert_eq!(last(&s), "account.passwd");
    let mut other = TuiHarness::signed_out(s.install);
    other.keys(&format!("<s-tab><c-u>member<enter>{NEW}<enter>"));
    other.assert_top("replace-password");
    // Esc leads back to the sign-in, and nothing has changed.
    other.keys("<esc>");
    other.assert_top("sign-in");
    assert!(other.install.account_named("member").temporary_password);
}

/// Another person sets the password of the signed-in account. The screens lock, and the new password unlocks only its
/// own replacement.
#[test]
fn password_set_by_somebody_else_locks_and_is_replaced() {
    let mut s = accounts_as("member");
    s.install.call("admin", set_password("member", NEW)).unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    s.assert_locked();
    s.keys(&format!("{NEW}<enter>"));
    s.assert_top("replace-password");
    assert!(s.app.workspace().is_none() && s.app.model.session.is_none());
    s.keys(&format!("{PASSWORD}<tab>{PASSWORD}<enter><enter>"));
    s.assert_signed_in("member", "member");
}

/// The person who set a temporary password could use the new role.
#[test]
fn temporary_password_prevents_a_promotion() {
    let mut s = accounts();
    s.install.call("admin", set_password("member", NEW)).unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("<down>");
    s.assert_shows("◐ temporary");
    s.keys("o<right><tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"First member must sign in and replace the temporary password. Then you can give a higher role");
    assert_eq!(s.install.account_named("member").role, Role::Member);
}

#[test]
fn changing_the_own_password_locks_until_it_is_typed() {
    let mut s = accounts_as("member");
    s.keys(&format!("w{NEW}<tab>{NEW}<tab><enter>"));
    prove(&mut s);
    s.assert_locked();
    let reason = s.dialog_text();
    insta::assert_snapshot!(reason, @"
    jeton is locked
    Store  /home/ops/.local/share/jeton/jeton.db

    Username  member
    Password

    Password changed. Sign in with the new password.
    ");
    s.message(Msg::StoreChanged(i64::MAX));
    assert_eq!(s.dialog_text(), reason);
    assert_eq!(s.app.model.messages.len(), 1, "the change, and no error: {:?}", s.app.model.messages);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_locked();
    s.install.fakes.clock.advance(2_000);
    s.keys(&format!("{NEW}<enter>"));
    s.assert_signed_in("member", "member");
    s.assert_top("accounts");
}

#[test]
fn new_passwords_appear_nowhere() {
    let mut s = accounts();
    let steps = [
        format!("nci<tab><tab>{NEW}"),
        format!("<tab>{NEW}"),
        "<tab><enter>".to_owned(),
        format!("{PASSWORD}<enter>"),
        format!("w{NEW}!"),
        format!("<tab>{NEW}!<tab><enter>"),
        format!("{PASSWORD}<enter>"),
        "m".to_owned(),
        "<esc>3".to_owned(),
    ];
    for keys in steps {
        s.keys(&keys);
        s.assert_hides("brown");
    }
    assert_eq!(last(&s), "account.passwd");
    for row in s.install.audit() {
        assert!(!format!("{row:?}").contains("brown"));
    }
    for file in std::fs::read_dir(s.install.temp_store.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|w| w == b"brown"));
    }
    assert!(!format!("{:?}", s.app.model.messages).contains("brown"));
}

#[test]
fn demo_forgets_a_changed_password() {
    let demo =
        Demo { username: crate::support::fakes::owner(), password: Zeroizing::new(PASSWORD.to_owned()), service: None };
    let mut s = TuiHarness::with(TestInstall::new(), Theme::colour(), Some(demo));
    s.assert_shows(PASSWORD);
    s.keys(&format!("2w{NEW}<tab>{NEW}<tab><enter>"));
    prove(&mut s);
    s.assert_hides(PASSWORD);
}
