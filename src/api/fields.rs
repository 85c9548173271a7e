//! The fields of a call, and the request that they mean. The type of each field decides how a text is read.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::value::{MapDeserializer, StrDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::error::Category;
use serde_json::{Error as JsonError, Map, Value};

use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::verbs::request::Request;

/// The fields of a call.
pub(super) struct CallFields(BTreeMap<String, Field>);

enum Field {
    /// A text in a query: itself, or the JSON of another value.
    Text(String),
    Json(Value),
}

/// Returns the fields of a JSON object. An empty body has none.
pub(super) fn from_body(body: &[u8]) -> Result<CallFields> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(CallFields(BTreeMap::new()));
    }
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(|e| match e.classify() {
        Category::Syntax | Category::Eof => {
            Error::usage("the body is not valid JSON").why(e.to_string()).next("Correct the JSON")
        }
        Category::Data | Category::Io => Error::usage("the body is not a JSON object")
            .next("Send the fields as one JSON object. docs/api.md lists the fields of each endpoint"),
    })?;
    Ok(CallFields(object.into_iter().map(|(name, value)| (name, Field::Json(value))).collect()))
}

/// Returns the fields of a query.
pub(super) fn from_query(query: &str) -> Result<CallFields> {
    let mut fields = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
        let text = text.replace('+', " ");
        let text = percent_decode_str(&text).decode_utf8().map_err(|_| {
            Error::usage("the query is not UTF-8")
                .next("Encode the query as UTF-8, with percent signs: \u{e9} becomes %C3%A9")
        })?;
        if fields.insert(name.to_owned(), Field::Text(text.into_owned())).is_some() {
            return Err(Error::usage(format!("the query has the field \"{}\" twice", excerpt(name, 64)))
                .next("Leave out one of the two"));
        }
    }
    Ok(CallFields(fields))
}

fn unfit(error: &JsonError) -> Error {
    Error::usage("the fields of the request are not right for this endpoint")
        .why(error.to_string())
        .next("Correct the fields. docs/api.md lists the fields of each endpoint")
}

impl CallFields {
    /// Puts `value` at `path`, such as `token.reference.text`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the call has another value there.
    pub fn set(&mut self, path: &str, mut value: Value) -> Result<()> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        for step in rest.rsplit('.').filter(|step| !step.is_empty()) {
            value = Value::Object(Map::from_iter([(step.to_owned(), value)]));
        }
        let inserted = match self.0.get_mut(first) {
            None => {
                self.0.insert(first.to_owned(), Field::Json(value));
                true
            }
            Some(Field::Json(Value::Object(present))) => match value {
                Value::Object(more) => more.into_iter().all(|(step, value)| present.insert(step, value).is_none()),
                _ => false,
            },
            Some(_) => false,
        };
        match inserted {
            true => Ok(()),
            false => Err(Error::usage(format!(
                "the field {first} is given twice: in the path or headers, and in the query or body"
            ))
            .next("Leave the field out of the query or body")),
        }
    }

    /// # Errors
    /// [`crate::error::Kind::Usage`] if the fields don't fit the verb.
    pub fn into_request(self, verb: &'static str) -> Result<Request> {
        Request::deserialize(Call { verb, fields: self }).map_err(|e| unfit(&e))
    }
}

/// Deserialises the variant of [`Request`] for a verb.
struct Call {
    verb: &'static str,
    fields: CallFields,
}

type Outcome<T> = std::result::Result<T, JsonError>;

impl<'de> Deserializer<'de> for Call {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Call {
    type Error = JsonError;
    type Variant = CallFields;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Outcome<(S::Value, CallFields)> {
        Ok((seed.deserialize(self.verb.into_deserializer() as StrDeserializer<'_, JsonError>)?, self.fields))
    }
}

impl<'de> VariantAccess<'de> for CallFields {
    type Error = JsonError;

    fn unit_variant(self) -> Outcome<()> {
        Err(JsonError::custom("a verb always has fields"))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Outcome<S::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Outcome<V::Value> {
        self.unit_variant().and_then(|()| unreachable_variant())
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Outcome<V::Value> {
        self.unit_variant().and_then(|()| unreachable_variant())
    }
}

fn unreachable_variant<T>() -> Outcome<T> {
    Err(JsonError::custom("a verb is one value"))
}

impl<'de> Deserializer<'de> for CallFields {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_map(MapDeserializer::new(self.0.into_iter()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        match self.0.keys().next() {
            None => visitor.visit_unit(),
            Some(name) => Err(JsonError::unknown_field(name, &[])),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit seq tuple tuple_struct map
        struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, JsonError> for Field {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Forwards each method to the value that the text holds in JSON.
macro_rules! read_as_json {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Outcome<V::Value> {
            self.json()?.$method($($name,)* visitor)
        }
    )*};
}

impl Field {
    fn json(self) -> Outcome<Value> {
        match self {
            Field::Json(value) => Ok(value),
            Field::Text(text) => serde_json::from_str(&text),
        }
    }
}

impl<'de> Deserializer<'de> for Field {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Field::Json(value) => value.deserialize_any(visitor),
            Field::Text(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Field::Json(value) => value.deserialize_option(visitor),
            Field::Text(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Outcome<V::Value> {
        match self {
            Field::Json(value) => value.deserialize_newtype_struct(name, visitor),
            Field::Text(_) => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        match self {
            Field::Text(text) if !text.starts_with(['{', '"']) => {
                visitor.visit_enum(text.into_deserializer() as StringDeserializer<JsonError>)
            }
            other => other.json()?.deserialize_enum(name, variants, visitor),
        }
    }

    read_as_json! {
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_f32();
        deserialize_f64();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
    }

    forward_to_deserialize_any! { char str string bytes byte_buf identifier ignored_any }
}
