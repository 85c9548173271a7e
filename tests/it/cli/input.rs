//! Input of the commands, from files, stdin and pipes.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, PASSWORD, exists, run_to_end};

const MARK: &str = "\u{feff}";

#[test]
fn byte_order_mark_is_not_part_of_a_password_or_token() {
    let home = CliHome::new();
    home.file("windows", &format!("{MARK}{PASSWORD}\r\n"), 0o600);
    home.file("plain", &format!("{PASSWORD}\n"), 0o600);
    home.run(&["init", "--username", "ops", "--password-file", "windows"], "").assert_success();
    for file in ["windows", "plain"] {
        home.run(&["token", "list", "--password-file", file], "").assert_success();
    }
    home.as_ops(&["token", "list"]).assert_success();
    home.as_ops(&["token", "create", "m", "--method", "jeton.tokens.read", "--out", "m.token"]).assert_success();
    let secret = std::fs::read_to_string(home.path("m.token")).unwrap();
    let token = home.file("mark.token", &format!("{MARK}{}\r\n", secret.trim_end()), 0o600);
    let mut list = home.command(&["token", "list", "--quiet"]);
    list.env("JETON_TOKEN_FILE", &token);
    run_to_end(list, b"").assert_success();
    home.run(&["verify"], format!("{MARK}{secret}")).assert_success();
    home.run(&["verify"], format!(" {secret}")).assert_code(4);
}

#[test]
fn password_with_control_characters_is_refused() {
    let home = CliHome::new();
    for bad in [
        "correct horse\0battery\n",
        "correct horse\u{1b}battery\n",
        "correct horse battery\r\r\n",
        "correct horse battery\r",
    ] {
        let refused = home.run(&["init", "--username", "ops", "--password-stdin"], bad).assert_error(Kind::Usage);
        insta::allow_duplicates! { insta::assert_snapshot!(refused.message(), @"
        error: the password contains a character that can't be typed at sign-in: control characters (such as ESC), line breaks and byte order marks are not allowed
          Choose another password. If the password comes from a file, remove this character from the file
        ") };
    }
    assert!(!exists(&home.store()));
    home.as_ops(&["init", "--username", "ops"]).assert_success();
    let new = |new: &str| {
        let input = format!("{PASSWORD}\n{new}\n");
        home.run(&["account", "passwd", "--password-stdin"], input)
    };
    new("another horse\u{7}battery").assert_error(Kind::Usage);
    new("caf\u{e9} au lait, please").assert_success();
    for same in
        ["caf\u{e9} au lait, please\n", "cafe\u{301} au lait, please\n", "\u{feff}cafe\u{301} au lait, please\n"]
    {
        home.run(&["whoami", "--password-stdin"], same).assert_success();
    }
    let utf16: Vec<u8> = "\u{feff}correct horse battery\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    home.run(&["whoami", "--password-stdin"], utf16).assert_error(Kind::Usage).assert_says(&["UTF-16"]);
}

#[test]
fn dash_is_stdin_or_stdout_or_refused() {
    let home = CliHome::new();
    home.run(&["init", "--username", "ops", "--password-file", "-"], format!("{PASSWORD}\n")).assert_success();
    let catalogue =
        "\u{feff}schema = 1\r\nname = \"r\"\r\ntitle = \"r\"\r\n[[group]]\r\nid = \"r\"\r\ntitle = \"r\"\r\n";
    home.run(&["catalogue", "check", "-"], catalogue).assert_success();
    home.file("pw", &format!("{PASSWORD}\n"), 0o600);
    home.run(&["catalogue", "apply", "-", "--password-file", "pw"], catalogue).assert_success();
    home.run(&["catalogue", "apply", "-", "--password-stdin"], catalogue)
        .assert_error(Kind::Usage)
        .assert_says(&["--password-file"]);
    let secret = home.create(&["a", "--out", "-"]);
    assert_eq!(home.verify(&secret), 0);
    for args in [
        &["token", "create", "b", "--out-dir", "-"][..],
        &["token", "list", "--store", "-"],
        &["demo", "--tokens", "1", "--no-open", "--store", "d/s.db", "--secrets", "-"],
    ] {
        home.as_ops(args).assert_error(Kind::Usage).assert_says(&["./-"]);
    }
    home.run(&["audit", "anchor", "-"], "").assert_error(Kind::Usage).assert_says(&["./-"]);
    for (name, value) in [("JETON_STORE", "-"), ("JETON_CONFIG", "-"), ("JETON_TOKEN_FILE", "-")] {
        let mut list = home.command(&["token", "list", "--no-input"]);
        list.env(name, value);
        run_to_end(list, b"").assert_error(Kind::Usage).assert_says(&["./-"]);
    }
    home.run(&["config", "set", "store", "-"], "").assert_error(Kind::Usage);
    let created: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(created.iter().all(|name| name != "-"), "{created:?}");
}

/// Creates a named pipe with `text` in it for one reader.
fn pipe(home: &CliHome, name: &str, text: &str) -> std::path::PathBuf {
    let path = home.path(name);
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&path).status().unwrap().success());
    let (to, text) = (path.clone(), text.to_owned());
    std::thread::spawn(move || OpenOptions::new().write(true).open(to).unwrap().write_all(text.as_bytes()));
    path
}

#[test]
fn named_pipe_is_read_like_a_file() {
    let home = CliHome::set_up();
    let password = pipe(&home, "pw", &format!("{PASSWORD}\n"));
    let catalogue = "schema = 1\nname = \"r\"\ntitle = \"r\"\n[[group]]\nid = \"r\"\ntitle = \"r\"\n";
    let file = pipe(&home, "r.toml", catalogue);
    let (password, file) = (password.to_str().unwrap(), file.to_str().unwrap());
    home.run(&["catalogue", "apply", file, "--password-file", password], "").assert_success();
    home.run(&["audit", "anchor", "anchor"], "").assert_success();
    let anchor = std::fs::read_to_string(home.path("anchor")).unwrap();
    let anchor = pipe(&home, "anchor.pipe", &anchor);
    home.run(&["audit", "verify", "--anchor", anchor.to_str().unwrap()], "").assert_success();
}
