//! The JSON form of tokens: in requests, replies and the answers of commands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::expiry::Expiry;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::{PreviousSecret, Revision, Status, Token, TokenId, TokenKind, TokenOwner};
use crate::domain::wire_format::{answer_time, in_answer, require_all_fields};

/// A token.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = require_all_fields)]
pub struct TokenJson {
    id: TokenId,
    name: TokenName,
    /// Username of the owner.
    account: Username,
    /// Purpose of the token, written by a person.
    description: Description,
    kind: TokenKind,
    // Only answers of commands have the status, because it depends on the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Status")]
    status: Option<Status>,
    enabled: bool,
    /// `false` if the account is disabled; then the token is refused, whatever its status.
    account_enabled: bool,
    /// Selected methods, before the limits of the roles.
    selection: Selection,
    /// First characters of the current secret, safe to show.
    hint: String,
    created_at: Timestamp,
    /// Time from which the token is refused; `null` if never.
    expires_at: Expiry,
    /// Last time that any secret of the token was accepted; `null` if never.
    last_seen_at: Option<Timestamp>,
    /// Time at which the token was revoked; `null` outside the trash.
    deleted_at: Option<Timestamp>,
    /// Time since which the token is expected to be unused; `null` if its use is expected. The token is then never stale.
    // Older programs don't know the field, so replies have it only if it has a value.
    #[serde(default, skip_serializing_if = "is_empty_in_reply")]
    expected_unused_since: Option<Timestamp>,
    /// Role of the current secret: the account's, but never above the role under which the secret was issued.
    role: Role,
    /// Role under which the current secret was issued.
    issued_role: Role,
    account_role: Role,
    /// Id of the token that created this one; `null` if a person did.
    made_by: Option<TokenId>,
    /// Id of the token that regenerated the current secret; `null` if a person did, or if the secret is the first one.
    regenerated_by: Option<TokenId>,
    /// Old secret while it still works, else `null`.
    previous: Option<PreviousJson>,
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    account_id: AccountId,
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    secret_since: Timestamp,
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    revision: Revision,
}

/// The old secret of a rotation, during the overlap.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Previous")]
struct PreviousJson {
    /// First characters of the old secret.
    hint: String,
    /// Time from which the old secret is refused.
    retires_at: Timestamp,
    /// Last time that the old secret was accepted; `null` if never.
    last_seen_at: Option<Timestamp>,
    /// The account's role, but never above `issued_role`.
    role: Role,
    /// Role under which the old secret was issued.
    issued_role: Role,
    /// Id of the token that regenerated the old secret; `null` if a person did, or if it is the first secret.
    regenerated_by: Option<TokenId>,
}

fn is_empty_in_reply(at: &Option<Timestamp>) -> bool {
    at.is_none() && answer_time().is_none()
}

impl From<Token> for TokenJson {
    fn from(token: Token) -> Self {
        let now = answer_time();
        let (status, role) = (now.map(|now| token.status(now)), token.role());
        let previous = token.previous.filter(|old| now.is_none_or(|now| now < old.retires_at));
        let previous = previous.map(|old| PreviousJson {
            role: token.owner.role.min(old.issued_role),
            hint: old.hint,
            retires_at: old.retires_at,
            last_seen_at: old.last_seen_at,
            issued_role: old.issued_role,
            regenerated_by: old.regenerated_by,
        });
        TokenJson {
            id: token.id,
            name: token.name,
            account: token.owner.username,
            description: token.description,
            kind: token.kind,
            status,
            enabled: token.enabled,
            account_enabled: token.owner.enabled,
            selection: token.selection,
            hint: token.hint,
            created_at: token.created_at,
            expires_at: token.expiry,
            last_seen_at: token.last_seen_at,
            deleted_at: token.deleted_at,
            expected_unused_since: token.expected_unused_since,
            role,
            issued_role: token.issued_role,
            account_role: token.owner.role,
            made_by: token.made_by,
            regenerated_by: token.regenerated_by,
            previous,
            account_id: token.owner.id,
            secret_since: token.secret_since,
            revision: token.revision,
        }
    }
}

impl From<TokenJson> for Token {
    fn from(json: TokenJson) -> Self {
        let previous = json.previous.map(|old| PreviousSecret {
            hint: old.hint,
            retires_at: old.retires_at,
            last_seen_at: old.last_seen_at,
            issued_role: old.issued_role,
            regenerated_by: old.regenerated_by,
        });
        Token {
            id: json.id,
            owner: TokenOwner {
                id: json.account_id,
                username: json.account,
                role: json.account_role,
                enabled: json.account_enabled,
            },
            name: json.name,
            description: json.description,
            kind: json.kind,
            enabled: json.enabled,
            selection: json.selection,
            created_at: json.created_at,
            expiry: json.expires_at,
            deleted_at: json.deleted_at,
            expected_unused_since: json.expected_unused_since,
            hint: json.hint,
            secret_since: json.secret_since,
            issued_role: json.issued_role,
            made_by: json.made_by,
            regenerated_by: json.regenerated_by,
            previous,
            last_seen_at: json.last_seen_at,
            revision: json.revision,
        }
    }
}
