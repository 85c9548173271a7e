//! `jeton scan`.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use jeton::domain::name::Prefix;
use jeton::domain::secret::Secret;
use jeton::error::Kind;
use jeton::verbs::ports::Entropy;
use serde_json::Value;

use crate::support::cli_program::CliHome;
use crate::support::fakes::SeededEntropy;

/// Returns a secret that the store of the test never issued.
fn foreign(seed: u64) -> String {
    let entropy = SeededEntropy::new(seed);
    let secret = Secret::generate(&Prefix::default(), |buffer| entropy.fill(buffer)).unwrap();
    secret.expose(str::to_owned)
}

/// Returns the places of each secret, by the name of its token.
fn places(answer: &Value) -> Vec<(String, Vec<String>)> {
    let text = |place: &Value| format!("{}:{}:{}", place["path"].as_str().unwrap(), place["line"], place["column"]);
    let found = answer["found"].as_array().unwrap();
    found
        .iter()
        .map(|found| {
            let name = found["token"]["name"].as_str().unwrap_or("unknown");
            (name.to_owned(), found["places"].as_array().unwrap().iter().map(text).collect())
        })
        .collect()
}

#[test]
fn scan_finds_secrets_and_says_whose_they_are() {
    let home = CliHome::set_up();
    let (live, dead, other) = (home.create(&["live"]), home.create(&["dead"]), foreign(5));
    home.as_ops(&["token", "disable", "dead"]).assert_success();
    fs::create_dir_all(home.path("tree/deep/.hidden")).unwrap();
    let file = |name: &str, text: &str| home.file(&format!("tree/{name}"), text, 0o600);
    file(".env", &format!("A=1\nTOKEN={live}\n"));
    file("deep/.hidden/config.json", &format!("{{\"tokens\": [\"{dead}\", \"{live}\"]}}"));
    file("deep/binary", &format!("\0\u{1}\n\0{other}\0"));
    file("wide", &format!("{}https://u:{live}@host/", "x".repeat(300_000)));
    file("none", &format!("{}\njtn_\n{}", &live[..live.len() - 1], &live[1..]));

    let found = home.run(&["scan", "tree", "--json"], "").assert_code(6).json();
    let expected = [
        ("live", vec!["tree/.env:2:7", "tree/deep/.hidden/config.json:1:69", "tree/wide:1:300011"]),
        ("dead", vec!["tree/deep/.hidden/config.json:1:14"]),
        ("unknown", vec!["tree/deep/binary:2:2"]),
    ];
    let expected = expected.map(|(name, places)| (name.to_owned(), places.into_iter().map(str::to_owned).collect()));
    assert_eq!(places(&found), expected);
    let states: Vec<_> = found["found"].as_array().unwrap().iter().map(|f| (&f["works"], &f["reason"])).collect();
    let expected = [(true.into(), Value::Null), (false.into(), "disabled".into()), (false.into(), "unknown".into())];
    assert_eq!(states, expected.each_ref().map(|(works, reason)| (works, reason)));
    assert_eq!((&found["files"], &found["unreadable_count"]), (&5.into(), &0.into()));

    for answer in [home.run(&["scan", "tree"], ""), home.run(&["scan", "tree", "--json"], "")] {
        for secret in [&live, &dead, &other] {
            assert!(!answer.out.contains(secret.as_str()) && !answer.err.contains(secret.as_str()));
        }
    }
    let quiet = home.run(&["scan", "tree/.env", "tree/deep", "--quiet"], "").assert_code(6);
    assert_eq!((quiet.out.lines().count(), quiet.err.as_str()), (4, ""));
    assert_eq!(home.as_ops(&["token", "show", "live", "--json"]).json()["token"]["last_seen_at"], Value::Null);
}

#[test]
fn scan_without_findings_succeeds() {
    let home = CliHome::set_up();
    fs::create_dir(home.path("tree")).unwrap();
    home.file("tree/a", "jtn_nothing", 0o600);
    let none = home.run(&["scan", "tree", "--json"], "").assert_success().json();
    assert_eq!((&none["found"], &none["files"]), (&Value::Array(Vec::new()), &1.into()));
    insta::assert_snapshot!(home.run(&["scan", "tree"], "").assert_success().err, @"No secrets in 1 file");
}

#[test]
fn scan_reads_stdin_and_pipes() {
    let home = CliHome::set_up();
    let secret = home.create(&["piped"]);
    let input = format!("{}\n  {secret}", "x\n".repeat(200_000));
    let found = home.run(&["scan", "-", "--quiet"], &input).assert_code(6);
    assert_eq!(found.out, "-:200002:3\n");
    assert_eq!(home.run(&["scan", "/dev/stdin", "--quiet"], &input).assert_code(6).out, "/dev/stdin:200002:3\n");
}

#[test]
fn scan_leaves_out_ignored_files_unless_asked() {
    let home = CliHome::set_up();
    let secret = home.create(&["ignored"]);
    fs::create_dir_all(home.path("tree/.git")).unwrap();
    home.file("tree/.gitignore", "*.log\n", 0o600);
    home.file("tree/a.log", &secret, 0o600);
    home.run(&["scan", "tree"], "").assert_success();
    let found = |args: &[&str]| home.run(args, "").assert_code(6).out;
    assert_eq!(found(&["scan", "tree", "--no-ignore", "--quiet"]), "tree/a.log:1:1\n");
    assert_eq!(found(&["scan", "tree/a.log", "--quiet"]), "tree/a.log:1:1\n", "it was named");
}

