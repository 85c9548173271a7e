//! The management listener: token introspection, health, metrics, and the access it grants.

use jeton::domain::expiry::{ExpirySpec, Span};
use jeton::domain::time::SECOND;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::{CreateToken, DisableTokens, RegenerateToken};
use serde_json::{Value, json};

use super::{
    METHOD, OTHER, issue_expired, issue_with_methods, new_install, secret_text, selection, target, wait_until,
};
use crate::support::fakes::{OWNER, create, mistyped};
use crate::support::http::{Client, Reply, bearer, head};
use crate::support::service_process::ServiceProcess;

const PATH: &str = "/v1/introspect";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn introspect(client: &mut Client, caller: &str, form: &str) -> Reply {
    client.post(PATH, &[FORM, &bearer(caller)], form)
}

#[test]
fn introspection_describes_an_active_token() {
    let install = new_install();
    let caller = issue_with_methods(&install, "caller", &["jeton.introspect"]);
    let lacking = secret_text(&issue_with_methods(&install, "lacking", &[METHOD]));
    let expires = Some(ExpirySpec::parse("30d").unwrap());
    let new = CreateToken { expires, selection: selection(&[METHOD, OTHER]), ..create("ci") };
    let token = install.create(OWNER, new);
    let dead = issue_with_methods(&install, "dead", &[METHOD]);
    install.call(OWNER, DisableTokens { tokens: vec![target(&dead)] }).unwrap();
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.management_client();
    let (form, caller_secret) = (format!("token={}", secret_text(&token)), secret_text(&caller));

    assert_eq!(client.post(PATH, &[FORM], &form).body, "{\"result\":1}");
    let invalid = client.post(PATH, &[FORM, &bearer("x")], &form);
    assert_eq!((invalid.status, invalid.body.as_str()), (401, "{\"result\":2}"));
    let caller_header = bearer(&caller_secret);
    let twice = client.post(PATH, &[FORM, &caller_header, &caller_header], &form);
    assert_eq!((twice.status, twice.body.as_str()), (401, "{\"result\":2}"));
    let refused = introspect(&mut client, &lacking, &form);
    assert_eq!((refused.status, refused.body.as_str()), (403, "{\"result\":3}"));
    assert_eq!(introspect(&mut client, &secret_text(&dead), &form).status, 401);

    let mut reply = introspect(&mut client, &caller_secret, &form);
    assert_eq!((reply.status, reply.header("Cache-Control")), (200, "no-store"));
    let mut told_json = reply.json();
    let scope = told_json["scope"].take();
    let mut scope: Vec<&str> = scope.as_str().unwrap().split(' ').collect();
    scope.sort_unstable();
    assert_eq!(scope, [OTHER, METHOD]);
    let at = token.token.expiry.at().unwrap().0 / SECOND;
    let whole = json!({"active": true, "token_type": "Bearer", "scope": null, "username": "ops", "role": "owner",
        "sub": token.token.owner.id.to_string(), "iat": token.token.created_at.0 / SECOND, "exp": at,
        "jti": token.secret.hint(), "token": "ci"});
    assert_eq!(told_json, whole);
    reply = introspect(&mut client, &caller_secret, &format!("token_type_hint=access_token&{form}&x"));
    assert!(reply.body.starts_with("{\"active\":true"), "{reply:?}");
    let encoded: String = secret_text(&token).bytes().map(|b| format!("%{b:02X}")).collect();
    assert!(introspect(&mut client, &caller_secret, &format!("token={encoded}")).body.contains("\"active\":true"));

    let inactive = "{\"active\":false}";
    for presented in [
        secret_text(&dead),
        secret_text(&issue_expired(&install, "old")),
        mistyped(&secret_text(&token)),
        "x".to_owned(),
        String::new(),
    ] {
        let reply = introspect(&mut client, &caller_secret, &format!("token={presented}"));
        assert_eq!((reply.status, reply.body.as_str()), (200, inactive));
    }
    assert_eq!(introspect(&mut client, &caller_secret, &format!("{form}%20")).body, inactive);
    assert_eq!(introspect(&mut client, &caller_secret, &format!("{form}+")).body, inactive);

    for (what, form) in [
        ("none", String::new()),
        ("another", "tokens=x".to_owned()),
        ("two", format!("{form}&{form}")),
        ("a broken escape", "token=%4".to_owned()),
        ("no UTF-8", "token=%ff".to_owned()),
        ("too large", format!("{form}&x={}", "x".repeat(4096))),
    ] {
        let reply = introspect(&mut client, &caller_secret, &form);
        assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("invalid_request")), "{what}");
        if what == "too large" {
            client = service.management_client();
        }
    }
    for kind in ["Content-Type: application/json", "Content-Type: text/plain", "X-None: x"] {
        assert_eq!(client.post(PATH, &[kind, &bearer(&caller_secret)], &form).status, 400, "{kind}");
    }

    // The caller's token was used, but not the introspected token.
    wait_until(|| install.token(caller.token.id).last_seen_at);
    assert_eq!(install.token(token.token.id).last_seen_at, None);
    let log_text = install.store().read(|s| s.usage(caller.token.id, install.now())).unwrap();
    assert_eq!(log_text.methods.first().map(|(method, _)| method.as_str()), Some("jeton.introspect"));
    service.stop();
}

