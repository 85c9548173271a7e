//! Routes as GitHub, Kubernetes and Vault have them: parameters of several segments, and paths that clients really send.

use super::mock_server::send_raw;
use super::setup::{ProxySetup, ProxyUnderTest, Verifier, home_with_catalogue};

const HUB: &str = r#"schema = 1
name = "hub"
title = "Hub"
[[group]]
id = "hub"
title = "Hub"
method = [
  { id = "Contents", title = "Contents", access = "read", routes = ["GET /repos/{owner}/{repo}/contents/{path+}"] },
  { id = "Ref", title = "Ref", access = "read", routes = ["GET /repos/{owner}/{repo}/git/ref/{ref+}"] },
  { id = "Label", title = "Label", access = "read", routes = ["GET /repos/{owner}/{repo}/labels/{name+}"] },
  { id = "User", title = "User", access = "read", routes = ["GET /users/{username}"] },
  { id = "Issue", title = "Issue", access = "read", routes = ["GET /issues/{id:int}"] },
  { id = "Assigned", title = "Assigned", access = "read", routes = ["GET /issues/{name}"] },
  { id = "Proxy", title = "Proxy", access = "write", routes = [
    "/api/v1/namespaces/{namespace}/pods/{name}/proxy/{path+}",
    "/api/v1/namespaces/{namespace}/pods/{name}/proxy",
  ] },
  { id = "Log", title = "Log", access = "read", routes = ["GET /api/v1/namespaces/{namespace}/pods/{name}/log"] },
  { id = "Secret", title = "Secret", access = "read", routes = ["GET /v1/secret/data/{path+}", "GET /m/{path+}"] },
  { id = "Admin", title = "Admin", access = "admin", routes = ["GET /m/x/{name}"] },
]
"#;

fn reads_encoded_slashes(kind: ProxyUnderTest) -> bool {
    !matches!(kind, ProxyUnderTest::Envoy | ProxyUnderTest::Traefik)
}

fn requests_of_real_clients_get_their_methods(kind: ProxyUnderTest) {
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(HUB), Verifier::start(kind));
    for (request, method) in [
        ("GET /repos/o/r/contents/src/main.rs", "hub.Contents"),
        ("HEAD /repos/o/r/contents/src/main.rs", "hub.Contents"),
        ("GET /repos/o/r/contents/a", "hub.Contents"),
        ("GET /repos/o/r/contents/a%2Fb/c", "hub.Contents"),
        ("GET /repos/o/r/git/ref/heads/main", "hub.Ref"),
        ("GET /repos/o/r/git/ref/heads%2Fmain", "hub.Ref"),
        ("GET /repos/o/r/labels/kind%2Fbug", "hub.Label"),
        ("GET /repos/o/r/labels/kind/bug", "hub.Label"),
        ("GET /users/dependabot[bot]", "hub.User"),
        ("GET /users/dependabot%5Bbot%5D", "hub.User"),
        ("GET /users/a%2Db%5Fc%7Ed", "hub.User"),
        ("GET /issues/17", "hub.Issue"),
        ("GET /issues/mine", "hub.Assigned"),
        ("POST /api/v1/namespaces/n/pods/p/proxy", "hub.Proxy"),
        ("POST /api/v1/namespaces/n/pods/p/proxy/metrics/a/b", "hub.Proxy"),
        ("GET /api/v1/namespaces/n/pods/p/log", "hub.Log"),
        ("GET /v1/secret/data/a/b", "hub.Secret"),
        ("GET /v1/secret/data/a%2fb", "hub.Secret"),
        ("GET /m/x", "hub.Secret"),
        ("GET /m/x/y", "hub.Admin"),
        ("GET /m/x/y/z", "hub.Secret"),
    ] {
        let is_encoded = request.contains("%2F") || request.contains("%2f");
        if kind.resolves_paths() && request.contains("%2D") {
            // This proxy resolves such escapes first.
            continue;
        }
        if is_encoded && !reads_encoded_slashes(kind) {
            // Denied, as the page about matching states.
            let reply = proxy_setup.send(request, &["Authorization: Bearer all"]);
            assert!((400..500).contains(&reply.status), "{kind:?} {request}: {reply:?}");
            assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {request}");
            continue;
        }
        let reply = proxy_setup.send(request, &[&format!("Authorization: Bearer {method}")]);
        assert_eq!(reply.status, 200, "{kind:?} {request}: {reply:?}");
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?} {request}") };
        assert_eq!(got.line, format!("{request} HTTP/1.1"), "{kind:?}: as it was sent");
        assert_eq!(got.all("x-jeton-method"), [method], "{kind:?}");
        for other in ["hub.Contents", "hub.Ref", "hub.User", "hub.Secret", "hub.Admin"] {
            if other != method {
                let reply = proxy_setup.send(request, &[&format!("Authorization: Bearer {other}")]);
                assert_eq!(reply.status, 403, "{kind:?} {request} {other}: {reply:?}");
            }
        }
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {request}");
    }
}

