//! The HTTP form of requests: what the service and its clients agree on. The endpoints are in the table of
//! [`crate::verbs::request`]; here a request becomes an HTTP call, and a call becomes a request again.
//!
//! A `GET` or `DELETE` has the request's fields as its query, any other method has them as a JSON object in its body. A
//! text is written as it is, and any other value of a query as JSON: `?limit=20&owner=mine&filter={"words":["ci"]}`.
//! A segment of the path can hold one of the fields. If it is `-`, the field is in the query or body instead.

pub mod entity_tag;
mod fields;
pub mod openapi;
pub mod problem;
pub mod repeated;
mod request_schema;
pub mod service_endpoint;
pub mod sign_in;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::token::Revision;
use crate::error::{Error, Result};
use crate::verbs::request::{Endpoint, Request, Response, VERBS, VerbInfo};

/// The media type of replies between programs of jeton. Others get an answer like that of `--json`.
pub const REPLY_MEDIA_TYPE: &str = "application/vnd.jeton.reply+json";

/// Maximum size of a request's body, in bytes. The largest is a catalogue.
pub const MAX_BODY: usize = 20 * 1024 * 1024;

/// The segment of a path whose field is in the query or body.
const ELSEWHERE: &str = "-";
/// The field with the name of a token to change.
const CHANGED_TOKEN: &str = "token.reference.text";
/// The field with the revision that this token must have.
const EXPECTED_REVISION: &str = "token.expected_revision";
/// The characters that stand for themselves in a path and a query (RFC 3986, section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An HTTP call that means a request.
#[derive(Debug)]
pub struct HttpCall {
    pub http_method: &'static str,
    /// The path and the query.
    pub target: String,
    /// The body in JSON, which may hold a password. `None` for a method that has no body.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// Returns the call that means `request`.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if the request can't be sent: only a program with access to the store can run it.
pub fn encode(request: &Request) -> Result<HttpCall> {
    let endpoint = VERBS.iter().find(|verb| verb.name == request.name()).and_then(|verb| verb.endpoint);
    let endpoint = endpoint.ok_or_else(|| {
        Error::usage("this action is not possible through a server")
            .why("the action needs the store's file")
            .next("On the machine with the store, run jeton as the owner of the store's file, with --store PATH")
    })?;
    let mut fields = request_fields(request)?;
    let mut target = String::new();
    for segment in endpoint.path.split('/').skip(1) {
        let segment = match parameter(segment) {
            None => segment.to_owned(),
            Some(field) => take_text(&mut fields.0, field).unwrap_or_else(|| ELSEWHERE.to_owned()),
        };
        target.push('/');
        target.extend(utf8_percent_encode(&segment, ESCAPED));
    }
    let body = match endpoint.has_body() {
        true => Some(to_json(&fields.0)?),
        false => {
            push_query(&mut target, &fields.0);
            None
        }
    };
    Ok(HttpCall { http_method: endpoint.http_method, target, body })
}

/// Fields of a request, wiped on drop because they may hold a password.
struct Fields(Map<String, Value>);

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the fields of `request` that have a value.
fn request_fields(request: &Request) -> Result<Fields> {
    let unsent = |why: String| Error::failure("the request can't be sent").why(why);
    let mut value = serde_json::to_value(request).map_err(|e| unsent(e.to_string()))?;
    let fields = match value.as_object_mut().and_then(|variant| variant.remove(request.name())) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    Ok(Fields(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()))
}

/// Serialises `fields` into memory that is wiped. The size is known before, so no copies are left behind.
///
/// # Errors
/// [`crate::error::Kind::Failure`] for a value that has no JSON form.
pub fn to_json(fields: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    let unsent = |e: serde_json::Error| Error::failure("the message can't be sent").why(e.to_string());
    let mut size = ByteCount(0);
    serde_json::to_writer(&mut size, fields).map_err(unsent)?;
    let mut json = Zeroizing::new(Vec::with_capacity(size.0));
    serde_json::to_writer(&mut *json, fields).map_err(unsent)?;
    Ok(json)
}

struct ByteCount(usize);

impl std::io::Write for ByteCount {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn push_query(target: &mut String, fields: &Map<String, Value>) {
    let mut separator = '?';
    for (name, value) in fields {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        target.push(std::mem::replace(&mut separator, '&'));
        target.push_str(name);
        target.push('=');
        target.extend(utf8_percent_encode(&text, ESCAPED));
    }
}

/// Returns the field that a segment of an endpoint's path holds: `a.b` for `{a.b}`.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Takes the text at `field` out of `fields`. `None` if there is another value, or a text that a path can't hold.
fn take_text(fields: &mut Map<String, Value>, field: &str) -> Option<String> {
    let (first, rest) = match field.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (field, None),
    };
    let taken = match (fields.get_mut(first)?, rest) {
        (Value::String(text), None) if !matches!(text.as_str(), "" | "." | ".." | ELSEWHERE) => std::mem::take(text),
        (Value::Object(inner), Some(rest)) => {
            let taken = take_text(inner, rest)?;
            if inner.values().any(|value| !value.is_null()) {
                return Some(taken);
            }
            taken
        }
        _ => return None,
    };
    fields.remove(first);
    Some(taken)
}

/// A verb that a path means, and the texts in the path, by field.
pub struct Matched {
    pub verb: &'static VerbInfo,
    parameters: Vec<(&'static str, String)>,
    /// The revision that the token must have.
    expected: Option<Revision>,
}

/// The verbs that a path can mean.
pub enum PathMatch {
    Verb(Matched),
    /// The path exists, with these HTTP methods only.
    OtherMethods(Vec<&'static str>),
    Unknown,
}

/// Finds the endpoint of a call.
pub fn find(http_method: &str, path: &str) -> PathMatch {
    let mut others = Vec::new();
    for verb in VERBS {
        let Some(endpoint) = verb.endpoint else { continue };
        let Some(parameters) = match_path(endpoint, path) else { continue };
        if endpoint.http_method == http_method {
            return PathMatch::Verb(Matched { verb, parameters, expected: None });
        }
        others.push(endpoint.http_method);
    }
    if others.is_empty() { PathMatch::Unknown } else { PathMatch::OtherMethods(others) }
}

/// Compares `path` with the path of `endpoint`. A field of the path is never `-` alone where another endpoint has a
/// `-` of its own, because those are longer.
fn match_path(endpoint: Endpoint, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut parameters = Vec::new();
    let mut segments = path.split('/');
    for expected in endpoint.path.split('/') {
        let segment = segments.next()?;
        match parameter(expected) {
            None if segment == expected => {}
            None => return None,
            Some(_) if segment.is_empty() => return None,
            Some(field) => parameters.push((field, percent_decode_str(segment).decode_utf8().ok()?.into_owned())),
        }
    }
    segments.next().is_none().then_some(parameters)
}

impl Matched {
    /// Makes the change depend on the token's revision, as the header `If-Match` asks.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the header is malformed, or the path doesn't name one token to change.
    pub fn expect(&mut self, if_match: &str) -> Result<()> {
        if !self.parameters.iter().any(|(field, _)| *field == CHANGED_TOKEN) {
            return Err(Error::usage("this endpoint does not accept If-Match")
                .why("only an endpoint that changes the token in its path accepts If-Match")
                .next("Leave out If-Match"));
        }
        self.expected = entity_tag::parse_if_match(if_match)?;
        Ok(())
    }

