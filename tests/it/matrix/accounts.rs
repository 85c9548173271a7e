//! Access matrix of accounts: every cell is run with self-service on and off, which makes no difference here. A refused
//! cell changes nothing.

use std::sync::Arc;

use jeton::domain::account::Account;
use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::domain::role::Role;
use jeton::error::{Error, Kind, Result};
use jeton::verbs::accounts::{DeleteAccount, ListAccounts, ShowAccount};
use jeton::verbs::credential::{Credential, TokenCredential};
use jeton::verbs::policy::ListPolicy;
use jeton::verbs::ports::Store;
use jeton::verbs::request::call;
use jeton::verbs::tokens::CreateToken;

use crate::matrix::rows;
use crate::support::fakes::{OWNER, TestInstall, bearer, create, credential, username};
use crate::support::requests::{
    create_account, delete_account, set_contact, set_password, set_policy, set_role, switch_off, switch_on,
};

const VERBS: [&str; 10] =
    ["list", "show", "passwd", "contact", "disable", "enable", "role-lower", "role-same", "role-higher", "delete"];

/// Returns the roles in the relation `whose` to `role`.
fn roles(role: Role, whose: &str) -> Vec<Role> {
    let fits = |other: &Role| match whose {
        "lower" => *other < role,
        "own" | "same" => *other == role,
        "higher" => *other > role,
        other => panic!("{other}"),
    };
    Role::ALL.into_iter().filter(fits).collect()
}

fn attempt(install: &TestInstall, actor: &str, verb: &str, whom: &Account, role: Option<Role>) -> Result<()> {
    let name = whom.username.as_str();
    match (verb, role) {
        ("list", None) => {
            let listed = install.call(actor, ListAccounts)?.accounts.iter().any(|a| a.account.id == whom.id);
            if listed { Ok(()) } else { Err(Error::denied("not listed")) }
        }
        ("show", None) => install.call(actor, ShowAccount { username: whom.username.clone() }).map(drop),
        ("passwd", None) => install.call(actor, set_password(name, "seven brown foxes")).map(drop),
        ("contact", None) => install.call(actor, set_contact(name, "ops@example.com")).map(drop),
        ("disable", None) => install.call(actor, switch_off(&[name])).map(drop),
        ("enable", None) => install.call(actor, switch_on(&[name])).map(drop),
        ("delete", None) => install.call(actor, delete_account(name)).map(drop),
        (_, Some(role)) => install.call(actor, set_role(name, role)).map(drop),
        (other, None) => panic!("no such verb: {other}"),
    }
}

/// Returns all accounts, and the number of audit rows.
fn state(install: &TestInstall) -> (Vec<Account>, usize) {
    (install.store().read(|s| s.accounts()).unwrap(), install.audit().len())
}

/// Runs a cell on its own accounts, so that cells don't affect each other.
fn check(
    install: &TestInstall,
    actor: Role,
    verb: &str,
    whose: (&str, Role),
    role: Option<Role>,
    allowed: bool,
    run: usize,
) {
    let actor = install.account(&format!("a{run}"), actor);
    let whom = if whose.0 == "own" { actor.clone() } else { install.account(&format!("b{run}"), whose.1) };
    if verb == "enable" && whose.0 != "own" {
        install.set_account_enabled(whom.id, false);
    }
    let whom = install.account_named(whom.username.as_str());
    let cell = format!("{} {verb} {} {}, {role:?}", actor.role, whose.0, whose.1);
    let before = state(install);
    let outcome = attempt(install, actor.username.as_str(), verb, &whom, role);
    match (allowed, outcome) {
        (true, Ok(())) if matches!(verb, "list" | "show") => assert_eq!(state(install), before, "{cell}"),
        (true, Ok(())) => {
            assert_eq!(state(install).1, before.1 + 1, "{cell}: one audit row");
            let row = install.audit().pop().unwrap();
            let verb = format!("account.{}", verb.split('-').next().unwrap());
            assert_eq!((row.verb, row.name), (verb, actor.username.to_string()), "{cell}");
            assert_eq!((row.target, row.target_name), (whom.id.to_string(), whom.username.to_string()), "{cell}");
        }
        (false, Err(e)) => {
            assert_eq!(e.kind, Kind::Denied, "{cell}: {e}");
            assert_eq!(state(install), before, "{cell}: refused, and yet something changed");
        }
        (true, Err(e)) => panic!("{cell}: {e}"),
        (false, Ok(())) => panic!("{cell} was allowed"),
    }
}

