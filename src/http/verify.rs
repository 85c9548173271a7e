//! `/v1/verify/METHOD`: checks if the caller may call a method. Used by proxies, which relay the answer or let the
//! request pass.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::Service;
use super::answer::{self, Answer, Refusal};
use super::credential::{self, Presented};
use super::ledger::Origin;
use super::metrics::Outcome;
use super::proof::Proven;
use super::query::has_option;
use super::told::{Method, Methods};
use super::verify_batch::{DecisionReply, VerifyRequest};
use crate::domain::method::MethodId;
use crate::domain::secret::contains_secret;
use crate::verbs::verify::{DecisionKind, DenialReason};

/// Path of the endpoint.
const PATH: &str = "/v1/verify";
/// Query option that asks for all methods the token may call.
const METHODS: &str = "methods";
/// Header in which proxies name the client they ask for.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Maximum length of a recorded client name, in bytes.
const CLIENT_MOST: usize = 120;
/// Maximum length of a run of letters and digits in a recorded client name. A secret's run has 38.
const RUN_MOST: usize = 24;

/// `true` if `path` belongs to the endpoint.
pub(super) fn is_at(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
}

/// The subject of a verify request.
enum Asked {
    /// Asks only if the credential works at all.
    Any,
    Method(MethodId),
    /// The path names nothing that can be decided.
    Nothing,
}

/// Parses the first segment after `/v1/verify/`, without decoding. Anything that a proxy appends after it is
/// ignored.
fn asked(path: &str) -> Asked {
    let tail = path.strip_prefix(PATH).and_then(|tail| tail.strip_prefix('/')).unwrap_or_default();
    match tail.split('/').next().unwrap_or_default() {
        Method::ANY => Asked::Any,
        segment => MethodId::parse(segment).map_or(Asked::Nothing, Asked::Method),
    }
}

pub(super) async fn answer(service: &Service, guest: &Guest, request: Request<Incoming>) -> Answer {
    let proven = guest.proven(service, request.headers());
    let asked = asks(service, guest, &request, proven.is_some());
    // The request lies in the connection's buffer, which is reused for the next one once it is dropped.
    drop(request);
    let (outcome, mut answer) = match asked {
        Err(outcome) => (outcome, refused(outcome)),
        Ok(ask) => match service.desk.decide(ask).await {
            Err(_) => (Outcome::Unavailable, answer::unavailable()),
            Ok(decided) => told(&decided),
        },
    };
    service.metrics.count(outcome);
    if let (Outcome::Permitted, Some(proven)) = (outcome, proven) {
        proven.prove(&mut answer);
    }
    answer
}

/// Returns the question of a request, or its outcome if there is nothing to decide.
fn asks(
    service: &Service,
    guest: &Guest,
    request: &Request<Incoming>,
    is_proven: bool,
) -> Result<VerifyRequest, Outcome> {
    let method = match asked(request.uri().path()) {
        Asked::Nothing => return Err(Outcome::UnknownMethod),
        Asked::Any => None,
        Asked::Method(method) => Some(method),
    };
    match credential::presented(request, &service.accept) {
        Presented::Nothing => Err(Outcome::Nobody),
        Presented::Credential(presented) => {
            let methods = request.uri().query().is_some_and(|query| has_option(query, METHODS));
            Ok(VerifyRequest {
                secret: presented,
                method,
                methods,
                origin: Some(guest.origin(service, request.headers(), is_proven)),
            })
        }
    }
}

fn told(decided: &DecisionReply) -> (Outcome, Answer) {
    let outcome = match (decided.kind, &decided.secret) {
        (DecisionKind::Allowed, Some(known)) => {
            let methods = decided.methods.clone().map(Methods::json);
            return (Outcome::Permitted, answer::permitted(known, decided.method.as_ref(), methods));
        }
        (DecisionKind::Denied(reason), _) => Outcome::Denied(reason),
        (DecisionKind::UnknownMethod, _) => Outcome::UnknownMethod,
        (DecisionKind::Allowed, None) => Outcome::Unavailable,
    };
    (outcome, refused(outcome))
}

