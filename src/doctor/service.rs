//! The service: whether it runs and answers, who may reach it, and its clock.

use std::time::Duration;

use serde_json::Value;

use super::endpoint_access::endpoint_access;
use super::{CheckKind, Context, Finding};
use crate::config::Setting;
use crate::domain::time::{DAY, Timestamp, relative};
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::platform::http_client::{HttpAnswer, HttpClient, HttpRequest};
use crate::platform::running_service_file::{self, FoundService, ServiceInfo};
use crate::platform::{certificate_dates, tls};
use crate::service::VERSION;
use crate::service::endpoint::Endpoint;
use crate::service::fault::Fault;
use crate::service::server_address::{ServerAddress, ServerConnection};

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind {
        id: "service.running",
        meaning: "The service of the store has crashed, or is set up but doesn't run",
        run: running,
    },
    CheckKind {
        id: "service.reachable",
        meaning: "The service, or the configured server, doesn't answer",
        run: reachable,
    },
    CheckKind {
        id: "service.version",
        meaning: "The service has another version than this program",
        run: |c| answers(c).filter_map(version).collect(),
    },
    CheckKind {
        id: "service.health",
        meaning: "The service reports faults, or can't verify tokens",
        run: |c| answers(c).flat_map(health).collect(),
    },
    CheckKind {
        id: "service.clock",
        meaning: "The clock of the service differs from the clock of this machine",
        run: |c| answers(c).filter_map(clock).collect(),
    },
    CheckKind {
        id: "service.time-sync",
        meaning: "The clock of this machine isn't synchronised, so tokens can expire late or early",
        run: time_sync,
    },
    CheckKind {
        id: "service.access",
        meaning: "Everyone on the machine or network can reach the service, or a socket is missing or unsafe",
        run: access,
    },
    CheckKind {
        id: "service.certificate",
        meaning: "A certificate for https expires soon, or has expired",
        run: certificates,
    },
];

/// Maximum time of the call.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Difference of two clocks, in milliseconds, from which expiries are noticeably wrong.
const CLOCK_WARNING: i64 = 5_000;
const CLOCK_FAULT: i64 = 5 * 60_000;
/// Time before the end of a certificate in which it should be replaced.
const CERTIFICATE_WARNING: i64 = 14 * DAY;
const SEE_LOG: &str = "Read the log of the service, on its machine. If systemd runs the service: journalctl -u jeton";

/// The answer of a service.
pub(super) struct Probe {
    address: ServerAddress,
    answer: Result<HttpAnswer>,
    /// The time when the answer was there.
    at: Timestamp,
}

/// Returns the service that runs on the store, if this user may know it.
fn running_service(context: &Context<'_>) -> Option<ServiceInfo> {
    running_service_file::discover(context.store.as_ref()?.value.path())
}

/// Asks the configured server, and the service on the store.
pub(super) fn probe(context: &Context<'_>) -> Vec<Probe> {
    let configured = context.settings.as_ref().ok().and_then(|settings| settings.server_connection());
    let local = running_service(context).map(|service| {
        // No secret is sent, so it doesn't matter who listens.
        ServerConnection { address: ServerAddress::Local(service.manage), ca: None, pin: None, insecure: true }
    });
    let local = local.filter(|local| configured.as_ref().is_none_or(|other| other.address != local.address));
    let all = configured.into_iter().map(|server| ServerConnection { insecure: true, ..server }).chain(local);
    all.map(|server| {
        let address = server.address.clone();
        let request = HttpRequest { method: "GET", target: "/v1/health", headers: &[], body: None, interrupt: None };
        let answer = HttpClient::new(server).send(request, TIMEOUT);
        Probe { address, answer, at: context.adapters.clock.now() }
    })
    .collect()
}

fn running(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = context.store.as_ref().filter(|store| store.value.exists().unwrap_or(false)) else {
        return Vec::new();
    };
    let start = format!(
        "To start the service with systemd, run: systemctl start jeton. Without systemd, run: {}",
        super::store::command(context, &["serve"])
    );
    match running_service_file::find(store.value.path()) {
        Some(FoundService::Running(ServiceInfo { verify, manage })) => {
            return vec![Finding::ok(format!(
                "the service of the store runs. It verifies tokens at {verify}, and is managed at {manage}"
            ))];
        }
        Some(FoundService::Crashed(ServiceInfo { verify, .. })) => {
            return vec![
                Finding::warning("the service of the store has crashed, or was killed")
                    .why(format!(
                        "no service runs, but a file next to the store still contains the service's address: {verify}"
                    ))
                    .next(format!("Read the last lines of the service's log. {start}")),
            ];
        }
        None => {}
    }
    let serve = context.settings.as_ref().ok().map(|settings| &settings.serve);
    let is_set_up = serve.is_some_and(|serve| serve.verify.is_some() || serve.manage.is_some());
    vec![match is_set_up {
        true => Finding::warning("no running service was found on the store")
            .why("serve.verify or serve.manage is set, so a service should run")
            .next(start),
        false => Finding::ok("no running service was found on the store"),
    }]
}

