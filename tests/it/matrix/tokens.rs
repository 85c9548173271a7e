//! Access matrix of tokens: every cell is run. A refused cell changes nothing.

use std::collections::BTreeMap;

use jeton::domain::audit::AuditRow;
use jeton::domain::expiry::ExpirySpec;
use jeton::domain::query::audit_filter::AuditFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::role::Role;
use jeton::domain::token::{Purgeable, Token, TokenRef};
use jeton::error::Kind;
use jeton::verbs::actor::Actor;
use jeton::verbs::authorize;
use jeton::verbs::credential::Credential;
use jeton::verbs::ports::Store;
use jeton::verbs::ports::audit_log::AuditQuery;
use jeton::verbs::tokens::{BulkChange, CopyToken, CreateToken, ListTokens, PreviewPurge, PurgeTokens, TokenTarget};

use super::{PROOFS, VERBS, accounts_fixture, add_token, attempt, list, proof, rows};
use crate::support::fakes::{OWNER, TestInstall, create, token_name, username};

#[test]
fn every_cell_with_self_service() {
    every_cell(true);
}

#[test]
fn every_cell_without_self_service() {
    every_cell(false);
}

fn every_cell(self_service: bool) {
    let mut run = 0;
    let install = accounts_fixture(self_service);
    let credentials: BTreeMap<(Role, char), Credential> = Role::ALL
        .into_iter()
        .flat_map(|role| PROOFS.map(|letter| (role, letter)))
        .map(|key| (key, proof(&install, key.0.as_str(), key.1)))
        .collect();
    for (head, cells) in rows("self-  actor") {
        let [switch, actor, whose] = head[..] else { panic!("{head:?}") };
        if (switch == "on") != self_service {
            continue;
        }
        assert_eq!(cells.len(), VERBS.len(), "{head:?}");
        let role = Role::parse(actor).unwrap();
        for (verb, cell) in VERBS.iter().zip(cells) {
            for owner in owners(role, whose) {
                for letter in PROOFS {
                    let who = (actor, letter, &credentials[&(role, letter)]);
                    let as_bulk = BulkChange::from_word(verb).map(|_| format!("bulk {verb}"));
                    for verb in [Some((*verb).to_owned()), as_bulk].into_iter().flatten() {
                        run += 1;
                        check(&install, who, &verb, &owner, cell.contains(letter), &format!("c{run}"));
                    }
                }
            }
        }
    }
    let whose = 4 + 4 * 4;
    assert_eq!(
        run,
        (VERBS.len() + BulkChange::ALL.len()) * whose * PROOFS.len(),
        "each role against itself and each role, by each proof"
    );
}

/// Returns the accounts in the relation `whose` to an actor of `role`.
fn owners(role: Role, whose: &str) -> Vec<String> {
    let others = |f: &dyn Fn(Role) -> bool| Role::ALL.into_iter().filter(|r| f(*r)).map(|r| format!("{r}2")).collect();
    match whose {
        "own" => vec![role.as_str().to_owned()],
        "lower" => others(&|r| r < role),
        "same" => others(&|r| r == role),
        "higher" => others(&|r| r > role),
        other => panic!("{other}"),
    }
}

fn check(install: &TestInstall, who: (&str, char, &Credential), verb: &str, owner: &str, allowed: bool, name: &str) {
    let (actor, letter, credential) = who;
    let cell = format!("{actor} {verb} {owner}'s by {letter}");
    let owner = install.account_named(owner);
    if verb == "purge" {
        // Left in the trash by other cells.
        let count = install.call(OWNER, PreviewPurge { which: Purgeable::Trashed }).unwrap().count;
        if count > 0 {
            install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, count)).unwrap();
        }
    }
    let token = add_token(install, &owner, name, verb.trim_start_matches("bulk "));
    let stored = || install.store().read(|s| s.token(token.id)).unwrap();
    let head = || install.store().read(|s| s.audit_head()).unwrap();
    let state = || (stored(), head(), install.call(OWNER, ListTokens { limit: 1, ..list(None) }).unwrap().total);
    let before = state();
    let pointed = TokenTarget { reference: TokenRef::Id(token.id), expected_revision: None };
    let outcome = attempt(install, credential, verb, &owner, pointed, name);
    let looks = matches!(verb, "list" | "list A" | "show" | "ledger");
    match (allowed, outcome) {
        (true, Ok(())) if looks => assert_eq!(state(), before, "{cell}: looking changes nothing"),
        (true, Ok(())) => {
            assert_ne!(state(), before, "{cell}: done, and yet nothing is another");
            assert_eq!(head(), before.1 + 1, "{cell}: one audit row");
            assert_eq!(stored().is_none(), verb == "purge", "{cell}");
            let row = last_row(install);
            assert_eq!(
                (row.verb, row.name),
                (format!("token.{}", verb.trim_start_matches("bulk ")), actor.to_owned()),
                "{cell}"
            );
            let by_token = format!("token proof-{letter} ");
            let proof = if letter == 'p' { "password" } else { by_token.as_str() };
            assert!(row.proof.starts_with(proof), "{cell}: {}", row.proof);
        }
        (false, Err(e)) => {
            assert_eq!(e.kind, Kind::Denied, "{cell}: {e}");
            assert_eq!(state(), before, "{cell}: refused, and yet something changed");
        }
        (true, Err(e)) => panic!("{cell}: {e}"),
        (false, Ok(())) => panic!("{cell} was allowed"),
    }
}

