//! The management API over https: which certificates a client accepts, and how the service keeps its own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use jeton::error::Kind;
use jeton::platform::sockets;
use jeton::service::endpoint::Endpoint;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use super::wait_until;
use crate::support::certificates::{Authority, Certificate, expired, self_signed};
use crate::support::cli_program::{CliHome, CliOutput, PASSWORD, run_to_end};
use crate::support::http::{Client, TIMEOUT};
use crate::support::service_process::{ServiceProcess, command_at_sockets, count_events, pass_sockets};

const LOCALHOST: [&str; 2] = ["localhost", "127.0.0.1"];

/// Returns the command that serves the home's store over https with this certificate.
fn command(home: &CliHome, certificate: &Certificate) -> Command {
    let mut command = command_at_sockets(&home.store());
    let settings = certificate.write(home.path("tls.pem").parent().unwrap());
    command.current_dir(settings.parent().unwrap()).env("JETON_CONFIG", settings);
    command.args(["--manage", "https://127.0.0.1:0"]);
    command
}

fn serve(home: &CliHome, certificate: &Certificate) -> ServiceProcess {
    ServiceProcess::spawn(command(home, certificate))
}

/// Returns a home that uses the service under this host name. `trust` is a setting for its certificate.
fn client_of(service: &ServiceProcess, host: &str, trust: Option<(&str, &str)>) -> CliHome {
    let home = CliHome::new();
    let server = format!("https://{host}:{}", service.https().port());
    for (key, value) in [("server", server.as_str()), ("username", "ops")].into_iter().chain(trust) {
        home.run(&["config", "set", key, value], "").assert_success();
    }
    home
}

/// Returns a home that trusts the certificate in `pem`.
fn client_with_file(service: &ServiceProcess, host: &str, pem: &str) -> CliHome {
    let home = client_of(service, host, None);
    home.file("ca.pem", pem, 0o644);
    home.run(&["config", "set", "server-ca", "ca.pem"], "").assert_success();
    home
}

/// Asserts that the client refuses the service, and that no password arrived. Returns the message.
#[track_caller]
fn assert_refused(service: &ServiceProcess, server: &CliHome, client: &CliHome) -> String {
    let list = ["token", "list", "--password-stdin"];
    let refused = client.run(&list, "not the password\n").assert_error(Kind::Failure).assert_silent();
    let rows = server.as_ops(&["audit", "--json"]).assert_success().json();
    let attempts = rows["entries"].as_array().unwrap().iter().filter(|row| row["verb"] == "sign-in.failed");
    assert_eq!(attempts.count(), 0, "a password was sent");
    refused.message().replace(&service.https().port().to_string(), "[port]")
}

#[test]
fn commands_work_over_https_with_a_file_or_a_pin() {
    let home = CliHome::set_up();
    let (authority, own) = (Authority::new(), self_signed(&LOCALHOST));
    for (certificate, file) in [(&authority.issue(&LOCALHOST), authority.pem()), (&own, own.pem.clone())] {
        let service = serve(&home, certificate);
        let pin = service.pin();
        let client = client_with_file(&service, "localhost", &file);
        let both = client_with_file(&service, "127.0.0.1", &file);
        both.run(&["config", "set", "server-pin", &pin], "").assert_success();
        let pinned = client_of(&service, "127.0.0.1", Some(("server-pin", &pin)));
        let from_environment = client_of(&service, "localhost", None);
        let system = home.file("system.pem", &file, 0o644);
        for client in [&client, &both, &pinned] {
            let name = format!("t{}", service.https().port());
            client.as_ops(&["token", "create", &name, "--inherit"]).assert_success();
            let listed = client.as_ops(&["token", "list", "--json"]).assert_success().json();
            assert_eq!(listed["tokens"][0]["name"], name);
            client.as_ops(&["token", "revoke", &name, "--confirm", &name]).assert_success();
            client.as_ops(&["token", "purge", "--trashed", "--confirm", "1"]).assert_success();
        }
        // The authorities of the system are those of this file.
        let mut list = from_environment.command(&["token", "list", "--password-stdin"]);
        list.env("SSL_CERT_FILE", system);
        run_to_end(list, format!("{PASSWORD}\n").as_bytes()).assert_success();
        service.stop();
    }
}

