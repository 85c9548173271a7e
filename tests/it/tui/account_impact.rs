//! What the dialogs about accounts show of the tokens in use.

use jeton::domain::api_selection::Selection;
use jeton::domain::secret::PublicId;
use jeton::verbs::ports::{Store as _, Use};
use jeton::verbs::tokens::{CreateToken, DisableTokens, TokenTarget};

use super::dialog_lines;
use crate::support::fakes::{OWNER, TestInstall, create};
use crate::support::requests::switch_off;
use crate::support::tui_harness::TuiHarness;

/// Before access is taken away, the dialogs show the tokens that used it this week.
#[test]
fn tokens_in_use_are_shown_before_access_is_taken_away() {
    let install = TestInstall::with_accounts();
    for (name, uses) in
        [("ci", &[("environment.control.StopEnv", 12), ("environment.control.GetEnvInfo", 340)][..]), ("idle", &[])]
    {
        let token = install.create("member", CreateToken { selection: Selection::Inherit, ..create(name) }).token;
        let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
        for (method, count) in uses {
            let (address, client, at) = ("10.0.0.5", "curl/8.5.0", install.now());
            let used = Use { token: token.id, secret: &secret, at, count: *count, method, address, client };
            install.store().write_usage(|tx| tx.record_use(&used)).unwrap();
        }
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>d");
    insta::assert_snapshot!(s.dialog_text(), @"
    Disable member
    member can't sign in any more. The service will deny all 2 active tokens
    of the account from the next request on. Nothing is lost: the account can
    be enabled again.

    ! In use: 1 of 2 tokens, 352 calls in the last 7 days:
    member/ci: 352 calls, 352 today
      from 10.0.0.5 (curl/8.5.0)
      methods used: environment.control.GetEnvInfo, …StopEnv

    Password of ops
    ");
    s.keys("<esc>x");
    insta::assert_snapshot!(s.dialog_text(), @"
    Delete member
    ! The account has 2 active tokens and can't be deleted yet.

    ! Tokens used in the last 7 days: 1 of 2
    ! member/ci                         just now       352 calls in 7 days
      352 today, from 10.0.0.5 (curl/8.5.0)
      methods used: environment.control.GetEnvInfo, …StopEnv

    To delete the account, first disable or revoke its active tokens. To see
    the tokens, go back and press Enter on the account.

    If you disable the account instead: member can't sign in any more. The
    service will deny all 2 active tokens of the account from the next request
    on. Nothing is lost: the account can be enabled again.

    [ Disable instead ]  [ Back ]
    ");
    s.keys("<esc>o<left><tab><enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Change the role of member
    The role of member changes from member to viewer. The account's 2 active
    tokens can no longer call write methods from the next request on.

    ! In use: 1 of 2 tokens, 12 calls of these methods in the last 7 days:
    member/ci: 12 calls, 12 today
      from 10.0.0.5 (curl/8.5.0)
      method used: environment.control.StopEnv

    Password of ops
    ");
}

#[test]
fn enabling_tokens_names_their_disabled_account() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b"] {
        install.issue("member", name);
    }
    let tokens = ["member/a", "member/b"].map(TokenTarget::by_reference).to_vec();
    install.call(OWNER, DisableTokens { tokens }).unwrap();
    install.call(OWNER, switch_off(&["member"])).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys(":token list member<enter>ad");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Enable 2 tokens
    member/a, member/b will be enabled. But the account member is disabled.
    The service denies the tokens of this account until the account is
    enabled, too. The secrets stay the same.
    Password of ops
    ");
}
