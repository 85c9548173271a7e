//! Introspection of tokens (RFC 7662): the state and rights of a presented token, for callers that may ask.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde_json::json;

use super::decision_queue::VerifyRequest;
use super::prerendered::{RenderedIdentity, RenderedMethods};
use super::response::{self, Denial, HttpResponse};
use super::usage_recorder::Origin;
use super::{ServerState, credential, form};
use crate::api::service_endpoint::ActiveToken;
use crate::domain::method::MethodId;
use crate::domain::time::SECOND;
use crate::service::identity_header::IdentityField;
use crate::verbs::verify::{DecisionKind, DenialReason};

/// The method that a caller must be permitted to call to introspect tokens.
const INTROSPECT: &str = "jeton.introspect";

/// Describes a token. Only the caller's token counts as used; the described one does not.
pub(super) async fn introspect(service: &ServerState, request: Request<Incoming>) -> HttpResponse {
    let Some(secret) = credential::from_authorization(request.headers()) else {
        return response::denied(Denial::NoCredential);
    };
    let Ok(method) = MethodId::parse(INTROSPECT) else { return response::unavailable() };
    let origin = Some(Arc::new(Origin { address: None, client: "introspect".to_owned() }));
    let verify_request = VerifyRequest { secret, method: Some(method), methods: false, origin };
    match service.queue.decide(verify_request).await.map(|decided| decided.kind) {
        Ok(DecisionKind::Allowed) => {}
        Ok(DecisionKind::Denied(DenialReason::NotPermitted)) => return response::denied(Denial::NotPermitted),
        Ok(DecisionKind::Denied(_)) => return response::denied(Denial::InvalidToken),
        Ok(DecisionKind::UnknownMethod) | Err(_) => return response::unavailable(),
    }
    let token = match form::read_token(request).await {
        Ok(token) => token,
        Err(description) => return form::bad_request(description),
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
                response::json(StatusCode::OK, &json!({ "active": false }))
            }
        },
    }
}

fn active_json<'a>(identity: &'a RenderedIdentity, methods: &RenderedMethods) -> ActiveToken<'a> {
    ActiveToken {
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
