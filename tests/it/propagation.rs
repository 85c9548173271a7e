//! The running service's confirmation in commands that remove access.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::process::{Child, Stdio};
use std::thread;

use jeton::domain::endpoint::Endpoint;
use jeton::platform::service_file;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::cli_program::CliHome;

/// A running service of a home's store.
struct RunningService(Child);

impl RunningService {
    fn start(home: &CliHome) -> Self {
        let verify = format!("unix:{}", home.path("verify").display());
        let mut child = home.command(&["serve", "--verify", &verify]).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("the service answers") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the service has ended");
        }
        thread::spawn(move || drop(said.read_to_end(&mut Vec::new())));
        RunningService(child)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    fn killed(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for RunningService {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asserts that `line` ends with its duration.
#[track_caller]
fn timed(text: &str, line: &str) {
    let rest = text.split_once(line).unwrap_or_else(|| panic!("no {line:?} in {text}")).1;
    let ms: f64 = rest.strip_prefix(" (").and_then(|r| r.split_once(" ms)")).unwrap().0.parse().unwrap();
    assert!(ms > 0.0 && ms < 1_000.0, "{text}");
}

#[test]
fn the_service_denies_what_was_taken_away() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c"] {
        home.create(&[name]);
    }
    let password = home.file("password", "another correct horse\n", 0o600);
    let password = password.to_str().unwrap();
    home.as_ops(&["account", "create", "ci", "--role", "viewer", "--new-password-file", password]).assert_success();
    let as_ops = |args: &[&str]| home.as_ops(&[args, &["--user", "ops"]].concat());
    let _service = RunningService::start(&home);

    timed(&as_ops(&["token", "disable", "a", "b"]).assert_success().err, "✓ ops/a disabled; the service denies it");
    as_ops(&["token", "enable", "a", "b"]).assert_success().assert_hides("service");
    let rotated = as_ops(&["token", "regenerate", "a"]).assert_success();
    timed(&rotated.err, "✓ ops/a has a new secret; the service denies the old one");
    as_ops(&["token", "regenerate", "a", "--grace", "1h"]).assert_success().assert_hides("service");
    let retired = as_ops(&["token", "retire", "a"]).assert_success();
    timed(&retired.err, "✓ ops/a has one secret again; the service denies the old one");
    let deleted = as_ops(&["token", "delete", "a", "--confirm", "a"]).assert_success();
    timed(&deleted.err, "✓ ops/a deleted; the service denies it");
    timed(&as_ops(&["account", "disable", "ci"]).assert_success().err, "✓ ci disabled; the service denies its tokens");
    as_ops(&["token", "disable", "b", "--quiet"]).assert_success().assert_hides("service");

    let answer = as_ops(&["token", "regenerate", "c", "--json"]).assert_success().json();
    assert_eq!(answer["service"]["denies"], json!(true));
    assert_eq!(home.verify(answer["secret"].as_str().unwrap()), 0);
    for line in [
        &["token", "disable", "c"][..],
        &["token", "delete", "b", "c", "--confirm", "2"],
        &["account", "delete", "ci", "--confirm", "ci"],
    ] {
        let answer = as_ops(&[line, &["--json"]].concat()).assert_success().json();
        assert_eq!((&answer["schema"], &answer["service"]["denies"]), (&json!(1), &json!(true)), "{answer}");
        assert!(answer["service"]["ms"].as_f64().unwrap() > 0.0, "{answer}");
    }
}

#[test]
fn what_can_not_be_asked_is_said_calmly() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c", "d"] {
        home.create(&[name]);
    }
    let answer = home.as_ops(&["token", "disable", "a", "--json"]).assert_success().json();
    assert_eq!(answer.get("service"), Some(&Value::Null), "none runs");
    let service = RunningService::start(&home);
    service.signal(Signal::STOP);
    let disabled = home.as_ops(&["token", "disable", "b"]).assert_success();
    assert!(disabled.err.starts_with("✓ ops/b disabled\n! the service at unix:/"), "{}", disabled.err);
    disabled.assert_says(&["could not be asked: no answer within 1s; it reads the store with each request"]);
    let answer = home.as_ops(&["token", "disable", "c", "--json"]).assert_success().json();
    let why = json!({"denies": null, "why": "the service could not be asked: no answer within 1s"});
    assert_eq!(answer["service"], why);
    // The service is suspended by SIGSTOP: a running one would recreate its socket.
    std::fs::remove_file(home.store().with_file_name("jeton.db.manage")).unwrap();
    let done = home.as_ops(&["token", "delete", "b", "--confirm", "b"]).assert_success();
    insta::assert_snapshot!(done.message(), @"");
    service.signal(Signal::CONT);
    service.killed();
    assert!(home.store().with_file_name("jeton.db-service").exists(), "a dead service leaves its mark");
    let deleted = home.as_ops(&["token", "delete", "c", "--confirm", "c"]).assert_success();
    deleted.assert_says(&["✓ ops/c deleted; it is denied from now on"]).assert_hides("service");
}

/// A service that answers but has not read the change proves nothing.
#[test]
fn a_service_that_is_behind_is_not_believed() {
    let home = CliHome::set_up();
    let at = home.path("other");
    let listener = UnixListener::bind(&at).unwrap();
    let endpoint = Endpoint::Unix(at);
    let mark = service_file::acquire(&home.store()).unwrap();
    mark.write(&service_file::ServiceInfo { verify: endpoint.clone(), manage: endpoint }).unwrap();
    let answers = ["{\"schema\":1,\"audit_seq\":1}", "{}", "{\"audit_seq\":9000}"];
    let owner = thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 512];
            let got = stream.read(&mut head).unwrap();
            assert!(head[..got].starts_with(b"GET /v1/head HTTP/1.1\r\n"));
            write!(stream, "HTTP/1.1 200 OK\r\n\r\n{answer}").unwrap();
        }
    });
    for (name, said) in [
        ("a", "has read the audit log up to row 1 only, and this is row 3"),
        ("b", "could not be asked: it answers with something else"),
        ("c", "; the service denies it ("),
    ] {
        home.create(&[name]);
        home.as_ops(&["token", "disable", name]).assert_success().assert_says(&[said]);
    }
    owner.join().unwrap();
}
