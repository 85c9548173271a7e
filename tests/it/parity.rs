//! Every verb is reachable from the command line and from the screens, or the table below gives the reason.

use std::collections::BTreeSet;

use jeton::domain::role::Role;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::AuthLevel;
use jeton::verbs::request::VERBS;

use crate::catalogue::example;
use crate::support::cli_program::CliHome;
use crate::support::direct_writes::insert_tokens;
use crate::support::fakes::{Fakes, OWNER, PASSWORD, TempStore, TestInstall, adapters, audit_rows, backend};
use crate::support::tui_harness::TuiHarness;

const NEW: &str = "seven brown foxes";

/// Access to a verb from the command line.
enum CliCommand {
    /// A line run as the owner, with input after the password on stdin. Lines run one after another in one home, in the
    /// order of the table. `SECRET` on stdin is the secret of the token `bot`.
    Run(&'static str, &'static str),
    /// Reason why there is no line.
    No(&'static str),
}

/// Access to a verb from the screens.
enum TuiKeys {
    /// Keys in an installation with the accounts ops, admin, member and viewer and the token `bot` of ops, after ops
    /// has signed in. `PROOF` and `NEW` are the password and a new one; `ENTER` proves a change; `FILE` is the path of
    /// a catalogue.
    Press(&'static str),
    /// Does the same as [`Press`], with more tokens than a list loads.
    PressMany(&'static str),
    /// Keys before a store exists.
    FirstRun(&'static str),
    /// No keys: the screens call the verb when they open.
    Opening,
    /// Reason why there are no keys.
    No(&'static str),
}

use CliCommand::Run;
use TuiKeys::{FirstRun, Opening, Press, PressMany};

/// Every verb with both interfaces, in an order in which the lines can run.
const FACES: &[(&str, CliCommand, TuiKeys)] = &[
    ("greet", CliCommand::No("every command that needs to know whether there is a store asks it by itself"), Opening),
    (
        "init",
        Run("init --username ops --catalogue cloud-platform", ""),
        FirstRun("<c-u>ops<enter>PROOF<enter>PROOF<enter><enter><enter><enter>"),
    ),
    ("sign-in", CliCommand::No("every command that looks signs in by itself"), Press("")),
    ("whoami", Run("whoami", ""), Press("")),
    ("account.list", Run("account list", ""), Press("2")),
    ("account.show", Run("account show ops", ""), Press("2<down>")),
    ("account.create", Run("account create ci", NEW), Press("2nci<tab><tab>NEW<tab>NEW<tab><enter>ENTER")),
    ("account.role", Run("account role ci viewer", ""), Press("2<down>o<left><tab><enter>ENTER")),
    ("account.disable", Run("account disable ci", ""), Press("2<down>dENTER")),
    ("account.enable", Run("account enable ci", ""), Press("2<down>dENTERdENTER")),
    ("account.passwd", Run("account passwd ci", NEW), Press("2<down>wNEW<tab>NEW<tab><enter>ENTER")),
    (
        "account.contact",
        Run("account contact ci ops@example.com", ""),
        Press("2<down>eops@example.com<tab><enter>ENTER"),
    ),
    ("account.delete", Run("account delete ci --confirm ci", ""), Press("2<down>xmember<tab>PROOF<tab><tab><enter>")),
    (
        "login",
        CliCommand::No("programs on other machines sign in with it; a program with the store opens a session"),
        TuiKeys::No("programs on other machines sign in with it; a program with the store opens a session"),
    ),
    (
        "logout",
        CliCommand::No("it ends the login of a program on another machine; there is none with the store"),
        TuiKeys::No("it ends the login of a program on another machine; there is none with the store"),
    ),
    ("policy.list", Run("policy list", ""), Press("5")),
    ("policy.set", Run("policy set policy.trash=7d", ""), Press("5<enter><right><tab><enter>ENTER")),
    ("catalogue.list", Run("catalogue list", ""), Press("4")),
    ("catalogue.preview", Run("catalogue apply cloud-platform --dry-run", ""), Press("4iFILE<enter>")),
    ("catalogue.apply", Run("catalogue apply cloud-platform", ""), Press("4iFILE<enter>ENTER")),
    (
        "token.create",
        Run("token create bot --method jeton.tokens.read", ""),
        Press("nci<enter><enter><enter><enter><enter><enter>ENTER"),
    ),
    ("token.list", Run("token list", ""), Press("")),
    (
        "token.tally",
        CliCommand::No("it counts for the head of the token screen; lines count with token list"),
        Press(""),
    ),
    ("token.show", Run("token show bot", ""), Press("")),
    (
        "token.can",
        Run("token can bot jeton.tokens.read", ""),
        TuiKeys::No("Details list every method with the reason for each that is withheld: there is nothing to ask"),
    ),
    ("token.whose", Run("token whose", "SECRET"), Press("Wfound<enter>")),
    (
        "token.edit.preview",
        Run("token edit bot --description first --dry-run", ""),
        Press("e<tab>first<tab><tab><tab><tab><enter>"),
    ),
    ("token.edit", Run("token edit bot --description first", ""), Press("e<tab>first<tab><tab><tab><tab><enter>ENTER")),
    ("token.copy", Run("token copy bot bot-2", ""), Press("cbot-2<enter><enter><enter><enter><enter>ENTER")),
    ("token.disable", Run("token disable bot", ""), Press("dENTER")),
    (
        "token.matching",
        CliCommand::No("a change by filter counts its tokens by itself, before it asks for their number"),
        PressMany("a"),
    ),
    ("token.bulk", Run("token disable --filter bot-2 --confirm 1", ""), PressMany("adENTER")),
    ("token.enable", Run("token enable bot", ""), Press("dENTERdENTER")),
    (
        "token.revoke.secret",
        Run("token revoke --stdin", "SECRET"),
        TuiKeys::No("W ends a secret that was pasted; no secret in this table works"),
    ),
    ("token.regenerate", Run("token regenerate bot --grace 2h", ""), Press("r<enter>ENTER")),
    ("token.retire", Run("token retire bot", ""), Press("r<tab><right><tab><tab><enter>ENTERy<esc>oENTER")),
    ("token.revoke", Run("token delete bot bot-2 --confirm 2", ""), Press("xbot<tab>PROOF<tab><tab><enter>")),
    (
        "token.review",
        CliCommand::No(
            "it looks once more at tokens marked on a screen; lines name theirs and show each with token show",
        ),
        TuiKeys::No("the screens ask by themselves, to look once more at marked tokens after a change made elsewhere"),
    ),
    ("token.restore", Run("token restore bot", ""), Press("xbot<tab>PROOF<tab><tab><enter>uPROOF<tab><enter>")),
    (
        "token.purge.preview",
        Run("token purge --trashed --dry-run", ""),
        TuiKeys::No("the dialog lists the tokens with their usage, as the impact of the purge"),
    ),
    (
        "token.purge",
        Run("token purge --trashed --confirm 1", ""),
        Press("xbot<tab>PROOF<tab><tab><enter>tp1<tab>PROOF<tab><tab><enter>"),
    ),
    ("impact", CliCommand::No("the prompts show the usage of each token, which they read with token show"), Press("x")),
    ("audit.list", Run("audit", ""), Press("3")),
    ("audit.verify", Run("audit verify", ""), Press("3v")),
    ("ledger.denied", Run("ledger denied", ""), Press("6g")),
    ("ledger.denied.tokens", Run("ledger denied --by-token", ""), Press("6")),
    ("ledger.uses", Run("ledger uses", ""), Press("7")),
    (
        "changes",
        CliCommand::No("commands look once, and audit --follow asks for the rows themselves"),
        TuiKeys::No("the screens ask for it by themselves, to notice changes made elsewhere"),
    ),
    (
        "check",
        Run("check", ""),
        TuiKeys::No("it is for cron and monitoring; the screens mark the same tokens, and E and S list them"),
    ),
];

/// Text that only this verb's answer contains, for verbs that only read.
const JSON_KEYS: &[(&str, &str)] = &[
    ("whoami", "active_tokens"),
    ("account.list", "accounts"),
    ("account.show", "account"),
    ("policy.list", "policy"),
    ("catalogue.list", "groups"),
    ("catalogue.preview", "widening"),
    ("token.list", "tokens"),
    ("token.show", "usage"),
    ("token.can", "allowed"),
    ("token.whose", "works"),
    ("token.edit.preview", "changes"),
    ("token.purge.preview", "count"),
    ("audit.list", "entries"),
    ("audit.verify", "whole"),
    ("ledger.denied", "denied"),
    ("ledger.denied.tokens", "tokens"),
    ("ledger.uses", "uses"),
    ("check", "findings"),
];

#[test]
fn table_has_every_verb() {
    let table: BTreeSet<&str> = FACES.iter().map(|(verb, ..)| *verb).collect();
    let verbs: BTreeSet<&str> = VERBS.iter().map(|verb| verb.name).collect();
    assert_eq!(table, verbs);
    assert_eq!(FACES.len(), VERBS.len());
    for (verb, line, keys) in FACES {
        let reasons = [
            if let CliCommand::No(why) = line { why } else { "has a line of its own" },
            if let TuiKeys::No(why) = keys { why } else { "has keys of its own, too" },
        ];
        assert!(reasons.iter().all(|why| why.len() > 20), "{verb} has no reason");
    }
}

/// Returns the face and the verb of each row of the home's audit log.
fn logged(home: &CliHome) -> Vec<(String, String)> {
    match SqliteStore::open(&home.store(), OpenMode::Existing) {
        Ok(store) => audit_rows(&store).into_iter().map(|row| (row.face, row.verb)).collect(),
        Err(_) => Vec::new(),
    }
}

#[test]
fn verbs_have_commands() {
    let home = CliHome::new();
    let mut secret = String::new();
    for (verb, line, _) in FACES {
        let Run(line, more) = line else { continue };
        let before = logged(&home).len();
        let info = VERBS.iter().find(|info| info.name == *verb).unwrap();
        let who: &[&str] = match info.auth_level {
            _ if *verb == "init" => &["--password-stdin"],
            // Being able to open the store is the proof.
            AuthLevel::Store | AuthLevel::Possession => &[],
            _ => &["--user", "ops", "--password-stdin"],
        };
        let args: Vec<&str> = line.split(' ').chain(who.iter().copied()).chain(["--json"]).collect();
        let input = match *more {
            "SECRET" => format!("{secret}\n"),
            "" => format!("{PASSWORD}\n"),
            more => format!("{PASSWORD}\n{more}\n"),
        };
        let ran = home.run(&args, input).assert_success();
        let rows = logged(&home).split_off(before);
        if info.is_change {
            // A change of many tokens, or of the token of a secret, has the rows of its change.
            let written = if matches!(*verb, "token.bulk" | "token.revoke.secret") { "token.disable" } else { *verb };
            assert!(rows.contains(&("cli".to_owned(), written.to_owned())), "{verb}: {rows:?}");
        } else {
            assert_eq!(rows, [], "{verb} only looks");
            let expected_key =
                JSON_KEYS.iter().find(|(name, _)| name == verb).map_or("no key is listed", |(_, key)| *key);
            assert!(ran.json().get(expected_key).is_some(), "{verb} prints {expected_key}: {ran:?}");
        }
        if *verb == "token.create" {
            secret = ran.json()["tokens"][0]["secret"]
                .as_str()
                .or(ran.json()["secret"].as_str())
                .unwrap_or_default()
                .to_owned();
            assert!(!secret.is_empty(), "{ran:?}");
        }
    }
}

/// Returns the verbs that the screens called while `keys` were pressed.
fn requests_of(pressed: &TuiKeys) -> Vec<&'static str> {
    let typed = |keys: &str| {
        keys.replace("ENTER", &format!("{PASSWORD}<enter>")).replace("PROOF", PASSWORD).replace("NEW", NEW)
    };
    match pressed {
        Press(keys) | PressMany(keys) => {
            let install = TestInstall::new();
            for role in [Role::Admin, Role::Member, Role::Viewer] {
                install.account(role.as_str(), role);
            }
            install.issue(OWNER, "bot");
            if matches!(pressed, PressMany(_)) {
                insert_tokens(&install.temp_store.path(), (0..300).map(|n| format!("t-{n}")));
            }
            let mut s = TuiHarness::signed_in(install);
            let file = s.path("shop.toml");
            std::fs::write(&file, example()).unwrap();
            s.keys(&typed(keys).replace("FILE", file.to_str().unwrap()));
            s.requests
        }
        FirstRun(keys) => {
            let (place, fakes) = (TempStore::new(), Fakes::new());
            let jeton = backend(&place.path(), adapters());
            let mut s = TuiHarness::signed_out(TestInstall::from_parts(place, fakes, jeton));
            s.keys(&typed(keys));
            s.requests
        }
        Opening => TuiHarness::signed_out(TestInstall::new()).requests,
        TuiKeys::No(_) => Vec::new(),
    }
}

#[test]
fn verbs_have_keys() {
    for (verb, _, keys) in FACES {
        match keys {
            TuiKeys::No(_) => assert!(requests_of(keys).is_empty()),
            Press(_) | PressMany(_) | FirstRun(_) | Opening => {
                let asked = requests_of(keys);
                assert!(asked.contains(verb), "{verb} was not asked for, but {asked:?}");
            }
        }
    }
}
