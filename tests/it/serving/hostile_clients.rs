//! Hostile HTTP: gets a correct answer or a closed connection. Memory stays bounded, and others are served meanwhile.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::{METHOD, OTHER, issue_with_methods, new_install, secret_text};
use crate::support::http::{Client, bearer, head};
use crate::support::service_process::{ServiceProcess, command};

/// Maximum memory of the service in KiB, with a full cache and 10,000 connections.
const MAX_MEMORY_KIB: u64 = 192 * 1024;

/// Sends these bytes and a last request. Returns the status of every answer except that to the last request.
fn statuses(mut client: Client, bytes: &[u8]) -> Vec<u16> {
    client.send([bytes, head("GET", "/last", &["Connection: close"]).as_bytes()].concat());
    let mut statuses: Vec<u16> = std::iter::from_fn(|| client.read_reply()).map(|answer| answer.status).collect();
    if statuses.last() == Some(&404) {
        statuses.pop();
    }
    statuses
}

#[test]
fn malformed_requests_are_refused_and_others_served() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let (service, auth) = (ServiceProcess::start(&install.temp_store.path()), bearer(&secret));
    let get = |more: &str| format!("GET /v1/verify/{METHOD} HTTP/1.1\r\nHost: x\r\n{more}\r\n\r\n");
    let whole = get(&auth);
    for (what, bytes, expected) in [
        ("a sound one", whole.clone(), &[200][..]),
        ("NUL in the credential", get(&format!("{auth}\0")), &[400]),
        ("NUL in another value", get(&format!("{auth}\r\nX: a\0b")), &[400]),
        ("CR in a value", get(&format!("X: a\rb\r\n{auth}")), &[400]),
        ("CR before the name", get(&format!("X: a\r\r\n{auth}")), &[400]),
        ("LF only", whole.replace("\r\n", "\n"), &[200]),
        ("a folded line", get(&format!("X: a\r\n b\r\n{auth}")), &[400]),
        ("a folded credential", get(&format!("Authorization: Bearer\r\n {secret}")), &[400]),
        ("a blank before the colon", get(&format!("Authorization : Bearer {secret}")), &[400]),
        ("no colon", get("Authorization"), &[400]),
        ("no name", get(&format!(": x\r\n{auth}")), &[400]),
        ("a verb of two words", whole.replace("GET ", "GET GET "), &[400]),
        ("no version", "GET /v1/verify/-\r\n\r\n".to_owned(), &[400]),
        ("a later version", whole.replace("/1.1", "/3.0"), &[400]),
        ("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[]),
        ("HTTP/1.0", whole.replace("/1.1", "/1.0"), &[200]),
        ("HTTP/1.0 without a host", format!("GET /v1/verify/{METHOD} HTTP/1.0\r\n{auth}\r\n\r\n"), &[200]),
        ("an empty line before", format!("\r\n{whole}"), &[200]),
        ("TLS", "\x16\x03\x01\x02\x00\x01\x00".to_owned(), &[400]),
        ("101 headers", get(&format!("{auth}\r\n{}", "X: x\r\n".repeat(100).trim_end())), &[431]),
        ("two lengths", get(&format!("{auth}\r\nContent-Length: 0\r\nContent-Length: 5")), &[400]),
        ("no length", get(&format!("{auth}\r\nContent-Length: -1")), &[400]),
        ("a huge length", get(&format!("{auth}\r\nContent-Length: 99999999999999999999")), &[400]),
        ("an unknown coding", get(&format!("{auth}\r\nTransfer-Encoding: gzip")), &[400]),
        ("a tunnel", format!("CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n{auth}\r\n\r\n"), &[404]),
        ("no host", whole.replace("Host: x\r\n", ""), &[400]),
        ("no host, whatever is asked", "GET /nothing HTTP/1.1\r\n\r\n".to_owned(), &[400]),
        ("no host but in the target", whole.replace("Host: x\r\n", "").replace("GET /", "GET http://x/"), &[400]),
        ("two hosts", get(&format!("{auth}\r\nHost: x")), &[400]),
        ("two hosts, one empty", get(&format!("{auth}\r\nHOST:")), &[400]),
        ("two hosts of HTTP/1.0", get(&format!("{auth}\r\nHost: y")).replace("/1.1", "/1.0"), &[400]),
        ("two hosts in one", whole.replace("Host: x", "Host: x, y"), &[400]),
        ("a user in the host", whole.replace("Host: x", "Host: a@x"), &[400]),
        ("a path in the host", whole.replace("Host: x", "Host: x/y"), &[400]),
        ("an empty host", whole.replace("Host: x", "Host:"), &[200]),
        ("a host of numbers", whole.replace("Host: x", "Host: [2001:db8::1]:8080"), &[200]),
        ("an upgrade", get(&format!("{auth}\r\nConnection: upgrade\r\nUpgrade: h2c")), &[200]),
        ("nothing", String::new(), &[]),
        ("half a head", whole[..whole.len() - 2].to_owned(), &[400]),
    ] {
        assert_eq!(statuses(service.client(), bytes.as_bytes()), expected, "{what}");
    }
    let mut client = service.client();
    client.send(whole.replace("Host: x\r\n", ""));
    let answer = client.read_reply().unwrap();
    assert_eq!((answer.header("Cache-Control"), answer.header("Connection")), ("no-store", "close"));
    assert!(client.is_closed());
    let long = format!("GET /v1/verify/{} HTTP/1.1\r\nHost: x\r\n{auth}\r\n\r\n", "a".repeat(100_000));
    assert!(statuses(service.client(), long.as_bytes()).iter().all(|status| [400, 414, 431].contains(status)));
    assert_eq!(service.client().verify(&secret, METHOD).status, 200);
    service.stop();
}

