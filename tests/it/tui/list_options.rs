//! Filter and order of the token table.

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::role::Role;
use jeton::domain::sort::SortColumn;
use jeton::domain::time::DAY;
use jeton::domain::token_filter::TokenFilter;
use jeton::verbs::ports::TokenCursor;
use jeton::verbs::tokens::{ListTokens, OwnerFilter};

use super::table::{install, many, names};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn mine_expiring_and_stale_are_a_key_each_and_go_with_the_filter() {
    let install = TestInstall::new();
    install.account("ci", Role::Member);
    install.issue("ci", "ci-old");
    install.issue(OWNER, "old");
    install.fakes.clock.advance(91 * DAY);
    let soon = jeton::verbs::tokens::CreateToken {
        expires: Some(ExpirySpec::parse("7d").unwrap()),
        ..crate::support::fakes::create("soon")
    };
    install.call(OWNER, soon).unwrap();
    let mut s = TuiHarness::signed_in(install);
    assert_eq!(names(&s), ["ci-old", "old", "soon"]);
    s.keys("A");
    assert_eq!(names(&s), ["old", "soon"]);
    s.assert_shows("mine · 2 match of 2");
    s.keys("E");
    assert_eq!(names(&s), ["soon"]);
    s.assert_shows("mine · expiring · 1 match");
    s.keys("ES");
    assert_eq!(names(&s), ["old"]);
    s.keys("A/ci<enter>");
    assert_eq!(names(&s), ["ci-old"]);
    s.assert_shows("stale · 1 match of 3");
    s.keys("/<c-u>nobody<enter>");
    s.assert_shows("Nothing matches \"nobody\" and is stale.  Esc clears the filter.");
    s.keys("<esc>");
    assert_eq!(names(&s).len(), 3);
}

#[test]
fn mine_is_no_key_for_who_manages_nobody() {
    let install = TestInstall::new();
    install.account("ci", Role::Member);
    install.issue("ci", "own");
    let mut s = TuiHarness::signed_out(install);
    s.keys(&format!("<s-tab><c-u>ci<tab>{PASSWORD}<enter>"));
    s.assert_shows("ci@prod-1 · member");
    s.keys("A");
    s.assert_hides("mine");
}

/// Returns the names under the cursor while `key` is pressed, until the cursor reaches `end`.
fn come_by(s: &mut TuiHarness, key: &str, upwards: bool, end: &str) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..200 {
        let tokens = s.model.tokens().unwrap();
        let mut rows: Vec<String> = tokens
            .cursor
            .visible_rows(16)
            .filter_map(|at| tokens.window.rows.get(at))
            .map(|t| t.name.to_string())
            .collect();
        if upwards {
            rows.reverse();
        }
        for name in rows {
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        if tokens.current().unwrap().name.as_str() == end {
            return seen;
        }
        s.keys(key);
    }
    panic!("{end} never came by:\n{}", s.text());
}

#[test]
fn every_order_scrolls_through_several_windows_down_and_up() {
    let install = many(450);
    let db = install.raw_connection();
    db.execute("UPDATE tokens SET expires_at = expires_at + (id * 7919 % 450) * 60000", []).unwrap();
    drop(db);
    let mut s = TuiHarness::signed_in(install);
    for (at, column) in SortColumn::ALL.into_iter().enumerate() {
        let usual = matches!(column, SortColumn::LastSeen | SortColumn::Created);
        for turned in ["", "<space>"] {
            s.keys(&format!("s{}{}{turned}<enter>", "k".repeat(8), "j".repeat(at)));
            let sort = s.model.tokens().unwrap().options.sort;
            assert_eq!((sort.column, sort.descending), (column, usual != (turned == "<space>")));
            s.assert_shows(&format!("{} {}", if sort.descending { "↑" } else { "↓" }, column.as_str()));
            let all = ListTokens {
                owner: OwnerFilter::All,
                filter: TokenFilter::default(),
                sort,
                trashed: false,
                cursor: TokenCursor::Start,
                limit: 1_000,
            };
            let listed = s.install.call(OWNER, all).unwrap().rows;
            let mut wanted: Vec<String> = listed.iter().map(|t| t.name.to_string()).collect();
            assert_eq!(come_by(&mut s, "<pgdn>", false, &wanted[449]), wanted, "{sort:?} down");
            s.assert_shows("450 of 450");
            wanted.reverse();
            s.keys("gG");
            assert_eq!(come_by(&mut s, "<pgup>", true, &wanted[449]), wanted, "{sort:?} up");
            s.assert_shows("1 of 450");
        }
    }
    s.keys("sj<esc>");
    assert_eq!(s.model.tokens().unwrap().options.sort.column, SortColumn::Hint, "Esc leaves it");
}

#[test]
fn the_footer_has_what_matters_most_at_80_columns() {
    let s = TuiHarness::signed_in(install(&["a"]));
    let text = s.text();
    let footer = text.lines().last().unwrap();
    for key in ["n New", "e Edit", "c Copy", "r Regen", "d Disable", "x Remove", "/ Filter", "? Help", "q Quit"] {
        assert!(footer.contains(key), "{key} is not in {footer:?}");
    }
}
