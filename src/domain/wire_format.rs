//! The JSON form of values that requests and replies hold. A value with a text form is that text, and reading it back
//! goes through its own parser. So JSON can hold no value that the parser refuses.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::checkpoint::{hex, parse_hex};

/// Serialises each type as the text that it displays, and deserialises it through `$parse`, whose error must display.
macro_rules! json_as_text {
    ($($type:ty, $parse:expr;)*) => {$(
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
    )*};
}

mod text_forms {
    use super::super::account::AccountId;
    use super::super::catalogue::SetEntry;
    use super::super::checkpoint::{Checkpoint, StoreId};
    use super::super::expiry::{ExpirySpec, Span};
    use super::super::method::MethodId;
    use super::super::name::{Description, Prefix, TokenName, Username};
    use super::super::secret::PublicId;
    use super::super::time::Timestamp;
    use super::super::token::TokenId;

    fn known<T>(parsed: Option<T>, what: &'static str) -> Result<T, String> {
        parsed.ok_or_else(|| format!("not {what}"))
    }

    json_as_text! {
        AccountId, |text| known(AccountId::parse(text), "an account's id");
        Checkpoint, |text| known(Checkpoint::parse(text), "a checkpoint");
        Description, Description::parse;
        ExpirySpec, ExpirySpec::parse;
        MethodId, MethodId::parse;
        Prefix, Prefix::parse;
        PublicId, |text| known(PublicId::parse(text), "a public id");
        SetEntry, SetEntry::parse;
        Span, Span::parse;
        StoreId, |text| known(StoreId::parse(text), "a store's identity");
        Timestamp, |text| known(Timestamp::parse_rfc3339_ms(text), "a UTC time in RFC 3339 format");
        TokenId, |text| known(TokenId::parse(text), "a token's id");
        TokenName, TokenName::parse;
        Username, Username::parse;
    }
}

/// A value that is secret. [`WireSecret`] alone reads and writes it.
pub trait SecretValue: Sized {
    /// Lends the text to `f`. `None` if the value has no text that may travel.
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T>;

    /// Creates the value. `None` if the text doesn't have its form.
    fn from_text(text: Zeroizing<String>) -> Option<Self>;
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

/// The hash of a row of the audit log, in hexadecimal.
#[derive(Clone, Copy)]
struct HexHash([u8; 32]);

impl fmt::Display for HexHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

json_as_text! {
    HexHash, |text: &str| parse_hex(text).map(HexHash).ok_or("not a hash in lower-case hexadecimal");
}

/// For `#[serde(with = "hex_hash")]`.
pub mod hex_hash {
    use super::{Deserialize, Deserializer, HexHash, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        HexHash(*hash).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        HexHash::deserialize(deserializer).map(|hash| hash.0)
    }
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

/// For a field of two nested options with `#[serde(default, skip_serializing_if = "Option::is_none")]`: a `null` is
/// `Some(None)`, only an absent field is `None`.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
