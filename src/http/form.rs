//! Requests that present a token in a form: introspection and revocation. The errors of other bodies.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Request, StatusCode};
use serde_json::error::Category;
use serde_json::json;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::credential;
use super::response::{self, HttpResponse};
use crate::error::Error;

const MAX_FORM: usize = 4096;
/// Maximum time for a form to arrive.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    })
}

/// Returns the field `token` of a form.
///
/// # Errors
/// The reason for [`bad_request`].
pub(super) async fn read_token(request: Request<Incoming>) -> Result<Zeroizing<String>, &'static str> {
    if !is_form(request.headers()) {
        return Err("the body must be a form, with Content-Type: application/x-www-form-urlencoded");
    }
    let body = timeout(TIMEOUT, Limited::new(request.into_body(), MAX_FORM).collect()).await;
    let body = body.map_err(|_| "the form did not arrive within 5 s. Send the request again")?;
    let body = body.map_err(|e| match e.is::<LengthLimitError>() {
        true => "the form can have at most 4096 bytes",
        false => "the body is incomplete, or its chunked encoding is not valid. Send a complete form",
    })?;
    let form = Zeroizing::new(body.to_bytes().to_vec());
    let form = std::str::from_utf8(&form).map_err(|_| "the form is not UTF-8")?;
    credential::form_value(form, "token").ok_or("the form must have exactly one field named token")
}

/// Returns the error for a JSON body without the fields of the endpoint.
pub(super) fn unfit_body(error: &serde_json::Error) -> Error {
    let (what, next) = match error.classify() {
        Category::Syntax | Category::Eof => ("the body is not valid JSON", "Correct the JSON"),
        Category::Data | Category::Io => (
            "the fields of the body don't fit this endpoint",
            "Correct the fields. docs/api.md lists the fields of each endpoint",
        ),
    };
    Error::usage(what).why(error.to_string()).next(next)
}

/// Returns the error for a body that could not be read, of which `limit` bytes are permitted.
pub(super) fn unread_body(error: &(dyn std::error::Error + Send + Sync + 'static), limit: usize) -> Error {
    match error.is::<LengthLimitError>() {
        true => {
            // Only sign-in has a limit below 1 MiB.
            let (limit, next) = match limit >> 20 {
                0 => (format!("{} KiB", limit >> 10), "Send only the fields that docs/api.md lists for this endpoint"),
                mib => (
                    format!("{mib} MiB"),
                    "Make several smaller calls, or split a large catalogue into several catalogues",
                ),
            };
            Error::usage(format!("the body is larger than {limit}")).next(next)
        }
        false => Error::usage("the body can't be read")
            .why("the body is incomplete, or its chunked encoding is not valid")
            .next("Send the request again with a complete body"),
    }
}

/// Builds the answer of RFC 6749, section 5.2.
pub(super) fn bad_request(description: &'static str) -> HttpResponse {
    let body = json!({ "error": "invalid_request", "error_description": description });
    response::json(StatusCode::BAD_REQUEST, &body)
}
