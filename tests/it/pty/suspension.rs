//! Suspended and continued screens.

use rustix::process::Signal;

use super::{home_with_a_token, is_gone, open_screens, secret_in, showing_secret};
use crate::support::cli_program::PASSWORD;
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal, rounds};

/// Returns the kernel's state letter of the process `pid`.
fn state(pid: rustix::process::Pid) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    stat.rsplit(") ").next().unwrap().chars().next().unwrap()
}

fn stop(t: &mut Terminal, by_key: bool) {
    match by_key {
        true => t.types("\x1a"),
        false => t.signal(Signal::TSTP),
    }
    t.stopped();
    assert_eq!(state(t.pid()), 'T');
    t.is_restored();
    t.is_untouched();
}

#[test]
fn continued_screens_are_locked() {
    let home = home_with_a_token();
    for round in 0..rounds() {
        for by_key in [true, false] {
            let mut t = open_screens(&home);
            t.shows(screens::SIGN_IN);
            stop(&mut t, by_key);
            t.resume();
            t.shows(screens::SIGN_IN);
            t.types("\x1b");
            t.ends_restored(End::Code(0));

            let (mut t, secret) = showing_secret(&home);
            if round % 2 == 1 {
                t.types("v");
                t.lacks(&secret[13..]);
            }
            stop(&mut t, by_key);
            is_gone(&t, &secret);
            t.resume();
            t.shows(screens::LOCKED);
            assert!(!t.text().contains(screens::SECRET_READY) && !t.text().contains('▶'), "{}", t.text());
            t.types("not the password\r");
            t.shows(screens::WRONG_SIGN_IN);
            t.types(&format!("{PASSWORD}\r"));
            t.shows(screens::SECRET_READY);
            assert_eq!(secret_in(&t.text()), None, "masked again");
            t.types("v");
            t.shows(&secret);
            // A second time, while the secret is shown.
            stop(&mut t, by_key);
            is_gone(&t, &secret);
            t.resume();
            t.shows(screens::LOCKED);
            t.signal(Signal::TERM);
            t.ends_restored(End::Signal(15));
            is_gone(&t, &secret);
        }
    }
}
