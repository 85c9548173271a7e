//! Calls with an `Idempotency-Key`: however often a call is repeated, its change is made once.

use serde_json::{Value, json};

use super::{new_install, secret_text, selection};
use crate::support::fakes::{OWNER, TestInstall, audit_rows, create};
use crate::support::http::{Client, Reply, bearer};
use crate::support::service_in_process::ServiceInProcess;
use crate::support::service_process::ServiceProcess;
use jeton::verbs::tokens::CreateToken;

/// Returns the secret of a token of `account` that may read and change tokens.
fn writer(install: &TestInstall, account: &str, name: &str) -> String {
    secret_text(&install.create(
        account,
        CreateToken { selection: selection(&["jeton.tokens.read", "jeton.tokens.write"]), ..create(name) },
    ))
}

fn post(client: &mut Client, path: &str, secret: &str, key: &str, body: &Value) -> Reply {
    let headers = ["Content-Type: application/json", &bearer(secret), &format!("Idempotency-Key: {key}")];
    client.post(path, &headers, &body.to_string())
}

fn new_token(name: &str) -> Value {
    json!({"names": [name], "selection": {"inherit": false, "sets": [], "methods": []}})
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, kind: &str) {
    assert_eq!((reply.status, &reply.json()["kind"]), (status, &json!(kind)), "{reply:?}");
}

#[test]
fn repetition_returns_the_same_token_without_its_secret() {
    let install = new_install();
    let secret = writer(&install, OWNER, "writer");
    let service = ServiceInProcess::start(&install);
    let mut client = service.management_client();
    let regenerated = |reply: &Reply| reply.json()["value"]["token"]["id"].clone();
    let first = post(&mut client, "/v1/tokens", &secret, "key 1", &new_token("new"));
    assert_eq!(first.status, 200, "{first:?}");
    let renewed = post(&mut client, "/v1/tokens/new/regenerate", &secret, "key 2", &json!({}));
    let copied = post(&mut client, "/v1/tokens/new/copy", &secret, "key 3", &json!({"name": "twin"}));
    assert_eq!((renewed.status, copied.status), (200, 200), "{renewed:?} {copied:?}");
    let known = audit_rows(install.store()).len();

    let again = post(&mut client, "/v1/tokens", &secret, "key 1", &new_token("new"));
    assert_eq!(again.status, 200, "{again:?}");
    let again = again.json();
    assert_eq!(again["value"][0]["token"]["id"], first.json()["value"][0]["token"]["id"]);
    assert_eq!((again["value"].as_array().unwrap().len(), &again["value"][0]["secret"]), (1, &Value::Null));
    assert!(again["next"].is_string());
    for (before, path, key, body) in [
        (renewed, "/v1/tokens/new/regenerate", "key 2", json!({})),
        (copied, "/v1/tokens/new/copy", "key 3", json!({"name": "twin"})),
    ] {
        let again = post(&mut client, path, &secret, key, &body);
        assert_eq!((again.status, regenerated(&again)), (200, regenerated(&before)), "{again:?}");
        assert_eq!(again.json()["value"]["secret"], Value::Null);
    }
    assert_eq!(audit_rows(install.store()).len(), known);
}

#[test]
fn key_belongs_to_one_caller_and_call_for_a_day() {
    let install = new_install();
    let (secret, second) = (writer(&install, OWNER, "writer"), writer(&install, OWNER, "second"));
    let members = writer(&install, "member", "writer");
    let service = ServiceInProcess::start(&install);
    let mut client = service.management_client();
    assert_eq!(post(&mut client, "/v1/tokens", &secret, "k", &new_token("new")).status, 200);
    let known = audit_rows(install.store()).len();
    assert_refused(&post(&mut client, "/v1/tokens", &secret, "k", &new_token("other")), 409, "conflict");
    assert_refused(&post(&mut client, "/v1/tokens/new/regenerate", &secret, "k", &json!({})), 409, "conflict");
    assert_refused(&post(&mut client, "/v1/tokens", &second, "k", &new_token("new")), 409, "conflict");
    for malformed in ["", &"x".repeat(65), "\u{e9}"] {
        assert_refused(&post(&mut client, "/v1/tokens", &secret, malformed, &new_token("other")), 400, "usage");
    }
    let disable = json!({"tokens": [{"reference": {"text": "new"}}]});
    assert_refused(&post(&mut client, "/v1/tokens/-/disable", &secret, "k2", &disable), 400, "usage");
    assert_eq!(audit_rows(install.store()).len(), known);
    let of_member = post(&mut client, "/v1/tokens", &members, "k", &new_token("new"));
    assert!(of_member.json()["value"][0]["secret"].is_string(), "{of_member:?}");
    install.fakes.clock.advance(super::DAY);
    let later = post(&mut client, "/v1/tokens", &secret, "k", &new_token("later"));
    assert!(later.json()["value"][0]["secret"].is_string(), "{later:?}");
}

/// A refused call is not remembered: it can succeed later.
#[test]
fn refused_call_keeps_its_key_free() {
    let install = new_install();
    let secret = writer(&install, OWNER, "writer");
    let service = ServiceInProcess::start(&install);
    let mut client = service.management_client();
    assert_refused(&post(&mut client, "/v1/tokens", &secret, "k", &new_token("writer")), 409, "conflict");
    assert_eq!(post(&mut client, "/v1/tokens", &secret, "k", &new_token("new")).status, 200);
}

#[test]
fn killed_service_leaves_one_token_and_one_audit_row() {
    let install = new_install();
    let secret = writer(&install, OWNER, "writer");
    let rows_of = |name: &str| {
        let rows = audit_rows(install.store());
        rows.iter().filter(|row| row.verb == "token.create" && row.target_name == format!("{OWNER}/{name}")).count()
    };
    for round in 0..6 {
        let name = format!("new{round}");
        let body = new_token(&name).to_string();
        let call = format!(
            "POST /v1/tokens HTTP/1.1\r\nHost: jeton\r\n{}\r\nIdempotency-Key: {name}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            bearer(&secret),
            body.len()
        );
        let service = ServiceProcess::start(&install.temp_store.path());
        let mut client = service.management_client();
        client.send(call);
        // In some rounds the change is committed, and its answer never read. In the others it may be.
        let is_committed = round % 2 == 0;
        while is_committed && rows_of(&name) == 0 {
            std::thread::yield_now();
        }
        drop(service);
        let service = ServiceProcess::start(&install.temp_store.path());
        let mut client = service.management_client();
        let again = post(&mut client, "/v1/tokens", &secret, &name, &new_token(&name));
        assert_eq!(again.status, 200, "{again:?}");
        assert_eq!(again.json()["value"][0]["token"]["name"], name);
        assert!(!is_committed || again.json()["value"][0]["secret"].is_null(), "{again:?}");
        assert_eq!(rows_of(&name), 1);
        let listed = client.request("GET", &format!("/v1/tokens/{name}"), &[&bearer(&secret)]);
        assert_eq!(listed.status, 200, "{listed:?}");
    }
}
