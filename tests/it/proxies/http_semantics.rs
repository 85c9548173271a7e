//! Real client traffic: large and many headers, bodies of every kind, other protocols, streams, preflights. Checks the
//! part of it that reaches jeton and the application.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::SHOP;
use super::mock_server::{Request, Responder, connect, response, send_raw};
use super::real_service::RealService;
use super::setup::{ProxySetup, ProxyUnderTest, SetupOptions, Verifier, home_with_catalogue};

const BEARER: &str = "Authorization: Bearer all";
/// All headers that jeton receives, besides those of the connection.
const ALLOWED_HEADERS: [&str; 8] = [
    "host",
    "user-agent",
    "x-forwarded-for",
    "authorization",
    "connection",
    "accept-encoding",
    "content-length",
    "accept",
];

fn assert_few_headers(kind: ProxyUnderTest, requests: &[Request]) {
    // Headers that these two proxies add.
    let more: &[&str] = match kind {
        ProxyUnderTest::Envoy => &["x-envoy-internal", "x-envoy-expected-rq-timeout-ms"],
        ProxyUnderTest::Traefik => &[
            "x-forwarded-host",
            "x-forwarded-method",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-forwarded-uri",
            "x-jeton-proof",
        ],
        ProxyUnderTest::Nginx | ProxyUnderTest::Caddy | ProxyUnderTest::Haproxy => &[],
    };
    for request in requests {
        let is_head = request.line.starts_with("HEAD /v1/verify/");
        assert!(is_head || !kind.compares_proofs(), "{kind:?} {request:?}");
        assert_eq!(request.body, "", "{kind:?}");
        assert!(request.headers.len() <= ALLOWED_HEADERS.len() + more.len(), "{kind:?} {:?}", request.headers);
        for (name, value) in &request.headers {
            let name = name.to_lowercase();
            assert!(ALLOWED_HEADERS.iter().chain(more).any(|allowed| *allowed == name), "{kind:?} {name}: {value}");
            assert!(value.len() <= 700 || !kind.compares_proofs(), "{kind:?} {name}: {value}");
        }
        assert!(request.all("content-length").iter().all(|length| *length == "0"), "{kind:?} {request:?}");
    }
}

/// Answers as an application of every kind.
fn application() -> Responder {
    Box::new(|request| {
        if request.path() == "/orders/events" {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
            return Some(format!("{head}data: first\n\n"));
        }
        if request.all("upgrade") == ["websocket"] {
            // RFC 6455's answer to its example key.
            let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
            let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
            return Some(format!("{head}{accept}\r\n\r\n"));
        }
        Some(response("200 OK", &[], &request.body.len().to_string()))
    })
}

fn setup(kind: ProxyUnderTest) -> ProxySetup {
    ProxySetup::start_with(
        kind,
        home_with_catalogue(SHOP),
        Verifier::start(kind),
        SetupOptions { application: application(), ..SetupOptions::default() },
    )
}

fn large_and_many_headers(kind: ProxyUnderTest) {
    let proxy_setup = setup(kind);
    let cookie = format!("Cookie: session={}", "c".repeat(17_000));
    let many: Vec<String> = (0..95).map(|n| format!("X-App-{n}: value of {n}")).collect();
    let agent = format!("User-Agent: {}", "agent/1.0 ".repeat(300));
    let ten: Vec<String> = (0..10).map(|n| format!("X-Large-{n}: {}", "x".repeat(2_000))).collect();
    for (what, headers) in [("a cookie", vec![cookie]), ("many", many), ("an agent", vec![agent]), ("20 kB", ten)] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).chain([BEARER]).collect();
        let reply = proxy_setup.send("GET /orders/7", &headers);
        assert_eq!(reply.status, 200, "{kind:?} {what}: {reply:?}");
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?} {what}") };
        let missing = |header: &&&str| {
            let (name, value) = header.split_once(": ").unwrap();
            got.all(name) != [value.trim()] && name != "Authorization"
        };
        assert_eq!(headers.iter().filter(missing).count(), 0, "{kind:?} {what}: as they were sent");
        assert_few_headers(kind, &proxy_setup.verify.take_requests());
    }
    // Too long for a token: refused as a wrong token, not as an error.
    let long = format!("Authorization: Bearer {}", "a".repeat(9_000));
    proxy_setup.send("GET /orders/7", &[&long]);
    let requests = proxy_setup.verify.take_requests();
    assert_eq!(requests.len(), 1, "{kind:?}");
    assert_few_headers(kind, &requests);
    // A client's `User-Agent` is never expanded as a template.
    proxy_setup.send("GET /orders/7", &[BEARER, "User-Agent: {env.PATH}$host%[src]{http.request.host}"]);
    for request in proxy_setup.verify.take_requests() {
        let agents = request.all("user-agent").concat();
        assert!(!agents.contains("/bin") && !agents.contains("app.example"), "{kind:?} {agents}");
    }
}