#[test]
fn scan_follows_no_link_out_of_the_tree() {
    let home = CliHome::set_up();
    let secret = home.create(&["outside"]);
    fs::create_dir_all(home.path("tree")).unwrap();
    fs::create_dir_all(home.path("outside")).unwrap();
    home.file("outside/a", &secret, 0o600);
    symlink(home.path("outside"), home.path("tree/folder")).unwrap();
    symlink(home.path("outside/a"), home.path("tree/file")).unwrap();
    symlink("/dev/zero", home.path("tree/endless")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        home.path("tree/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    home.run(&["scan", "tree"], "").assert_success();
    home.run(&["scan", "tree/file"], "").assert_code(6);
}

#[test]
fn scan_tells_of_what_it_could_not_read() {
    let home = CliHome::set_up();
    let secret = home.create(&["lost"]);
    let missing = home.run(&["scan", "nowhere"], "").assert_error(Kind::Failure);
    insta::assert_snapshot!(missing.err);
    home.file("found", &secret, 0o600);
    let both = home.run(&["scan", "nowhere", "found", "--json"], "").assert_code(6).json();
    insta::assert_snapshot!(both["unreadable"], @r#"[{"path":"nowhere","why":"could not be read: No such file or directory"}]"#);
    assert_eq!(both["unreadable_count"], 1);
}

#[test]
fn scan_names_secrets_that_the_store_never_issued() {
    let home = CliHome::set_up();
    let dead = home.create(&["dead"]);
    home.as_ops(&["token", "disable", "dead"]).assert_success();
    let found = |input: &str| home.run(&["scan", "-"], input).assert_code(6).err;
    insta::assert_snapshot!(found(&foreign(1)), @"error: found 1 secret in 1 place: this store does not know the secret");
    insta::assert_snapshot!(found(&format!("{} {}", foreign(1), foreign(2))), @"error: found 2 secrets in 2 places: this store knows none of the secrets");
    insta::assert_snapshot!(found(&format!("{} {dead}", foreign(1))), @"error: found 2 secrets in 2 places: none of the secrets works");
    insta::assert_snapshot!(found(&dead), @"error: found 1 secret in 1 place: the secret doesn't work");
}

#[test]
fn scan_escapes_names_of_files() {
    let home = CliHome::set_up();
    let secret = home.create(&["hostile"]);
    fs::create_dir(home.path("tree")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"a\x1b[2J\n\xff\xe2\x80\xae");
    fs::write(home.path("tree").join(name), &secret).unwrap();
    // The assertion looks for control characters.
    home.run(&["scan", "tree"], "").assert_code(6);
    home.run(&["scan", "tree", "--quiet"], "").assert_code(6);
    home.run(&["scan", "tree", "--json"], "").assert_code(6).json();
}

#[test]
fn scan_finds_secrets_in_names_and_prints_none() {
    let home = CliHome::set_up();
    let secret = home.create(&["ci"]);
    fs::create_dir(home.path("tree")).unwrap();
    home.file(&format!("tree/session={secret}.json"), &format!("{secret}\n"), 0o600);
    // The reason why its objects are skipped names this folder.
    fs::create_dir(home.path(&secret)).unwrap();
    home.file("tree/.git", &format!("gitdir: ../{secret}\n"), 0o600);
    for args in [&["scan", "tree"][..], &["scan", "tree", "--quiet"], &["scan", "tree", "--json"]] {
        let found = home.run(args, "").assert_code(6);
        assert!(!found.out.contains(&secret) && !found.err.contains(&secret));
    }
    let found = home.run(&["scan", "tree", "--json"], "").json();
    let why = found["unreadable"][0]["why"].as_str().unwrap();
    assert!(why.contains(&secret[..12]), "{why}");
    let places = found["found"][0]["places"].as_array().unwrap();
    let at: Vec<_> = places.iter().map(|place| (&place["line"], &place["column"])).collect();
    let one = &Value::from(1);
    assert_eq!(at, [(one, &Value::from(12)), (one, one), (&Value::Null, &Value::Null)]);
}

#[test]
fn scan_needs_the_store() {
    let home = CliHome::new();
    home.run(&["scan", "."], "").assert_error(Kind::NotFound);
    let home = CliHome::set_up();
    home.run(&["scan", ".", "--user", "ops"], "").assert_error(Kind::Usage);
    home.run(&["scan", ".", "--server", &home.server()], "").assert_error(Kind::Usage);
    home.run(&["scan"], "").assert_error(Kind::Usage);
}

#[test]
fn scan_report_is_calm() {
    let home = CliHome::set_up();
    let (bot, old) = (home.create(&["bot"]), home.create(&["old-deployment"]));
    home.as_ops(&["token", "revoke", "old-deployment", "--confirm", "old-deployment"]).assert_success();
    fs::create_dir(home.path("tree")).unwrap();
    home.file("tree/.env", &format!("TOKEN={bot}\n"), 0o600);
    home.file("tree/many", &format!("{bot}\n").repeat(12), 0o600);
    home.file("tree/notes.txt", &format!("was {old} {}\n", foreign(7)), 0o600);
    let found = home.run(&["scan", "tree"], "").assert_code(6);
    let out = found
        .out
        .replace(&bot[4..12], "BOTBOTBO")
        .replace(&old[4..12], "OLDOLDOL")
        .replace(&foreign(7)[4..12], "UNKNOWNS");
    insta::assert_snapshot!(format!("{out}{}", found.err));
}