fn reachable(context: &Context<'_>) -> Vec<Finding> {
    let judged = context.probes().iter().map(|Probe { address, answer, .. }| match answer {
        Ok(answer) if health_status(answer).is_some() => Finding::ok(format!("{address} answers")),
        Ok(answer) => Finding::fault(format!("the program at {address} is not a jeton service"))
            .why(format!(
                "the program answered GET /v1/health with status {}, and not with jeton's JSON",
                answer.status
            ))
            .next("Correct the address of the server. To see where the address is set, run: jeton config list"),
        Err(error) => {
            let error = match error.what.contains(&address.to_string()) {
                true => error.clone(),
                false => Error {
                    what: format!("the service at {address} can't be used"),
                    why: Some(error.what_and_why()),
                    ..error.clone()
                },
            };
            let next = "Check the address of the server, and check that jeton serve runs there".to_owned();
            let next = error.next.clone().unwrap_or(next);
            Finding::of_error(error).next(next)
        }
    });
    judged.collect()
}

/// Returns every service that has answered.
fn answers<'a>(context: &'a Context<'_>) -> impl Iterator<Item = (&'a Probe, &'a HttpAnswer)> {
    context
        .probes()
        .iter()
        .filter_map(|probe| Some((probe, probe.answer.as_ref().ok().filter(|answer| health_status(answer).is_some())?)))
}

/// Returns the members of a health answer. `None` for another answer.
fn health_status(answer: &HttpAnswer) -> Option<(String, Value)> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    Some((body.get("status")?.as_str()?.to_owned(), body))
}

fn version((probe, answer): (&Probe, &HttpAnswer)) -> Option<Finding> {
    let version = answer.version.as_deref()?;
    Some(match version == VERSION {
        true => {
            Finding::ok(format!("the service at {} and this program have the same version, {version}", probe.address))
        }
        false => Finding::warning(format!("the service at {} has version {}", probe.address, excerpt(version, 32)))
            .why(format!("this program has version {VERSION}"))
            .next(
                "If jeton was updated on the machine of the service, restart the service. Otherwise install the same \
                 version in both places",
            ),
    })
}

fn health((probe, answer): (&Probe, &HttpAnswer)) -> Vec<Finding> {
    let Some((status, body)) = health_status(answer) else { return Vec::new() };
    let address = &probe.address;
    let mut found = Vec::new();
    if status != "ok" {
        let reason = body.get("reason").and_then(Value::as_str).unwrap_or("unknown");
        let what = format!("the service at {address} can't verify tokens");
        found.push(Finding::fault(what).why(explain(reason)).next(SEE_LOG));
    }
    let faults = body.get("faults").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    found.extend(faults.map(|fault| {
        let what = format!("the service at {address} reports the fault {}", excerpt(fault, 64));
        Finding::warning(what).why(explain(fault)).next(SEE_LOG)
    }));
    if found.is_empty() {
        found.push(Finding::ok(format!("the service at {address} verifies tokens and reports no fault")));
    }
    found
}

/// Explains a reason or fault of a health answer.
fn explain(word: &str) -> String {
    let text = match (word, Fault::from_word(word)) {
        (_, Some(fault)) => fault.explain(),
        ("store", _) => "the service can't read its store",
        ("older-store", _) => {
            "the store could be an older copy or another store. Therefore the service doesn't use the store"
        }
        ("unknown", _) => "the service gives no reason",
        _ => return format!("the service gives the reason \"{}\"", excerpt(word, 64)),
    };
    text.to_owned()
}

fn clock((probe, answer): (&Probe, &HttpAnswer)) -> Option<Finding> {
    let theirs = Timestamp::parse_http_date(answer.date.as_deref()?)?;
    Some(judge_clocks(&probe.address.to_string(), theirs, probe.at))
}

/// Compares the times of a server and of this machine. That of the server has no fractions of a second.
fn judge_clocks(address: &str, theirs: Timestamp, ours: Timestamp) -> Finding {
    let difference = (theirs.0 - ours.whole_second().0).abs();
    let finding = match difference {
        ..CLOCK_WARNING => {
            return Finding::ok(format!("the clock of the service at {address} agrees with the clock of this machine"));
        }
        CLOCK_WARNING..CLOCK_FAULT => Finding::warning as fn(String) -> Finding,
        _ => Finding::fault,
    };
    finding(format!("the clocks of the service at {address} and of this machine differ by {} s", difference / 1_000))
        .why("tokens expire by the clock of the service")
        .next(
            "Synchronise the clock of each machine, for example: timedatectl set-ntp true. A container has the clock of \
             its host",
        )
}