#[test]
fn every_cell() {
    let mut run = 0;
    for self_service in [true, false] {
        let install = TestInstall::with_self_service(self_service);
        for (head, cells) in rows("actor   whose") {
            let [actor, whose] = head[..] else { panic!("{head:?}") };
            let actor = Role::parse(actor).unwrap();
            assert_eq!(cells.len(), VERBS.len(), "{head:?}");
            for (verb, cell) in VERBS.iter().zip(cells) {
                let given: Vec<Option<Role>> = match verb.split_once('-') {
                    None => vec![None],
                    Some((_, which)) => roles(actor, which).into_iter().map(Some).collect(),
                };
                assert_eq!(given.is_empty(), cell == ".", "{head:?} {verb}");
                for whom in roles(actor, whose) {
                    for role in &given {
                        run += 1;
                        check(&install, actor, verb, (whose, whom), *role, cell == "y", run);
                    }
                }
            }
        }
    }
    let (actors, whose, given) = (4, 1 + 4, 7 + 4);
    assert_eq!(run, 2 * actors * whose * given, "each role against itself and each role, each role given, twice");
}

#[test]
fn every_cell_of_the_installation() {
    for self_service in [true, false] {
        let install = TestInstall::with_self_service(self_service);
        let columns = ["owner", "admin", "member", "viewer", "policy-list", "policy-set"];
        let mut run = 0;
        for (head, cells) in rows("actor  | owner") {
            let [actor] = head[..] else { panic!("{head:?}") };
            install.account(actor, Role::parse(actor).unwrap());
            assert_eq!(cells.len(), columns.len(), "{head:?}");
            for (column, cell) in columns.iter().zip(cells) {
                run += 1;
                let before = (state(&install), install.store().read(|s| s.policy()).unwrap());
                let outcome = match *column {
                    "policy-list" => install.call(actor, ListPolicy).map(drop),
                    "policy-set" => install.call(actor, set_policy(&[("trash", &format!("{run}d"))])).map(drop),
                    role => {
                        let new = create_account(&format!("new{run}"), Role::parse(role).unwrap());
                        install.call(actor, new).map(drop)
                    }
                };
                let after = (state(&install), install.store().read(|s| s.policy()).unwrap());
                match (cell, outcome) {
                    ("y", Ok(())) => assert_eq!(after == before, *column == "policy-list", "{actor} {column}"),
                    ("-", Err(e)) => assert_eq!((e.kind, after), (Kind::Denied, before), "{actor} {column}"),
                    (_, outcome) => panic!("{actor} {column}: {outcome:?}"),
                }
            }
        }
        assert_eq!(run, 4 * columns.len());
    }
}

