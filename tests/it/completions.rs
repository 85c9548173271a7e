//! Completion of command lines: what `jeton complete` answers, and real shells that ask it.

use std::path::Path;

use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use rusqlite::Connection;

use crate::support::cli_program::{CliHome, CliOutput, exists};
use crate::support::pty::{Terminal, program};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
/// An API set whose name no shell may run.
const HOSTILE: &str = "Evil $(touch pwned) `touch pwned`";

/// A home with tokens, an API set with a space in its name, and one with a hostile name.
fn home_with_names() -> CliHome {
    let home = CliHome::set_up();
    home.as_ops(&["catalogue", "apply", "cloud-platform"]).assert_success();
    let catalogue = format!(
        "schema = 1\nname = \"evil\"\ntitle = \"r\"\n[[group]]\nid = \"r\"\ntitle = \"r\"\n\
         [[group.method]]\nid = \"List\"\ntitle = \"List\"\naccess = \"read\"\n\
         [[set]]\nname = \"{HOSTILE}\"\ntitle = \"r\"\ninclude = [\"r.List\"]\n"
    );
    home.file("evil.toml", &catalogue, 0o600);
    home.as_ops(&["catalogue", "apply", "evil.toml"]).assert_success();
    for name in ["ci-deploy", "ci-deploy-eu", "nightly"] {
        home.create(&[name]);
    }
    home.file("notes.txt", "", 0o600);
    home
}

fn complete(home: &CliHome, words: &[&str]) -> CliOutput {
    let args: Vec<&str> = ["complete", "fish", "--"].iter().chain(words).copied().collect();
    home.run(&args, "").assert_success()
}

