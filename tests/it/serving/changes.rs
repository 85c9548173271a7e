//! Calls of the management API that wait for changes.

use std::time::Duration;

use jeton::verbs::tokens::{CreateToken, DisableTokens, TokenTarget};
use serde_json::Value;

use super::{METHOD, secret_text, selection};
use crate::support::fakes::{OWNER, TestInstall, create};
use crate::support::http::{self, Client, Reply, bearer};
use crate::support::service_in_process::ServiceInProcess;

struct Served {
    install: TestInstall,
    service: ServiceInProcess,
    reader: String,
}

/// Serves an installation in which `member` has the token `reader`.
fn serve() -> Served {
    let install = TestInstall::with_accounts();
    let reader = CreateToken { selection: selection(&["jeton.tokens.read", METHOD]), ..create("reader") };
    let reader = secret_text(&install.create("member", reader));
    let service = ServiceInProcess::start(&install);
    Served { install, service, reader }
}

impl Served {
    /// Returns the answer to a call with this query.
    fn position(&self, query: &str) -> Value {
        let mut client = self.service.management_client();
        // Shorter than the waits.
        client.set_timeout(Duration::from_secs(15));
        let reply = client.request("GET", &format!("/v1/changes{query}"), &[&bearer(&self.reader)]);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Sends a call that waits. When this returns, the service has begun with it, because it has read a later one.
    fn wait(&self, query: &str) -> Client {
        let mut client = self.service.management_client();
        client.set_timeout(Duration::from_secs(15));
        client.send(http::head("GET", &format!("/v1/changes?{query}"), &[&bearer(&self.reader)]));
        self.position("");
        client
    }
}

fn answer(mut client: Client) -> Reply {
    client.read_reply().unwrap()
}

#[test]
fn waiting_call_is_answered_by_the_next_change() {
    let served = serve();
    let now = served.position("");
    assert_eq!(
        served.position("?audit=0&wait=30")["audit"],
        now["audit"],
        "what the caller does not know is no reason to wait"
    );
    let waiting = served.wait(&format!("audit={}&wait=30", now["audit"]));
    served.install.issue(OWNER, "elsewhere");
    let found = answer(waiting);
    assert_eq!(found.json()["audit"], now["audit"].as_i64().unwrap() + 1);
    let timed_out = served.position(&format!("?audit={}&wait=1", found.json()["audit"]));
    assert_eq!(timed_out["audit"], found.json()["audit"]);
}

/// A restored log can end at the same number.
#[test]
fn another_row_of_the_same_number_is_news() {
    let served = serve();
    let none = "0".repeat(64);
    let now = served.position(&format!("?audit_hash={none}"));
    assert_eq!(served.position("").get("audit_hash"), None, "an older jeton doesn't know the field");
    let (audit, hash) = (&now["audit"], now["audit_hash"].as_str().unwrap());
    let other = served.position(&format!("?audit={audit}&audit_hash={none}&wait=30"));
    assert_eq!(other["audit_hash"], hash);
    let waiting = served.wait(&format!("audit={audit}&audit_hash={hash}&wait=30"));
    served.install.issue(OWNER, "elsewhere");
    let found = answer(waiting).json();
    assert_eq!(found["audit"], audit.as_i64().unwrap() + 1);
    assert_ne!(found["audit_hash"], hash);
}

#[test]
fn usage_is_news_only_for_those_who_ask() {
    let served = serve();
    let now = served.position("");
    let query = format!("audit={}&wait=30", now["audit"]);
    let other = served.wait(&query);
    let waiting = served.wait(&format!("{query}&ledger={}", now["ledger"]));
    assert_eq!(served.service.client().verify(&served.reader, METHOD).status, 200);
    let found = answer(waiting).json();
    assert_eq!(found["audit"], now["audit"]);
    assert_ne!(found["ledger"], now["ledger"]);
    served.install.issue(OWNER, "elsewhere");
    assert_ne!(answer(other).json()["audit"], now["audit"]);
}

#[test]
fn waiting_call_ends_when_its_token_does() {
    let served = serve();
    let waiting = served.wait(&format!("audit={}&wait=30", served.position("")["audit"]));
    let disable = DisableTokens { tokens: vec![TokenTarget::by_reference("reader")] };
    served.install.call("member", disable).unwrap();
    assert_eq!(answer(waiting).status, 401);
}

#[test]
fn waiting_call_is_answered_when_the_service_stops() {
    let served = serve();
    let now = served.position("");
    let waiting = served.wait(&format!("audit={}&wait=30", now["audit"]));
    drop(served.service);
    assert_eq!(answer(waiting).json()["audit"], now["audit"]);
}

/// Others still reach the service, whatever the number of callers that would wait.
#[test]
fn only_so_many_calls_wait() {
    let served = serve();
    let now = served.position("");
    let query = format!("audit={}&wait=30", now["audit"]);
    let waiting: Vec<Client> = (0..24).map(|_| served.wait(&query)).collect();
    assert_eq!(served.position(&format!("?{query}"))["audit"], now["audit"]);
    served.install.issue(OWNER, "elsewhere");
    for client in waiting {
        assert_ne!(answer(client).json()["audit"], now["audit"]);
    }
}
