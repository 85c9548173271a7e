//! Access matrix: every cell of the permission tables is run.

mod accounts;
mod hidden;
mod ledger;
mod states;
mod tokens;

use std::sync::Arc;

use jeton::domain::account::{Account, AccountId};
use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::{Expiry, ExpirySpec};
use jeton::domain::method::MethodId;
use jeton::domain::name::Description;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::sort::Sort;
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::time::DAY;
use jeton::domain::token::{Purgeable, Token, TokenRef};
use jeton::error::{Error, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::credential::{Credential, TokenCredential};
use jeton::verbs::ports::{Entropy, NewToken, Store, TokenCursor, Tx};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    BulkChange, ChangeMatching, CopyToken, CreateToken, DisableTokens, EditToken, EnableTokens, ListTokens,
    MatchingTokens, OwnerFilter, PreviewPurge, PurgePreview, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken,
    RevokeTokens, ShowToken, TokenTarget,
};

use crate::support::fakes::{TestInstall, create, credential, entry, tester, token_name, username};

/// The tables themselves, as the documentation shows them.
const TABLES: &str = include_str!("../../../src/verbs/authorize/matrix.md");

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
                expected_unused: false,
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
        ledger::write(install, &planted, &secret);
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
            expected_unused: false,
            now,
        })?;
        tx.set_secret(id, &secret, issued, now, None)?;
        Ok(Audited::one((), entry(id)))
    });
    made.unwrap();
    Credential::Token(TokenCredential::of_any(Arc::new(secret)))
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
        "regenerate" => call(jeton, who, RegenerateToken { token: pointed, grace: None, expires: None }).map(drop),
        "revoke" => call(
            jeton,
            who,
            RevokeTokens { tokens, with_made: false, expected_made: None, confirmation: name.to_owned() },
        )
        .map(drop),
        "restore" => call(jeton, who, RestoreTokens { tokens: vec![pointed], rename: None }).map(drop),
        "edit" => {
            let description = Some(Description::parse("edited").unwrap());
            call(jeton, who, EditToken { description, ..EditToken::new(pointed) }).map(drop)
        }
        "copy" => {
            let name = token_name(&format!("copy-{name}"));
            call(jeton, who, CopyToken { token: pointed, name, account: None, expires: None }).map(drop)
        }
        "retire" => call(jeton, who, RetireToken { token: pointed }).map(drop),
        "purge" => {
            let PurgePreview { count, names } = call(jeton, who, PreviewPurge { which: Purgeable::Trashed })?;
            if !names.contains(&format!("{}/{name}", owner.username)) {
                return Err(Error::denied("not among them"));
            }
            call(jeton, who, PurgeTokens::new(Purgeable::Trashed, count)).map(drop)
        }
        "ledger" => ledger::in_ledger(install, who, pointed.reference),
        other => {
            // The target is named in addition to a filter that finds nothing.
            let change = other.strip_prefix("bulk ").and_then(BulkChange::from_word);
            let tokens = MatchingTokens {
                owner: OwnerFilter::All,
                filter: TokenFilter::parse("matches-nothing"),
                trashed: change == Some(BulkChange::Restore),
                except: Vec::new(),
                also: vec![TokenRef::Text(pointed.reference.to_string())],
            };
            let change = change.unwrap_or_else(|| panic!("no such verb: {other}"));
            call(jeton, who, ChangeMatching::new(change, tokens, 1, None)).map(drop)
        }
    }
}
