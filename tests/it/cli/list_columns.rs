//! `--columns` and `--csv` of the list commands.

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, CliOutput};

fn listed(home: &CliHome, args: &[&str]) -> CliOutput {
    home.as_ops(args).assert_success()
}

/// Returns the records of CSV.
fn records(csv: &str) -> Vec<Vec<String>> {
    assert!(csv.ends_with("\r\n"), "{csv:?}");
    let (mut records, mut record, mut value, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => value.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut value)),
            '\r' if !is_quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                record.push(std::mem::take(&mut value));
                records.push(std::mem::take(&mut record));
            }
            _ => value.push(c),
        }
    }
    records
}

#[test]
fn every_list_prints_chosen_columns_and_csv() {
    let home = CliHome::set_up();
    let secret = home.create(&["a", "--description", "=HYPERLINK(\"http://x\",\"y\"), nightly", "--expires", "never"]);
    home.create(&["b", "--expires", "2099-12-31"]);
    assert_eq!(home.verify(&secret), 0);
    home.run(&["verify"], "jtn_AAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");

    let text = listed(&home, &["token", "list", "--columns", "status,NAME"]).text();
    assert_eq!(text, "STATUS    NAME\n● active  a\n● active  b\n");

    let tokens = records(&listed(&home, &["token", "list", "--csv"]).out);
    assert_eq!(
        tokens[0],
        ["name", "status", "account", "api", "expires", "last-seen", "hint", "id", "description", "created"]
    );
    assert_eq!(tokens.len(), 3);
    assert_eq!((&*tokens[1][0], &*tokens[1][4], &*tokens[2][5]), ("a", "", ""), "never is empty");
    assert!(tokens[1][5].ends_with('Z') && tokens[2][4].starts_with("2100-01-01T") && tokens[1][9].ends_with('Z'));
    assert_eq!(tokens[1][8], "'=HYPERLINK(\"http://x\",\"y\"), nightly");

    let one = |args: &[&str], head: &str| {
        let all = [args, &["--csv", "--columns", head]].concat();
        let found = records(&home.as_ops(&all).out);
        assert_eq!(found[0].join(","), head, "{args:?}");
        found[1..].to_vec()
    };
    assert_eq!(one(&["account", "list"], "username,role"), [["ops", "owner"]]);
    assert_eq!(one(&["ledger", "uses"], "uses,token"), [["1", "ops/a"]]);
    assert_eq!(one(&["audit", "--limit", "1"], "verb,target"), [["token.create", "ops/b"]]);
    assert_eq!(one(&["token", "list", "--filter", "nothing-like-this"], "name").len(), 0);
    let check = home.run(&["check", "--csv", "--columns", "finding,token", "--stale", "1d"], "");
    assert_eq!(records(&check.out)[0].join(","), "finding,token");
}

#[test]
fn unknown_and_contradicting_columns_are_refused_before_any_question() {
    let home = CliHome::set_up();
    let refused = |args: &[&str]| home.run(args, "").assert_error(Kind::Usage).message();
    let message = refused(&["token", "list", "--columns", "name,expire"]);
    assert!(message.contains("expires") && message.contains("last-seen"), "{message}");
    refused(&["token", "list", "--csv", "--json"]);
    refused(&["--quiet", "account", "list", "--columns", "role"]);
    refused(&["audit", "--csv", "verify"]);
}

#[test]
fn csv_of_many_tokens_has_a_line_for_each() {
    let home = CliHome::new();
    home.run(&["demo", "--tokens", "2000", "--store", "big.db", "--no-open"], "").assert_success();
    let args = ["token", "list", "--all", "--csv", "--columns", "name,account", "--store", "big.db", "--user", "demo"];
    let count = |more: &[&str]| {
        let all = [&args[..], &["--password-stdin"], more].concat();
        let listed = home.run(&all, format!("{}\n", jeton::demo::PASSWORD)).assert_success();
        records(&listed.out).len() - 1
    };
    assert_eq!(count(&[]) + count(&["--trash"]), 2_000);
}