fn send(proxy_setup: &ProxySetup, text: &[u8]) -> TcpStream {
    let mut stream = connect(proxy_setup.proxy.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(text);
    stream
}

/// Reads until `end` arrives.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    while !text.contains(end) {
        match stream.read(&mut piece) {
            Ok(got @ 1..) => text.push_str(&String::from_utf8_lossy(&piece[..got])),
            _ => break,
        }
    }
    text
}

fn bodies_of_every_kind(kind: ProxyUnderTest) {
    let proxy_setup = setup(kind);
    let large = "b".repeat(5_000_000);
    let post = |headers: &[&str], body: &str| {
        send_raw(proxy_setup.proxy.address, "POST /orders/7:cancel HTTP/1.1", &[&[BEARER], headers].concat(), body)
    };
    for (headers, body) in [(&[][..], large.as_str()), (&[], "small"), (&["Expect: 100-continue"], "expected")] {
        let reply = post(headers, body);
        assert!([100, 200].contains(&reply.status), "{kind:?} {headers:?}: {reply:?}");
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?} {headers:?}") };
        assert_eq!(got.body.len(), body.len(), "{kind:?} {headers:?}");
        assert_few_headers(kind, &proxy_setup.verify.take_requests());
    }
    let head = format!("POST /orders/7:cancel HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n{BEARER}\r\n");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    let answer = read_until(&mut send(&proxy_setup, chunked.as_bytes()), "\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{kind:?} {answer}");
    assert_eq!(proxy_setup.application.take_requests()[0].body, "hello world", "{kind:?}");
    assert_few_headers(kind, &proxy_setup.verify.take_requests());
    // Refused before the body is sent.
    let none = ["Authorization: Bearer none"];
    let refused = send_raw(proxy_setup.proxy.address, "POST /orders/7:cancel HTTP/1.1", &none, &large[..100_000]);
    assert!((400..500).contains(&refused.status) || refused.status == 0, "{kind:?} {refused:?}");
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
}

/// Settings around the printed configuration, and changed settings in it.
fn settings_around_break_no_question(kind: ProxyUnderTest) {
    if kind != ProxyUnderTest::Nginx {
        return;
    }
    let low = "client_max_body_size 1k; client_body_buffer_size 1k; proxy_buffer_size 1k; proxy_buffers 4 1k; \
               proxy_busy_buffers_size 2k; proxy_request_buffering on; proxy_connect_timeout 1s;";
    let high = "client_max_body_size 100m; client_body_buffer_size 1m; proxy_buffer_size 64k; proxy_buffers 4 64k; \
                proxy_busy_buffers_size 128k; proxy_buffering off; proxy_request_buffering off; proxy_intercept_errors on;";
    for nginx in [low, high] {
        let setting = SetupOptions { nginx, application: application(), ..SetupOptions::default() };
        let proxy_setup = ProxySetup::start_with(kind, home_with_catalogue(SHOP), Verifier::start(kind), setting);
        for size in [0, 10, 5_000_000] {
            let body = "b".repeat(size);
            let reply = send_raw(proxy_setup.proxy.address, "POST /orders/7:cancel HTTP/1.1", &[BEARER], &body);
            assert_eq!(reply.status, 200, "{nginx} {size}: {reply:?}");
            assert_eq!(proxy_setup.application.take_requests()[0].body.len(), size);
            let refused =
                send_raw(proxy_setup.proxy.address, "POST /orders/7:cancel HTTP/1.1", &[], &body[..size.min(3_000)]);
            assert_eq!(refused.status, 401, "{nginx} {size}: {refused:?}");
        }
    }
    let change: fn(String) -> String =
        |text| text.replacen("    client_max_body_size 0;", "    client_max_body_size 1k;", 1);
    let setting = SetupOptions { change, application: application(), ..SetupOptions::default() };
    let proxy_setup = ProxySetup::start_with(kind, home_with_catalogue(SHOP), Verifier::start(kind), setting);
    for (size, status) in [(1_000, 200), (1_025, 413), (500_000, 413)] {
        let body = "b".repeat(size);
        let reply = send_raw(proxy_setup.proxy.address, "POST /orders/7:cancel HTTP/1.1", &[BEARER], &body);
        assert_eq!(reply.status, status, "{size}: {reply:?}");
    }
}

