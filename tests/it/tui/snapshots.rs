//! Each screen and dialog as text and styles, at three sizes.

use jeton::domain::expiry::Span;
use jeton::service::endpoint::Endpoint;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::verbs::tokens::{EditToken, RegenerateToken, TokenTarget};

use crate::support::fakes::{OWNER, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

/// Returns an installation with five tokens in several states, some time later.
pub fn fixture() -> TestInstall {
    let install = TestInstall::new();
    let day = 86_400_000;
    let bot = install.issue(OWNER, "deploy-bot");
    install.issue(OWNER, "deploy-docs");
    install.issue(OWNER, "nightly-backup");
    let mut short = create("trial");
    short.expires = Some(jeton::domain::expiry::ExpirySpec::parse("7d").unwrap());
    install.call(OWNER, short).unwrap();
    install.fakes.clock.advance(80 * day);
    let mut long = create("a-name-that-is-longer-than-any-column-of-a-narrow-screen-0123456");
    long.description = jeton::domain::name::Description::parse("漢字 and e\u{301}moji 🦀 in a description").unwrap();
    install.call(OWNER, long).unwrap();
    install.verify(&bot.secret);
    install.fakes.clock.advance(3 * 60_000);
    install
}

pub fn at_sizes(s: &mut TuiHarness, sizes: &[(u16, u16)]) -> String {
    sizes
        .iter()
        .map(|(columns, rows)| {
            s.resize(*columns, *rows);
            format!("== {columns}x{rows}\n{}", s.dump())
        })
        .collect::<Vec<_>>()
        .join("\n")
}

const ALL: [(u16, u16); 3] = [(80, 24), (40, 10), (200, 60)];
pub const SMALL: [(u16, u16); 2] = [(80, 24), (40, 10)];

/// Types `keys` into the screens of the installation, and dumps the result at several sizes.
pub fn screens_at_sizes(keys: &str, sizes: &[(u16, u16)]) -> String {
    let mut s = TuiHarness::signed_in(fixture());
    s.app.model.notice = None;
    s.keys(keys);
    at_sizes(&mut s, sizes)
}

#[test]
fn sign_in() {
    insta::assert_snapshot!(at_sizes(&mut TuiHarness::signed_out(TestInstall::new()), &SMALL));
}

#[test]
fn tokens() {
    insta::assert_snapshot!(screens_at_sizes("<down>", &ALL));
}

#[test]
fn tokens_beside_their_pane() {
    insta::assert_snapshot!(screens_at_sizes("<down>", &[(120, 40)]));
}

#[test]
fn tokens_without_colour() {
    let mut s = TuiHarness::with(fixture(), Theme::mono(), None);
    s.keys("correct horse battery<enter><down>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn filtered() {
    insta::assert_snapshot!(screens_at_sizes("/dep", &SMALL));
}

#[test]
fn generate() {
    insta::assert_snapshot!(screens_at_sizes("nci<tab>Builds<tab>", &SMALL));
}

#[test]
fn picker() {
    insta::assert_snapshot!(screens_at_sizes("nci<tab><tab><tab><up><space>", &ALL));
}

#[test]
fn picker_searched() {
    insta::assert_snapshot!(screens_at_sizes("nci<tab><tab><tab><up><space>/stop env<enter><space>f", &ALL));
}

#[test]
fn picker_sets() {
    insta::assert_snapshot!(screens_at_sizes("nci<tab><tab><tab><up><space><tab><down><space>", &ALL));
}

#[test]
fn picker_without_colour() {
    let mut s = TuiHarness::with(fixture(), Theme::mono(), None);
    s.keys("correct horse battery<enter>nci<tab><tab><tab><up><space>/stop env<enter><space>/<esc>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn catalogue() {
    insta::assert_snapshot!(screens_at_sizes("4/stop env", &ALL));
}

#[test]
fn audit() {
    insta::assert_snapshot!(screens_at_sizes("dcorrect horse battery<enter>3<down>", &ALL));
}

#[test]
fn audit_filtered() {
    insta::assert_snapshot!(screens_at_sizes("3/dep verb:cr", &SMALL));
}

#[test]
fn audit_row() {
    insta::assert_snapshot!(screens_at_sizes("dcorrect horse battery<enter>3<enter>", &SMALL));
}

#[test]
fn audit_denied() {
    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys("<s-tab><c-u>member<enter>correct horse battery<enter>3");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

/// Returns the accounts screen of an installation with one account per role, two of them with tokens.
pub fn with_accounts() -> TuiHarness {
    let install = TestInstall::with_accounts();
    install.issue(OWNER, "deploy-bot");
    install.issue("member", "nightly");
    install.call(OWNER, crate::support::requests::switch_off(&["viewer"])).unwrap();
    install.fakes.clock.advance(3 * 86_400_000);
    let mut s = TuiHarness::signed_in(install);
    s.keys("2");
    s
}

#[test]
fn accounts() {
    let mut s = with_accounts();
    s.keys("<down>");
    insta::assert_snapshot!(at_sizes(&mut s, &ALL));
}

#[test]
fn accounts_filtered() {
    let mut s = with_accounts();
    s.keys("/status:dis vi");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn account_new() {
    let mut s = with_accounts();
    s.keys("nci<tab><tab>short<tab><tab><enter>");
    insta::assert_snapshot!(at_sizes(&mut s, &ALL));
}

#[test]
fn account_role() {
    let mut s = with_accounts();
    s.keys("<down>o<left>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn account_password() {
    let mut s = with_accounts();
    s.keys("<down><down>wseven brown foxes<tab>seven");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

/// Returns the form for an account that must replace its password.
pub fn with_temporary_password() -> TuiHarness {
    let install = TestInstall::new();
    install.account("carol", jeton::domain::role::Role::Member);
    install.call(OWNER, crate::support::requests::set_password("carol", "seven brown foxes")).unwrap();
    let mut s = TuiHarness::signed_out(install);
    s.keys("<s-tab><c-u>carol<enter>seven brown foxes<enter>");
    s
}

#[test]
fn replace_password() {
    let mut s = with_temporary_password();
    s.keys("seven<tab>seven<enter><enter>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn account_disable() {
    let mut s = with_accounts();
    s.keys("<down>d");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn account_delete() {
    let mut s = with_accounts();
    s.keys("xadmi");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn account_delete_refused() {
    let mut s = with_accounts();
    s.keys("<down>x");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn signed_out_by_a_new_password() {
    let mut s = with_accounts();
    s.keys("<down><down>wseven brown foxes<tab>seven brown foxes<tab><enter>correct horse battery<enter>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn policy() {
    insta::assert_snapshot!(screens_at_sizes("5<down><down>", &ALL));
}

#[test]
fn rule() {
    insta::assert_snapshot!(screens_at_sizes("5<down><down><down><down><enter><space><tab>1", &SMALL));
}

#[test]
fn whose() {
    insta::assert_snapshot!(screens_at_sizes("Wjtn_found<enter>", &SMALL));
}

#[test]
fn messages() {
    let mut s = TuiHarness::signed_in(fixture());
    s.keys("dcorrect horse battery<enter>");
    s.install.fakes.clock.advance(3 * 60_000);
    s.message(Msg::Paste("never typed".to_owned().into()));
    s.install.fakes.clock.advance(10_000);
    s.keys("m<down>");
    insta::assert_snapshot!(at_sizes(&mut s, &ALL));
}

#[test]
fn help_narrowed() {
    insta::assert_snapshot!(screens_at_sizes("3?filter", &SMALL));
}

#[test]
fn generate_with_another_expiry() {
    insta::assert_snapshot!(screens_at_sizes("nci<tab><tab><right><right><right><tab>2029-12-31", &SMALL));
}

#[test]
fn confirm() {
    insta::assert_snapshot!(screens_at_sizes("dsecret", &SMALL));
}

#[test]
fn reveal() {
    insta::assert_snapshot!(screens_at_sizes("<down>r<enter>correct horse battery<enter>", &SMALL));
}

#[test]
fn reveal_while_a_service_runs() {
    for (name, address) in [("reveal_tcp", "127.0.0.1:7180"), ("reveal_unix", "unix:/run/jeton/verify.sock")] {
        let mut s = TuiHarness::signed_in(fixture());
        s.verify_endpoint = Some(Endpoint::parse(address).unwrap());
        s.keys("<down>r<enter>correct horse battery<enter>");
        insta::assert_snapshot!(name, at_sizes(&mut s, &SMALL));
    }
}

#[test]
fn regenerate() {
    insta::assert_snapshot!(screens_at_sizes("G r<s-tab><space><tab>", &SMALL));
}

/// Returns an installation with a token whose old secret still works for a day and is in use.
pub fn rotated() -> TestInstall {
    let install = fixture();
    let verb =
        RegenerateToken { token: TokenTarget::by_reference("deploy-bot"), grace: Some(Span::Days(1)), expires: None };
    install.call(OWNER, verb).unwrap();
    install.fakes.clock.advance(60 * 60_000);
    install
}

fn rotated_at_sizes(keys: &str) -> String {
    let mut s = TuiHarness::signed_in(rotated());
    s.keys(keys);
    at_sizes(&mut s, &SMALL)
}

#[test]
fn regenerate_with_a_grace() {
    insta::assert_snapshot!(screens_at_sizes("<down>r<tab><right><right>", &SMALL));
}

#[test]
fn regenerate_during_an_overlap() {
    insta::assert_snapshot!(rotated_at_sizes("<down>r"));
}

#[test]
fn end_of_an_overlap() {
    insta::assert_snapshot!(rotated_at_sizes("<down>o"));
}

#[test]
fn edit() {
    insta::assert_snapshot!(screens_at_sizes("<down>e<tab>Deploys the shop<tab>", &SMALL));
}

#[test]
fn edit_reviewed() {
    insta::assert_snapshot!(screens_at_sizes(
        "<down>e<tab>Deploys the shop<tab><right><tab><up><up><tab><tab><enter>",
        &SMALL
    ));
}

#[test]
fn edit_in_conflict() {
    let mut s = TuiHarness::signed_in(fixture());
    s.keys("<down>e<tab>Deploys the shop<tab><tab><tab><tab>");
    let theirs = EditToken {
        description: Some(jeton::domain::name::Description::parse("Deploys the shop, and its shelves").unwrap()),
        expires: Some(jeton::domain::expiry::ExpirySpec::In(Span::Days(7))),
        ..EditToken::new(TokenTarget::by_reference("deploy-bot"))
    };
    s.install.call(OWNER, theirs).unwrap();
    s.keys("<enter>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn discard_draft() {
    insta::assert_snapshot!(screens_at_sizes("<down>e<tab>Deploys the shop<esc>", &SMALL));
}

#[test]
fn copy() {
    insta::assert_snapshot!(screens_at_sizes("<down>cdeploy-too", &SMALL));
}

#[test]
fn revoke() {
    insta::assert_snapshot!(screens_at_sizes("<down>xdeploy-b<tab>secret<s-tab>", &SMALL));
}

#[test]
fn details() {
    insta::assert_snapshot!(screens_at_sizes("<down><enter>", &SMALL));
}

#[test]
fn help() {
    insta::assert_snapshot!(screens_at_sizes("?", &ALL));
}

#[test]
fn marked() {
    insta::assert_snapshot!(screens_at_sizes("<space><space><down>", &ALL));
}

#[test]
fn narrowed_and_sorted() {
    insta::assert_snapshot!(screens_at_sizes("AEssss<space><enter>/t<enter>", &ALL));
}

#[test]
fn order() {
    insta::assert_snapshot!(screens_at_sizes("s<down><down><space>", &SMALL));
}

#[test]
fn revoke_several() {
    insta::assert_snapshot!(screens_at_sizes("ax5<tab>secret", &ALL));
}

#[test]
fn disable_several() {
    insta::assert_snapshot!(screens_at_sizes("ad", &SMALL));
}

/// Returns the screens after two tokens were revoked at once, while the notice is shown.
pub fn after_revocation() -> TuiHarness {
    let mut s = TuiHarness::signed_in(fixture());
    s.keys("<down><space><space>x2<tab>correct horse battery<tab><tab><enter>");
    s
}

#[test]
fn revoked_several() {
    insta::assert_snapshot!(at_sizes(&mut after_revocation(), &SMALL));
}

#[test]
fn trash() {
    let mut s = after_revocation();
    s.app.model.notice = None;
    s.keys("t<space>");
    insta::assert_snapshot!(at_sizes(&mut s, &ALL));
}

#[test]
fn restore() {
    let mut s = after_revocation();
    s.keys("tu");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn purge() {
    let mut s = after_revocation();
    s.keys("tp2<tab>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn too_small() {
    insta::assert_snapshot!(screens_at_sizes("", &[(39, 10), (40, 9), (12, 3)]));
}
