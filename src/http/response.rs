//! HTTP answers: a head, and a body of pieces that can be shared between answers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
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

pub(super) enum ResponseBody {
    /// A single piece.
    Whole(Bytes),
    /// The description of a token, in pieces that are shared by many answers.
    Identity(IdentityBody),
}

/// The unsent pieces of a token's description: the method, the token itself, and its methods if requested.
pub(super) struct IdentityBody {
    secret: Arc<CachedSecret>,
    method: Option<Arc<RenderedMethod>>,
    methods: Option<Bytes>,
    next_piece: u8,
}

impl IdentityBody {
    fn pieces(&self) -> u8 {
        if self.methods.is_some() { 3 } else { 2 }
    }

    fn piece(&self, index: u8) -> Bytes {
        match (index, &self.methods) {
            (0, _) => RenderedMethod::json(self.method.as_deref()).clone(),
            (1, None) => self.secret.identity.json().clone(),
            (1, Some(_)) => self.secret.identity.unclosed_json(),
            (_, methods) => methods.clone().unwrap_or_default(),
        }
    }

    /// Returns the number of bytes in the remaining pieces.
    fn len(&self) -> usize {
        let IdentityBody { secret: known, method, methods, next_piece: next } = self;
        let (method, holder) = (RenderedMethod::json(method.as_deref()).len(), known.identity.json().len());
        // The list of methods replaces the closing brace of the fields.
        let rest = methods.as_ref().map_or(0, |methods| methods.len().saturating_sub(1));
        match next {
            0 => method + holder + rest,
            1 => holder + rest,
            2 => methods.as_ref().map_or(0, Bytes::len),
            _ => 0,
        }
    }
}

impl From<Bytes> for ResponseBody {
    fn from(whole: Bytes) -> Self {
        ResponseBody::Whole(whole)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            ResponseBody::Whole(whole) => Some(std::mem::take(whole)).filter(|whole| !whole.is_empty()),
            ResponseBody::Identity(identity) => (identity.next_piece < identity.pieces()).then(|| {
                identity.next_piece += 1;
                identity.piece(identity.next_piece - 1)
            }),
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ResponseBody::Whole(whole) => whole.is_empty(),
            ResponseBody::Identity(identity) => identity.next_piece == identity.pieces(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            ResponseBody::Whole(whole) => whole.len() as u64,
            ResponseBody::Identity(identity) => identity.len() as u64,
        })
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
    /// No credential was presented.
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

/// The head of a 200: the headers of every answer, with room for the description of the caller.
struct HeaderTemplate {
    headers: HeaderMap,
    /// The field of each header, in the order of the headers.
    fields: Vec<Option<IdentityField>>,
}

static HEADER_TEMPLATE: LazyLock<HeaderTemplate> = LazyLock::new(|| {
    let mut headers = json_body(StatusCode::OK, Bytes::new()).into_parts().0.headers;
    let mut fields = HashMap::new();
    for field in IdentityField::ALL {
        if let Ok(name) = HeaderName::try_from(field.header()) {
            headers.insert(name.clone(), HeaderValue::from_static(""));
            fields.insert(name, field);
        }
    }
    let fields = headers.keys().map(|name| fields.get(name).copied()).collect();
    HeaderTemplate { headers, fields }
});

/// Builds the answer for a permitted caller, described in the headers and again in the body.
///
/// Every header is always present, so a proxy that copies the headers overwrites values that a client made up.
/// Copying a prepared head is far cheaper than building a new one.
pub(super) fn permitted(
    known: &Arc<CachedSecret>,
    method: Option<&Arc<RenderedMethod>>,
    methods: Option<Bytes>,
) -> HttpResponse {
    let mut headers = HEADER_TEMPLATE.headers.clone();
    for (header, field) in headers.values_mut().zip(&HEADER_TEMPLATE.fields) {
        match field {
            None => {}
            Some(IdentityField::Method) => *header = RenderedMethod::value(method.map(|method| &**method)),
            Some(field) => *header = known.identity.value(*field),
        }
    }
    let identity = IdentityBody { secret: Arc::clone(known), method: method.cloned(), methods, next_piece: 0 };
    let mut response = Response::new(ResponseBody::Identity(identity));
    *response.headers_mut() = headers;
    response
}
