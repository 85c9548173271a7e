//! Every way out of the screens: signals, Ctrl-C, wrong passwords, a lost terminal.

use rustix::process::Signal;

use super::{home_with_a_token, is_gone, open_screens, regenerate, secret_in, showing_secret, signed_in};
use crate::support::cli_program::CliHome;
use crate::support::prompt_texts::{ERROR, screens};
use crate::support::pty::{End, rounds};

#[test]
fn signal_ends_the_screens() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        for (signal, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2), (Signal::QUIT, 3)] {
            let mut t = open_screens(&home);
            t.shows(screens::SIGN_IN);
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            t.is_untouched();

            let (mut t, secret) = showing_secret(&home);
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            t.is_untouched();
            is_gone(&t, &secret);
        }
    }
}

#[test]
fn ctrl_c_ends_the_screens() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        let mut t = signed_in(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        t.shows("Ctrl-C");

        let (mut t, secret) = showing_secret(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        is_gone(&t, &secret);

        let mut t = signed_in(&home);
        t.shows("▶   a");
        regenerate(&mut t);
        t.types("\x03");
        t.shows(screens::DISCARD_SECRET);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        assert_eq!(secret_in(&t.text()), None);
    }
}

#[test]
fn three_wrong_passwords_end_the_screens() {
    let fresh = CliHome::set_up();
    for _ in 0..rounds() {
        // Failed attempts are stored in the store, so each round needs its own.
        let home = CliHome::new();
        std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
        std::fs::copy(fresh.store(), home.store()).unwrap();
        let mut t = open_screens(&home);
        t.shows(screens::SIGN_IN);
        loop {
            t.types("wrong horse");
            t.shows("•••••••••••");
            t.types("\r");
            let refused = |text: &str| text.contains(screens::WRONG_SIGN_IN) || text.contains(screens::TRY_LATER);
            if t.ends_or("an answer", |s| s.alternate_screen() && refused(&s.contents()) && !s.contents().contains('•'))
            {
                break;
            }
        }
        t.ends_restored(End::Code(4));
        t.shows(ERROR);
        t.shows(screens::WRONG_SIGN_IN);
        assert!(!String::from_utf8_lossy(&t.written()).contains("wrong horse"));
    }
}

#[test]
fn lost_terminal_ends_the_screens() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        let t = signed_in(&home);
        assert_eq!(t.hang_up(), End::Signal(1));
        let (t, _) = showing_secret(&home);
        assert_eq!(t.hang_up(), End::Signal(1));
    }
}
