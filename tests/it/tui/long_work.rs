//! A purge of many tokens: its dialog closes with the first batch, and everything else keeps working.

use jeton::error::Error;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb as _;
use jeton::verbs::request::Response;
use jeton::verbs::tokens::{PurgeTokens, RevokeTokens};

use crate::support::direct_writes::fill_trash;
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

const MANY: usize = 1_500;

/// Returns screens whose purge of [`MANY`] tokens has begun, and the purge's reply.
fn begun() -> (TuiHarness, Msg) {
    let install = TestInstall::new();
    fill_trash(&install, MANY);
    install.set_policy(|p| p.kept_tokens = 0);
    install.issue(OWNER, "kept");
    let mut s = TuiHarness::signed_in(install);
    s.keys("tP");
    s.assert_top("purge-tokens");
    s.assert_shows("Number                    1500");
    s.held_replies = Some(Default::default());
    s.keys(&format!("1500<tab>{PASSWORD}<tab><tab><enter>"));
    let reply = s.held_replies.take().and_then(|mut held| held.pop_front()).expect("the purge was asked for");
    s.assert_top("purge-tokens");
    s.assert_shows("Purging 0 of 1 500");
    (s, reply)
}

/// Returns screens whose purge has finished its first batch, and the purge's reply.
fn purging() -> (TuiHarness, Msg) {
    let (mut s, reply) = begun();
    s.message(Msg::Progress(300, MANY as u64));
    (s, reply)
}

#[test]
fn esc_stops_a_purge_before_its_first_batch() {
    let (mut s, mut reply) = begun();
    s.keys("x<esc>");
    assert_eq!(s.stop_count, 1);
    s.assert_top("purge-tokens");
    let Msg::Reply(_, result) = &mut reply else { panic!("a reply") };
    let Ok(Response::PurgeTokens(done)) = &mut **result else { panic!("a purge") };
    (done.value.stopped, done.value.count) = (true, 300);
    s.message(reply);
    s.assert_no_dialog();
    s.assert_notice(NoticeId::WorkStopped);
    assert_eq!(s.app.model.messages[0].cli, None, "its number was not purged");
}

#[test]
fn purge_continues_without_its_dialog_until_esc_stops_it() {
    let (mut s, reply) = purging();
    s.assert_no_dialog();
    let progress = s.line_of("300 of 1 500");
    let (bar, text) = progress.split_once(' ').unwrap();
    insta::assert_snapshot!(text, @"Purging 300 of 1 500 ─");
    assert_eq!(s.text().matches('━').count(), bar.chars().count() * 300 / MANY);
    insta::assert_snapshot!(s.footer(), @"Esc Stop  u Restore  p Purge all  Space Mark  t Tokens  ? Help  q Quit");
    s.keys("?");
    s.keys("<esc>");
    assert_eq!(s.stop_count, 0, "Esc closes the dialog above the screen first");
    s.keys("<esc>");
    assert_eq!(s.stop_count, 1);
    assert!(s.app.model.long_work().unwrap().stopping);
    insta::assert_snapshot!(s.line_of("300 of 1 500").trim_matches(['━', '─', ' ']), @"Stopping after 300 of 1 500");
    insta::assert_snapshot!(s.footer(), @"u Restore  p Purge all  Space Mark  t Tokens  / Filter  ? Help  q Quit");
    s.message(reply);
    s.assert_notice(NoticeId::Done(PurgeTokens::NAME));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"1 500 trashed tokens purged");
    assert!(s.app.model.long_work().is_none());
    s.assert_hides("of 1 500");
    assert!(!s.text().contains('━'));
}

#[test]
fn tokens_are_revoked_while_a_purge_runs() {
    let (mut s, reply) = purging();
    s.keys("t");
    s.keys("x");
    s.keys(&format!("kept<tab>{PASSWORD}"));
    s.message(Msg::Progress(900, MANY as u64));
    s.assert_shows("900 of 1 500");
    s.message(reply);
    s.assert_top("revoke-token");
    s.keys("<enter>");
    s.assert_notice(NoticeId::Done(RevokeTokens::NAME));
    s.assert_shows("kept");
    s.assert_hides("of 1 500");
    assert_eq!(s.stop_count, 0);
}

#[test]
fn quitting_stops_a_purge_first() {
    for key in ["q", "<c-c>"] {
        let (mut s, reply) = purging();
        s.keys(key);
        assert!(s.ended().is_none());
        assert_eq!(s.stop_count, 1);
        s.message(reply);
        s.assert_notice(NoticeId::Done(PurgeTokens::NAME));
        s.keys(key);
        assert!(s.ended().is_some());
    }
}

#[test]
fn purge_is_refused_while_another_runs() {
    let (mut s, reply) = purging();
    s.keys("P");
    s.assert_notice(NoticeId::WorkRunning);
    s.assert_no_dialog();
    s.message(reply);
    s.keys("P");
    s.assert_top("purge-tokens");
}

#[test]
fn result_of_a_purge_is_shown_after_unlocking() {
    let (mut s, reply) = purging();
    s.keys("<c-z>");
    s.assert_locked();
    s.assert_hides("of 1 500");
    s.message(Msg::Progress(900, MANY as u64));
    s.message(reply);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done(PurgeTokens::NAME));
    assert!(s.notice_text().unwrap().contains("1 500"));
}

/// Returns the reply to the same request, failed with `error`.
fn failed(reply: &Msg, error: Error) -> Msg {
    let Msg::Reply(id, _) = reply else { panic!("a reply") };
    Msg::Reply(*id, Box::new(Err(error)))
}

#[test]
fn error_of_a_purge_is_shown_and_never_locks() {
    for error in [Error::unauthenticated("the password has changed"), Error::failure("the disk is full")] {
        let (mut s, reply) = purging();
        s.message(failed(&reply, error.clone()));
        s.assert_notice(NoticeId::Error(error.kind));
        s.assert_shows(&error.what);
        assert!(s.app.lock.is_none());
        assert!(s.ended().is_none());
    }
}

#[test]
fn error_of_a_purge_is_shown_after_unlocking() {
    for error in [Error::unauthenticated("the password has changed"), Error::failure("the disk is full")] {
        let (mut s, reply) = purging();
        s.keys("<c-z>");
        s.message(failed(&reply, error.clone()));
        s.keys(&format!("{PASSWORD}<enter>"));
        s.assert_notice(NoticeId::Error(error.kind));
        s.assert_shows(&error.what);
    }
}