    /// Returns the request that a call means.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the fields don't fit the verb.
    pub fn decode(self, query: &str, body: &[u8]) -> Result<Request> {
        let mut fields = match self.verb.endpoint.is_some_and(Endpoint::has_body) {
            true if !query.is_empty() => {
                return Err(Error::usage("this endpoint accepts no query").next("Put the fields into the JSON body"));
            }
            true => fields::from_body(body)?,
            false => fields::from_query(query)?,
        };
        for (field, text) in self.parameters.into_iter().filter(|(_, text)| text != ELSEWHERE) {
            fields.set(field, text.into())?;
        }
        if let Some(revision) = self.expected {
            fields.set(EXPECTED_REVISION, revision.0.into())?;
        }
        fields.into_request(self.verb.name)
    }
}

/// Returns the reply to a verb from the JSON of an answer.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the JSON is not a reply to this verb.
pub fn decode_reply(verb: &str, json: &[u8]) -> Result<Response> {
    let unread = |why: String| {
        Error::failure("the server's answer can't be read")
            .why(why)
            .next("Compare jeton --version here and on the server, and use the same version")
    };
    let mut tagged = Zeroizing::new(Vec::with_capacity(json.len() + verb.len() + 5));
    tagged.extend_from_slice(format!("{{\"{verb}\":").as_bytes());
    tagged.extend_from_slice(json);
    tagged.push(b'}');
    serde_json::from_slice(&tagged).map_err(|e| unread(e.to_string()))
}

/// Returns the JSON of an answer with `response`, a [`Response`] or an answer with one.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the reply can't be serialised.
pub fn encode_reply(response: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    let tagged = to_json(response)?;
    // `{"name":` and `}` around the reply.
    let start = tagged.iter().position(|byte| *byte == b':').map_or(0, |at| at + 1);
    Ok(Zeroizing::new(tagged[start..tagged.len() - 1].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_verbs_have_one_endpoint() {
        let endpoints: Vec<_> = VERBS.iter().filter_map(|verb| verb.endpoint).collect();
        let shapes: BTreeSet<String> = endpoints
            .iter()
            .map(|endpoint| {
                let shape = endpoint.path.split('/').map(|segment| parameter(segment).map_or(segment, |_| "{}"));
                format!("{} {}", endpoint.http_method, shape.collect::<Vec<_>>().join("/"))
            })
            .collect();
        assert_eq!(shapes.len(), endpoints.len());
    }

    #[test]
    fn path_with_another_method_is_known() {
        let PathMatch::OtherMethods(methods) = find("DELETE", "/v1/tokens") else { panic!() };
        assert_eq!(methods, ["GET", "POST"]);
        assert!(matches!(find("GET", "/v1/tokens/"), PathMatch::Unknown));
        assert!(matches!(find("GET", "/v1/nothing"), PathMatch::Unknown));
        assert!(matches!(find("GET", "/v1/tokens/%ff"), PathMatch::Unknown));
    }
}
