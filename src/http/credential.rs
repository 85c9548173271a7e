//! Finds the credential of a request in all places where credentials are accepted.

use std::sync::Arc;

use hyper::Request;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use zeroize::Zeroizing;

use super::query_arguments::{is_like_header, query_values};
use crate::domain::secret::{Secret, SecretFingerprint, SecretParseError};
use crate::error;
use crate::service::credential_sources::{CredentialSource, CredentialSources};
use crate::verbs::credential::TokenCredential;
use crate::verbs::session;

/// Maximum size of a credential that is parsed, in bytes. A secret is far shorter.
const MAX_CREDENTIAL: usize = 512;
/// The scheme of a credential in `Authorization`. One or more spaces follow it (RFC 6750, section 2.1).
const SCHEME: &str = "Bearer";
/// The header in which a proxy passes on the URI of the original request.
const FORWARDED_URI: &str = "x-forwarded-uri";

/// A credential, or why it could not be parsed.
type Credential = Result<SecretFingerprint, SecretParseError>;

const MALFORMED: Credential = Err(SecretParseError::Malformed);

/// Returns the credential that `request` presents. More than one credential over all places, however spelled, is
/// not accepted.
pub(super) fn extract<B>(request: &Request<B>, accept: &CredentialSources) -> Option<Credential> {
    let headers = request.headers();
    let (mut found, mut several) = (None, false);
    let mut add = |credential: Credential| {
        several |= found.is_some();
        found = Some(credential);
    };
    for value in headers.get_all(AUTHORIZATION) {
        add(parse_bearer(value));
    }
    for source in accept.sources() {
        match source {
            CredentialSource::Header(name) => {
                for (found, value) in headers.iter().filter(|(found, _)| is_like_header(found.as_str(), name)) {
                    let text = value.to_str().ok().filter(|_| found.as_str() == name);
                    add(text.map_or(MALFORMED, parse_secret));
                }
            }
            CredentialSource::Query(name) => {
                if headers.get_all(FORWARDED_URI).iter().nth(1).is_some() {
                    // With several URIs it is unknown which one is the proxy's.
                    add(MALFORMED);
                }
                for query in query_strings(request) {
                    query_values(query, name, |value| add(value.map_or(MALFORMED, parse_secret)));
                }
            }
        }
    }
    found.map(|credential| if several { MALFORMED } else { credential })
}

/// Returns the credential of a management request, which is accepted in `Authorization` only.
pub(super) fn from_authorization(headers: &HeaderMap) -> Option<Credential> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    Some(if values.next().is_some() { MALFORMED } else { parse_bearer(value) })
}

fn parse_bearer(value: &HeaderValue) -> Credential {
    bearer_text(value).map_or(MALFORMED, parse_secret)
}

/// Returns the credential of a `Bearer` header.
fn bearer_text(value: &HeaderValue) -> Option<&str> {
    let (scheme, rest) = value.to_str().ok()?.split_at_checked(SCHEME.len())?;
    (scheme.eq_ignore_ascii_case(SCHEME) && rest.starts_with(' ')).then(|| rest.trim_start_matches(' '))
}

/// Returns the token that acts for the caller of the management API. `None` if the call has no credential.
pub(super) fn acting_token(headers: &HeaderMap) -> Option<error::Result<TokenCredential>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    let text = bearer_text(value).filter(|text| text.len() <= MAX_CREDENTIAL && values.next().is_none());
    let secret = text.and_then(|text| Secret::parse(text).ok());
    Some(match secret {
        Some(secret) => Ok(TokenCredential::of_any(Arc::new(secret))),
        None => Err(session::token_rejected()),
    })
}

pub(super) fn parse_secret(text: &str) -> Credential {
    if text.len() > MAX_CREDENTIAL { MALFORMED } else { SecretFingerprint::parse(text) }
}

/// Returns the queries of a request. If a proxy passes on the original URI, its query counts and the request's own
/// query does not.
fn query_strings<B>(request: &Request<B>) -> impl Iterator<Item = &[u8]> {
    let forwarded = request.headers().get_all(FORWARDED_URI);
    let own = request.uri().query().filter(|_| !request.headers().contains_key(FORWARDED_URI));
    let after = |uri: &'_ HeaderValue| uri.as_bytes().iter().position(|byte| *byte == b'?');
    let forwarded = forwarded.iter().filter_map(move |uri| uri.as_bytes().get(after(uri)? + 1..));
    forwarded.chain(own.map(str::as_bytes))
}

/// Returns the decoded value of `name` in form-encoded text. `None` if the name is missing or occurs more than
/// once.
pub(super) fn form_value(form: &str, name: &str) -> Option<Zeroizing<String>> {
    let mut values = form.split('&').filter_map(|field| field.split_once('=')).filter(|(key, _)| *key == name);
    let (_, value) = values.next()?;
    if values.next().is_some() {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}