/// Returns the last row without verifying the whole chain, which grows with every cell.
fn last_row(install: &TestInstall) -> AuditRow {
    let query =
        AuditQuery { since: None, target: None, filter: AuditFilter::default(), cursor: PageCursor::Newest, limit: 1 };
    install.store().read(|s| s.audit_window(&query)).unwrap().rows.pop().unwrap().row
}

/// Seeing a token is enough to copy it, but only into an account where the actor may create tokens.
#[test]
fn copy_needs_the_right_to_create_where_it_goes() {
    let install = accounts_fixture(true);
    let source = add_token(&install, &install.account_named("member"), "source", "copy");
    let copy = |account: &str, name: &str| CopyToken {
        token: TokenTarget { reference: TokenRef::Id(source.id), expected_revision: None },
        name: token_name(name),
        account: Some(username(account)),
        expires: None,
    };
    for (account, allowed) in [("viewer2", true), ("admin", true), ("admin2", false), ("owner", false)] {
        let copied = install.call("admin", copy(account, "a"));
        assert_eq!(copied.is_ok(), allowed, "{account}");
        if let Err(e) = copied {
            assert_eq!(e.kind, Kind::Denied, "{e}");
        }
    }
    assert_eq!(install.call("member2", copy("member2", "b")).unwrap_err().kind, Kind::Denied, "not to be seen");
    let install = accounts_fixture(false);
    add_token(&install, &install.account_named("member"), "source", "copy");
    assert_eq!(install.call("member", copy("member", "c")).unwrap_err().kind, Kind::Denied, "seen, but not to be made");
}

/// Tests the last check before a token gains anything, on its own: the verbs run other checks before it.
#[test]
fn role_is_not_granted_where_it_may_not_be_changed() {
    let install = accounts_fixture(true);
    let token = add_token(&install, &install.account_named("member2"), "x", "show");
    let granted = |who: &str, before: Option<&Token>| {
        let by = Actor::Account(install.account_named(who));
        install.store().read(|s| authorize::check_grant(&by, s, &[(before, &token)]))
    };
    for (who, allowed) in [("owner", true), ("admin", true), ("member2", true), ("member", false), ("viewer", false)] {
        assert_eq!(granted(who, None).is_ok(), allowed, "{who}");
        assert_eq!(granted(who, Some(&token)).is_ok(), allowed, "{who}");
    }
    let owners = add_token(&install, &install.account_named("owner2"), "y", "show");
    assert_eq!(granted("admin", Some(&owners)).unwrap_err().kind, Kind::Denied, "what it was counts too");
}

/// Limit, expiry and the other policies apply to owners too: managing people doesn't exempt from policy.
#[test]
fn owners_are_bound_by_policy_too() {
    let install = accounts_fixture(true);
    install.set_policy(|p| {
        p.active_tokens = 1;
        p.max_expiry = Some(jeton::domain::expiry::Span::Days(30));
    });
    let new = |name: &str, spec: &str| {
        let expires = Some(ExpirySpec::parse(spec).unwrap());
        CreateToken { account: Some(username("member")), expires, ..create(name) }
    };
    assert_eq!(install.call("owner", new("a", "31d")).unwrap_err().kind, Kind::Conflict);
    assert_eq!(install.call("owner", new("a", "never")).unwrap_err().kind, Kind::Conflict);
    install.call("owner", new("a", "30d")).unwrap();
    assert_eq!(install.call("owner", new("b", "30d")).unwrap_err().kind, Kind::Conflict);
}
