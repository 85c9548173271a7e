//! The screens survive any input.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use jeton::domain::expiry::ExpirySpec;
use jeton::domain::name::Description;
use jeton::tui::msg::Msg;
use jeton::tui::screen::tokens::Tokens;
use jeton::tui::theme::Theme;
use proptest::prelude::*;
use proptest::test_runner::Config;
use zeroize::Zeroizing;

use crate::support::fakes::{OWNER, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

#[derive(Debug, Clone)]
enum RandomEvent {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEventKind, u16, u16),
    Resize(u16, u16),
    Time(i64),
    Resumed,
}

fn random_event() -> impl Strategy<Value = RandomEvent> {
    let code = prop_oneof![
        8 => prop::sample::select("nrdx/?:CFyvslqRgGjk 12345fauUzhmhtpAESowW".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        6 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
            KeyCode::Delete, KeyCode::F(5), KeyCode::Insert,
        ]),
        2 => any::<char>().prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::SHIFT),
        1 => Just(KeyModifiers::ALT | KeyModifiers::SHIFT),
    ];
    let kind = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Moved,
    ]);
    prop_oneof![
        20 => (code, modifiers).prop_map(|(code, modifiers)| RandomEvent::Key(KeyEvent::new(code, modifiers))),
        2 => "(correct horse battery|t-1|.{0,40})".prop_map(RandomEvent::Paste),
        8 => (kind, 0u16..90, 0u16..30).prop_map(|(kind, column, row)| RandomEvent::Mouse(kind, column, row)),
        1 => (0u16..220, 0u16..70).prop_map(|(c, r)| RandomEvent::Resize(c, r)),
        1 => (0i64..1_000_000_000).prop_map(RandomEvent::Time),
        1 => Just(RandomEvent::Resumed),
    ]
}

fn cases(default: u32, soak: u32) -> Config {
    let cases = if std::env::var_os("JETON_SOAK").is_some() { soak } else { default };
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn populated() -> TestInstall {
    let install = TestInstall::new();
    for n in 0..7 {
        install.issue(OWNER, &format!("t-{n}"));
    }
    let mut short = create("t-soon");
    short.expires = Some(ExpirySpec::parse("7d").unwrap());
    install.call(OWNER, short).unwrap();
    install
}

proptest! {
    #![proptest_config(cases(40, 2_000))]
    #[test]
    fn random_input_never_panics(
        opening in prop::sample::select(vec!["", "<space><s-down>", "<space><s-down>x2", "2", "3", "4", "5", "nbot<tab><tab><tab><up><space>"]),
        events in prop::collection::vec(random_event(), 1..120),
    ) {
        let mut s = TuiHarness::signed_in(populated());
        s.keys(opening);
        for event in events {
            match event {
                RandomEvent::Key(key) => s.message(Msg::Key(key)),
                RandomEvent::Paste(text) => s.message(Msg::Paste(Zeroizing::new(text))),
                RandomEvent::Mouse(kind, column, row) => s.mouse(kind, column, row),
                RandomEvent::Resize(columns, rows) => s.resize(columns, rows),
                RandomEvent::Time(ms) => s.install.fakes.clock.advance(ms),
                RandomEvent::Resumed => s.message(Msg::Resumed),
            }
            let (columns, rows) = s.app.model.size;
            if columns > 0 && rows > 0 {
                s.buffer();
            }
            if let Some(tokens) = s.find_screen::<Tokens>() {
                prop_assert!(tokens.rows.is_empty() || tokens.rows.cursor().position() < tokens.rows.all().len());
                let trashed = tokens.source.options.trashed;
                for marked in tokens.marks.rows() {
                    let token = s.install.token(marked.id);
                    prop_assert_eq!(token.deleted_at.is_some(), trashed, "{} is marked", marked.name);
                    prop_assert_eq!(token.revision, marked.revision);
                }
            }
            if s.ended().is_some() {
                break;
            }
        }
    }
}

#[test]
fn every_size_can_be_drawn() {
    let openings = [
        "",
        "n",
        "r",
        "x",
        "d",
        "?",
        "<enter>",
        "/dep",
        "ad",
        "ax",
        "s",
        "p",
        "t",
        "<space><s-down>AES",
        "<c-z>",
        "2",
        "2n",
        "2o",
        "2w",
        "2x",
        "2/o",
        "5",
        "5<enter>",
        "W",
        "3",
        "3<enter>",
        "3/to",
        "m",
        "?to",
        "4",
        "nbot<tab><tab><tab><up><space>",
        "nbot<tab><tab><tab><up><space><tab>",
    ];
    for opening in openings {
        let mut s = TuiHarness::signed_in(populated());
        s.keys(opening);
        for columns in [1, 2, 39, 40, 41, 57, 79, 80, 81, 115, 116, 117, 200] {
            for rows in [1, 2, 9, 10, 11, 23, 24, 60] {
                s.resize(columns, rows);
                s.buffer();
            }
        }
    }
}

#[test]
fn hostile_and_wide_text_is_escaped() {
    let install = TestInstall::new();
    let mut wide = create("wide");
    wide.description = Description::parse(&"漢字🦀e\u{301}".repeat(20)).unwrap();
    install.call(OWNER, wide).unwrap();
    let db = install.raw_connection();
    // Damage that jeton could not have written: stored text must not be trusted to be safe for a terminal.
    let evil = "\u{1b}[2J\u{1b}]52;c;ZXZpbA==\u{7}\u{202e}evil";
    db.execute("UPDATE api_sets SET title = ?1", [evil]).unwrap();
    let mut s = TuiHarness::with(install, Theme::colour(), None);
    s.keys("correct horse battery<enter>");
    for keys in ["", "<enter>", "<esc>n"] {
        s.keys(keys);
        for cell in &s.buffer().content {
            assert!(
                !cell.symbol().chars().any(jeton::domain::untrusted_text::is_control_or_bidi),
                "{:?}",
                cell.symbol()
            );
        }
    }
}

#[test]
fn selected_row_is_marked_without_colour() {
    let mut s = TuiHarness::with(populated(), Theme::mono(), None);
    s.keys("correct horse battery<enter><down><down>");
    let selected = s.row_of("▶   t-2");
    let other = s.row_of("t-3");
    use ratatui::style::{Color, Modifier};
    assert!(selected[..60].iter().all(|c| c.modifier.contains(Modifier::REVERSED)));
    assert!(other.iter().all(|c| !c.modifier.contains(Modifier::REVERSED)));
    assert!(s.buffer().content.iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset), "no colour at all");
}

