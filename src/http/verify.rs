//! `/v1/verify/METHOD`: checks if the caller may call a method. Used by proxies, which relay the answer or let the
//! request pass.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::api::ApiPeer;
use super::decision_cache::CachedDecision;
use super::decision_queue::VerifyRequest;
use super::metrics::VerifyOutcome;
use super::possession::Holder;
use super::prerendered::{RenderedMethod, RenderedMethods};
use super::proof::ProvenProxy;
use super::query_arguments::has_option;
use super::response::{self, Denial, HttpResponse};
use super::usage_recorder::Origin;
use super::{ServerState, credential};
use crate::domain::method::MethodId;
use crate::domain::secret::contains_secret;
use crate::platform::clock::Stopwatch;
use crate::verbs::local_backend::ClientInfo;
use crate::verbs::verify::{DecisionKind, DenialReason};

const PATH: &str = "/v1/verify";
/// Query option for the list of all methods that the token may call.
const METHODS: &str = "methods";
/// Header in which proxies name the client of the original request.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Maximum length of a recorded client name, in bytes.
const MAX_USER_AGENT: usize = 120;
/// Maximum length of a run of letters and digits in a recorded client name. A secret's run has 38.
const MAX_ALNUM_RUN: usize = 24;

pub(super) fn matches(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
}

/// Parses the first segment after `/v1/verify/`, without decoding. Anything that a proxy appends after it is
/// ignored. `None` checks only that the credential works at all.
fn parse_target(path: &str) -> Result<Option<MethodId>, VerifyOutcome> {
    let tail = path.strip_prefix(PATH).and_then(|tail| tail.strip_prefix('/')).unwrap_or_default();
    match tail.split('/').next().unwrap_or_default() {
        RenderedMethod::ANY => Ok(None),
        segment => MethodId::parse(segment).map(Some).map_err(|_| VerifyOutcome::UnknownMethod),
    }
}

pub(super) async fn handle(service: &ServerState, peer: &Peer, request: Request<Incoming>) -> HttpResponse {
    let clock = Stopwatch::start();
    let proven = peer.proven(service, request.headers());
    // Takes the request, because it lies in the connection's buffer, which is reused once the request is dropped.
    let target = parse_request(service, peer, request, proven.is_some());
    let (outcome, mut response) = match target {
        Err(outcome) => (outcome, refused(outcome)),
        Ok(verify_request) => match service.queue.decide(verify_request).await {
            Err(_) => (VerifyOutcome::Unavailable, response::unavailable()),
            Ok(decided) => respond(&decided),
        },
    };
    service.metrics.count(outcome);
    if let (VerifyOutcome::Permitted, Some(proven)) = (outcome, proven) {
        proven.add_proof(&mut response);
    }
    service.metrics.latency.record(clock.elapsed());
    response
}

/// Returns the question of a request, or its outcome if there is nothing to decide.
fn parse_request(
    service: &ServerState,
    peer: &Peer,
    request: Request<Incoming>,
    is_proven: bool,
) -> Result<VerifyRequest, VerifyOutcome> {
    let method = parse_target(request.uri().path())?;
    let secret = credential::extract(&request, &service.accept).ok_or(VerifyOutcome::NoCredential)?;
    let methods = request.uri().query().is_some_and(|query| has_option(query, METHODS));
    let origin = Some(peer.origin(service, request.headers(), is_proven));
    Ok(VerifyRequest { secret, method, methods, origin })
}

fn respond(decided: &CachedDecision) -> (VerifyOutcome, HttpResponse) {
    let outcome = match (decided.kind, &decided.secret) {
        (DecisionKind::Allowed, Some(known)) => {
            let methods = decided.methods.clone().map(RenderedMethods::json);
            return (VerifyOutcome::Permitted, response::permitted(known, decided.method.as_deref(), methods));
        }
        (DecisionKind::Denied(reason), _) => VerifyOutcome::Denied(reason),
        (DecisionKind::UnknownMethod, _) => VerifyOutcome::UnknownMethod,
        (DecisionKind::Allowed, None) => VerifyOutcome::Unavailable,
    };
    (outcome, refused(outcome))
}

/// Builds the answer for an outcome that permits nothing.
fn refused(outcome: VerifyOutcome) -> HttpResponse {
    match outcome {
        VerifyOutcome::NoCredential => response::denied(Denial::NoCredential),
        VerifyOutcome::Denied(DenialReason::NotPermitted) => response::denied(Denial::NotPermitted),
        VerifyOutcome::Denied(_) => response::denied(Denial::InvalidToken),
        VerifyOutcome::UnknownMethod => response::cannot_decide(),
        VerifyOutcome::Permitted | VerifyOutcome::Unavailable => response::unavailable(),
    }
}

pub(super) struct Peer {
    address: Option<IpAddr>,
    /// The last caller. Most requests come from the same one (gain: 7 % with a browser's `User-Agent`).
    last_origin: Mutex<Option<Arc<Origin>>>,
}