#[test]
fn password_is_sent_to_no_server_with_another_certificate() {
    let home = CliHome::set_up();
    let (authority, other) = (Authority::new(), Authority::new());
    let service = serve(&home, &authority.issue(&["jeton.example.com"]));
    let other_pin = format!("sha256:{}", "0".repeat(64));
    let clients = [
        client_of(&service, "localhost", None),
        client_with_file(&service, "localhost", &other.pem()),
        client_with_file(&service, "localhost", &authority.pem()),
        client_of(&service, "localhost", Some(("server-pin", &other_pin))),
    ];
    let messages: String = clients.iter().map(|client| assert_refused(&service, &home, client)).collect();
    insta::assert_snapshot!(messages);
    // With the right name, but another key.
    let certificate = authority.issue(&LOCALHOST);
    service.stop();
    let service = serve(&home, &certificate);
    let client = client_with_file(&service, "localhost", &authority.pem());
    client.run(&["config", "set", "server-pin", &other_pin], "").assert_success();
    assert_refused(&service, &home, &client);
    client.run(&["config", "set", "server-pin", &service.pin()], "").assert_success();
    client.as_ops(&["token", "list"]).assert_success();
    service.stop();

    // A self-signed certificate gets the same advice as one of an unknown authority.
    let service = serve(&home, &self_signed(&LOCALHOST));
    let refused = assert_refused(&service, &home, &client_of(&service, "localhost", None));
    assert_eq!(refused.lines().collect::<Vec<_>>(), messages.lines().take(2).collect::<Vec<_>>());
    service.stop();

    let old = expired(&LOCALHOST);
    let service = serve(&home, &old);
    assert_refused(&service, &home, &client_with_file(&service, "localhost", &old.pem));
    let unfit = client_with_file(&service, "localhost", "no certificate");
    assert_refused(&service, &home, &unfit);
}

#[test]
fn new_certificate_is_used_from_the_next_connection_on() {
    let home = CliHome::set_up();
    let (first, second) = (self_signed(&LOCALHOST), self_signed(&LOCALHOST));
    let service = serve(&home, &first);
    let first_pin = service.pin();
    let reload = || kill_process(service.pid(), Signal::HUP).unwrap();
    let list = |pin: &str| client_of(&service, "localhost", Some(("server-pin", pin))).as_ops(&["token", "list"]);
    let fault_count = |level: &str| count_events(&service.stderr(), level, &["fault=\"certificate\""]);
    let health = || service.management_client().request("GET", "/v1/health", &[]);

    // Without its key, the new certificate can't be used.
    std::fs::write(home.path("tls.pem"), &second.pem).unwrap();
    reload();
    wait_until(|| (fault_count("ERROR") == 1).then_some(()));
    assert_eq!((health().status, health().json()["faults"][0].as_str()), (200, Some("certificate")));
    list(&first_pin).assert_success();
    home.file("tls.key", &second.key, 0o644);
    reload();
    list(&first_pin).assert_success();
    home.file("tls.key", &second.key, 0o640);
    reload();
    wait_until(|| (fault_count("INFO") == 1).then_some(()));
    assert_ne!(service.pin(), first_pin);
    list(&service.pin()).assert_success();
    list(&first_pin).assert_error(Kind::Failure);
    assert!(health().json()["faults"].is_null());
    service.stop();
}

