//! JSON answers: documented, stable, `"schema":1`.

mod rights;
mod usage;

pub use rights::{CanJson, CanPreviousJson, LineageJson, MadeJson, RightsJson};
pub use usage::UsageJson;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::domain::account::Account;
use crate::domain::api_selection::Selection;
use crate::domain::date_format::DateFormat;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::token::{PurgedToken, Token};
use crate::domain::token_diff::FieldChange;
use crate::verbs::accounts::CurrentUser;

/// Schema version of every answer.
pub const SCHEMA: u32 = 1;

/// Format of dates inside texts of schema 1. No setting changes it, because programs read these texts.
pub const DATES: DateFormat = DateFormat::Dmy;

/// A token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub struct TokenJson {
    id: String,
    name: String,
    account: String,
    description: String,
    kind: &'static str,
    status: &'static str,
    enabled: bool,
    account_enabled: bool,
    selection: SelectionJson,
    hint: String,
    created_at: String,
    expires_at: Option<String>,
    last_seen_at: Option<String>,
    deleted_at: Option<String>,
    /// Role of the current secret: the account's, but never above the role under which the secret was issued.
    role: &'static str,
    issued_role: &'static str,
    account_role: &'static str,
    made_by: Option<String>,
    regenerated_by: Option<String>,
    previous: Option<PreviousJson>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Selection")]
struct SelectionJson {
    inherit: bool,
    sets: Vec<String>,
    methods: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Previous")]
struct PreviousJson {
    hint: String,
    retires_at: String,
    last_seen_at: Option<String>,
    role: &'static str,
    issued_role: &'static str,
    regenerated_by: Option<String>,
}

fn instant(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

impl TokenJson {
    /// Converts `token`, with its status at `now`.
    pub fn new(token: &Token, now: Timestamp) -> Self {
        let (inherit, sets, methods) = match &token.selection {
            Selection::Inherit => (true, Vec::new(), Vec::new()),
            Selection::Sets(sets) => (false, sets.iter().cloned().collect(), Vec::new()),
            Selection::Custom(methods) => (false, Vec::new(), methods.iter().map(ToString::to_string).collect()),
        };
        TokenJson {
            id: token.id.to_string(),
            name: token.name.to_string(),
            account: token.owner.username.to_string(),
            description: token.description.to_string(),
            kind: token.kind.as_str(),
            status: token.status(now).as_str(),
            enabled: token.enabled,
            account_enabled: token.owner.enabled,
            selection: SelectionJson { inherit, sets, methods },
            hint: token.hint.clone(),
            created_at: token.created_at.rfc3339(),
            expires_at: instant(token.expiry.at()),
            last_seen_at: instant(token.last_seen_at),
            deleted_at: instant(token.deleted_at),
            role: token.role().as_str(),
            issued_role: token.issued_role.as_str(),
            account_role: token.owner.role.as_str(),
            made_by: token.made_by.map(|id| id.to_string()),
            regenerated_by: token.regenerated_by.map(|id| id.to_string()),
            previous: token.overlap(now).map(|p| PreviousJson {
                hint: p.hint.clone(),
                retires_at: p.retires_at.rfc3339(),
                last_seen_at: instant(p.last_seen_at),
                role: token.effective_role(p.issued_role).as_str(),
                issued_role: p.issued_role.as_str(),
                regenerated_by: p.regenerated_by.map(|id| id.to_string()),
            }),
        }
    }
}

/// `{"schema":1,"token":{…}}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OneToken")]
pub struct OneTokenJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The token.
    pub token: TokenJson,
}

/// `{"schema":1,"tokens":[…]}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SomeTokens")]
pub struct SomeTokensJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The tokens.
    pub tokens: Vec<TokenJson>,
}

/// The answer of `show`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Shown")]
pub struct ShownJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The token.
    pub token: TokenJson,
    /// Usage of the token.
    pub usage: UsageJson,
    /// The methods that the token may call, and the reasons for the selected ones that it may not.
    pub rights: RightsJson,
    /// The parent of the token, and the tokens made by it.
    pub lineage: LineageJson,
}

/// A secret that is serialized by reference, never copied.
pub struct SecretJson<'a>(pub &'a Secret);

/// A string.
impl JsonSchema for SecretJson<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl Serialize for SecretJson<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.expose(|text| to.serialize_str(text))
    }
}

/// A token and its new secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Created")]
pub struct CreatedJson<'a> {
    /// The token.
    pub token: TokenJson,
    /// The token's secret; `null` if the secret was saved to a file.
    pub secret: Option<SecretJson<'a>>,
    /// The file that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_to: Option<String>,
}

/// The answer of `create`, `copy` and `regenerate`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Issued")]
pub struct IssuedJson<'a> {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The token and its secret.
    #[serde(flatten)]
    pub issued: CreatedJson<'a>,
}