fn other_protocols_and_streams(kind: ProxyUnderTest) {
    let proxy_setup = setup(kind);
    let handshake = format!(
        "GET /orders/7 HTTP/1.1\r\nHost: app.example\r\n{BEARER}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    let lower = handshake.replace("WebSocket\r\nSec", "websocket\r\nSec");
    let mut stream = send(&proxy_setup, lower.as_bytes());
    let answer = read_until(&mut stream, "\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 101"), "{kind:?} {answer} {:?}", proxy_setup.application.take_requests());
    stream.write_all(b"\x81\x05hello").unwrap();
    assert!(read_until(&mut stream, "hello").contains("hello"), "{kind:?}");
    drop(stream);
    let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?}") };
    assert_eq!((got.all("sec-websocket-version"), got.all("x-jeton-role")), (vec!["13"], vec!["member"]), "{kind:?}");
    assert_eq!(proxy_setup.verify.take_requests().len(), 1, "{kind:?}: a token is asked for");
    let refused =
        read_until(&mut send(&proxy_setup, lower.replace("Bearer all", "Bearer none").as_bytes()), "\r\n\r\n");
    assert!(refused.starts_with("HTTP/1.1 401"), "{kind:?} {refused}");
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
    proxy_setup.verify.take_requests();

    // Unencrypted HTTP/2 isn't supported: an upgrade request is handled as plain HTTP/1.1.
    for headers in [
        &["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"][..],
        &["Connection: Upgrade", "Upgrade: h2c"],
        &["Connection: Upgrade", "Upgrade: websocket, h2c"],
        &["Upgrade: TLS/1.0", "Connection: upgrade"],
    ] {
        let head =
            format!("GET /orders/7 HTTP/1.1\r\nHost: app.example\r\n{BEARER}\r\n{}\r\n\r\n", headers.join("\r\n"));
        let answer = read_until(&mut send(&proxy_setup, head.as_bytes()), "\r\n\r\n");
        // HAProxy takes this for a WebSocket without its key. Envoy and Traefik refuse protocols they don't strip.
        let is_refused = match kind {
            ProxyUnderTest::Nginx | ProxyUnderTest::Caddy => false,
            ProxyUnderTest::Haproxy => headers.concat().contains("websocket") && answer.starts_with("HTTP/1.1 400"),
            ProxyUnderTest::Envoy => !headers.contains(&"Upgrade: h2c") && answer.starts_with("HTTP/1.1 403"),
            ProxyUnderTest::Traefik => answer.starts_with("HTTP/1.1 403"),
        };
        if is_refused {
            assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {headers:?}");
            continue;
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{kind:?} {headers:?} {answer}");
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?} {headers:?}") };
        assert!(got.all("upgrade").is_empty() && got.all("http2-settings").is_empty(), "{kind:?} {got:?}");
    }

    // Each event arrives when it happens.
    let head =
        format!("GET /orders/events HTTP/1.1\r\nHost: app.example\r\n{BEARER}\r\nAccept: text/event-stream\r\n\r\n");
    let mut stream = send(&proxy_setup, head.as_bytes());
    let first = read_until(&mut stream, "data: first");
    assert!(first.contains("data: first") && !first.contains("second"), "{kind:?} {first}");
    proxy_setup.application.open_gate();
    assert!(read_until(&mut stream, "data: second").contains("data: second"), "{kind:?}");
}

