//! Suspended and continued screens, below a shell.

use rustix::process::{Pid, Signal, kill_process};

use super::{JETON, home_with_a_token, is_gone, open_screens, secret_in, show_secret, sign_in, start_screens};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal, rounds};

/// A silent shell that runs a command as a job. While the job is stopped, the shell is stopped too, and then runs the file
/// `next`.
const SHELL: &str =
    r#"exec 3>&1 4>&2 >/dev/null 2>&1; set -m; "$@" >&3 2>&4; while [ $? = 147 ]; do kill -STOP $$; . ./next; done"#;

/// Opens the screens as a job of a shell.
pub(super) fn below_a_shell(home: &CliHome) -> Terminal {
    std::fs::write(home.path("next"), "fg").unwrap();
    start_screens(home, &["/bin/sh", "-c", SHELL, "sh", JETON], &[])
}

/// Returns the process of the screens below the shell.
fn screens_pid(t: &Terminal) -> Pid {
    let shell = t.pid().as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    Pid::from_raw(children.trim().parse().unwrap()).unwrap()
}

/// Returns the kernel's state letter of the process `pid`.
fn state(pid: rustix::process::Pid) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    stat.rsplit(") ").next().unwrap().chars().next().unwrap()
}

pub(super) fn stop(t: &mut Terminal, by_key: bool) {
    match by_key {
        true => t.types("\x1a"),
        false => kill_process(screens_pid(t), Signal::TSTP).unwrap(),
    }
    t.stopped();
    assert_eq!(state(screens_pid(t)), 'T');
    t.is_restored();
    t.is_untouched();
}

#[test]
fn continued_screens_are_locked() {
    let home = home_with_a_token();
    for round in 0..rounds() {
        for by_key in [true, false] {
            let mut t = below_a_shell(&home);
            t.shows(screens::SIGN_IN);
            stop(&mut t, by_key);
            t.resume();
            t.shows(screens::SIGN_IN);
            t.types("\x1b");
            t.ends_restored(End::Code(0));

            let (mut t, secret) = show_secret(sign_in(below_a_shell(&home)));
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
            kill_process(screens_pid(&t), Signal::TERM).unwrap();
            t.ends_restored(End::Code(143));
            is_gone(&t, &secret);
        }
    }
}

/// What `kill %1` does in an interactive shell, and the wait until the job has ended. Stopped again, it would stay `T`. The
/// shell may take note of an end while it waits for `cut`, after which the job has no state.
const END_OF_THE_JOB: &str = r#"
    jobs -p >pid; read pid <pid; kill %1; kill -CONT %1
    while state=$(cut -d ' ' -f 3 "/proc/$pid/stat") && [ "$state" != Z ]; do :; done
    echo killed >&3
"#;

#[test]
fn suspended_screens_end_by_a_signal_in_the_background() {
    let home = home_with_a_token();
    let mut t = sign_in(below_a_shell(&home));
    stop(&mut t, true);
    std::fs::write(home.path("next"), END_OF_THE_JOB).unwrap();
    t.resume();
    t.shows("killed");
    assert_eq!(t.ends(), End::Code(0));
    t.is_restored();
}

#[test]
fn screens_without_a_shell_are_not_suspended() {
    let home = home_with_a_token();
    let mut t = sign_in(open_screens(&home));
    t.types("\x1a");
    t.shows(screens::NOT_SUSPENDED);
    t.types("?");
    t.shows(screens::HELP);
}
