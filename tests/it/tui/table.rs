//! The token table: marks, changes of several tokens, the trash.

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::time::DAY;
use jeton::domain::token::Status;
use jeton::tui::msg::Msg;
use jeton::verbs::tokens::{DisableTokens, EditToken, RevokeTokens, TokenTarget};

use crate::support::fakes::{OWNER, PASSWORD, TestInstall, token_name};
use crate::support::tui_harness::TuiHarness;

pub(super) fn install(names: &[&str]) -> TestInstall {
    let install = TestInstall::new();
    for name in names {
        install.issue(OWNER, name);
    }
    install
}

pub(super) fn many(count: usize) -> TestInstall {
    let install = TestInstall::new();
    install.set_policy(|p| (p.active_tokens, p.kept_tokens) = (0, 0));
    for n in 0..count {
        install.issue(OWNER, &format!("t-{n:04}"));
    }
    install
}

fn marked(s: &TuiHarness) -> Vec<String> {
    let mut names: Vec<_> = s.model.tokens().unwrap().marks.tokens().map(|t| t.name.to_string()).collect();
    names.sort();
    names
}

pub(super) fn names(s: &TuiHarness) -> Vec<String> {
    s.model.tokens().unwrap().window.rows.iter().map(|t| t.name.to_string()).collect()
}

fn status(s: &TuiHarness, name: &str) -> Status {
    let db = s.install.raw_connection();
    let id = db.query_row("SELECT id FROM tokens WHERE name = ?1", [name], |r| r.get(0)).unwrap();
    s.install.token(jeton::domain::token::TokenId(id)).status(s.install.now())
}

fn revoke(s: &TuiHarness, name: &str) {
    let verb =
        RevokeTokens { tokens: vec![TokenTarget::by_reference(name)], with_made: false, confirmation: name.to_owned() };
    s.install.call(OWNER, verb).unwrap();
}

#[test]
fn space_marks_and_goes_down_and_every_movement_keeps_the_marks() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "delta"]));
    s.keys("<space>");
    s.assert_shows("  ✓ a");
    s.assert_shows("▶   b");
    s.assert_shows("1 marked");
    s.keys("<c-down><space>jk<c-up>GR/c<esc>");
    assert_eq!(marked(&s), ["a", "c"]);
    s.keys("g<space>");
    assert_eq!(marked(&s), ["c"], "Space takes a mark away too");
    s.keys("/delta<enter><esc>");
    assert_eq!((marked(&s).len(), names(&s)), (0, vec!["delta".to_owned()]), "Esc takes the marks first");
    s.assert_hides("marked");
    s.keys("<esc>");
    assert_eq!(names(&s).len(), 4, "and then the filter");
}

#[test]
fn shift_extends_from_where_it_began_and_shrinks_back() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "d", "e"]));
    s.keys("j<space><space>k<s-down><s-down>");
    assert_eq!(marked(&s), ["b", "c", "d", "e"], "c was under the cursor");
    s.keys("<s-up><s-up>");
    assert_eq!(marked(&s), ["b", "c"]);
    s.keys("<s-up>");
    assert_eq!(marked(&s), ["b", "c"]);
    s.keys("<s-up><s-up><s-up>");
    assert_eq!(marked(&s), ["a", "b", "c"], "up from where it began it marks too");
    s.keys("<s-down><s-down>");
    assert_eq!(marked(&s), ["b", "c"], "back over b it stays, as it was marked before");
    // Shift is ignored where it has no meaning.
    s.keys("<esc>?<s-down><esc>");
    s.keys("n<s-down>x");
    s.assert_shows("Description");
}

