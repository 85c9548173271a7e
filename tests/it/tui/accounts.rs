//! Accounts on the screen.

use std::sync::Arc;

use jeton::domain::role::Role;
use jeton::error::Kind;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::Verb as _;
use jeton::verbs::accounts::{DeleteAccount, DisableAccounts, SetRole};
use jeton::verbs::credential::TokenCredential;
use jeton::verbs::tokens::{DisableTokens, TokenTarget};

use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::requests::{set_role, switch_off};
use crate::support::tui_harness::TuiHarness;

pub(super) const NEW: &str = "seven brown foxes";

/// Opens the accounts screen as owner, in an installation with an account per role: admin, member, ops, viewer.
pub(super) fn accounts() -> TuiHarness {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("2");
    s
}

/// Signs in as `who` and opens the accounts screen.
pub(super) fn accounts_as(who: &str) -> TuiHarness {
    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>2"));
    s
}

/// Proves the pending change.
pub(super) fn prove(s: &mut TuiHarness) {
    s.keys(&format!("{PASSWORD}<enter>"));
}

/// Returns the verb of the last row of the audit log.
pub(super) fn last(s: &TuiHarness) -> String {
    s.install.audit().pop().unwrap().verb
}

#[test]
fn new_account_form_shows_each_problem() {
    let mut s = accounts();
    s.keys("nCI<tab><tab>short<tab>short<tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @r#""CI" is not a username: use 1-32 of the characters a-z 0-9 . _ -, and begin with a letter or digit. Try "ci""#);
    s.assert_top("create-account");
    s.keys("<c-u>ci<tab><tab><tab><tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"the password is too short: use 12 to 1024 bytes; this password has 5. Use three or four words with spaces: they are easy to type and hard to guess");
    s.keys(&format!("<c-u>{NEW}<tab><c-u>{NEW}s<tab><enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"the passwords don't match. Type the same password in both fields");
    s.keys(&format!("{NEW}<tab><enter>"));
    s.assert_top("account.create");
    s.keys("<esc><s-tab><s-tab><s-tab><s-tab><c-u>member<tab><tab><tab><tab><enter>");
    prove(&mut s);
    insta::assert_snapshot!(s.problem().unwrap(), @"the username member is taken: a username stays taken, even after its account was deleted. Choose another username");
    s.assert_top("create-account");
}

#[test]
fn role_dialog_names_what_tokens_lose() {
    let mut s = accounts();
    s.keys("<down>o<left>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Role of member
    Role  (•) viewer   ( ) member   ( ) admin   ( ) owner
          Viewers can't manage accounts; their tokens can get read methods
          only

    The account has no active tokens. After the change the account has to sign
    in again.

          [ Change role ]
    ");
    s.keys("<tab><enter>");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(SetRole::NAME));
    assert_eq!(s.install.account_named("member").role, Role::Viewer);
    assert!(s.line_of("▶ member").contains("viewer"));
}

#[test]
fn disabled_account_denies_its_tokens_until_enabled() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "ci");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>d");
    s.assert_top("account.disable");
    insta::assert_snapshot!(s.dialog_text(), @"
    Disable member
    member can't sign in any more. The service will deny the account's 1
    active token from the next request on. Nothing is lost: the account can be
    enabled again.

    The token was not used in the last 7 days.

    Password of ops
    ");
    prove(&mut s);
    s.assert_shows("○ disabled");
    assert!(!matches!(s.install.verify(&token.secret), jeton::verbs::verify::Decision::Allowed(_)));
    s.keys("d");
    s.assert_top("account.enable");
    insta::assert_snapshot!(s.dialog_text(), @"
    Enable member
    member can sign in again with the same password. The service accepts the
    account's 1 active token from the next request on.

    Password of ops
    ");
    prove(&mut s);
    s.assert_hides("○ disabled");
    assert_eq!(last(&s), "account.enable");
}

#[test]
fn account_with_active_tokens_is_disabled_instead_of_deleted() {
    let install = TestInstall::with_accounts();
    install.issue("member", "ci");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>x");
    s.assert_top("delete-account");
    insta::assert_snapshot!(s.dialog_text(), @"
    Delete member
    ! The account has 1 active token and can't be deleted yet.

    None of these tokens was used in the last 7 days.

    To delete the account, first disable or revoke its active tokens. To see
    the tokens, go back and press Enter on the account.

    If you disable the account instead: member can't sign in any more. The
    service will deny the account's 1 active token from the next request on.
    Nothing is lost: the account can be enabled again.

    [ Disable instead ]  [ Back ]
    ");
    s.keys("<enter>");
    s.assert_top("account.disable");
    prove(&mut s);
    assert_eq!(last(&s), "account.disable");
    s.assert_notice(NoticeId::Done(DisableAccounts::NAME));
}

#[test]
fn account_is_deleted_once_its_name_was_typed() {
    let mut s = accounts();
    s.keys(&format!("<down>xmembe<tab>{PASSWORD}<tab><tab><enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the name exactly: member");
    s.keys("r<tab><tab><tab><enter>");
    s.assert_notice(NoticeId::Done(DeleteAccount::NAME));
    assert_eq!(last(&s), "account.delete");
    s.assert_shows("2 of 3");
    s.assert_shows("▶ ops");
}

/// Neither a token that appears behind the box nor another role of the account is confirmed by a name typed before.
#[test]
fn deletion_is_confirmed_for_the_account_as_it_is() {
    let mut s = accounts();
    s.keys(&format!("<down>xmember<tab>{PASSWORD}<tab><tab>"));
    s.install.create("member", create("t"));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("member/t")] }).unwrap();
    s.keys("<enter>");
    s.assert_top("delete-account");
    insta::assert_snapshot!(s.problem().unwrap(), @"the account's tokens changed after they were shown; nothing was deleted. Start the change again, and check what it affects now");
    insta::assert_snapshot!(s.dialog_text(), @"
    Delete member
    The account has no active tokens. The deletion also revokes 1 disabled or
    expired token. No token of the account can be restored after the deletion.
    The name of the account is never reused. The deletion can't be undone.

    Name                      member
    Type the name
    Password of ops
    the account's tokens changed after they were shown; nothing was deleted.
    Start the change again, and check what it affects now

    [ Disable instead ]
    [ I understand the consequences, delete this account ]
    ");
    s.keys(&format!("<tab>member<tab>{PASSWORD}<tab><tab>"));
    s.install.call(OWNER, set_role("member", Role::Viewer)).unwrap();
    s.keys("<enter>");
    s.assert_top("delete-account");
    s.keys(&format!("<tab>member<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_notice(NoticeId::Done(DeleteAccount::NAME));
}

#[test]
fn changing_the_own_role_asks_to_sign_in_again() {
    let install = TestInstall::with_accounts();
    install.account("zoe", Role::Owner);
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down><down>o<left><tab><enter>");
    prove(&mut s);
    s.assert_locked();
    insta::assert_snapshot!(s.dialog_text(), @"
    jeton is locked
    Store  /home/ops/.local/share/jeton/jeton.db

    Username  ops
    Password

    ops now has the role admin. Sign in again.
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_signed_in("ops", "admin");
    assert_eq!(s.app.model.messages.len(), 1, "{:?}", s.app.model.messages);
}

#[test]
fn account_that_disables_itself_is_signed_out() {
    let mut s = accounts_as("admin");
    s.keys("d");
    prove(&mut s);
    s.assert_top("sign-in");
    insta::assert_snapshot!(s.dialog_text(), @"
    Sign in to jeton
    Store  /home/ops/.local/share/jeton/jeton.db

    Username
    Password

    admin disabled; the service denies the account's tokens at once. Sign in
    with another account.
    ");
    assert!(s.app.model.session.is_none() && s.app.model.me.is_none());
    s.keys(&format!("ops<enter>{PASSWORD}<enter>"));
    s.assert_signed_in("ops", "owner");
}

#[test]
fn last_owner_is_refused_before_any_question() {
    let mut s = accounts();
    s.keys("<down><down>");
    for key in ["o", "d", "x"] {
        s.app.model.notice = None;
        s.keys(key);
        assert!(s.app.modals.is_empty(), "{key}");
        s.assert_notice(NoticeId::Error(Kind::Conflict));
    }
    insta::assert_snapshot!(s.notice_text().unwrap(), @"the last enabled owner can't be disabled, deleted or given another role: without an enabled owner, nobody could manage owners and admins. First make sure that another owner is enabled. To enable a disabled owner: jeton account enable NAME. To make an account an owner: jeton account role NAME owner. To create a new owner: jeton account create NAME --role owner");
    s.install.account("second", Role::Owner);
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("d");
    s.assert_top("account.disable");
}

#[test]
fn account_changes_only_as_it_was_shown() {
    let mut s = accounts();
    s.keys("<down>o<left><tab><enter>");
    s.assert_top("account.role");
    s.install.call(OWNER, set_role("member", Role::Admin)).unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    prove(&mut s);
    s.assert_top("set-role");
    assert!(s.problem().is_some());
    assert_eq!(s.install.account_named("member").role, Role::Admin);
    // The form below has the new role by now.
    s.keys("<enter>");
    s.assert_shows("from admin to viewer");
    prove(&mut s);
    assert_eq!(s.install.account_named("member").role, Role::Viewer);

    s.keys("d");
    s.install.call(OWNER, switch_off(&["member"])).unwrap();
    let rows = s.install.audit().len();
    prove(&mut s);
    s.assert_notice(NoticeId::Error(Kind::Conflict));
    assert_eq!(s.install.audit().len(), rows);
}

#[test]
fn accounts_screen_offers_only_permitted_actions() {
    let mut s = accounts_as("member");
    s.assert_shows("1 of 1");
    for keys in ["n", "o", "d", "x"] {
        s.keys(keys);
        assert!(s.app.modals.is_empty(), "{keys}");
    }
    insta::assert_snapshot!(s.footer(), @"w Password  Enter Tokens  / Filter  ? Help  q Quit  m Messages");
    s.keys("5<enter>");
    assert!(s.app.modals.is_empty());
    insta::assert_snapshot!(s.about(), @"
    If off, members and viewers can only view, disable and revoke their own tokens
    policy.self_service   only owners can change this rule
    ");

    let mut s = accounts_as("admin");
    s.assert_shows("1 of 3");
    s.keys("o");
    assert!(s.app.modals.is_empty(), "its own role");
    s.keys("<down>o");
    s.assert_shows("( ) viewer   (•) member");
    s.assert_hides("( ) admin");
    s.keys("<esc>n");
    s.assert_hides(") owner");
}

#[test]
fn token_session_offers_only_what_tokens_can_do() {
    let install = TestInstall::with_accounts();
    let mut new = create("screens");
    new.selection = jeton::domain::api_selection::Selection::Custom(
        ["jeton.accounts.read", "jeton.accounts.write"]
            .into_iter()
            .map(|m| jeton::domain::method::MethodId::parse(m).unwrap())
            .collect(),
    );
    let secret = Arc::new(install.create(OWNER, new).secret);
    let token = TokenCredential::of_any(secret);
    let mut s = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    s.keys("2");
    for keys in ["n", "o", "w"] {
        s.keys(keys);
        assert!(s.app.modals.is_empty(), "{keys}");
    }
    s.keys("<down>d");
    insta::assert_snapshot!(s.dialog_text(), @"
    Disable member
    member can't sign in any more. The account has no active tokens. Nothing
    is lost: the account can be enabled again.

    The usage can't be shown: the token screens is not permitted to do this

    [ Disable member ]
    ");
    s.keys("<enter>");
    assert!(!s.install.account_named("member").enabled);
    s.keys("d");
    assert!(s.app.modals.is_empty(), "enabling takes a person");
}

#[test]
fn accounts_filter_narrows_while_it_is_typed() {
    let install = TestInstall::with_accounts();
    install.call(OWNER, switch_off(&["viewer"])).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("2/role:mem");
    insta::assert_snapshot!(s.filter_line(), @"/ role:mem                                               1 of 4 match   ↓ name");
    s.assert_shows("▶ member");
    s.keys("<c-u>status:dis");
    s.assert_shows("▶ viewer");
    s.assert_hides("member ");
    s.keys("<c-u>nobody");
    insta::assert_snapshot!(s.body(), @r#"
     NAME    ROLE    STATE        ACTIVE    TOTAL    TRASH   CREATED

    Nothing matches "nobody".  Esc clears the filter.
    "#);
    s.keys("<c-u>status:gone");
    insta::assert_snapshot!(s.filter_line(), @r#"/ status:gone                             unknown value "status:gone"   ↓ name"#);
    insta::assert_snapshot!(s.body(), @r#"
     NAME    ROLE    STATE        ACTIVE    TOTAL    TRASH   CREATED

    Nothing matches "status:gone".  Esc clears the filter.
    Unknown value "status:gone": status: takes enabled, disabled.
    "#);
    s.keys("<esc>");
    s.assert_shows("1 of 4");
    s.keys("/view<enter><esc>");
    s.assert_shows("▶ viewer");
    s.assert_shows("4 of 4");
}

#[test]
fn account_leads_to_its_tokens() {
    let install = TestInstall::with_accounts();
    install.issue("member", "of-member");
    install.issue(OWNER, "of-ops");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>y<enter>");
    assert_eq!(s.copied, ["member"]);
    s.assert_shows("account:member");
    s.assert_shows("▶   of-member");
    s.assert_hides("of-ops");
}