/// During an overlap, the old secret expires first.
#[test]
fn introspected_old_secret_expires_with_its_overlap() {
    let install = new_install();
    let caller = secret_text(&issue_with_methods(&install, "caller", &["jeton.introspect"]));
    let old = issue_with_methods(&install, "ci", &[METHOD]);
    let grace = Some(Span::Hours(2));
    let again = RegenerateToken { token: target(&old), grace, expires: None };
    let new = install.call(OWNER, again).unwrap().value;
    let end = new.token.overlap(install.now()).unwrap().retires_at;
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.management_client();
    let mut exp = |issued: &str| introspect(&mut client, &caller, &format!("token={issued}")).json()["exp"].take();
    assert_eq!(exp(&secret_text(&old)), json!(end.0 / SECOND));
    assert_eq!(exp(&new.secret.expose(str::to_owned)), Value::Null, "it never expires");
    service.stop();
}

#[test]
fn metrics_and_audit_position_are_served() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let (mut client, mut manager) = (service.client(), service.management_client());
    let reply = |manager: &mut Client| manager.request("GET", "/v1/head", &[]).json();
    let last = || install.audit().last().unwrap().seq;
    assert_eq!(reply(&mut manager), json!({"schema": 1, "audit_seq": last()}));
    issue_with_methods(&install, "more", &[]);
    assert_eq!(reply(&mut manager), json!({"schema": 1, "audit_seq": last()}));

    for (method, presented, status) in
        [(METHOD, &*secret, 200), (OTHER, &secret, 403), ("no.Such", &secret, 503), ("-", "nonsense", 401)]
    {
        assert_eq!(client.verify(presented, method).status, status);
    }
    client.request("GET", "/v1/verify/-", &[]);
    let text = wait_until(|| {
        let text = manager.request("GET", "/metrics", &[]).body;
        text.contains("\njeton_ledger_written_total 3\n").then_some(text)
    });
    let mut values = std::collections::BTreeMap::new();
    let mut family = String::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["#", "HELP", name, ..] => family = name.to_owned(),
            ["#", "TYPE", name, kind] => {
                assert!(name == family && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            }
            [name, value] => {
                let bare = name.split('{').next().unwrap();
                let part = bare.strip_prefix(&family).unwrap_or_else(|| panic!("{line}"));
                assert!(part.is_empty() || ["_bucket", "_sum", "_count"].contains(&part), "{line}");
                let labels = name.strip_prefix(bare).unwrap();
                assert!(labels.is_empty() || labels.starts_with('{') && labels.ends_with("\"}"), "{line}");
                assert!(values.insert(name.to_owned(), value.parse::<f64>().unwrap()).is_none(), "twice: {line}");
            }
            _ => panic!("{line}"),
        }
    }
    for (name, value) in [
        ("jeton_requests_total{result=\"permitted\"}", 1.0),
        ("jeton_requests_total{result=\"not_permitted\"}", 1.0),
        ("jeton_requests_total{result=\"invalid_token\"}", 1.0),
        ("jeton_requests_total{result=\"no_credential\"}", 1.0),
        ("jeton_requests_total{result=\"unknown_method\"}", 1.0),
        ("jeton_requests_total{result=\"unavailable\"}", 0.0),
        ("jeton_denied_total{reason=\"malformed\"}", 1.0),
        ("jeton_connections", 2.0),
        ("jeton_ledger_lost_total", 0.0),
        ("jeton_ledger_faults_total", 0.0),
        ("jeton_ledger_lag_seconds", 0.0),
        ("jeton_verify_seconds_count", 5.0),
        ("jeton_verify_seconds_bucket{le=\"+Inf\"}", 5.0),
        ("jeton_store_readable", 1.0),
        ("jeton_tokens{status=\"active\"}", 2.0),
        ("jeton_tokens_expiring", 0.0),
    ] {
        assert_eq!(values.get(name), Some(&value), "{name} in {text}");
    }
    assert!((0.000_001..60.0).contains(&values["jeton_verify_seconds_sum"]), "{text}");
    assert!(
        ["main", "wal"].iter().all(|file| values[&format!("jeton_store_bytes{{file=\"{file}\"}}")] > 0.0),
        "{text}"
    );
    service.stop();
}

/// Without a credential, introspection returns nothing about a token.
#[test]
fn introspection_needs_a_permitted_token() {
    let install = new_install();
    let issued = issue_with_methods(&install, "very-own-name", &[METHOD]);
    let service = ServiceProcess::start(&install.temp_store.path());
    assert_eq!(service.client().verify(&secret_text(&issued), METHOD).status, 200);
    let paths =
        ["/v1/verify/-", "/v1/verify/x", "/v1/health", "/v1/head", "/metrics", "/v1/introspect", "/v1/tokens", "/"];
    for (mut client, dead) in [(service.client(), "x"), (service.management_client(), "x")] {
        for path in paths {
            for verb in ["GET", "POST", "DELETE"] {
                for headers in [&[][..], &[&*bearer(dead)], &[&*bearer(&secret_text(&issued)[..40])]] {
                    client.send(head(verb, path, &[headers, &["Content-Length: 0"]].concat()));
                    let reply = format!("{:?}", client.read_reply().unwrap());
                    for word in ["very-own-name", &secret_text(&issued)[..12], "StopEnv", "ops"] {
                        assert!(!reply.contains(word), "{verb} {path}: {reply}");
                    }
                }
            }
        }
    }
    service.stop();
}
