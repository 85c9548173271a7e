//! Real proxies in front of an application. A stand-in for jeton records the requests, and fails in ways that jeton
//! doesn't.

use super::SHOP;
use super::mock_server::head_of;
use super::setup::{ProxySetup, ProxyUnderTest, Verifier, home_with_catalogue};

/// Paths of catalogue routes that proxy and application may interpret differently.
const TRICKS: &[&str] = &[
    "//orders",
    "/orders//7",
    "/./orders",
    "/orders/./7",
    "/orders/../orders",
    "/x/../orders",
    "/orders/.",
    "/orders/..",
    "/orders/%2e",
    "/orders/%2e%2e",
    "/orders/.%2E/orders",
    "/%2e/orders",
    "/orders%2f7",
    "/orders/7%2Fx",
    "/orders/7%5cx",
    "/orders/7\\x",
    "/orders/%25",
    "/orders/%252e",
    "/orders/7%00",
    "/orders/7%0a",
    "/orders/7%7f",
    "/order%73",
    "/orders/%6dine",
    "/orders/mine%",
    "/orders/7%zz",
    "/orders/%c0%ae",
    "/orders/%ff",
    "/orders/..;/orders",
    "/orders/..%3b",
    "/orders/",
    "/orders/7/",
    "/ORDERS",
    "/Orders/7",
    "/orders/Mine",
    "/slash",
    "orders",
    "*",
    "http://app.example//orders",
    "/orders#",
    "/orders/\"",
    "/x/b/c",
    "/x/B/C",
    "/nothing",
    "/orders/7/8",
    "/.jeton-verify",
    "/v1/verify/shop.List",
    "/orders/7;/../mine",
    "/orders/mine;a=b",
    "/orders/mine%3Ba",
    "/orders;a/mine",
];

const BEARER: &str = "Authorization: Bearer all";

fn each_route_gets_its_method(kind: ProxyUnderTest) {
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(SHOP), Verifier::start(kind));
    for (request, method) in [
        ("GET /orders", "shop.List"),
        ("HEAD /orders", "shop.List"),
        ("GET /orders?q=1&method=x", "shop.List"),
        ("GET /", "shop.List"),
        ("GET /orders/7", "shop.Show"),
        ("GET /orders/a%20b", "shop.Show"),
        ("GET /orders/caf%C3%A9", "shop.Show"),
        ("GET /orders/a+b,c=d", "shop.Show"),
        ("GET /orders/mine", "shop.Mine"),
        ("GET /orders/7.json", "shop.Export"),
        ("GET /caf%c3%a9/7", "shop.Export"),
        ("POST /orders/7:cancel", "shop.Cancel"),
        ("DELETE /orders/7", "shop.Cancel"),
        ("POST /slash/", "shop.Cancel"),
        ("PUT /hooks/a/run", "shop.Any"),
        ("GET /hooks/a/run", "shop.Any"),
        ("GET /x/y/c", "shop.Left"),
        ("GET /x/b/y", "shop.Right"),
        ("GET /orders?payment_method=card&x=_method", "shop.List"),
    ] {
        if kind.resolves_paths() && request.contains(['%']) {
            // A blank, or a letter beyond ASCII.
            assert_eq!(proxy_setup.send(request, &[BEARER]).status, 403, "{kind:?} {request}");
            continue;
        }
        let holder = format!("Authorization: Bearer {method}");
        let reply = proxy_setup.send(request, &[&holder, "User-Agent: deploy/1.0", "X-Forwarded-For: 203.0.113.9"]);
        assert_eq!(reply.status, 200, "{kind:?} {request}: {reply:?}");
        assert!(reply.head.to_lowercase().contains("x-app: yes"), "{reply:?}");
        let [requests] = &proxy_setup.verify.take_requests()[..] else { panic!("{request} is asked about once") };
        assert_eq!(requests.line, kind.question(method, request), "{kind:?}");
        assert_eq!(
            (requests.all("user-agent"), requests.all("x-forwarded-for")),
            (vec!["deploy/1.0"], vec!["127.0.0.9"])
        );
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{request} comes once") };
        assert_eq!(got.line, format!("{request} HTTP/1.1"), "as it was sent");
        assert_eq!(got.all("x-jeton-method"), [method]);
        assert!(got.all("authorization").is_empty(), "{got:?}");

        let reply = proxy_setup.send(request, &["Authorization: Bearer shop.Other"]);
        assert_eq!(
            (reply.status, proxy_setup.application.take_requests().len()),
            (403, 0),
            "{kind:?} {request}: {reply:?}"
        );
        proxy_setup.verify.take_requests();
    }
    assert_eq!(proxy_setup.verify.connections(), 1, "{kind:?} keeps its connection");
}

