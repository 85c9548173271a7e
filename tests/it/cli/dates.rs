//! The format of dates in answers of commands.

use crate::support::cli_program::{CliHome, CliOutput, PASSWORD, run_to_end};

const SHOWN_AND_HIDDEN: [(&str, &str, &str); 2] =
    [("iso", "2099-12-31", "31-12-2099"), ("dmy", "31-12-2099", "2099-12-31")];

fn with_variable(home: &CliHome, value: &str, args: &[&str]) -> CliOutput {
    let mut command = home.command(args);
    command.arg("--password-stdin").env("JETON_DATES", value).env("TZ", "UTC");
    run_to_end(command, format!("{PASSWORD}\n").as_bytes())
}

#[test]
fn dates_follow_file_and_variable_and_both_forms_are_read() {
    let home = CliHome::set_up();
    assert_eq!(home.run(&["config", "get", "dates"], "").assert_success().out, "iso\n");
    for (format, shown, hidden) in SHOWN_AND_HIDDEN {
        home.run(&["config", "set", "dates", format], "").assert_success();
        let row = home.run(&["config", "list"], "").assert_success().out;
        let row = row.lines().find(|line| line.starts_with("dates ")).unwrap().to_owned();
        assert!(row.contains(format) && row.ends_with("config.toml"), "{row}");
        for (index, typed) in [shown, hidden].into_iter().enumerate() {
            let name = format!("{format}-{index}");
            let made = home.as_ops(&["token", "create", &name, "--expires", typed]).assert_success();
            assert!(made.err.contains(shown) && !made.err.contains(hidden), "{}", made.err);
            let token = home.as_ops(&["token", "show", &name]).assert_success().out;
            assert!(token.contains(shown) && !token.contains(hidden), "{token}");
        }
    }
    let token = with_variable(&home, "iso", &["token", "show", "iso-0"]).assert_success().out;
    assert!(token.contains("2099-12-31"), "the variable outranks the file: {token}");
    let token = with_variable(&home, "", &["token", "show", "iso-0"]).assert_success().out;
    assert!(token.contains("31-12-2099"), "empty counts as unset: {token}");
    with_variable(&home, "mdy", &["token", "show", "iso-0"]).assert_code(2).assert_says(&["mdy", "JETON_DATES"]);
    home.run(&["config", "set", "dates", "mdy"], "").assert_code(2).assert_says(&["mdy", "iso", "dmy"]);
}

#[test]
fn listings_follow_the_setting() {
    let home = CliHome::set_up();
    let first_date = |format: &str| {
        let log = with_variable(&home, format, &["audit"]).assert_success().out;
        let row = log.lines().nth(1).unwrap();
        row.split_whitespace().nth(1).unwrap().to_owned()
    };
    let (iso, dmy) = (first_date("iso"), first_date("dmy"));
    let mut parts: Vec<&str> = iso.split('-').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2], "{iso}");
    parts.reverse();
    assert_eq!(dmy, parts.join("-"));
}

#[test]
fn setting_changes_no_json() {
    let home = CliHome::set_up();
    home.as_ops(&["token", "create", "a", "--expires", "2099-12-30"]).assert_success();
    for args in [
        &["token", "edit", "a", "--expires", "2099-12-31", "--dry-run", "--json"][..],
        &["token", "show", "a", "--json"],
        &["audit", "--json"],
    ] {
        let [iso, dmy] = ["iso", "dmy"].map(|format| with_variable(&home, format, args).assert_success().out);
        assert_eq!(iso, dmy, "{args:?}");
    }
    let verified = |format: &str| {
        let mut command = home.command(&["audit", "verify", "--json"]);
        command.env("JETON_DATES", format).env("TZ", "UTC");
        run_to_end(command, b"").assert_success().out
    };
    assert_eq!(verified("iso"), verified("dmy"));
    let edited = with_variable(&home, "iso", &["token", "edit", "a", "--expires", "2099-12-31", "--dry-run", "--json"]);
    assert_eq!(edited.json()["changes"][0]["after"], "31-12-2099", "schema 1 keeps its form");
}
