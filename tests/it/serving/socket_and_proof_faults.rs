//! Lasting faults around a running service: each is logged once, listed by health, and repaired automatically.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::time::Timestamp;
use jeton::platform::entropy::SystemEntropy;
use jeton::platform::{audit_position_file, proof_file};
use jeton::verbs::tokens::CreateToken;
use serde_json::Value;

use super::{METHOD, issue_with_methods, new_install, secret_text, wait_until};
use crate::support::cli_program::run_to_end;
use crate::support::fakes::{OWNER, create};
use crate::support::http::{Client, Reply, bearer};
use crate::support::service_process::{ServiceProcess, command_at_sockets, count_events};

fn private_folder(path: &Path) {
    DirBuilder::new().mode(0o700).create(path).unwrap();
}

/// Returns the status, reason and faults of a health answer.
fn health(client: &mut Client) -> (u16, Value, Value) {
    let answer = client.request("GET", "/v1/health", &[]);
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    (answer.status, json["reason"].clone(), json["faults"].clone())
}

/// The sockets' folder is deleted, or something else takes a socket's path.
#[test]
fn lost_verify_socket_is_reported_once_and_created_again() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let (folder, away) = (install.temp_store.folder().join("run"), install.temp_store.folder().join("away"));
    private_folder(&folder);
    let socket = folder.join("verify.sock");
    let mut serve = command_at_sockets(&install.temp_store.path());
    serve.arg("--verify").arg(format!("unix:{}", socket.display()));
    let service = ServiceProcess::spawn(serve);
    let mut retained = Client::unix(&socket);
    assert_eq!(retained.verify(&secret, METHOD).status, 200);
    let lost = |times: usize| {
        let found = wait_until(|| Some(health(&mut service.management_client())).filter(|found| found.0 == 503));
        assert_eq!(found, (503, "verify-socket".into(), serde_json::json!(["verify-socket"])));
        // Several checks later the fault still has only one log line.
        let looks = || service.management_client().request("GET", "/metrics", &[]).body;
        (0..3).for_each(|_| assert!(looks().contains("\njeton_fault{fault=\"verify-socket\"} 1\n")));
        wait_until(|| (count_events(&service.stderr(), "ERROR", &["fault=\"verify-socket\""]) == times).then_some(()));
    };
    let returns = |times: usize| {
        wait_until(|| (health(&mut service.management_client()).0 == 200).then_some(()));
        assert_eq!(Client::unix(&socket).verify(&secret, METHOD).status, 200);
        wait_until(|| (count_events(&service.stderr(), "INFO", &["fault=\"verify-socket\""]) == times).then_some(()));
    };
    fs::rename(&folder, &away).unwrap();
    lost(1);
    // A connected client is still answered, and gets the same health report.
    assert_eq!(retained.verify(&secret, METHOD).status, 200);
    assert_eq!(health(&mut retained).0, 503);
    private_folder(&folder);
    returns(1);

    fs::remove_file(&socket).unwrap();
    let other = UnixListener::bind(&socket).unwrap();
    lost(2);
    drop(other);
    returns(2);

    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "a file").unwrap();
    lost(3);
    fs::remove_file(&socket).unwrap();
    returns(3);
    service.stop();
}

/// Without any listener the service waits for its folder, then continues without a restart. A lost management socket
/// alone stops no token checks.
#[test]
fn service_without_any_listener_recovers() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let (folder, away) = (install.temp_store.folder().join("run"), install.temp_store.folder().join("away"));
    private_folder(&folder);
    let (verify, manage) = (folder.join("verify.sock"), folder.join("manage.sock"));
    let mut serve = command_at_sockets(&install.temp_store.path());
    serve.arg("--verify").arg(format!("unix:{}", verify.display()));
    serve.arg("--manage").arg(format!("unix:{}", manage.display()));
    let service = ServiceProcess::spawn(serve);
    fs::rename(&folder, &away).unwrap();
    wait_until(|| {
        let log_text = service.stderr();
        (log_text.contains("fault=\"verify-socket\"") && log_text.contains("fault=\"manage-socket\"")).then_some(())
    });
    private_folder(&folder);
    wait_until(|| (verify.exists() && manage.exists()).then_some(()));
    assert_eq!(Client::unix(&verify).verify(&secret, METHOD).status, 200);
    assert_eq!(health(&mut service.management_client()), (200, Value::Null, Value::Null));

    fs::remove_file(&manage).unwrap();
    fs::create_dir(&manage).unwrap();
    let found = wait_until(|| Some(health(&mut Client::unix(&verify))).filter(|found| !found.2.is_null()));
    assert_eq!(found, (200, Value::Null, serde_json::json!(["manage-socket"])));
    fs::remove_dir(&manage).unwrap();
    wait_until(|| manage.exists().then_some(()));
    service.stop();
}