fn time_sync(context: &Context<'_>) -> Vec<Finding> {
    let folder = context.root.join("run/systemd/timesync");
    match (folder.join("synchronized").exists(), folder.exists()) {
        (true, _) => vec![Finding::ok("the clock of this machine is synchronised")],
        (false, true) => vec![
            Finding::warning("the clock of this machine isn't synchronised")
                .why("systemd-timesyncd has reached no time server since it was started")
                .next("Check that this machine can reach its time server: timedatectl timesync-status"),
        ],
        // Another program may synchronise the clock, or the host of a container.
        (false, false) => Vec::new(),
    }
}

fn access(context: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let service = running_service(context);
    let server = context.settings.as_ref().ok().and_then(|settings| settings.server.as_ref());
    let manage = match (&service, server.map(|server| &server.value)) {
        (Some(service), _) => Some(service.manage.clone()),
        (None, Some(ServerAddress::Local(endpoint))) => Some(endpoint.clone()),
        (None, _) => None,
    };
    // At a port, another program can listen, or none.
    let is_service = |endpoint: &Endpoint| {
        answers(context).any(|(probe, _)| probe.address == ServerAddress::Local(endpoint.clone()))
    };
    let manage = manage.filter(|endpoint| matches!(endpoint, Endpoint::Unix(_)) || is_service(endpoint));
    if let Some(service) = &service {
        found.push(endpoint_access("tokens can be verified", &service.verify, "serve.verify-group"));
    }
    found.extend(manage.map(|manage| endpoint_access("the service can be managed", &manage, "serve.manage-group")));
    let serve = context.settings.as_ref().ok().map(|settings| &settings.serve);
    if let Some(https) = serve.and_then(|serve| serve.manage.as_ref()?.value.https) {
        let reach = match https.ip() {
            ip if ip.is_unspecified() => {
                "Without a firewall, other machines can reach this port at every address of this machine"
            }
            ip if ip.is_loopback() => "Only this machine can reach this port",
            _ => "Without a firewall, other machines can reach this port",
        };
        found.push(Finding::ok(format!("serve.manage has the address https://{https}. {reach}")));
    }
    found
}

fn certificates(context: &Context<'_>) -> Vec<Finding> {
    let now = context.adapters.clock.now();
    let mut found = Vec::new();
    let settings = context.settings.as_ref().ok();
    if let Some(Setting { value: path, .. }) = settings.and_then(|settings| settings.serve.certificate.as_ref()) {
        let ends = tls::read_certificates(path).unwrap_or_default();
        let first = ends.iter().filter_map(certificate_dates::not_after).min();
        found.extend(first.map(|end| judge_certificate(&format!("the certificate in {}", path.display()), end, now)));
    }
    found.extend(answers(context).filter_map(|(probe, answer)| {
        let end = certificate_dates::not_after(answer.certificate.as_ref()?)?;
        Some(judge_certificate(&format!("the certificate of {}", probe.address), end, now))
    }));
    found
}

fn judge_certificate(what: &str, end: Timestamp, now: Timestamp) -> Finding {
    let next = "On the machine of the service, renew the certificate and replace its file. Then run there: \
                systemctl reload jeton. Without systemd, restart the service";
    match end.0 - now.0 {
        ..=0 => Finding::fault(format!("{what} has expired ({})", relative(end, now)))
            .why("clients refuse the connection")
            .next(next),
        1..CERTIFICATE_WARNING => Finding::warning(format!("{what} expires {}", relative(end, now)))
            .why("from then on, clients refuse the connection")
            .next(next),
        _ => Finding::ok(format!("{what} expires {}", relative(end, now))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::doctor::Status;
    use crate::doctor::context::tests::context_of;

    #[test]
    fn times_are_judged() {
        let at = Timestamp(1_900_000_000_500);
        let clocks = |difference: i64| judge_clocks("a", at.whole_second().plus(difference), at).status;
        assert_eq!([clocks(0), clocks(-4_000), clocks(4_000)], [Status::Ok; 3]);
        assert_eq!([clocks(5_000), clocks(-299_000)], [Status::Warning; 2]);
        assert_eq!([clocks(300_000), clocks(-9_000_000)], [Status::Fault; 2]);
        let certificate = |left: i64| judge_certificate("a", at.plus(left), at).status;
        assert_eq!([certificate(0), certificate(-DAY)], [Status::Fault; 2]);
        assert_eq!([certificate(1), certificate(14 * DAY - 1)], [Status::Warning; 2]);
        assert_eq!(certificate(14 * DAY), Status::Ok);
    }

    #[test]
    fn clock_without_a_time_server_is_a_warning() {
        let root = tempfile::tempdir().unwrap();
        let adapters = crate::platform::adapters();
        let context = context_of(&adapters, root.path());
        assert_eq!(time_sync(&context), [], "nothing is known");
        let folder = root.path().join("run/systemd/timesync");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(time_sync(&context)[0].status, Status::Warning);
        fs::write(folder.join("synchronized"), "").unwrap();
        assert_eq!(time_sync(&context)[0].status, Status::Ok);
    }

    #[test]
    fn every_fault_is_explained() {
        assert!(Fault::ALL.iter().all(|fault| explain(fault.as_str()) == fault.explain()));
    }
}
