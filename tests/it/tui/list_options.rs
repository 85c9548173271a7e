//! Filter and order of the token table.

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::query::sort::SortColumn;
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::time::DAY;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::ports::TokenCursor;
use jeton::verbs::tokens::{ListTokens, OwnerFilter};

use super::table::{install, many, names, revoke};
use super::{lines_of, table_text};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn filter_for_revoked_tokens_leads_to_the_trash() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("/status:revoked");
    s.assert_shows("in the trash: t shows it");
    s.keys("<enter>t");
    s.assert_hides("in the trash: t");
}

#[test]
fn mine_expiring_and_stale_combine_with_the_filter() {
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
    insta::assert_snapshot!(lines_of(&s, "↓ name"), @"/                     mine · 2 match of 2 · 2 of 10 active · ! 1 soon   ↓ name");
    s.keys("E");
    assert_eq!(names(&s), ["soon"]);
    insta::assert_snapshot!(lines_of(&s, "↓ expires"), @"/                             mine · expiring · 1 match · ! 1 soon   ↓ expires");
    s.keys("ES");
    assert_eq!(names(&s), ["old"]);
    s.keys("A/ci<enter>");
    assert_eq!(names(&s), ["ci-old"]);
    insta::assert_snapshot!(lines_of(&s, "↓ name"), @"/ ci                 stale · 1 match of 3 · 2 of 10 active · ! 1 soon   ↓ name");
    s.keys("/<c-u>nobody<enter>");
    insta::assert_snapshot!(table_text(&s), @r#"Nothing matches "nobody" among tokens that are stale.  Esc clears the filter."#);
    s.keys("<esc>");
    assert_eq!(names(&s).len(), 3);
}

#[test]
fn tab_completes_fields_values_and_methods() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    install.issue(OWNER, "later");
    let soon = jeton::verbs::tokens::CreateToken {
        expires: Some(ExpirySpec::parse("3d").unwrap()),
        ..crate::support::fakes::create("soon")
    };
    install.call(OWNER, soon).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("/ex<tab>");
    s.keys("<7d");
    s.assert_shows("/ expires:<7d");
    assert_eq!(names(&s), ["soon"]);
    s.keys("<c-u>is:<tab>");
    s.assert_shows("is:stale  is:expiring  is:tried");
    s.keys("expi<tab>");
    s.assert_shows("/ is:expiring ");
    assert_eq!(names(&s), ["soon"]);
    s.keys("<c-u>meth<tab>environment.control.sto<tab>");
    assert_eq!(s.tokens().filter.text(), "method:environment.control.StopEnv ");
    s.keys("<c-u>dep<tab>");
    assert!(s.tokens().filter.is_typing(), "nothing to complete: the letters that follow are no keys");
    assert_eq!(names(&s), ["deploy"]);
    s.keys("<c-u><tab>");
    s.assert_shows("status:  account:  method:");
}

#[test]
fn mine_has_no_effect_for_a_member() {
    let install = TestInstall::new();
    install.account("ci", Role::Member);
    install.issue("ci", "own");
    let mut s = TuiHarness::signed_out(install);
    s.keys(&format!("<s-tab><c-u>ci<tab>{PASSWORD}<enter>"));
    s.assert_signed_in("ci", "member");
    s.keys("A");
    assert!(!s.tokens().source.options.mine);
}

/// Returns the names under the cursor while `key` is pressed, until the cursor reaches `end`.
fn names_passed(s: &mut TuiHarness, key: &str, upwards: bool, end: &str) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..200 {
        let tokens = s.tokens();
        let mut rows: Vec<String> = tokens
            .rows
            .cursor()
            .visible_rows(16)
            .filter_map(|at| tokens.rows.all().get(at))
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
    panic!("the cursor never reached {end}:\n{}", s.text());
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
            let sort = s.tokens().source.options.sort;
            assert_eq!((sort.column, sort.descending), (column, usual != (turned == "<space>")));
            s.assert_shows(&format!("{} {}", if turned.is_empty() { "↓" } else { "↑" }, column.as_str()));
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
            assert_eq!(names_passed(&mut s, "<pgdn>", false, &wanted[449]), wanted, "{sort:?} down");
            s.assert_shows("450 of 450");
            wanted.reverse();
            s.keys("gG");
            assert_eq!(names_passed(&mut s, "<pgup>", true, &wanted[449]), wanted, "{sort:?} up");
            s.assert_shows("1 of 450");
        }
    }
    s.keys("sj<esc>");
    assert_eq!(s.tokens().source.options.sort.column, SortColumn::Hint, "Esc keeps the order");
}

#[test]
fn footer_has_the_main_keys_at_80_columns() {
    let s = TuiHarness::signed_in(install(&["a"]));
    insta::assert_snapshot!(s.footer(), @"n New  e Edit  c Copy  r Regenerate  d Disable  x Revoke  ? Help  q Quit");
}

#[test]
fn names_of_accounts_are_completed_in_filters() {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("/account:vi<tab>");
    assert!(s.filter_line().contains("/ account:viewer "), "{}", s.filter_line());
    let sent = s.requests.iter().filter(|verb| **verb == "account.list").count();
    s.keys("<c-u>account:me<tab>");
    assert!(s.filter_line().contains("/ account:member "), "{}", s.filter_line());
    assert_eq!(s.requests.iter().filter(|verb| **verb == "account.list").count(), sent, "they are known by now");
    s.keys("<esc>3/by:o<tab>");
    assert!(s.filter_line().contains("/ by:ops "), "{}", s.filter_line());
    s.keys("<esc>2/role:ad<tab>");
    assert!(s.filter_line().contains("/ role:admin "), "{}", s.filter_line());
}

#[test]
fn cursor_goes_to_the_restored_token_or_back_to_its_place() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "d"]));
    let current = |s: &TuiHarness| s.tokens().current().unwrap().name.to_string();
    revoke(&s, "b");
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("<down><down>t");
    assert_eq!(current(&s), "b");
    s.keys("t");
    assert_eq!(current(&s), "d", "nothing was restored");
    s.keys(&format!("tu{PASSWORD}<enter>t"));
    assert_eq!(current(&s), "b");
    s.keys(&format!("<down>xc<tab>{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done("token.revoke"));
    revoke(&s, "a");
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys("t");
    assert_eq!((names(&s), current(&s)), (vec!["a".to_owned(), "c".to_owned()], "c".to_owned()));
}
