//! Endpoints that need nothing but a secret: its holder reads what it is and may do, and ends it (RFC 7009). Neither is a
//! use of the token.

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};

use super::api::{self, ApiPeer};
use super::decision_queue::VerifyRequest;
use super::response::{self, Denial, HttpResponse};
use super::usage_recorder::Origin;
use super::{ServerState, credential, form};
use crate::api::service_endpoint::WorkingSecret;
use crate::domain::audit::Face;
use crate::domain::secret::SecretText;
use crate::error::{Kind, Result};
use crate::service::identity_header::IdentityField;
use crate::store::OpenStore;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::LocalBackend;
use crate::verbs::request::call;
use crate::verbs::tokens::RevokeSecret;
use crate::verbs::verify::{DecisionKind, DenialReason};

/// The caller of an endpoint.
pub(super) struct Holder {
    pub peer: Arc<ApiPeer>,
    /// The caller in the ledger.
    pub origin: Arc<Origin>,
}

impl Holder {
    /// Returns the caller at a management connection.
    pub fn at_management(peer: &Arc<ApiPeer>) -> Self {
        let origin = Origin { address: peer.address.parse().ok(), client: Face::Api.client().to_owned() };
        Holder { peer: Arc::clone(peer), origin: Arc::new(origin) }
    }
}

/// Describes the secret in `Authorization`.
pub(super) async fn describe(service: &Arc<ServerState>, holder: &Holder, headers: &HeaderMap) -> HttpResponse {
    let Some(secret) = credential::from_authorization(headers) else {
        return response::denied(Denial::NoCredential);
    };
    let ask = |origin| {
        let question = VerifyRequest { secret: secret.clone(), method: None, methods: true, origin };
        service.queue.decide(question)
    };
    let Ok(decided) = ask(None).await else { return response::unavailable() };
    match (decided.kind, &decided.secret, &decided.methods, &secret) {
        (DecisionKind::Allowed, Some(known), Some(methods), _) => {
            let (identity, methods) = (&known.identity, methods.scope());
            let answer = WorkingSecret {
                schema: 1,
                kind: "token",
                account: identity.text(IdentityField::Account),
                role: identity.text(IdentityField::Role),
                name: identity.text(IdentityField::Token),
                status: "active",
                expires_at: identity.expiry.at(),
                methods: Some(methods.split_ascii_whitespace().collect()),
            };
            return response::json(StatusCode::OK, &answer);
        }
        (DecisionKind::Denied(DenialReason::Unknown), _, _, Ok(claim)) => {
            let claim = claim.clone();
            match run(service, holder, move |backend| backend.login(&claim)).await {
                Err(_) => return response::unavailable(),
                Ok(Some((login, account))) => {
                    let answer = WorkingSecret {
                        schema: 1,
                        kind: "login",
                        account: account.username.as_str(),
                        role: account.role.as_str(),
                        name: login.name.as_str(),
                        status: "active",
                        expires_at: Some(login.expires_at),
                        methods: None,
                    };
                    return response::json(StatusCode::OK, &answer);
                }
                Ok(None) => {}
            }
        }
        _ => {}
    }
    // The same question again, recorded.
    let _ = ask(Some(Arc::clone(&holder.origin))).await;
    response::denied(Denial::InvalidToken)
}

/// Ends the token in a form. A token that doesn't work is no error, because the caller wanted just that (RFC 7009,
/// section 2.2).
pub(super) async fn revoke(service: &Arc<ServerState>, holder: &Holder, request: Request<Incoming>) -> HttpResponse {
    let token = match form::read_token(request).await {
        Ok(token) => token,
        Err(description) => return form::bad_request(description),
    };
    let verb = RevokeSecret::new(SecretText::new(token));
    match run(service, holder, move |backend| call(backend, &Credential::Store, verb)).await {
        Err(error) if error.kind != Kind::NotFound => api::problem(&error),
        Ok(_) | Err(_) => response::json_body(StatusCode::OK, Bytes::from_static(b"{}")),
    }
}

/// Runs `work` on a thread for blocking work, among the calls of the management API.
async fn run<T: Send + 'static>(
    service: &Arc<ServerState>,
    holder: &Holder,
    work: impl FnOnce(&LocalBackend<OpenStore>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let _place = service.api.enter().await?;
    api::run(service, &holder.peer, work).await
}
