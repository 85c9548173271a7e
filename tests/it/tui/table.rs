//! The token table: marks, changes of several tokens, the trash.

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::time::DAY;
use jeton::domain::token::Status;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::changes::WaitForChanges;
use jeton::verbs::tokens::{DisableTokens, EditToken, RevokeTokens, TokenTarget};

use super::{dialog_lines, table_text};
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
    let mut names: Vec<_> = s.tokens().marks.rows().map(|t| t.name.to_string()).collect();
    names.sort();
    names
}

pub(super) fn names(s: &TuiHarness) -> Vec<String> {
    s.tokens().rows.all().iter().map(|t| t.name.to_string()).collect()
}

/// Returns `true` if the table shows the trash.
fn is_trash(s: &TuiHarness) -> bool {
    s.tokens().source.options.trashed
}

pub(super) fn status(s: &TuiHarness, name: &str) -> Status {
    let db = s.install.raw_connection();
    let id = db.query_row("SELECT id FROM tokens WHERE name = ?1", [name], |r| r.get(0)).unwrap();
    s.install.token(jeton::domain::token::TokenId(id)).status(s.install.now())
}

pub(super) fn revoke(s: &TuiHarness, name: &str) {
    let (tokens, confirmation) = (vec![TokenTarget::by_reference(name)], name.to_owned());
    let verb = RevokeTokens { tokens, with_made: false, expected_made: None, confirmation };
    s.install.call(OWNER, verb).unwrap();
}

#[test]
fn space_marks_and_movements_keep_the_marks() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "delta"]));
    s.keys("<space>");
    s.assert_shows("  ✓ a");
    s.assert_shows("▶   b");
    s.keys("<c-down><space>jk<c-up>GR/c<esc>");
    assert_eq!(marked(&s), ["a", "c"]);
    s.keys("g<space>");
    assert_eq!(marked(&s), ["c"], "Space also removes a mark");
    s.keys("/delta<enter><esc>");
    assert_eq!((marked(&s).len(), names(&s)), (0, vec!["delta".to_owned()]), "Esc clears the marks first");
    s.keys("<esc>");
    assert_eq!(names(&s).len(), 4, "and then the filter");
}

#[test]
fn shift_extends_the_marks_and_shrinks_them_back() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "d", "e"]));
    s.keys("j<space><space>k<s-down><s-down>");
    assert_eq!(marked(&s), ["b", "c", "d", "e"], "c was under the cursor");
    s.keys("<s-up><s-up>");
    assert_eq!(marked(&s), ["b", "c"]);
    s.keys("<s-up>");
    assert_eq!(marked(&s), ["b", "c"]);
    s.keys("<s-up><s-up><s-up>");
    assert_eq!(marked(&s), ["a", "b", "c"], "above its start, it marks too");
    s.keys("<s-down><s-down>");
    assert_eq!(marked(&s), ["b", "c"], "b stays: it was marked before");
    // Shift is ignored where it has no meaning.
    s.keys("<esc>?<s-down><esc>");
    s.keys("n<s-down>x");
    s.assert_top("create-token");
}

#[test]
fn rows_are_marked_one_by_one_up_to_a_limit() {
    let mut s = TuiHarness::signed_in(many(1_005));
    s.keys(&"<s-down>".repeat(999));
    assert_eq!(marked(&s).len(), 1_000);
    s.keys("G<space>");
    s.assert_notice(NoticeId::MarkLimit);
    assert_eq!(marked(&s).len(), 1_000);
    s.keys("x");
    s.assert_shows("ops/t-0000");
    s.keys("<pgdn>");
    s.assert_hides("ops/t-0000");
    s.keys("<pgup>");
    s.assert_shows("ops/t-0000");
    s.keys(&format!("1000<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_notice(NoticeId::Done("token.revoke"));
    s.assert_shows("1000");
    assert_eq!(names(&s).len(), 5);
}

#[test]
fn marks_hidden_by_a_filter_are_changed() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    s.keys("<space><space>/zz99<enter>x");
    s.assert_top("revoke-tokens");
    s.keys(&format!("<esc>d{PASSWORD}<enter>"));
    assert_eq!((status(&s, "a"), status(&s, "b")), (Status::Disabled, Status::Disabled));
}

#[test]
fn cursor_stays_on_its_token_when_the_filter_is_cleared() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "cd"]));
    let current = |s: &TuiHarness| s.tokens().current().unwrap().name.to_string();
    s.keys("/c<enter>j<esc>");
    assert_eq!(current(&s), "cd");
    s.keys("k/zz99<enter>jk<esc>");
    assert_eq!(current(&s), "c", "nothing matched");
    s.keys("/b<esc>");
    assert_eq!(current(&s), "c", "the filter was taken back");
}

