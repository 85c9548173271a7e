use super::*;
use crate::domain::checkpoint::StoreId;
use crate::domain::date_format::DateFormat;
use crate::domain::name::Prefix;
use crate::domain::time::utc_zone;

const ROWS: i64 = 9;

pub(super) fn row(seq: i64) -> AuditRow {
    AuditRow {
        seq,
        at: Timestamp(seq.saturating_mul(1_000)),
        account: "a:1".into(),
        name: "ops".into(),
        proof: "password".into(),
        face: "cli".into(),
        verb: "token.delete".into(),
        target: format!("t:{seq}"),
        target_name: format!("ops/x{seq}"),
        details: r#"{"was":"active"}"#.into(),
    }
}

pub(super) fn chained(rows: impl IntoIterator<Item = AuditRow>) -> Vec<RawRow> {
    let mut before = [0; 32];
    let chain = |row: AuditRow| {
        before = chain_hash(&before, &row);
        RawRow { row, hash: Some(before), unreadable: None }
    };
    rows.into_iter().map(chain).collect()
}

fn log() -> Vec<RawRow> {
    chained((1..=ROWS).map(row))
}

pub(super) fn checkpoint(log: &[RawRow], seq: i64) -> Checkpoint {
    let hash = log[seq as usize - 1].hash.unwrap();
    Checkpoint { seq, hash, at: Timestamp(seq), store: StoreId::new(&Prefix::default(), Timestamp(0)) }
}

pub(super) fn follow(mut verifier: ChainVerifier, log: &[RawRow]) -> ChainReport {
    log.iter().for_each(|raw| verifier.check_row(raw));
    verifier.finish()
}

/// Returns number and kind of every finding, without checkpoints.
fn findings(log: &[RawRow]) -> Vec<(i64, &'static str)> {
    kinds(&follow(ChainVerifier::from_start(Vec::new()), log))
}

pub(super) fn kinds(report: &ChainReport) -> Vec<(i64, &'static str)> {
    report.findings.iter().map(|f| (f.seq.unwrap(), f.kind())).collect()
}

#[test]
fn untouched_log_is_whole() {
    let log = log();
    let anchors = || [3, 9].map(|seq| checkpoint(&log, seq));
    let report = follow(ChainVerifier::from_start(anchors().to_vec()), &log);
    assert_eq!((report.rows, report.findings.len(), report.omitted), (9, 0, 0));
    assert_eq!((report.head, report.last_checkpoint), (Some((9, log[8].hash.unwrap())), Some(checkpoint(&log, 9))));
    let report = follow(ChainVerifier::from_checkpoint(checkpoint(&log, 3)), &log[2..]);
    assert_eq!((report.rows, report.findings.len(), report.last_checkpoint.unwrap().seq), (7, 0, 3));
    assert_eq!(ChainVerifier::from_checkpoint(checkpoint(&log, 3)).after(), Some(2));
    assert_eq!(follow(ChainVerifier::from_start(Vec::new()), &[]).head, None);
}

#[test]
fn change_of_any_column_of_any_row_is_found_there_alone() {
    let changes: [fn(&mut RawRow); 10] = [
        |r| r.row.at.0 ^= 1,
        |r| r.row.account.push('0'),
        |r| r.row.name = "oqs".into(),
        |r| r.row.proof.clear(),
        |r| r.row.face = "tui".into(),
        |r| r.row.verb = "token.delete\0".into(),
        |r| r.row.target = "t:77".into(),
        |r| r.row.target_name = "ops/y".into(),
        |r| r.row.details = r#"{"was": "active"}"#.into(),
        |r| r.hash.as_mut().unwrap()[31] ^= 1,
    ];
    for at in [0, 4, 8] {
        for (n, change) in changes.iter().enumerate() {
            let mut log = log();
            change(&mut log[at]);
            assert_eq!(findings(&log), [(at as i64 + 1, "changed")], "row {} column {n}", at + 1);
        }
    }
}

#[test]
fn unreadable_row_is_found_and_the_rest_still_followed() {
    for at in [0, 4, 8] {
        let seq = at as i64 + 1;
        let mut damaged = log();
        damaged[at].unreadable = Some("verb");
        damaged[at].row.verb.clear();
        assert_eq!(findings(&damaged), [(seq, "unreadable")]);
        (damaged[at].unreadable, damaged[at].hash) = (Some("verb"), None);
        assert_eq!(findings(&damaged), [(seq, "unreadable")], "nothing of it is known, and the next is taken as it is");
        let mut damaged = log();
        (damaged[at].unreadable, damaged[at].hash) = (Some(HASH_COLUMN), None);
        assert_eq!(findings(&damaged), [(seq, "unreadable")]);
        if at < 8 {
            damaged[at].row.name = "x".into();
            assert_eq!(findings(&damaged), [(seq, "unreadable"), (seq + 1, "changed")]);
        }
    }
}

