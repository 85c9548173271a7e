//! What the service tells of tokens: put into headers and JSON once, when a token is first read.

use std::ops::Range;

use hyper::body::Bytes;
use hyper::header::HeaderValue;

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

/// Fields of JSON one behind the other, in one piece of memory that all that is told of a token lies in. Names and ids
/// are of letters, digits and a few signs by their rules: none needs an escape, and each is a header's value as it is.
#[derive(Default)]
struct Fields {
    text: String,
    values: Vec<Range<usize>>,
}

impl Fields {
    fn add(&mut self, name: &str, value: &str) {
        let between = if self.text.is_empty() { "" } else { "," };
        self.text.push_str(&format!("{between}\"{name}\":\""));
        let begin = self.text.len();
        self.text.push_str(value);
        self.values.push(begin..self.text.len());
        self.text.push('"');
    }
}

/// The methods that a token may call, as the end of the body.
pub(super) struct Methods(Bytes);

impl Methods {
    const BEGIN: &'static str = ",\"methods\":[";
    const END: &'static str = "]}";

    /// The end of the body, in JSON.
    pub fn json(&self) -> Bytes {
        self.0.clone()
    }

    /// Their ids with blanks between (RFC 7662, `scope`).
    pub fn scope(&self) -> String {
        let text = std::str::from_utf8(&self.0).unwrap_or_default();
        let list = text.strip_prefix(Self::BEGIN).and_then(|rest| rest.strip_suffix(Self::END)).unwrap_or_default();
        list.split(',').map(|id| id.trim_matches('"')).collect::<Vec<_>>().join(" ")
    }
}

impl Telling for InHttp {
    type Holder = Identity;
    type Methods = Methods;

    fn holder(token: &Token, secret: &PublicId) -> Identity {
        let prefix = token.hint.split_once('_').map_or("", |(prefix, _)| prefix);
        let (hint, account_id) = (format!("{prefix}_{}", secret.as_str()), token.owner.id.to_string());
        let role = token.owner.role.word();
        let mut fields = Fields::default();
        fields.add("account", token.owner.username.as_str());
        fields.add("account_id", &account_id);
        fields.add("role", role);
        fields.add("token", token.name.as_str());
        fields.add("hint", &hint);
        let (json, values) = (Bytes::from(fields.text), fields.values);
        let value = |index: usize| {
            let range = values.get(index).cloned().unwrap_or_default();
            HeaderValue::from_maybe_shared(json.slice(range)).unwrap_or(HeaderValue::from_static(""))
        };
        Identity {
            token: token.id,
            secret: secret.clone(),
            account: value(0),
            account_id: value(1),
            role: HeaderValue::from_static(role),
            name: value(3),
            hint: value(4),
            json,
            owner: token.owner.id,
            created_at: token.created_at,
            expiry: end_of(token, secret),
        }
    }

    fn methods(methods: &mut dyn Iterator<Item = &MethodId>) -> (Methods, usize) {
        // Letters, digits and . _ - only: none needs an escape.
        let ids: Vec<String> = methods.map(|id| format!("\"{id}\"")).collect();
        let text = format!("{}{}{}", Methods::BEGIN, ids.join(","), Methods::END);
        let size = text.len();
        (Methods(Bytes::from(text)), size)
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
