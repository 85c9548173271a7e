//! What the dialogs about accounts show of the tokens in use.

use jeton::domain::api_selection::Selection;
use jeton::domain::secret::PublicId;
use jeton::verbs::ports::{Store as _, Use};
use jeton::verbs::tokens::CreateToken;

use crate::support::fakes::{TestInstall, create};
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

    To delete the account, first disable or revoke its active tokens: go back,
    then press Enter on the account to see them.

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
