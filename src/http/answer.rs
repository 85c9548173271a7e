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

use super::told::{Known, Method};
use crate::domain::identity_header::IdentityField;

pub(super) enum Content {
    /// A single piece.
    Whole(Bytes),
    /// The description of a token, in pieces that are kept once and sent many times.
    Told(Told),
}

/// The unsent pieces of a token's description: the method, the token itself, and its methods if they were asked
/// for.
pub(super) struct Told {
    known: Arc<Known>,
    method: Option<Arc<Method>>,
    methods: Option<Bytes>,
    next: u8,
}

impl Told {
    fn pieces(&self) -> u8 {
        if self.methods.is_some() { 3 } else { 2 }
    }

    fn piece(&self, index: u8) -> Bytes {
        match (index, &self.methods) {
            (0, _) => Method::json(self.method.as_deref()).clone(),
            (1, None) => self.known.identity.json().clone(),
            (1, Some(_)) => self.known.identity.open_json(),
            (_, methods) => methods.clone().unwrap_or_default(),
        }
    }

    /// Number of bytes in the remaining pieces.
    fn len(&self) -> usize {
        let Told { known, method, methods, next } = self;
        let (method, holder) = (Method::json(method.as_deref()).len(), known.identity.json().len());
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

impl From<Bytes> for Content {
    fn from(whole: Bytes) -> Self {
        Content::Whole(whole)
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            Content::Whole(whole) => Some(std::mem::take(whole)).filter(|whole| !whole.is_empty()),
            Content::Told(told) => (told.next < told.pieces()).then(|| {
                told.next += 1;
                told.piece(told.next - 1)
            }),
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Content::Whole(whole) => whole.is_empty(),
            Content::Told(told) => told.next == told.pieces(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Content::Whole(whole) => whole.len() as u64,
            Content::Told(told) => told.len() as u64,
        })
    }
}

pub(super) type Answer = Response<Content>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Builds a JSON answer that must not be cached.
pub(super) fn json(status: StatusCode, body: impl Into<Content>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// Serialises `body` for [`json`].
pub(super) fn data(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(text) => json(status, Bytes::from(text)),
        Err(_) => unavailable(),
    }
}

/// Reason for refusing a caller. The answers are the same for everybody, so they reveal nothing about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No credential was presented.
    Nobody,
    /// The credential is not accepted, for whatever reason.
    Invalid,
    /// The token is live but may not call the method.
    NotPermitted,
}

pub(super) fn refused(refusal: Refusal) -> Answer {
    let (status, body, challenge) = match refusal {
        Refusal::Nobody => (StatusCode::UNAUTHORIZED, "{\"result\":1}", "Bearer realm=\"jeton\""),
        Refusal::Invalid => {
            (StatusCode::UNAUTHORIZED, "{\"result\":2}", "Bearer realm=\"jeton\", error=\"invalid_token\"")
        }
        Refusal::NotPermitted => {
            (StatusCode::FORBIDDEN, "{\"result\":3}", "Bearer realm=\"jeton\", error=\"insufficient_scope\"")
        }
    };
    let mut answer = json(status, Bytes::from_static(body.as_bytes()));
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    answer
}

/// Builds the answer for a request that can't be decided now.
pub(super) fn unavailable() -> Answer {
    let mut answer = undecidable();
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// Builds the answer for a request that can't be decided now or later: no catalogue knows the method.
pub(super) fn undecidable() -> Answer {
    json(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(b"{\"result\":4}"))
}

/// Builds the answer for malformed HTTP. The connection is read no further, because the start of the next request
/// is uncertain.
pub(super) fn bad_request() -> Answer {
    let mut answer = json(StatusCode::BAD_REQUEST, Bytes::from_static(b"{\"error\":\"bad_request\"}"));
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Builds the answer for an unknown path.
pub(super) fn nowhere() -> Answer {
    json(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"error\":\"not_found\"}"))
}

/// Builds the answer for a known path with the wrong HTTP method.
pub(super) fn other_verb(allowed: &'static str) -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, Bytes::from_static(b"{\"error\":\"method_not_allowed\"}"));
    answer.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// The head of a 200: the headers of every answer, with room for the description of the caller.
struct Head {
    headers: HeaderMap,
    /// The field of each header, in the order of the headers.
    fields: Vec<Option<IdentityField>>,
}

static HEAD: LazyLock<Head> = LazyLock::new(|| {
    let mut headers = json(StatusCode::OK, Bytes::new()).into_parts().0.headers;
    let mut fields = HashMap::new();
    for field in IdentityField::ALL {
        if let Ok(name) = HeaderName::try_from(field.header()) {
            headers.insert(name.clone(), HeaderValue::from_static(""));
            fields.insert(name, field);
        }
    }
    let fields = headers.keys().map(|name| fields.get(name).copied()).collect();
    Head { headers, fields }
});

/// Builds the answer for a permitted caller, described in the headers and again in the body.
///
/// Every header is always present, so a proxy that copies the headers overwrites values that a client made up.
/// Copying a prepared head is far cheaper than building a new one.
pub(super) fn permitted(known: &Arc<Known>, method: Option<&Arc<Method>>, methods: Option<Bytes>) -> Answer {
    let mut headers = HEAD.headers.clone();
    for (header, field) in headers.values_mut().zip(&HEAD.fields) {
        match field {
            None => {}
            Some(IdentityField::Method) => *header = Method::value(method.map(|method| &**method)),
            Some(field) => *header = known.identity.value(*field),
        }
    }
    let told = Told { known: Arc::clone(known), method: method.cloned(), methods, next: 0 };
    let mut answer = Response::new(Content::Told(told));
    *answer.headers_mut() = headers;
    answer
}