/// Returns the words that complete a line, without their descriptions.
fn completed(home: &CliHome, words: &[&str]) -> Vec<String> {
    let text = complete(home, words).out;
    text.lines().skip(1).map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn names_in_the_store_complete_without_a_password() {
    let home = home_with_names();
    assert_eq!(completed(&home, &["token", "show", "ci"]), ["ci-deploy", "ci-deploy-eu"]);
    assert_eq!(completed(&home, &["token", "revoke", "ci-deploy", "n"]), ["nightly"]);
    assert_eq!(completed(&home, &["token", "show", "o"]), ["ops/"]);
    assert_eq!(completed(&home, &["token", "show", "ops/n"]), ["ops/nightly"]);
    assert_eq!(completed(&home, &["token", "show", "nobody/"]), [""; 0]);
    assert_eq!(completed(&home, &["token", "restore", ""]), ["ops/"]);
    assert_eq!(completed(&home, &["token", "list", ""]), ["ops"]);
    assert_eq!(completed(&home, &["--user=o"]), ["--user=ops"]);
    assert_eq!(completed(&home, &["token", "edit", "x", "--set", "Mav"]), ["Maven Plugin"]);
    assert_eq!(completed(&home, &["verify", "--method", "environment.control.Stop"]), ["environment.control.StopEnv"]);
    assert_eq!(completed(&home, &["catalogue", "export", ""]), ["jeton", "cloud-platform", "evil"]);
    assert_eq!(completed(&home, &["config", "set", "lock."]), ["lock.after"]);
    home.as_ops(&["token", "revoke", "nightly", "--confirm", "nightly"]).assert_success();
    assert_eq!(completed(&home, &["token", "restore", "n"]), ["nightly"]);
    let elsewhere = home.store();
    let elsewhere = elsewhere.to_str().unwrap();
    let moved = CliHome::new();
    assert_eq!(completed(&moved, &["--store", elsewhere, "token", "show", "ci-deploy-"]), ["ci-deploy-eu"]);
}

#[test]
fn store_that_cannot_be_read_is_left_alone_in_silence() {
    let home = CliHome::new();
    for words in [&["token", "show", ""][..], &["--store", "missing.db", "token", "show", ""]] {
        complete(&home, words).assert_says(&[]);
        assert_eq!(completed(&home, words), [""; 0]);
    }
    assert!(!exists(&home.store()) && !exists(&home.path("missing.db")));

    let home = home_with_names();
    let version = |set: &str| {
        let db = Connection::open(home.store()).unwrap();
        db.execute_batch(set).unwrap();
        db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let newest = version("");
    assert_eq!(version(&format!("PRAGMA user_version = {}", newest - 1)), newest - 1);
    assert_eq!(completed(&home, &["token", "show", "ci"]), [""; 0]);
    assert_eq!(version(""), newest - 1, "it was not migrated");
    assert_eq!(completed(&home, &["tok"]), ["token"], "commands need no store");
}

/// A command that ends writes its changes back and removes the write-ahead log. Tab must not.
#[test]
fn completion_changes_no_file_of_the_store() {
    let home = home_with_names();
    let copied = home.path("copied.db");
    let files = |path: &Path| {
        ["", "-wal"].map(|suffix| std::fs::read(format!("{}{suffix}", path.display())).ok().map(|bytes| bytes.len()))
    };
    // Copied while a program has the store open, as after a crash: the last token is only in the write-ahead log.
    let open = SqliteStore::open(&home.store(), OpenMode::Existing).unwrap();
    home.create(&["in-the-log"]);
    for suffix in ["", "-wal", "-shm"] {
        let [from, to] = [home.store(), copied.clone()].map(|path| format!("{}{suffix}", path.display()));
        std::fs::copy(from, to).unwrap();
    }
    drop(open);
    let before = files(&copied);
    assert!(before[1].is_some_and(|bytes| bytes > 0));
    let store = copied.to_str().unwrap();
    assert_eq!(completed(&home, &["--store", store, "token", "show", "in"]), ["in-the-log"]);
    assert_eq!(files(&copied), before);
}

#[test]
fn completion_prints_no_control_character() {
    let home = home_with_names();
    let db = Connection::open(home.store()).unwrap();
    db.execute("UPDATE tokens SET name = 'ci-' || char(27) || ']0;x' || char(10) WHERE name = 'nightly'", []).unwrap();
    drop(db);
    let text = complete(&home, &["token", "show", "ci"]).out;
    assert!(text.contains("ci-deploy") && !text.contains("]0;x") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn completion_of_many_tokens_is_bounded() {
    let home = CliHome::new();
    let args = ["demo", "--tokens", "3000", "--store", "big.db", "--no-open"];
    home.run(&args, "").assert_success();
    assert_eq!(completed(&home, &["--store", "big.db", "token", "show", ""]).len(), 200);
    let one = completed(&home, &["--store", "big.db", "token", "show", "demo/"]);
    assert!(!one.is_empty() && one.iter().all(|name| name.starts_with("demo/")), "{one:?}");
}

/// Keys typed to a shell, and the line that it then shows.
const LINES: [(&str, &str); 9] = [
    ("jeton tok\t", "jeton token "),
    ("jeton token show ni\t", "jeton token show nightly "),
    ("jeton token show ci-d\t", "jeton token show ci-deploy"),
    ("jeton token show ops/ni\t", "jeton token show ops/nightly "),
    ("jeton --json account show o\t", "jeton --json account show ops "),
    ("jeton token list --user=o\t", "jeton token list --user=ops "),
    ("jeton token edit x --add-set Mav\t", r"jeton token edit x --add-set Maven\ Plugin "),
    ("jeton policy set policy.tr\t", "jeton policy set policy.trash "),
    ("jeton token create x --out not\t", "jeton token create x --out notes.txt "),
];

/// Drives a shell that reads its completion from `jeton completions`.
fn drive(shell: &str, args: &[&str], setup: &str) {
    let path = std::env::var("PATH").unwrap();
    let Some(shell_path) = path.split(':').map(|folder| Path::new(folder).join(shell)).find(|path| path.exists())
    else {
        eprintln!("skipped: {shell} not found");
        return;
    };
    let home = home_with_names();
    let path = format!("{}:{path}", Path::new(JETON).parent().unwrap().display());
    let environment = [("PATH", path.as_str()), ("PS1", "> "), ("LANG", "C.UTF-8")];
    let mut terminal = Terminal::start(program(shell_path.to_str().unwrap(), args, &home.path(""), &environment));
    terminal.types(&format!("{setup}; printf 'rea%s\\n' dy\r"));
    terminal.shows("ready");
    for (keys, line) in LINES {
        // Ctrl-U and Ctrl-L: an empty line on an empty screen.
        terminal.types("\x15\x0c");
        terminal.lacks("ready");
        terminal.lacks("jeton");
        terminal.types(keys);
        terminal.wait(line, |screen| screen.contents().contains(line.trim_end()));
        if line.ends_with(' ') {
            // The next key shows the space.
            terminal.types("#");
            terminal.shows(&format!("{line}#"));
        }
    }
    terminal.types("\x15\x0c");
    terminal.types("jeton catalogue show Evi\t");
    terminal.shows("pwned");
    terminal.types("\r");
    terminal.wait("the set", |screen| screen.contents().contains("evil"));
    assert!(!exists(&home.path("pwned")), "{}", terminal.text());
}

#[test]
fn bash_completes() {
    drive("bash", &["--norc", "--noprofile", "-i"], "eval \"$(jeton completions bash)\"");
}

#[test]
fn zsh_completes() {
    let setup = "autoload -Uz compinit; compinit -u -D; eval \"$(jeton completions zsh)\"";
    drive("zsh", &["-f", "-i"], setup);
}

#[test]
fn fish_completes() {
    drive("fish", &["--no-config", "-i"], "function fish_prompt; echo '> '; end; jeton completions fish | source");
}
