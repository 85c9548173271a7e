//! Whether the service that answers from a store has read a change: asked after every one that takes something away, by
//! both faces.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::domain::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::platform::clock::Stopwatch;
use crate::platform::{service_file, sockets};

/// How long a service is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a running service says of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Testimony {
    /// It reads the store as it is since: what was taken away is denied. So long took question and answer.
    Denies(Duration),
    /// It doesn't say so.
    Unsure {
        /// Where it was asked.
        service: Endpoint,
        /// Why it isn't known: what goes on from "the service".
        why: String,
    },
}

impl Testimony {
    /// How many milliseconds it took, to the tenth.
    pub fn ms(time: Duration) -> f64 {
        (time.as_secs_f64() * 10_000.0).round() / 10.0
    }
}

/// What follows on "NAME disabled; " where it is known that the service denies `whom`.
pub fn denies(whom: &str, time: Duration) -> String {
    format!("the service denies {whom} ({:.1} ms)", Testimony::ms(time))
}

/// What is said where it isn't known.
pub fn unsure(service: &Endpoint, why: &str) -> String {
    format!("the service at {service} {why}; it reads the store with each request")
}

/// Who asks the service of one store.
#[derive(Debug, Clone)]
pub struct Witness {
    store: PathBuf,
}

#[derive(Deserialize)]
struct Head {
    audit_seq: i64,
}

impl Witness {
    /// For the store at `store`.
    pub fn of(store: &Path) -> Self {
        Witness { store: store.to_owned() }
    }

    /// What the service says of the change with this number in the audit log; nothing where no service runs. It takes a
    /// second at most.
    pub fn testify(&self, seq: i64) -> Option<Testimony> {
        let service = service_file::running(&self.store)?.manage;
        let watch = Stopwatch::start();
        let read = head(&service);
        let time = watch.time();
        let why = match read {
            Ok(read) if read >= seq => return Some(Testimony::Denies(time)),
            Ok(read) => format!("has read the audit log up to row {read} only, and this is row {seq}"),
            Err(e) => format!("could not be asked: {}", e.why.unwrap_or(e.what)),
        };
        Some(Testimony::Unsure { service, why })
    }
}

fn head(service: &Endpoint) -> Result<i64> {
    let answer = sockets::get(service, "/v1/head", "", PATIENCE)?;
    let unread = |why: &str| Error::failure("the service doesn't say how far it has read").why(why);
    match answer.status {
        200 => serde_json::from_slice::<Head>(&answer.body)
            .map(|head| head.audit_seq)
            .map_err(|_| unread("it answers with something else")),
        503 => Err(unread("it can't read the store")),
        _ => Err(unread("it answers with something else")),
    }
}
