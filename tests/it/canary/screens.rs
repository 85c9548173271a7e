//! Secrets and passwords on the screens.

use jeton::domain::secret::Secret;

use super::{CommandRuns, MISTYPED, PASSWORD};
use crate::support::prompt_texts::{password_of, screens};
use crate::support::pty::{End, Terminal};

#[test]
fn screens_show_a_secret_only_on_request() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops", "--catalogue", "cloud-platform"], 0);
    let old = runs.answers(&["token", "create", "old"], None);
    let mut t = runs.terminal(&[]);
    t.shows(screens::SIGN_IN);
    t.types(&format!("{MISTYPED}\r"));
    t.shows(screens::WRONG_SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("1 Tokens");
    t.shows("▶   old");

    t.types("n");
    t.shows(screens::GENERATE);
    t.types("new\r\r\r\r\r\r");
    let generated = reveal(&mut runs, &mut t, Some("new.secret"));
    t.shows("▶   new");
    t.types("r");
    t.shows(screens::REGENERATE);
    t.types("\r");
    reveal(&mut runs, &mut t, None);
    t.shows("▶   new");

    let before = t.written().len();
    for (act, done) in [(screens::DISABLE, "new disabled"), (screens::ENABLE, "new enabled")] {
        t.types("d");
        t.shows(&format!("{act} ops/new"));
        t.types(&format!("{MISTYPED}\r"));
        t.shows(screens::WRONG_PASSWORD);
        t.types(&format!("{PASSWORD}\r"));
        t.shows(done);
    }
    t.types("x");
    t.shows(&format!("{} ops/new", screens::REVOKE));
    t.types(&format!("new\r{PASSWORD}\r"));
    t.shows("new revoked");
    t.pastes(PASSWORD);
    t.shows(screens::PASTE_IGNORED);
    runs.canaries.not_in("the screens after that", &t.written()[before..]);
    runs.all_files();
    t.types("q");
    t.ends_restored(End::Code(0));
    runs.all_files();
    let log = runs.with(PASSWORD, &["token", "list", "--trash", "--json"]).out;
    assert!(log.contains(&generated[..4]) && log.contains("\"new\""), "{log}");
    assert_eq!(runs.home.verify(&old), 0);
}

/// From the password prompt back to the table: the secret is masked, shown, masked, saved and left.
fn reveal(runs: &mut CommandRuns, t: &mut Terminal, save: Option<&str>) -> String {
    let asked = t.written().len();
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
    let masked = t.written().len();
    t.types("v");
    t.wait("a secret", |screen| on_screen(&screen.contents()).is_some());
    let secret = on_screen(&t.text()).unwrap();
    runs.canaries.secret(&secret);
    runs.canaries.not_in("the screens while it was masked", &t.written()[asked..masked]);
    runs.canaries.not_shown_by_the_system(t.pid());
    runs.all_files();
    assert!(["jeton.db-wal", "jeton.db-shm"].iter().any(|n| runs.home.store().with_file_name(n).exists()));
    t.types("v");
    t.lacks(&secret[13..]);
    t.shows("•••");
    let hidden = t.written().len();
    if let Some(name) = save {
        t.types("s");
        t.shows(screens::SECRET_PATH);
        t.types(&format!("\x15{name}\r"));
        t.shows(screens::SAVED);
        runs.asked_for.push(runs.home.path(name));
    }
    t.types("\x1b");
    t.lacks(screens::SECRET_READY);
    runs.canaries.not_in("the screens after it was hidden", &t.written()[hidden..]);
    runs.canaries.not_in("the screen after it was hidden", t.text().as_bytes());
    runs.all_files();
    secret
}

fn on_screen(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.find(|word| Secret::parse(word).is_ok()).map(str::to_owned)
}