#[test]
fn every_cell_of_a_token() {
    let install = TestInstall::new();
    let columns = [
        "list",
        "show",
        "create",
        "role",
        "disable",
        "enable",
        "passwd",
        "contact",
        "delete",
        "policy-list",
        "policy-set",
    ];
    let mut run = 0;
    for (head, cells) in rows("holds ") {
        let [held] = head[..] else { panic!("{head:?}") };
        let selection = match held {
            "nothing" => Selection::nothing(),
            method => Selection::Custom([MethodId::parse(method).unwrap()].into()),
        };
        let issued =
            install.call(OWNER, CreateToken { selection, ..create(&format!("t{run}")) }).unwrap().value.remove(0);
        let who = Credential::Token(TokenCredential::of_any(Arc::new(issued.secret)));
        assert_eq!(cells.len(), columns.len(), "{head:?}");
        for (column, cell) in columns.iter().zip(cells) {
            run += 1;
            let name = format!("b{run}");
            let name = name.as_str();
            let other = install.account(name, Role::Viewer);
            install.set_account_enabled(other.id, *column != "enable");
            let before = (state(&install), install.store().read(|s| s.policy()).unwrap());
            let outcome = match *column {
                "list" => call(&install.backend, &who, ListAccounts).map(drop),
                "show" => call(&install.backend, &who, ShowAccount { username: other.username }).map(drop),
                "create" => call(&install.backend, &who, create_account(&format!("new{run}"), Role::Viewer)).map(drop),
                "role" => call(&install.backend, &who, set_role(name, Role::Member)).map(drop),
                "disable" => call(&install.backend, &who, switch_off(&[name])).map(drop),
                "enable" => call(&install.backend, &who, switch_on(&[name])).map(drop),
                "passwd" => call(&install.backend, &who, set_password(name, "seven brown foxes")).map(drop),
                "contact" => call(&install.backend, &who, set_contact(name, "ops@example.com")).map(drop),
                "delete" => call(&install.backend, &who, delete_account(name)).map(drop),
                "policy-list" => call(&install.backend, &who, ListPolicy).map(drop),
                "policy-set" => call(&install.backend, &who, set_policy(&[("trash", "7d")])).map(drop),
                other => panic!("{other}"),
            };
            let after = (state(&install), install.store().read(|s| s.policy()).unwrap());
            let changes = matches!(*column, "disable" | "delete");
            match (cell, outcome) {
                ("y", Ok(())) => assert_eq!(after == before, !changes, "{held} {column}"),
                ("-", Err(e)) => assert_eq!((e.kind, after), (Kind::Denied, before), "{held} {column}"),
                (_, outcome) => panic!("{held} {column}: {outcome:?}"),
            }
        }
    }
    assert_eq!(run, 4 * columns.len());
}

/// An actor that can't see an account can't find out that it exists, by any verb.
#[test]
fn hidden_account_and_none_get_the_same_answer() {
    let install = TestInstall::with_accounts();
    for role in Role::ALL {
        install.account(&format!("{role}2"), role);
    }
    for (actor, hidden) in [("admin", "owner2"), ("admin", "admin2"), ("member", "viewer2"), ("viewer", "owner2")] {
        let hidden = install.account_named(hidden);
        let nobody = Account { username: username("nobody"), ..hidden.clone() };
        let verbs = ["show", "passwd", "contact", "disable", "enable", "delete"].map(|v| (v, None));
        let given = Role::ALL.map(|role| ("role", Some(role)));
        for (verb, role) in verbs.into_iter().chain(given) {
            let answer = |whom: &Account| {
                let refused = attempt(&install, actor, verb, whom, role).unwrap_err();
                (refused.kind, refused.to_string().replace(whom.username.as_str(), "X"))
            };
            assert_eq!(answer(&hidden), answer(&nobody), "{actor} {verb} {role:?}");
        }
        // A wrong confirmation doesn't reveal it either.
        let typed = |whom: &Account| {
            let mut verb = delete_account(whom.username.as_str());
            verb.confirmation = "x".to_owned();
            install.call(actor, verb).unwrap_err()
        };
        assert_eq!(typed(&hidden), typed(&nobody), "{actor}");
    }
}

