//! Bodies of denials: as jeton's own for clients that accept JSON.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::SHOP;
use super::mock_server::{Reply, connect, response};
use super::setup::{ProxySetup, ProxyUnderTest, SetupOptions, Verifier, home_with_catalogue};

const PROXY_DENIAL: &str = "no method has a route for this request";

/// Sends a request, and returns the reply with its body.
fn whole(proxy_setup: &ProxySetup, request: &str, headers: &[&str]) -> (Reply, String) {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let mut stream = connect(proxy_setup.proxy.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let text = format!("{request} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8_lossy(&reply).into_owned();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {reply:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (Reply { status, head: head.to_lowercase() }, body.to_owned())
}

fn bodies_of_denials_are_json_for_those_who_accept_it(kind: ProxyUnderTest) {
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(SHOP), Verifier::start(kind));
    let own = || json!({ "result": 3, "error": PROXY_DENIAL });
    for (request, secret, status, expected) in [
        ("GET /orders/7", None, 401, json!({ "result": 1 })),
        ("GET /orders/7", Some("none"), 401, json!({ "result": 2 })),
        ("GET /orders/7.json", Some("none"), 401, json!({ "result": 2 })),
        ("GET /orders/7", Some("shop.Other"), 403, json!({ "result": 3 })),
        ("GET /nothing", Some("all"), 403, own()),
        ("GET /orders/../orders/7", Some("all"), 403, own()),
        ("GET /orders/7?_method=DELETE", Some("all"), 403, own()),
        ("GET /orders/Mine", Some("all"), 403, own()),
        ("GET /orders/7", Some("fault"), 503, json!({ "result": 4 })),
    ] {
        if kind.resolves_paths() && (expected.get("error").is_some() || request.contains("..")) {
            // This proxy can't choose the body of its own denials, as its guide states.
            continue;
        }
        let credential = secret.map(|secret| format!("Authorization: Bearer {secret}"));
        for accept in ["Accept: application/json", "Accept: text/html, Application/JSON;q=0.9, */*;q=0.1"] {
            let headers: Vec<&str> = credential.as_deref().into_iter().chain([accept]).collect();
            let (reply, body) = whole(&proxy_setup, request, &headers);
            let status = if kind == ProxyUnderTest::Nginx && status == 503 { 500 } else { status };
            assert_eq!(reply.status, status, "{kind:?} {request} {secret:?}: {reply:?}");
            let found: Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{kind:?} {request}: {e} {body}"));
            let found = match (kind, status) {
                // The stand-in for jeton answers `{}`, which these proxies pass on.
                (ProxyUnderTest::Traefik, _) | (ProxyUnderTest::Envoy, 401) if found == json!({}) => expected.clone(),
                _ => found,
            };
            assert_eq!(found, expected, "{kind:?} {request} {secret:?}");
            if kind != ProxyUnderTest::Traefik {
                assert_eq!(reply.head.matches("content-type: application/json").count(), 1, "{kind:?} {reply:?}");
            }
            assert!(status != 401 || reply.head.contains("www-authenticate: bearer"), "{kind:?} {reply:?}");
        }
        let others: Vec<&str> = credential.as_deref().into_iter().chain(["Accept: text/html"]).collect();
        let (reply, body) = whole(&proxy_setup, request, &others);
        assert!(!body.contains("result") && !reply.head.contains("json"), "{kind:?} {request}: {body}");
        let (reply, body) = whole(&proxy_setup, &request.replace("GET ", "HEAD "), &["Accept: application/json"]);
        assert!(reply.status >= 400 && body.is_empty(), "{kind:?} HEAD {request}: {reply:?} {body}");
    }
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
}

fn denials_by_the_application_are_its_own(kind: ProxyUnderTest) {
    for status in ["401 Unauthorized", "403 Forbidden", "500 Internal Server Error", "503 Service Unavailable"] {
        let own = format!("own {status}");
        let application = Box::new(move |_: &_| Some(response(status, &["X-App: yes".to_owned()], &own)));
        let options = SetupOptions { application, ..SetupOptions::default() };
        let proxy_setup = ProxySetup::start_with(kind, home_with_catalogue(SHOP), Verifier::start(kind), options);
        let headers = ["Authorization: Bearer all", "Accept: application/json"];
        let (reply, body) = whole(&proxy_setup, "GET /orders/7", &headers);
        assert!(reply.head.contains("x-app: yes") && body.contains("own "), "{kind:?} {reply:?} {body}");
        assert_eq!(reply.status.to_string(), status[..3], "{kind:?}");
    }
}

fn jeton_that_is_down_gives_json_too(kind: ProxyUnderTest) {
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(SHOP), Verifier::down());
    let headers = ["Authorization: Bearer all", "Accept: application/json"];
    let (reply, body) = whole(&proxy_setup, "GET /orders/7", &headers);
    assert!(reply.status >= 500, "{kind:?} {reply:?}");
    if !matches!(kind, ProxyUnderTest::Caddy | ProxyUnderTest::Traefik) {
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({ "result": 4 }), "{kind:?}");
    }
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
}

for_each_proxy!(
    bodies_of_denials_are_json_for_those_who_accept_it,
    denials_by_the_application_are_its_own,
    jeton_that_is_down_gives_json_too,
);
