//! Windows of the audit log, compared with a model that has all rows in memory and scans them.

use super::*;
use jeton::domain::query::audit_filter::AuditFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::verbs::ports::audit_log::{AuditQuery, AuditWindow};

const NAMES: [&str; 3] = ["ops", "Ünal", "ci_bot"];
const TARGETS: [&str; 3] = ["t:1", "t:10", "a:1"];

/// Returns a log of forty rows by three people, with times that sometimes go back.
fn log<E: Engine>() -> (E, E::S, Vec<AuditRow>) {
    let engine = E::fresh();
    let store = engine.open();
    for n in 0..40_i64 {
        let by = AuditActor { name: NAMES[n as usize % 3].to_owned(), ..tester() };
        let verb = ["token.delete", "token.create", "token.revoke", "token.create"][n as usize % 4];
        let target = TARGETS[(n / 2) as usize % 3];
        let entry = AuditEntry::new(verb, target, format!("ops/x{n}")).with("note", format!("100% Éclair {n}"));
        let at = Timestamp(1_000 * (n - if n % 7 == 0 { 5 } else { 0 }));
        store.write(&by, &|| at, |_, _| Ok(Audited::one((), entry.clone()))).unwrap();
    }
    let rows = audit_rows(&store);
    (engine, store, rows)
}

pub(super) fn holds(row: &AuditRow, query: &AuditQuery) -> bool {
    let has = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let filter = &query.filter;
    // Revoking was formerly called deleting: either word finds both.
    let verb = match row.verb.as_str() {
        "token.delete" | "token.revoke" => "token.delete token.revoke".to_owned(),
        verb => verb.to_owned(),
    };
    query.since.is_none_or(|since| row.at >= since)
        && query.target.as_ref().is_none_or(|t| row.target == *t)
        && filter.words.iter().all(|w| [&row.name, &verb, &row.target_name, &row.details].iter().any(|t| has(t, w)))
        && filter.verb.as_ref().is_none_or(|v| has(&verb, v))
        && filter.actor.as_ref().is_none_or(|b| has(&row.name, b))
        && filter.target.as_ref().is_none_or(|t| has(&row.target_name, t) || row.target == *t)
}

/// Returns the numbers of the matching rows, and if there are older and newer ones.
fn model(rows: &[AuditRow], query: &AuditQuery) -> (Vec<i64>, bool, bool) {
    let found: Vec<i64> = rows.iter().filter(|r| holds(r, query)).map(|r| r.seq).collect();
    let (limit, count) = (query.limit, found.len());
    let split = |seq: i64| found.partition_point(|s| *s < seq);
    let (from, to) = match query.cursor {
        PageCursor::Oldest => (0, limit.min(count)),
        PageCursor::Newest => (count - limit.min(count), count),
        PageCursor::Older(seq) => (split(seq) - limit.min(split(seq)), split(seq)),
        PageCursor::Newer(seq) => (split(seq + 1), (split(seq + 1) + limit).min(count)),
        PageCursor::Around(seq) => {
            let at = split(seq);
            let after = (count - at).min(limit - at.min(limit / 2));
            (at - at.min(limit - after), at + after)
        }
    };
    let older = from > 0 || matches!(query.cursor, PageCursor::Newer(_));
    let newer = to < count || matches!(query.cursor, PageCursor::Older(_));
    (found[from..to].to_vec(), older, newer)
}

/// Every anchor, filter and limit gives the same result as scanning each row.
pub fn audit_windows_agree_with_a_model<E: Engine>() {
    let (_engine, store, rows) = log::<E>();
    let (mut asked, mut seen_ids) = (0, 0);
    let texts = [
        "",
        "by:ops",
        "verb:delete",
        "verb:revoke",
        "by:ünal éclair",
        "target:t:1",
        "target:x1 CREATE",
        "100%",
        "_",
        "ci_b x",
    ];
    for text in texts {
        for since in [None, Some(Timestamp(i64::MIN)), Some(Timestamp(20_000)), Some(Timestamp(99_000))] {
            for target in [None, Some("t:1".to_owned()), Some("t:2".to_owned())] {
                for seq in [i64::MIN, 0, 1, 17, 40, 41, i64::MAX - 1] {
                    use PageCursor::{Around, Newer, Newest, Older, Oldest};
                    for anchor in [Oldest, Newest, Older(seq), Newer(seq), Around(seq)] {
                        for limit in [0, 1, 6, 100] {
                            let (filter, target) = (AuditFilter::parse(text), target.clone());
                            let query = AuditQuery { since, target, filter, cursor: anchor, limit };
                            let found: AuditWindow = store.read(|s| s.audit_window(&query)).unwrap();
                            let seqs: Vec<i64> = found.rows.iter().map(|c| c.row.seq).collect();
                            let expected = model(&rows, &query);
                            assert_eq!((seqs, found.older, found.newer), expected, "{query:?}");
                            assert_eq!(found.newest, 40);
                            asked += 1;
                            seen_ids += usize::from(!found.rows.is_empty());
                        }
                    }
                }
            }
        }
    }
    assert!(seen_ids > asked / 10 && seen_ids < asked * 9 / 10, "{seen_ids} of {asked}");
}

/// Rows are returned raw, a page at a time, and the head is the last row.
pub fn the_log_is_read_raw<E: Engine>() {
    let (_engine, store, rows) = log::<E>();
    store
        .read(|s| {
            assert_eq!((s.audit_head()?, s.audit_schema_error()?), (40, None));
            let page = s.audit_page(Some(10), 5)?;
            assert!(!page.is_torn && page.rows.iter().all(|r| r.unreadable.is_none() && r.hash.is_some()));
            let read: Vec<&AuditRow> = page.rows.iter().map(|r| &r.row).collect();
            assert_eq!(read, rows[10..15].iter().collect::<Vec<_>>());
            assert_eq!(s.audit_page(None, 1_000)?.rows.len(), 40);
            assert!(s.audit_page(Some(40), 5)?.rows.is_empty());
            Ok(())
        })
        .unwrap();
    assert_eq!(E::fresh().open().read(|s| s.audit_head()).unwrap(), 0);
}