/// The answer of `create` for several names.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SomeIssued")]
pub struct SomeIssuedJson<'a> {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The tokens and their secrets.
    pub created: Vec<CreatedJson<'a>>,
}

/// The answer of `edit`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edited")]
pub struct EditedJson {
    schema: u32,
    token: TokenJson,
    changes: Vec<ChangeJson>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TokenChange")]
struct ChangeJson {
    field: &'static str,
    before: String,
    after: String,
    added: Vec<String>,
    removed: Vec<String>,
}

impl EditedJson {
    /// Converts `after`, with its differences from before.
    pub fn new(after: &Token, changes: Vec<FieldChange>, now: Timestamp) -> Self {
        let to_json = |change: FieldChange| ChangeJson {
            field: change.field.as_str(),
            before: change.before,
            after: change.after,
            added: change.added,
            removed: change.removed,
        };
        EditedJson {
            schema: SCHEMA,
            token: TokenJson::new(after, now),
            changes: changes.into_iter().map(to_json).collect(),
        }
    }
}

/// The answer of `purge`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Purged")]
pub struct PurgedJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Number of tokens that are purged, or would be.
    pub count: u64,
    /// `true` if the purge ended before all tokens were purged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// With `--dry-run`: the first tokens, as `account/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Vec<String>>,
}

/// The answer of `whose` for input with several secrets.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SomeWhose")]
pub struct SomeWhoseJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The secrets in the order of the input.
    pub found: Vec<WhoseJson>,
}

/// The answer of `whose`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Whose")]
pub struct WhoseJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `true` if the secret works now, whatever the method.
    pub works: bool,
    /// Reason code if the secret does not work, else `null`.
    pub reason: Option<&'static str>,
    /// The secret's state: `current`, `previous`, `dead` or `purged`; `null` if the secret belongs to no token.
    pub secret: Option<&'static str>,
    /// The token, unless it was purged.
    pub token: Option<TokenJson>,
    /// The record that remains of a purged token.
    pub purged: Option<TombstoneJson>,
}

/// The record that remains of a purged token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tombstone")]
pub struct TombstoneJson {
    id: String,
    name: String,
    account: String,
    purged_at: String,
}

impl From<&PurgedToken> for TombstoneJson {
    fn from(tombstone: &PurgedToken) -> Self {
        TombstoneJson {
            id: tombstone.token.to_string(),
            name: tombstone.name.to_string(),
            account: tombstone.account.to_string(),
            purged_at: tombstone.purged_at.rfc3339(),
        }
    }
}

/// The answer of `verify`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Verified")]
pub struct VerifiedJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `true` if the secret may call the method. Otherwise the exit code is 4.
    pub allowed: bool,
    /// Reason code of the denial; `null` if allowed.
    pub reason: Option<&'static str>,
    /// The method in question.
    pub method: Option<String>,
    /// Role of the secret if it works: the account's, but never above the role under which the secret was issued.
    pub role: Option<&'static str>,
    /// The token, if the secret belongs to one.
    pub token: Option<TokenJson>,
}

/// An account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account")]
pub struct AccountJson {
    id: String,
    username: String,
    role: &'static str,
    enabled: bool,
    temporary_password: bool,
    created_at: String,
}

impl From<&Account> for AccountJson {
    fn from(account: &Account) -> Self {
        AccountJson {
            id: account.id.to_string(),
            username: account.username.to_string(),
            role: account.role.as_str(),
            enabled: account.enabled,
            temporary_password: account.temporary_password,
            created_at: account.created_at.rfc3339(),
        }
    }
}

/// The answer of `init`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Init")]
pub struct InitJson {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The first owner.
    pub account: AccountJson,
    /// The store's file.
    pub store: String,
}

/// The answer of `whoami`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me")]
pub struct MeJson {
    schema: u32,
    account: AccountJson,
    /// Role that limits requests: the account's, or a lower one under which the acting token was issued.
    role: &'static str,
    active_tokens: u32,
    active_tokens_limit: Option<u32>,
    self_service: bool,
    store: String,
    token: Option<TokenJson>,
}

impl MeJson {
    /// Answers for the current actor, in the store at `store`.
    pub fn new(me: &CurrentUser, store: String, now: Timestamp) -> Self {
        let limit = me.policy.active_tokens;
        MeJson {
            schema: SCHEMA,
            account: AccountJson { role: me.account_role.as_str(), ..AccountJson::from(&me.account) },
            role: me.account.role.as_str(),
            active_tokens: me.active_tokens,
            active_tokens_limit: (limit > 0).then_some(limit),
            self_service: me.policy.self_service,
            store,
            token: me.token.as_ref().map(|t| TokenJson::new(t, now)),
        }
    }
}
