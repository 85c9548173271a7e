//! Tokens made by tokens, in the details and the revoke dialogs. Also the rights in the details.

use jeton::domain::method::MethodId;
use jeton::domain::role::Role;
use jeton::domain::selection::Selection;
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
    s.assert_shows("2 tokens that live on: ops/one, ops/two");
    s.keys("<esc><down><enter>");
    s.assert_shows("the token ops/maker");
    s.keys("<esc>G<enter>");
    s.assert_shows("viewer: its secret was issued under it");
    s.keys("<pgdn><pgdn><pgdn>");
    s.assert_shows("May call 1 method");
    s.assert_shows("Withheld: 1 method");
    s.assert_shows("its secret was issued under viewer");
}

#[test]
fn remove_leaves_what_it_made_unless_asked() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("x");
    s.assert_shows("! It made 2 tokens that live on");
    s.keys(&format!("maker<tab>{PASSWORD}<enter>"));
    assert_eq!(names(&s), ["one", "other", "two"]);
    s.assert_shows("it made 2 tokens that live on");
}

#[test]
fn remove_takes_what_it_made_along_and_asks_for_the_number() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("x<s-tab><right><tab>");
    s.assert_shows("revoke all 3");
    s.keys(&format!("maker<tab>{PASSWORD}<enter>"));
    s.assert_shows("Type their number exactly: 3");
    s.keys("<c-u>3<enter><enter>");
    assert_eq!(names(&s), ["other"]);
    s.assert_shows("--with-made --confirm 3");
    s.keys("u");
    s.assert_shows("Restore 3 tokens");
}

#[test]
fn removing_several_counts_each_token_once() {
    let mut s = TuiHarness::signed_in(install());
    // `maker`, and one of the two tokens it made.
    s.keys("<space><space>x");
    s.assert_shows("! They made 1 token that lives on");
    s.keys("<s-tab><right><tab>");
    s.assert_shows("revoke all 3");
    s.keys(&format!("3<tab>{PASSWORD}<enter>"));
    assert_eq!(names(&s), ["other"]);
}

#[test]
fn generate_warns_of_a_selection_that_grants_nothing() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("nci<enter><enter><enter><enter><enter>");
    s.assert_shows("it may call nothing");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("it may call nothing");
    let token = s.install.token(jeton::domain::token::TokenId(1));
    assert_eq!(token.status(s.install.now()), Status::Active);
}
