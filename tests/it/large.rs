//! Large stores: their creation, and listing them from the command line.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;

use crate::support::cli_program::{CliHome, CliOutput, exists};
use crate::support::fakes::audit_rows;
use jeton::error::Kind;

fn as_demo(home: &CliHome, args: &[&str]) -> CliOutput {
    let args: Vec<&str> =
        args.iter().copied().chain(["--store", "big.db", "--user", "demo", "--password-stdin"]).collect();
    home.run(&args, format!("{}\n", jeton::demo::PASSWORD))
}

fn make(home: &CliHome, tokens: &str) -> CliOutput {
    let args = ["demo", "--tokens", tokens, "--store", "big.db", "--no-open", "--secrets", "secrets.txt"];
    home.run(&args, "")
}

fn is_private(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600
}

/// The list is read in a small page and then in larger ones.
#[test]
fn long_list_has_each_token_once() {
    let home = CliHome::new();
    make(&home, "11500").assert_success();
    let ids = |args: &[&str]| -> Vec<String> {
        let list = as_demo(&home, &[&["token", "list", "--all", "--json"], args].concat()).assert_success().json();
        list["tokens"].as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
    };
    let (all, active) = (ids(&[]), ids(&["--filter", "status:active"]));
    let trash = ids(&["--trash"]);
    let distinct: std::collections::BTreeSet<&String> = all.iter().chain(&trash).collect();
    assert_eq!((all.len() + trash.len(), distinct.len()), (11_500, 11_500));
    assert!(all.len() > 10_500 && (5_500..all.len()).contains(&active.len()), "{} {}", all.len(), active.len());
    let printed = as_demo(&home, &["token", "list", "--all", "--quiet"]).assert_success();
    assert_eq!(printed.out.lines().count(), all.len());
}

