//! The management API: health, the service's position in the audit log, and introspection of tokens.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::credential::{self, Extracted};
use super::decision_queue::VerifyRequest;
use super::faults::Fault;
use super::prerendered::{RenderedIdentity, RenderedMethods};
use super::response::{self, Denial, HttpResponse};
use super::usage_recorder::Origin;
use super::{ServerState, metrics};
use crate::domain::method::MethodId;
use crate::domain::time::SECOND;
use crate::service::identity_header::IdentityField;
use crate::verbs::verify::{DecisionKind, DenialReason};

/// Maximum size of a form, in bytes.
const MAX_FORM: usize = 4096;
/// The method that a caller must be permitted to call to introspect tokens.
const INTROSPECT: &str = "jeton.introspect";

#[derive(Serialize)]
struct HealthJson {
    status: &'static str,
    /// Reason why tokens can't be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Every current fault, including those with which tokens can still be verified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<&'static str>,
}

/// Reports if tokens can be verified.
pub(super) async fn health(service: &ServerState) -> HttpResponse {
    service.check_faults();
    let read = service.queue.audit_seq().await;
    let ongoing = service.faults.ongoing();
    let reason = match read {
        Ok(_) => ongoing.iter().find(|fault| fault.stops_verification()).map(|fault| fault.as_str()),
        Err(_) if service.metrics.is_older_store.load(Relaxed) => Some("older-store"),
        Err(_) => Some("store"),
    };
    let faults = ongoing.into_iter().map(Fault::as_str).collect();
    let (code, status) = match reason {
        None => (StatusCode::OK, "ok"),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    response::json(code, &HealthJson { status, reason, faults })
}

#[derive(Serialize)]
struct AuditPositionJson {
    schema: u32,
    audit_seq: i64,
}

/// Reports how far the service has read the audit log. A caller that knows a change's number can see if the change is
/// in effect.
pub(super) async fn audit_position(service: &ServerState) -> HttpResponse {
    match service.queue.audit_seq().await {
        Ok(audit_seq) => {
            // A confirmed change must not be undone by an older copy of the store, not even after a crash.
            let seen = Arc::clone(&service.audit_position);
            service.supervisor.blocking(move || seen.write()).await;
            response::json(StatusCode::OK, &AuditPositionJson { schema: 1, audit_seq })
        }
        Err(_) => response::unavailable(),
    }
}

pub(super) fn metrics(service: &ServerState) -> HttpResponse {
    let mut response = response::json_body(StatusCode::OK, Bytes::from(metrics::render(service)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}

/// The answer of RFC 7662, section 2.2, extended by the account's role and the token's name.
#[derive(Serialize)]
struct ActiveJson<'a> {
    active: bool,
    token_type: &'static str,
    scope: String,
    username: &'a str,
    sub: String,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    jti: &'a str,
    role: &'a str,
    token: &'a str,
}

#[derive(Serialize)]
struct InactiveJson {
    active: bool,
}

#[derive(Serialize)]
struct BadRequestJson {
    error: &'static str,
    error_description: &'static str,
}

fn bad_request(error_description: &'static str) -> HttpResponse {
    response::json(StatusCode::BAD_REQUEST, &BadRequestJson { error: "invalid_request", error_description })
}

/// Describes a token. Only the caller's token counts as used; the described one does not.
pub(super) async fn introspect(service: &ServerState, request: Request<Incoming>) -> HttpResponse {
    let parsed = match credential::from_authorization(request.headers()) {
        Extracted::Missing => return response::denied(Denial::NoCredential),
        Extracted::Credential(parsed) => parsed,
    };
    let Ok(method) = MethodId::parse(INTROSPECT) else { return response::unavailable() };
    let origin = Some(Arc::new(Origin { address: None, client: "introspect".to_owned() }));
    match service
        .queue
        .decide(VerifyRequest { secret: parsed, method: Some(method), methods: false, origin })
        .await
        .map(|decided| decided.kind)
    {
        Ok(DecisionKind::Allowed) => {}
        Ok(DecisionKind::Denied(DenialReason::NotPermitted)) => return response::denied(Denial::NotPermitted),
        Ok(DecisionKind::Denied(_)) => return response::denied(Denial::InvalidToken),
        Ok(DecisionKind::UnknownMethod) | Err(_) => return response::unavailable(),
    }
    let is_form = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    });
    if !is_form {
        return bad_request("the body must be a form: Content-Type: application/x-www-form-urlencoded");
    }
    let Ok(body) = Limited::new(request.into_body(), MAX_FORM).collect().await else {
        return bad_request("the form can have at most 4096 bytes");
    };
    let Ok(form) = String::from_utf8(body.to_bytes().to_vec()).map(Zeroizing::new) else {
        return bad_request("the form is not UTF-8");
    };
    let Some(token) = credential::form_value(&form, "token") else {
        return bad_request("the form must have one field named token");
    };
    let verify_request =
        VerifyRequest { secret: credential::parse_secret(&token), method: None, methods: true, origin: None };
    match service.queue.decide(verify_request).await {
        Err(_) => response::unavailable(),
        Ok(decided) => match (decided.kind, &decided.secret, &decided.methods) {
            (DecisionKind::Allowed, Some(known), Some(methods)) => {
                response::json(StatusCode::OK, &active_json(&known.identity, methods))
            }
            (DecisionKind::Allowed | DecisionKind::Denied(_) | DecisionKind::UnknownMethod, ..) => {
                response::json(StatusCode::OK, &InactiveJson { active: false })
            }
        },
    }
}

fn active_json<'a>(identity: &'a RenderedIdentity, methods: &RenderedMethods) -> ActiveJson<'a> {
    ActiveJson {
        active: true,
        token_type: "Bearer",
        scope: methods.scope(),
        username: identity.text(IdentityField::Account),
        sub: identity.owner.to_string(),
        iat: identity.created_at.0.div_euclid(SECOND),
        exp: identity.expiry.at().map(|at| at.0.div_euclid(SECOND)),
        jti: identity.text(IdentityField::Hint),
        role: identity.text(IdentityField::Role),
        token: identity.text(IdentityField::Token),
    }
}
