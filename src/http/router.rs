//! Routes requests of the two listeners by path and HTTP method.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{HeaderValue, SERVER};
use hyper::{Method, Request};

use super::api::ApiPeer;
use super::possession::{self, Holder};
use super::response::{self, HttpResponse};
use super::verify::Peer;
use super::{ServerState, api, form, introspection, management, verify};
use crate::api::service_endpoint::{REVOKE_PATH, ServiceEndpoint};
use crate::service::PROGRAM;

const HEALTH: &str = ServiceEndpoint::Health.as_str();
const SELF: &str = ServiceEndpoint::Myself.as_str();

/// Answers proxies: a decision for every HTTP method that proxies pass on, and the health of the service. Also answers the
/// holder of a secret, who may reach no other listener.
pub(super) async fn verify(service: &Arc<ServerState>, peer: &Peer, request: Request<Incoming>) -> HttpResponse {
    match (request.uri().path(), request.method()) {
        (path, _) if verify::matches(path) => verify::handle(service, peer, request).await,
        (HEALTH, &Method::GET | &Method::HEAD) => management::health(service).await,
        // Boxed, so that connections of proxies have no room for it.
        (SELF, &Method::GET | &Method::HEAD) => {
            let holder = peer.holder(service, request.headers());
            Box::pin(possession::describe(service, &holder, request.headers())).await
        }
        (REVOKE_PATH, &Method::POST) => {
            let holder = peer.holder(service, request.headers());
            Box::pin(possession::revoke(service, &holder, request)).await
        }
        (HEALTH | SELF, _) => response::method_not_allowed("GET, HEAD"),
        (REVOKE_PATH, _) => response::method_not_allowed("POST"),
        _ => response::not_found(),
    }
}

pub(super) async fn management(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> HttpResponse {
    let mut response = match ServiceEndpoint::from_word(request.uri().path()) {
        Some(endpoint) => at_endpoint(endpoint, service, peer, request).await,
        // Jeton's own programs send JSON, and get the answer of the verb.
        None if is_revocation_form(&request) => {
            possession::revoke(service, &Holder::at_management(peer), request).await
        }
        None => api::handle(service, peer, request).await,
    };
    response.headers_mut().insert(SERVER, HeaderValue::from_static(PROGRAM));
    response
}

fn is_revocation_form(request: &Request<Incoming>) -> bool {
    (request.method(), request.uri().path()) == (&Method::POST, REVOKE_PATH) && form::is_form(request.headers())
}

async fn at_endpoint(
    endpoint: ServiceEndpoint,
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> HttpResponse {
    match (endpoint.http_method(), request.method()) {
        ("GET", &Method::GET | &Method::HEAD) | ("POST", &Method::POST) => {}
        ("GET", _) => return response::method_not_allowed("GET, HEAD"),
        (only, _) => return response::method_not_allowed(only),
    }
    match endpoint {
        ServiceEndpoint::Health => management::health(service).await,
        ServiceEndpoint::AuditPosition => management::audit_position(service).await,
        ServiceEndpoint::Metrics => management::metrics(service, peer, request.headers()).await,
        ServiceEndpoint::Introspect => introspection::introspect(service, request).await,
        ServiceEndpoint::Myself => possession::describe(service, &Holder::at_management(peer), request.headers()).await,
        ServiceEndpoint::OpenApi => management::openapi(),
        ServiceEndpoint::Confirm => api::confirm(service, peer, request).await,
    }
}
