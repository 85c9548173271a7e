//! HTTP answers.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::decision_cache::CachedSecret;
use super::prerendered::RenderedMethod;
use crate::service::identity_header::IdentityField;

/// A body in at most two pieces, so that long lists of methods are shared between answers instead of copied.
pub(super) struct ResponseBody {
    first: Bytes,
    rest: Bytes,
}

impl From<Bytes> for ResponseBody {
    fn from(whole: Bytes) -> Self {
        ResponseBody { first: whole, rest: Bytes::new() }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let rest = std::mem::take(&mut self.rest);
        let piece = std::mem::replace(&mut self.first, rest);
        Poll::Ready(Some(piece).filter(|piece| !piece.is_empty()).map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.first.len() + self.rest.len()) as u64)
    }
}

pub(super) type HttpResponse = Response<ResponseBody>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Builds a JSON answer that must not be cached.
pub(super) fn json_body(status: StatusCode, body: impl Into<ResponseBody>) -> HttpResponse {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// Serialises `body` for [`json`].
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(text) => json_body(status, Bytes::from(text)),
        Err(_) => unavailable(),
    }
}

/// Reason for refusing a caller. The answers are the same for every caller, so they reveal nothing about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    NoCredential,
    /// The credential is not accepted, for whatever reason.
    InvalidToken,
    /// The token is live but may not call the method.
    NotPermitted,
}

pub(super) fn denied(refusal: Denial) -> HttpResponse {
    let (status, body, challenge) = match refusal {
        Denial::NoCredential => (StatusCode::UNAUTHORIZED, "{\"result\":1}", "Bearer realm=\"jeton\""),
        Denial::InvalidToken => {
            (StatusCode::UNAUTHORIZED, "{\"result\":2}", "Bearer realm=\"jeton\", error=\"invalid_token\"")
        }
        Denial::NotPermitted => {
            (StatusCode::FORBIDDEN, "{\"result\":3}", "Bearer realm=\"jeton\", error=\"insufficient_scope\"")
        }
    };
    let mut response = json_body(status, Bytes::from_static(body.as_bytes()));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// Builds the answer for a request that can't be decided now.
pub(super) fn unavailable() -> HttpResponse {
    let mut response = cannot_decide();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Builds the answer for a request that can't be decided now or later: no catalogue has the method.
pub(super) fn cannot_decide() -> HttpResponse {
    json_body(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(b"{\"result\":4}"))
}

/// Builds the answer for malformed HTTP. The connection is read no further, because the start of the next request
/// is uncertain.
pub(super) fn bad_request() -> HttpResponse {
    let mut response = json_body(StatusCode::BAD_REQUEST, Bytes::from_static(b"{\"error\":\"bad_request\"}"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Builds the answer for an unknown path.
pub(super) fn not_found() -> HttpResponse {
    json_body(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"error\":\"not_found\"}"))
}

/// Builds the answer for a known path with the wrong HTTP method.
pub(super) fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let mut response =
        json_body(StatusCode::METHOD_NOT_ALLOWED, Bytes::from_static(b"{\"error\":\"method_not_allowed\"}"));
    response.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The headers of every 200, and the part of the identity that each of them carries, in the same order. Copying them
/// is cheaper than building them (gain: 3 %).
static TEMPLATE: LazyLock<(HeaderMap, Vec<Option<IdentityField>>)> = LazyLock::new(|| {
    let mut headers = json_body(StatusCode::OK, Bytes::new()).into_parts().0.headers;
    for field in IdentityField::ALL {
        headers.insert(field.header(), HeaderValue::from_static(""));
    }
    let field_of = |name: &HeaderName| {
        IdentityField::ALL.into_iter().find(|field| field.header().eq_ignore_ascii_case(name.as_str()))
    };
    let fields = headers.keys().map(field_of).collect();
    (headers, fields)
});

/// Builds the answer for a permitted caller, described in the headers and again in the body.
///
/// Every header is always present, so a proxy that copies the headers overwrites values that a client made up.
pub(super) fn permitted(known: &CachedSecret, method: Option<&RenderedMethod>, methods: Option<Bytes>) -> HttpResponse {
    let mut first = [RenderedMethod::json(method).as_ref(), known.identity.json()].concat();
    if methods.is_some() {
        // The list of methods ends with the closing brace.
        first.pop();
    }
    let body = ResponseBody { first: first.into(), rest: methods.unwrap_or_default() };
    let (headers, fields) = &*TEMPLATE;
    let mut response = Response::new(body);
    *response.headers_mut() = headers.clone();
    for (header, field) in response.headers_mut().values_mut().zip(fields) {
        match field {
            None => {}
            Some(IdentityField::Method) => *header = RenderedMethod::value(method),
            Some(field) => *header = known.identity.value(*field),
        }
    }
    response
}
