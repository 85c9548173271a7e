//! `jeton scan` in git repositories, with the real git.

mod damaged;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};

mod signals;

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

fn make_pipe(path: &Path) {
    let pipe = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, path, pipe, 0o600.into(), 0).unwrap();
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
    assert!(skipped.err.contains("the program git was not found in PATH"), "{skipped:?}");
    // A damaged repository.
    let blob = git(&home, "tree", &["rev-parse", "HEAD:a"]);
    let (folder, file) = blob.split_at(2);
    let object = home.path("tree/.git/objects").join(folder).join(file);
    fs::remove_file(&object).unwrap();
    fs::write(&object, "nonsense").unwrap();
    let damaged = scan(&home, &["tree", "--json"]).assert_code(1).json();
    assert_eq!(damaged["unreadable"][0]["path"], "tree/.git");
}

/// The folder of a repository may belong to anybody: git would go to another repository, or wait for a pipe.
#[test]
fn repository_cannot_hide_its_objects_or_hang_the_scan() {
    if is_missing() {
        return;
    }
    let home = repository();
    let secret = home.create(&["ci"]);
    commit(&home, "a", &format!("{secret}\n"));
    fs::remove_file(home.path("tree/a")).unwrap();
    fs::create_dir(home.path("other")).unwrap();
    git(&home, "other", &["init", "-q"]);
    home.file("tree/.git/.git", &format!("gitdir: {}/.git", home.path("other").display()), 0o600);
    home.file("tree/.git/HEAD", "nonsense", 0o600);
    home.file("tree/.git/config", &format!("[include]\npath = {}\n", home.path("pipe").display()), 0o600);
    make_pipe(&home.path("pipe"));
    let found = scan(&home, &["tree/.git", "--json"]).assert_code(6).json();
    assert_eq!(found["unreadable"][0]["path"], "tree/.git/.git");
    fs::remove_file(home.path("tree/.git/config")).unwrap();
    make_pipe(&home.path("tree/.git/config"));
    scan(&home, &["tree/.git"]).assert_code(6);
}

/// Git has to read these files, and would wait for a writer.
#[test]
fn repository_with_a_pipe_among_its_objects_is_skipped() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x\n");
    fs::create_dir(home.path("other")).unwrap();
    git(&home, "other", &["init", "-q"]);
    let list = home.path("tree/.git/objects/info/alternates");
    let blob = git(&home, "tree", &["rev-parse", "HEAD:a"]);
    let is_skipped = |place: &str| {
        make_pipe(&home.path(place));
        let skipped = scan(&home, &["tree", "--json"]).assert_code(1).json();
        assert_eq!(skipped["unreadable"][0]["path"], "tree/.git", "{place}");
        fs::remove_file(home.path(place)).unwrap();
    };
    is_skipped("tree/.git/objects/info/alternates");
    is_skipped("tree/.git/shallow");
    is_skipped(&format!("tree/.git/objects/{}/{}", &blob[..2], "0".repeat(38)));
    fs::write(&list, "../../../other/.git/objects\n").unwrap();
    is_skipped("other/.git/objects/info/alternates");
    is_skipped("other/.git/objects/pack/a.pack");
    fs::remove_file(&list).unwrap();
    symlink(home.path("other/.git/objects"), home.path("tree/.git/objects/link")).unwrap();
    is_skipped("other/.git/objects/pack/a.pack");
    scan(&home, &["tree"]).assert_success();
}

