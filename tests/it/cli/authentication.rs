//! Passwords from stdin and from files, and the rights of each account.

use std::path::Path;

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, PASSWORD};

#[test]
fn password_from_stdin_authenticates_the_account() {
    let home = CliHome::set_up();
    home.run(&["whoami", "--no-input"], "").assert_code(4).assert_says(&["--password-stdin"]).assert_silent();
    let refused = home.run(&["whoami", "--password-stdin"], "").assert_error(Kind::Denied);
    insta::assert_snapshot!(refused.message(), @"error: the password was not given: stdin is empty");
    let refused = home
        .run(&["whoami", "--password-stdin"], "wrong horse battery\n")
        .assert_error(Kind::Unauthenticated)
        .assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: wrong username or password, or the account is disabled
      Try again, or ask an owner or admin to check the account
    ");
    home.run(&["whoami", "--password-stdin", "--user", "nobody"], format!("{PASSWORD}\n")).assert_code(4);
    for right in
        [format!("{PASSWORD}\n"), format!("{PASSWORD}\r\n"), PASSWORD.to_owned(), format!("{PASSWORD}\nmore\n")]
    {
        let me = home.run(&["whoami", "--password-stdin", "--json"], right).assert_success().json();
        assert_eq!(me["account"]["username"], "ops");
        assert_eq!(me["account"]["role"], "owner");
        assert_eq!(me["active_tokens_limit"], 10);
    }
    home.run(&["whoami", "--password-stdin"], format!("{PASSWORD} \n")).assert_code(4);
    let refused = home.run(&["whoami", "--password-stdin"], vec![b'x'; 10 << 20]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"error: the password can't be read from stdin: the first line is longer than 4096 bytes");
    home.run(&["whoami", "--password-stdin"], b"\xff\xff\n").assert_error(Kind::Usage).assert_says(&["UTF-8"]);
    home.run(&["whoami", "--password-stdin", "--password-file", "x"], "").assert_error(Kind::Usage);
    let quiet = home.as_ops(&["whoami", "--quiet"]).assert_success();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("ops\n", ""));
}

#[test]
fn password_file_must_be_private() {
    let home = CliHome::set_up();
    let with = |path: &str| home.run(&["whoami", "--quiet", "--password-file", path], "");
    let line = format!("{PASSWORD}\n");
    for mode in [0o600, 0o400] {
        home.file("good", &line, mode);
        with("good").assert_success();
        std::fs::remove_file(home.path("good")).unwrap();
    }
    for mode in [0o640, 0o604, 0o644, 0o660] {
        home.file("open", &line, mode);
        with("open").assert_error(Kind::Failure).assert_says(&[&format!("{mode:04o}"), "0600"]).assert_silent();
    }
    // systemd's own folder of credentials is no place that others could read.
    let path = home.file("credential", &line, 0o440);
    let credential = |folder: &Path| {
        let mut command = home.command(&["whoami", "--quiet", "--password-file", path.to_str().unwrap()]);
        command.env("CREDENTIALS_DIRECTORY", folder).output().unwrap().status.code()
    };
    assert_eq!((credential(path.parent().unwrap()), credential(Path::new("/"))), (Some(0), Some(1)));
    home.file("empty", "", 0o600);
    with("empty").assert_code(4);
    with("gone").assert_error(Kind::Failure).assert_says(&["gone"]);
    let refused = with(".").assert_error(Kind::Failure);
    insta::assert_snapshot!(refused.message(), @"
    error: the password can't be read from .: it is a folder
      Use the path of a file
    ");
}

#[test]
fn commands_respect_the_role_of_each_account() {
    let home = CliHome::new();
    let store = home.path("many.db");
    jeton::demo::create_at(&store, &jeton::platform::adapters()).unwrap();
    let store = store.display().to_string();
    let run = |user: &[&str], args: &[&str]| {
        let global = ["--store", &store, "--password-stdin"];
        let args: Vec<&str> = args.iter().chain(&global).chain(user).copied().collect();
        home.run(&args, format!("{}\n", jeton::demo::PASSWORD))
    };
    let refused = run(&[], &["whoami"]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: no account was given: this store has several accounts
      Use --user ACCOUNT, or run once: jeton --store [folder]/many.db login NAME
    ");
    let metrics = ["--user", "metrics"];
    assert_eq!(run(&metrics, &["whoami", "--json"]).assert_success().json()["account"]["role"], "viewer");
    let own = run(&metrics, &["token", "list", "--quiet"]).assert_success().out;
    assert!(own.lines().count() == 9 && own.lines().all(|l| l.starts_with("metrics/")), "{own}");
    // A token of another account gets the same message as a token that doesn't exist.
    let hidden = |name: &str| run(&metrics, &["token", "show", name]).assert_code(4).assert_silent().err;
    assert_eq!(hidden("demo/deploy-bot"), hidden("demo/nothing"));
    let all = run(&metrics, &["token", "list", "--all", "--quiet"]).assert_success().out;
    assert_eq!(all, own, "a viewer sees no others");
    run(&metrics, &["token", "list", "demo"]).assert_code(4);
    run(&metrics, &["token", "list", "nobody"]).assert_code(4);
    run(&metrics, &["token", "disable", "ci/build-main"]).assert_code(4);
    run(&metrics, &["token", "create", "x", "--account", "ci"]).assert_code(4).assert_silent();
    run(&metrics, &["token", "show", "nothing"]).assert_error(Kind::NotFound);
    let demo = ["--user", "demo"];
    let mine = run(&demo, &["token", "list", "--quiet"]).assert_success().out;
    assert!(mine.lines().count() == 12 && mine.lines().all(|l| l.starts_with("demo/")), "{mine}");
    assert_eq!(run(&demo, &["token", "list", "--all", "--quiet"]).assert_success().out.lines().count(), 35);
    assert_eq!(run(&demo, &["token", "list", "metrics", "--quiet"]).assert_success().out, own);
    run(&demo, &["token", "list", "metrics", "--all"]).assert_error(Kind::Usage);
    run(&demo, &["token", "disable", "ci/build-main", "metrics/status-page"]).assert_success();
    run(&demo, &["token", "create", "x", "--account", "metrics", "--quiet"]).assert_success();
    let refused = run(&demo, &["token", "enable", "contractor-anna"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: demo/contractor-anna can't be enabled; nothing was changed: the token expired at [time]
      First set a new expiry, e.g.: jeton --store [folder]/many.db token edit demo/contractor-anna --expires 30d. Then enable the token
    ");
    let refused = run(&demo, &["token", "regenerate", "contractor-anna"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: contractor-anna needs a new expiry: the token expired at [time]
      Choose a new expiry, e.g. 30d (in a command: --expires 30d)
    ");
    run(&demo, &["token", "regenerate", "contractor-anna", "--expires", "30d", "--quiet"]).assert_success();
}
