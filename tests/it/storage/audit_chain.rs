//! Manual changes to the audit log, without any of jeton's checks.

use jeton::domain::audit::chain_hash;
use jeton::domain::checkpoint::Checkpoint;
use jeton::domain::date_format::DateFormat;
use jeton::domain::time::utc_zone;
use jeton::error::Kind;
use jeton::verbs::audit::{AuditRange, AuditVerification, VerifyAuditChain};
use jeton::verbs::credential::Credential;
use jeton::verbs::ports::Store;
use jeton::verbs::request::call;
use rusqlite::Connection;

use crate::support::fakes::TestInstall;

/// Returns an installation with ten rows in its log: one of init, three of accounts, six of tokens.
fn new_install() -> TestInstall {
    let install = TestInstall::with_accounts();
    (0..6).for_each(|n| drop(install.issue("member", &format!("t{n}"))));
    install
}

fn verify(install: &TestInstall, checkpoints: &[Checkpoint]) -> AuditVerification {
    let verb = VerifyAuditChain { checkpoints: checkpoints.to_vec(), range: AuditRange::FromStart };
    call(&install.backend, &Credential::Store, verb).unwrap()
}

fn kinds(verified: &AuditVerification) -> Vec<(Option<i64>, &'static str)> {
    verified.report.findings.iter().map(|f| (f.seq, f.kind())).collect()
}

/// Opens a connection that may make changes normally refused by SQLite.
fn raw(install: &TestInstall) -> Connection {
    let raw = install.raw_connection();
    raw.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON").unwrap();
    raw
}

#[test]
fn tampered_row_is_named() {
    let cases = [
        ("UPDATE audit SET at = at + 1 WHERE seq = 4", 4, "changed"),
        ("UPDATE audit SET account = 'a:9' WHERE seq = 1", 1, "changed"),
        ("UPDATE audit SET name = 'eve' WHERE seq = 6", 6, "changed"),
        ("UPDATE audit SET proof = 'store' WHERE seq = 10", 10, "changed"),
        ("UPDATE audit SET face = 'tui' WHERE seq = 10", 10, "changed"),
        ("UPDATE audit SET verb = 'token.Create' WHERE seq = 5", 5, "changed"),
        ("UPDATE audit SET target = 't:99' WHERE seq = 7", 7, "changed"),
        ("UPDATE audit SET target_name = '' WHERE seq = 5", 5, "changed"),
        ("UPDATE audit SET details = details || ' ' WHERE seq = 9", 9, "changed"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 3", 3, "changed"),
        ("UPDATE audit SET hash = x'00' WHERE seq = 3", 3, "unreadable"),
        ("UPDATE audit SET verb = CAST(x'ff00ff' AS TEXT) WHERE seq = 8", 8, "unreadable"),
        ("DELETE FROM audit WHERE seq = 4", 4, "missing"),
        ("DELETE FROM audit WHERE seq < 4", 1, "missing"),
        ("DELETE FROM audit", 1, "emptied"),
        (
            "UPDATE audit SET seq = 99 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 6;
             UPDATE audit SET seq = 6 WHERE seq = 99",
            5,
            "changed",
        ),
        (
            "UPDATE audit SET seq = -seq WHERE seq > 7; UPDATE audit SET seq = 1 - seq WHERE seq < 0;
             INSERT INTO audit SELECT 8, at, account, name, proof, face, verb, target, target_name, details, hash
             FROM audit WHERE seq = 7",
            8,
            "changed",
        ),
        (
            "INSERT INTO audit SELECT 0, at, account, name, proof, face, verb, target, target_name, details, hash
             FROM audit WHERE seq = 1",
            0,
            "extra",
        ),
        ("UPDATE audit SET seq = 9223372036854775807 WHERE seq = 10", 10, "missing"),
    ];
    for (sql, seq, kind) in cases {
        let install = new_install();
        assert_eq!(kinds(&verify(&install, &[])), []);
        raw(&install).execute_batch(sql).unwrap();
        let verified = verify(&install, &[]);
        assert_eq!(kinds(&verified)[0], (Some(seq), kind), "{sql}");
        assert!(verified.checkpoint.is_none(), "a broken log is not anchored");
        let text = verified.report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone()));
        assert!(text.contains(&seq.to_string()) || kind == "emptied", "{text}");
    }
}

#[test]
fn altered_table_is_a_finding() {
    let mut texts = Vec::new();
    for sql in [
        "ALTER TABLE audit RENAME TO gone",
        "ALTER TABLE audit RENAME TO x; CREATE VIEW audit AS SELECT * FROM x",
        "CREATE TABLE x AS SELECT * FROM audit; DROP TABLE audit; ALTER TABLE x RENAME TO audit",
        "ALTER TABLE audit RENAME COLUMN verb TO word",
        "ALTER TABLE audit DROP COLUMN details",
        "ALTER TABLE audit ADD COLUMN more TEXT",
    ] {
        let install = new_install();
        raw(&install).execute_batch(sql).unwrap();
        let verified = verify(&install, &[]);
        assert_eq!(kinds(&verified), [(None, "table")], "{sql}");
        texts.push(verified.report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone())));
    }
    insta::assert_snapshot!(texts.join("\n"), @"
    the table audit is missing
    the table audit is not STRICT
    the table audit is not STRICT
    the column verb of the table audit is missing or different
    the column details of the table audit is missing or different
    the table audit has an extra column, more
    ");
}

