//! Routes requests of the two listeners by path and HTTP method.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request};

use super::api::ApiPeer;
use super::response::{self, HttpResponse};
use super::verify::Peer;
use super::{ServerState, api, introspection, management, verify};

const HEALTH: &str = "/v1/health";
const AUDIT_POSITION: &str = "/v1/head";
const METRICS: &str = "/metrics";
const INTROSPECT: &str = "/v1/introspect";

/// Answers proxies: a decision for every HTTP method that proxies pass on, and the health of the service.
pub(super) async fn verify(service: &ServerState, peer: &Peer, request: Request<Incoming>) -> HttpResponse {
    match (request.uri().path(), request.method()) {
        (path, _) if verify::matches(path) => verify::handle(service, peer, request).await,
        (HEALTH, &Method::GET | &Method::HEAD) => management::health(service).await,
        (HEALTH, _) => response::method_not_allowed("GET, HEAD"),
        _ => response::not_found(),
    }
}

pub(super) async fn management(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> HttpResponse {
    match (request.uri().path(), request.method()) {
        (HEALTH, &Method::GET | &Method::HEAD) => management::health(service).await,
        (AUDIT_POSITION, &Method::GET | &Method::HEAD) => management::audit_position(service).await,
        (METRICS, &Method::GET | &Method::HEAD) => management::metrics(service),
        (INTROSPECT, &Method::POST) => introspection::introspect(service, request).await,
        (HEALTH | AUDIT_POSITION | METRICS, _) => response::method_not_allowed("GET, HEAD"),
        (INTROSPECT, _) => response::method_not_allowed("POST"),
        _ => api::handle(service, peer, request).await,
    }
}
