//! Structure rules of the project, checked against its source.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files longer than 400 lines, each with the reason for not splitting it.
const LONG_FILES: &[(&str, &str)] = &[
    ("tests/it/tui/snapshots.rs", "each screen and dialog once, in one list"),
    ("tests/it/tui/story.rs", "what a person does on the screens, a story each"),
];
const MAX_LINES: usize = 400;

struct Source {
    /// Path from the root of the repository, e.g. `src/domain/time.rs`.
    path: String,
    text: String,
    /// The code without comments and the contents of string literals.
    code: String,
    /// The string literals alone.
    strings: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources(folder: &str) -> Vec<Source> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let (code, strings) = parted(&text);
        Source { path: relative(&path), text, code, strings }
    };
    files(folder, "rs").into_iter().map(read).collect()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

/// Separates code from comments and string literals, as far as these tests need it.
fn parted(text: &str) -> (String, Vec<String>) {
    let (mut code, mut strings) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if let Some(hashes) = raw_string(rest, &code) {
            let close = format!("\"{}", "#".repeat(hashes));
            let inner = &rest[hashes + 2..];
            let end = inner.find(&close).unwrap();
            strings.push(inner[..end].to_owned());
            code.push_str("\"\"");
            rest = &inner[end + close.len()..];
        } else if c == '"' {
            let mut end = 1;
            while !rest[end..].starts_with('"') {
                let skipped = if rest[end..].starts_with('\\') { 2 } else { 1 };
                end += rest[end..].chars().take(skipped).map(char::len_utf8).sum::<usize>();
            }
            strings.push(rest[1..end].to_owned());
            code.push_str("\"\"");
            rest = &rest[end + 1..];
        } else if let Some(length) = char_literal(rest) {
            code.push_str("' '");
            rest = &rest[length..];
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    (code, strings)
}

/// Returns the number of hashes of a raw string that starts here.
fn raw_string(rest: &str, before: &str) -> Option<usize> {
    let inner = rest.strip_prefix('r').filter(|_| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))?;
    let hashes = inner.bytes().take_while(|b| *b == b'#').count();
    inner[hashes..].starts_with('"').then_some(hashes)
}

/// Returns the length of a character literal that starts here; `None` for a lifetime.
fn char_literal(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map(|end| end + 4);
    }
    let c = inner.chars().next()?;
    inner[c.len_utf8()..].starts_with('\'').then(|| c.len_utf8() + 2)
}

/// Returns `true` if `code` contains `name` as a separate word or path.
fn mentions(code: &str, name: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| !code[..at].ends_with(inner) && !code[at + name.len()..].starts_with(inner))
}

fn under<'a>(sources: &'a [Source], folder: &'a str) -> impl Iterator<Item = &'a Source> {
    let found = sources.iter().filter(move |s| s.path.starts_with(folder));
    assert!(found.clone().count() > 3, "{folder} has moved: this test looks at nothing");
    found
}

#[test]
fn the_reader_of_source_reads_source() {
    let (code, strings) = parted(
        "let a = \"x // y\\\"\"; // rusqlite\n/* clap */ let b = 'c'; let q = '\"'; let l: &'a str = r#\"SELECT \"x\"\"#; let n = '\\n';",
    );
    assert_eq!(code, "let a = \"\"; \n let b = ' '; let q = ' '; let l: &'a str = \"\"; let n = ' ';");
    assert_eq!(strings, ["x // y\\\"", "SELECT \"x\""]);
    assert!(mentions("use clap::Parser;", "clap") && mentions("a(clap::x)", "clap"));
    assert!(!mentions("my_clap::x; claps::y", "clap"));
    assert!(mentions("use crate::store::sqlite;", "crate::store") && !mentions("crate::storeys", "crate::store"));
}

#[test]
fn inner_rooms_know_no_technology() {
    let all = sources("src");
    for folder in INNER_ROOMS.map(|(folder, _)| folder) {
        for source in under(&all, folder) {
            for name in ["ratatui", "crossterm", "rusqlite", "clap", "axum", "arboard"] {
                assert!(!mentions(&source.code, name), "{} names {name}", source.path);
            }
        }
    }
}

/// Folders without technology, and the modules that each may use in addition to itself and the error type.
const INNER_ROOMS: [(&str, &[&str]); 5] = [
    ("src/domain/", &[]),
    ("src/import/", &["domain"]),
    ("src/service/", &["domain"]),
    ("src/verbs/", &["domain"]),
    ("src/api/", &["domain", "verbs"]),
];

