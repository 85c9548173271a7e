//! JSON answers about accounts: documented, stable, `"schema":1`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::json::{AccountJson, SCHEMA};
use crate::domain::time::Timestamp;
use crate::verbs::accounts::{AccountDetails, AccountWithCounts};

/// An account with its tokens counted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Counted")]
pub struct CountedJson {
    #[serde(flatten)]
    account: AccountJson,
    tokens: CountsJson,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Counts")]
struct CountsJson {
    active: u32,
    kept: u32,
    trashed: u32,
}

impl From<&AccountWithCounts> for CountedJson {
    fn from(counted: &AccountWithCounts) -> Self {
        let tokens = counted.tokens;
        CountedJson {
            account: AccountJson::from(&counted.account),
            tokens: CountsJson { active: tokens.active, kept: tokens.live, trashed: tokens.trashed },
        }
    }
}

/// `{"schema":1,"account":{…}}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OneAccount")]
pub struct OneAccountJson {
    schema: u32,
    account: CountedJson,
}

impl From<&AccountWithCounts> for OneAccountJson {
    fn from(counted: &AccountWithCounts) -> Self {
        OneAccountJson { schema: SCHEMA, account: counted.into() }
    }
}

/// `{"schema":1,"accounts":[…]}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangedAccounts")]
pub struct ChangedAccountsJson {
    schema: u32,
    accounts: Vec<CountedJson>,
}

impl From<&[AccountWithCounts]> for ChangedAccountsJson {
    fn from(accounts: &[AccountWithCounts]) -> Self {
        ChangedAccountsJson { schema: SCHEMA, accounts: accounts.iter().map(CountedJson::from).collect() }
    }
}

/// `{"schema":1,"accounts":[…],"unreadable":[…]}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SomeAccounts")]
pub struct SomeAccountsJson<'a> {
    schema: u32,
    accounts: Vec<CountedJson>,
    unreadable: &'a BTreeSet<String>,
}

impl<'a> SomeAccountsJson<'a> {
    /// Lists the accounts, and the ids of those left out as damaged.
    pub fn new(accounts: &[AccountWithCounts], unreadable: &'a BTreeSet<String>) -> Self {
        let accounts = accounts.iter().map(CountedJson::from).collect();
        SomeAccountsJson { schema: SCHEMA, accounts, unreadable }
    }
}

/// The answer of `account show`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownAccount")]
pub struct ShownAccountJson {
    schema: u32,
    account: SeenJson,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Seen")]
struct SeenJson {
    #[serde(flatten)]
    counted: CountedJson,
    last_seen_at: Option<String>,
}

impl From<&AccountDetails> for ShownAccountJson {
    fn from(shown: &AccountDetails) -> Self {
        let last_seen_at = shown.last_seen_at.map(Timestamp::rfc3339);
        ShownAccountJson { schema: SCHEMA, account: SeenJson { counted: (&shown.counted).into(), last_seen_at } }
    }
}