fn tricks_never_pass_in_several_segments(kind: ProxyUnderTest) {
    if kind.resolves_paths() {
        // This proxy forwards the path that it has resolved and matched: see `tricks_never_reach_the_application`.
        return;
    }
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(HUB), Verifier::start(kind));
    let heads = [
        "/repos/o/r/contents/a",
        "/repos/o/r/git/ref/heads",
        "/repos/o/r/labels/kind",
        "/api/v1/namespaces/n/pods/p/proxy/a",
        "/v1/secret/data/a",
    ];
    let tails = [
        "/..",
        "/../b",
        "/.",
        "/./b",
        "/%2e%2e/b",
        "/%2E%2E",
        "/.%2e/b",
        "/%2e",
        "//b",
        "//",
        "/b//c",
        "%00",
        "/b%00",
        "%0a",
        "/%c0%ae%c0%ae/b",
        "%c0%af",
        "%e0%80%af",
        "/%f0%80%80%af",
        "%ff",
        "%2F..%2Fb",
        "%2f..",
        "/..%2fb",
        "/..%2F",
        "%2F.%2Fb",
        "%2F",
        "%2f%2f",
        "%2F/b",
        "/%2Fb",
        "/b%2F",
        "%252F",
        "%252e%252e",
        "%5c..%5c",
        "\\..\\b",
        "/..;/b",
        ";a",
        "%3Bb",
        "/%2e.%2Fb",
        "%",
        "%2",
        "%zz",
        "/b%2F/c",
        "%2F%2e%2e%2Fb",
    ];
    for path in heads.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}"))) {
        let reply = proxy_setup.send(&format!("GET {path}"), &["Authorization: Bearer all"]);
        assert!((400..500).contains(&reply.status), "{kind:?} {path}: {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {path}");
    }
    // Both readings of an encoded slash must mean the same method.
    for path in [
        "/m/x%2Fy",
        "/v1/secret%2Fdata/a",
        "/v1/secret%2fdata%2fa/b",
        "/repos/o%2Fr/contents/a",
        "/repos/o/r%2Fcontents/a/b",
        "/users/a%2Fb",
        "/issues/1%2F2",
        "/m/X/y",
        "/m/x./y",
        "/m/%78/y",
        "/api/v1/namespaces/n/pods/p%2Fproxy/a",
    ] {
        let reply = proxy_setup.send(&format!("GET {path}"), &["Authorization: Bearer all"]);
        assert!((400..500).contains(&reply.status), "{kind:?} {path}: {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {path}");
    }
    // Long paths are matched whole, or refused.
    let request = format!("GET /v1/secret/data{} HTTP/1.1", "/a".repeat(400));
    let reply = send_raw(proxy_setup.proxy.address, &request, &["Authorization: Bearer hub.Secret"], "");
    assert_eq!(reply.status, 200, "{kind:?} {reply:?}");
}

for_each_proxy!(requests_of_real_clients_get_their_methods, tricks_never_pass_in_several_segments);
