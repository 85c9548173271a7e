//! Answers about the service itself: health, metrics, its position in the audit log, and the API's description.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock};

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use super::api::ApiPeer;
use super::faults::Fault;
use super::response::{self, HttpResponse};
use super::scraper::Scraper;
use super::store_figures::StoreFigures;
use super::{ServerState, metrics};
use crate::api::openapi;
use crate::api::service_endpoint::{AuditPosition, Health};

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
    response::json(code, &Health { status, reason, faults })
}

/// Reports how far the service has read the audit log. A caller that knows a change's number can see if the change is
/// in effect.
pub(super) async fn audit_position(service: &ServerState) -> HttpResponse {
    let read = service.queue.audit_seq().await;
    // A confirmed change must not be undone by an older copy of the store, not even after a crash. If the store can't be
    // read, a restore needs to know what was seen.
    let seen = Arc::clone(&service.audit_position);
    service.supervisor.blocking(move || seen.write()).await;
    match read {
        Ok(audit_seq) => response::json(StatusCode::OK, &AuditPosition { schema: 1, audit_seq }),
        Err(_) => response::unavailable(),
    }
}

pub(super) async fn metrics(service: &Arc<ServerState>, peer: &Arc<ApiPeer>, headers: &HeaderMap) -> HttpResponse {
    let scraper = match Scraper::authenticate(service, peer, headers).await {
        Ok(scraper) => scraper,
        Err(refused) => return refused,
    };
    let figures = StoreFigures::get(service).await;
    let text = metrics::render(service, figures.as_deref(), scraper.as_ref());
    let mut response = response::json_body(StatusCode::OK, Bytes::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}

/// Returns the OpenAPI document, which is the same in every answer.
pub(super) fn openapi() -> HttpResponse {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(openapi::document().to_string()));
    response::json_body(StatusCode::OK, DOCUMENT.clone())
}