#[test]
fn rows_taken_out_put_in_or_exchanged_are_found() {
    let mut gone = log();
    gone.remove(4);
    assert_eq!(findings(&gone), [(5, "missing")]);
    let mut several = log();
    several.drain(0..3);
    let report = follow(ChainVerifier::from_start(Vec::new()), &several);
    insta::assert_snapshot!(report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone())), @"rows 1 to 3 are missing");

    let mut closed = log();
    closed.remove(4);
    (4..8).for_each(|at| closed[at].row.seq -= 1);
    assert_eq!(findings(&closed)[0], (5, "changed"), "the gap closed by new numbers");

    let mut swapped = log();
    swapped.swap(3, 4);
    (swapped[3].row.seq, swapped[4].row.seq) = (4, 5);
    assert_eq!(findings(&swapped)[0], (4, "changed"), "contents exchanged");
    let mut swapped = log();
    swapped.swap(3, 6);
    assert_eq!(findings(&swapped)[0], (4, "missing"), "as a damaged index gives them");
    assert!(findings(&swapped).contains(&(4, "order")));

    let mut inserted = log();
    inserted.insert(0, RawRow { row: row(0), hash: Some([0; 32]), unreadable: None });
    inserted.insert(0, RawRow { row: row(i64::MIN), hash: None, unreadable: Some("at") });
    assert_eq!(findings(&inserted), [(i64::MIN, "extra"), (0, "extra")]);
    let mut appended = log();
    appended.push(RawRow { row: row(10), hash: Some([7; 32]), unreadable: None });
    assert_eq!(findings(&appended), [(10, "changed")]);
    appended[9].row.seq = i64::MAX;
    assert_eq!(findings(&appended), [(10, "missing")]);
}

#[test]
fn checkpoints_see_what_the_chain_alone_can_not() {
    let whole = log();
    let anchors = || [2, 5, 8].map(|seq| checkpoint(&whole, seq)).to_vec();
    let cut = &whole[..6];
    assert_eq!(findings(cut), []);
    let report = follow(ChainVerifier::from_start(anchors()), cut);
    assert_eq!((kinds(&report), report.last_checkpoint.unwrap().seq), (vec![(7, "cut")], 5));
    let text = report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone()));
    insta::assert_snapshot!(text, @"rows after 6 are missing, but the checkpoint of 1970-01-01 00:00:00 +00:00 recorded row 8");
    assert_eq!(kinds(&follow(ChainVerifier::from_start(anchors()), &[])), [(1, "cut")]);

    for (from, first, held) in [(1, 1, None), (4, 3, Some(2)), (5, 3, Some(2)), (6, 6, Some(5)), (9, 0, Some(8))] {
        let rewritten = chained(
            (1..=ROWS).map(|seq| AuditRow { name: if seq < from { "ops".into() } else { "eve".into() }, ..row(seq) }),
        );
        assert_eq!(findings(&rewritten), []);
        let report = follow(ChainVerifier::from_start(anchors()), &rewritten);
        let expected = if first == 0 { vec![] } else { vec![(first, "rewritten")] };
        assert_eq!((kinds(&report), report.last_checkpoint.map(|c| c.seq)), (expected, held), "from row {from}");
    }
    let regrown = chained((1..=6).map(row).chain((7..=12).map(|seq| AuditRow { verb: "x".into(), ..row(seq) })));
    let report = follow(ChainVerifier::from_start(anchors()), &regrown);
    let text = report.findings[0].describe(DateFormat::Iso.in_zone(&utc_zone()));
    insta::assert_snapshot!(text, @"at least one of the rows 6 to 8 was rewritten: the checkpoint of 1970-01-01 00:00:00 +00:00 still matches row 5, but the checkpoint of 1970-01-01 00:00:00 +00:00 has another hash for row 8");

    let mut replaced = log();
    replaced[2].hash.as_mut().unwrap()[0] ^= 1;
    assert_eq!(
        kinds(&follow(ChainVerifier::from_checkpoint(checkpoint(&whole, 3)), &replaced[2..]))[0],
        (1, "rewritten")
    );
    assert_eq!(kinds(&follow(ChainVerifier::from_checkpoint(checkpoint(&whole, 8)), &[])), [(8, "cut")]);
}

#[test]
fn findings_are_bounded_and_keep_what_checkpoints_show() {
    let whole = chained((1..=60).map(row));
    let mut damaged = whole.clone();
    damaged.iter_mut().for_each(|raw| raw.row.name = "\u{1b}[2J".into());
    let report = follow(ChainVerifier::from_start(vec![checkpoint(&chained((1..=70).map(row)), 70)]), &damaged);
    assert_eq!((report.findings.len(), report.omitted), (MAX_FINDINGS + 1, 40));
    assert_eq!(report.findings.last().unwrap().kind(), "cut");
    damaged[0].row.verb = "\u{1b}[2J\n".repeat(1_000);
    let text = follow(ChainVerifier::from_start(Vec::new()), &damaged).findings[0]
        .describe(DateFormat::Iso.in_zone(&utc_zone()));
    assert!(!text.chars().any(crate::domain::untrusted_text::is_control_or_bidi) && text.len() < 1_500, "{text}");
}
