//! Checkpoints of a log that a restore replaced.

use super::restore_row::{RESTORE_TARGET, RESTORE_VERB, format_row_hash};
use super::tests::{chained, checkpoint, follow, kinds, row};
use super::*;

/// Number of the backup's last row.
const BACKUP: i64 = 5;
/// Number of the last row of the log that is replaced.
const END: i64 = 12;

/// The log that is replaced.
fn replaced_log() -> Vec<RawRow> {
    chained((1..=END).map(row))
}

/// A restore as row `seq`, after the last row of `replaced`.
fn restore_row(seq: i64, replaced: &[RawRow], lost_after: i64, lost_to: Option<i64>) -> AuditRow {
    let last = replaced.last().unwrap();
    let text = format_row_hash(last.row.seq, &last.hash.unwrap());
    AuditRow {
        at: last.row.at.plus(500),
        verb: RESTORE_VERB.into(),
        target: RESTORE_TARGET.into(),
        target_name: "jeton-2026.db".into(),
        details: serde_json::json!({"replaced": text, "lost_after": lost_after, "lost_to": lost_to}).to_string(),
        ..row(seq)
    }
}

/// The rows of a backup, the restore, and `later` more rows.
fn restored(later: i64) -> Vec<AuditRow> {
    let restore = restore_row(BACKUP + 1, &replaced_log(), BACKUP, Some(END));
    let at = restore.at;
    let later = (1..=later).map(|n| AuditRow { at: at.plus(n), ..row(BACKUP + 1 + n) });
    (1..=BACKUP).map(row).chain([restore]).chain(later).collect()
}

/// A checkpoint that was made when its row was the last one.
fn anchor(log: &[RawRow], seq: i64) -> Checkpoint {
    Checkpoint { at: log[seq as usize - 1].row.at, ..checkpoint(log, seq) }
}

fn verify(checkpoints: &[Checkpoint], log: &[RawRow]) -> ChainReport {
    follow(ChainVerifier::from_start(checkpoints.to_vec()), log)
}

#[test]
fn restore_explains_checkpoints_of_the_log_that_it_replaced() {
    let (old, new) = (replaced_log(), chained(restored(3)));
    // Rows 6 to 9 are other ones now, rows 10 to 12 are missing.
    let anchors = [anchor(&old, 2), anchor(&old, 7), anchor(&old, 11), anchor(&old, END), anchor(&new, 8)];
    let report = verify(&anchors, &new);
    assert_eq!((kinds(&report), report.last_checkpoint.unwrap().seq), (vec![], 8));
    let [restore] = report.restores.as_slice() else { panic!("{:?}", report.restores) };
    assert_eq!((restore.seq, restore.checkpoints, restore.file.as_str()), (6, 3, "jeton-2026.db"));
    // Without such checkpoints there is nothing to explain.
    assert_eq!(verify(&[anchor(&old, 2), anchor(&new, 6)], &new).restores, []);
    // A log that goes on beyond the old end.
    let longer = chained(restored(10));
    assert_eq!(kinds(&verify(&anchors[..4], &longer)), []);
}