#[test]
fn demo_creates_a_large_store_with_its_secrets() {
    let home = CliHome::new();
    make(&home, "400").assert_success().assert_silent().assert_says(&["400", "big.db", jeton::demo::PASSWORD]);
    let all = as_demo(&home, &["token", "list", "--all", "--json"]).assert_success().json();
    let trash = as_demo(&home, &["token", "list", "--all", "--trash", "--json"]).assert_success().json();
    let (all, trash) = (all["tokens"].as_array().unwrap(), trash["tokens"].as_array().unwrap());
    assert_eq!(all.len() + trash.len(), 400);
    let count = |status: &str| all.iter().filter(|t| t["status"] == status).count();
    assert!(["active", "disabled", "expired"].map(count).iter().all(|n| *n > 10) && trash.len() > 3);
    let accounts: std::collections::BTreeSet<&str> = all.iter().map(|t| t["account"].as_str().unwrap()).collect();
    assert_eq!(accounts.len(), 8);
    assert!(all.iter().any(|t| t["last_seen_at"].is_string()) && all.iter().any(|t| t["last_seen_at"].is_null()));

    let secrets = std::fs::read_to_string(home.path("secrets.txt")).unwrap();
    assert_eq!(secrets.lines().count(), count("active") - 1, "all that work, but not the owner's");
    let verify = |secret: &str, method: &[&str]| {
        let args = ["verify", "--store", "big.db"].iter().chain(method).copied().collect::<Vec<_>>();
        home.run(&args, format!("{secret}\n"))
    };
    for secret in secrets.lines().step_by(17) {
        verify(secret, &[]).assert_success();
    }
    let own = std::fs::read_to_string(home.path("big.db.token")).unwrap();
    for method in ["jeton.tokens.write-all", "jeton.audit.read", "jeton.accounts.write"] {
        verify(own.trim_end(), &["--method", method]).assert_success();
    }
    assert!([home.path("secrets.txt"), home.path("big.db.token"), home.path("big.db")].iter().all(|p| is_private(p)));
    let me = as_demo(&home, &["whoami", "--json"]).assert_success().json();
    assert_eq!(me["account"]["role"], "owner");
    let log = audit_rows(&SqliteStore::open(&home.path("big.db"), OpenMode::Existing).unwrap());
    let made = log.iter().find(|row| row.verb == "demo.tokens").unwrap();
    assert_eq!(made.details, r#"{"tokens":399}"#);
}

#[test]
fn demo_overwrites_no_file() {
    let home = CliHome::new();
    for taken in ["big.db", "big.db.token", "secrets.txt"] {
        home.file(taken, "theirs", 0o600);
        make(&home, "10").assert_error(Kind::Conflict).assert_says(&[taken]).assert_silent();
        assert_eq!(std::fs::read_to_string(home.path(taken)).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(home.path("")).unwrap().count(), 1, "nothing but {taken} is there");
        std::fs::remove_file(home.path(taken)).unwrap();
    }
    let nowhere = ["demo", "--tokens", "10", "--store", "big.db", "--no-open", "--secrets", "gone/secrets.txt"];
    home.run(&nowhere, "").assert_error(Kind::Failure).assert_says(&["gone/secrets.txt"]);
    assert!(!exists(&home.path("big.db")));
    home.run(&["demo", "--tokens", "10", "--no-open"], "").assert_error(Kind::Usage).assert_says(&["--store"]);
    home.run(&["demo", "--tokens", "0", "--store", "big.db", "--no-open"], "").assert_error(Kind::Usage);
    home.run(&["demo", "--no-open"], "").assert_error(Kind::Usage);
    home.run(&["demo", "--store", "big.db"], "").assert_error(Kind::Usage).assert_says(&["--tokens"]);
    make(&home, "1").assert_success();
    assert_eq!(as_demo(&home, &["token", "list", "--all", "--quiet"]).assert_success().out, "demo/management\n");
}

#[test]
fn list_is_sorted_and_filtered() {
    let home = CliHome::set_up();
    for (name, expires) in [("b", "2d"), ("a", "never"), ("d", "30d"), ("c", "12h")] {
        home.create(&[name, "--expires", expires]);
    }
    home.as_ops(&["token", "disable", "c"]).assert_success();
    let list = |args: &[&str]| {
        let args: Vec<&str> = ["token", "list", "--quiet"].iter().chain(args).copied().collect();
        home.as_ops(&args).assert_success().out.replace("ops/", "").replace('\n', "")
    };
    assert_eq!(list(&["--sort", "expires"]), "cbda");
    assert_eq!(list(&["--sort", "expires", "--desc"]), "adbc");
    assert_eq!(list(&["--desc"]), "dcba");
    assert_eq!(list(&["--sort", "created"]), "badc");
    assert_eq!(list(&["--sort", "status"]), "cbda");
    assert_eq!(list(&["--within", "3d"]), "b", "c is off");
    assert_eq!(list(&["--within", "1y", "--sort", "expires"]), "bd");
    assert_eq!(list(&["--within", "99999y"]), "bd", "never is never within");
    assert_eq!(list(&["--filter", "is:expiring"]), "b");
    assert_eq!(list(&["--filter", "is:stale"]), "");
    assert_eq!(list(&["--filter", "is:tried"]), "");
    assert_eq!(list(&["--filter", "expires:<3d"]), "bc", "c is off, and not expired yet");
    assert_eq!(list(&["--filter", "expires:<3d status:active"]), "b");
    assert_eq!(list(&["--filter", "expires:>3d"]), "ad", "never is later, too");
    assert_eq!(list(&["--filter", "expires:never"]), "a");
    assert_eq!(list(&["--filter", "seen:>1h"]), "", "never used is not longer ago");
    for unfinished in ["expires:<3", "seen:>", "status:d", "expires:soon"] {
        let refused = home.as_ops(&["token", "list", "--filter", unfinished]).assert_error(Kind::Usage);
        refused.assert_says(&[unfinished]);
    }
    let refused = home.as_ops(&["token", "list", "--sort", "size"]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @r#"error: no sort column "size": use one of: name, status, account, api, expires, seen, created, hint"#);
    home.as_ops(&["token", "list", "--within", "soon"]).assert_error(Kind::Usage);
}
