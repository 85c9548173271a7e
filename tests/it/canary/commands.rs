//! Secrets and passwords in what commands write.

use super::{CommandRuns, MISTYPED, NEW_PASSWORD, PASSWORD};
use crate::support::prompt_texts::{REPEAT_PASSWORD, SECRET, new_password_of, password_of};
use crate::support::pty::{End, Terminal};

#[test]
fn commands_show_a_secret_once_and_a_password_never() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops", "--catalogue", "cloud-platform"], 0);
    let printed = runs.answers(&["token", "create", "a"], None);
    let quiet = runs.answers(&["token", "create", "b", "--quiet", "--inherit"], None);
    runs.answers(&["token", "create", "c", "--json", "--expires", "never"], None);
    let saved = runs.answers(&["token", "create", "d"], Some("d.secret"));
    for args in [&["token", "list"][..], &["token", "show", "a"], &["whoami"]] {
        for more in [&[][..], &["--json"], &["--quiet"]] {
            runs.shows_no_secret(&[args, more].concat(), 0);
        }
    }
    let copied = runs.answers(&["token", "copy", "a", "copied"], None);
    for secret in [&printed, &quiet, &saved, &copied] {
        for args in [&["token", "whose"][..], &["token", "whose", "--json"], &["token", "whose", "--quiet"]] {
            let known = runs.run(args, &format!("{secret}\n")).assert_code(0);
            let wrong = runs.run(args, &secret[..50]).assert_code(3);
            let mistyped = runs
                .run(args, &format!("{}{}", &secret[..50], if secret.ends_with('a') { 'b' } else { 'a' }))
                .assert_code(3);
            for ran in [known, wrong, mistyped] {
                runs.canaries.not_in("stdout", ran.out.as_bytes());
            }
        }
        for args in [&["verify"][..], &["verify", "--json"], &["verify", "--quiet"], &["verify", "--method", "no.such"]]
        {
            let ran = runs.run(args, &format!("{secret}\n"));
            runs.canaries.not_in("stdout", ran.out.as_bytes());
            // Truncated, and with an extra blank.
            for wrong in [&secret[..50], &format!("{secret} "), &format!("Bearer {secret}")] {
                let ran = runs.run(args, wrong).assert_code(4);
                runs.canaries.not_in("stdout", ran.out.as_bytes());
            }
        }
    }
    runs.shows_no_secret(&["token", "disable", "a", "b", "--json"], 0);
    runs.shows_no_secret(&["token", "enable", "a"], 0);
    let again = runs.answers(&["token", "regenerate", "a"], None);
    runs.answers(&["token", "regenerate", "b", "--json"], None);
    runs.answers(&["token", "regenerate", "c", "--quiet", "--expires", "1y"], None);
    runs.answers(&["token", "regenerate", "d", "--expires", "never"], Some("d.again"));
    runs.shows_no_secret(&["token", "edit", "copied", "--description", "edited", "--json"], 0);
    let rotated = runs.answers(&["token", "regenerate", "copied", "--grace", "1h"], None);
    runs.shows_no_secret(&["token", "show", "copied", "--json"], 0);
    runs.shows_no_secret(&["token", "retire", "copied"], 0);
    runs.shows_no_secret(&["token", "delete", "copied", "--confirm", "copied"], 0);
    runs.shows_no_secret(&["token", "purge", "--trashed", "--confirm", "1"], 0);
    for purged in [&copied, &rotated] {
        let named = runs.run(&["token", "whose"], &format!("{purged}\n")).assert_code(0);
        runs.canaries.not_in("stdout", named.out.as_bytes());
    }
    // Refusals: a taken name, an existing file, a wrong confirmation, an unknown token, a wrong password.
    runs.shows_no_secret(&["token", "create", "a"], 5);
    runs.shows_no_secret(&["token", "create", "e", "--out", "d.secret"], 1);
    runs.shows_no_secret(&["token", "regenerate", "a", "--out", "no/such/folder"], 1);
    runs.shows_no_secret(&["token", "delete", "a", "--confirm", "b"], 5);
    runs.shows_no_secret(&["token", "delete", "a", "--confirm", "a", "--json"], 0);
    runs.shows_no_secret(&["token", "restore", "a", "--as", "a-again"], 0);
    runs.shows_no_secret(&["token", "show", "nobody"], 3);
    runs.shows_no_secret(&["init", "--username", "two"], 5);
    assert_eq!(runs.home.verify(&again), 4);
    let refused = runs.with(MISTYPED, &["token", "list"]).assert_code(4);
    runs.canaries.not_in("stdout", refused.out.as_bytes());
    // A line that is no valid password, and a password that is too long.
    runs.with(&PASSWORD.repeat(300), &["whoami"]).assert_code(2);
    runs.all_files();
    assert_eq!(runs.canaries.secrets.len(), 10);
}