/// Builds the answer for an outcome that permits nothing.
fn refused(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Nobody => answer::refused(Refusal::Nobody),
        Outcome::Denied(DenialReason::NotPermitted) => answer::refused(Refusal::NotPermitted),
        Outcome::Denied(_) => answer::refused(Refusal::Invalid),
        Outcome::UnknownMethod => answer::undecidable(),
        Outcome::Permitted | Outcome::Unavailable => answer::unavailable(),
    }
}

/// The peer of a connection.
pub(super) struct Guest {
    peer: Option<IpAddr>,
    /// The last caller. Mostly the same one asks again.
    last: Mutex<Option<Arc<Origin>>>,
}

impl Guest {
    pub fn new(peer: Option<IpAddr>) -> Self {
        Guest { peer, last: Mutex::new(None) }
    }

    /// Returns the proof if the proxy has proven itself. No proof is needed at a socket.
    fn proven(&self, service: &Service, headers: &HeaderMap) -> Option<Proven> {
        self.peer.and(service.proofs.as_ref())?.proven(headers)
    }

    /// Returns the caller as the ledger stores it. Every local user can ask at a TCP port, so a caller that names
    /// another client is believed only with proof.
    fn origin(&self, service: &Service, headers: &HeaderMap, is_proven: bool) -> Arc<Origin> {
        let is_believed = self.peer.is_none() || is_proven;
        let values = headers.get_all(FORWARDED_FOR).iter().filter(|_| is_believed);
        let forwarded = values.map(|value| value.to_str().unwrap_or_default());
        let address = service.proxies.client_addr(self.peer, forwarded);
        let client = headers.get(USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            // A client name that was stored whole and unchanged is equal only to itself.
            Some(last) if last.address == address && last.client.as_bytes() == client => Arc::clone(last),
            _ => Arc::clone(last.insert(Arc::new(Origin { address, client: kept(client) }))),
        }
    }
}

/// Returns a client's name as the ledger stores it. Removes a secret in the wrong place, or most of one. The whole
/// name is searched before it is shortened.
fn kept(client: &[u8]) -> String {
    let client: String = client.iter().map(|b| if is_printable(*b) { char::from(*b) } else { '?' }).collect();
    if contains_secret(&client) {
        return "a secret".to_owned();
    }
    let mut kept = String::with_capacity(CLIENT_MOST);
    for run in client.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match word.len() > RUN_MOST {
            true => kept.extend(["~", &run[word.len()..]]),
            false => kept.push_str(run),
        }
        if kept.len() >= CLIENT_MOST {
            kept.truncate(CLIENT_MOST);
            break;
        }
    }
    kept
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
    fn no_secret_is_kept_nor_most_of_one_wherever_it_is_cut() {
        let secret = Secret::generate(&Prefix::default(), |buffer| {
            buffer.iter_mut().zip(7..).for_each(|(byte, n)| *byte = n);
            Ok(())
        });
        secret.unwrap().expose(|secret| {
            let tail = &secret[secret.len() - 38..];
            for before in 0..140 {
                let told = kept(format!("{} {secret}", &"c de ".repeat(30)[..before]).as_bytes());
                assert!(!told.contains(&tail[..20]) && told.len() <= CLIENT_MOST, "{told}");
            }
            for part in [&secret[4..], &secret[..secret.len() - 1], &secret[..40], &secret.replace('_', "%5f"), tail] {
                assert!(!kept(format!("curl/8 {part}").as_bytes()).contains(&tail[..25]), "{part}");
            }
        });
        for harmless in
            ["", "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)", "_-_"]
        {
            assert_eq!(kept(harmless.as_bytes()), harmless);
        }
        assert_eq!(kept(b"a\x01\xffb"), "a??b");
        assert_eq!(kept(&[b'x'; 200]), "~");
    }

    #[test]
    fn the_first_segment_is_the_method_as_it_stands() {
        let told = |path: &str| match asked(path) {
            Asked::Any => "any".to_owned(),
            Asked::Method(id) => id.to_string(),
            Asked::Nothing => "nothing".to_owned(),
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
            assert_eq!(told(path), means, "{path}");
        }
    }
}