fn tricks_never_reach_the_application(kind: ProxyUnderTest) {
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(SHOP), Verifier::start(kind));
    for path in TRICKS {
        let reply = proxy_setup.send(&format!("GET {path}"), &[BEARER]);
        if let (true, [got]) = (kind.resolves_paths(), &proxy_setup.application.take_requests()[..]) {
            // The request that was verified is the one that is forwarded.
            let method = match got.path() {
                "/" | "/orders" => "shop.List",
                "/orders/7" => "shop.Show",
                "/orders/mine" => "shop.Mine",
                other => panic!("{kind:?} {path} becomes {other}"),
            };
            let requests: Vec<String> =
                proxy_setup.verify.take_requests().into_iter().map(|requests| requests.line).collect();
            assert_eq!(requests, [kind.question(method, "GET /")], "{kind:?} {path}");
            continue;
        }
        assert!(!(200..300).contains(&reply.status), "{kind:?} {path}: {reply:?}");
        assert_eq!(
            (proxy_setup.application.take_requests().len(), proxy_setup.verify.take_requests().len()),
            (0, 0),
            "{kind:?} {path}"
        );
    }
    for (request, header) in [
        ("get /orders", ""),
        ("POST /orders", ""),
        ("PATCH /orders/7", ""),
        ("GET /orders/7", "X-HTTP-Method-Override: DELETE"),
        ("GET /orders/7", "X-HTTP-Method: DELETE"),
        ("GET /orders/7", "x-method-override: DELETE"),
        ("GET /orders/7?_method=DELETE", ""),
        ("GET /orders/7?a=b&_METHOD=x", ""),
        ("GET /orders/7?%5Fmethod=DELETE", ""),
        ("GET /orders/7?_m%65thod=DELETE", ""),
        ("GET /orders/7?+_method", ""),
        ("GET /orders/7?a;_method=x", ""),
        ("GET /orders/7?.method=x", ""),
        ("GET /orders/7?X-HTTP-Method-Override=DELETE", ""),
        ("GET /orders/7?a=b&x_http%5Fmethod-overrid%65=DELETE", ""),
        ("GET /orders/7", "X-Original-URL: /orders/mine"),
        ("GET /orders/7", "X-Rewrite-Url: /orders/mine"),
    ] {
        let headers: Vec<&str> = [BEARER, header].into_iter().filter(|h| !h.is_empty()).collect();
        let reply = proxy_setup.send(request, &headers);
        assert!(!(200..300).contains(&reply.status), "{kind:?} {request} {header}: {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {request} {header}");
    }
    for (tail, method) in [("", "shop.Show"), (".json", "shop.Export")] {
        if kind.resolves_paths() {
            continue;
        }
        let long = format!("GET /orders/{}{tail}", "%C3%A9a".repeat(140));
        assert_eq!(
            proxy_setup.send(&long, &[&format!("Authorization: Bearer {method}")]).status,
            200,
            "{kind:?} {tail}"
        );
    }
    proxy_setup.application.take_requests();
    for length in [988, 1_000, 3_900, 7_000, 15_000] {
        let blanks = format!("GET /orders/7?{}_method=DELETE", "+".repeat(length));
        let json = format!("GET /orders/{}.json", "a".repeat(length));
        if kind.resolves_paths() {
            // This proxy matches arguments only by their whole names, as its guide states.
            assert!(proxy_setup.send(&json, &[BEARER]).status >= 400 || length < 1_000, "{kind:?} {length}");
            proxy_setup.application.take_requests();
            continue;
        }
        for (request, secret) in [(blanks, "all"), (json, "shop.Show")] {
            let reply = proxy_setup.send(&request, &[&format!("Authorization: Bearer {secret}")]);
            assert!(!(200..300).contains(&reply.status), "{kind:?} {length}: {reply:?}");
        }
    }
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
    for host in ["Host: other.example", "Host: app.example"] {
        let reply = proxy_setup.send("GET /orders/7", &[BEARER, host]);
        // HAProxy accepts two identical `Host` headers as one.
        assert!(reply.status == 400 || reply.status == 200 && host.contains("app"), "{kind:?} {host}: {reply:?}");
    }
    if kind == ProxyUnderTest::Haproxy {
        hosts_are_read_whole(&proxy_setup);
    }
    // The underscored spellings don't get through, refused or dropped.
    proxy_setup.application.take_requests();
    proxy_setup.send("GET /orders/7", &[BEARER, "X_HTTP_Method_Override: DELETE"]);
    for got in proxy_setup.application.take_requests() {
        assert!(!got.headers.iter().any(|(name, _)| name.to_lowercase().contains("override")), "{kind:?} {got:?}");
    }
}

