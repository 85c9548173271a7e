//! The verification of the audit log on the screen.

use super::audit_log::{add_row, row};
use super::snapshots::{SMALL, screens_at_sizes};
use crate::support::fakes::TestInstall;
use crate::support::tui_harness::TuiHarness;

#[test]
fn audit_check_shows_its_result_and_its_limits() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("3");
    s.held_replies = Some(Default::default());
    s.keys("v");
    s.assert_top("audit-check");
    insta::assert_snapshot!(s.dialog_text(), @"
    Audit log integrity
    Verifying the audit log from the first row…
    ");
    s.install.fakes.clock.advance(200);
    s.pass_time();
    s.assert_shows("working");
    s.held_replies.as_mut().unwrap().clear();
    s.keys("<esc>v");
    s.deliver_replies(false);
    insta::assert_snapshot!(s.dialog_text(), @"
    Audit log integrity
    ✓ 1 row verified: the hash chain is intact
    Last hash 282cf57283d68c465a3d06b4b64e6afe03d521f9df26fb9fb89aecb2bc867500

    Somebody could have removed the last rows, or rewritten the whole log.
    jeton can detect this only with an anchor, a file outside the store.
    Create an anchor: jeton audit anchor FILE. From then on, check the log
    with the anchor: jeton audit verify --anchor FILE
    ");
    let hash = jeton::domain::checkpoint::hex(&s.audit().current().unwrap().hash);
    s.assert_shows(&hash[..40]);
    s.keys("<enter>");
    s.assert_no_dialog();
    s.assert_top("audit");
    // Closed before the answer arrives: the answer opens nothing.
    s.keys("v<esc>");
    s.deliver_replies(false);
    s.assert_no_dialog();
}

#[test]
fn audit_check_names_each_damaged_row() {
    let install = TestInstall::new();
    for n in 0..30 {
        add_row(&install, row("token.enable", &format!("{{\"n\":{n}}}")));
    }
    install.raw_connection().execute("UPDATE audit SET name = 'mallory' WHERE seq = 7", []).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("3v");
    insta::assert_snapshot!(s.dialog_text(), @"
    Audit log integrity
    ! 31 rows checked: the audit log was altered or damaged
      · row 7 (2026-11-21 09:30:00 +00:00, token.enable, ops/x) was changed or
        moved: its hash does not match

    Don't change the store file. To compare the store with a backup, run on
    the machine of the store: jeton restore FILE --dry-run
    ");
    s.keys("<esc>");
    s.install.raw_connection().execute("UPDATE audit SET name = 'mallory'", []).unwrap();
    s.resize(40, 10);
    s.keys("v");
    let start = s.dialog_text();
    for _ in 0..120 {
        s.keys("<down>");
    }
    assert_ne!(s.dialog_text(), start);
    insta::assert_snapshot!(s.dialog_text(), @"
    Audit log integrity
    and 11 more findings

    Don't change the store file. To
    compare the store with a backup,
    run on the machine of the store:
    jeton restore FILE --dry-run
    ");
}

#[test]
fn audit_check_shows_why_the_log_is_unreadable() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("3");
    s.install.raw_connection().execute("DROP TABLE installation", []).unwrap();
    s.keys("v");
    s.assert_top("audit-check");
    insta::assert_snapshot!(s.dialog_text(), @"
    Audit log integrity
    ! the store does not have the schema that this version of jeton expects:
    no such table: installation. If another version of jeton wrote the store,
    use that version. Otherwise restore a backup, on the machine of the store:
    jeton restore FILE
    ");
}

#[test]
fn audit_check_of_an_intact_log() {
    insta::assert_snapshot!(screens_at_sizes("3v", &SMALL));
}
