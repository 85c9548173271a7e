//! Applying catalogues on the screen.

use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb as _;
use jeton::verbs::catalogue::ApplyCatalogue;
use jeton::verbs::tokens::{CreateToken, EditToken, TokenTarget};

use super::cli_line;
use super::snapshots::{SMALL, at_sizes, fixture, screens_at_sizes};
use crate::catalogue::{apply, example, shop};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create, token_name};
use crate::support::tui_harness::TuiHarness;

/// Writes `text` to a file in the test's folder and types its path into the form.
pub fn offer(s: &mut TuiHarness, text: &str) {
    let file = s.path("shop.toml");
    std::fs::write(&file, text).unwrap();
    s.keys(&format!("4i{}<enter>", file.display()));
}

pub fn prove(s: &mut TuiHarness) {
    s.keys(&format!("{PASSWORD}<enter>"));
}

/// Returns the request for a token that reads in the README's shop.
fn reader(name: &str) -> CreateToken {
    CreateToken { selection: Selection::Sets(["Shop reader".to_owned()].into()), ..create(name) }
}

/// Returns an installation where the README's shop is applied and two accounts have a reader each. Also a file that
/// gives readers more.
fn widened() -> (TestInstall, String) {
    let install = TestInstall::with_accounts();
    apply(&install, OWNER, &shop(&install, |text| text), None).unwrap();
    install.create("admin", reader("reader"));
    install.create("member", reader("reader"));
    let wider = example().replacen("\"group:shop.stock\"]", "\"group:shop.stock\", \"shop.orders.Cancel\"]", 1);
    assert_ne!(wider, example());
    (install, wider)
}

fn last(s: &TuiHarness) -> String {
    s.install.audit().pop().unwrap().verb
}

#[test]
fn catalogue_is_applied_after_its_preview() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    offer(&mut s, &example());
    s.assert_top("catalogue.apply");
    insta::assert_snapshot!(s.dialog_text(), @"
    Apply shop
    No token gains methods.

    shop, a new catalogue
      title: The shop's API (added)
    Groups: 2 new
      + shop.orders
      + shop.stock
    Methods: 4 new
      + shop.orders.List
      + shop.orders.Cancel
      + shop.orders.Purge
      + shop.stock.Count
    API sets: 2 new
      + Shop reader
      + Shop desk
    ↓ 3 more lines  PgDn

    Password of ops
    ");
    assert_eq!(last(&s), "init", "a preview changes nothing");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(ApplyCatalogue::NAME));
    assert_eq!(last(&s), "catalogue.apply");
    s.keys("/Count<enter>");
    s.assert_shows("Counts what is in stock");
    s.keys("<esc>");
    offer(&mut s, &example());
    s.assert_top("apply-catalogue");
    insta::assert_snapshot!(s.problem().unwrap(), @"Nothing would change: the store already has the same catalogue shop");
    s.keys("<c-u>cloud-platform<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Nothing would change: the store already has the same catalogue cloud-platform");
}

#[test]
fn widening_needs_the_number_of_tokens_typed() {
    let (install, wider) = widened();
    let before = install.audit().len();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    insta::assert_snapshot!(s.dialog_text(), @"
    Apply shop
    ! 2 tokens gain methods:
      admin/reader  +1 shop.orders.Cancel
      member/reader  +1 shop.orders.Cancel

    shop
    API sets: 1 changed
      ~ Shop reader
          include: + shop.orders.Cancel

    Number of tokens
    Password of ops
    ");
    s.assert_shows("admin/reader  +1 shop.orders.Cancel");
    s.assert_shows("member/reader  +1 shop.orders.Cancel");
    s.assert_top("catalogue.apply");
    for wrong in ["", "1", "3", "02", "two"] {
        s.keys(&format!("<c-u>{wrong}<enter><enter>"));
        assert!(s.problem().is_some(), "{wrong}");
    }
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number exactly: 2");
    s.keys("<c-u>2<enter>");
    assert_eq!(s.install.audit().len(), before, "nothing is changed yet");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(ApplyCatalogue::NAME));
    let row = s.install.audit().pop().unwrap();
    assert_eq!(row.verb, "catalogue.apply");
    assert!(row.details.contains("member/reader"), "{}", row.details);
    let command = format!("jeton catalogue apply {} --accept-widening 2", s.path("shop.toml").display());
    assert_eq!(cli_line(&s), Some(command.as_str()));
}

#[test]
fn public_methods_need_their_number_typed() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    let public = wider.replacen("access = \"read\"", "access = \"public\"", 1);
    offer(&mut s, &public);
    insta::assert_snapshot!(s.dialog_text(), @"
    Apply shop
    ! 1 method becomes public; anyone can call it without a token:
      shop.orders.List
    ! 2 tokens gain methods:
      admin/reader  +1 shop.orders.Cancel
      member/reader  +1 shop.orders.Cancel

    shop
    Methods: 1 changed
      ~ shop.orders.List
          access: read → public
    API sets: 1 changed
      ~ Shop reader
          include: + shop.orders.Cancel

    Number of public methods
    Number of tokens
    Password of ops
    ");
    for wrong in ["", "2"] {
        s.keys(&format!("<c-u>{wrong}<enter><enter><enter>"));
        assert!(s.problem().is_some(), "{wrong}");
    }
    s.keys("<c-u>1<tab>3<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number exactly: 2");
    s.keys("<c-u>2<enter>");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(ApplyCatalogue::NAME));
    assert!(cli_line(&s).unwrap().ends_with("shop.toml --accept-widening 2 --accept-public 1"));
}

#[test]
fn preview_that_was_read_again_says_so() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    s.keys("2<tab>");
    s.install.create("admin", reader("late"));
    s.message(Msg::StoreChanged(s.install.audit().len() as i64));
    s.assert_shows("admin/late");
    s.assert_shows("changed after they were shown");
    s.keys("<tab>3<enter>");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(ApplyCatalogue::NAME));
}