/// Rewrites the rows from `from` on in the name of `name`, with a valid chain.
fn rewrite(install: &TestInstall, from: i64, name: &str) {
    let mut before = [0; 32];
    let raw = raw(install);
    let rows = install.store().read(|s| s.audit_page(None, 1_000)).unwrap().rows;
    for mut row in rows.into_iter().map(|raw| raw.row) {
        if row.seq >= from {
            row.name = name.to_owned();
        }
        before = chain_hash(&before, &row);
        raw.execute("UPDATE audit SET name = ?2, hash = ?3 WHERE seq = ?1", (row.seq, &row.name, &before)).unwrap();
    }
}

#[test]
fn checkpoint_shows_a_rewritten_chain() {
    let install = TestInstall::with_accounts();
    let mut retained = Vec::new();
    for n in 0..4 {
        retained.push(verify(&install, &retained).checkpoint.unwrap());
        install.issue("member", &format!("t{n}"));
    }
    assert_eq!(retained.iter().map(|c| c.seq).collect::<Vec<_>>(), [4, 5, 6, 7]);
    assert_eq!(verify(&install, &retained).report.last_checkpoint.unwrap().seq, 7);

    rewrite(&install, 6, "eve");
    assert_eq!(kinds(&verify(&install, &[])), [], "without an anchor it can't be seen");
    let verified = verify(&install, &retained);
    assert_eq!(kinds(&verified), [(Some(6), "rewritten")]);
    let text = verified.report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone()));
    insta::assert_snapshot!(text, @"row 6 was rewritten: the checkpoint of 2026-11-21 09:30:00 +00:00 still matches row 5, but the checkpoint of 2026-11-21 09:30:00 +00:00 has another hash for row 6");
    rewrite(&install, 1, "eve");
    assert_eq!(kinds(&verify(&install, &retained)), [(Some(1), "rewritten")]);

    let install = self::new_install();
    let retained = [verify(&install, &[]).checkpoint.unwrap()];
    raw(&install).execute_batch("DELETE FROM audit WHERE seq > 8").unwrap();
    assert_eq!(kinds(&verify(&install, &[])), []);
    let verb = VerifyAuditChain { checkpoints: retained.to_vec(), range: AuditRange::FromLastCheckpoint };
    let verified = call(&install.backend, &Credential::Store, verb).unwrap();
    assert_eq!(kinds(&verified), [(Some(9), "cut")], "told from the first row on, where something is wrong");
    let text = verified.report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone()));
    insta::assert_snapshot!(text, @"rows after 8 are missing, but the checkpoint of 2026-11-21 09:30:00 +00:00 recorded row 10");
    raw(&install).execute_batch("DELETE FROM audit").unwrap();
    assert_eq!(kinds(&verify(&install, &retained)), [(Some(1), "emptied"), (Some(1), "cut")]);
    raw(&install).execute_batch("UPDATE installation SET created_at = 5").unwrap();
    assert_eq!(kinds(&verify(&install, &retained))[0], (None, "other-store"));
}

#[test]
fn damaged_page_is_a_finding() {
    let install = new_install();
    for n in 0..60 {
        install.call("member", jeton::verbs::tokens::DisableTokens { tokens: vec![target(n % 6)] }).unwrap();
    }
    let page: i64 = install
        .raw_connection()
        .query_row("SELECT max(pageno) FROM dbstat WHERE name = 'audit' AND pagetype = 'leaf'", [], |r| r.get(0))
        .unwrap_or(0);
    let path = install.temp_store.path();
    install.raw_connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let rows = install.audit().len() as u64;
    // If SQLite can't list its pages, use the last page that contains a row's text.
    let mut bytes = std::fs::read(&path).unwrap();
    let at = if page > 0 { (page as usize - 1) * 4_096 } else { last_page_of(&bytes, b"token.disable") };
    bytes[at..at + 8].fill(0xff);
    drop(install.backend);
    std::fs::write(&path, bytes).unwrap();
    let jeton = crate::support::fakes::backend(&path, install.fakes.adapters());
    let verb = VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart };
    let verified = call(&jeton, &Credential::Store, verb).unwrap();
    assert_eq!(verified.report.findings.last().unwrap().kind(), "torn");
    assert!(verified.report.rows > 1 && verified.report.rows < rows, "{} of {rows}", verified.report.rows);
    let list = jeton::verbs::audit::ListAudit {
        since: None,
        token: None,
        filter: Default::default(),
        cursor: jeton::domain::query::page_cursor::PageCursor::Oldest,
        limit: 1_000,
    };
    let error = call(&jeton, &crate::support::fakes::credential("ops"), list).unwrap_err();
    assert_eq!(error.kind, Kind::Failure);
}

fn target(n: i32) -> jeton::verbs::tokens::TokenTarget {
    jeton::verbs::tokens::TokenTarget::by_reference(format!("t{n}"))
}

/// Returns the offset of the last table leaf page that contains `text`.
fn last_page_of(bytes: &[u8], text: &[u8]) -> usize {
    let pages = (0..bytes.len() / 4_096).map(|n| n * 4_096);
    let holds = |at: &usize| bytes[*at] == 13 && bytes[*at..*at + 4_096].windows(text.len()).any(|w| w == text);
    pages.rev().find(holds).unwrap()
}
