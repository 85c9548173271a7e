//! The pager of lists.

use std::path::Path;

use super::JETON;
use crate::support::cli_program::{CliHome, PASSWORD, exists};
use crate::support::pty::{End, Terminal, program};

/// A home with more tokens than a terminal has rows, and a file with the password.
fn home_with_tokens() -> CliHome {
    let home = CliHome::set_up();
    home.as_ops(&["policy", "set", "active_tokens=100"]).assert_success();
    let names: Vec<String> = (10..50).map(|n| format!("token-{n}")).collect();
    let args: Vec<&str> =
        ["token", "create", "--out-dir", "."].into_iter().chain(names.iter().map(|name| &**name)).collect();
    home.as_ops(&args).assert_success();
    home.file("password", &format!("{PASSWORD}\n"), 0o600);
    home
}

fn run(home: &CliHome, args: &[&str], environment: &[(&str, &str)]) -> Terminal {
    let args = [args, &["--password-file", "password"]].concat();
    let environment = [&[("PATH", "/usr/bin:/bin"), ("JETON_DATES", "iso")], environment].concat();
    Terminal::start(program(JETON, &args, &home.path(""), &environment))
}

/// Writes its input and its environment to files.
const RECORDER: &str = "env > pager.env; cat > pager.out; echo left";

#[test]
fn list_goes_to_the_pager_without_jetons_settings() {
    let home = home_with_tokens();
    for (variable, others) in [("JETON_PAGER", "exit 1"), ("PAGER", "")] {
        let environment = if others.is_empty() { vec![] } else { vec![("PAGER", others)] };
        let environment = [&environment[..], &[(variable, RECORDER)]].concat();
        let mut terminal = run(&home, &["token", "list"], &environment);
        terminal.shows("left");
        // The number of tokens comes once the pager has ended.
        terminal.shows("40 tokens");
        assert_eq!(terminal.ends(), End::Code(0));
        assert!(!terminal.text().contains("token-10"), "{}", terminal.text());
        let read = |name: &str| std::fs::read_to_string(home.path(name)).unwrap();
        assert!(read("pager.out").contains("NAME") && read("pager.out").contains("token-49"));
        assert!(
            read("pager.env").contains("LESS=RSX") && !read("pager.env").contains("JETON_"),
            "{}",
            read("pager.env")
        );
        std::fs::remove_file(home.path("pager.out")).unwrap();
    }
}

#[test]
fn pager_that_ends_early_is_no_error() {
    let home = home_with_tokens();
    for args in [&["token", "list"][..], &["audit"]] {
        let mut terminal = run(&home, args, &[("PAGER", "head -n 3")]);
        assert_eq!(terminal.ends(), End::Code(0));
        assert!(!terminal.text().contains("error"), "{}", terminal.text());
    }
}

#[test]
fn list_is_printed_if_its_pager_fails() {
    let home = home_with_tokens();
    for pager in ["false", "/no/such/program", "exec 0<&-; exit 2"] {
        let mut terminal = run(&home, &["token", "list"], &[("PAGER", pager)]);
        terminal.shows("40 tokens");
        assert_eq!(terminal.ends(), End::Code(0));
        assert!(terminal.text().contains("token-49"), "{pager}: {}", terminal.text());
    }
}

/// A pager would only be in the way, and could cut off what is wide.
#[test]
fn list_that_fits_on_the_screen_needs_no_pager() {
    let home = home_with_tokens();
    let mut terminal = run(&home, &["token", "list", "--filter", "token-1"], &[("PAGER", RECORDER)]);
    terminal.shows("token-19");
    assert_eq!(terminal.ends(), End::Code(0));
    assert!(!exists(&home.path("pager.out")));
}

#[test]
fn secrets_and_data_for_programs_never_go_to_a_pager() {
    let home = home_with_tokens();
    let lists: [&[&str]; 6] = [
        &["token", "list", "--json"],
        &["token", "list", "--csv"],
        &["token", "list", "--quiet"],
        &["token", "list", "--no-pager"],
        &["token", "create", "new"],
        &["token", "regenerate", "token-10"],
    ];
    for args in lists {
        let mut terminal = run(&home, args, &[("PAGER", RECORDER)]);
        assert_eq!(terminal.ends(), End::Code(0), "{args:?}: {}", terminal.text());
        assert!(!exists(&home.path("pager.out")), "{args:?}");
    }
    for none in ["", "cat"] {
        let mut terminal = run(&home, &["token", "list"], &[("JETON_PAGER", none), ("PAGER", RECORDER)]);
        // With the one that was created above.
        terminal.shows("41 tokens");
        assert_eq!(terminal.ends(), End::Code(0));
        assert!(!exists(&home.path("pager.out")) && terminal.text().contains("token-49"), "{}", terminal.text());
    }
}

#[test]
fn less_shows_a_page_until_q() {
    if !Path::new("/usr/bin/less").exists() {
        eprintln!("skipped: less not found");
        return;
    }
    let home = home_with_tokens();
    let mut terminal = run(&home, &["token", "list"], &[]);
    terminal.shows("token-20");
    terminal.lacks("token-49");
    assert!(terminal.text().contains("● active"), "{}", terminal.text());
    terminal.types("G");
    terminal.shows("token-49");
    terminal.types("q");
    terminal.shows("40 tokens");
    assert_eq!(terminal.ends(), End::Code(0));
}
