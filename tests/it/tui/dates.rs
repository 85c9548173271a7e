//! The format of dates on screen.

use jeton::domain::date_format::DateFormat;
use jeton::tui::theme::Theme;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Opens the screens over one token, with dates in `format`.
fn signed_in(format: DateFormat) -> TuiHarness {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::with_config(install, Theme::colour(), |start| start.dates = format);
    s.keys(&format!("{PASSWORD}<enter>"));
    s
}

/// Each place that shows a date: the keys that open it, and the date in both formats.
const PLACES: [(&str, &str, &str); 5] = [
    ("3", "2026-11-21 09:30:00 +00:00", "21-11-2026 09:30:00 (+00:00)"),
    ("3<enter>", "2026-11-21 09:30:00 +00:00", "21-11-2026 09:30:00 (+00:00)"),
    ("<enter>", "since 2026-11-21", "since 21-11-2026"),
    ("e", "since 2026-11-21", "since 21-11-2026"),
    ("r<s-tab><s-tab><right>", "ends at 2026-11-21 10:30:00 +00:00", "ends at 21-11-2026 10:30:00 (+00:00)"),
];

#[test]
fn dates_follow_the_setting_in_every_place() {
    for (keys, iso, dmy) in PLACES {
        for (format, shown, hidden) in [(DateFormat::Iso, iso, dmy), (DateFormat::Dmy, dmy, iso)] {
            let mut s = signed_in(format);
            s.keys(keys);
            s.assert_shows(shown);
            s.assert_hides(hidden);
        }
    }
}

#[test]
fn typed_expiry_is_read_in_both_forms_under_either_setting() {
    for (format, example, until) in
        [(DateFormat::Iso, "2027-12-31", "2029-12-30"), (DateFormat::Dmy, "31-12-2027", "30-12-2029")]
    {
        for typed in ["2029-12-30", "30-12-2029"] {
            let mut s = signed_in(format);
            s.keys("nci<tab><tab><right><right><right><tab>");
            s.assert_shows(example);
            s.keys(typed);
            assert!(s.text().matches(until).count() > usize::from(typed == until), "{}", s.text());
        }
    }
}

#[test]
fn table_columns_have_the_same_widths_in_both_formats() {
    let column_of = |format: DateFormat| {
        let mut s = signed_in(format);
        s.resize(120, 35);
        s.keys("3");
        let text = s.text();
        let row = text.lines().find(|line| line.contains("token.create") && line.contains("ops/bot")).unwrap();
        row.find("ops").unwrap()
    };
    assert_eq!(column_of(DateFormat::Iso), column_of(DateFormat::Dmy));
}