#[test]
fn key_a_marks_the_rows_if_all_are_loaded() {
    let mut s = TuiHarness::signed_in(many(250));
    s.keys("/t-012<enter>a");
    assert_eq!((marked(&s).len(), s.tokens().marks.is_by_query()), (10, false));
    s.keys("<esc><esc>");
    assert_eq!(marked(&s).len(), 0);
    // The rows of the new filter have not arrived.
    s.held_replies = Some(Default::default());
    s.keys("/t-02<enter>a");
    assert!(s.tokens().marks.is_empty());
    s.deliver_replies(false);
    assert_eq!((marked(&s).len(), marked(&s)[0].as_str()), (50, "t-0200"));
}

#[test]
fn marks_follow_renamed_tokens_and_drop_revoked_ones() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    s.keys("<space><space>/c<enter>");
    let rename = EditToken { name: Some(token_name("z")), ..EditToken::new(TokenTarget::by_reference("a")) };
    s.install.call(OWNER, rename).unwrap();
    revoke(&s, "b");
    s.message(Msg::StoreChanged(i64::MAX));
    assert_eq!(marked(&s), ["z"]);
    s.keys(&format!("d{PASSWORD}<enter>"));
    assert_eq!(status(&s, "z"), Status::Disabled, "the renamed token is the target");
}

#[test]
fn keys_after_a_jump_act_after_its_reply() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "d"]));
    s.keys("G");
    s.held_replies = Some(Default::default());
    s.keys("g<s-down><c-down>");
    s.deliver_replies(false);
    assert_eq!(marked(&s), ["a", "b"]);
    s.assert_shows("▶   c");
}

#[test]
fn change_made_here_is_read_once() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    s.requests.clear();
    s.keys(&format!("d{PASSWORD}<enter>"));
    let lists = |s: &TuiHarness| s.requests.iter().filter(|verb| **verb == "token.list").count();
    assert_eq!(lists(&s), 1);
    let last = s.install.call(OWNER, WaitForChanges::default()).unwrap().audit;
    s.message(Msg::StoreChanged(last));
    assert_eq!(lists(&s), 1);
    s.message(Msg::StoreChanged(last + 1));
    assert_eq!(lists(&s), 2, "another change followed");
}

#[test]
fn several_tokens_are_disabled_and_enabled_together() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("b")] }).unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("<s-down><s-down>d");
    s.assert_top("token.disable");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Disable 2 tokens
    From the next request on, none of these tokens works: ops/a, ops/c. The
    secrets are kept: the tokens can be enabled later, unless they have
    expired. Already disabled: ops/b.
    None of the 2 tokens was used in the last 7 days.
    Password of ops
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert!(["a", "b", "c"].iter().all(|name| status(&s, name) == Status::Disabled));
    s.assert_notice(NoticeId::Done("token.disable"));
    assert!(marked(&s).is_empty(), "the change clears the marks");
    s.keys(&format!("ad{PASSWORD}<enter>"));
    assert!(["a", "b", "c"].iter().all(|name| status(&s, name) == Status::Active));
    s.assert_notice(NoticeId::Done("token.enable"));
}

#[test]
fn several_tokens_are_revoked_after_typing_their_number() {
    let install = install(&["a", "b", "c", "d"]);
    let busy = install.issue(OWNER, "z-busy");
    install.verify(&busy.secret);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<space><space>G<space>x");
    s.assert_top("revoke-tokens");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke 3 tokens
    ! Tokens used in the last 7 days: 1 of 3
    ! ops/z-busy                        just now       1 call in 7 days
      1 today, from 192.0.2.7 (it/1.0)
      no method recorded
    Not used in the last 7 days:
      ops/a                             never seen
      ops/b                             never seen
    The service denies the tokens from the next request on. Within 30 days,
    the tokens can be restored from the trash.
    Number                    3
    Type the number
    Password of ops
    [ Disable instead ]  [ I understand the consequences, revoke 3 tokens ]
    ");
    let text = s.text();
    let row = |name: &str| text.lines().position(|line| line.contains(name)).unwrap();
    assert!(row("! ops/z-busy") < row("ops/a") && row("ops/a") < row("ops/b"), "{text}");
    // A wrong number is marked when the field loses focus. Enter in the last field presses the button, with an error.
    s.keys("2<tab>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number of tokens exactly: 3");
    s.keys(&format!("{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number of tokens exactly: 3");
    assert_eq!(names(&s).len(), 5);
    s.keys("<c-u>3<enter><enter>");
    assert_eq!(names(&s), ["c", "d"]);
    s.assert_notice(NoticeId::Done("token.revoke"));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"3 tokens revoked; the service denies any further use");
    s.assert_shows("--confirm 3");

    s.keys("u");
    s.assert_top("restore-tokens");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(names(&s).len(), 5);
    assert!(["a", "b", "z-busy"].iter().all(|name| status(&s, name) == Status::Disabled));
    s.keys("u");
    assert!(s.app.modals.is_empty(), "there is nothing left to undo");
}

