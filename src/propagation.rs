//! Propagation of a change: checks if the running service has read the change. Screens and commands check after every
//! change that revokes or reduces access.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::platform::{running_service_file, sockets};
use crate::service::endpoint::Endpoint;

/// Timeout for the answer of the service.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Answer of a running service about a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Propagation {
    /// The service has read the change and denies the revoked access. Holds the time of the round trip.
    Confirmed(Duration),
    Unconfirmed {
        service: Endpoint,
        /// The reason, worded to follow "the service".
        why: String,
        /// The next step.
        next: &'static str,
    },
}

impl Propagation {
    /// Returns a time in milliseconds, rounded to a tenth.
    pub fn milliseconds(time: Duration) -> f64 {
        (time.as_secs_f64() * 10_000.0).round() / 10.0
    }
}

/// Returns the text after "NAME disabled; " if the service has confirmed that it denies `subject`.
pub fn describe_confirmed(subject: &str, time: Duration) -> String {
    format!("the service refuses {subject} ({:.1} ms)", Propagation::milliseconds(time))
}

pub fn describe_unconfirmed(service: &Endpoint, why: &str, next: &str) -> String {
    format!("the change is stored, but the service at {service} {why}. {next}")
}

/// Checks with the service of one store if it has read a change.
#[derive(Debug, Clone)]
pub struct PropagationProbe {
    /// `None` if there is no service to ask.
    store: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Head {
    audit_seq: i64,
}

enum AuditPosition {
    /// The service has read up to this row.
    Row(i64),
    /// The service can't read the store.
    Unreadable,
    /// The answer has an unexpected form.
    Unknown,
}

impl PropagationProbe {
    pub fn new(store: &Path) -> Self {
        PropagationProbe { store: Some(store.to_owned()) }
    }

    /// Returns the probe of a client of the service itself, which has read what the client changed.
    pub fn of_server() -> Self {
        PropagationProbe { store: None }
    }

    /// Returns the address at which the running service verifies tokens. `None` if no service runs.
    pub fn verify_endpoint(&self) -> Option<Endpoint> {
        Some(running_service_file::discover(self.store.as_deref()?)?.verify)
    }

    /// Checks if the service has read the change with this number in the audit log. `None` if no service runs. Takes
    /// one second at most.
    pub fn check(&self, seq: i64) -> Option<Propagation> {
        let service = running_service_file::discover(self.store.as_deref()?)?.manage;
        let watch = Stopwatch::start();
        let read = audit_position(&service);
        let time = watch.elapsed();
        let (why, next) = match read {
            Ok(AuditPosition::Row(read)) if read >= seq => return Some(Propagation::Confirmed(time)),
            Ok(AuditPosition::Row(read)) => (
                format!(
                    "has not read the change. The change is row {seq} of the audit log, and the service has read up to \
                     row {read}"
                ),
                "Check that the service uses this store",
            ),
            Ok(AuditPosition::Unreadable) => ("can't read the store".to_owned(), "Read the service's log"),
            Ok(AuditPosition::Unknown) => (
                "gave an answer in an unexpected form".to_owned(),
                "Check that the service has the same version as this program",
            ),
            Err(e) => (
                format!("gave no valid answer: {}", e.why.unwrap_or(e.what)),
                "Check that the service runs. Then read the service's log",
            ),
        };
        Some(Propagation::Unconfirmed { service, why, next })
    }
}

/// Returns the service's position in the audit log.
///
/// # Errors
/// Those of the connection.
fn audit_position(service: &Endpoint) -> Result<AuditPosition> {
    let reply = sockets::get(service, "/v1/head", "", TIMEOUT)?;
    Ok(match reply.status {
        200 => serde_json::from_slice::<Head>(&reply.body)
            .map_or(AuditPosition::Unknown, |head| AuditPosition::Row(head.audit_seq)),
        503 => AuditPosition::Unreadable,
        _ => AuditPosition::Unknown,
    })
}