/// A request inside the body of another one is not executed.
#[test]
fn body_smuggles_no_request() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let (service, auth) = (ServiceProcess::start(&install.temp_store.path()), bearer(&secret));
    let hidden = head("GET", "/v1/verify/-", &[&auth]);
    let post = |headers: &[&str], body: &str| head("POST", &format!("/v1/verify/{OTHER}"), headers) + body;
    let length = format!("Content-Length: {}", hidden.len());
    let chunked = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    for (what, bytes) in [
        ("a length", post(&[&auth, &length], &hidden)),
        ("chunks", post(&[&auth, "Transfer-Encoding: chunked"], &chunked)),
        ("both, the length first", post(&[&auth, &length, "Transfer-Encoding: chunked"], &chunked)),
        ("both, the chunks first", post(&[&auth, "Transfer-Encoding: chunked", &length], &chunked)),
        ("a length that is waited for", post(&[&auth, &length, "Expect: 100-continue"], &hidden)),
    ] {
        let statuses = statuses(service.client(), bytes.as_bytes());
        assert!(statuses.iter().all(|status| [403, 400].contains(status)), "{what}: {statuses:?}");
        assert!(statuses.len() <= 1, "{what}: {statuses:?}");
    }
    // After a body that has been read, the next request is served.
    let next = head("GET", &format!("/v1/verify/{METHOD}"), &[&auth]);
    for (headers, body) in [(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\n\r\n"), (["Content-Length: 3"], "abc")] {
        let bytes = post(&[&[&*auth][..], &headers].concat(), body) + &next;
        let statuses = statuses(service.client(), bytes.as_bytes());
        assert!(statuses == [403, 200] || statuses == [403], "{statuses:?}");
    }
    service.stop();
}

#[test]
fn endless_head_is_cut_off() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let before = service.memory();
    let piece = "a".repeat(64 * 1024);
    for start in ["GET /v1/verify/- HTTP/1.1\r\nX: ", "GET /", "A", "GET / HTTP/1.1\r\nAuthorization: Bearer "] {
        let mut client = service.client();
        client.send(start);
        let taken = (0..160).take_while(|_| client.try_send(piece.as_bytes())).count();
        assert!(taken < 160, "all of 10 MB was taken behind {start:?}");
    }
    assert!(service.memory() < before + 8 * 1024, "{} KiB, and {before} before", service.memory());
    assert_eq!(service.client().verify(&secret, METHOD).status, 200);
    service.stop();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let kinds = [
        (head("GET", &format!("/v1/verify/{METHOD}"), &[&bearer(&secret)]), 200),
        (head("GET", &format!("/v1/verify/{OTHER}"), &[&bearer(&secret)]), 403),
        (head("GET", "/v1/verify/-", &[]), 401),
        (head("GET", "/v1/verify/none", &[&bearer(&secret)]), 503),
        (head("GET", "/nowhere", &[]), 404),
    ];
    let mut client = service.client();
    let all: String = (0..1_000).map(|n| kinds[n * n % 5].0.as_str()).collect();
    let mut writing = client.duplicate();
    let writer = std::thread::spawn(move || writing.try_send(all.as_bytes()));
    for n in 0..1_000 {
        assert_eq!(client.read_reply().map(|a| a.status), Some(kinds[n * n % 5].1), "the {n}th");
    }
    assert!(writer.join().unwrap());
    service.stop();
}

/// A slowly sent head is cut off after 5 s. A silent connection may stay, and others are served.
#[test]
fn slow_head_is_cut_off() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let (mut silent, mut slow) = (service.client(), service.client());
    assert_eq!(slow.verify(&secret, METHOD).status, 200);
    let mut writing = slow.duplicate();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let whole = head("GET", &format!("/v1/verify/{METHOD}"), &[&bearer(&secret)]);
    let trickle = std::thread::spawn(move || {
        let each = std::time::Duration::from_millis(250);
        whole.bytes().take_while(|byte| writing.try_send(&[*byte]) && ended.recv_timeout(each).is_err()).count()
    });
    assert!(slow.is_closed(), "no answer");
    drop(end);
    let sent = trickle.join().unwrap();
    // At four bytes a second, 5 s are 20 bytes. On a busy machine they are fewer.
    assert!(sent <= 40, "{sent} bytes were waited for");
    assert_eq!(silent.verify(&secret, METHOD).status, 200);
    let metrics = service.management_client().request("GET", "/metrics", &[]).body;
    assert!(metrics.contains("\njeton_connections_timed_out_total 1\n"), "{metrics}");
    service.stop();
}

/// Idle connections cost little memory, and keep nobody out.
#[test]
fn idle_connections_do_not_block_new_ones() {
    let count: u64 = if std::env::var_os("JETON_SOAK").is_some() { 10_000 } else { 1_000 };
    let limit = getrlimit(Resource::Nofile);
    // A lower limit of open files allows fewer connections.
    let count = limit.maximum.map_or(count, |most| count.min(most.saturating_sub(300)));
    let mut raised = limit;
    raised.current = limit.maximum.map(|most| most.min(24_000));
    setrlimit(Resource::Nofile, raised).unwrap();
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::spawn(command(&install.temp_store.path()));
    let idle: Vec<Client> = (0..count).map(|_| service.client()).collect();
    let mut client = service.client();
    for _ in 0..100 {
        assert_eq!(client.verify(&secret, METHOD).status, 200);
        assert_eq!(service.client().verify(&secret, METHOD).status, 200);
    }
    assert!(service.memory() < MAX_MEMORY_KIB, "{} KiB", service.memory());
    drop(idle);
    assert_eq!(client.verify(&secret, METHOD).status, 200);
    service.stop();
}