#[test]
fn objects_of_linked_worktrees_and_submodules_are_searched() {
    if is_missing() {
        return;
    }
    let home = repository();
    let secret = home.create(&["ci"]);
    commit(&home, "a", &format!("{secret}\n"));
    commit(&home, "a", "x\n");
    git(&home, "tree", &["worktree", "add", "-q", "--detach", "../linked"]);
    fs::create_dir(home.path("around")).unwrap();
    git(&home, "around", &["init", "-q"]);
    let url = home.path("tree").display().to_string();
    git(&home, "around", &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"]);
    git(&home, "around", &["commit", "-qm", "sub"]);
    git(&home, "around", &["worktree", "add", "-q", "../around-linked"]);
    git(&home, "around-linked", &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
    git(&home, "", &["clone", "-q", "--bare", "tree", "bare"]);
    symlink(home.path("bare"), home.path("link-to-bare")).unwrap();
    symlink(home.path("linked"), home.path("link-to-linked")).unwrap();
    for folder in ["linked", "around/sub", "around-linked/sub", "link-to-bare", "link-to-linked"] {
        let found = scan(&home, &[folder, "--json"]).assert_code(6).json();
        assert_eq!(
            (&found["found"][0]["places"].as_array().unwrap().len(), &found["unreadable_count"]),
            (&1, &0.into())
        );
    }
    // Each repository once, with its path in the searched folder.
    let places = |args: &[&str]| scan(&home, &[args, &["--quiet"]].concat()).assert_code(6).out;
    let around = places(&["around"]);
    let repositories: Vec<&str> = around.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(repositories, ["around/.git/modules/sub", "around/.git/worktrees/around-linked/modules/sub"]);
    let both = places(&["linked", "tree"]);
    assert!(both.starts_with("tree/.git ") && both.lines().count() == 1, "{both}");
    scan(&home, &["linked", "--no-git"]).assert_success();
}

/// Else a folder could lead to any repository of the user.
#[test]
fn folder_that_names_a_repository_to_which_it_does_not_belong_is_reported() {
    if is_missing() {
        return;
    }
    let home = repository();
    let secret = home.create(&["ci"]);
    commit(&home, "a", &format!("{secret}\n"));
    git(&home, "tree", &["worktree", "add", "-q", "--detach", "../linked"]);
    fs::create_dir_all(home.path("hostile/part/back")).unwrap();
    let tree = home.path("tree/.git");
    home.file("hostile/back", &home.path("hostile/part/.git").display().to_string(), 0o600);
    let entry = home.path("hostile/part/.git");
    let mut names =
        vec![format!("gitdir: {}\n", tree.display()), format!("gitdir: {}/worktrees/linked", tree.display())];
    // An own part of the repository, which the repository doesn't know.
    fs::write(home.path("hostile/part/back/gitdir"), entry.display().to_string()).unwrap();
    fs::write(home.path("hostile/part/back/commondir"), tree.display().to_string()).unwrap();
    names.push("gitdir: back".to_owned());
    names.extend(["gitdir: .git".to_owned(), "gitdir: ".to_owned(), "x".repeat(100_000), String::new()]);
    for name in names {
        fs::write(&entry, &name).unwrap();
        let found = scan(&home, &["hostile", "--json"]).assert_code(1).json();
        assert_eq!(
            (&found["unreadable"][0]["path"], &found["objects"]),
            (&"hostile/part/.git".into(), &0.into()),
            "{name:.80}"
        );
    }
    fs::remove_file(&entry).unwrap();
    make_pipe(&entry);
    scan(&home, &["hostile"]).assert_code(1);
    fs::remove_file(&entry).unwrap();
    symlink(&tree, &entry).unwrap();
    scan(&home, &["hostile"]).assert_code(1);
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
    // The user's settings for `git diff` count for no hook.
    fs::create_dir(home.path("tree/sub")).unwrap();
    home.file(".gitconfig", "[diff]\nrelative = true\norderFile = /nowhere\n", 0o600);
    let mut in_folder = with_git(&home, &["scan", "--staged", "--quiet"]);
    in_folder.current_dir(home.path("tree/sub"));
    assert_eq!(run_to_end(in_folder, b"").assert_code(6).out, "new:1:1\n");
    run(&["."]).assert_error(Kind::Usage);
    let outside = |args: &[&str]| {
        let mut command = with_git(&home, &[&["scan", "--staged"], args].concat());
        command.env("GIT_CEILING_DIRECTORIES", home.path(""));
        run_to_end(command, b"")
    };
    insta::assert_snapshot!(outside(&[]).assert_error(Kind::Failure).err, @"
    ! .: not all staged files were searched: not a git repository (or any of the parent directories): .git
    error: the staged files could not be searched
      Run the command in a git repository whose files you can read
    ");
    assert_eq!(outside(&["--json"]).assert_code(1).json()["unreadable"][0]["path"], ".");
}