#[test]
fn dependencies_point_downwards() {
    let all = sources("src");
    for (folder, allowed) in INNER_ROOMS {
        for source in under(&all, folder) {
            assert!(
                !source.code.contains("crate::{"),
                "{}: one `use` a module, so that this test can read it",
                source.path
            );
            for (at, _) in source.code.match_indices("crate::") {
                let used = source.code[at + "crate::".len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next();
                let used = used.unwrap_or_default();
                let is_allowed = used == "error" || allowed.contains(&used) || folder == format!("src/{used}/");
                assert!(is_allowed, "{} uses crate::{used}", source.path);
            }
        }
    }
    for source in under(&all, "src/store/").chain(under(&all, "src/platform/")) {
        for path in ["crate::cli", "crate::tui"] {
            assert!(!mentions(&source.code, path), "{} uses {path}", source.path);
        }
    }
}

/// A second engine is an addition under `store/`: nothing else knows which one is open.
#[test]
fn only_the_store_names_its_engine() {
    let all = sources("src");
    assert!(all.iter().any(|s| s.path == "src/store/mod.rs" && mentions(&s.code, "SqliteStore")), "it has moved");
    for source in all.iter().filter(|s| !s.path.starts_with("src/store/")) {
        for name in ["SqliteStore", "store::sqlite"] {
            assert!(!mentions(&source.code, name), "{} names {name}", source.path);
        }
    }
}

fn is_sql(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "(),;".contains(c)).filter(|w| !w.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    let pair = |a: &str, b: &str| words.windows(2).any(|w| w == [a, b]);
    (has("SELECT") && has("FROM"))
        || (has("UPDATE") && has("SET"))
        || (has("INSERT") && has("INTO"))
        || pair("DELETE", "FROM")
        || pair("CREATE", "TABLE")
        || has("PRAGMA")
}

#[test]
fn sql_stands_under_store_only() {
    assert!(is_sql("SELECT a\n FROM b") && is_sql("INSERT OR REPLACE INTO x") && is_sql("PRAGMA wal_checkpoint;"));
    assert!(!is_sql("Select one from the list") && !is_sql("UPDATE now"));
    let all = sources("src");
    assert!(under(&all, "src/store/").any(|s| s.strings.iter().any(|t| is_sql(t))), "the store has none?");
    for source in all.iter().filter(|s| !s.path.starts_with("src/store/")) {
        if let Some(sql) = source.strings.iter().find(|t| is_sql(t)) {
            panic!("{} holds SQL: {sql}", source.path);
        }
    }
    for file in files("src", "sql") {
        assert!(relative(&file).starts_with("src/store/"), "{}", file.display());
    }
}

#[test]
fn each_outside_thing_has_its_place() {
    for source in sources("src") {
        let path = source.path.as_str();
        let at_home = |home: &[&str]| home.iter().any(|h| path == *h || (h.ends_with('/') && path.starts_with(h)));
        let rules: [(&str, &[&str]); 4] = [
            ("chrono", &["src/domain/time.rs"]),
            ("rusqlite", &["src/store/"]),
            ("arboard", &["src/platform/"]),
            ("getrandom", &["src/platform/"]),
        ];
        for (name, home) in rules {
            assert!(!mentions(&source.code, name) || at_home(home), "{path} names {name}, which belongs in {home:?}");
        }
        // Arguments belong to the command line. Everything else of the environment may be read in two places.
        let code = source.code.replace("std::env::args_os", "").replace("std::env::args", "");
        let code = if at_home(&["src/cli/", "src/main.rs"]) { code } else { source.code.clone() };
        let reads = mentions(&code, "std::env") || (code.contains("use std::{") && mentions(&code, "env"));
        assert!(!reads || at_home(&["src/config/", "src/platform/"]), "{path} reads the environment");
    }
}

/// Tests may start threads freely: joining a thread reports its panic.
#[test]
fn threads_and_tasks_are_started_where_they_are_supervised() {
    let mut found = Vec::new();
    for source in sources("src") {
        let product = source.code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for start in
            ["thread::spawn", "thread::Builder", "tokio::spawn", "task::spawn", "spawn_blocking", "spawn_local"]
        {
            if mentions(product, start) {
                found.push((source.path.clone(), start));
            }
        }
    }
    let home = "src/http/task_supervisor.rs";
    assert!(found.iter().all(|(path, _)| path == home) && found.len() > 1, "{found:?}");
    let tasks = fs::read_to_string(root().join("src/platform/threads.rs")).unwrap();
    assert!(tasks.contains("use std::thread::{Builder,"), "threads are started elsewhere");
    let other = sources("src").into_iter().filter(|source| source.path != "src/platform/threads.rs");
    let builders = other.filter(|source| {
        source.code.contains("use std::thread::{Builder") || source.code.contains("use std::thread::Builder")
    });
    assert_eq!(builders.map(|source| source.path).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn files_stay_readable() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 30, "main.rs only calls the library");
    let mut excused: BTreeSet<&str> = LONG_FILES.iter().map(|(path, _)| *path).collect();
    for source in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        let lines = source.text.lines().count();
        let is_excused = excused.remove(source.path.as_str());
        assert!(lines <= MAX_LINES || is_excused, "{} has {lines} lines", source.path);
        assert!(lines > MAX_LINES || !is_excused, "{} is no long file any more: strike it off the list", source.path);
    }
    assert!(excused.is_empty(), "gone, strike them off the list: {excused:?}");
}

