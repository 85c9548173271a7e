//! Sizes, colours, and terminals that can not show the screens.

use super::{JETON, NOTHING, home_with_a_token, signed_in};
use crate::support::cli_program::PASSWORD;
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal, program};

#[test]
fn screens_follow_the_size_of_the_terminal() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.shows(screens::NEVER_USED);
    let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    let whole = lines(&t.text());
    for (columns, rows) in [(20, 5), (1, 1), (39, 24), (80, 9)] {
        t.resize(columns, rows);
        let beginning = if columns > 1 { format!("terminal {columns}x{rows},") } else { "…".to_owned() };
        t.wait("that it is too small", |s| s.contents().starts_with(beginning.as_str()));
        t.resize(80, 24);
        t.wait("the table", |s| lines(&s.contents()) == whole);
    }
    t.types("/");
    let sizes = [(79, 23), (200, 60), (1, 1), (40, 10), (80, 5), (132, 43)];
    for n in 0..200 {
        let (columns, rows) = sizes[n % sizes.len()];
        t.resize(columns, rows);
        match n {
            50 => t.types("a"),
            100 => t.types("b"),
            150 => t.types("c\x7f\x7f"),
            _ => {}
        }
    }
    t.resize(80, 24);
    t.wait("the filter", |s| s.rows(0, 80).nth(1).unwrap().starts_with(" / a "));
    t.types("\x1b");
    t.wait("the table", |s| lines(&s.contents()) == whole);
    t.types("q");
    // The emulator itself lost the earlier text when it became needed.
    assert_eq!(t.ends(), End::Code(0));
}

#[test]
fn dumb_terminal_is_refused() {
    let home = home_with_a_token();
    for args in [&[][..], &["demo"]] {
        let mut t = Terminal::start(program(JETON, args, &home.path(""), &[("TERM", "dumb")]));
        t.ends_restored(End::Code(2));
        assert!(t.text().contains("dumb"), "{}", t.text());
        assert!(!t.written().contains(&0x1b), "{}", t.text());
    }
}

#[test]
fn redirected_terminal_is_refused() {
    let home = home_with_a_token();
    let mut texts = std::collections::BTreeSet::new();
    for redirection in ["</dev/null", ">/dev/null", "</dev/null >/dev/null"] {
        let line = format!("{JETON} {redirection}");
        let mut t = Terminal::start(program("/bin/sh", &["-c", &line], &home.path(""), &[]));
        t.ends_restored(End::Code(2));
        assert!(!t.written().contains(&0x1b), "{}", t.text());
        texts.insert(t.text());
    }
    insta::assert_snapshot!(texts.into_iter().collect::<Vec<_>>().join("\n\n"), @"
    $ echo before
    before
    $ jeton
    error: the screens need a terminal: stdin or stdout is not a terminal
      To see the commands, run: jeton --help
    ");
}

#[test]
fn current_row_is_marked_without_colour() {
    let home = home_with_a_token();
    home.create(&["b"]);
    let plain = |cell: &vt100::Cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default;
    for (env, colours) in [(&[("NO_COLOR", "1")], false), (&[("JETON_THEME", "dark")], true)] {
        let mut t = Terminal::start(program(JETON, NOTHING, &home.path(""), env));
        t.shows(screens::SIGN_IN);
        t.types(&format!("{PASSWORD}\r"));
        t.shows("▶   a");
        t.types("j");
        t.shows("▶   b");
        t.look(|screen| {
            let cells = |row: u16| (0..78).map(move |column| screen.cell(row, column).unwrap());
            for row in 0..24 {
                let here = screen.rows(0, 2).nth(usize::from(row)).unwrap().starts_with('▶');
                // A theme with colours tints the row instead.
                if (4..22).contains(&row) && !colours {
                    assert!(cells(row).all(|cell| cell.inverse() == here), "row {row}:\n{}", screen.contents());
                }
            }
            assert_eq!((0..24).flat_map(cells).all(plain), !colours, "{}", screen.contents());
        });
        t.types("q");
        t.ends_restored(End::Code(0));
    }
}