#[test]
fn token_created_meanwhile_needs_a_new_preview() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    s.keys("2<enter>");
    s.install.create("admin", reader("late"));
    prove(&mut s);
    insta::assert_snapshot!(s.problem().unwrap(), @"3 tokens would gain methods (you accepted 2); nothing was changed. Press Enter for a new preview");
    assert_eq!(last(&s), "token.create");
    s.keys("<enter>");
    s.assert_shows("admin/late");
    s.keys("3<enter>");
    prove(&mut s);
    assert_eq!(last(&s), "catalogue.apply");
}

#[test]
fn preview_follows_the_store_and_clears_the_number() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    s.keys("2");
    s.install
        .call(
            "admin",
            EditToken { name: Some(token_name("renamed")), ..EditToken::new(TokenTarget::by_reference("reader")) },
        )
        .unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    s.assert_top("catalogue.apply");
    s.assert_shows("admin/renamed");
    s.keys("<enter>");
    prove(&mut s);
    assert!(s.problem().is_some(), "the number was typed for other tokens");
    s.keys("2<enter><enter>");
    s.assert_notice(NoticeId::Done(ApplyCatalogue::NAME));
}

#[test]
fn tokens_in_use_are_above_those_that_gain() {
    let (install, wider) = widened();
    let secret = install.create("member", CreateToken { names: vec![token_name("busy")], ..reader("x") }).secret;
    let list = MethodId::parse("shop.orders.List").unwrap();
    secret.expose(|text| install.decide(text, Some(&list)));
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider.replacen("\"shop.orders.List\", ", "", 1));
    insta::assert_snapshot!(s.dialog_text(), @"
    Apply shop
    ! In use: 1 of 3 tokens, 1 call of these methods in the last 7 days:
    member/busy: 1 call, 1 today
      from 192.0.2.7 (it/1.0)
      method used: shop.orders.List

    ! 3 tokens gain methods:
      admin/reader  +1 shop.orders.Cancel
      member/reader  +1 shop.orders.Cancel
      member/busy  +1 shop.orders.Cancel
    ! 3 tokens lose methods; 1 of them used these methods in the last 7 days:
      member/busy  −1 shop.orders.List
          uses in the last 7 days: shop.orders.List (1)
      admin/reader  −1 shop.orders.List
      member/reader  −1 shop.orders.List
    ↓ 5 more lines  PgDn

    Number of tokens
    Password of ops
    ");
}

#[test]
fn whole_preview_is_reached_by_scrolling() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    s.resize(40, 60);
    offer(&mut s, &wider);
    let whole = s.dialog_text();
    s.resize(40, 10);
    let mut seen = String::new();
    for _ in 0..20 {
        seen.push_str(&s.dialog_text());
        s.keys("<pgdn>");
    }
    for line in whole.lines() {
        assert!(seen.contains(line), "{line}");
    }
    insta::assert_snapshot!(s.dialog_text(), @"
    Apply shop
      ~ Shop reader
          include: +
              shop.orders.Cancel
    ↑ 8 more lines  PgUp
    Number of tokens
    Password of ops
    ");
}

#[test]
fn unreadable_catalogue_is_a_problem_of_the_form() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("4i<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Enter the path of a catalogue file or an OpenAPI document, or cloud-platform for the sample");
    s.keys("cloud<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"no file cloud. Use the path of a catalogue file or an OpenAPI document. For the sample catalogue of jeton, use cloud-platform");
    s.keys("<esc>");
    offer(&mut s, &example().replacen("access", "acess", 1));
    s.assert_shows("shop.toml:");
    s.assert_shows("acess");
    s.keys("<c-u>/<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"/ can't be read: it is a folder, a pipe or a device. Use the path of a regular file");
    assert_eq!(last(&s), "init");
}

#[test]
fn keys_are_ignored_while_the_file_is_read() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.held_replies = Some(Default::default());
    offer(&mut s, &example());
    s.keys("x<esc><enter>");
    s.assert_top("apply-catalogue");
    assert!(!s.requests.contains(&"catalogue.preview"), "it is not read yet");
    s.deliver_replies(false);
    s.assert_top("catalogue.apply");
    assert_eq!(s.requests.iter().filter(|verb| **verb == "catalogue.preview").count(), 1);
}

#[test]
fn only_owners_and_admins_apply_catalogues() {
    for (who, may) in [("admin", true), ("member", false), ("viewer", false)] {
        let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
        s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>4i"));
        assert_eq!(s.component_ids().contains(&"apply-catalogue"), may, "{who}");
    }
}

#[test]
fn form() {
    insta::assert_snapshot!(screens_at_sizes("4ishop.toml", &SMALL));
}

#[test]
fn preview() {
    let mut s = TuiHarness::signed_in(fixture());
    s.app.model.notice = None;
    offer(&mut s, &example());
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn preview_of_a_widening() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    s.keys("1<enter>");
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}

#[test]
fn preview_names_what_is_renamed() {
    let install = TestInstall::with_accounts();
    apply(&install, OWNER, &shop(&install, |text| text), None).unwrap();
    install.create("admin", reader("reader"));
    let renamed =
        example().replace("shop.orders.List", "shop.orders.ListAll").replace("id = \"List\"", "id = \"ListAll\"");
    assert_ne!(renamed, example());
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &renamed);
    s.resize(80, 60);
    insta::assert_snapshot!(s.dialog_text(), @"
    Apply shop
    No token gains or loses methods.

    shop
    Methods: 1 renamed
      shop.orders.List → shop.orders.ListAll
    No token uses an old name.

    Password of ops
    ");
}
