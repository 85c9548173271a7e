//! Calls that may be repeated: a key of the caller makes sure that the change is made once.

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::domain::name::{TokenName, Username};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;

/// The header with the key of a call that gives out secrets.
pub const KEY_HEADER: &str = "idempotency-key";

const NEXT: &str = "Each secret is given out only once. To get a new secret, call: POST /v1/tokens/TOKEN/regenerate";

/// The answer to a repeated call: that of the first call, but without the secrets, which nobody keeps.
#[derive(Serialize, JsonSchema)]
pub struct RepeatedReply {
    value: OneOrMany,
    next: &'static str,
}

#[derive(Deserialize)]
struct Received<T> {
    value: T,
}

#[derive(Deserialize)]
struct ReceivedToken {
    token: TokenNames,
    secret: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct TokenNames {
    name: TokenName,
    account: Username,
    previous: Option<OldSecret>,
}

#[derive(Deserialize)]
struct OldSecret {
    retires_at: Timestamp,
}

/// A token in the answer to a repeated call.
pub struct TokenWithoutSecret {
    pub full_name: String,
    /// When the token's old secret ends. `None` without an overlap.
    pub old_until: Option<Timestamp>,
}

/// Returns the tokens in the answer to a repeated call. `None` if the answer has secrets.
pub fn tokens_without_secrets(json: &[u8], is_list: bool) -> Option<Vec<TokenWithoutSecret>> {
    let tokens = match is_list {
        true => serde_json::from_slice::<Received<Vec<ReceivedToken>>>(json).ok()?.value,
        false => vec![serde_json::from_slice::<Received<ReceivedToken>>(json).ok()?.value],
    };
    let describe = |one: &ReceivedToken| TokenWithoutSecret {
        full_name: format!("{}/{}", one.token.account, one.token.name),
        old_until: one.token.previous.as_ref().map(|previous| previous.retires_at),
    };
    tokens.iter().all(|one| one.secret.is_none()).then(|| tokens.iter().map(describe).collect())
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(Option<Box<WithoutSecret>>),
    Many(Vec<WithoutSecret>),
}

#[derive(Serialize, JsonSchema)]
struct WithoutSecret {
    token: Token,
    secret: Option<()>,
}

impl RepeatedReply {
    /// Creates the answer of a verb that answers with a list, or with one token.
    pub fn new(tokens: Vec<Token>, is_list: bool) -> Self {
        let mut tokens = tokens.into_iter().map(|token| WithoutSecret { token, secret: None });
        let value =
            if is_list { OneOrMany::Many(tokens.collect()) } else { OneOrMany::One(tokens.next().map(Box::new)) };
        RepeatedReply { value, next: NEXT }
    }
}