#[test]
fn client_without_tls_disturbs_nobody() {
    let home = CliHome::set_up();
    let service = serve(&home, &self_signed(&LOCALHOST));
    let silent = Client::tcp(service.https());
    for garbage in [&b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"[..], &[0x16, 3, 1, 255, 255], &[0; 70_000]] {
        let mut client = Client::tcp(service.https());
        client.send(garbage);
        client.end();
        // The service sends an alert and closes the connection.
        assert!(client.read_reply().is_none());
    }
    let plain = CliHome::new();
    plain.run(&["config", "set", "server-insecure", "yes"], "").assert_success();
    let address = format!("http://{}", service.https());
    plain.as_ops(&["token", "list", "--user", "ops", "--server", &address]).assert_error(Kind::Failure);
    let pin = service.pin();
    client_of(&service, "localhost", Some(("server-pin", &pin))).as_ops(&["token", "list"]).assert_success();
    assert_eq!(service.management_client().request("GET", "/v1/health", &[]).status, 200);
    let log = service.stop();
    assert_eq!(count_events(&log, "ERROR", &[]), 0, "{log}");
    drop(silent);
}

#[test]
fn unsafe_certificate_files_are_refused() {
    let home = CliHome::set_up();
    let certificate = self_signed(&LOCALHOST);
    let refuse = |prepare: &dyn Fn(), kind| {
        let command = command(&home, &certificate);
        prepare();
        run_to_end(command, b"").assert_error(kind).message()
    };
    let messages = [
        refuse(&|| drop(home.file("tls.key", &certificate.key, 0o644)), Kind::Failure),
        refuse(&|| drop(home.file("tls.key", &self_signed(&LOCALHOST).key, 0o600)), Kind::Failure),
        refuse(&|| drop(home.file("tls.key", "", 0o600)), Kind::Failure),
        refuse(&|| std::fs::remove_file(home.path("tls.pem")).unwrap(), Kind::Failure),
        refuse(&|| drop(home.file("serve.toml", "", 0o600)), Kind::Usage),
    ];
    insta::assert_snapshot!(messages.concat());
}

/// Answers one request with these bytes, and returns what the client says.
fn ask_server_that_answers(reply: String) -> CliOutput {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(reply.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let home = CliHome::set_up();
    let secret = home.create(&["reader", "--inherit"]);
    home.run(&["config", "set", "server-insecure", "yes"], "").assert_success();
    let mut list = home.command(&["policy", "list", "--server", &address]);
    list.env("JETON_TOKEN", secret);
    let mut said = run_to_end(list, b"");
    let request = server.join().unwrap();
    assert!(request.contains(&format!("host: {}\r\n", &address[7..])), "{request}");
    said.err = said.err.replace(&address, "[server]").replace(env!("CARGO_PKG_VERSION"), "[version]");
    said
}

#[test]
fn answer_that_is_not_understood_names_the_versions_at_both_ends() {
    let reply = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
    };
    let unknown = json!({"kind": "not-found", "what": "no endpoint has this path", "fault": "unknown-endpoint"});
    let newer = "Server: jeton/99.0.0\r\n";
    let replies = [
        reply("302 Found", "Location: https://other.example.com/\r\n", ""),
        reply("404 Not Found", newer, &unknown.to_string()),
        reply("200 OK", newer, "{\"policy\":\"new\"}"),
        reply("404 Not Found", "Server: nginx\r\n", "<html>"),
    ];
    let messages = replies.map(|reply| ask_server_that_answers(reply).assert_error(Kind::Failure).message());
    insta::assert_snapshot!(messages.concat());
}

#[test]
fn https_uses_a_port_from_systemd() {
    let home = CliHome::set_up();
    let certificate = self_signed(&LOCALHOST);
    let handed_over = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = handed_over.local_addr().unwrap().port();
    let (command, open) = pass_sockets(&command(&home, &certificate), &[("manage", handed_over.into())]);
    let service = ServiceProcess::spawn(command);
    drop(open);
    assert_eq!(service.https().port(), port);
    let local = Endpoint::Unix(service.manage.clone());
    assert_eq!(sockets::get(&local, "/v1/health", "", TIMEOUT).unwrap().status, 200);
    let pin = service.pin();
    client_of(&service, "localhost", Some(("server-pin", &pin))).as_ops(&["token", "list"]).assert_success();
    service.stop();
}