#[test]
fn sign_in_never_changes_by_itself() {
    let s = TuiHarness::signed_out(TestInstall::new());
    assert_eq!(s.app.wakes_at(), None);
}

/// With many damaged rows, a window has few good ones. The screens must not request the same window again and again.
#[test]
fn damaged_rows_are_requested_once() {
    let install = TestInstall::new();
    install.set_policy(|p| p.active_tokens = 0);
    for n in 0..700 {
        install.issue(OWNER, &format!("t-{n:04}"));
    }
    let raw = install.raw_connection();
    raw.execute_batch(
        "UPDATE tokens SET description = CAST(x'ff' AS TEXT) WHERE name BETWEEN 't-0020' AND 't-0500' OR name > 't-0690';
         UPDATE audit SET details = CAST(x'ff' AS TEXT) WHERE seq BETWEEN 100 AND 600;",
    )
    .unwrap();
    drop(raw);
    let mut s = TuiHarness::signed_in(install);
    let mut steps = 0;
    let lists = |s: &TuiHarness, name: &str| s.requests.iter().filter(|request| **request == name).count();
    for key in ["<down>", "<up>", "G", "<up>", "<down>", "g", "<pgdn>", "<pgup>", "G"] {
        for _ in 0..30 {
            s.keys(key);
            steps += 1;
        }
        assert!(lists(&s, "token.list") <= steps + 2, "{key}: {} lists in {steps} steps", lists(&s, "token.list"));
    }
    s.assert_shows("t-0690");
    s.keys("3");
    let before = lists(&s, "audit.list");
    steps = 0;
    for key in ["<down>", "<pgdn>", "G", "<up>", "g"] {
        for _ in 0..30 {
            s.keys(key);
            steps += 1;
        }
    }
    assert!(lists(&s, "audit.list") - before <= steps + 2);
}
