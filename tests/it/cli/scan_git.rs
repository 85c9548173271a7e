//! `jeton scan` in git repositories, with the real git.

use std::fs;
use std::path::Path;
use std::process::Command;

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};

/// Runs git in `folder` of the home. Returns its output.
fn git(home: &CliHome, folder: &str, args: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    command.env("HOME", home.path("")).env("GIT_CONFIG_NOSYSTEM", "1");
    let out = command.current_dir(home.path(folder)).args(identity).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Returns the program's command, with git on its path.
fn with_git(home: &CliHome, args: &[&str]) -> Command {
    let mut command = home.command(args);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command
}

fn scan(home: &CliHome, args: &[&str]) -> CliOutput {
    run_to_end(with_git(home, &[&["scan"], args].concat()), b"")
}

fn is_missing() -> bool {
    let is_missing = Command::new("git").arg("--version").output().is_err();
    if is_missing {
        println!("skipped: git not found");
    }
    is_missing
}

/// Creates a repository `tree`, and a home with a store.
fn repository() -> CliHome {
    let home = CliHome::set_up();
    fs::create_dir(home.path("tree")).unwrap();
    git(&home, "tree", &["init", "-q"]);
    home
}

fn commit(home: &CliHome, file: &str, text: &str) -> String {
    home.file(&format!("tree/{file}"), text, 0o600);
    git(home, "tree", &["add", "-A"]);
    git(home, "tree", &["commit", "-qm", "change"]);
    git(home, "tree", &["rev-parse", "HEAD"])
}

#[test]
fn scan_finds_secrets_in_the_history() {
    if is_missing() {
        return;
    }
    let home = repository();
    let (gone, amended) = (home.create(&["gone"]), home.create(&["amended"]));
    let first = commit(&home, "a b\nc", &format!("x\nTOKEN={gone}\n"));
    commit(&home, "a b\nc", "x\n");
    // Only the object remains of a blob that was never committed.
    home.file("tree/lost", &format!("{amended}\n"), 0o600);
    let lost = git(&home, "tree", &["hash-object", "-w", "lost"]);
    fs::remove_file(home.path("tree/lost")).unwrap();
    for is_packed in [false, true] {
        if is_packed {
            git(&home, "tree", &["gc", "-q", "--prune=never"]);
            assert!(fs::read_dir(home.path("tree/.git/objects/pack")).unwrap().count() > 1);
        }
        let found = scan(&home, &["tree", "--json"]).assert_code(6).json();
        let place = |secret: usize| found["found"][secret]["places"][0].clone();
        let repository = "tree/.git";
        let (gone, amended) = match found["found"][0]["token"]["name"].as_str() {
            Some("gone") => (place(0), place(1)),
            _ => (place(1), place(0)),
        };
        let blob = git(&home, "tree", &["rev-parse", &format!("{first}:a b\nc")]);
        let object = serde_json::json!({"repository": repository, "id": blob, "commit": first});
        let expected = serde_json::json!({"path": "a b\nc", "line": 2, "column": 7, "object": object});
        assert_eq!(gone, expected, "{is_packed}");
        let object = serde_json::json!({"repository": repository, "id": lost, "commit": null});
        assert_eq!(amended, serde_json::json!({"path": null, "line": 1, "column": 1, "object": object}));
        assert!(found["objects"].as_u64().unwrap() >= 6);
    }
    let quiet = scan(&home, &["tree", "--quiet"]).assert_code(6).out;
    let expected = [format!("tree/.git {}:1:1", &lost[..12]), format!("tree/.git {}:a b\\u{{a}}c:2:7", &first[..12])];
    assert!(expected.iter().all(|line| quiet.lines().any(|found| found == line)), "{quiet}");
    scan(&home, &["tree", "--no-git"]).assert_success();
    // A repository that is ignored, or without a working tree, is searched too.
    home.file("tree/.gitignore", "*\n", 0o600);
    scan(&home, &["tree"]).assert_code(6);
    git(&home, "", &["clone", "-q", "--bare", "tree", "bare"]);
    scan(&home, &["bare"]).assert_code(6);
}

#[test]
fn scan_tells_of_repositories_it_could_not_search() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x");
    let mut command = home.command(&["scan", "tree"]);
    command.env("PATH", home.path("tree"));
    let skipped = run_to_end(command, b"").assert_error(Kind::Failure);
    assert!(skipped.err.contains("git is not installed"), "{skipped:?}");
    // A broken repository doesn't lead to the one around it.
    let secret = home.create(&["outer"]);
    commit(&home, "a", &secret);
    for folder in ["objects", "refs"] {
        fs::create_dir_all(home.path("tree/inner/.git").join(folder)).unwrap();
    }
    home.file("tree/inner/.git/HEAD", "nonsense", 0o600);
    let broken = scan(&home, &["tree/inner", "--json"]).assert_code(1).json();
    assert_eq!((&broken["unreadable"][0]["path"], &broken["objects"]), (&"tree/inner/.git".into(), &0.into()));
}

