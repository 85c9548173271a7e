//! The look that is remembered: order, columns and saved filters.

use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::tui::view_state::{MAX_FILTERS, SavedFilter, ViewChange};

use super::table::install;
use super::{dialog_lines, table_text};
use crate::support::fakes::PASSWORD;
use crate::support::tui_harness::TuiHarness;

#[test]
fn order_and_columns_are_remembered() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    s.keys("ss<enter>");
    let by_status = Sort { column: SortColumn::Status, descending: false };
    assert_eq!(s.saved_view.as_ref().map(|state| state.sort), Some(by_status));
    s.assert_shows("ACCOUNT");
    s.keys("C<down>");
    insta::assert_snapshot!("columns", s.dump());
    s.keys("<space><esc>");
    s.assert_hides("ACCOUNT");
    s.resize(200, 40);
    s.assert_hides("ACCOUNT");
    let state = s.saved_view.clone().unwrap();
    assert_eq!(state.hidden_columns, ["ACCOUNT"]);

    // The next start.
    let mut s = TuiHarness::with_config(s.install, Theme::colour(), |_| ());
    s.app.model.view_state = state;
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_hides("ACCOUNT");
    s.assert_shows("↓ status");
    s.keys("C<down> <enter>");
    s.assert_shows("[ ] ACCOUNT");
    s.keys(" <esc>");
    s.assert_shows("ACCOUNT");
    assert_eq!(s.saved_view.clone().unwrap().hidden_columns, [""; 0]);
}

#[test]
fn order_of_the_expiring_tokens_is_for_a_while() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    s.keys("EE");
    assert_eq!(s.saved_view, None);
}

#[test]
fn filters_are_saved_chosen_and_removed() {
    let mut s = TuiHarness::signed_in(install(&["build", "deploy"]));
    s.keys("F");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Saved filters
    No saved filters yet.  / begins a filter, and Ctrl-s saves the filter.
    ");
    s.keys("<enter>d<esc>/<c-s>");
    s.assert_notice(NoticeId::NoEffect);
    s.keys("dep<c-s><enter>");
    s.assert_top("save-filter");
    s.keys("my bots<enter>");
    s.assert_no_dialog();
    let saved = SavedFilter { screen: "tokens".to_owned(), name: "my bots".to_owned(), text: "dep".to_owned() };
    assert_eq!(s.saved_view.clone().unwrap().filters, [saved]);
    // The field still has the focus.
    s.keys("l<c-u>build<c-s>my bots");
    s.assert_shows("will be replaced");
    s.keys("<c-u>builds<enter><esc>");
    assert!(table_text(&s).contains("deploy"));
    s.keys("F");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Saved filters
    ▶ my bots                 dep
      builds                  build
    ");
    s.keys("<down><enter>");
    assert!(table_text(&s).contains("build") && !table_text(&s).contains("deploy"), "{}", s.text());
    s.keys("Fd<esc>");
    assert_eq!(s.saved_view.clone().unwrap().filters.len(), 1);
    // Filters of other screens are others.
    s.keys("2F");
    s.assert_shows("No saved filters yet.");
}

#[test]
fn filters_are_bounded() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    for n in 0..MAX_FILTERS {
        let filter = SavedFilter { screen: "audit".to_owned(), name: n.to_string(), text: "a".to_owned() };
        s.app.model.view_state.apply(&ViewChange::SaveFilter(filter)).unwrap();
    }
    s.keys("/a<c-s>one more<enter>");
    s.assert_notice(NoticeId::NoEffect);
    assert_eq!(s.saved_view, None);
}
