//! JSON answers about the ledger.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::time::utc_day;
use crate::verbs::ledger::{DeniedRow, LedgerSecret, LedgerToken, UseRow};

/// A token as the ledger still names it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TokenName")]
pub struct TokenNameJson<'a> {
    id: String,
    account: Option<&'a str>,
    name: Option<&'a str>,
    state: &'static str,
}

impl<'a> From<&'a LedgerToken> for TokenNameJson<'a> {
    fn from(token: &'a LedgerToken) -> Self {
        let named = token.owner_and_name.as_ref();
        TokenNameJson {
            id: token.id.to_string(),
            account: named.map(|(account, _)| account.as_str()),
            name: named.map(|(_, name)| name.as_str()),
            state: token.state.as_str(),
        }
    }
}

/// A secret in the ledger, and its state today.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LedgerSecret")]
pub struct LedgerSecretJson<'a> {
    hint: &'a str,
    is: &'static str,
}

impl<'a> From<&'a LedgerSecret> for LedgerSecretJson<'a> {
    fn from(secret: &'a LedgerSecret) -> Self {
        LedgerSecretJson { hint: &secret.hint, is: secret.status.as_str() }
    }
}

/// Returns `text`, or `None` if it is empty.
pub fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A row of denied attempts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Denied")]
pub struct DeniedJson<'a> {
    at: String,
    attempts: u64,
    reason: &'a str,
    token: Option<TokenNameJson<'a>>,
    secret: Option<LedgerSecretJson<'a>>,
    method: Option<&'a str>,
    address: Option<&'a str>,
    client: Option<&'a str>,
    several_callers: bool,
}

impl<'a> From<&'a DeniedRow> for DeniedJson<'a> {
    fn from(row: &'a DeniedRow) -> Self {
        DeniedJson {
            at: row.at.rfc3339(),
            attempts: row.attempts,
            reason: &row.reason,
            token: row.token.as_ref().map(TokenNameJson::from),
            secret: row.secret.as_ref().map(LedgerSecretJson::from),
            method: non_empty(&row.method),
            address: non_empty(&row.address),
            client: non_empty(&row.client),
            several_callers: row.is_aggregated(),
        }
    }
}

/// A row of uses.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Use")]
pub struct UseJson<'a> {
    day: String,
    uses: u64,
    token: TokenNameJson<'a>,
    secret: Option<LedgerSecretJson<'a>>,
    method: Option<&'a str>,
    address: Option<&'a str>,
    client: Option<&'a str>,
    several_callers: bool,
}

impl<'a> From<&'a UseRow> for UseJson<'a> {
    fn from(row: &'a UseRow) -> Self {
        UseJson {
            day: utc_day(row.key.day),
            uses: row.uses,
            token: TokenNameJson::from(&row.token),
            secret: row.secret.as_ref().map(LedgerSecretJson::from),
            method: non_empty(&row.key.method),
            address: non_empty(&row.key.address),
            client: non_empty(&row.key.client),
            several_callers: row.is_aggregated(),
        }
    }
}