fn public_routes_and_preflights(kind: ProxyUnderTest) {
    let public = "\n[[group]]\nid = \"door\"\ntitle = \"Door\"\n[[group.method]]\nid = \"News\"\ntitle = \"News\"\naccess = \"public\"\n\
                  routes = [\"GET /news\", \"GET /orders/news\", \"POST /login\"]\n";
    let setting =
        SetupOptions { guide: &["--preflights", "shop"], application: application(), ..SetupOptions::default() };
    let proxy_setup =
        ProxySetup::start_with(kind, home_with_catalogue(&format!("{SHOP}{public}")), Verifier::start(kind), setting);
    let forged = ["X-Jeton-Account: forged", "X-Jeton-Role: owner", "X-Forwarded-For: 203.0.113.9"];
    for (request, headers) in [
        ("GET /news", vec![]),
        ("GET /orders/news?q=1", vec![]),
        ("POST /login", vec!["Authorization: Bearer none"]),
        ("OPTIONS /orders/7", vec!["Origin: https://a.example", "Access-Control-Request-Method: DELETE"]),
        ("OPTIONS /orders/mine", vec!["Origin: null", "Access-Control-Request-Method: GET"]),
    ] {
        let reply = proxy_setup.send(request, &[&headers[..], &forged].concat());
        assert_eq!(reply.status, 200, "{kind:?} {request}: {reply:?}");
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?} {request}") };
        assert_eq!(got.line, format!("{request} HTTP/1.1"), "{kind:?}");
        let jetons =
            got.headers.iter().filter(|(name, value)| name.to_lowercase().contains("jeton") && !value.is_empty());
        assert_eq!((jetons.count(), got.all("authorization").len()), (0, 0), "{kind:?} {got:?}");
        assert_eq!(got.all("x-forwarded-for"), ["127.0.0.9"], "{kind:?} {got:?}");
        assert_eq!(proxy_setup.verify.take_requests().len(), 0, "{kind:?} {request}: nobody is asked");
    }
    let large = "b".repeat(5_000_000);
    let reply = send_raw(proxy_setup.proxy.address, "POST /login HTTP/1.1", &["Content-Type: text/plain"], &large);
    assert_eq!(
        (reply.status, proxy_setup.application.take_requests()[0].body.len()),
        (200, large.len()),
        "{kind:?} {reply:?}"
    );
    for (request, headers) in [
        ("OPTIONS /orders/7", vec![]),
        ("OPTIONS /orders/7", vec!["Origin: https://a.example"]),
        ("OPTIONS /orders/7", vec!["Access-Control-Request-Method: DELETE"]),
        ("OPTIONS /nothing", vec!["Origin: https://a.example", "Access-Control-Request-Method: GET"]),
        ("OPTIONS /hooks/a/run", vec!["Origin: https://a.example", "Access-Control-Request-Method: GET"]),
        ("GET /orders/7", vec!["Origin: https://a.example", "Access-Control-Request-Method: GET"]),
        ("POST /news", vec![]),
        ("GET /News", vec![]),
        ("GET /orders/News", vec![]),
        ("GET /news/", vec![]),
        ("GET //news", vec![]),
        ("GET /news/../orders/7", vec![]),
        ("GET /news%2f..%2forders", vec![]),
        ("GET /news", vec!["X-HTTP-Method-Override: DELETE"]),
        ("GET /news?_method=DELETE", vec![]),
        (
            "OPTIONS /orders/7",
            vec!["Origin: https://a.example", "Access-Control-Request-Method: GET", "X-HTTP-Method: DELETE"],
        ),
        ("GET /public", vec![]),
    ] {
        if kind.resolves_paths() && request.contains("//") {
            continue;
        }
        let reply = proxy_setup.send(request, &headers);
        assert!(!(200..300).contains(&reply.status), "{kind:?} {request} {headers:?}: {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {request} {headers:?}");
    }
}

/// The socket of a killed jeton lets nobody in, and works again without help once jeton is back.
fn a_stale_socket_lets_nobody_in(kind: ProxyUnderTest) {
    if kind == ProxyUnderTest::Traefik {
        // This proxy can't verify at a socket.
        return;
    }
    let home = home_with_catalogue(SHOP);
    let credential = format!("Authorization: Bearer {}", home.create(&["show", "--method", "shop.Show"]));
    let mut jeton = RealService::on_a_socket(&home);
    let socket = home.path("verify.sock");
    jeton.kill();
    assert!(socket.exists(), "left behind");
    let proxy_setup = ProxySetup::start(kind, home, Verifier::Stale(format!("unix:{}", socket.display())));
    let reply = proxy_setup.send("GET /orders/7", &[&credential]);
    assert!(reply.status >= 500, "{kind:?} {reply:?}");
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
    let _jeton = RealService::on_a_socket(&proxy_setup.home);
    // A proxy may skip a verifier that was down, but only for a short time.
    let back = (0..100).any(|_| {
        let status = proxy_setup.send("GET /orders/7", &[&credential]).status;
        assert!(status == 200 || status >= 500, "{kind:?} {status}");
        let (_never, pause) = std::sync::mpsc::channel::<()>();
        let _ = pause.recv_timeout(Duration::from_millis(if status == 200 { 0 } else { 200 }));
        status == 200
    });
    assert!(back, "{kind:?}");
}

for_each_proxy!(
    large_and_many_headers,
    bodies_of_every_kind,
    settings_around_break_no_question,
    other_protocols_and_streams,
    public_routes_and_preflights,
    a_stale_socket_lets_nobody_in,
);