/// Hosts of which a part is a host, or that come without a check of their form by an older version of HTTP.
fn hosts_are_read_whole(proxy_setup: &ProxySetup) {
    proxy_setup.application.take_requests();
    for version in ["1.0", "1.1"] {
        for (host, status) in [
            ("app.example", 200),
            ("app.example:8080", 200),
            ("[::1]:80", 200),
            ("a.example, b.example", 400),
            ("app.example,", 400),
            ("ev<il, b.example", 400),
            ("app.example,/evil path", 400),
            ("app.example/evil", 400),
            ("ev<il", 400),
            ("user@app.example", 400),
        ] {
            let head = format!("GET /orders/7 HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n{BEARER}\r\n\r\n");
            let reply = head_of(proxy_setup.proxy.address, &head);
            assert_eq!(reply.status, status, "HTTP/{version} {host}: {reply:?}");
            let hosts: Vec<String> = proxy_setup
                .application
                .take_requests()
                .iter()
                .map(|got| got.all("x-forwarded-host").join("|"))
                .collect();
            assert_eq!(hosts, vec![host.to_owned(); usize::from(status == 200)], "HTTP/{version} {host}");
        }
    }
    let none = |version: &str| format!("GET /orders/7 HTTP/{version}\r\nConnection: close\r\n{BEARER}\r\n\r\n");
    assert_eq!(head_of(proxy_setup.proxy.address, &none("1.0")).status, 200);
    assert_eq!(head_of(proxy_setup.proxy.address, &none("1.1")).status, 400);
    proxy_setup.application.take_requests();
}

