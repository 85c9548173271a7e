//! Finds the token of a secret, without recording anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret_record::SecretRecord;
use super::{DenialReason, PresentedSecret};
use crate::domain::name::{TokenName, Username};
use crate::domain::time::Timestamp;
use crate::domain::token::{PurgedToken, Token};
use crate::domain::wire_format::in_answer;
use crate::error::Result;
use crate::verbs::accounts::live_login;
use crate::verbs::ports::{SecretState, Snapshot};

/// The token for which a presented secret was issued.
#[derive(Debug, Clone)]
pub enum SecretOwner {
    /// Nothing known in this store.
    Unknown,
    /// A token, and the state of its secret with this public id.
    Token(Box<Token>, SecretState),
    /// A token that was purged.
    Purged(PurgedToken),
    /// A login that works.
    Login(FoundLogin),
}

/// The valid login of a secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundLogin {
    /// The name of the account.
    pub account: Username,
    /// The name of the client's machine.
    pub name: TokenName,
    /// End of the login.
    pub expires_at: Timestamp,
}

impl FoundLogin {
    /// Returns `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}

/// The result of tracing a presented secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "LookupJson", into = "LookupJson")]
pub struct SecretLookup {
    /// The token found. For [`DenialReason::WrongSecret`], the one of the secret with the same public id.
    pub owner: SecretOwner,
    /// The reason why the secret is not accepted, whatever the method. `None` if the secret is accepted.
    pub denial_reason: Option<DenialReason>,
}

/// The JSON form of [`SecretLookup`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LookupJson {
    /// `true` if the secret works now, whatever the method.
    works: bool,
    /// Reason code if the secret does not work, else `null`.
    reason: Option<DenialReason>,
    /// The secret's state; `null` if the secret belongs to no token.
    secret: Option<SecretWord>,
    /// The token, unless it was purged.
    token: Option<Box<Token>>,
    /// The record that remains of a purged token.
    purged: Option<PurgedToken>,
    /// The login, if the secret is that of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<FoundLogin>,
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    state: Option<SecretState>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum SecretWord {
    Current,
    Previous,
    Dead,
    Purged,
}

impl From<SecretLookup> for LookupJson {
    fn from(SecretLookup { owner, denial_reason: reason }: SecretLookup) -> Self {
        let (secret, token, purged, login, state) = match owner {
            SecretOwner::Unknown => (None, None, None, None, None),
            SecretOwner::Purged(purged) => (Some(SecretWord::Purged), None, Some(purged), None, None),
            SecretOwner::Login(login) => (Some(SecretWord::Current), None, None, Some(login), None),
            SecretOwner::Token(token, state) => {
                let word = match state {
                    SecretState::Current => SecretWord::Current,
                    SecretState::Previous(_) if reason != Some(DenialReason::Retired) => SecretWord::Previous,
                    SecretState::Previous(_) | SecretState::Dead => SecretWord::Dead,
                };
                (Some(word), Some(token), None, None, Some(state))
            }
        };
        // Only the head of a wrong secret belongs to the token.
        let secret = secret.filter(|_| reason != Some(DenialReason::WrongSecret));
        LookupJson { works: reason.is_none(), reason, secret, token, purged, login, state }
    }
}

impl TryFrom<LookupJson> for SecretLookup {
    type Error = &'static str;

    fn try_from(json: LookupJson) -> std::result::Result<Self, Self::Error> {
        let (works, secret) = (json.works, json.secret);
        let owner = match (json.token, json.state, json.purged, json.login) {
            (Some(token), Some(state), None, None) => SecretOwner::Token(token, state),
            (None, None, Some(purged), None) => SecretOwner::Purged(purged),
            (None, None, None, Some(login)) => SecretOwner::Login(login),
            (None, None, None, None) => SecretOwner::Unknown,
            _ => return Err("a secret has at most one owner: a token with a state, a purged token or a login"),
        };
        let lookup = SecretLookup { owner, denial_reason: json.reason };
        let redacted = LookupJson::from(lookup.clone());
        if (redacted.works, redacted.secret) != (works, secret) {
            return Err("works and secret must agree with the other fields");
        }
        Ok(lookup)
    }
}

/// Identifies a presented secret and checks if it works at `now`. Records nothing.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn look_up(snapshot: &dyn Snapshot, presented: PresentedSecret<'_>, now: Timestamp) -> Result<SecretLookup> {
    let claim = match presented {
        Ok(claim) => claim,
        Err(fault) => return Ok(SecretLookup { owner: SecretOwner::Unknown, denial_reason: Some(fault.into()) }),
    };
    if let Some((login, account)) = live_login(snapshot, claim, now)? {
        let login = FoundLogin { account: account.username, name: login.name, expires_at: login.expires_at };
        return Ok(SecretLookup { owner: SecretOwner::Login(login), denial_reason: None });
    }
    let record = SecretRecord::read(snapshot, claim.public_id())?;
    let denial_reason = record.denial_reason(claim.digest(), now);
    let owner = match record {
        SecretRecord::Unknown => SecretOwner::Unknown,
        SecretRecord::Purged(tombstone) => SecretOwner::Purged(tombstone.purged),
        SecretRecord::Secret(stored, token) => SecretOwner::Token(token, stored.state),
    };
    Ok(SecretLookup { owner, denial_reason })
}
