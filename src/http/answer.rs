//! Answers: a head and up to three pieces of body that others may share.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::told::Field;

/// A body in pieces: what is told of a token is kept once and sent many times.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pieces: [Bytes; 3],
    next: usize,
}

impl Pieces {
    pub fn new(pieces: [Bytes; 3]) -> Self {
        Pieces { pieces, next: 0 }
    }

    fn left(&self) -> u64 {
        self.pieces.iter().skip(self.next).map(|piece| piece.len() as u64).sum()
    }
}

impl From<Bytes> for Pieces {
    fn from(whole: Bytes) -> Self {
        Pieces::new([whole, Bytes::new(), Bytes::new()])
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while self.next < self.pieces.len() {
            let next = self.next;
            self.next += 1;
            let piece = std::mem::take(&mut self.pieces[next]);
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

pub(super) type Answer = Response<Pieces>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A JSON answer that nobody may keep.
pub(super) fn json(status: StatusCode, body: impl Into<Pieces>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// [`json`] of what serialises.
pub(super) fn data(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(text) => json(status, Bytes::from(text)),
        Err(_) => unavailable(),
    }
}

/// Why a caller gets nothing: the answers are the same for everybody, so that they tell nothing of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No credential.
    Nobody,
    /// One that isn't accepted, for whatever reason.
    Invalid,
    /// A live token that may not call the method.
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

/// Nothing can be decided.
pub(super) fn unavailable() -> Answer {
    let mut answer = json(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(b"{\"result\":4}"));
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// There is nothing at that path.
pub(super) fn nowhere() -> Answer {
    json(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"error\":\"not_found\"}"))
}

/// There is something, but not for that verb.
pub(super) fn other_verb(allowed: &'static str) -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, Bytes::from_static(b"{\"error\":\"method_not_allowed\"}"));
    answer.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// The head of a 200: what each answer has, and room for what is told of who asks.
struct Head {
    headers: HeaderMap,
    /// What belongs where, as the headers stand.
    fields: Vec<Option<Field>>,
}

static HEAD: LazyLock<Head> = LazyLock::new(|| {
    let mut headers = json(StatusCode::OK, Bytes::new()).into_parts().0.headers;
    let mut fields = HashMap::new();
    for field in Field::ALL {
        let name = HeaderName::from_static(field.header());
        headers.insert(name.clone(), HeaderValue::from_static(""));
        fields.insert(name, field);
    }
    let fields = headers.keys().map(|name| fields.get(name).copied()).collect();
    Head { headers, fields }
});

/// A 200 with a header for each field. A copy of one head is far cheaper than a new one.
pub(super) fn permitted(body: Pieces, value: impl Fn(Field) -> HeaderValue) -> Answer {
    let mut answer = Response::new(body);
    let mut headers = HEAD.headers.clone();
    for (header, field) in headers.values_mut().zip(&HEAD.fields) {
        if let Some(field) = field {
            *header = value(*field);
        }
    }
    *answer.headers_mut() = headers;
    answer
}
