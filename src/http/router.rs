//! Routes requests of the two listeners by path and HTTP method.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{HeaderValue, SERVER};
use hyper::{Method, Request};

use super::api::ApiPeer;
use super::possession::{self, Holder, REVOKE, SELF};
use super::response::{self, HttpResponse};
use super::verify::Peer;
use super::{ServerState, api, form, introspection, management, verify};
use crate::service::PROGRAM;

const HEALTH: &str = "/v1/health";
const AUDIT_POSITION: &str = "/v1/head";
const METRICS: &str = "/metrics";
const INTROSPECT: &str = "/v1/introspect";

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
        (REVOKE, &Method::POST) => {
            let holder = peer.holder(service, request.headers());
            Box::pin(possession::revoke(service, &holder, request)).await
        }
        (HEALTH | SELF, _) => response::method_not_allowed("GET, HEAD"),
        (REVOKE, _) => response::method_not_allowed("POST"),
        _ => response::not_found(),
    }
}

pub(super) async fn management(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> HttpResponse {
    let mut response = match (request.uri().path(), request.method()) {
        (HEALTH, &Method::GET | &Method::HEAD) => management::health(service).await,
        (AUDIT_POSITION, &Method::GET | &Method::HEAD) => management::audit_position(service).await,
        (METRICS, &Method::GET | &Method::HEAD) => management::metrics(service),
        (INTROSPECT, &Method::POST) => introspection::introspect(service, request).await,
        (SELF, &Method::GET | &Method::HEAD) => {
            possession::describe(service, &Holder::at_management(peer), request.headers()).await
        }
        // Jeton's own programs send JSON, and get the answer of the verb.
        (REVOKE, &Method::POST) if form::is_form(request.headers()) => {
            possession::revoke(service, &Holder::at_management(peer), request).await
        }
        (HEALTH | AUDIT_POSITION | METRICS | SELF, _) => response::method_not_allowed("GET, HEAD"),
        (INTROSPECT, _) => response::method_not_allowed("POST"),
        _ => api::handle(service, peer, request).await,
    };
    response.headers_mut().insert(SERVER, HeaderValue::from_static(PROGRAM));
    response
}