#[test]
fn all_that_the_filter_shows_is_marked_beyond_the_window_and_up_to_a_limit() {
    let mut s = TuiHarness::signed_in(many(1_005));
    s.keys("/t-0<enter>a");
    assert_eq!(marked(&s).len(), 1_000);
    s.assert_shows("1 000 marked: all that is shown");
    s.keys("<esc><esc>a");
    s.assert_shows("Only 1 000 marked, of 1 005 shown: 1 000 at most at a time");
    s.keys("G<space>");
    s.assert_shows("1 000 tokens at most can be marked at a time");
    assert_eq!(marked(&s).len(), 1_000);
    s.keys("x");
    s.assert_shows("1-9 of 1 000, PgUp PgDn");
    s.keys("<pgdn>");
    s.assert_shows("10-18 of 1 000");
    s.keys("<pgup>");
    s.assert_shows("ops/t-0000");
    s.keys(&format!("1000<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_shows("1000 tokens revoked");
    assert_eq!(names(&s).len(), 5);
}

#[test]
fn an_answer_to_another_question_marks_nothing() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    s.held_replies = Some(Default::default());
    s.keys("a/b");
    s.deliver_replies(false);
    assert!(marked(&s).is_empty());
}

#[test]
fn marks_follow_what_others_change_and_drop_what_is_gone() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    s.keys("<space><space>/c<enter>");
    let rename = EditToken { name: Some(token_name("z")), ..EditToken::new(TokenTarget::by_reference("a")) };
    s.install.call(OWNER, rename).unwrap();
    revoke(&s, "b");
    s.message(Msg::StoreChanged);
    assert_eq!(marked(&s), ["z"]);
    s.keys(&format!("d{PASSWORD}<enter>"));
    assert_eq!(status(&s, "z"), Status::Disabled, "it acts on what it was last shown as");
}

#[test]
fn keys_after_a_jump_are_not_overtaken_by_its_answer() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "d"]));
    s.keys("G");
    s.held_replies = Some(Default::default());
    s.keys("g<s-down><c-down>");
    s.deliver_replies(false);
    assert_eq!(marked(&s), ["a", "b"]);
    s.assert_shows("▶   c");
}

#[test]
fn several_are_disabled_and_enabled_together() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("b")] }).unwrap();
    s.message(Msg::StoreChanged);
    s.keys("<s-down><s-down>d");
    s.assert_shows("Disable 2 tokens");
    s.assert_shows("ops/a, ops/c.");
    s.assert_shows("more marked are disabled already.");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert!(["a", "b", "c"].iter().all(|name| status(&s, name) == Status::Disabled));
    s.assert_shows("2 tokens disabled");
    assert!(marked(&s).is_empty(), "the marks have done their work");
    s.keys(&format!("ad{PASSWORD}<enter>"));
    assert!(["a", "b", "c"].iter().all(|name| status(&s, name) == Status::Active));
    s.assert_shows("3 tokens enabled");
}

#[test]
fn several_are_removed_after_their_number_was_typed_with_those_in_use_first() {
    let install = install(&["a", "b", "c", "d"]);
    let busy = install.issue(OWNER, "z-busy");
    install.verify(&busy.secret);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<space><space>G<space>x");
    s.assert_shows("! 1 of 3 in use, seen in the last 7 days:");
    let text = s.text();
    let row = |name: &str| text.lines().position(|line| line.contains(name)).unwrap();
    assert!(row("! ops/z-busy") < row("ops/a") && row("ops/a") < row("ops/b"), "{text}");
    s.assert_shows("1 call in 7 days");
    // A wrong number is marked when the field loses focus. Enter in the last field presses the button, which then shows
    // the error.
    s.keys("2<enter>");
    s.assert_shows("That isn't their number");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("Type their number exactly: 3");
    assert_eq!(names(&s).len(), 5);
    s.keys("<c-u>3<enter><enter>");
    assert_eq!(names(&s), ["c", "d"]);
    s.assert_shows("3 tokens revoked");
    s.assert_shows("u Restore, disabled");
    s.assert_shows("--confirm 3");

    s.keys("u");
    s.assert_shows("Restore 3 tokens");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(names(&s).len(), 5);
    assert!(["a", "b", "z-busy"].iter().all(|name| status(&s, name) == Status::Disabled));
    s.keys("u");
    assert!(s.model.modals.is_empty(), "there is nothing left to take back");
}

