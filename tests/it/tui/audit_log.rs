//! The audit log on the screen.

use std::sync::Arc;

use jeton::domain::audit::{AuditRow, chain_hash};
use jeton::domain::time::Timestamp;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::credential::TokenCredential;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Returns the number of the row under the cursor.
fn here(s: &TuiHarness) -> i64 {
    s.audit().current().unwrap().row.seq
}

/// Appends `row` with a correct hash, without any of jeton's checks.
pub(super) fn add_row(install: &TestInstall, row: AuditRow) {
    let db = install.raw_connection();
    let last = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
    let (seq, hash): (i64, [u8; 32]) = db.query_row(last, [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    let row = AuditRow { seq: seq + 1, ..row };
    let hash = chain_hash(&hash, &row);
    db.execute(
        "INSERT INTO audit (seq, at, account, name, proof, face, verb, target, target_name, details, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        rusqlite::params![
            row.seq,
            row.at.0,
            row.account,
            row.name,
            row.proof,
            row.face,
            row.verb,
            row.target,
            row.target_name,
            row.details,
            hash
        ],
    )
    .unwrap();
}

pub(super) fn row(verb: &str, details: &str) -> AuditRow {
    AuditRow {
        seq: 0,
        at: Timestamp(1_795_253_400_000),
        account: "a:1".to_owned(),
        name: "ops".to_owned(),
        proof: "password".to_owned(),
        face: "cli".to_owned(),
        verb: verb.to_owned(),
        target: "t:1".to_owned(),
        target_name: "ops/x".to_owned(),
        details: details.to_owned(),
    }
}

#[test]
fn audit_log_lists_newest_first_with_both_values() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    install.fakes.clock.advance(3 * 60_000);
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("d{PASSWORD}<enter>3"));
    let text = s.text();
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not there:\n{text}"));
    assert!(at("token.disable") < at("token.create") && at("token.create") < at("init"), "{text}");
    s.install.fakes.clock.advance(60_000);
    s.keys("<esc>3");
    s.assert_shows("1 of 3");
    s.install.fakes.clock.advance(60_000);
    s.keys("<down><up>");
    insta::assert_snapshot!(s.about(), @"
    enabled yes → no
    2 min ago, 2026-11-21 09:33:00 +00:00, by ops (password, cli)
    ");
    s.keys("<down>");
    insta::assert_snapshot!(s.about(), @r#"
    api methods [], description "", expires none, secret "jtn_7U2DojAL"
    5 min ago, 2026-11-21 09:30:00 +00:00, by ops (password, cli)
    "#);

    s.keys("y");
    assert_eq!(s.copied.pop().as_deref(), Some("t:1"));
    s.keys("<up><enter>");
    s.assert_top("audit-row");
    insta::assert_snapshot!(s.dialog_text(), @"
    Audit row 3
    When      2026-11-21 09:33:00 +00:00
              2 min ago
    Who       ops (a:1)
    Proof     password
    Via       cli
    Verb      token.disable
    Target    ops/deploy-bot (t:1)

    enabled
      before  yes
      after   no

    Row       3
    Hash      e678fc849f1b658797de3f842d4292f42c420e9832c3c1adc0b050a906e6aa92
    ");
    let hash = jeton::domain::checkpoint::hex(&s.audit().current().unwrap().hash);
    s.assert_shows(&hash);
    s.keys("y<esc><esc>");
    assert_eq!(s.copied.pop().as_deref(), Some("t:1"));
    s.assert_shows("▶   deploy-bot");
}

#[test]
fn audit_filter_narrows_while_it_is_typed() {
    let install = TestInstall::with_accounts();
    install.issue(OWNER, "deploy-bot");
    install.issue("member", "other");
    let mut s = TuiHarness::signed_in(install);
    s.keys("3");
    s.assert_shows("1 of 6");
    s.keys("/verb:create b");
    insta::assert_snapshot!(s.filter_line(), @"/ verb:create b                                          2 of 6 match   ↓ when");
    s.keys("y:mem");
    insta::assert_snapshot!(s.filter_line(), @"/ verb:create by:mem                                     1 of 6 match   ↓ when");
    s.assert_hides("deploy-bot");
    s.keys("x");
    insta::assert_snapshot!(s.body(), @r#"
     WHEN              WHO         VERB          TARGET

    Nothing matches "verb:create by:memx".  Esc clears the filter.
    "#);
    s.keys("<c-u>who:mem");
    insta::assert_snapshot!(s.filter_line(), @r#"/ who:mem                                         unknown field "who"   ↓ when"#);
    insta::assert_snapshot!(s.body(), @r#"
     WHEN              WHO         VERB          TARGET

    Nothing matches "who:mem".  Esc clears the filter.
    Unknown field "who": use verb:, by:, target:.
    "#);
    s.keys("<bs><enter>q");
    assert!(s.ended().is_some(), "no letter is typed after Enter");
    s.app.model.exit = None;
    s.keys("<esc>");
    s.assert_shows("1 of 6");
    assert_eq!(here(&s), 6);
    s.keys("<esc>");
    s.assert_top("tokens");
}

#[test]
fn cursor_stays_on_its_row_when_the_filter_is_cleared() {
    let install = TestInstall::new();
    for name in ["a", "b", "c"] {
        install.issue(OWNER, name);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("3/ops/a<enter>");
    let row = here(&s);
    s.keys("<esc>");
    assert_eq!(here(&s), row);
    s.keys("/zz99<enter><esc>");
    assert_eq!(here(&s), row, "nothing matched");
}

#[test]
fn late_reply_to_an_older_filter_is_dropped() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    install.issue(OWNER, "other");
    let mut s = TuiHarness::signed_in(install);
    s.keys("3");
    s.held_replies = Some(Default::default());
    s.keys("/deploy");
    s.deliver_replies(true);
    insta::assert_snapshot!(s.filter_line(), @"/ deploy                                                 1 of 3 match   ↓ when");
    s.assert_hides("ops/other");
}

#[test]
fn long_audit_log_is_read_in_pages() {
    let install = TestInstall::new();
    for n in 0..700 {
        add_row(&install, row("token.enable", &format!("{{\"n\":{n}}}")));
    }
    let newest = install.audit().len() as i64;
    let mut s = TuiHarness::signed_in(install);
    s.keys("3");
    let mut seen = vec![here(&s)];
    for _ in 1..newest {
        s.keys("<down>");
        seen.push(here(&s));
    }
    assert!(seen.iter().copied().eq((1..=newest).rev()), "each row once, the newest first: {seen:?}");
    s.assert_shows(&format!("{newest} of {newest}"));
    s.keys("<home>");
    assert_eq!(here(&s), newest);
    s.keys("<end>");
    assert_eq!(here(&s), 1);
    let last = s.text().lines().nth(19).unwrap().to_owned();
    assert!(last.starts_with('▶'), "the last line is used: {last}");
    for _ in 0..newest / 16 + 1 {
        s.keys("<pgup>");
    }
    assert_eq!(here(&s), newest);
    for _ in 0..newest / 16 + 1 {
        s.keys("<pgdn>");
    }
    assert_eq!(here(&s), 1);
    s.keys("/enable");
    insta::assert_snapshot!(s.filter_line(), @"/ enable                                            200+ of 701 match   ↓ when");
}

#[test]
fn changes_by_others_appear_under_a_steady_cursor() {
    let install = TestInstall::new();
    for n in 0..5 {
        install.issue(OWNER, &format!("t-{n}"));
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("3<down><down>");
    let before = here(&s);
    s.install.issue(OWNER, "elsewhere");
    s.keys("R");
    assert_eq!(here(&s), before);
    s.assert_shows("4 of 7");
    s.assert_shows("ops/elsewhere");
    s.keys("<home>");
    s.install.issue(OWNER, "second");
    s.message(Msg::StoreChanged(i64::MAX));
    s.assert_shows("ops/second");
    s.install.issue(OWNER, "again");
    s.keys("13");
    assert_eq!(here(&s), 9, "a cursor on the newest row follows the newest row");
    s.keys("1");
    s.install.issue(OWNER, "behind-the-lock");
    s.keys("3<c-z>");
    s.install.issue(OWNER, "before-it-opens");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("ops/before-it-opens");
}

#[test]
fn audit_log_shows_members_only_the_refusal() {
    for who in ["member", "viewer"] {
        let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
        s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>3"));
        let refusal = s.body();
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal, @"

            Only owners and admins can read the audit log.
            ");
        }
        for keys in ["R", "/x<down>", "y", "<enter>", "<end>", "13"] {
            s.keys(keys);
            assert_eq!(s.body(), refusal, "{keys}");
            assert!(s.app.model.notice.is_none() && s.app.model.messages.is_empty(), "no notice after {keys}");
        }
        assert!(s.copied.is_empty());
        s.keys("<esc>");
        s.assert_top("tokens");
    }
    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys(&format!("<s-tab><c-u>admin<enter>{PASSWORD}<enter>3"));
    s.assert_shows("1 of 4");
}

#[test]
fn token_session_sees_which_method_it_lacks() {
    let install = TestInstall::new();
    let issued = install.issue(OWNER, "bearer");
    let token = TokenCredential::of_any(Arc::new(issued.secret));
    let mut s = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    s.keys("3");
    s.assert_shows("jeton.audit.read");
    assert!(s.audit().current().is_none());
}

#[test]
fn demoted_reader_loses_the_rows() {
    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys(&format!("<s-tab><c-u>admin<enter>{PASSWORD}<enter>3"));
    s.assert_shows("1 of 4");
    s.install.raw_connection().execute("UPDATE accounts SET role = 'member' WHERE username = 'admin'", []).unwrap();
    s.keys("R");
    let audit = s.audit();
    assert!(audit.current().is_none() && audit.rows.is_denied());
    s.assert_hides("init");
}

#[test]
fn jump_to_the_end_is_not_overtaken_by_the_first_rows() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.install.issue(OWNER, "a");
    for _ in 0..2 {
        s.held_replies = Some(Default::default());
        s.keys("3G");
        s.deliver_replies(false);
        assert_eq!(here(&s), 1);
        s.held_replies = None;
        s.keys("g1");
    }
}

#[test]
fn damaged_audit_log_shows_the_command_that_verifies_it() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.install.raw_connection().execute("UPDATE audit SET details = CAST(x'ff' AS TEXT)", []).unwrap();
    s.keys("3");
    s.assert_shows("jeton audit verify");
    s.keys("R<down><enter>y");
    s.assert_shows("jeton audit verify");
    assert!(s.app.model.notice.is_none(), "the screen shows it already");
}

#[test]
fn rows_with_control_characters_stay_in_their_cells() {
    let install = TestInstall::new();
    let evil = "\u{1b}[2J\u{1b}]52;c;ZXZpbA==\u{7}\u{202e}evil 漢字🦀";
    let details = serde_json::json!({ evil: { "before": evil.repeat(9), "after": [evil, { evil: evil }] } });
    add_row(&install, row("token.edit", &details.to_string()));
    add_row(&install, row("token.edit", evil));
    let text = evil.to_owned();
    let all = AuditRow {
        account: text.clone(),
        name: text.clone(),
        proof: text.clone(),
        face: text.clone(),
        verb: text.clone(),
        target: text.clone(),
        target_name: text.clone(),
        details: text,
        at: Timestamp(i64::MAX),
        ..row("", "")
    };
    add_row(&install, all);
    let mut s = TuiHarness::with(install, Theme::colour(), None);
    s.keys(&format!("{PASSWORD}<enter>3y"));
    assert!(s.copied.is_empty(), "unsafe text must not be pasted");
    s.assert_notice(NoticeId::NotCopied);
    for (columns, rows) in [(80, 24), (40, 10), (200, 60)] {
        s.resize(columns, rows);
        for keys in
            ["<home>", "<down>", "<down>", "<home><enter>", "<esc><down><enter>", "<pgdn>", "<esc><down><enter>G"]
        {
            s.keys(keys);
            for cell in &s.buffer().content {
                assert!(
                    !cell.symbol().chars().any(jeton::domain::untrusted_text::is_control_or_bidi),
                    "{:?}",
                    cell.symbol()
                );
            }
        }
        s.keys("<esc>");
    }
}

#[test]
fn audit_row_details_show_the_whole_value() {
    let install = TestInstall::new();
    let methods: Vec<String> = (0..60).map(|n| format!("group.method-{n:02}")).collect();
    let details = serde_json::json!({ "api": { "before": "inherit", "after": { "methods": methods } } });
    add_row(&install, row("token.edit", &details.to_string()));
    let mut s = TuiHarness::signed_in(install);
    s.keys("3");
    s.assert_shows(r#"api "inherit" → methods ["group.method-00", "group.method-01", "group.method-0…"#);
    for (columns, rows) in [(80, 24), (40, 10)] {
        s.resize(columns, rows);
        s.keys("<enter>");
        let mut left: Vec<&String> = methods.iter().collect();
        for _ in 0..120 {
            let text = s.text();
            left.retain(|m| !text.contains(*m));
            s.keys("<down>");
        }
        assert_eq!(left, Vec::<&String>::new(), "at {columns}x{rows}");
        let hash = jeton::domain::checkpoint::hex(&s.audit().current().unwrap().hash);
        s.assert_shows(&hash[60..]);
        s.keys("<up>");
        s.assert_hides(&hash[60..]);
        s.keys("<esc>");
    }
}
