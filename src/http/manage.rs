//! The management API: the health of the service, how far it has read the store, and the description of a token for
//! callers that may ask.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::answer::{self, Answer, Refusal};
use super::credential::{self, Presented};
use super::faults::Fault;
use super::ledger::Origin;
use super::told::{Identity, Methods};
use super::verify_batch::VerifyRequest;
use super::{Service, metrics};
use crate::domain::identity_header::IdentityField;
use crate::domain::method::MethodId;
use crate::domain::time::SECOND;
use crate::verbs::verify::{DecisionKind, DenialReason};

/// Maximum size of a form, in bytes.
const FORM_MOST: usize = 4096;
/// The method that a caller must be permitted to call to ask about tokens.
const INTROSPECT: &str = "jeton.introspect";

#[derive(Serialize)]
struct HealthJson {
    status: &'static str,
    /// Reason why tokens can't be decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Every current fault, including those with which tokens can still be decided about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<&'static str>,
}

/// Reports if tokens can be decided about.
pub(super) async fn health(service: &Service) -> Answer {
    service.check_faults();
    let read = service.desk.audit_seq().await;
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
    answer::data(code, &HealthJson { status, reason, faults })
}

#[derive(Serialize)]
struct HeadJson {
    schema: u32,
    audit_seq: i64,
}

/// Reports how far the service has read the store. Anybody who knows the number of a change in the audit log can
/// see if the change is in effect.
pub(super) async fn head(service: &Service) -> Answer {
    match service.desk.audit_seq().await {
        Ok(audit_seq) => {
            // A confirmed change must not be undone by an older copy of the store, not even after a crash.
            let seen = Arc::clone(&service.seen);
            service.supervisor.blocking(move || seen.write()).await;
            answer::data(StatusCode::OK, &HeadJson { schema: 1, audit_seq })
        }
        Err(_) => answer::unavailable(),
    }
}

pub(super) fn metrics(service: &Service) -> Answer {
    let mut answer = answer::json(StatusCode::OK, Bytes::from(metrics::text(service)));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    answer
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
struct WrongJson {
    error: &'static str,
    error_description: &'static str,
}

fn wrong(error_description: &'static str) -> Answer {
    answer::data(StatusCode::BAD_REQUEST, &WrongJson { error: "invalid_request", error_description })
}

/// Describes a token. Only the caller's token counts as used; the described one does not.
pub(super) async fn introspect(service: &Service, request: Request<Incoming>) -> Answer {
    let presented = match credential::of_bearer(request.headers()) {
        Presented::Nothing => return answer::refused(Refusal::Nobody),
        Presented::Credential(presented) => presented,
    };
    let Ok(method) = MethodId::parse(INTROSPECT) else { return answer::unavailable() };
    let origin = Some(Arc::new(Origin { address: None, client: "introspect".to_owned() }));
    match service
        .desk
        .decide(VerifyRequest { secret: presented, method: Some(method), methods: false, origin })
        .await
        .map(|decided| decided.kind)
    {
        Ok(DecisionKind::Allowed) => {}
        Ok(DecisionKind::Denied(DenialReason::NotPermitted)) => return answer::refused(Refusal::NotPermitted),
        Ok(DecisionKind::Denied(_)) => return answer::refused(Refusal::Invalid),
        Ok(DecisionKind::UnknownMethod) | Err(_) => return answer::unavailable(),
    }
    let is_form = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    });
    if !is_form {
        return wrong("the body is a form: Content-Type: application/x-www-form-urlencoded");
    }
    let Ok(body) = Limited::new(request.into_body(), FORM_MOST).collect().await else {
        return wrong("the form has 4096 bytes at most");
    };
    let Ok(form) = String::from_utf8(body.to_bytes().to_vec()).map(Zeroizing::new) else {
        return wrong("the form is not UTF-8");
    };
    let Some(token) = credential::form_value(&form, "token") else {
        return wrong("the form has one field named token");
    };
    let asked = VerifyRequest { secret: credential::claim(&token), method: None, methods: true, origin: None };
    match service.desk.decide(asked).await {
        Err(_) => answer::unavailable(),
        Ok(decided) => match (decided.kind, &decided.secret, &decided.methods) {
            (DecisionKind::Allowed, Some(known), Some(methods)) => {
                answer::data(StatusCode::OK, &active(&known.identity, methods))
            }
            (DecisionKind::Allowed | DecisionKind::Denied(_) | DecisionKind::UnknownMethod, ..) => {
                answer::data(StatusCode::OK, &InactiveJson { active: false })
            }
        },
    }
}

fn active<'a>(identity: &'a Identity, methods: &Methods) -> ActiveJson<'a> {
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
