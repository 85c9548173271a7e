//! Lists with more matches than the counting limit.

use super::planned_tokens::{insert_planned, thirty};
use super::token_windows::{model, query};
use super::*;

/// Number of rows of a page.
const PAGE: u64 = 2_000;
/// Maximum number of matches counted.
pub(super) const MAX_EXACT_COUNT: u64 = 10_000;

pub fn matches_are_counted_up_to_a_bound<E: Engine>() {
    let f = Fixture::<E>::new();
    let (owner, member) = (f.account("owner"), f.account("member").id);
    let many = MAX_EXACT_COUNT + 300;
    change(&f.store, |tx| {
        for n in 0..many {
            add_token(tx, if n % 2 == 0 { owner.id } else { member }, &format!("t-{n:05}"), Expiry::Never)?;
        }
        Ok(())
    })
    .unwrap();
    let window = |anchor, text: &str| {
        let query = WindowQuery {
            visibility: visibility(&owner),
            account: None,
            filter: TokenFilter::parse(text),
            bounds: Default::default(),
            sort: Sort::default(),
            trashed: false,
            now: START,
            cursor: anchor,
            limit: PAGE as usize,
        };
        f.store.read(|s| s.window(&query)).unwrap()
    };
    let whole = window(TokenCursor::Start, "");
    assert_eq!((whole.total, whole.matching, whole.matching_is_lower_bound), (many, many, false));
    let few = window(TokenCursor::Start, "t-0000");
    assert_eq!((few.total, few.matching, few.matching_is_lower_bound), (many, 10, false));
    for text in ["t-", "status:active", "seen:never"] {
        let first = window(TokenCursor::Start, text);
        assert_eq!(
            (first.total, first.matching, first.matching_is_lower_bound),
            (many, MAX_EXACT_COUNT, true),
            "{text}"
        );
        // From the start, the position is exact to the end. From the end, the position at least shows if more rows are
        // above.
        let (mut window_at, mut seen_ids) = (first, 0);
        while window_at.position + (window_at.rows.len() as u64) < window_at.matching {
            let last = window_at.rows.last().unwrap();
            let at = window_at.position + window_at.rows.len() as u64 - 1;
            assert_eq!(last.name.as_str(), format!("t-{at:05}"));
            window_at = window(TokenCursor::Around(last.id, Some(at)), text);
            seen_ids += 1;
            assert!(seen_ids < 1_000, "no end comes");
        }
        assert_eq!(window_at.rows.last().unwrap().name.as_str(), format!("t-{:05}", many - 1));
        let mut window_at = window(TokenCursor::End, text);
        assert_eq!(window_at.rows.last().unwrap().name.as_str(), format!("t-{:05}", many - 1));
        while window_at.position > 0 {
            let first = window_at.rows.first().unwrap();
            window_at = window(TokenCursor::Around(first.id, Some(window_at.position)), text);
        }
        assert_eq!(window_at.rows.first().unwrap().name.as_str(), "t-00000");
    }
}

/// A position from before other changes: a window never claims to begin before the list does, or to end after it. The
/// window's flags for more rows on either side are also correct.
pub fn a_stale_position_hides_nothing<E: Engine>() {
    let f = Fixture::<E>::new();
    let tokens = insert_planned(&f, &thirty());
    let reader = f.account("owner");
    for text in ["", "status:active"] {
        let query = query(&reader, &TokenFilter::parse(text), Sort::default(), false, 4);
        let whole = model(&tokens, &WindowQuery { limit: 100, ..query.clone() }).rows;
        for token in &whole {
            for told in [0, 1, 7, 1_000, u64::MAX] {
                let query = WindowQuery { cursor: TokenCursor::Around(token.id, Some(told)), ..query.clone() };
                let got = f.store.read(|s| s.window(&query)).unwrap();
                let wanted = model(&tokens, &query);
                assert_eq!((&got.rows, got.matching), (&wanted.rows, wanted.matching));
                let ends = |w: &Window| (w.position == 0, w.position + w.rows.len() as u64 == w.matching);
                assert_eq!(ends(&got), ends(&wanted), "{told}");
                assert!(got.position + got.rows.len() as u64 <= got.matching);
            }
        }
    }
}
