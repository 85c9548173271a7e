//! Tokens made by tokens, in the details and the revoke dialogs. Also the rights in the details.

use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::domain::role::Role;
use jeton::domain::token::Status;
use jeton::verbs::request::call;
use jeton::verbs::tokens::CreateToken;

use super::table::names;
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, bearer, create};
use crate::support::tui_harness::TuiHarness;

fn picked(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|id| MethodId::parse(id).unwrap()).collect())
}

/// Returns an installation with `maker` of the owner, `one` and `two` made by it, and `other`.
fn install() -> TestInstall {
    let install = TestInstall::new();
    let minting = picked(&["jeton.tokens.read", "jeton.tokens.write"]);
    let maker = install.create(OWNER, CreateToken { selection: minting, ..create("maker") });
    let who = bearer(maker.secret);
    for name in ["one", "two"] {
        call(&install.backend, &who, create(name)).unwrap();
    }
    install.issue(OWNER, "other");
    install
}

#[test]
fn details_show_lineage_and_every_withheld_method() {
    let install = install();
    let (read, write) = ("environment.control.GetEnvInfo", "environment.control.StopEnv");
    install.account("mia", Role::Viewer);
    install.create("mia", CreateToken { selection: picked(&[read, write]), ..create("zz") });
    install.set_role("mia", Role::Member);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<enter>");
    s.assert_top("token-details");
    s.assert_shows("ops/one, ops/two");
    s.keys("<esc><down><enter>");
    s.assert_shows("ops/maker");
    s.keys("<esc>G<enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    mia/zz
    zz

    Status    ● active
    Account   mia (member)
    Role      viewer (issued role; regenerate to get the account's role)
    API       2 methods · 1 permitted, 0 used
    Expires   never
    Secret    jtn_aBYrSUky since 2026-11-21
    Created   2026-11-21, id t:5
    Last seen never

    Calls, 30 days ······························
    Calls     0 today, 0 in the last 7 days

    The token can call 1 method
      environment.control.GetEnvInfo
    ");
    s.keys("<pgdn><pgdn><pgdn>");
    insta::assert_snapshot!(s.dialog_text(), @"
    mia/zz
    Status    ● active
    Account   mia (member)
    Role      viewer (issued role; regenerate to get the account's role)
    API       2 methods · 1 permitted, 0 used
    Expires   never
    Secret    jtn_aBYrSUky since 2026-11-21
    Created   2026-11-21, id t:5
    Last seen never

    Calls, 30 days ······························
    Calls     0 today, 0 in the last 7 days

    The token can call 1 method
      environment.control.GetEnvInfo

    Withheld: 1 method
      environment.control.StopEnv  the issued role viewer is too low
    ");
}

#[test]
fn revoke_leaves_made_tokens_by_default() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("x");
    s.assert_top("revoke-token");
    insta::assert_snapshot!(s.dialog_text(), @"
    Revoke ops/maker
    ! Token in use: last seen just now, 2 calls today, 2 in 7 days
      from local (jeton cli)
      method used: jeton.tokens.write

    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    ! This token created or regenerated 2 tokens that are not revoked:
    ops/one, ops/two
    Its 2 tokens              (•) leave them   ( ) revoke all 2 too
    Name                      maker
    Type the name
    Password of ops

    [ Disable instead ]  [ I understand the consequences, revoke this token ]
    ");
    s.keys(&format!("maker<tab>{PASSWORD}<enter>"));
    assert_eq!(names(&s), ["one", "other", "two"]);
    insta::assert_snapshot!(s.notice_text().unwrap(), @"maker revoked; it created or regenerated 2 tokens that are not revoked");
}

#[test]
fn revoke_with_made_tokens_needs_their_number() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("x<s-tab><right><tab>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Revoke ops/maker
    ! Token in use: last seen just now, 2 calls today, 2 in 7 days
      from local (jeton cli)
      method used: jeton.tokens.write

    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    ! This token created or regenerated 2 tokens that are not revoked:
    ops/one, ops/two
    Its 2 tokens              ( ) leave them   (•) revoke all 2 too
    Number                    3
    Type the number
    Password of ops

    [ Disable instead ]  [ I understand the consequences, revoke 3 tokens ]
    ");
    s.keys(&format!("maker<tab>{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number of tokens exactly: 3");
    s.keys("<c-u>3<enter><enter>");
    assert_eq!(names(&s), ["other"]);
    s.assert_shows("--with-made --confirm 3");
    s.keys("u");
    s.assert_top("restore-tokens");
    s.assert_shows(" 3 ");
}

#[test]
fn revoking_several_counts_each_token_once() {
    let mut s = TuiHarness::signed_in(install());
    // `maker`, and one of the two tokens it made.
    s.keys("<space><space>x");
    s.assert_top("revoke-tokens");
    insta::assert_snapshot!(s.dialog_text(), @"
    Revoke 2 tokens
    ! Tokens used in the last 7 days: 1 of 2
    ! ops/maker                         just now       2 calls in 7 days
      2 today, from local (jeton cli)
      method used: jeton.tokens.write
    Not used in the last 7 days:
      ops/one                           never seen

    The service denies the tokens from the next request on. Within 30 days,
    the tokens can be restored from the trash.
    ! These tokens created or regenerated 1 token that is not revoked: ops/two
    Their 1 token             (•) leave it   ( ) revoke it too
    Number                    2
    Type the number
    Password of ops

    [ Disable instead ]  [ I understand the consequences, revoke 2 tokens ]
    ");
    s.keys("<s-tab><right><tab>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Revoke 2 tokens
    ! Tokens used in the last 7 days: 1 of 2
    ! ops/maker                         just now       2 calls in 7 days
      2 today, from local (jeton cli)
      method used: jeton.tokens.write
    Not used in the last 7 days:
      ops/one                           never seen

    The service denies the tokens from the next request on. Within 30 days,
    the tokens can be restored from the trash.
    ! These tokens created or regenerated 1 token that is not revoked: ops/two
    Their 1 token             ( ) leave it   (•) revoke it too
    Number                    3
    Type the number
    Password of ops

    [ Disable instead ]  [ I understand the consequences, revoke 3 tokens ]
    ");
    s.keys(&format!("3<tab>{PASSWORD}<enter>"));
    assert_eq!(names(&s), ["other"]);
}

#[test]
fn create_warns_of_a_selection_that_grants_nothing() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("nci<enter><enter><enter><enter><enter><enter>");
    s.assert_top("token.create");
    insta::assert_snapshot!(s.dialog_text(), @"
    Generate ops/ci
    API selection of ops/ci: no access. The token's last day is 2027-02-19.
    ! Warning: the token can't call any method: its API selection has no
    methods

    Password of ops
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.assert_shows("! ");
    let token = s.install.token(jeton::domain::token::TokenId(1));
    assert_eq!(token.status(s.install.now()), Status::Active);
}