/// A replaced proof value stops working even while its file can't be read. The file can be replaced although others can
/// read it.
#[test]
fn unreadable_proof_is_not_accepted() {
    const CHALLENGE: &str = "X-Jeton-Challenge: sha256:0123456789abcdef0123456789abcdef";
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let store = install.temp_store.path();
    let service = ServiceProcess::start(&store);
    let file = store.with_file_name("jeton.db.proof");
    let ask = |proof: &str| -> Reply {
        service.client().request("GET", &format!("/v1/verify/{METHOD}"), &[&bearer(&secret), proof, CHALLENGE])
    };
    let is_proven = |answer: &Reply| answer.head.to_ascii_lowercase().contains("x-jeton-proof: ");
    let first = ServiceProcess::proxy_proof(&store);
    assert!(is_proven(&ask(&first)));
    for (spoil, mend) in [
        (
            (|file| fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap()) as fn(&Path),
            (|file| fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap()) as fn(&Path),
        ),
        (
            |file| fs::rename(file, file.with_extension("x")).unwrap(),
            |file| {
                fs::rename(file.with_extension("x"), file).unwrap();
            },
        ),
    ] {
        let metrics = |is_faulty: u8| {
            let line = format!("\njeton_fault{{fault=\"proof\"}} {is_faulty}\n");
            wait_until(|| {
                service.management_client().request("GET", "/metrics", &[]).body.contains(&line).then_some(())
            });
        };
        spoil(&file);
        // Without a request that brings a proof.
        metrics(1);
        wait_until(|| (!is_proven(&ask(&first))).then_some(()));
        assert_eq!(health(&mut service.management_client()), (503, "proof".into(), serde_json::json!(["proof"])));
        mend(&file);
        metrics(0);
        wait_until(|| is_proven(&ask(&first)).then_some(()));
        assert_eq!(health(&mut service.management_client()).0, 200);
    }
    assert_eq!(count_events(&service.stderr(), "ERROR", &["fault=\"proof\""]), 2, "{}", service.stderr());
    // The value was leaked: the new one works at once, the old one never again.
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    proof_file::rotate(&store, &SystemEntropy, Timestamp(i64::MAX / 2)).unwrap();
    let next = ServiceProcess::proxy_proof(&store);
    wait_until(|| is_proven(&ask(&next)).then_some(()));
    assert!(!is_proven(&ask(&first)));
    service.stop();
}

/// With `--log-json` every log line is an object, also from a service that can't start or has a wrong command line.
#[test]
fn json_log_holds_nothing_else() {
    let install = new_install();
    let service = {
        let mut serve = command_at_sockets(&install.temp_store.path());
        serve.args(["--verify", "127.0.0.1:0", "--log-json"]);
        ServiceProcess::spawn(serve)
    };
    let lines = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    };
    let wrong: [(&[&str], u8); 5] = [
        (&["--log", "loud"], 2),
        (&["--bogus"], 2),
        (&["--verify", "nowhere"], 2),
        (&["--verify", "192.0.2.1:7180"], 2),
        (&[], 5),
    ];
    for (arguments, code) in wrong {
        let mut serve = command_at_sockets(&install.temp_store.path());
        serve.args(arguments).arg("--log-json");
        let ran = run_to_end(serve, b"").assert_code(i32::from(code));
        let log_text = lines(&ran.err);
        assert!(!log_text.is_empty(), "{arguments:?}: it says nothing");
    }
    // Uses that can't be recorded are reported at the very end.
    let writer = install.raw_connection();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(service.client().verify("nobody", METHOD).status, 401);
    service.request_stop();
    let log_text = lines(&service.wait_for_code(1));
    let last = log_text.last().unwrap();
    assert_eq!((&last["level"], &last["exit_code"]), (&"ERROR".into(), &1.into()), "{last}");
    assert!(log_text.iter().all(|line| line["timestamp"].is_string() && line["message"].is_string()));
}

/// A clock behind the last run's time revives no expired token, unless a person accepts the clock.
#[test]
fn clock_behind_what_was_seen_revives_nothing() {
    const DAY: i64 = super::DAY;
    let install = new_install();
    let live = secret_text(&issue_with_methods(&install, "live", &[METHOD]));
    let soon = CreateToken { expires: Some(ExpirySpec::parse("1d").unwrap()), ..create("soon") };
    let soon = secret_text(&install.create(OWNER, CreateToken { selection: super::selection(&[METHOD]), ..soon }));
    let store = install.temp_store.path();
    let service = ServiceProcess::start(&store);
    assert_eq!([&live, &soon].map(|secret| service.client().verify(secret, METHOD).status), [200, 200]);
    assert_eq!(count_events(&service.stderr(), "WARN", &["file="]), 1, "the first start");
    service.stop();
    // Simulates a last run that ended two days later.
    let mut seen = audit_position_file::read(&store).unwrap().unwrap();
    seen.at = Timestamp(seen.at.0 + 2 * DAY);
    audit_position_file::write(&store, &seen).unwrap();
    let service = ServiceProcess::start(&store);
    assert_eq!([&live, &soon].map(|secret| service.client().verify(secret, METHOD).status), [200, 401]);
    assert_eq!(health(&mut service.management_client()), (200, Value::Null, serde_json::json!(["clock"])));
    assert_eq!(count_events(&service.stderr(), "WARN", &["file="]), 0);
    let log_text = service.stop();
    assert_eq!(count_events(&log_text, "ERROR", &["fault=\"clock\""]), 1, "{log_text}");
    assert!(audit_position_file::read(&store).unwrap().unwrap().at >= seen.at, "the next start goes on from there");
    // Accepted once, the clock stays accepted: the right time is recorded again.
    let mut serve = command_at_sockets(&store);
    serve.args(["--verify", "127.0.0.1:0", "--accept-earlier-clock"]);
    let service = ServiceProcess::spawn(serve);
    assert_eq!(service.client().verify(&soon, METHOD).status, 200);
    service.stop();
    let service = ServiceProcess::start(&store);
    assert_eq!(service.client().verify(&soon, METHOD).status, 200);
    service.stop();
}
