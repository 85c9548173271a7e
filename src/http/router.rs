//! Routes requests of the two listeners by path and HTTP method.

use hyper::body::Incoming;
use hyper::{Method, Request};

use super::answer::{self, Answer};
use super::verify::Guest;
use super::{Service, manage, verify};

const HEALTH: &str = "/v1/health";
const HEAD: &str = "/v1/head";
const METRICS: &str = "/metrics";
const INTROSPECT: &str = "/v1/introspect";

/// Answers proxies: a decision for every HTTP method that they pass on, and the health of the service.
pub(super) async fn verify(service: &Service, guest: &Guest, request: Request<Incoming>) -> Answer {
    match (request.uri().path(), request.method()) {
        (path, _) if verify::is_at(path) => verify::answer(service, guest, request).await,
        (HEALTH, &Method::GET | &Method::HEAD) => manage::health(service).await,
        (HEALTH, _) => answer::other_verb("GET, HEAD"),
        _ => answer::nowhere(),
    }
}

/// Answers management requests.
pub(super) async fn manage(service: &Service, request: Request<Incoming>) -> Answer {
    match (request.uri().path(), request.method()) {
        (HEALTH, &Method::GET | &Method::HEAD) => manage::health(service).await,
        (HEAD, &Method::GET | &Method::HEAD) => manage::head(service).await,
        (METRICS, &Method::GET | &Method::HEAD) => manage::metrics(service),
        (INTROSPECT, &Method::POST) => manage::introspect(service, request).await,
        (HEALTH | HEAD | METRICS, _) => answer::other_verb("GET, HEAD"),
        (INTROSPECT, _) => answer::other_verb("POST"),
        _ => answer::nowhere(),
    }
}
