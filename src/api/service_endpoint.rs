//! The endpoints of the management listener that run no verb, and their replies.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::time::Timestamp;
use crate::domain::word_enum::word_enum;

/// The endpoint of a verb that also accepts the form of RFC 7009, for `POST`.
pub const REVOKE_PATH: &str = "/v1/revoke";

word_enum! {
    /// An endpoint of the service itself, with its path.
    pub enum ServiceEndpoint {
        /// Reports whether the service can verify tokens.
        Health = "/v1/health",
        /// Reports how far the service has read the audit log. A change is in effect once its row was read.
        AuditPosition = "/v1/head",
        /// Returns the metrics of the service, for Prometheus.
        Metrics = "/metrics",
        /// Describes a token: its state, its account and the methods that it may call (RFC 7662).
        Introspect = "/v1/introspect",
        /// Describes the secret in `Authorization`: whose it is and what it may do. The call does not count as a use.
        Myself = "/v1/self",
        /// Returns this document.
        OpenApi = "/v1/openapi.json",
        /// Exchanges a password for a proof, which replaces the password in one call.
        Confirm = "/v1/confirm",
    }
}

impl ServiceEndpoint {
    /// Returns the HTTP method. `HEAD` works where `GET` does.
    pub const fn http_method(self) -> &'static str {
        match self {
            ServiceEndpoint::Introspect | ServiceEndpoint::Confirm => "POST",
            ServiceEndpoint::Health
            | ServiceEndpoint::AuditPosition
            | ServiceEndpoint::Metrics
            | ServiceEndpoint::Myself
            | ServiceEndpoint::OpenApi => "GET",
        }
    }
}

/// The state of the service.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// `ok`, or `unavailable` if tokens can't be verified.
    pub status: &'static str,
    /// Reason why tokens can't be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Every current fault, including those with which tokens can still be verified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<&'static str>,
}

/// The service's position in the audit log.
#[derive(Serialize, JsonSchema)]
pub struct AuditPosition {
    /// The version of this form.
    pub schema: u32,
    /// The number of the last row that the service has read.
    pub audit_seq: i64,
}

/// The answer of RFC 7662, section 2.2, extended by the role and the token's name.
#[derive(Serialize, JsonSchema)]
pub struct ActiveToken<'a> {
    pub active: bool,
    pub token_type: &'static str,
    /// The methods that the token can call, separated by spaces.
    pub scope: String,
    /// The account of the token.
    pub username: &'a str,
    /// The id of the account.
    pub sub: String,
    /// The time of the token's creation, in seconds since 1970.
    pub iat: i64,
    /// The expiry, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// The hint of the secret: its first characters.
    pub jti: &'a str,
    /// The account's role, but never above the role under which the secret was issued.
    pub role: &'a str,
    /// The name of the token.
    pub token: &'a str,
}

/// A working secret, for its holder.
#[derive(Serialize, JsonSchema)]
pub struct WorkingSecret<'a> {
    /// The version of this form.
    pub schema: u32,
    /// `token` or `login`.
    pub kind: &'static str,
    /// The account of the secret.
    pub account: &'a str,
    /// The account's role, but never above the role under which the secret was issued.
    pub role: &'a str,
    /// The name of the token or login.
    pub name: &'a str,
    /// `active`.
    pub status: &'static str,
    /// Time from which the secret is refused; `null` if never.
    pub expires_at: Option<Timestamp>,
    /// The methods that the token can call. `null` for a login, which reads all that its account can read.
    pub methods: Option<Vec<&'a str>>,
}
