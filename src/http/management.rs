//! The management API: health, metrics, and the service's position in the audit log.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::faults::Fault;
use super::response::{self, HttpResponse};
use super::{ServerState, metrics};

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
