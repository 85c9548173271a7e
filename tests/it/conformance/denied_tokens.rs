//! Tokens of which a dead secret is still tried.

use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::sort::SortColumn;
use jeton::domain::time::DAY;
use jeton::verbs::ports::Denial;

use super::token_windows::query;
use super::*;

pub(super) fn deny<E: Engine>(f: &Fixture<E>, token: Option<&Token>, reason: &str, address: &str, at: Timestamp) {
    let denied = Denial {
        token: token.map(|token| token.id),
        secret: None,
        count: 2,
        reason,
        at,
        method: "m.One",
        address,
        client: "c",
    };
    f.store.write_usage(|b| b.record_denial(&denied)).unwrap();
}

pub fn tokens_still_tried_are_found<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = |account, name| f.token(account, name, Expiry::Never);
    let (off, works, rotated) = (token("member", "off"), token("owner", "works"), token("viewer", "rotated"));
    let (expired, old, gone) =
        (f.token("member", "expired", Expiry::At(START)), token("owner", "old"), token("owner", "gone"));
    for token in [&off, &old] {
        f.update(&Token { enabled: false, ..f.get(token.id) }).unwrap();
    }
    f.update(&Token { deleted_at: Some(START), ..f.get(gone.id) }).unwrap();
    let ago = |millis: i64| START.plus(-millis);
    deny(&f, Some(&off), "disabled", "a", ago(DAY));
    deny(&f, Some(&off), "disabled", "a", ago(3 * DAY));
    deny(&f, Some(&off), "not-permitted", "a", START);
    deny(&f, Some(&works), "disabled", "a", START);
    deny(&f, Some(&works), "not-permitted", "a", START);
    deny(&f, Some(&rotated), "retired", "a", ago(7 * DAY));
    deny(&f, Some(&expired), "disabled", "a", ago(1));
    deny(&f, Some(&old), "disabled", "a", ago(8 * DAY));
    deny(&f, Some(&gone), "deleted", "a", ago(5));
    deny(&f, None, "unknown", "a", START);
    let tried = TokenFilter::parse("is:tried");
    let reader = f.account("owner");
    for descending in [false, true] {
        for column in SortColumn::ALL {
            let list = |filter: &TokenFilter, trashed| {
                let sort = Sort { column, descending };
                f.store.read(|s| s.window(&query(&reader, filter, sort, trashed, 10))).unwrap()
            };
            let found = list(&tried, false);
            let mut ids: Vec<TokenId> = found.rows.iter().map(|token| token.id).collect();
            ids.sort();
            assert_eq!((ids, found.matching), (vec![off.id, rotated.id, expired.id], 3), "{column:?}");
            let at = [(off.id, ago(DAY)), (rotated.id, ago(7 * DAY)), (expired.id, ago(1))];
            assert_eq!(found.still_tried, at.into());
            assert_eq!(list(&TokenFilter::default(), false).still_tried, at.into());
            assert_eq!(list(&tried, true).still_tried, [(gone.id, ago(5))].into());
            let named = TokenFilter::parse("is:tried account:viewer");
            assert_eq!(list(&named, false).rows.iter().map(|token| token.id).collect::<Vec<_>>(), [rotated.id]);
        }
    }
    let count = |name: &str| {
        let visibility = visibility(&f.account(name));
        f.store.read(|s| s.visible_counts(&visibility, START, START)).unwrap().still_tried
    };
    assert_eq!(["owner", "admin", "member", "viewer"].map(count), [3, 3, 2, 1]);
    let states = f.store.read(|s| s.matching(&query(&reader, &tried, Sort::default(), false, 10))).unwrap();
    assert_eq!(states.iter().map(|state| state.token).collect::<Vec<_>>(), [off.id, rotated.id, expired.id]);
}
