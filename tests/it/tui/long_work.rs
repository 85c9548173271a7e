//! A purge of many tokens: its dialog closes with the first batch, and everything else keeps working.

use jeton::error::Error;
use jeton::tui::msg::Msg;

use crate::support::direct_writes::fill_trash;
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

const MANY: usize = 1_500;

/// Returns screens whose purge of [`MANY`] tokens has finished its first batch, and the purge's reply.
fn purging() -> (TuiHarness, Msg) {
    let install = TestInstall::new();
    fill_trash(&install, MANY);
    install.set_policy(|p| p.kept_tokens = 0);
    install.issue(OWNER, "kept");
    let mut s = TuiHarness::signed_in(install);
    s.keys("tP");
    s.assert_shows("1 500 trashed tokens of yours");
    s.held_replies = Some(Default::default());
    s.keys(&format!("1500<tab>{PASSWORD}<tab><tab><enter>"));
    let reply = s.held_replies.take().and_then(|mut held| held.pop_front()).expect("the purge was asked for");
    s.assert_shows("Purge trashed tokens");
    s.message(Msg::Progress(300, MANY as u64));
    (s, reply)
}

#[test]
fn purge_goes_on_without_its_dialog_and_esc_stops_it() {
    let (mut s, reply) = purging();
    s.assert_hides("Purge trashed tokens");
    s.assert_shows("Purging 300 of 1 500");
    s.assert_shows("Esc Stop");
    let room = 80 - " Purging 300 of 1 500 ─".chars().count();
    assert_eq!(s.text().matches('━').count(), room * 300 / MANY);
    s.assert_shows("? Help  q Quit");
    s.keys("?");
    s.keys("<esc>");
    assert_eq!(s.stop_count, 0, "Esc closes what lies over the screen first");
    s.keys("<esc>");
    assert_eq!(s.stop_count, 1);
    s.assert_shows("Stopping after 300 of 1 500");
    s.assert_hides("Esc Stop");
    s.message(reply);
    s.assert_shows("1 500 trashed tokens purged");
    s.assert_hides("Stopping");
    assert!(!s.text().contains('━'));
}

#[test]
fn revoking_works_while_a_purge_is_under_way() {
    let (mut s, reply) = purging();
    s.keys("t");
    s.keys("x");
    s.keys(&format!("kept<tab>{PASSWORD}"));
    s.message(Msg::Progress(900, MANY as u64));
    s.assert_shows("Purging 900 of 1 500");
    s.message(reply);
    s.assert_shows("Remove ops/kept");
    s.keys("<enter>");
    s.assert_shows("kept revoked");
    s.assert_hides("Purging");
    assert_eq!(s.stop_count, 0);
}

#[test]
fn ending_the_program_stops_a_purge_first() {
    for key in ["q", "<c-c>"] {
        let (mut s, reply) = purging();
        s.keys(key);
        assert!(s.ended().is_none());
        assert_eq!(s.stop_count, 1);
        s.message(reply);
        s.assert_shows("trashed tokens purged");
        s.keys(key);
        assert!(s.ended().is_some());
    }
}

#[test]
fn one_purge_at_a_time() {
    let (mut s, reply) = purging();
    s.keys("P");
    s.assert_shows("A purge is under way");
    s.message(reply);
    s.keys("P");
    s.assert_shows("is trashed.");
}

#[test]
fn result_of_a_purge_is_said_to_the_next_session() {
    let (mut s, reply) = purging();
    s.keys("<c-z>");
    s.assert_shows("jeton is locked");
    s.assert_hides("Purging");
    s.message(Msg::Progress(900, MANY as u64));
    s.message(reply);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("1 500 trashed tokens purged");
}

/// Returns the reply to the same request, failed with `error`.
fn failed(reply: &Msg, error: Error) -> Msg {
    let Msg::Reply(id, _) = reply else { panic!("a reply") };
    Msg::Reply(*id, Box::new(Err(error)))
}

#[test]
fn error_of_a_purge_is_said_and_never_locks() {
    for error in [Error::unauthenticated("the password has changed"), Error::failure("the disk is full")] {
        let (mut s, reply) = purging();
        s.message(failed(&reply, error.clone()));
        s.assert_shows(&error.what);
        s.assert_hides("jeton is locked");
        assert!(s.ended().is_none());
    }
}

#[test]
fn error_of_a_purge_is_said_after_unlocking() {
    for error in [Error::unauthenticated("the password has changed"), Error::failure("the disk is full")] {
        let (mut s, reply) = purging();
        s.keys("<c-z>");
        s.message(failed(&reply, error.clone()));
        s.keys(&format!("{PASSWORD}<enter>"));
        s.assert_shows(&error.what);
    }
}