#[test]
fn several_tokens_can_be_disabled_instead() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    s.keys(&format!("ax<tab>{PASSWORD}<tab><enter>"));
    assert_eq!((status(&s, "a"), status(&s, "b")), (Status::Disabled, Status::Disabled));
}

#[test]
fn one_token_changed_by_others_keeps_all_from_being_revoked() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    s.keys(&format!("ax2<tab>{PASSWORD}<tab><tab>"));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("b")] }).unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("<enter>");
    s.assert_top("revoke-tokens");
    insta::assert_snapshot!(s.problem().unwrap(), @"Your change was not made. In the meantime: ops/b was changed (enabled: yes → no). Check the dialog and confirm again.");
    assert_eq!(status(&s, "a"), Status::Active);
}

#[test]
fn marked_token_is_the_target_wherever_the_cursor_is() {
    let install = TestInstall::new();
    let first = install.issue(OWNER, "a");
    install.issue(OWNER, "b");
    install.verify(&first.secret);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<space>x");
    s.assert_top("revoke-token");
    let text = s.dialog_text();
    assert!(text.contains("ops/a") && text.contains("just now"), "{text}");
    s.keys("<esc>");
    s.assert_shows("▶   b");
}

#[test]
fn restore_takes_another_name_if_its_own_is_taken() {
    let install = install(&["a", "b"]);
    let mut s = TuiHarness::signed_in(install);
    revoke(&s, "a");
    s.install.issue(OWNER, "a");
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("t");
    assert!(is_trash(&s));
    assert_eq!(names(&s), ["a"]);
    s.assert_shows("30 days");
    s.keys("ndxs<esc>");
    assert!(s.app.modals.is_empty(), "nothing is created, disabled or revoked here");
    s.keys(&format!("u{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"the name a is taken: the account already has a token with this name. Choose another name. On the command line, restore only this token, with --as NAME");
    s.keys(&format!("-2<tab>{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done("token.restore"));
    insta::assert_snapshot!(table_text(&s), @"The trash is empty.  t  goes back to the tokens.");
    assert_eq!(status(&s, "a-2"), Status::Disabled);
    s.keys("<esc>");
    assert_eq!(names(&s), ["a", "a-2", "b"]);
    assert!(!is_trash(&s));
}

#[test]
fn marks_are_cleared_on_the_way_into_the_trash_and_out() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    revoke(&s, "c");
    s.keys("<space>t");
    assert!(marked(&s).is_empty());
    s.keys("<space>");
    assert_eq!(marked(&s), ["c"]);
    s.keys("<esc><esc>");
    assert!(!is_trash(&s) && marked(&s).is_empty());
}

#[test]
fn restore_of_several_tokens_names_them() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    revoke(&s, "a");
    revoke(&s, "b");
    s.keys("t<space><space>u");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Restore 2 tokens
    ops/a, ops/b
    Restored tokens are disabled. Enable the tokens in the token list with d.
    Expired tokens first need a new expiry: press e.
    Password of ops
                      [ Restore (disabled) ]
    ");
}

#[test]
fn trashed_and_expired_tokens_are_purged_after_a_preview() {
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
    s.assert_top("purge-tokens");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Purge expired tokens
    None of these tokens was used in the last 7 days:
      ops/short                         never seen
    All expired tokens that you manage are purged, also those hidden by a
    filter. Disabled tokens are not purged.
    The tokens are deleted for good. Their names and the digests of their
    secrets stay for look-ups.
    Number                    1
    Type the number
    Password of ops
    [ Keep them ]  [ I understand the consequences, purge these tokens ]
    ");
    s.keys(&format!("2<tab>{PASSWORD}<tab><tab><enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number of tokens exactly: 1");
    s.keys("<c-u>1<tab><tab><tab><enter>");
    assert_eq!(names(&s), ["kept"]);
    s.assert_notice(NoticeId::Done("token.purge"));
    s.keys("tp");
    assert!(s.dialog_text().contains("ops/gone") && !s.dialog_text().contains("ops/kept"), "{}", s.text());
    // One more token goes into the trash while the dialog is open.
    revoke(&s, "kept");
    s.message(Msg::StoreChanged(i64::MAX));
    assert!(s.dialog_text().contains("ops/gone") && s.dialog_text().contains("ops/kept"), "{}", s.text());
    s.keys(&format!("2<tab>{PASSWORD}<tab><tab><enter>"));
    assert!(names(&s).is_empty());
    s.keys("p");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Purge trashed tokens
    No token is affected.
    All trashed tokens that you manage are purged, also those hidden by a
    filter.
    The tokens are deleted for good. Their names and the digests of their
    secrets stay for look-ups.
    Number                    0
    Type the number
    Password of ops
    [ Keep them ]  [ I understand the consequences, purge these tokens ]
    ");
    s.keys(&format!("0<tab>{PASSWORD}<tab><tab><enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"There is nothing to purge");
}
