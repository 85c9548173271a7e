//! The management API: the same verbs as the command line, with a token or a password.

use std::time::Duration;

use jeton::api;
use jeton::domain::catalogue::Catalogue;
use jeton::domain::role::Role;
use jeton::verbs::AuthLevel;
use jeton::verbs::accounts::SetRole;
use jeton::verbs::request::{VERBS, VerbInfo};
use serde_json::{Value, json};

use super::{METHOD, secret_text, selection};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, audit_rows, create, username};
use crate::support::http::{Client, Reply, bearer};
use crate::support::service_in_process::ServiceInProcess;
use jeton::verbs::tokens::CreateToken;

const JSON: &str = "Content-Type: application/json";

fn get(client: &mut Client, path: &str, secret: &str) -> Reply {
    client.request("GET", path, &[&bearer(secret)])
}

fn post(client: &mut Client, path: &str, credential: &str, body: &Value) -> Reply {
    client.post(path, &[JSON, credential], &body.to_string())
}

/// Returns the header with a proof that `username` gave this password.
fn proof(client: &mut Client, username: &str) -> String {
    let reply = client.post("/v1/confirm", &[JSON], &json!({"username": username, "password": PASSWORD}).to_string());
    assert_eq!(reply.status, 200, "{reply:?}");
    format!("Jeton-Proof: {}", reply.json()["proof"].as_str().unwrap())
}

#[track_caller]
fn assert_problem(reply: &Reply, status: u16, kind: &str) {
    assert_eq!((reply.status, reply.header("Content-Type")), (status, "application/problem+json"), "{reply:?}");
    let problem = reply.json();
    assert_eq!((&problem["status"], &problem["kind"]), (&json!(status), &json!(kind)));
    assert_eq!(problem["type"], format!("urn:jeton:error:{kind}"));
    assert_eq!(reply.header("Cache-Control"), "no-store");
}

/// Serves an installation in which `member` has the tokens `reader`, which may list tokens, and `deploy`.
fn serve() -> (TestInstall, ServiceInProcess, Client, String) {
    let install = TestInstall::with_accounts();
    install.issue(OWNER, "owners");
    let reader = CreateToken { selection: selection(&["jeton.tokens.read"]), ..create("reader") };
    let reader = secret_text(&install.create("member", reader));
    install.issue("member", "deploy");
    let service = ServiceInProcess::start(&install);
    let client = service.management_client();
    (install, service, client, reader)
}

