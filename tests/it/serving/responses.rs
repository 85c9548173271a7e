//! Each row of the table of verify answers, over both listeners.

use serde_json::json;

use super::{METHOD, OTHER, issue_with_methods, new_install, secret_text};
use crate::support::http::{Reply, bearer};
use crate::support::service_process::ServiceProcess;

const HTTP_METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"];
const IDENTITY: [&str; 6] =
    ["X-Jeton-Account", "X-Jeton-Account-Id", "X-Jeton-Role", "X-Jeton-Token", "X-Jeton-Hint", "X-Jeton-Method"];

/// Returns the identity headers of an answer.
fn identity_headers(answer: &Reply) -> Vec<String> {
    IDENTITY.iter().flat_map(|name| answer.all(name)).map(str::to_owned).collect()
}

/// Asserts that a refusal has exactly these headers and no body.
#[track_caller]
fn assert_denied(answer: &Reply, status: u16, result: u8, challenge: Option<&str>) {
    assert_eq!((answer.status, answer.json()), (status, json!({ "result": result })), "{answer:?}");
    assert_eq!(answer.all("WWW-Authenticate"), challenge.into_iter().collect::<Vec<_>>());
    assert_eq!(answer.header("Cache-Control"), "no-store");
    assert_eq!(answer.header("Content-Type"), "application/json");
    assert!(!answer.head.to_ascii_lowercase().contains("x-jeton"), "{answer:?}");
}

const INVALID: Option<&str> = Some("Bearer realm=\"jeton\", error=\"invalid_token\"");

#[test]
fn verify_answers_alike_for_every_http_method() {
    let install = new_install();
    let issued = issue_with_methods(&install, "ci", &[METHOD]);
    let (secret, owner) = (bearer(&secret_text(&issued)), &issued.token.owner);
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    for verb in HTTP_METHODS {
        for method in ["-", METHOD] {
            let path = format!("/v1/verify/{method}");
            let permitted = client.request(verb, &path, &[&secret]);
            assert_eq!(permitted.status, 200, "{verb} {permitted:?}");
            let (id, hint) = (owner.id.to_string(), issued.secret.hint());
            assert_eq!(identity_headers(&permitted), ["ops", &id, "owner", "ci", hint, method], "{verb}");
            assert_eq!(permitted.header("Cache-Control"), "no-store");
            assert_eq!(permitted.header("Content-Type"), "application/json");
            assert!(permitted.all("WWW-Authenticate").is_empty());
            let reply = json!({"result": 0, "method": method, "account": "ops", "account_id": id, "role": "owner",
                              "token": "ci", "hint": hint});
            if verb == "HEAD" {
                let length = client.request("GET", &path, &[&secret]).body.len();
                assert_eq!(permitted.header("Content-Length"), length.to_string());
                assert_eq!(client.request("HEAD", &path, &[]).status, 401);
                assert_eq!(client.request("HEAD", &path, &["Authorization: x"]).status, 401);
                continue;
            }
            assert_eq!(permitted.json(), reply, "{verb}");
            assert_denied(&client.request(verb, &path, &[]), 401, 1, Some("Bearer realm=\"jeton\""));
            assert_denied(&client.request(verb, &path, &["Authorization: Bearer x"]), 401, 2, INVALID);
        }
        if verb != "HEAD" {
            let lacking = client.request(verb, &format!("/v1/verify/{OTHER}"), &[&secret]);
            assert_denied(&lacking, 403, 3, Some("Bearer realm=\"jeton\", error=\"insufficient_scope\""));
            assert_denied(&client.request(verb, "/v1/verify/no.Such", &[&secret]), 503, 4, None);
            assert_denied(&client.request(verb, "/v1/verify/", &[&secret]), 503, 4, None);
            assert_denied(&client.request(verb, "/v1/verify", &[&secret]), 503, 4, None);
            // Unknown methods stay unknown: no retry within a second helps.
            for path in ["/v1/verify/no.Such", "/v1/verify"] {
                assert!(client.request(verb, path, &[&secret]).all("Retry-After").is_empty(), "{verb} {path}");
            }
        }
    }
    service.stop();
}

/// The body lists the token's methods only on request, but always the identity.
#[test]
fn verify_lists_methods_on_request() {
    let install = new_install();
    let issued = issue_with_methods(&install, "ci", &[METHOD, OTHER]);
    let empty = issue_with_methods(&install, "empty", &[]);
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    let mut reply = |issued, path: &str| client.verify_at(path, &secret_text(issued)).json();
    for query in ["?methods", "?methods=", "?methods=1", "?x&methods", "?methods&methods"] {
        for method in ["-", METHOD] {
            let path = format!("/v1/verify/{method}");
            let mut plain = reply(&issued, &path);
            assert_eq!(plain["account"], "ops");
            plain["methods"] = json!([OTHER, METHOD]);
            assert_eq!(reply(&issued, &format!("{path}{query}")), plain, "{query}");
        }
    }
    assert_eq!(reply(&empty, "/v1/verify/-?methods")["methods"], json!([]));
    for query in ["?method", "?xmethods", "?x=methods", "?Methods", "?methods%20", "?x;methods"] {
        assert_eq!(reply(&issued, &format!("/v1/verify/-{query}"))["methods"], json!(null), "{query}");
    }
    let head = client.request("HEAD", "/v1/verify/-?methods", &[&bearer(&secret_text(&issued))]);
    let whole = client.verify_at("/v1/verify/-?methods", &secret_text(&issued));
    assert_eq!(head.header("Content-Length"), whole.body.len().to_string());
    let denied = client.verify_at("/v1/verify/-?methods", &secret_text(&empty).replace("jtn_", "jtm_"));
    assert_eq!(denied.body, "{\"result\":2}");
    service.stop();
}

