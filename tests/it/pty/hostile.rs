//! Misbehaving terminals, in a real pseudo-terminal: pastes without an end, unsolicited replies, impossible sizes. Also
//! the state of the store after every way out.

use rustix::process::Signal;

use crate::pty::suspension::{below_a_shell, stop};
use crate::pty::{home_with_a_token, sign_in, signed_in};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal, program, rounds};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");

/// Opens the screens with the token `a`.
fn at_token(home: &CliHome) -> Terminal {
    let t = signed_in(home);
    t.shows("▶   a");
    t.shows(screens::NEVER_USED);
    t
}

/// Asserts that the keyboard works: opens the help and closes it.
#[track_caller]
fn keys_act(t: &mut Terminal) {
    t.types("?");
    t.shows(screens::HELP);
    t.types("\x1b");
    t.lacks(screens::HELP);
}

/// Asserts that no `-wal` or `-shm` file remains next to the store.
#[track_caller]
fn assert_store_closed(home: &CliHome) {
    let folder = std::fs::read_dir(home.store().parent().unwrap()).unwrap();
    let names: Vec<_> = folder.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.ends_with("-wal") && !name.ends_with("-shm")), "{names:?}");
}

#[test]
fn unterminated_paste_leaves_the_keyboard_alive() {
    let home = home_with_a_token();
    let mut t = at_token(&home);
    t.sends(b"\x1b[200~hello x y");
    // The paste ends after a silence.
    t.shows(screens::PASTE_IGNORED);
    keys_act(&mut t);
    // In a field, the received text is kept.
    t.types("n");
    t.shows(screens::GENERATE);
    t.sends(b"\x1b[200~half");
    t.shows("half");
    t.types("\x15");
    t.lacks("half");
    t.sends(b"\x1b[200~never ended");
    t.types("\x03");
    t.ends_restored(End::Code(130));

    let mut t = at_token(&home);
    t.sends(b"\x1b[200~hello");
    t.shows(screens::PASTE_IGNORED);
    t.types("\x1a");
    t.shows(screens::NOT_SUSPENDED);
    t.signal(Signal::TERM);
    t.ends_restored(End::Signal(15));
}

#[test]
fn end_mark_inside_a_paste_presses_no_keys() {
    let home = home_with_a_token();
    for tail in ["x", "d\r", "\x03 q"] {
        let mut t = at_token(&home);
        t.sends(format!("\x1b[200~a\x1b[201~{tail}\x1b[201~").as_bytes());
        t.shows(screens::PASTE_IGNORED);
        keys_act(&mut t);
        assert!(t.text().contains("▶   a") && !t.text().contains('┌'), "{tail:?}: {}", t.text());
    }
}

#[test]
fn late_replies_press_no_keys() {
    let home = home_with_a_token();
    let mut t = at_token(&home);
    for reply in [
        b"\x1bP>|xterm(370)\x1b\\".as_slice(),
        b"\x1bP>|WezTerm 2024\x1b\\",
        b"\x1bP>|iTerm2 3.5d\x1b\\",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1b]10;rgb:ffff/ffff/ffff\x07",
        b"\x1b]52;c;dGVz\x07",
        b"\x1b[>0;276;0c",
        b"\x1b[?62;22c",
        b"\x1b[24;80R",
        b"\x1b[?2026;2$y",
        b"\x1b_Gi=31;OK\x1b\\",
    ] {
        t.sends(reply);
        keys_act(&mut t);
        assert!(t.text().contains("▶   a") && !t.text().contains('┌'), "{reply:?}: {}", t.text());
        // In two pieces, the second sent once the first was read.
        let (head, tail) = reply.split_at(reply.len() / 2);
        t.sends(head);
        t.has_read();
        t.sends(tail);
        keys_act(&mut t);
    }
    // A reply without an end.
    t.sends(b"\x1b]11;rgb:00");
    t.types("\x03");
    t.ends_restored(End::Code(130));
}

/// Reports a size that the emulator doesn't have, and waits until the program has drawn something.
fn draws_at(t: &Terminal, columns: u16, rows: u16) {
    let before = t.written().len();
    t.claims(columns, rows);
    t.writes_after(before);
}

#[test]
fn claimed_sizes_are_drawn_in_a_bounded_part() {
    let home = home_with_a_token();
    let mut t = at_token(&home);
    for (columns, rows) in [(65_535, 65_535), (65_535, 24), (80, 65_535), (1, 1), (0, 0)] {
        draws_at(&t, columns, rows);
        // Whatever was drawn, the program is alive, and draws again at a possible size.
        t.resize(80, 24);
        t.wait("the table", |s| s.contents().contains("▶   a"));
        keys_act(&mut t);
    }
    draws_at(&t, 65_535, 65_535);
    t.types("q");
    assert_eq!(t.ends(), End::Code(0));

    // From the start.
    let mut t = Terminal::start(program(JETON, &[] as &[&str], &home.path(""), &[]));
    t.claims(65_535, 65_535);
    t.wait("a frame", |s| s.alternate_screen());
    t.types("\x1b");
    assert_eq!(t.ends(), End::Code(0));
    assert_store_closed(&home);
}

#[test]
fn many_size_changes_at_once_end_in_a_whole_frame() {
    let home = home_with_a_token();
    let mut t = at_token(&home);
    for n in 0..500 {
        t.claims(80 + n % 40, 24 + n % 20);
    }
    draws_at(&t, 100, 30);
    t.resize(80, 24);
    t.wait("the table", |s| s.contents().contains("▶   a"));
    keys_act(&mut t);
    t.types("q");
    assert_eq!(t.ends(), End::Code(0));
}

#[test]
fn every_exit_closes_the_store() {
    let home = home_with_a_token();
    assert_store_closed(&home);
    for _ in 0..rounds() {
        let mut t = at_token(&home);
        t.types("q");
        t.ends_restored(End::Code(0));
        assert_store_closed(&home);

        let ends = [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2), (Signal::QUIT, 3)];
        let others = [(Signal::USR1, 10), (Signal::USR2, 12), (Signal::ALARM, 14)];
        for (signal, number) in ends.into_iter().chain(others) {
            let mut t = at_token(&home);
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            assert_store_closed(&home);
        }

        let mut t = at_token(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        assert_store_closed(&home);

        let t = at_token(&home);
        assert_eq!(t.hang_up(), End::Signal(1));
        assert_store_closed(&home);

        // Locked, with a new token and its secret shown.
        let mut t = sign_in(below_a_shell(&home));
        stop(&mut t, true);
        t.resume();
        t.shows(screens::LOCKED);
        t.types(&format!("{PASSWORD}\r"));
        t.shows("▶   a");
        t.types("q");
        t.ends_restored(End::Code(0));
        assert_store_closed(&home);
    }
}
