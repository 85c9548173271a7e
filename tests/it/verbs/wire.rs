//! The JSON form of requests and replies.

use super::*;

use std::cell::RefCell;
use std::fmt::Debug;

use jeton::api;
use jeton::domain::policy::Policy;
use jeton::domain::wire_format::Answer;
use jeton::error::Error;
use jeton::verbs::request::Response;
use jeton::verbs::tokens::{IssuedToken, MethodCheck};
use jeton::verbs::verify::SecretLookup;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Reads `text`, and asserts that the value has this JSON again.
fn parse<T: Serialize + DeserializeOwned>(text: &str) -> T {
    let value: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(to_json(&value), text);
    value
}

use crate::support::drawn::{Learned, Sample};
use crate::support::fakes::OVER_WIRE;

/// Draws values of the variants of `T`, each with several lists of choices, and asserts that JSON changes none of them and
/// that `Debug` shows no secret. Returns the places of secrets.
fn assert_drawn_survive<T: Serialize + DeserializeOwned + Debug>(
    learned: &mut Learned,
    choices: &[u64],
) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    for variant in 0..VERBS.len() {
        let Sample { value, secret_paths, secrets } = learned.draw::<T>(variant, choices);
        let text = to_json(&value);
        let read = parse::<T>(&text);
        let shown = format!("{value:?}");
        assert_eq!(format!("{read:?}"), shown);
        for secret in secrets {
            assert!(text.contains(&secret) && !shown.contains(&secret), "{shown}");
        }
        places.extend(secret_paths);
    }
    places
}

