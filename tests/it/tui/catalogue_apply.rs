//! Applying catalogues on the screen.

use jeton::domain::selection::Selection;
use jeton::verbs::tokens::CreateToken;

use super::snapshots::{SMALL, at_sizes, fixture, screens_at_sizes};
use crate::catalogue::{apply, example, shop};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

/// Writes `text` to a file in the test's folder and types its path into the form.
fn offer(s: &mut TuiHarness, text: &str) {
    let file = s.path("shop.toml");
    std::fs::write(&file, text).unwrap();
    s.keys(&format!("4i{}<enter>", file.display()));
}

fn prove(s: &mut TuiHarness) {
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
fn a_catalogue_comes_into_force_after_its_preview() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    offer(&mut s, &example());
    s.assert_shows("No token gains methods.");
    s.assert_shows("shop, a new catalogue");
    s.assert_shows("Groups: 2 new");
    assert_eq!(last(&s), "init", "a preview changes nothing");
    prove(&mut s);
    s.assert_shows("The catalogue shop is in force");
    assert_eq!(last(&s), "catalogue.apply");
    s.keys("/Count<enter>");
    s.assert_shows("Counts what is in stock");
    s.keys("<esc>");
    offer(&mut s, &example());
    s.assert_shows("shop says what is in force already: nothing would change");
    s.keys("<c-u>cloud-platform<enter>");
    s.assert_shows("cloud-platform says what is in force already");
}

#[test]
fn tokens_gain_methods_only_after_their_number_was_typed() {
    let (install, wider) = widened();
    let before = install.audit().len();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    s.assert_shows("! 2 tokens gain methods:");
    s.assert_shows("admin/reader  +1 shop.orders.Cancel");
    s.assert_shows("member/reader  +1 shop.orders.Cancel");
    for wrong in ["", "1", "3", "02", "two"] {
        s.keys(&format!("<c-u>{wrong}<enter>"));
        s.assert_shows("Type their number exactly: 2");
        s.assert_hides("Password of ops");
    }
    s.keys("<c-u>2<enter>");
    s.assert_shows("2 tokens gain methods, from the next request on.");
    assert_eq!(s.install.audit().len(), before, "nothing is changed yet");
    prove(&mut s);
    s.assert_shows("The catalogue shop is in force");
    let row = s.install.audit().pop().unwrap();
    assert_eq!(row.verb, "catalogue.apply");
    assert!(row.details.contains("member/reader"), "{}", row.details);
    s.keys("m");
    s.assert_shows("jeton catalogue apply shop.toml --accept-widening 2");
}

#[test]
fn methods_become_public_only_after_their_number_was_typed() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    let public = wider.replacen("access = \"read\"", "access = \"public\"", 1);
    offer(&mut s, &public);
    s.assert_shows("! 1 method becomes public: everybody may call it, without a token:");
    s.assert_shows("Number of public methods");
    for wrong in ["", "2"] {
        s.keys(&format!("<c-u>{wrong}<enter>"));
        s.assert_hides("Password of ops");
    }
    s.keys("<c-u>1<tab>3<enter>");
    s.assert_shows("Type their number exactly: 2");
    s.keys("<c-u>2<enter>");
    s.assert_shows("Everybody may call 1 method without a token");
    prove(&mut s);
    s.assert_shows("The catalogue shop is in force");
    s.keys("m");
    s.assert_shows("jeton catalogue apply shop.toml --accept-widening 2");
    s.assert_shows("--accept-public 1");
}

#[test]
fn a_token_made_meanwhile_is_not_widened_unseen() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    offer(&mut s, &wider);
    s.keys("2<enter>");
    s.install.create("admin", reader("late"));
    prove(&mut s);
    s.assert_shows("3 tokens would gain methods, 2 were accepted");
    s.assert_shows("Enter previews it anew");
    assert_eq!(last(&s), "token.create");
    s.keys("<enter>");
    s.assert_shows("admin/late");
    s.keys("3<enter>");
    prove(&mut s);
    assert_eq!(last(&s), "catalogue.apply");
}

#[test]
fn all_of_a_preview_is_reached_by_scrolling() {
    let (install, wider) = widened();
    let mut s = TuiHarness::signed_in(install);
    s.resize(40, 10);
    offer(&mut s, &wider);
    let mut seen = String::new();
    for _ in 0..20 {
        seen.push_str(&s.text());
        s.keys("<pgdn>");
    }
    for what in ["2 tokens gain methods", "admin/reader", "member/reader", "API sets: 1 changed"] {
        assert!(seen.contains(what), "{what}");
    }
    s.assert_shows("Number of those tokens");
}

#[test]
fn what_can_not_be_read_is_said_in_the_form() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("4i");
    s.assert_shows("jeton catalogue import openapi FILE");
    s.keys("<enter>");
    s.assert_shows("Type a name or a path");
    s.keys("cloud<enter>");
    s.assert_shows("there is no file cloud");
    s.keys("<esc>");
    offer(&mut s, &example().replacen("access", "acess", 1));
    s.assert_shows("shop.toml:");
    s.assert_shows("acess");
    s.keys("<c-u>/<enter>");
    s.assert_shows("it is a folder, a pipe or a device");
    assert_eq!(last(&s), "init");
}

#[test]
fn no_key_is_heard_while_the_file_is_read() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.held_replies = Some(Default::default());
    offer(&mut s, &example());
    s.keys("x<esc><enter>");
    s.assert_shows("Apply a catalogue");
    assert!(!s.requests.contains(&"catalogue.preview"), "it is not read yet");
    s.deliver_replies(false);
    s.assert_shows("No token gains methods.");
    assert_eq!(s.requests.iter().filter(|verb| **verb == "catalogue.preview").count(), 1);
}

#[test]
fn only_owners_and_admins_are_offered_it() {
    for (who, may) in [("admin", true), ("member", false), ("viewer", false)] {
        let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
        s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>4i"));
        assert_eq!(s.text().contains("Apply a catalogue"), may, "{who}");
    }
}

#[test]
fn the_log_is_whole() {
    insta::assert_snapshot!(screens_at_sizes("3v", &SMALL));
}

#[test]
fn form() {
    insta::assert_snapshot!(screens_at_sizes("4ishop.toml", &SMALL));
}

#[test]
fn preview() {
    let mut s = TuiHarness::signed_in(fixture());
    s.model.notice = None;
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