/// A repository of somebody else can hold any configuration.
/// The folder of a repository may belong to anybody.
#[test]
fn repository_cannot_hide_itself_or_hang_the_scan() {
    if is_missing() {
        return;
    }
    let home = repository();
    let secret = home.create(&["ci"]);
    commit(&home, "a", &format!("{secret}\n"));
    fs::remove_file(home.path("tree/a")).unwrap();
    // Another repository, to which git would go.
    fs::create_dir(home.path("other")).unwrap();
    git(&home, "other", &["init", "-q"]);
    home.file("tree/.git/.git", &format!("gitdir: {}/.git", home.path("other").display()), 0o600);
    let hidden = scan(&home, &["tree/.git", "--json"]);
    assert_eq!((hidden.code, &hidden.json()["unreadable"][0]["path"]), (1, &"tree/.git".into()));
    fs::remove_file(home.path("tree/.git/.git")).unwrap();
    scan(&home, &["tree/.git"]).assert_code(6);
    // Git would wait for a writer.
    fs::remove_file(home.path("tree/.git/config")).unwrap();
    let pipe = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, home.path("tree/.git/config"), pipe, 0o600.into(), 0).unwrap();
    let stuck = scan(&home, &["tree/.git", "--json"]);
    assert_eq!((stuck.code, &stuck.json()["unreadable"][0]["path"]), (1, &"tree/.git".into()));
}

/// An empty part of PATH means the working directory, which is the repository for git.
#[test]
fn scan_runs_no_git_of_the_repository() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x\n");
    let ran = home.path("ran");
    home.file("tree/.git/git", &format!("#!/bin/sh\ntouch {}\n", ran.display()), 0o700);
    let mut command = home.command(&["scan", "tree"]);
    command.env("PATH", format!(":.:{}", std::env::var("PATH").unwrap()));
    run_to_end(command, b"").assert_success();
    assert!(!ran.exists());
}

#[test]
fn scan_runs_nothing_that_a_repository_names() {
    if is_missing() {
        return;
    }
    let home = repository();
    let secret = home.create(&["a"]);
    commit(&home, "a", &secret);
    let marker = home.path("ran");
    let command = format!("touch {}", marker.display());
    for key in ["core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.alternateRefsCommand"] {
        git(&home, "tree", &["config", key, &command]);
    }
    for (key, value) in [
        ("remote.origin.url", format!("ext::{command}")),
        ("remote.origin.promisor", "true".to_owned()),
        ("extensions.partialClone", "origin".to_owned()),
        ("protocol.ext.allow", "always".to_owned()),
        ("core.repositoryFormatVersion", "1".to_owned()),
    ] {
        git(&home, "tree", &["config", key, &value]);
    }
    let blob = git(&home, "tree", &["rev-parse", "HEAD:a"]);
    let (folder, file) = blob.split_at(2);
    let tree = git(&home, "tree", &["rev-parse", "HEAD^{tree}"]);
    scan(&home, &["tree"]).assert_code(6);
    // Missing objects would be fetched.
    fs::remove_file(home.path("tree/.git/objects").join(folder).join(file)).unwrap();
    let (folder, file) = tree.split_at(2);
    fs::remove_file(home.path("tree/.git/objects").join(folder).join(file)).unwrap();
    scan(&home, &["tree", "--no-ignore"]).assert_code(6);
    assert!(!Path::new(&marker).exists());
}

#[test]
fn staged_content_is_searched_for_a_hook() {
    if is_missing() {
        return;
    }
    let home = repository();
    let (staged, unstaged) = (home.create(&["staged"]), home.create(&["unstaged"]));
    let run = |args: &[&str]| {
        let mut command = with_git(&home, &[&["scan", "--staged"], args].concat());
        command.current_dir(home.path("tree"));
        run_to_end(command, b"")
    };
    // Before the first commit.
    home.file("tree/a b", &format!("x\n {staged}\n"), 0o600);
    git(&home, "tree", &["add", "-A"]);
    // What counts is the content of the index, not that of the working tree.
    home.file("tree/a b", &unstaged, 0o600);
    assert_eq!(run(&["--quiet"]).assert_code(6).out, "a b:2:2\n");
    home.file("tree/a b", "clean", 0o600);
    git(&home, "tree", &["add", "-A"]);
    run(&[]).assert_success();
    git(&home, "tree", &["commit", "-qm", "clean"]);
    home.file("tree/new", &unstaged, 0o600);
    run(&[]).assert_success();
    git(&home, "tree", &["add", "-A"]);
    git(&home, "tree", &["mv", "a b", "c"]);
    assert_eq!(run(&["--quiet"]).assert_code(6).out, "new:1:1\n");
    run(&["."]).assert_error(Kind::Usage);
    let mut outside = with_git(&home, &["scan", "--staged"]);
    outside.env("GIT_CEILING_DIRECTORIES", "/");
    run_to_end(outside, b"").assert_error(Kind::Failure);
}
