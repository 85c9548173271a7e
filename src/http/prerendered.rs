//! Pre-rendered JSON and header values for tokens and methods. They are built once per store read and reused for
//! every response (gain: 5 %).

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::HeaderValue;

use super::usage_recorder::HotCounter;
use crate::domain::account::AccountId;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::service::identity_header::IdentityField;

/// The fields of a token, in the order of its JSON.
const TOKEN_FIELDS: [IdentityField; 5] =
    [IdentityField::Account, IdentityField::AccountId, IdentityField::Role, IdentityField::Token, IdentityField::Hint];

/// The rendered description of a token for one of its secrets.
pub struct RenderedIdentity {
    pub secret: PublicId,
    /// JSON from the first field after the method to the end. Names and ids consist only of letters, digits and a
    /// few other characters. So none needs an escape, and each is a valid header value.
    json: Bytes,
    /// The start and end of each value in `json`.
    ranges: [(u16, u16); TOKEN_FIELDS.len()],
    pub owner: AccountId,
    pub created_at: Timestamp,
    pub expiry: Expiry,
    /// Uses since the ledger was last written.
    pub(super) hot_counter: HotCounter,
}

impl RenderedIdentity {
    /// Renders `token` for a presented secret with public id `secret` and role `role`.
    pub fn new(token: &Token, secret: &PublicId, role: Role) -> Self {
        let prefix = token.hint.split_once('_').map_or("", |(prefix, _)| prefix);
        let mut json = String::with_capacity(256);
        let places = TOKEN_FIELDS.map(|field| {
            let value = match field {
                IdentityField::Account => token.owner.username.to_string(),
                IdentityField::AccountId => token.owner.id.to_string(),
                IdentityField::Role => role.as_str().to_owned(),
                IdentityField::Token => token.name.to_string(),
                IdentityField::Hint => format!("{prefix}_{}", secret.as_str()),
                IdentityField::Method => String::new(),
            };
            json.push_str(&format!("{}\"{}\":\"", if json.is_empty() { "" } else { "," }, field.as_str()));
            let begin = json.len();
            json.push_str(&value);
            let place = (begin, json.len());
            json.push('"');
            place
        });
        json.push('}');
        let short = |at: usize| u16::try_from(at).unwrap_or_default();
        RenderedIdentity {
            secret: secret.clone(),
            json: Bytes::from(json.into_boxed_str().into_boxed_bytes()),
            ranges: places.map(|(begin, end)| (short(begin), short(end))),
            owner: token.owner.id,
            created_at: token.created_at,
            expiry: secret_expiry(token, secret),
            hot_counter: HotCounter::default(),
        }
    }

    /// Returns the end of the body in JSON: the token's own fields.
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    fn range(&self, field: IdentityField) -> std::ops::Range<usize> {
        let (begin, end) = self.ranges.get(field as usize).copied().unwrap_or_default();
        usize::from(begin)..usize::from(end)
    }

    /// Returns a field's value, or an empty string if the field isn't the token's.
    pub fn text(&self, field: IdentityField) -> &str {
        self.json.get(self.range(field)).and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default()
    }

    pub fn value(&self, field: IdentityField) -> HeaderValue {
        HeaderValue::from_maybe_shared(self.json.slice(self.range(field))).unwrap_or(HeaderValue::from_static(""))
    }
}

/// The methods that a token may call, as the end of the body.
pub struct RenderedMethods(String);

/// [`RenderedMethods`] shared by all bodies that contain them.
struct SharedMethods(Arc<RenderedMethods>);

impl AsRef<[u8]> for SharedMethods {
    fn as_ref(&self) -> &[u8] {
        self.0.0.as_bytes()
    }
}

impl RenderedMethods {
    const BEGIN: &'static str = ",\"methods\":[";
    const END: &'static str = "]}";

    pub fn new<'a>(methods: impl Iterator<Item = &'a MethodId>) -> Self {
        let mut text = Self::BEGIN.to_owned();
        for (index, id) in methods.enumerate() {
            text.push_str(if index == 0 { "\"" } else { ",\"" });
            text.push_str(id.as_str());
            text.push('"');
        }
        text.push_str(Self::END);
        RenderedMethods(text)
    }

    /// Returns the end of the body in JSON.
    pub fn json(self: Arc<Self>) -> Bytes {
        Bytes::from_owner(SharedMethods(self))
    }

    /// Returns the ids separated by spaces (RFC 7662, `scope`).
    pub fn scope(&self) -> String {
        let list = self.0.strip_prefix(Self::BEGIN).and_then(|rest| rest.strip_suffix(Self::END)).unwrap_or_default();
        list.split(',').map(|id| id.trim_matches('"')).collect::<Vec<_>>().join(" ")
    }
}

/// A method, as the beginning of the body.
#[derive(Debug)]
pub struct RenderedMethod {
    id: MethodId,
    json: Bytes,
    value: HeaderValue,
}

impl RenderedMethod {
    /// Placeholder for any method.
    pub const ANY: &'static str = "-";
    const BEGIN: &'static str = "{\"result\":0,\"method\":\"";
    const END: &'static str = "\",";

    pub fn new(id: &MethodId) -> Self {
        // The id has only letters, digits and `.`, `_`, `-`, so it needs no escape.
        let json = Bytes::from(format!("{}{id}{}", Self::BEGIN, Self::END).into_boxed_str().into_boxed_bytes());
        let value = HeaderValue::from_maybe_shared(json.slice(Self::BEGIN.len()..json.len() - Self::END.len()));
        RenderedMethod { id: id.clone(), json, value: value.unwrap_or(HeaderValue::from_static(Self::ANY)) }
    }

    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Returns the beginning of the body in JSON.
    pub fn json(method: Option<&Self>) -> &Bytes {
        static ANY: Bytes = Bytes::from_static(b"{\"result\":0,\"method\":\"-\",");
        method.map_or(&ANY, |method| &method.json)
    }

    /// Returns the method's id for a header.
    pub fn value(method: Option<&Self>) -> HeaderValue {
        method.map_or(HeaderValue::from_static(Self::ANY), |method| method.value.clone())
    }
}

impl PartialEq for RenderedMethod {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for RenderedMethod {}

impl Hash for RenderedMethod {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Returns the time at which `secret` stops working: with its token, or earlier if a newer secret has replaced it.
fn secret_expiry(token: &Token, secret: &PublicId) -> Expiry {
    let is_current = token.hint.ends_with(secret.as_str());
    match (token.previous.as_ref().filter(|_| !is_current), token.expiry.at()) {
        (None, _) => token.expiry,
        (Some(previous), at) => Expiry::At(at.map_or(previous.retires_at, |at| at.min(previous.retires_at))),
    }
}
