//! The service, as the doctor sees it: a real one, and servers that answer as no healthy one does.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use rustix::process::{Signal, kill_process};

use super::{checks, configure, doctor, found, healthy, set_mode};
use crate::support::certificates::{Certificate, expired, self_signed};
use crate::support::cli_program::{CliHome, CliOutput};
use crate::support::service_process::{ServiceProcess, command_at_sockets};

/// Starts the service of a home's store at sockets next to it.
fn serve(home: &CliHome) -> ServiceProcess {
    ServiceProcess::spawn(command_at_sockets(&home.store()))
}

/// Returns the findings with this id.
fn with_id(output: &CliOutput, id: &str) -> Vec<serde_json::Value> {
    checks(output).into_iter().filter(|check| check["id"] == id).collect()
}

#[test]
fn running_service_is_found_and_healthy() {
    let home = healthy();
    let service = serve(&home);
    let output = doctor(&home, &[], &[]);
    assert_eq!(found(&output), [""; 0]);
    for (id, count) in [
        ("service.running", 1),
        ("service.reachable", 1),
        ("service.version", 1),
        ("service.health", 1),
        ("service.clock", 1),
        ("service.access", 2),
    ] {
        assert_eq!(with_id(&output, id).len(), count, "{id}: {output:?}");
    }
    // The configured server is the same service, which is asked once.
    configure(&home, &format!("server = \"unix:{}\"\n", service.manage.display()));
    assert_eq!(with_id(&doctor(&home, &[], &[]), "service.reachable").len(), 1);
    service.stop();
}

#[test]
fn crashed_service_is_named_and_one_that_was_stopped_is_not() {
    let home = healthy();
    serve(&home).stop();
    assert_eq!(found(&doctor(&home, &[], &[])), [""; 0]);
    let service = serve(&home);
    kill_process(service.pid(), Signal::KILL).unwrap();
    drop(service);
    assert_eq!(found(&doctor(&home, &[], &[])), ["service.running"]);
    serve(&home).stop();
    assert_eq!(found(&doctor(&home, &[], &[])), [""; 0]);
}

#[test]
fn service_whose_file_was_removed_is_found_again() {
    let home = healthy();
    let service = serve(&home);
    let file = format!("{}-service", home.store().display());
    fs::remove_file(&file).unwrap();
    let clock = jeton::platform::clock::Stopwatch::start();
    while fs::read(&file).unwrap_or_default().is_empty() {
        assert!(clock.elapsed().as_secs() < 20);
    }
    assert_eq!(with_id(&doctor(&home, &[], &[]), "service.reachable").len(), 1);
    let second = home.run(&["serve", "--verify", &format!("unix:{}", home.path("other.sock").display())], "");
    assert_eq!(second.code, 5, "{}", second.err);
    service.stop();
}

#[test]
fn open_socket_is_named() {
    let home = healthy();
    let service = serve(&home);
    set_mode(&service.manage, 0o666);
    assert_eq!(found(&doctor(&home, &[], &[])), ["service.access"]);
    service.stop();
}

#[test]
fn missing_service_is_named_if_one_is_set_up() {
    let home = healthy();
    configure(&home, "[serve]\nverify = \"127.0.0.1:7180\"\n");
    assert_eq!(found(&doctor(&home, &[], &[])), ["service.running"]);
    configure(&home, &format!("server = \"unix:{}\"\n", home.path("gone.sock").display()));
    let output = doctor(&home, &[], &[]);
    assert!(found(&output).contains(&"service.reachable".to_owned()), "{:?}", found(&output));
}

/// Answers each request at a socket of the home with this text.
fn answer_with(home: &CliHome, answer: String) {
    let path = home.path("other.sock");
    let listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    configure(home, &format!("server = \"unix:{}\"\n", path.display()));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
}

#[test]
fn each_fault_of_an_answer_is_named() {
    let cases = [
        ("service.reachable", "200 OK", "hello"),
        ("service.version", "200 OK\r\nServer: jeton/0.0.1", r#"{"status":"ok"}"#),
        ("service.clock", "200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT", r#"{"status":"ok"}"#),
        ("service.health", "503 Service Unavailable", r#"{"status":"unavailable","reason":"store"}"#),
        ("service.health", "200 OK", r#"{"status":"ok","faults":["clock"]}"#),
    ];
    for (id, head, body) in cases {
        let home = healthy();
        answer_with(&home, format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        assert_eq!(found(&doctor(&home, &[], &[])), [id]);
    }
}

/// Puts a certificate and its key next to the configuration, which names them.
fn put_certificate(home: &CliHome, certificate: &Certificate) {
    configure(home, "[serve]\nmanage = \"https://127.0.0.1:7182\"\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n");
    let folder = home.path(".config/jeton");
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        set_mode(&folder.join(name), 0o600);
    };
    write("tls.pem", &certificate.pem);
    write("tls.key", &certificate.key);
}

#[test]
fn end_of_a_certificate_is_named() {
    let home = healthy();
    put_certificate(&home, &self_signed(&["localhost"]));
    let output = doctor(&home, &[], &[]);
    assert_eq!(with_id(&output, "service.certificate")[0]["status"], "ok");
    put_certificate(&home, &expired(&["localhost"]));
    let output = doctor(&home, &[], &[]);
    assert_eq!(with_id(&output, "service.certificate")[0]["status"], "fault");
}