impl Peer {
    pub fn new(peer: Option<IpAddr>) -> Self {
        Peer { address: peer, last_origin: Mutex::new(None) }
    }

    /// Returns the caller of an endpoint that needs nothing but a secret.
    pub fn holder(&self, service: &ServerState, headers: &HeaderMap) -> Holder {
        let origin = self.origin(service, headers, self.proven(service, headers).is_some());
        let address = origin.address.map_or_else(|| ClientInfo::LOCAL.to_owned(), |address| address.to_string());
        Holder { peer: Arc::new(ApiPeer { source: address.clone(), address }), origin }
    }

    /// Returns the proof if the proxy has proven itself. No proof is needed at a socket.
    fn proven(&self, service: &ServerState, headers: &HeaderMap) -> Option<ProvenProxy> {
        self.address.and(service.proofs.as_ref())?.proven(headers)
    }

    /// Returns the caller as the ledger stores it. Every local user can connect to a TCP port, so a forwarded client
    /// address is believed only with proof.
    fn origin(&self, service: &ServerState, headers: &HeaderMap, is_proven: bool) -> Arc<Origin> {
        let is_believed = self.address.is_none() || is_proven;
        let values = headers.get_all(FORWARDED_FOR).iter().filter(|_| is_believed);
        let forwarded = values.map(|value| value.to_str().unwrap_or_default());
        let address = service.proxies.client_addr(self.address, forwarded);
        let client = headers.get(USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
        let mut last = self.last_origin.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            // A client name that was stored whole and unchanged is equal only to itself.
            Some(last) if last.address == address && last.client.as_bytes() == client => Arc::clone(last),
            _ => Arc::clone(last.insert(Arc::new(Origin { address, client: sanitize_user_agent(client) }))),
        }
    }
}

/// Returns a client's name as the ledger stores it. Removes a secret that was put there by mistake, or most of one. The
/// whole name is searched before it is shortened.
fn sanitize_user_agent(client: &[u8]) -> String {
    let client: String = client.iter().map(|b| if is_printable(*b) { char::from(*b) } else { '?' }).collect();
    if contains_secret(&client) {
        return "a secret".to_owned();
    }
    let mut text = String::with_capacity(MAX_USER_AGENT);
    for run in client.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match word.len() > MAX_ALNUM_RUN {
            true => text.extend(["~", &run[word.len()..]]),
            false => text.push_str(run),
        }
        if text.len() >= MAX_USER_AGENT {
            text.truncate(MAX_USER_AGENT);
            break;
        }
    }
    text
}

fn is_printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::Prefix;
    use crate::domain::secret::Secret;

    #[test]
    fn user_agent_never_holds_most_of_a_secret() {
        let secret = Secret::generate(&Prefix::default(), |buffer| {
            buffer.iter_mut().zip(7..).for_each(|(byte, n)| *byte = n);
            Ok(())
        });
        secret.unwrap().expose(|secret| {
            let tail = &secret[secret.len() - 38..];
            for before in 0..140 {
                let text_of = sanitize_user_agent(format!("{} {secret}", &"c de ".repeat(30)[..before]).as_bytes());
                assert!(!text_of.contains(&tail[..20]) && text_of.len() <= MAX_USER_AGENT, "{text_of}");
            }
            for part in [&secret[4..], &secret[..secret.len() - 1], &secret[..40], &secret.replace('_', "%5f"), tail] {
                assert!(!sanitize_user_agent(format!("curl/8 {part}").as_bytes()).contains(&tail[..25]), "{part}");
            }
        });
        for harmless in
            ["", "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)", "_-_"]
        {
            assert_eq!(sanitize_user_agent(harmless.as_bytes()), harmless);
        }
        assert_eq!(sanitize_user_agent(b"a\x01\xffb"), "a??b");
        assert_eq!(sanitize_user_agent(&[b'x'; 200]), "~");
    }

    #[test]
    fn target_is_the_first_path_segment_unchanged() {
        let text_of = |path: &str| match parse_target(path) {
            Ok(None) => "any".to_owned(),
            Ok(Some(id)) => id.to_string(),
            Err(_) => "nothing".to_owned(),
        };
        for (path, means) in [
            ("/v1/verify/-", "any"),
            ("/v1/verify/-/", "any"),
            ("/v1/verify/-/admin/users", "any"),
            ("/v1/verify/a.B", "a.B"),
            ("/v1/verify/a.B/../c.D", "a.B"),
            ("/v1/verify/a%2eB", "nothing"),
            ("/v1/verify/%2d", "nothing"),
            ("/v1/verify//a.B", "nothing"),
            ("/v1/verify/", "nothing"),
            ("/v1/verify", "nothing"),
            ("/v1/verifya.B", "nothing"),
            ("/v1/verify/..", ".."),
        ] {
            assert_eq!(text_of(path), means, "{path}");
        }
    }
}
