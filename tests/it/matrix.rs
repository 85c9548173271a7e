//! Access matrix of tokens: every cell is run. A refused cell changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jeton::domain::account::{Account, AccountId};
use jeton::domain::audit::AuditRow;
use jeton::domain::audit_filter::AuditFilter;
use jeton::domain::expiry::{Expiry, ExpirySpec};
use jeton::domain::method::MethodId;
use jeton::domain::name::Description;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::selection::Selection;
use jeton::domain::sort::Sort;
use jeton::domain::time::DAY;
use jeton::domain::token::{Purgeable, Token, TokenRef};
use jeton::domain::token_filter::TokenFilter;
use jeton::error::{Error, Kind, Result};
use jeton::verbs::actor::{Actor, Credential, TokenCredential};
use jeton::verbs::audit_log::AuditQuery;
use jeton::verbs::audited::Audited;
use jeton::verbs::authorize;
use jeton::verbs::page_cursor::PageCursor;
use jeton::verbs::ports::{Entropy, NewToken, Store, TokenCursor, Tx};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    CopyToken, CreateToken, DisableTokens, EditToken, EnableTokens, ListTokens, OwnerFilter, PreviewPurge,
    PurgePreview, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, RevokeTokens, ShowToken, TokenTarget,
};

use crate::matrix_ledger;
use crate::support::fakes::{OWNER, TestInstall, create, credential, entry, tester, token_name, username};

/// The tables themselves, as the documentation shows them.
const TABLES: &str = include_str!("../../src/verbs/authorize/matrix.md");

/// Returns the rows below the header that begins with `head`: the words before the bar, and the cells after it.
pub fn rows(head: &str) -> impl Iterator<Item = (Vec<&'static str>, Vec<&'static str>)> {
    let lines = TABLES.lines().skip_while(move |line| !line.starts_with(head)).skip(1).take_while(|l| *l != "```");
    lines.map(|row| {
        let (head, cells) = row.split_once('|').unwrap();
        (head.split_whitespace().collect(), cells.split_whitespace().collect())
    })
}

pub const VERBS: [&str; 14] = [
    "list",
    "list A",
    "show",
    "create",
    "disable",
    "enable",
    "regenerate",
    "revoke",
    "restore",
    "edit",
    "copy",
    "retire",
    "purge",
    "ledger",
];

/// Returns an installation with two accounts per role, named `owner`, `owner2` …, and no limit of active tokens.
pub fn accounts_fixture(self_service: bool) -> TestInstall {
    let install = TestInstall::with_self_service(self_service);
    install.set_policy(|p| p.active_tokens = 0);
    for role in Role::ALL {
        install.account(role.as_str(), role);
        install.account(&format!("{role}2"), role);
    }
    install
}

/// Creates a token in the state that `verb` needs. For example disabled for enable, in the trash for restore and purge,
/// with two secrets for retire, and with ledger rows for reading the ledger.
pub fn add_token(install: &TestInstall, owner: &Account, name: &str, verb: &str) -> Token {
    let prefix = jeton::domain::name::Prefix::default();
    let secret = Secret::generate(&prefix, |b| install.fakes.entropy.fill(b)).unwrap();
    let now = install.now();
    let planted = install
        .store()
        .write(&tester(), &|| now, |tx, _| {
            let id = tx.insert_token(&NewToken {
                account: owner.id,
                name: &token_name(name),
                description: &Description::none(),
                selection: &holding(&[CALLED]),
                expiry: Expiry::At(now.plus(30 * DAY)),
                now,
            })?;
            tx.set_secret(id, &secret, Role::Owner, now, None)?;
            if verb == "retire" {
                let next = Secret::generate(&prefix, |b| install.fakes.entropy.fill(b))?;
                tx.set_secret(id, &next, Role::Owner, now, Some(now.plus(1)))?;
            }
            let mut token = tx.token(id)?.unwrap();
            token.enabled = verb != "enable";
            token.deleted_at = matches!(verb, "restore" | "purge").then_some(now);
            tx.update_token(&token)?;
            Ok(Audited::one(tx.token(id)?.unwrap(), entry(id)))
        })
        .unwrap()
        .value;
    if verb == "ledger" {
        matrix_ledger::write(install, &planted, &secret);
    }
    planted
}

pub fn list(account: Option<&Account>) -> ListTokens {
    ListTokens {
        owner: account.map_or(OwnerFilter::All, |a| OwnerFilter::Account(a.username.clone())),
        filter: TokenFilter::default(),
        sort: Sort::default(),
        trashed: false,
        cursor: TokenCursor::Start,
        limit: 10_000,
    }
}

/// A method that every role may call.
pub const CALLED: &str = "environment.control.GetEnvInfo";
/// jeton's own methods that these verbs need.
const METHODS: [&str; 5] =
    ["jeton.tokens.read", "jeton.tokens.write", "jeton.tokens.read-all", "jeton.tokens.write-all", "jeton.ledger.read"];
/// Letters of the proofs, as the documentation explains them, and of a token without jeton's methods.
pub const PROOFS: [char; 6] = ['p', 'f', 'o', 'w', 's', 'n'];