#[test]
fn several_can_be_disabled_instead() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    s.keys(&format!("ax<tab>{PASSWORD}<tab><enter>"));
    assert_eq!((status(&s, "a"), status(&s, "b")), (Status::Disabled, Status::Disabled));
}

#[test]
fn one_changed_meanwhile_keeps_all_from_being_removed() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    s.keys(&format!("ax2<tab>{PASSWORD}<tab><tab>"));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("b")] }).unwrap();
    s.message(Msg::StoreChanged);
    s.keys("<enter>");
    s.assert_shows("b was changed meanwhile");
    assert_eq!(status(&s, "a"), Status::Active);
}

#[test]
fn the_one_marked_is_meant_wherever_the_cursor_stands() {
    let install = TestInstall::new();
    let first = install.issue(OWNER, "a");
    install.issue(OWNER, "b");
    install.verify(&first.secret);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<space>x");
    s.assert_shows("Remove ops/a");
    s.assert_shows("! In use: last seen just now, 1 call today");
    s.keys("<esc>");
    s.assert_shows("▶   b");
}

#[test]
fn the_trash_restores_under_another_name_where_its_own_is_taken() {
    let install = install(&["a", "b"]);
    let mut s = TuiHarness::signed_in(install);
    revoke(&s, "a");
    s.install.issue(OWNER, "a");
    s.message(Msg::StoreChanged);
    s.keys("t");
    s.assert_shows("Trash, kept for 30 days");
    s.assert_shows("1 of 1 in the trash");
    s.assert_shows("RESTORABLE UNTIL");
    s.keys("ndxs<esc>");
    assert!(s.model.modals.is_empty(), "nothing is generated, disabled or removed here");
    s.keys(&format!("u{PASSWORD}<enter>"));
    s.assert_shows("is taken");
    s.keys(&format!("-2<tab>{PASSWORD}<enter>"));
    s.assert_shows("a-2 restored, disabled");
    s.assert_shows("The trash is empty.");
    assert_eq!(status(&s, "a-2"), Status::Disabled);
    s.keys("<esc>");
    assert_eq!(names(&s), ["a", "a-2", "b"]);
    s.assert_hides("Trash");
}

#[test]
fn marks_do_not_cross_the_trash() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    revoke(&s, "c");
    s.keys("<space>t");
    assert!(marked(&s).is_empty());
    s.keys("<space>");
    assert_eq!(marked(&s), ["c"]);
    s.keys("<esc><esc>");
    s.assert_hides("Trash");
    assert!(marked(&s).is_empty());
}

#[test]
fn the_trash_and_the_expired_are_purged_after_a_look() {
    let install = install(&["kept", "gone"]);
    let short = jeton::verbs::tokens::CreateToken {
        expires: Some(ExpirySpec::parse("7d").unwrap()),
        ..crate::support::fakes::create("short")
    };
    install.call(OWNER, short).unwrap();
    install.fakes.clock.advance(8 * DAY);
    let mut s = TuiHarness::signed_in(install);
    revoke(&s, "gone");
    s.keys("p");
    s.assert_shows("1 expired token of yours");
    s.assert_shows("ops/short");
    s.keys(&format!("2<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_shows("Type their number exactly: 1");
    s.keys("<c-u>1<tab><tab><tab><enter>");
    assert_eq!(names(&s), ["kept"]);
    s.assert_shows("1 expired token purged");
    s.keys("tp");
    s.assert_shows("1 trashed token of yours");
    // One more token goes into the trash while the dialog is open.
    revoke(&s, "kept");
    s.message(Msg::StoreChanged);
    s.assert_shows("2 trashed tokens of yours");
    s.keys(&format!("2<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_shows("The trash is empty.");
    s.keys("p");
    s.assert_shows("No token of yours, or of an account you manage, is trashed.");
    s.keys(&format!("0<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_shows("There is nothing to purge");
}
