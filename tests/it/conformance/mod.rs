//! Requirements for every implementation of the `Store` port. Uses only the port: a second engine implements [`Engine`]
//! and adds its line at the end of this file.

mod accounts;
mod audit;
mod ledger_windows;
mod match_limit;
mod sqlite;
mod token_windows;
mod tokens;
mod transactions;
mod usage;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jeton::domain::account::{Account, AccountId, CredentialVersion};
use jeton::domain::audit::{AuditActor, AuditEntry, AuditRow, Face};
use jeton::domain::catalogue::Catalogue;
use jeton::domain::expiry::{Expiry, Span};
use jeton::domain::method::MethodId;
use jeton::domain::name::{Description, Prefix};
use jeton::domain::password::PasswordHash;
use jeton::domain::policy::Policy;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::{PublicId, Secret};
use jeton::domain::selection::Selection;
use jeton::domain::time::{DAY, Timestamp};
use jeton::domain::token::{Purgeable, Revision, Token, TokenId};
use jeton::error::{Error, Kind, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{
    Denial, Entropy, Installation, LoginAttemptKey, NewAccount, NewToken, PurgeQuery, SecretState, Store, TokenCounts,
    TokenCursor, Tx, Use, Visibility, Window, WindowQuery,
};

use crate::support::fakes::{START, SeededEntropy, entry, tester, token_name, username};

/// A storage engine under test.
pub trait Engine {
    type S: Store;
    /// Creates a new, empty location for a store.
    fn fresh() -> Self;
    /// Opens another handle of the store, as another process would.
    fn open(&self) -> Self::S;
    /// Returns the audit log after verifying its hash chain.
    fn audit(&self) -> Vec<AuditRow>;
}

/// A set-up store: policy, catalogues, and an account per role, named after the role.
struct Fixture<E: Engine> {
    engine: E,
    store: E::S,
    entropy: SeededEntropy,
}

impl<E: Engine> Fixture<E> {
    fn new() -> Self {
        let engine = E::fresh();
        let store = engine.open();
        change(&store, |tx| {
            tx.set_installation(&Installation { prefix: Prefix::default(), created_at: START })?;
            tx.set_policy(&Policy::default())?;
            tx.set_catalogue(&Catalogue::shipped("jeton")?)?;
            tx.set_catalogue(&Catalogue::shipped("cloud-platform")?)?;
            for role in Role::ALL {
                add_account(tx, role.as_str(), role)?;
            }
            Ok(())
        })
        .unwrap();
        Fixture { engine, store, entropy: SeededEntropy::new(7) }
    }

    fn account(&self, name: &str) -> Account {
        self.store.read(|s| s.account_by_name(&username(name))).unwrap().unwrap()
    }

    fn secret(&self) -> Secret {
        Secret::generate(&Prefix::default(), |buffer| self.entropy.fill(buffer)).unwrap()
    }

    /// Creates a token with a secret.
    fn token(&self, account: &str, name: &str, expiry: Expiry) -> Token {
        let account = self.account(account).id;
        let secret = self.secret();
        change(&self.store, |tx| {
            let id = add_token(tx, account, name, expiry)?;
            tx.set_secret(id, &secret, Role::Owner, START, None)?;
            Ok(tx.token(id)?.unwrap())
        })
        .unwrap()
    }

    fn get(&self, id: TokenId) -> Token {
        self.store.read(|s| s.token(id)).unwrap().unwrap()
    }

    fn update(&self, token: &Token) -> Result<()> {
        change(&self.store, |tx| tx.update_token(token))
    }
}

fn change<T>(store: &impl Store, f: impl FnOnce(&mut dyn Tx) -> Result<T>) -> Result<T> {
    store.write(&tester(), &|| START, |tx, _| f(tx).map(|out| Audited::one(out, entry("x")))).map(|done| done.value)
}

fn add_account(tx: &mut dyn Tx, name: &str, role: Role) -> Result<AccountId> {
    let password = PasswordHash("hash".to_owned());
    tx.insert_account(&NewAccount {
        username: &username(name),
        role,
        password: &password,
        temporary_password: false,
        now: START,
    })
}

fn add_token(tx: &mut dyn Tx, account: AccountId, name: &str, expiry: Expiry) -> Result<TokenId> {
    tx.insert_token(&NewToken {
        account,
        name: &token_name(name),
        description: &Description::none(),
        selection: &Selection::nothing(),
        expiry,
        now: START,
    })
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> Kind {
    result.unwrap_err().kind
}

fn visibility(account: &Account) -> Visibility {
    let roles = Role::ALL.into_iter().filter(|r| account.role.manages(*r)).collect();
    Visibility { own: account.id, roles }
}

/// Defines a test per requirement, for one engine.
macro_rules! conforms {
    ($engine:ty: $($check:ident),* $(,)?) => {
        $(#[test] fn $check() { super::$check::<$engine>(); })*
    };
}

pub(crate) use conforms;
