//! Errors in HTTP answers: problem details (RFC 9457). The members `kind`, `what`, `why` and `next` are those of
//! [`Error`], so a client gets the error that the server had.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error as an answer.
#[derive(Serialize, JsonSchema)]
pub struct Problem<'a> {
    /// Identifies the kind of error, one to one.
    #[serde(rename = "type")]
    problem_type: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    error: &'a Error,
}

impl<'a> Problem<'a> {
    /// Describes `error` in an answer with `status`.
    pub fn with_status(error: &'a Error, status: u16) -> Self {
        Problem {
            problem_type: format!("urn:jeton:error:{}", error.kind.as_str()),
            title: title(error.kind),
            status,
            detail: error.to_string(),
            error,
        }
    }
}

const fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Failure => "The server failed",
        Kind::Usage => "The request can't be accepted",
        Kind::NotFound => "Not found",
        Kind::Unauthenticated => "Not authenticated",
        Kind::Denied => "Not permitted",
        Kind::Conflict => "Conflict",
        Kind::Findings => "Something needs attention",
        Kind::Cancelled => "Cancelled",
    }
}