#[test]
fn every_request_and_reply_survives_json_whatever_it_holds() {
    let cases = if std::env::var_os("JETON_SOAK").is_some() { 5_000 } else { 60 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let known = RefCell::<(Learned, BTreeSet<String>)>::default();
    let run = TestRunner::new(config).run(&proptest::collection::vec(any::<u64>(), 0..150), |choices| {
        let (learned, places) = &mut *known.borrow_mut();
        places.extend(assert_drawn_survive::<Request>(learned, &choices).iter().map(|place| format!("> {place}")));
        places.extend(assert_drawn_survive::<Response>(learned, &choices).iter().map(|place| format!("< {place}")));
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    let places = Vec::from_iter(known.into_inner().1).join("\n");
    insta::assert_snapshot!(places, @"
    < login.value.secret
    < token.copy.value.secret
    < token.create.value.secret
    < token.regenerate.value.secret
    > account.create.password
    > account.passwd.password
    > init.password
    > logout.secret
    > token.revoke.secret.token
    > token.whose.secret
    ");
}

/// Asserts that a request survives the HTTP form, if it has one. Returns `true` if so.
fn assert_survives_http(request: &Request) -> bool {
    let verb = VERBS.iter().find(|verb| verb.name == request.name()).unwrap();
    let Ok(call) = api::encode(request) else {
        assert_eq!(verb.endpoint, None);
        return false;
    };
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let api::PathMatch::Verb(matched) = api::find(call.http_method, path) else { panic!("{call:?}") };
    assert_eq!(matched.verb.name, request.name());
    let read = matched.decode(query, call.body.as_deref().map_or(&[], Vec::as_slice));
    assert_eq!(to_json(&read.unwrap_or_else(|error| panic!("{error} {call:?}"))), to_json(request));
    true
}

#[test]
fn every_request_survives_the_http_form_whatever_it_holds() {
    let cases = if std::env::var_os("JETON_SOAK").is_some() { 5_000 } else { 60 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let learned = RefCell::<Learned>::default();
    let run = TestRunner::new(config).run(&proptest::collection::vec(any::<u64>(), 0..150), |choices| {
        let calls = (0..VERBS.len())
            .filter(|variant| assert_survives_http(&learned.borrow_mut().draw::<Request>(*variant, &choices).value));
        assert_eq!(calls.count(), VERBS.iter().filter(|verb| verb.endpoint.is_some()).count());
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn every_reply_survives_the_http_form() {
    let mut learned = Learned::default();
    for (variant, verb) in VERBS.iter().enumerate() {
        let Sample { value, .. } = learned.draw::<Response>(variant, &[7, 1, 1 << 40, 3, 2, 9, 1 << 33, 5]);
        let read = api::decode_reply(verb.name, &api::encode_reply(&value).unwrap()).unwrap();
        assert_eq!(to_json(&read), to_json(&value));
    }
}

/// The other tests of the verbs, with a backend on the other side of a channel that carries nothing but JSON.
#[test]
fn verbs_do_the_same_over_the_wire() {
    if std::env::var_os(OVER_WIRE).is_some() {
        return;
    }
    let tests = std::env::current_exe().unwrap();
    let run = std::process::Command::new(tests)
        .args(["verbs::", "--skip", "wire::", "--skip", "in_memory::"])
        .env(OVER_WIRE, "1")
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && report.contains("verbs::secret_delivery::"), "{report}");
}

/// The same, and every cell of the access matrix, with a service in between that the requests reach through the HTTP API.
#[test]
fn verbs_do_the_same_over_http() {
    if std::env::var_os(OVER_WIRE).is_some() {
        return;
    }
    let tests = std::env::current_exe().unwrap();
    let run = std::process::Command::new(tests)
        .args(["verbs::", "matrix::", "--skip", "wire::", "--skip", "in_memory::"])
        // A client can't stop a purge at the server, and says who it is for what only needs the store here.
        .args(["--skip", "batches::", "--skip", "every_verb_asks_for_its_proof"])
        .env(OVER_WIRE, "http")
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success()
            && ["verbs::secret_delivery::", "matrix::tokens::"].iter().all(|tests| report.contains(tests)),
        "{report}"
    );
}

#[test]
fn every_request_survives_json_under_the_name_of_its_verb() {
    let requests = authenticate::requests();
    assert_eq!(requests.len(), VERBS.len());
    for (request, VerbInfo { name, .. }) in requests.iter().zip(VERBS) {
        let text = to_json(request);
        assert!(text.starts_with(&format!("{{\"{name}\":")), "{text}");
        assert_eq!(parse::<Request>(&text).name(), *name);
    }
}

#[test]
fn unknown_field_is_refused_in_every_request() {
    for request in authenticate::requests() {
        let mut value = serde_json::to_value(&request).unwrap();
        match value.as_object_mut().unwrap().values_mut().next().unwrap() {
            Value::Object(fields) => drop(fields.insert("surplus".to_owned(), json!(1))),
            without => *without = json!({"surplus": 1}),
        }
        assert!(serde_json::from_value::<Request>(value).is_err(), "{}", request.name());
    }
}

#[test]
fn values_are_refused_by_their_own_parsers() {
    for (verb, field, bad) in [
        ("account.show", "username", json!("No Name")),
        ("token.can", "method", json!("a b")),
        ("token.create", "names", json!(["-x"])),
        ("token.create", "expires", json!("soon")),
        ("token.create", "destination", json!({"file": "/x"})),
        ("token.regenerate", "grace", json!("1 day")),
        ("token.review", "tokens", json!([7])),
        ("account.role", "role", json!("root")),
        ("account.contact", "contact", json!("a@example.com, b@example.com")),
        ("ledger.uses", "since", json!("2026-11-21")),
    ] {
        let request = authenticate::requests().into_iter().find(|one| one.name() == verb).unwrap();
        let mut value = serde_json::to_value(&request).unwrap();
        value[verb][field] = bad;
        assert!(serde_json::from_value::<Request>(value).is_err(), "{verb} {field}");
    }
}

#[test]
fn contradictory_reply_is_refused() {
    let install = TestInstall::new();
    let secret = SecretText::new(Zeroizing::new(install.issue(OWNER, "x").secret.expose(str::to_owned)));
    let can = CanToken { token: TokenRef::Text("x".to_owned()), method: MethodId::parse("no.Such").unwrap() };
    let check = json!(install.call(OWNER, can).unwrap());
    let found = json!(install.call(OWNER, IdentifySecret { secret }).unwrap());
    let policy = json!(install.call(OWNER, ListPolicy).unwrap());
    fn is_read<T: DeserializeOwned>(reply: &Value, field: &str, value: Option<Value>) -> bool {
        let mut reply = reply.clone();
        match value {
            Some(value) => reply[field] = value,
            None => drop(reply.as_object_mut().unwrap().remove(field)),
        }
        serde_json::from_value::<T>(reply).is_ok()
    }
    let unchanged = |reply: &Value, field: &str| Some(reply[field].clone());
    assert!(is_read::<MethodCheck>(&check, "allowed", unchanged(&check, "allowed")));
    assert!(!is_read::<MethodCheck>(&check, "allowed", Some(json!(true))));
    assert!(!is_read::<MethodCheck>(&check, "reason", Some(Value::Null)));
    assert!(is_read::<SecretLookup>(&found, "works", unchanged(&found, "works")));
    let purged = json!({"id": "t:9", "account": "ops", "name": "x", "purged_at": "2026-11-21T09:30:00Z"});
    for (field, value) in [
        ("works", json!(false)),
        ("reason", json!("expired")),
        ("secret", json!("dead")),
        ("token", Value::Null),
        ("state", Value::Null),
        ("purged", purged),
    ] {
        assert!(!is_read::<SecretLookup>(&found, field, Some(value)), "{field}");
    }
    assert!(is_read::<Policy>(&policy, "policy.trash", unchanged(&policy, "policy.trash")));
    assert!(!is_read::<Policy>(&policy, "policy.trash", None));
}

#[test]
fn error_about_a_secret_never_quotes_it() {
    let mut value = serde_json::to_value(create_account("x", Role::Viewer)).unwrap();
    value["password"] = json!(918_273_645_546_u64);
    let error = serde_json::from_value::<jeton::verbs::accounts::CreateAccount>(value).unwrap_err().to_string();
    assert!(!error.contains("918273645546"), "{error}");
    let install = TestInstall::new();
    let mut issued = serde_json::to_value(install.issue(OWNER, "x")).unwrap();
    let secret = issued["secret"].as_str().unwrap().to_owned();
    issued["secret"] = json!(format!("{secret}x"));
    let error = serde_json::from_value::<IssuedToken>(issued).unwrap_err().to_string();
    assert!(!error.contains(&secret), "{error}");
}

#[test]
fn hash_of_a_password_never_travels() {
    let mut request = create_account("x", Role::Viewer);
    request.password = NewPassword::Hashed(jeton::domain::password::PasswordHash("counted$1$x".to_owned()));
    assert!(serde_json::to_string(&request).is_err());
}

#[test]
fn error_of_a_verb_survives_json() {
    let install = TestInstall::new();
    let error = install.call(OWNER, show("nothing")).unwrap_err();
    assert_eq!(parse::<Error>(&to_json(&error)), error);
}

/// Returns the paths of the fields in which `one` and `other` differ.
fn differences(one: &Value, other: &Value, path: &str) -> Vec<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let field = |key: &String| {
                let nothing = Value::String("no such field".to_owned());
                let [one, other] = [one, other].map(|fields| fields.get(key).unwrap_or(&nothing).clone());
                differences(&one, &other, &format!("{path}.{key}"))
            };
            keys.into_iter().flat_map(field).collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{path}: {one} → {other}")],
    }
}

#[test]
fn answer_is_the_reply_with_statuses_and_without_what_only_programs_use() {
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    let mut shown = install.call("member", show("x")).unwrap();
    shown.used_methods = 3;
    let answer = json!(Answer { value: &shown, now: START });
    insta::assert_snapshot!(differences(&json!(shown), &answer, "").join("\n"), @r#"
    .token.account_id: "a:3" → "no such field"
    .token.expected_unused_since: "no such field" → null
    .token.revision: 1 → "no such field"
    .token.secret_since: "2026-11-21T09:30:00Z" → "no such field"
    .token.selection.sets: "no such field" → []
    .token.status: "no such field" → "active"
    .usage.recorded_since: null → "no such field"
    .used_methods: 3 → "no such field"
    "#);
}