#[test]
fn commands_show_no_new_password() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops"], 0);
    let both = format!("{PASSWORD}\n{NEW_PASSWORD}\n");
    let shows_no_secret = |args: &[&str], input: &str, code: i32| {
        let ran = runs.run(&[args, &["--user", "ops", "--password-stdin"]].concat(), input).assert_code(code);
        runs.canaries.not_in("stdout", ran.out.as_bytes());
        runs.all_files();
    };
    shows_no_secret(&["account", "create", "ci", "--json"], &both, 0);
    shows_no_secret(&["account", "create", "ci"], &both, 5);
    shows_no_secret(&["account", "create", "CI"], &both, 2);
    shows_no_secret(&["account", "create", "long"], &format!("{PASSWORD}\n{}\n", NEW_PASSWORD.repeat(100)), 2);
    shows_no_secret(&["account", "passwd", "nobody"], &both, 3);
    shows_no_secret(&["account", "passwd", "ci", "--quiet"], &both, 0);
    for args in [&["account", "show", "ci"][..], &["account", "list", "--json"], &["policy", "set", "trash", "7d"]] {
        shows_no_secret(args, &format!("{PASSWORD}\n"), 0);
    }
    let given = runs.home.file("new", NEW_PASSWORD, 0o600);
    runs.asked_for.push(given);
    let ran = runs.with(PASSWORD, &["account", "passwd", "--user", "ops", "--new-password-file", "new"]).assert_code(0);
    runs.canaries.not_in("stdout", ran.out.as_bytes());
    runs.all_files();

    let mut t = runs.terminal(&["account", "create", "eve", "--user", "ops"]);
    t.shows(&password_of("ops"));
    hidden(&t);
    t.types(&format!("{NEW_PASSWORD}\r"));
    for prompt in [&*new_password_of("eve"), REPEAT_PASSWORD.trim_end()] {
        t.shows(prompt);
        hidden(&t);
        runs.canaries.not_shown_by_the_system(t.pid());
        t.types(&format!("{NEW_PASSWORD}\r"));
    }
    assert_eq!(t.ends(), End::Code(0));
    runs.canaries.not_in("the terminal", &t.written());
    runs.all_files();
}

#[test]
fn prompted_commands_show_no_secret() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops"], 0);
    let secret = runs.answers(&["token", "create", "a"], None);
    let mut t = runs.terminal(&["token", "list"]);
    t.shows(&password_of("ops"));
    runs.canaries.not_shown_by_the_system(t.pid());
    hidden(&t);
    t.types(&format!("{PASSWORD}\r"));
    assert_eq!(t.ends(), End::Code(0));
    runs.canaries.not_in("the terminal", &t.written());

    for args in [&["verify"][..], &["token", "whose"]] {
        let mut t = runs.terminal(args);
        t.shows(SECRET);
        hidden(&t);
        runs.canaries.not_shown_by_the_system(t.pid());
        t.types(&format!("{secret}\r"));
        assert_eq!(t.ends(), End::Code(0));
        runs.canaries.not_in("the terminal", &t.written());
        runs.all_files();
    }
}

/// Waits until the terminal no longer echoes: the prompt appears before that.
fn hidden(t: &Terminal) {
    while t.echoes() {
        std::thread::yield_now();
    }
}
