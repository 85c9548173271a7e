//! `/v1/verify/METHOD`: may this caller do this? For proxies, which relay the answer or let the request pass.

use std::net::IpAddr;

use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};

use super::Service;
use super::answer::{self, Answer, Pieces, Refusal};
use super::credential::{self, Presented};
use super::desk::{Ask, Decided};
use super::ledger::Origin;
use super::metrics::Outcome;
use crate::domain::method::MethodId;
use crate::domain::secret::stands_in;
use crate::verbs::decide::{Reason, Ruling};

/// Where the answers are.
const PATH: &str = "/v1/verify";
/// How much of what a caller calls himself is kept, in bytes.
const CLIENT_MOST: usize = 120;
/// What stands for any method.
const ANY: &str = "-";

/// Whether decisions are asked for at `path`.
pub(super) fn is_at(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
}

/// What a path asks about.
enum Asked {
    /// Whether the credential works at all.
    Any,
    /// One method.
    Method(MethodId),
    /// Nothing that could be decided about.
    Nothing,
}

/// The first segment behind `/v1/verify/`, taken as it stands; what a proxy appends behind it is not looked at.
fn asked(path: &str) -> Asked {
    let tail = path.strip_prefix(PATH).and_then(|tail| tail.strip_prefix('/')).unwrap_or_default();
    match tail.split('/').next().unwrap_or_default() {
        ANY => Asked::Any,
        segment => MethodId::parse(segment).map_or(Asked::Nothing, Asked::Method),
    }
}

pub(super) async fn answer(service: &Service, peer: Option<IpAddr>, request: Request<Incoming>) -> Answer {
    let (answer, outcome) = match asked(request.uri().path()) {
        Asked::Nothing => (answer::unavailable(), Outcome::Unavailable),
        Asked::Any => decide(service, peer, &request, None).await,
        Asked::Method(method) => decide(service, peer, &request, Some(method)).await,
    };
    service.metrics.count(outcome);
    answer
}

async fn decide(
    service: &Service,
    peer: Option<IpAddr>,
    request: &Request<Incoming>,
    method: Option<MethodId>,
) -> (Answer, Outcome) {
    let presented = match credential::presented(request, &service.accept) {
        Presented::Nothing => return (answer::refused(Refusal::Nobody), Outcome::Nobody),
        Presented::Credential(presented) => presented,
    };
    let origin = Some(origin(service, peer, request));
    match service.desk.decide(Ask { presented, method, origin }).await {
        Ok(decided) => told(&decided),
        Err(_) => (answer::unavailable(), Outcome::Unavailable),
    }
}

fn told(decided: &Decided) -> (Answer, Outcome) {
    match (decided.answer.ruling, &decided.answer.known) {
        (Ruling::Allowed, Some(_)) => (permitted(decided), Outcome::Permitted),
        (Ruling::Denied(Reason::NotPermitted), _) => {
            (answer::refused(Refusal::NotPermitted), Outcome::Denied(Reason::NotPermitted))
        }
        (Ruling::Denied(reason), _) => (answer::refused(Refusal::Invalid), Outcome::Denied(reason)),
        (Ruling::UnknownMethod, _) => (answer::unavailable(), Outcome::UnknownMethod),
        (Ruling::Allowed, None) => (answer::unavailable(), Outcome::Unavailable),
    }
}

/// Who it is, in headers and once more in the body. Every header is there each time, so that a proxy that copies them
/// overwrites what a client may have made up.
fn permitted(decided: &Decided) -> Answer {
    let Some(known) = &decided.answer.known else { return answer::unavailable() };
    let identity = &known.holder;
    let (method, head) = match &decided.method {
        None => (HeaderValue::from_static(ANY), Bytes::from_static(b"{\"result\":0,\"method\":\"-\",")),
        // A method's id is of letters, digits and . _ - only.
        Some(method) => (
            HeaderValue::from_str(method.as_str()).unwrap_or(HeaderValue::from_static(ANY)),
            Bytes::from(format!("{{\"result\":0,\"method\":\"{method}\",")),
        ),
    };
    let mut answer = answer::json(StatusCode::OK, Pieces::new([head, identity.json.clone(), known.methods().json()]));
    let headers = answer.headers_mut();
    headers.insert(answer::ACCOUNT, identity.account.clone());
    headers.insert(answer::ACCOUNT_ID, identity.account_id.clone());
    headers.insert(answer::ROLE, identity.role.clone());
    headers.insert(answer::TOKEN, identity.name.clone());
    headers.insert(answer::HINT, identity.hint.clone());
    headers.insert(answer::METHOD, method);
    answer
}

/// Who asks, as the ledger keeps it.
fn origin<B>(service: &Service, peer: Option<IpAddr>, request: &Request<B>) -> Origin {
    let forwarded = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let address = service.proxies.caller(peer, forwarded);
    let client = request.headers().get(USER_AGENT).map_or_else(String::new, |value| {
        let head = &value.as_bytes()[..value.len().min(CLIENT_MOST)];
        match std::str::from_utf8(head) {
            Ok(text) if text.bytes().all(is_printable) => text.to_owned(),
            _ => head.iter().map(|b| if is_printable(*b) { char::from(*b) } else { '?' }).collect(),
        }
    });
    // Somebody's secret in the wrong place is not kept.
    let client = if stands_in(&client) { "a secret".to_owned() } else { client };
    Origin { address, client }
}

fn is_printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

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
