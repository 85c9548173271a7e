//! Marks of all that a query finds, with exceptions.

use jeton::domain::query::sort::Sort;
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::token::Status;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb;
use jeton::verbs::ports::TokenCursor;
use jeton::verbs::tokens::{ChangeMatching, ListTokens, OwnerFilter};

use super::table::{many, names};
use crate::support::fakes::{OWNER, PASSWORD, create};
use crate::support::tui_harness::TuiHarness;

/// Returns the names of the tokens with this status in the store.
fn named(s: &TuiHarness, status: Status) -> Vec<String> {
    let filter = TokenFilter { status: Some(status), ..TokenFilter::default() };
    let (trashed, sort) = (status == Status::Deleted, Sort::default());
    let list = ListTokens { owner: OwnerFilter::All, filter, sort, trashed, cursor: TokenCursor::Start, limit: 1_000 };
    s.install.call(OWNER, list).unwrap().rows.iter().map(|token| token.name.to_string()).collect()
}

/// Returns the number of tokens with this status in the store.
fn count(s: &TuiHarness, status: Status) -> usize {
    named(s, status).iter().filter(|name| name.starts_with("t-")).count()
}

fn is_marked(s: &TuiHarness, name: &str) -> bool {
    let tokens = s.tokens();
    let row = tokens.rows.all().iter().find(|token| token.name.as_str() == name).unwrap();
    tokens.marks.contains(row, s.install.now())
}

#[test]
fn marked_query_is_changed_without_the_rows_unmarked_under_any_filter() {
    let mut s = TuiHarness::signed_in(many(300));
    s.keys("a");
    s.assert_shows("300 marked");
    s.keys("<space>");
    s.assert_shows("299 marked");
    // Another filter shows a row far away.
    s.keys("/t-0250<enter><space>");
    s.assert_shows("298 marked");
    assert!(!is_marked(&s, "t-0250"));
    s.keys("<space><space>");
    s.assert_shows("298 marked");
    // The count follows changes made elsewhere.
    s.install.call(OWNER, create("new")).unwrap();
    s.message(Msg::StoreChanged(i64::MAX));
    s.assert_shows("299 marked");
    s.keys("/<c-u>new<enter><space>/<c-u><enter>d");
    s.assert_shows("Disable 298 tokens");
    insta::assert_snapshot!(super::dialog_lines(&s));
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done(ChangeMatching::NAME));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"298 tokens disabled; the service denies any further use");
    assert!(s.tokens().marks.is_empty());
    assert_eq!(count(&s, Status::Disabled), 298);
    assert_eq!(named(&s, Status::Active), ["new", "t-0000", "t-0250"]);
    // All marked again: what is disabled is enabled.
    s.keys("a");
    s.assert_shows("301 marked");
    s.keys("<esc>/status:disabled<enter>ad");
    s.assert_shows("Enable 298 tokens");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(count(&s, Status::Active), 300);
}

#[test]
fn tokens_that_changed_since_they_were_shown_are_not_revoked() {
    let mut s = TuiHarness::signed_in(many(300));
    s.keys("ax");
    s.assert_top("revoke-tokens");
    insta::assert_snapshot!(super::dialog_lines(&s));
    s.install.call(OWNER, create("new")).unwrap();
    s.keys(&format!("300<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_top("revoke-tokens");
    assert_eq!(count(&s, Status::Deleted), 0);
    s.keys("<esc>R");
    s.assert_shows("301 marked");
    s.keys(&format!("x301<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_notice(NoticeId::Done(ChangeMatching::NAME));
    assert_eq!(count(&s, Status::Deleted), 300);
    assert!(names(&s).is_empty());
    s.keys("ta");
    s.assert_shows("301 marked");
    s.keys(&format!("<space>u{PASSWORD}<enter>"));
    assert_eq!(names(&s).len(), 1, "one stays in the trash");
}

#[test]
fn more_rows_are_marked_in_addition_to_a_query() {
    let mut s = TuiHarness::signed_in(many(300));
    s.keys("/t-<enter>a<esc><esc>");
    s.install.call(OWNER, create("other")).unwrap();
    s.keys("a");
    s.assert_shows("301 marked");
    s.keys("<esc><esc>/t-<enter>a");
    s.assert_shows("300 marked");
    s.keys("<esc>");
    assert!(s.tokens().marks.is_empty(), "Esc clears the marks first");
    s.keys("a/<c-u>other<enter>");
    assert!(!is_marked(&s, "other"));
    s.keys("<space>");
    s.assert_shows("301 marked");
    assert!(is_marked(&s, "other"));
}

#[test]
fn row_left_out_of_a_query_is_left_out_again_when_a_range_shrinks() {
    let mut s = TuiHarness::signed_in(many(300));
    s.keys("a<down><space>");
    assert!(!is_marked(&s, "t-0001"));
    s.keys("<up><up><s-down>");
    assert!(is_marked(&s, "t-0001"));
    s.keys("<s-up>");
    assert!(!is_marked(&s, "t-0001"));
    s.assert_shows("299 marked");
}