#[test]
fn token_lists_the_tokens_of_its_account_and_no_others() {
    let (_install, _service, mut client, reader) = serve();
    let listed = get(&mut client, "/v1/tokens", &reader);
    assert_eq!((listed.status, listed.header("Cache-Control")), (200, "no-store"));
    let names = |reply: &Reply| -> Vec<String> {
        reply.json()["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut all = names(&listed);
    all.sort();
    assert_eq!(all, ["deploy", "reader"]);
    let query = "/v1/tokens?filter=%7B%22words%22%3A%5B%22depl%22%5D%7D&limit=5";
    assert_eq!(names(&get(&mut client, query, &reader)), ["deploy"]);
    let shown = get(&mut client, "/v1/tokens/deploy", &reader);
    assert_eq!(shown.json()["token"]["account"], "member");
    assert_problem(&get(&mut client, "/v1/tokens/owners", &reader), 404, "not-found");
}

#[test]
fn call_beyond_the_token_is_refused_and_changes_nothing() {
    let (install, _service, mut client, reader) = serve();
    let before = audit_rows(install.store()).len();
    let body = json!({"names": ["more"], "selection": {"inherit": false, "sets": [], "methods": [METHOD]}});
    assert_problem(&post(&mut client, "/v1/tokens", &bearer(&reader), &body), 403, "denied");
    assert_problem(&get(&mut client, "/v1/audit", &reader), 403, "denied");
    assert_eq!(audit_rows(install.store()).len(), before);
}

#[test]
fn change_needs_a_proof_that_can_be_used_once() {
    let (install, _service, mut client, _) = serve();
    let proof_header = proof(&mut client, "member");
    let body = json!({"names": ["new"], "selection": {"inherit": true, "sets": [], "methods": []}});
    let created = post(&mut client, "/v1/tokens", &proof_header, &body);
    assert_eq!(created.status, 200, "{created:?}");
    let created = created.json();
    assert_eq!(created["value"][0]["token"]["name"], "new");
    assert!(created["value"][0]["secret"].as_str().unwrap().starts_with("jtn_"));
    let row = audit_rows(install.store()).pop().unwrap();
    assert_eq!((row.verb.as_str(), row.name.as_str(), row.face.as_str()), ("token.create", "member", "api"));
    assert_problem(&post(&mut client, "/v1/tokens", &proof_header, &body), 401, "unauthenticated");
}

#[test]
fn login_reads_changes_nothing_and_ends() {
    let (install, service, mut client, _) = serve();
    let call = json!({"username": "member", "password": PASSWORD, "name": "cli-laptop"});
    let log_in = |client: &mut Client| {
        let reply = client.post("/v1/login", &[JSON], &call.to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["value"]["secret"].as_str().unwrap().to_owned()
    };
    let first = log_in(&mut client);
    assert_eq!(get(&mut client, "/v1/whoami", &first).json()["account"]["username"], "member");
    assert_eq!(get(&mut client, "/v1/tokens", &first).json()["rows"].as_array().unwrap().len(), 2);
    let body = json!({"names": ["more"], "selection": {"inherit": true, "sets": [], "methods": []}});
    assert_problem(&post(&mut client, "/v1/tokens", &bearer(&first), &body), 401, "unauthenticated");
    // The next login of the same machine replaces it.
    let second = log_in(&mut client);
    assert_problem(&get(&mut client, "/v1/whoami", &first), 401, "unauthenticated");
    assert_eq!(get(&mut client, "/v1/whoami", &second).status, 200);
    // Applications are not what a login is for.
    let mut verifier = service.client();
    assert_eq!(verifier.verify(&second, "-").status, 401);
    assert_eq!(post(&mut client, "/v1/logout", &bearer(&second), &json!({"secret": second})).status, 200);
    assert_problem(&get(&mut client, "/v1/whoami", &second), 401, "unauthenticated");
    let third = log_in(&mut client);
    let role = SetRole { username: username("member"), role: Role::Viewer, expected: Vec::new() };
    install.call(OWNER, role).unwrap();
    assert_problem(&get(&mut client, "/v1/whoami", &third), 401, "unauthenticated");
}

#[test]
fn wrong_password_is_delayed_without_another_hash() {
    let (_install, _service, mut client, _) = serve();
    let wrong = json!({"username": "member", "password": "not the password"});
    assert_problem(&post(&mut client, "/v1/confirm", "X-None: x", &wrong), 401, "unauthenticated");
    let delayed = post(&mut client, "/v1/confirm", "X-None: x", &wrong);
    assert_problem(&delayed, 429, "unauthenticated");
    assert_eq!(delayed.header("Retry-After"), "1");
}

#[test]
fn no_endpoint_answers_without_a_credential() {
    let (_install, _service, mut client, reader) = serve();
    let has_own_proof = |verb: &VerbInfo| verb.auth_level == AuthLevel::Possession;
    let with_own_proof: Vec<_> = VERBS.iter().filter(|verb| has_own_proof(verb)).map(|verb| verb.name).collect();
    assert_eq!(with_own_proof, ["token.revoke.secret"]);
    // A login without a credential is a call with a password.
    let verbs = VERBS.iter().filter(|verb| verb.name != "login" && !has_own_proof(verb));
    let endpoints = verbs.filter_map(|verb| verb.endpoint);
    for endpoint in endpoints {
        let path: Vec<&str> = endpoint.path.split('/').map(|s| if s.starts_with('{') { "x" } else { s }).collect();
        let refused = client.request(endpoint.http_method, &path.join("/"), &[JSON]);
        assert_problem(&refused, 401, "unauthenticated");
        assert!(refused.header("WWW-Authenticate").starts_with("Bearer"), "{endpoint:?}");
    }
    for bad in ["x", &format!("{reader}x"), &"x".repeat(600)] {
        assert_problem(&get(&mut client, "/v1/whoami", bad), 401, "unauthenticated");
    }
    let both = [bearer(&reader), "Jeton-Proof: x".to_owned()];
    let headers: Vec<&str> = both.iter().map(String::as_str).collect();
    assert_problem(&client.request("GET", "/v1/whoami", &headers), 401, "unauthenticated");
    let twice = [bearer(&reader), bearer(&reader)];
    let headers: Vec<&str> = twice.iter().map(String::as_str).collect();
    assert_problem(&client.request("GET", "/v1/whoami", &headers), 401, "unauthenticated");
}

#[test]
fn callers_that_send_no_body_hold_up_nobody() {
    let (_install, service, mut client, secret) = serve();
    let head = "POST /v1/confirm HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n";
    let silent: Vec<Client> = (0..80)
        .map(|_| {
            let mut caller = service.management_client();
            caller.send(head);
            caller
        })
        .collect();
    client.set_timeout(Duration::from_secs(4));
    assert_eq!(get(&mut client, "/v1/tokens", &secret).status, 200);
    drop(silent);
}

#[test]
fn only_managers_send_bodies_of_the_size_of_a_catalogue() {
    let (install, service, _, reader) = serve();
    let owners = CreateToken { selection: selection(&["jeton.tokens.read"]), ..create("large") };
    let owners = secret_text(&install.create(OWNER, owners));
    let body = format!("{{\"tokens\":[]{}}}", " ".repeat(1_500_000));
    let status = |secret: &str| {
        let mut client = service.management_client();
        client.post("/v1/tokens/-/review", &[&bearer(secret), JSON], &body).status
    };
    assert_eq!((status(&reader), status(&owners)), (400, 200));
}

#[test]
fn misspelled_calls_are_refused_with_their_reason() {
    let (_install, _service, mut client, reader) = serve();
    assert_problem(&get(&mut client, "/v1/nothing", &reader), 404, "not-found");
    let other = client.request("DELETE", "/v1/tokens", &[&bearer(&reader)]);
    assert_problem(&other, 405, "usage");
    assert_eq!(other.header("Allow"), "GET, POST");
    assert_problem(&get(&mut client, "/v1/tokens?limits=3", &reader), 400, "usage");
    assert_problem(&get(&mut client, "/v1/tokens?limit=x", &reader), 400, "usage");
    assert_problem(&get(&mut client, "/v1/tokens?limit=1&limit=2", &reader), 400, "usage");
    assert_problem(&post(&mut client, "/v1/tokens", &bearer(&reader), &json!([])), 400, "usage");
    let form = client.post("/v1/tokens", &["Content-Type: text/plain", &bearer(&reader)], "{}");
    assert_problem(&form, 400, "usage");
}

#[test]
fn change_with_the_revision_of_an_earlier_answer_is_made_once() {
    let (install, _service, mut client, reader) = serve();
    let shown = get(&mut client, "/v1/tokens/deploy", &reader);
    let seen = shown.header("ETag").to_owned();
    let mut change = |method: &str, action: &str, if_match: &str, body: Value| {
        let proof = proof(&mut client, "member");
        let head =
            [JSON, &proof, &format!("If-Match: {if_match}"), &format!("Content-Length: {}", body.to_string().len())];
        client.send(crate::support::http::head(method, &format!("/v1/tokens/{action}"), &head) + &body.to_string());
        client.read_reply().unwrap()
    };
    let described = |text: &str| json!({"description": text});
    let edited = change("PATCH", "deploy", &seen, described("first"));
    assert_eq!(edited.status, 200, "{edited:?}");
    let now = edited.header("ETag").to_owned();
    assert_ne!(now, seen);
    let known = audit_rows(install.store()).len();
    assert_problem(&change("PATCH", "deploy", &seen, described("second")), 412, "conflict");
    assert_problem(&change("POST", "deploy/copy", &seen, json!({"name": "more"})), 412, "conflict");
    assert_problem(&change("POST", "deploy/regenerate", &seen, json!({})), 412, "conflict");
    assert_problem(&change("POST", "deploy/retire", &seen, json!({})), 412, "conflict");
    for malformed in ["7", "\"x\""] {
        assert_problem(&change("PATCH", "deploy", malformed, described("third")), 400, "usage");
    }
    let twice = json!({"token": {"expected_revision": 1}});
    assert_problem(&change("POST", "deploy/retire", &now, twice), 400, "usage");
    assert_problem(&change("POST", "-/disable", &now, json!({"tokens": []})), 400, "usage");
    assert_eq!(audit_rows(install.store()).len(), known);
    assert_eq!(change("POST", "deploy/regenerate", "*", json!({})).status, 200);
    assert_problem(&change("PATCH", "deploy", &now, described("fourth")), 412, "conflict");
}

/// A program with the store's file needs no identity for these verbs. Over the network they don't exist, or need one.
#[test]
fn what_only_the_store_proves_has_no_endpoint() {
    let hidden: Vec<_> = VERBS.iter().filter(|verb| verb.endpoint.is_none()).map(|verb| verb.name).collect();
    assert_eq!(hidden, ["greet", "init", "audit.verify", "check"]);
    let init = api::encode(&crate::support::fakes::init(true).into());
    assert_eq!(init.unwrap_err().kind, jeton::error::Kind::Usage);
}

#[test]
fn preview_of_a_catalogue_needs_a_manager() {
    let (_install, _service, mut client, _) = serve();
    let body = json!({"catalogue": Catalogue::shipped("cloud-platform").unwrap()});
    let by_member = proof(&mut client, "member");
    assert_problem(&post(&mut client, "/v1/catalogue/preview", &by_member, &body), 403, "denied");
    let by_owner = proof(&mut client, OWNER);
    assert_eq!(post(&mut client, "/v1/catalogue/preview", &by_owner, &body).status, 200);
}
