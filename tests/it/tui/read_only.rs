//! Screens that show everything and change nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jeton::error::{Error, Kind, Result};
use jeton::read_only_backend::backend_for_screens;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::Backend;
use jeton::verbs::credential::Credential;
use jeton::verbs::request::{Request, Response, VERBS};
use jeton::verbs::secret_delivery::SecretReceiver;
use zeroize::Zeroizing;

use super::table::install;
use crate::support::drawn::Learned;
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Counts the requests that arrive.
struct Counter(Arc<AtomicUsize>);

impl Backend for Counter {
    fn run(&self, _: &Credential, _: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(Error::failure("it has arrived"))
    }

    fn interrupt_read(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn superseded_reads_are_ended() {
    let arrived = Arc::new(AtomicUsize::new(0));
    backend_for_screens(Counter(Arc::clone(&arrived)), true).interrupt_read();
    assert_eq!(arrived.load(Ordering::Relaxed), 1);
}

#[test]
fn no_verb_that_changes_something_is_sent() {
    let (arrived, mut learned) = (Arc::new(AtomicUsize::new(0)), Learned::default());
    let [open, closed] =
        [false, true].map(|is_read_only| backend_for_screens(Counter(Arc::clone(&arrived)), is_read_only));
    for (variant, verb) in VERBS.iter().enumerate() {
        let mut count = |backend: &Arc<dyn Backend>| {
            let before = arrived.load(Ordering::Relaxed);
            let request = learned.draw::<Request>(variant, &[3, 1, 4, 1, 5, 9, 2, 6]).value;
            assert_eq!(request.name(), verb.name);
            let kind = backend.call(&Credential::Store, request).unwrap_err().kind;
            (arrived.load(Ordering::Relaxed) - before, kind)
        };
        assert_eq!(count(&open).0, 1, "{}", verb.name);
        let expected = if verb.is_change { (0, Kind::Denied) } else { (1, Kind::Failure) };
        assert_eq!(count(&closed), expected, "{}", verb.name);
    }
}

#[test]
fn keys_for_changes_do_nothing_and_are_not_shown() {
    let mut s = TuiHarness::with_config(install(&["a"]), Theme::colour(), |start| start.is_read_only = true);
    s.keys(&format!("{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.footer(), @"/ Filter  ? Help  q Quit  m Messages  Space Mark  a Mark all  s Sort");
    s.assert_shows("ops · read-only");
    for keys in ["n", "e", "c", "r", "d", "x", "u", "p", "2n", "o", "w", "5<enter>", "4i"] {
        s.keys(keys);
        s.assert_no_dialog();
    }
    s.keys("1x");
    s.assert_notice(NoticeId::NoEffect);
    s.keys("1<enter>");
    s.assert_top("token-details");
    s.keys("<esc>:token revoke a<enter>");
    s.assert_top("palette");
    assert!(s.problem().is_some_and(|problem| problem.contains("--readonly")), "{:?}", s.problem());
    s.keys("<esc>Revoke<enter>");
    assert!(s.problem().is_some());
    s.keys("<esc>token show a<enter>");
    s.assert_top("token-details");
}

#[test]
fn looked_up_secret_has_no_button_to_revoke_it() {
    let install = TestInstall::new();
    let secret = install.issue(OWNER, "lost").secret.expose(str::to_owned);
    let mut s = TuiHarness::with_config(install, Theme::colour(), |start| start.is_read_only = true);
    s.keys(&format!("{PASSWORD}<enter>W"));
    s.message(Msg::Paste(Zeroizing::new(secret)));
    s.keys("<enter>");
    s.assert_shows("ops/lost (t:1)");
    s.assert_hides("Revoke");
}