fn toml(file: &str) -> toml::Table {
    fs::read_to_string(root().join(file)).unwrap().parse().unwrap()
}

#[test]
fn unsafe_is_forbidden() {
    assert_eq!(toml("Cargo.toml")["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for source in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        assert!(!mentions(&source.code, "unsafe_code"), "{} argues with that", source.path);
    }
}

/// Returns `true` if a licence expression (SPDX, or the older `A/B`) can be satisfied by the allowed licences.
fn is_satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let (met, rest) = any(&words, allowed);
    assert!(rest.is_empty(), "{words:?}");
    met
}

fn any<'a>(words: &'a [&'a str], allowed: &BTreeSet<String>) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = every(words, allowed);
    while let ["OR", more @ ..] = rest {
        let (other, after) = every(more, allowed);
        (met, rest) = (met || other, after);
    }
    (met, rest)
}

fn every<'a>(words: &'a [&'a str], allowed: &BTreeSet<String>) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let ["AND", more @ ..] = rest {
        let (other, after) = one(more, allowed);
        (met, rest) = (met && other, after);
    }
    (met, rest)
}

fn one<'a>(words: &'a [&'a str], allowed: &BTreeSet<String>) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inner @ ..] => {
            let (met, rest) = any(inner, allowed);
            (met, &rest[1..])
        }
        [name, "WITH", exception, rest @ ..] => (allowed.contains(&format!("{name} WITH {exception}")), rest),
        [name, rest @ ..] => (allowed.contains(*name), rest),
        [] => panic!("a licence was expected"),
    }
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let some: BTreeSet<String> = ["MIT", "Zlib"].map(str::to_owned).into();
    for (expression, expected) in [
        ("MIT OR GPL-3.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR X) AND Y", false),
        ("(MIT OR X) AND Zlib", true),
        ("GPL-2.0", false),
        ("Zlib WITH x", false),
    ] {
        assert_eq!(is_satisfied(expression, &some), expected, "{expression}");
    }
    let deny = toml("deny.toml");
    let words = |value: &toml::Value| -> BTreeSet<String> {
        value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let allowed = words(&deny["licenses"]["allow"]);
    let exceptions = deny["licenses"]["exceptions"].as_array().unwrap();
    let mut idle: BTreeSet<&str> = exceptions.iter().map(|e| e["crate"].as_str().unwrap()).collect();
    let mut used = BTreeSet::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} names no licence"));
        let mut here = allowed.clone();
        if let Some(exception) = exceptions.iter().find(|e| e["crate"].as_str() == Some(name)) {
            here.extend(words(&exception["allow"]));
            idle.remove(name);
        }
        assert!(is_satisfied(licence, &here), "{name} is under {licence}");
        used.extend(allowed.iter().filter(|a| licence.contains(a.as_str())).cloned());
    }
    assert!(idle.is_empty(), "not in the tree any more: {idle:?}");
    // Other systems need other crates, so the list is checked for completeness on one.
    if cfg!(target_os = "linux") {
        assert_eq!(used, allowed, "licences that nothing has any more");
    }
}

/// Returns every package that is built on this machine, from crates.io or from this repository.
fn packages() -> Vec<serde_json::Value> {
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 50, "{}", packages.len());
    for package in &packages {
        let from = package["source"].as_str();
        let ours = from.is_none() && package["name"] == "jeton";
        let registry = from.is_some_and(|f| f.starts_with("registry+") && f.ends_with("/crates.io-index"));
        assert!(ours || registry, "{} comes from {from:?}", package["name"]);
    }
    packages
}
