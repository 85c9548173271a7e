//! The running service's confirmation in commands that remove access.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::process::{Child, Stdio};
use std::thread;

use jeton::platform::running_service_file;
use jeton::service::endpoint::Endpoint;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::cli_program::{CliHome, CliOutput};
use crate::support::service_process::is_ready;

/// A running service of a home's store.
struct RunningService(Child);

impl RunningService {
    fn start(home: &CliHome) -> Self {
        let verify = format!("unix:{}", home.path("verify").display());
        let mut child = home.command(&["serve", "--verify", &verify]).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !is_ready(&line) {
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

/// Returns the message of a successful run, without the time that the service took.
#[track_caller]
fn message(ran: CliOutput) -> String {
    let message = ran.assert_success().message();
    let (mut timeless, mut rest) = (String::new(), message.as_str());
    while let Some((part, after)) = rest.split_once(" ms)") {
        rest = after;
        let (before, ms) = part.rsplit_once('(').unwrap();
        let ms: f64 = ms.parse().unwrap();
        assert!(ms > 0.0 && ms < 1_000.0, "{message}");
        timeless += &format!("{before}([time])");
    }
    timeless + rest
}

#[test]
fn command_confirms_that_the_service_denies() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c"] {
        home.create(&[name]);
    }
    let password = home.file("password", "another correct horse\n", 0o600);
    let password = password.to_str().unwrap();
    home.as_ops(&["account", "create", "ci", "--role", "viewer", "--new-password-file", password]).assert_success();
    let as_ops = |args: &[&str]| home.as_ops(&[args, &["--user", "ops"]].concat());
    let _service = RunningService::start(&home);

    insta::assert_snapshot!(message(as_ops(&["token", "disable", "a", "b"])), @"
    ✓ ops/a disabled; the service refuses the token ([time])
    ✓ ops/b disabled; the service refuses the token ([time])
    ");
    as_ops(&["token", "enable", "a", "b"]).assert_success().assert_hides("service");
    insta::assert_snapshot!(message(as_ops(&["token", "regenerate", "a"])), @r#"
    ✓ ops/a has a new secret; the service refuses the old secret ([time]). The token expires in 3 mo (last day: [time])
      The secret is shown only now. To use the secret, run: read -rs SECRET. Paste the secret, then run:
      printf 'Authorization: Bearer %s\n' "$SECRET" | curl -H @- --unix-socket [folder]/verify http://jeton/v1/verify/-
    "#);
    as_ops(&["token", "regenerate", "a", "--grace", "1h"]).assert_success().assert_hides("service");
    insta::assert_snapshot!(message(as_ops(&["token", "retire", "a"])), @"✓ ops/a now has only the new secret; the service refuses the old secret ([time])");
    insta::assert_snapshot!(message(as_ops(&["token", "delete", "a", "--confirm", "a"])), @"
    ✓ ops/a revoked; the service refuses the token ([time])
      To restore a token: jeton token restore ops/a. To show the trash: jeton token list --trash --all
    ");
    insta::assert_snapshot!(message(as_ops(&["account", "disable", "ci"])), @"✓ ci disabled; the service refuses the account's tokens ([time])");
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
fn unreachable_service_is_reported() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c", "d"] {
        home.create(&[name]);
    }
    let answer = home.as_ops(&["token", "disable", "a", "--json"]).assert_success().json();
    assert_eq!(answer.get("service"), Some(&Value::Null), "none runs");
    let service = RunningService::start(&home);
    service.signal(Signal::STOP);
    insta::assert_snapshot!(message(home.as_ops(&["token", "disable", "b"])), @"
    ✓ ops/b disabled
    ! the change is stored, but the service at unix:[folder]/.local/share/jeton/jeton.db.manage gave no valid answer: no answer within 1 s. Check that the service runs. Then read the service's log
    ");
    let answer = home.as_ops(&["token", "disable", "c", "--json"]).assert_success().json();
    insta::assert_snapshot!(answer["service"], @r#"{"denies":null,"why":"the service gave no valid answer: no answer within 1 s"}"#);
    // The service is suspended by SIGSTOP: a running one would recreate its socket.
    std::fs::remove_file(home.store().with_file_name("jeton.db.manage")).unwrap();
    let done = home.as_ops(&["token", "delete", "b", "--confirm", "b"]).assert_success();
    insta::assert_snapshot!(done.message(), @"
    ✓ ops/b revoked
    ! the change is stored, but the service at unix:[folder]/.local/share/jeton/jeton.db.manage gave no valid answer: the socket no longer exists. Check that the service runs. Then read the service's log
      To restore a token: jeton token restore ops/b. To show the trash: jeton token list --trash --all
    ");
    service.signal(Signal::CONT);
    service.killed();
    assert!(home.store().with_file_name("jeton.db-service").exists(), "a dead service leaves its mark");
    let deleted = home.as_ops(&["token", "delete", "c", "--confirm", "c"]).assert_success();
    insta::assert_snapshot!(deleted.message(), @"
    ✓ ops/c revoked; jeton denies the token from the next request on
      To restore a token: jeton token restore ops/c. To show the trash: jeton token list --trash --all
    ");
    deleted.assert_hides("service");
}

/// A service that answers but has not read the change proves nothing.
#[test]
fn outdated_service_is_not_trusted() {
    let home = CliHome::set_up();
    let at = home.path("other");
    let listener = UnixListener::bind(&at).unwrap();
    let endpoint = Endpoint::Unix(at);
    let mark = running_service_file::acquire(&home.store()).unwrap();
    mark.write(&running_service_file::ServiceInfo { verify: endpoint.clone(), manage: endpoint }).unwrap();
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
    let mut messages = String::new();
    for name in ["a", "b", "c"] {
        home.create(&[name]);
        messages += &message(home.as_ops(&["token", "disable", name]));
    }
    insta::assert_snapshot!(messages, @"
    ✓ ops/a disabled
    ! the change is stored, but the service at unix:[folder]/other has not read the change. The change is row 3 of the audit log, and the service has read up to row 1. Check that the service uses this store
    ✓ ops/b disabled
    ! the change is stored, but the service at unix:[folder]/other gave an answer in an unexpected form. Check that the service has the same version as this program
    ✓ ops/c disabled; the service refuses the token ([time])
    ");
    owner.join().unwrap();
}
