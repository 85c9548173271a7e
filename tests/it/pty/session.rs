//! A session from the first run to a revocation.

use std::os::unix::fs::MetadataExt;

use super::{open_screens, secret_in, signed_in};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::{password_of, screens};
use crate::support::pty::End;

#[test]
fn session_from_the_first_run_to_a_revocation() {
    let home = CliHome::new();
    let mut t = open_screens(&home);
    t.shows(screens::FIRST_RUN);
    t.types(&format!("ops\r{PASSWORD}\r{PASSWORD}\r"));
    t.types("\r\r\r");
    t.shows(screens::NO_TOKENS);
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(std::fs::metadata(home.store()).unwrap().mode() & 0o777, 0o600);

    let mut t = signed_in(&home);
    t.types("n");
    t.shows(screens::GENERATE);
    // Name, no description, 30 d instead of 90, the first API set.
    t.types("ci-deploy\r\r");
    t.types("h\r");
    t.types("l");
    t.shows("(•) ");
    t.types("\r\r\r");
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
    assert_eq!(secret_in(&t.text()), None, "masked at first");
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    t.types("v");
    t.lacks(&secret[13..]);
    t.types("s");
    t.shows(screens::SECRET_PATH);
    t.types("\x15ci.token\r");
    t.shows(screens::SAVED);
    let saved = home.path("ci.token");
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), format!("{secret}\n"));
    assert_eq!(std::fs::metadata(&saved).unwrap().mode() & 0o777, 0o600);
    assert_eq!(home.verify(&secret), 0);
    t.types("\x1b");
    t.lacks(screens::SECRET_READY);
    t.shows("= jeton token create ci-deploy");

    t.types("/nothing-like-it");
    t.lacks("ci-deploy  ");
    t.types("\x15ci-d");
    t.shows("▶   ci-deploy");
    t.types("\r");
    t.types("x");
    t.shows(&format!("{} ops/ci-deploy", screens::REVOKE));
    t.types("ci-depluy\r");
    t.shows(screens::WRONG_NAME);
    assert_eq!(home.verify(&secret), 0, "a wrong name removes nothing");
    t.types(&format!("\x15ci-deploy\r{PASSWORD}\r"));
    t.shows("--confirm ci-deploy");
    t.lacks("▶   ci-deploy");
    assert_eq!(home.verify(&secret), 4);
    t.types("\x1b");
    t.shows(screens::NO_TOKENS);
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "ops/ci-deploy\n");
}