/// The method is the first path segment, taken raw. Later segments and the query are ignored.
#[test]
fn verify_takes_the_method_undecoded() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    let encoded = METHOD.replace('.', "%2e");
    let lower = METHOD.to_ascii_lowercase();
    for (path, status) in [
        (format!("/v1/verify/{METHOD}/"), 200),
        (format!("/v1/verify/{METHOD}/some/tail"), 200),
        (format!("/v1/verify/{METHOD}/../{OTHER}"), 200),
        (format!("/v1/verify/{METHOD}?method={OTHER}&a=/../x"), 200),
        (format!("/v1/verify/{METHOD}?"), 200),
        ("/v1/verify/-/admin/users?x".to_owned(), 200),
        (format!("http://elsewhere.example/v1/verify/{METHOD}"), 200),
        (format!("/v1/verify/{OTHER}/../{METHOD}"), 403),
        (format!("/v1/verify/{OTHER}?x=/v1/verify/-"), 403),
        ("/v1/verify/%2d".to_owned(), 503),
        ("/v1/verify/..".to_owned(), 503),
        (format!("/v1/verify/../{METHOD}"), 503),
        (format!("/v1/verify//{METHOD}"), 503),
        (format!("/v1/verify/./{METHOD}"), 503),
        (format!("/v1/verify/{encoded}"), 503),
        (format!("/v1/verify/{METHOD}%00"), 503),
        (format!("/v1/verify/{METHOD};x"), 503),
        (format!("/v1/verify/{METHOD}%2f"), 503),
        (format!("/v1/verify/{METHOD}."), 503),
        (format!("/v1/verify/{lower}"), 503),
        (format!("/v1/verify/-{METHOD}"), 503),
        ("/v1/verify/--".to_owned(), 503),
        ("/v1/verify?x=/-".to_owned(), 503),
        (format!("/v1/verify/{}", "a".repeat(201)), 503),
        (format!("/v1/verifyx/{METHOD}"), 404),
        ("/v1/verify-".to_owned(), 404),
        (format!("/v1/Verify/{METHOD}"), 404),
        (format!("//v1/verify/{METHOD}"), 404),
        (format!("/v1//verify/{METHOD}"), 404),
        (format!("/v1/./verify/{METHOD}"), 404),
        (format!("/x/../v1/verify/{METHOD}"), 404),
        (format!("/v1%2fverify/{METHOD}"), 404),
        (format!("/v2/verify/{METHOD}"), 404),
        ("/".to_owned(), 404),
        ("*".to_owned(), 404),
        ("/v1/health/".to_owned(), 404),
        ("/../v1/health".to_owned(), 404),
        ("/v1/introspect".to_owned(), 404),
        ("/v1/head".to_owned(), 404),
        ("/metrics".to_owned(), 404),
        ("/v1/tokens".to_owned(), 404),
        ("/v1/verify/../tokens".to_owned(), 503),
    ] {
        let answer = client.verify_at(&path, &secret);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(answer.header("Cache-Control"), "no-store", "{path}");
        assert_eq!(identity_headers(&answer).len(), if status == 200 { 6 } else { 0 }, "{path}");
    }
    service.stop();
}

impl crate::support::http::Client {
    fn verify_at(&mut self, path: &str, secret: &str) -> Reply {
        self.request("GET", path, &[&bearer(secret)])
    }
}

/// Forged identity headers never come back: each one is set once, with the true value.
#[test]
fn forged_identity_headers_are_ignored() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    let forged = [
        bearer(&secret),
        "X-Jeton-Account: evil".to_owned(),
        "X_Jeton_Account: evil".to_owned(),
        "X-Jeton-Role: evil".to_owned(),
        "X-Forwarded-Method: evil".to_owned(),
        "X-Original-URL: /v1/verify/-".to_owned(),
        "X-HTTP-Method-Override: evil".to_owned(),
    ];
    let headers: Vec<&str> = forged.iter().map(String::as_str).collect();
    let answer = client.request("GET", &format!("/v1/verify/{METHOD}"), &headers);
    assert_eq!((answer.status, identity_headers(&answer).len()), (200, 6));
    assert!(!format!("{answer:?}").contains("evil"));
    assert_eq!(client.request("GET", &format!("/v1/verify/{OTHER}"), &headers).status, 403);
    service.stop();
}

/// The verify listener answers verify and health. The management listener answers everything except verify.
#[test]
fn listeners_serve_their_own_paths_only() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let (mut client, mut manager) = (service.client(), service.management_client());
    for verb in ["GET", "HEAD"] {
        for listener in [&mut client, &mut manager] {
            let health = listener.request(verb, "/v1/health", &[]);
            assert_eq!((health.status, health.header("Cache-Control")), (200, "no-store"));
        }
    }
    assert_eq!(client.request("GET", "/v1/health?x", &[]).json(), json!({"status": "ok"}));
    for (path, verb, allowed) in
        [("/v1/health", "POST", "GET, HEAD"), ("/v1/head", "PUT", "GET, HEAD"), ("/v1/introspect", "GET", "POST")]
    {
        let answer = manager.request(verb, path, &[]);
        assert_eq!((answer.status, answer.header("Allow")), (405, allowed), "{path}");
    }
    assert_eq!(client.request("DELETE", "/v1/health", &[]).status, 405);
    for path in ["/v1/verify/-".to_owned(), format!("/v1/verify/{METHOD}"), "/v1/verify".to_owned(), "/".to_owned()] {
        assert_eq!(manager.verify_at(&path, &secret).status, 404, "{path}");
    }
    service.stop();
}
