//! What the service tells of tokens: put into headers and JSON once, when a token is first read.

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde::Serialize;

use crate::domain::account::AccountId;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::verbs::decide::memory::Telling;

/// How the service tells.
pub(super) struct InHttp;

/// What is told of a token.
pub(super) struct Identity {
    pub token: TokenId,
    pub secret: PublicId,
    pub account: HeaderValue,
    pub account_id: HeaderValue,
    pub role: HeaderValue,
    pub name: HeaderValue,
    pub hint: HeaderValue,
    /// The same as JSON, from the first field behind the method to the last before the methods.
    pub json: Bytes,
    pub owner: AccountId,
    pub created_at: Timestamp,
    pub expiry: Expiry,
}

/// The same, in the body.
#[derive(Serialize)]
struct IdentityJson<'a> {
    account: &'a str,
    account_id: &'a str,
    role: &'a str,
    token: &'a str,
    hint: &'a str,
}

impl Telling for InHttp {
    type Holder = Identity;
    /// The end of the body: the methods, in JSON.
    type Methods = Bytes;

    fn holder(token: &Token, secret: &PublicId) -> Identity {
        let prefix = token.hint.split_once('_').map_or("", |(prefix, _)| prefix);
        let (hint, account_id) = (format!("{prefix}_{}", secret.as_str()), token.owner.id.to_string());
        let json = IdentityJson {
            account: token.owner.username.as_str(),
            account_id: &account_id,
            role: token.owner.role.word(),
            token: token.name.as_str(),
            hint: &hint,
        };
        let json = serde_json::to_string(&json).unwrap_or_default();
        let json = Bytes::copy_from_slice(json.trim_start_matches('{').trim_end_matches('}').as_bytes());
        Identity {
            token: token.id,
            secret: secret.clone(),
            account: ascii(token.owner.username.as_str()),
            account_id: ascii(&account_id),
            role: HeaderValue::from_static(token.owner.role.word()),
            name: ascii(token.name.as_str()),
            hint: ascii(&hint),
            json,
            owner: token.owner.id,
            created_at: token.created_at,
            expiry: end_of(token, secret),
        }
    }

    fn methods(methods: &mut dyn Iterator<Item = &MethodId>) -> (Bytes, usize) {
        let ids: Vec<&str> = methods.map(MethodId::as_str).collect();
        let text = format!(",\"methods\":{}}}", serde_json::to_string(&ids).unwrap_or_else(|_| "[]".to_owned()));
        let size = text.len();
        (Bytes::from(text), size)
    }
}

/// When `secret` stops working: with its token, or before, when a newer one has replaced it.
fn end_of(token: &Token, secret: &PublicId) -> Expiry {
    let is_current = token.hint.ends_with(secret.as_str());
    match (token.previous.as_ref().filter(|_| !is_current), token.expiry.at()) {
        (None, _) => token.expiry,
        (Some(previous), at) => Expiry::At(at.map_or(previous.retires_at, |at| at.min(previous.retires_at))),
    }
}

/// Names and ids are of letters, digits and a few signs by their rules; what were none of these would be left out.
fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
