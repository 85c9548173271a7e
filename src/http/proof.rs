//! The proof values of a running service. They show which proxies may verify on behalf of other clients, and prove the
//! service's answers to those proxies.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::expiry_clock::ExpiryClock;
use super::faults::{Fault, Faults};
use super::response::HttpResponse;
use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::platform::entropy::SystemEntropy;
use crate::platform::proof_file::{self, ProofValues};
use crate::service::identity_header::IdentityField;
use crate::service::proxy_proof::{Challenge, ProxyProof};

/// The header of the proxy's proof value. In an answer, the header of jeton's proof.
const PROOF: HeaderName = HeaderName::from_static("x-jeton-proof");
/// The header of the proxy's random number.
const CHALLENGE: HeaderName = HeaderName::from_static("x-jeton-challenge");
/// Maximum age of the values in memory.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The values that identify a proxy at a TCP port.
pub(super) struct Proofs {
    store: PathBuf,
    clock: Arc<ExpiryClock>,
    faults: Arc<Faults>,
    cache: Mutex<Cache>,
}

struct Cache {
    read: Stopwatch,
    values: Vec<ProxyProof>,
}

/// A proxy that has sent a valid proof value, and its challenge.
pub(super) struct ProvenProxy {
    value: ProxyProof,
    challenge: Option<HeaderValue>,
}

impl Proofs {
    /// Reads the values of the store at `store`, or makes the first one.
    pub fn open(store: PathBuf, clock: Arc<ExpiryClock>, faults: Arc<Faults>) -> Result<Self> {
        let values = accepted_values(proof_file::load_or_create(&store, &SystemEntropy)?, &clock);
        Ok(Proofs { store, clock, faults, cache: Mutex::new(Cache { read: Stopwatch::start(), values }) })
    }

    /// Returns the proxy whose headers hold a valid proof value, if any.
    pub fn proven(&self, headers: &HeaderMap) -> Option<ProvenProxy> {
        let mut sent = headers.get_all(PROOF).iter();
        let (Some(sent), None) = (sent.next(), sent.next()) else { return None };
        let cache = self.current();
        let value = cache.values.iter().find(|value| value.is_request(sent.as_bytes()))?;
        Some(ProvenProxy { value: value.clone(), challenge: headers.get(CHALLENGE).cloned() })
    }

    /// Returns the values from the file, at most a second old. If the file can't be read, no proxy is accepted, because
    /// a replaced value must stop working.
    fn current(&self) -> MutexGuard<'_, Cache> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.read.elapsed() > MAX_AGE {
            cache.values = match proof_file::load(&self.store) {
                Ok(Some(values)) => {
                    self.faults.resolve(Fault::Proof);
                    accepted_values(values, &self.clock)
                }
                Ok(None) => self.unreadable(
                    "the file with the proof values is gone. Print the configuration of each proxy again with \
                     jeton guide PROXY, and reload the proxies",
                ),
                Err(e) => self.unreadable(&e.to_string()),
            };
            cache.read = Stopwatch::start();
        }
        cache
    }

    fn unreadable(&self, why: &str) -> Vec<ProxyProof> {
        self.faults.report(Fault::Proof, why);
        Vec::new()
    }

    pub fn check(&self) {
        drop(self.current());
    }
}

fn accepted_values(values: ProofValues, clock: &ExpiryClock) -> Vec<ProxyProof> {
    let previous = values.previous.filter(|(_, until)| *until > clock.now()).map(|(value, _)| value);
    std::iter::once(values.current).chain(previous).collect()
}

impl ProvenProxy {
    /// Adds the proof to an answer that names the caller.
    pub fn add_proof(&self, response: &mut HttpResponse) {
        let challenge = self.challenge.as_ref().and_then(|value| value.to_str().ok()).and_then(Challenge::parse);
        let Some(challenge) = challenge else { return };
        let headers = response.headers();
        let value_of = |field: &IdentityField| headers.get(field.header()).map_or(&b""[..], HeaderValue::as_bytes);
        let proof = self.value.answer(&challenge, IdentityField::ALL.iter().map(value_of));
        if let Ok(value) = HeaderValue::try_from(proof) {
            response.headers_mut().insert(PROOF, value);
        }
    }
}