/// The right is checked before any state of the account is revealed, by password and by tokens of every issued role.
#[test]
fn account_refusal_comes_before_any_state() {
    let install = TestInstall::new();
    let states = ["on", "off", "temporary", "active"];
    let writes =
        Selection::Custom(["jeton.accounts.read", "jeton.accounts.write"].map(|m| MethodId::parse(m).unwrap()).into());
    let mut actors = Vec::new();
    for role in Role::ALL {
        install.account(role.as_str(), role);
        actors.push((role, role, None));
        for issued in Role::ALL {
            let name = format!("t-{issued}");
            let (_, secret) = install.token_issued_under(issued, role.as_str(), &name, &writes);
            actors.push((role, role.min(issued), Some(bearer(secret))));
        }
    }
    let table: Vec<_> = rows("actor   whose").collect();
    let mut run = 0;
    for (head, cells) in rows("verb     request") {
        let [verb, request] = head[..] else { panic!("{head:?}") };
        for (role, acting, token) in &actors {
            for whom in Role::ALL {
                let to = match request {
                    "up" => Role::ALL.into_iter().find(|r| *r > whom),
                    "down" => Role::ALL.into_iter().rev().find(|r| *r < whom),
                    _ => None,
                };
                if verb == "role" && to.is_none() {
                    continue;
                }
                let relation = match whom {
                    _ if whom < *acting => "lower",
                    _ if whom == *acting => "same",
                    _ => "higher",
                };
                let allows = |column: &str| {
                    let row = table.iter().find(|(head, _)| head[..] == [acting.as_str(), relation]).unwrap();
                    row.1[VERBS.iter().position(|v| *v == column).unwrap()] == "y"
                };
                let may = match (token, to) {
                    (Some(_), _) => verb == "disable" && *acting >= Role::Admin && allows("disable"),
                    (None, Some(to)) => allows("show") && acting.manages(to),
                    (None, None) => allows(verb),
                };
                let mut refusals = Vec::new();
                for (state, cell) in states.iter().zip(&cells) {
                    run += 1;
                    let name = format!("b{run}");
                    let account = install.account(&name, whom);
                    match *state {
                        "off" => install.set_account_enabled(account.id, false),
                        "temporary" => drop(install.call(OWNER, set_password(&name, "seven brown foxes")).unwrap()),
                        "active" => drop(install.token_issued_under(whom, &name, "x", &Selection::nothing())),
                        _ => {}
                    }
                    let who = token.clone().unwrap_or_else(|| credential(role.as_str()));
                    let before = (install.account_named(&name), install.store().read(|s| s.audit_head()).unwrap());
                    let jeton = &install.backend;
                    let outcome = match (verb, request) {
                        ("passwd", _) => call(jeton, &who, set_password(&name, "eight brown foxes")).map(drop),
                        ("contact", _) => call(jeton, &who, set_contact(&name, "ops@example.com")).map(drop),
                        ("disable", _) => call(jeton, &who, switch_off(&[&name])).map(drop),
                        ("enable", _) => call(jeton, &who, switch_on(&[&name])).map(drop),
                        ("role", _) => call(jeton, &who, set_role(&name, to.unwrap())).map(drop),
                        ("delete", "mistyped") => {
                            let verb = DeleteAccount { confirmation: "mistyped".to_owned(), ..delete_account(&name) };
                            call(jeton, &who, verb).map(drop)
                        }
                        ("delete", _) => call(jeton, &who, delete_account(&name)).map(drop),
                        (other, _) => panic!("{other}"),
                    };
                    let what = format!("{role} acting as {acting}: {verb} {request} {whom}, {state}");
                    let expected = match *cell {
                        _ if !may => Some(Kind::Denied),
                        "ok" => None,
                        "4" => Some(Kind::Denied),
                        "5" => Some(Kind::Conflict),
                        other => panic!("{other}"),
                    };
                    assert_eq!(outcome.as_ref().err().map(|e| e.kind), expected, "{what}: {outcome:?}");
                    if let Err(error) = outcome {
                        let after = (install.account_named(&name), install.store().read(|s| s.audit_head()).unwrap());
                        assert_eq!(after, before, "{what}: refused, and yet something changed");
                        if !may {
                            refusals.push(error.to_string().replace(&name, "X"));
                        }
                    }
                }
                assert!(
                    refusals.windows(2).all(|two| two[0] == two[1]),
                    "{role} {verb} {request} {whom}: {refusals:?}"
                );
            }
        }
    }
    let (actors, whoms) = (4 * (1 + 4), 6 * 4 + 2 * 3);
    assert_eq!(run, actors * whoms * states.len());
}
