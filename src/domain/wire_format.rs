//! The JSON form of values that requests and replies hold. A value with a text form is that text, and reading it back
//! goes through its own parser. So JSON can hold no value that the parser refuses. Requests refuse unknown fields.
//! Replies with flattened parts ignore them, because serde can't do both.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

use super::checkpoint::{hex, parse_hex};
use super::policy::Policy;
use super::time::{Timestamp, parse_utc_day, utc_day};

thread_local! {
    /// The time of the answer that this thread writes. A thread local, because serde passes no context to values.
    static ANSWER_TIME: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// A value as commands print it at a time: with statuses of that time, whole seconds, and without the fields that only
/// programs of jeton use. Requests and replies have these fields, and no statuses, because their reader knows the time.
pub struct Answer<T> {
    pub value: T,
    pub now: Timestamp,
}

impl<T: Serialize> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _outer = RestoreAnswerTime(ANSWER_TIME.replace(Some(self.now)));
        self.value.serialize(serializer)
    }
}

/// Restores the time on drop, so also after a panic.
struct RestoreAnswerTime(Option<Timestamp>);

impl Drop for RestoreAnswerTime {
    fn drop(&mut self) {
        ANSWER_TIME.set(self.0);
    }
}

/// Returns the time of the [`Answer`] that is being written. `None` in requests and replies.
pub(super) fn answer_time() -> Option<Timestamp> {
    ANSWER_TIME.get()
}

/// For `skip_serializing_if`, on fields that only programs of jeton use.
pub fn in_answer<T>(_field: &T) -> bool {
    answer_time().is_some()
}

/// For `#[schemars(transform = require_all_fields)]`: answers have all fields of the type.
pub(super) fn require_all_fields(schema: &mut Schema) {
    let fields = schema.get("properties").and_then(Value::as_object).map(|fields| fields.keys().cloned().collect());
    schema.insert("required".to_owned(), fields.unwrap_or_default());
}

/// Gives each type the schema of another.
macro_rules! schema_like {
    ($($type:ty: $like:ty;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                <$like>::schema_name()
            }

            fn inline_schema() -> bool {
                <$like>::inline_schema()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$like>::json_schema(generator)
            }
        }
    )*};
}

/// Serialises each type as the text that it displays, and deserialises it through `$parse`, whose error must display.
/// Every such text matches the regular expression `$pattern`.
macro_rules! json_as_text {
    ($($type:ident, $pattern:literal, $parse:expr;)*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                $parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )*};
}

/// Whole seconds in an answer. Requests and replies keep the milliseconds.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&if answer_time().is_some() { self.rfc3339() } else { self.rfc3339_ms() })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Timestamp::parse_rfc3339(&text).ok_or_else(|| de::Error::custom("not a UTC time in RFC 3339 format"))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "pattern": "Z$" })
    }
}

mod text_forms {
    use super::super::account::AccountId;
    use super::super::catalogue::SetEntry;
    use super::super::catalogue::effective_rights::Withheld;
    use super::super::checkpoint::{Checkpoint, StoreId};
    use super::super::contact::Contact;
    use super::super::expiry::{ExpirySpec, Span};
    use super::super::method::MethodId;
    use super::super::name::{Description, Prefix, TokenName, Username};
    use super::super::query::span_bound::SpanBound;
    use super::super::secret::PublicId;
    use super::super::token::TokenId;

    fn known<T>(parsed: Option<T>, what: &'static str) -> Result<T, String> {
        parsed.ok_or_else(|| format!("not {what}"))
    }

    json_as_text! {
        AccountId, r"^a:[0-9]{1,18}$", |text| known(AccountId::parse(text), "an account's id");
        Checkpoint, r"^[ -~]+$", |text| known(Checkpoint::parse(text), "a checkpoint");
        Contact, r"^[!-~]+@[A-Za-z0-9.-]+$", Contact::parse;
        Description, r"^[^\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u2028-\u202e]{0,200}$",
            Description::parse;
        ExpirySpec, r"^(never|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}-[0-9]{2}-[0-9]{4}|[1-9][0-9]{0,4}(h|d|w|mo|y)|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z)$",
            ExpirySpec::parse;
        MethodId, r"^[A-Za-z0-9._-]{1,200}$", MethodId::parse;
        Prefix, r"^[a-z][a-z0-9]{1,9}$", Prefix::parse;
        PublicId, r"^[A-Za-z0-9]{8}$", |text| known(PublicId::parse(text), "a public id");
        SetEntry, r"^(set:.*|group:[A-Za-z0-9._-]{1,200}|[A-Za-z0-9._-]{0,200}\*|[A-Za-z0-9._-]{1,200})$",
            SetEntry::parse;
        Span, r"^[1-9][0-9]{0,4}(h|d|w|mo|y)$", Span::parse;
        SpanBound, r"^[<>][1-9][0-9]{0,4}(h|d|w|mo|y)$", SpanBound::parse;
        StoreId, r"^[a-z][a-z0-9]{1,9}@-?[0-9]{1,18}$", |text| known(StoreId::parse(text), "a store's identity");
        TokenId, r"^t:[0-9]{1,18}$", |text| known(TokenId::parse(text), "a token's id");
        TokenName, r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", TokenName::parse;
        Username, r"^[a-z0-9][a-z0-9._-]{0,31}$", Username::parse;
        Withheld, r"^[a-z-]+$", |text| known(Withheld::parse(text), "a reason why a method is withheld");
    }
}