#[test]
fn restore_explains_nothing_else() {
    let old = replaced_log();
    let anchors = [anchor(&old, 2), anchor(&old, 7), anchor(&old, END)];
    let new = |change: &dyn Fn(&mut Vec<AuditRow>)| {
        let mut rows = restored(3);
        change(&mut rows);
        kinds(&verify(&anchors, &chained(rows)))
    };
    assert_eq!(new(&|_| {}), []);
    // The log was cut, and no row says why.
    assert_eq!(new(&|rows| rows.truncate(BACKUP as usize)), [(6, "cut")]);
    assert_eq!(new(&|rows| rows[5].verb = "token.create".into())[0], (3, "rewritten"));
    assert_eq!(new(&|rows| rows[5].target = "t:1".into())[0], (3, "rewritten"));
    // Rows before the restore were rewritten.
    assert_eq!(new(&|rows| rows[1].name = "eve".into()), [(1, "rewritten")]);
    // The details can't be read, or name another log.
    for details in ["", "{}", r#"{"replaced":"12"}"#, r#"{"replaced":null,"lost_after":6}"#, r#"{"replaced":7}"#] {
        assert_eq!(new(&|rows| rows[5].details = details.into())[0].1, "rewritten", "{details}");
    }
    let other = |details: &str| new(&|rows| rows[5].details = details.replace("HASH", &"07".repeat(32)));
    assert_eq!(other(r#"{"replaced":"11:HASH","lost_after":5,"lost_to":11}"#), [(10, "cut")]);
    assert_eq!(other(r#"{"replaced":"13:HASH","lost_after":7,"lost_to":13}"#), [(3, "rewritten"), (10, "cut")]);
    assert_eq!(other(r#"{"replaced":"13:HASH"}"#), []);
    // The row itself doesn't match its hash, or is not chained to the rows before.
    let mut forged = chained(restored(3));
    forged[5].row.at = forged[5].row.at.plus(1);
    assert_eq!(kinds(&verify(&anchors, &forged))[..2], [(6, "changed"), (3, "rewritten")]);
    let mut gap = chained(restored(3));
    gap.remove(4);
    assert!(kinds(&verify(&anchors, &gap)).contains(&(10, "cut")));
    // Read from a checkpoint on, the rows before the restore are not verified.
    let new = chained(restored(3));
    let report = follow(ChainVerifier::from_checkpoint(anchor(&old, 6)), &new[5..]);
    assert_eq!(kinds(&report), [(1, "rewritten")]);
}

#[test]
fn restore_does_not_explain_checkpoints_made_after_it() {
    let (old, new) = (replaced_log(), chained(restored(4)));
    let anchors = [anchor(&old, 2), anchor(&old, END), anchor(&new, 7), anchor(&new, 9)];
    assert_eq!(kinds(&verify(&anchors, &new)), []);
    assert_eq!(kinds(&verify(&anchors, &new[..8])), [(9, "cut")]);
    // The row of the restore is cut off, too.
    assert_eq!(kinds(&verify(&anchors, &new[..5])), [(6, "cut")]);
    let mut rewritten = restored(4);
    rewritten[7].name = "eve".into();
    assert_eq!(kinds(&verify(&anchors, &chained(rewritten))), [(8, "rewritten")]);
    // Even if the clock was set back meanwhile: the anchor's order shows it.
    let early = Checkpoint { at: Timestamp(1), ..anchor(&new, 9) };
    let anchors = [anchor(&old, END), anchor(&new, 7), early];
    assert_eq!(kinds(&verify(&anchors, &new)), []);
    assert_eq!(kinds(&verify(&anchors, &new[..8])), [(9, "cut")]);
}

#[test]
fn restore_of_an_unreadable_store_explains_every_later_number() {
    let old = replaced_log();
    let mut rows = restored(1);
    rows[5].details = r#"{"replaced":null,"lost_after":5,"lost_to":null}"#.into();
    let new = chained(rows);
    assert_eq!(kinds(&verify(&[anchor(&old, 2), anchor(&old, 6), anchor(&old, END)], &new)), []);
    let late = Checkpoint { at: new[5].row.at, ..anchor(&old, END) };
    assert_eq!(kinds(&verify(&[late], &new)), [(8, "cut")]);
}

/// The same backup is restored twice, and the row of the first restore is lost. Then the first log is put back.
#[test]
fn later_restore_explains_what_a_lost_restore_explained() {
    let (first, second) = (replaced_log(), chained(restored(2)));
    let again = AuditRow { at: second[7].row.at.plus(1), ..restore_row(6, &second, BACKUP, Some(END)) };
    let third = chained((1..=BACKUP).map(row).chain([again.clone()]));
    let anchors = [anchor(&first, 4), anchor(&first, END), anchor(&second, 8), anchor(&third, 6)];
    let report = verify(&anchors, &third);
    assert_eq!((kinds(&report), report.restores[0].checkpoints), (vec![], 2));

    let back = AuditRow { at: again.at.plus(1), ..restore_row(END + 1, &third, BACKUP, Some(END)) };
    let fourth = chained((1..=END).map(row).chain([back]));
    let report = verify(&anchors, &fourth);
    assert_eq!((kinds(&report), report.last_checkpoint.unwrap().seq, report.restores[0].seq), (vec![], END, END + 1));
}