/// Header names that an application may confuse with others, and headers that would change the protocol.
fn nothing_comes_in_beside_the_request(kind: ProxyUnderTest) {
    let numbers = "\n[[group]]\nid = \"1\"\ntitle = \"Numbers\"\n".to_owned()
        + &["5", "50"]
            .map(|n| {
                format!("[[group.method]]\nid = \"{n}\"\ntitle = \"n\"\naccess = \"read\"\nroutes = [\"GET /n{n}\"]\n")
            })
            .concat()
        + "[[group]]\nid = \"wide\"\ntitle = \"Wide\"\n[[group.method]]\nid = \"Wide\"\ntitle = \"w\"\naccess = \"read\"\nroutes = [\"GET /repo/{id}\", \"GET /two/{id}\"]\n"
        + "[[group.method]]\nid = \"Day\"\ntitle = \"d\"\naccess = \"write\"\nroutes = [\"GET /repo/{y}-{m}-{d}.{ext}\", \"GET /two/{a}-{b}.x\"]\n";
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(&format!("{SHOP}{numbers}")), Verifier::start(kind));
    let get = |request: &str, headers: &[&str]| {
        (proxy_setup.send(request, headers).status, proxy_setup.application.take_requests())
    };
    for (request, secret, status) in [
        ("GET /n50", "1.5", 403),
        ("GET /n50", "1.50", 200),
        ("GET /n5", "1.5", 200),
        ("GET /n5", "1.50", 403),
        (&format!("GET /repo/p-q-r.s{}", "-".repeat(400)), "wide.Wide", 403),
        (&format!("GET /two/{}.x", "-".repeat(980)), "wide.Wide", 403),
        (&format!("GET /two/{}.x", "-".repeat(980)), "wide.Day", 200),
        (&format!("GET /two/{}.y", "-".repeat(980)), "wide.Wide", 200),
    ] {
        let (response, seen) = get(request, &[&format!("Authorization: Bearer {secret}")]);
        assert_eq!((response, seen.len()), (status, usize::from(status == 200)), "{kind:?} {request} {secret}");
    }
    for headers in [
        &["Upgrade: h2c"][..],
        &["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
        &["Upgrade: websocket, h2c"],
        &["Upgrade: websocket", "Upgrade: h2c"],
        &["HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
        &["Connection: x-jeton-role, x!jeton!account"],
        &["X-Forwarded-Uri: /forged", "x-forwarded-method: forged", "X-Forwarded-Prefix: /forged"],
        &["x.jeton-account: forged", "x!jeton!account: forged", "x~jeton~role: forged", "X+Jeton-Role: forged"],
    ] {
        let (_, seen) = get("GET /orders/7", &[&[BEARER], headers].concat());
        for got in seen {
            let bad = |(name, value): &(String, String)| {
                if kind == ProxyUnderTest::Traefik && name.contains(['!', '~', '+', '.']) {
                    // This proxy removes headers by exact name, and these spellings are not on its list.
                    return false;
                }
                let is_jetons = name.to_lowercase().starts_with("x-jeton-");
                name.eq_ignore_ascii_case("upgrade") && value != "websocket"
                    || name.eq_ignore_ascii_case("http2-settings")
                    || value.contains("forged")
                    || name.to_lowercase().contains("jeton") && !is_jetons
                    || name.to_lowercase().starts_with("x-forwarded-") && value.contains("forged")
            };
            assert!(!got.headers.iter().any(bad), "{kind:?} {headers:?} {got:?}");
            assert_eq!(got.all("x-jeton-role"), ["member"], "{kind:?} {headers:?} {got:?}");
        }
    }
}

fn refusals_are_relayed(kind: ProxyUnderTest) {
    let proxy_setup = ProxySetup::start(kind, home_with_catalogue(SHOP), Verifier::start(kind));
    for (secret, statuses, says) in [
        ("", &[401][..], "bearer realm=\"jeton\""),
        ("none", &[401], "invalid_token"),
        ("shop.Other", &[403], ""),
        ("fault", &[500, 502, 503], ""),
    ] {
        let header = format!("Authorization: Bearer {secret}");
        let headers: &[&str] = if secret.is_empty() { &[] } else { &[&header] };
        for round in 0..3 {
            let reply = proxy_setup.send("GET /orders/7", headers);
            assert!(statuses.contains(&reply.status), "{kind:?} {secret} {round}: {reply:?}");
            let promised = reply.head.to_lowercase().contains("content-length: 2\r");
            assert!(!promised || kind != ProxyUnderTest::Caddy, "a body that doesn't come: {reply:?}");
            assert!(reply.head.to_lowercase().contains(says), "{kind:?} {secret}: {reply:?}");
        }
        assert_eq!(proxy_setup.verify.take_requests().len(), 3, "{kind:?}: never cached");
    }
    assert_eq!(proxy_setup.application.take_requests().len(), 0);
}

fn nobody_to_ask_lets_nobody_in(kind: ProxyUnderTest) {
    for verify in [Verifier::down(), Verifier::hanging(), Verifier::impostor("302 Found"), Verifier::impostor("200 OK")]
    {
        if !kind.compares_proofs() && matches!(&verify, Verifier::Answers(_)) {
            // These proxies trust any listener on jeton's port: their guides state that, and require `--insecure`.
            continue;
        }
        if kind == ProxyUnderTest::Traefik && matches!(&verify, Verifier::Hangs(_)) {
            // This proxy's timeout is 30 s and can't be configured.
            continue;
        }
        let proxy_setup = ProxySetup::start(kind, home_with_catalogue(SHOP), verify);
        let reply = proxy_setup.send("GET /orders/7", &[BEARER]);
        assert!(!(200..300).contains(&reply.status), "{kind:?} {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
    }
}

for_each_proxy!(
    each_route_gets_its_method,
    tricks_never_reach_the_application,
    nothing_comes_in_beside_the_request,
    refusals_are_relayed,
    nobody_to_ask_lets_nobody_in,
);