/// A value that is secret. [`WireSecret`] alone reads and writes it.
pub trait SecretValue: Sized {
    /// Lends the text to `f`. `None` if the value has no text that may travel.
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T>;

    /// Creates the value. `None` if the text doesn't have its form.
    fn from_text(text: Zeroizing<String>) -> Option<Self>;
}

impl SecretValue for Zeroizing<String> {
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T> {
        Some(f(self))
    }

    fn from_text(text: Zeroizing<String>) -> Option<Self> {
        Some(text)
    }
}

/// The JSON form of secrets and passwords. The types themselves don't serialise: a field must name this type, with
/// `#[serde(with = "WireSecret")]`. The JSON holds the secret in plain text and must be wiped like it.
pub struct WireSecret;

impl WireSecret {
    /// # Errors
    /// Those of `serializer`, and an error for a value that may not travel.
    pub fn serialize<T: SecretValue, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        let refused = || serde::ser::Error::custom("this form of the secret can't be sent as JSON");
        value.with_text(|text| serializer.serialize_str(text)).ok_or_else(refused)?
    }

    /// # Errors
    /// An error that never contains a part of the value.
    pub fn deserialize<'de, T: SecretValue, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        // The errors of serde quote a value of another type.
        let text =
            deserializer.deserialize_str(SecretVisitor).map_err(|_| de::Error::custom("a secret must be text"))?;
        T::from_text(text).ok_or_else(|| de::Error::custom("the text does not have the form of a secret"))
    }
}

struct SecretVisitor;

impl Visitor<'_> for SecretVisitor {
    type Value = Zeroizing<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Zeroizing::new(text))
    }
}

/// For `#[serde(with = "NullIfEmpty")]`: a text, as `null` if it is empty.
pub struct NullIfEmpty;

impl NullIfEmpty {
    pub(crate) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        Some(text).filter(|text| !text.is_empty()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        Option::deserialize(deserializer).map(Option::unwrap_or_default)
    }
}

/// The uses of a method.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodUses {
    /// The method.
    method: String,
    /// Number of uses.
    uses: u64,
}

/// For `#[serde(with = "method_uses")]`: methods and their uses, as a list of [`MethodUses`].
pub mod method_uses {
    use super::{Deserialize, Deserializer, MethodUses, Serializer};

    pub(crate) fn serialize<S: Serializer>(list: &[(String, u64)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|(method, uses)| MethodUses { method: method.clone(), uses: *uses }))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, u64)>, D::Error> {
        let list = Vec::<MethodUses>::deserialize(deserializer)?;
        Ok(list.into_iter().map(|one| (one.method, one.uses)).collect())
    }
}

/// For `#[serde(with = "JsonText")]`: JSON text, in an answer as the value that it holds. Replies have the text itself,
/// because a hash may cover it.
pub struct JsonText;

impl JsonText {
    pub(crate) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        match answer_time().and_then(|_| serde_json::from_str::<Value>(text).ok()) {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_str(text),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

/// For `#[serde(with = "UtcDay")]`: the number of a day since 1970, as `2026-11-21`.
pub struct UtcDay;

impl UtcDay {
    pub(crate) fn serialize<S: Serializer>(day: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&utc_day(*day))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        parse_utc_day(&text).ok_or_else(|| de::Error::custom("not a day in the form YYYY-MM-DD"))
    }
}

/// The hash of a row of the audit log, in lower-case hexadecimal. Also for `#[serde(with = "HexHash")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HexHash(pub [u8; 32]);

impl HexHash {
    pub(crate) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(hash))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        <HexHash as Deserialize>::deserialize(deserializer).map(|hash| hash.0)
    }
}

impl fmt::Display for HexHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

json_as_text! {
    HexHash, r"^[0-9a-f]{64}$", |text: &str| parse_hex(text).map(HexHash).ok_or("not a hash in lower-case hexadecimal");
}

/// For `#[serde(with = "numbered_hash")]`: the number of a row and its hash.
pub mod numbered_hash {
    use super::{Deserialize, Deserializer, HexHash, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(row: &Option<(i64, [u8; 32])>, serializer: S) -> Result<S::Ok, S::Error> {
        row.map(|(number, hash)| (number, HexHash(hash))).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(i64, [u8; 32])>, D::Error> {
        let row = Option::<(i64, HexHash)>::deserialize(deserializer)?;
        Ok(row.map(|(number, hash)| (number, hash.0)))
    }
}

schema_like! {
    JsonText: Value;
    NullIfEmpty: Option<String>;
    Policy: BTreeMap<String, String>;
    UtcDay: String;
    WireSecret: String;
}