pub fn holding(methods: &[&str]) -> Selection {
    Selection::Custom(methods.iter().map(|id| MethodId::parse(id).unwrap()).collect())
}

/// Returns the proof of that letter, for `actor`.
fn proof(install: &TestInstall, actor: &str, letter: char) -> Credential {
    proof_issued(install, actor, letter, Role::Owner, &format!("proof-{letter}"))
}

/// Returns the proof as a token called `name`, issued under a role.
pub fn proof_issued(install: &TestInstall, actor: &str, letter: char, issued: Role, name: &str) -> Credential {
    let [read, write, ..] = METHODS;
    let (methods, days) = match letter {
        'p' => return credential(actor),
        'f' => ([&METHODS[..], &[CALLED]].concat(), None),
        'o' => (vec![read, write, CALLED], None),
        'w' => (METHODS.to_vec(), None),
        's' => ([&METHODS[..], &[CALLED]].concat(), Some(29)),
        'n' => (vec![CALLED], None),
        other => panic!("{other}"),
    };
    let prefix = jeton::domain::name::Prefix::default();
    let secret = Secret::generate(&prefix, |b| install.fakes.entropy.fill(b)).unwrap();
    let now = install.now();
    let made = install.store().write(&tester(), &|| now, |tx, _| {
        let id = tx.insert_token(&NewToken {
            account: account_of_role(tx, actor),
            name: &token_name(name),
            description: &Description::none(),
            selection: &holding(&methods),
            expiry: days.map_or(Expiry::Never, |days| Expiry::At(now.plus(days * DAY))),
            now,
        })?;
        tx.set_secret(id, &secret, issued, now, None)?;
        Ok(Audited::one((), entry(id)))
    });
    made.unwrap();
    Credential::Token(TokenCredential { secret: Arc::new(secret), account: None, name: None })
}

fn account_of_role(tx: &dyn Tx, name: &str) -> AccountId {
    tx.account_by_name(&username(name)).unwrap().unwrap().id
}

/// Runs `verb` on the token of `pointed`; for create, on behalf of its owner.
pub fn attempt(
    install: &TestInstall,
    who: &Credential,
    verb: &str,
    owner: &Account,
    pointed: TokenTarget,
    name: &str,
) -> Result<()> {
    let jeton = &install.backend;
    let tokens = vec![pointed.clone()];
    match verb {
        "list" | "list A" => {
            let filter = TokenFilter::parse(name);
            let window = call(jeton, who, ListTokens { filter, ..list((verb == "list A").then_some(owner)) })?;
            let listed = window.rows.iter().any(|t| TokenRef::Id(t.id) == pointed.reference);
            if listed { Ok(()) } else { Err(Error::denied("not listed")) }
        }
        "show" => call(jeton, who, ShowToken { token: pointed.reference }).map(drop),
        "create" => {
            let new = CreateToken {
                account: Some(owner.username.clone()),
                selection: holding(&[CALLED]),
                expires: Some(ExpirySpec::parse("30d").unwrap()),
                ..create(&format!("{name}-new"))
            };
            call(jeton, who, new).map(drop)
        }
        "disable" => call(jeton, who, DisableTokens { tokens }).map(drop),
        "enable" => call(jeton, who, EnableTokens { tokens }).map(drop),
        "regenerate" => {
            call(jeton, who, RegenerateToken { token: pointed, grace: None, expires: None, destination: None })
                .map(drop)
        }
        "revoke" => {
            call(jeton, who, RevokeTokens { tokens, with_made: false, confirmation: name.to_owned() }).map(drop)
        }
        "restore" => call(jeton, who, RestoreTokens { tokens: vec![pointed], rename: None }).map(drop),
        "edit" => {
            let description = Some(Description::parse("edited").unwrap());
            call(jeton, who, EditToken { description, ..EditToken::new(pointed) }).map(drop)
        }
        "copy" => {
            let name = token_name(&format!("copy-{name}"));
            call(jeton, who, CopyToken { token: pointed, name, account: None, expires: None, destination: None })
                .map(drop)
        }
        "retire" => call(jeton, who, RetireToken { token: pointed }).map(drop),
        "purge" => {
            let PurgePreview { count, names } = call(jeton, who, PreviewPurge { which: Purgeable::Trashed })?;
            if !names.contains(&format!("{}/{name}", owner.username)) {
                return Err(Error::denied("not among them"));
            }
            call(jeton, who, PurgeTokens::new(Purgeable::Trashed, count)).map(drop)
        }
        "ledger" => matrix_ledger::in_ledger(install, who, pointed.reference),
        other => panic!("no such verb: {other}"),
    }
}

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
                    run += 1;
                    let who = (actor, letter, &credentials[&(role, letter)]);
                    check(&install, who, verb, &owner, cell.contains(letter), &format!("c{run}"));
                }
            }
        }
    }
    let whose = 4 + 4 * 4;
    assert_eq!(run, VERBS.len() * whose * PROOFS.len(), "each role against itself and each role, by each proof");
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
    let token = add_token(install, &owner, name, verb);
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
            assert_eq!((row.verb, row.name), (format!("token.{verb}"), actor.to_owned()), "{cell}");
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
        destination: None,
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
