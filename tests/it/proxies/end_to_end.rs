//! End to end: a client, a real proxy with the printed configuration, `jeton serve` over a real store, and an
//! application behind it.

use std::cell::Cell;
use std::sync::Arc;

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::name::Prefix;
use jeton::domain::secret::Secret;
use jeton::domain::time::Timestamp;
use jeton::platform;
use jeton::verbs::local_backend::Adapters;
use jeton::verbs::request::call;
use jeton::verbs::tokens::CreateToken;
use serde_json::Value;

use super::SHOP;
use super::mock_server::{CLIENT, Reply, Request, send_raw};
use super::setup::{ProxySetup, ProxyUnderTest, Verifier, home_with_catalogue};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::fakes::{FakeClock, backend, create, credential};

const DAY: i64 = 24 * 60 * 60 * 1000;
const AGENT: &str = "User-Agent: deploy/1.0";
/// Forged client headers, in every spelling that an application may take for jeton's.
const FORGED: [&str; 10] = [
    "X-Jeton-Account: forged",
    "x-jeton-account-id: forged",
    "X_Jeton_Role: forged",
    "X-Jeton-Role: forged",
    "X-JETON_TOKEN: forged",
    "X_JETON-HINT: forged",
    "X-Jeton-Method: forged",
    "X_Jeton_Method: forged",
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-Uri: /orders?session=forged",
];

fn bearer(secret: &str) -> String {
    format!("Authorization: Bearer {secret}")
}

/// Returns the statuses of a proxy that got no decision.
fn unknown(kind: ProxyUnderTest) -> &'static [u16] {
    match kind {
        ProxyUnderTest::Nginx => &[500],
        ProxyUnderTest::Caddy => &[502, 503],
        ProxyUnderTest::Haproxy | ProxyUnderTest::Envoy => &[503],
        ProxyUnderTest::Traefik => &[500, 503],
    }
}

impl ProxySetup {
    fn with(&self, request: &str, headers: &[&str]) -> Reply {
        self.send(request, &[&[AGENT], headers].concat())
    }

    /// Returns the only request that has reached the application.
    #[track_caller]
    fn reached(&self) -> Request {
        let mut seen = self.application.take_requests();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

/// Secrets, by the reason of their refusal.
struct Secrets {
    show: String,
    mine: String,
    lacking: String,
    refused: Vec<(&'static str, String)>,
}

fn expired(home: &CliHome) -> String {
    let real = platform::adapters();
    let yesterday = Timestamp(real.clock.now().0 - 2 * DAY);
    let world = Adapters { clock: Arc::new(FakeClock::at(yesterday)), ..real };
    let request = CreateToken { expires: Some(ExpirySpec::parse("1d").unwrap()), ..create("expired") };
    let made = call(&backend(&home.store(), world), &credential("ops"), request).unwrap();
    made.value[0].secret.expose(str::to_owned)
}

fn secrets(home: &CliHome) -> Secrets {
    home.run(&["config", "set", "username", "ops"], "").assert_success();
    let expired = expired(home);
    let names = ["show", "disabled", "deleted", "rotated"];
    let create = [&["token", "create", "--method", "shop.Show", "--json"], &names[..]].concat();
    let made = home.as_ops(&create).assert_success().json();
    let [show, disabled, deleted, rotated] = [0, 1, 2, 3].map(|n| made["created"][n]["secret"].as_str().unwrap());
    home.as_ops(&["token", "disable", "disabled"]).assert_success();
    home.as_ops(&["token", "delete", "deleted", "--confirm", "deleted"]).assert_success();
    home.as_ops(&["token", "regenerate", "rotated"]).assert_success();
    let carol = ["account", "create", "carol", "--password-stdin"];
    home.run(&carol, format!("{PASSWORD}\nanother long password\n")).assert_success();
    let of_carol = home.create(&["hers", "--account", "carol", "--method", "shop.Show"]);
    home.as_ops(&["account", "disable", "carol"]).assert_success();
    let fill = |bytes: &mut [u8]| platform::adapters().entropy.fill(bytes);
    let unknown = Secret::generate(&Prefix::default(), fill).unwrap().expose(str::to_owned);
    let damaged = if show.ends_with('0') { "1" } else { "0" };
    let damaged = format!("{}{damaged}", &show[..show.len() - 1]);
    Secrets {
        show: show.to_owned(),
        mine: home.create(&["mine", "--method", "shop.Mine"]),
        lacking: home.create(&["lacking", "--method", "shop.List"]),
        refused: vec![
            ("malformed", "abc".to_owned()),
            ("checksum", damaged),
            ("unknown", unknown),
            ("retired", rotated.to_owned()),
            ("expired", expired),
            ("disabled", disabled.to_owned()),
            ("deleted", deleted.to_owned()),
            ("account-disabled", of_carol),
        ],
    }
}

fn every_case_is_answered(kind: ProxyUnderTest) {
    let home = home_with_catalogue(SHOP);
    let secrets = secrets(&home);
    let response = home.as_ops(&["token", "show", "show", "--json"]).assert_success().json();
    let hint = response["token"]["hint"].as_str().unwrap();
    let verify = Verifier::real(kind, &home);
    let mut proxy_setup = ProxySetup::start(kind, home, verify);
    let show = bearer(&secrets.show);
    let used = Cell::new(0u64);
    let permitted = |proxy_setup: &ProxySetup, more: &[&str]| {
        used.set(used.get() + 1);
        let reply = proxy_setup.with("GET /orders/7", &[&[show.as_str()], more].concat());
        assert_eq!(reply.status, 200, "{kind:?}: {reply:?}");
        proxy_setup.reached()
    };

    permitted(&proxy_setup, &[]);
    let expected = [
        ("Account", "ops"),
        ("Account-Id", "a:1"),
        ("Role", "owner"),
        ("Token", "show"),
        ("Hint", hint),
        ("Method", "shop.Show"),
    ];
    for more in [&[][..], &FORGED] {
        let got = permitted(&proxy_setup, more);
        for (name, value) in expected {
            assert_eq!(got.all(&format!("X-Jeton-{name}")), [value], "{kind:?} {got:?}");
        }
        let made_up = got.headers.iter().filter(|(_, value)| value == "forged").count();
        assert_eq!((made_up, got.all("authorization")), (0, vec![]), "{kind:?} {got:?}");
        assert_eq!(got.all("x-forwarded-for"), [CLIENT.to_string()], "{kind:?} {got:?}");
    }

    let nobody = proxy_setup.with("GET /orders/7", &[]);
    assert_eq!(nobody.status, 401, "{kind:?}: {nobody:?}");
    let challenge = "WWW-Authenticate: Bearer realm=\"jeton\"";
    assert!(nobody.head.lines().any(|line| line.eq_ignore_ascii_case(challenge)), "{nobody:?}");
    let mut refusals: Vec<String> = Vec::new();
    for (what, secret) in &secrets.refused {
        let reply = proxy_setup.with("GET /orders/7", &[&bearer(secret)]);
        assert_eq!(reply.status, 401, "{kind:?} {what}: {reply:?}");
        refusals.push(reply.head.lines().filter(|l| !l.to_lowercase().starts_with("date:")).collect());
    }
    assert!(refusals[0].to_lowercase().contains("bearer realm=\"jeton\", error=\"invalid_token\""), "{refusals:?}");
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{kind:?}: all alike");
    assert_eq!(proxy_setup.with("GET /orders/7", &[&bearer(&secrets.lacking)]).status, 403, "{kind:?}");
    let two = proxy_setup.with("GET /orders/7", &[&show, &show]).status;
    assert!(two == 401 || (kind == ProxyUnderTest::Nginx && two == 400), "{kind:?}: two credentials, {two}");
    assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");

    // Asserted before any command connects to the service too.
    assert_eq!(proxy_setup.verify.connections(), 1, "{kind:?} asks over one connection");
    proxy_setup.home.as_ops(&["token", "disable", "show"]).assert_success();
    assert_eq!(proxy_setup.with("GET /orders/7", &[&show]).status, 401, "{kind:?}: at once");
    proxy_setup.home.as_ops(&["token", "enable", "show"]).assert_success();
    permitted(&proxy_setup, &[]);

    // The proxy's map has a METHOD that the catalogue no longer has.
    let (before, rest) = SHOP.split_once("[[group.method]]\nid = \"Mine\"").unwrap();
    let (_, after) = rest.split_once("[[group.method]]").unwrap();
    proxy_setup.home.file("shop.toml", &format!("{before}[[group.method]]{after}"), 0o644);
    // The requests of `Mine` are those of `/orders/{id}` now.
    let apply = ["catalogue", "apply", "shop.toml", "--accept-widening", "5"];
    proxy_setup.home.as_ops(&apply).assert_success();
    let refused = |proxy_setup: &ProxySetup, request: &str, secret: &str| {
        let reply = proxy_setup.with(request, &[&bearer(secret)]);
        assert!(unknown(kind).contains(&reply.status), "{kind:?}: {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
    };
    refused(&proxy_setup, "GET /orders/mine", &secrets.mine);
    permitted(&proxy_setup, &[]);
    // The store is missing.
    let away = proxy_setup.home.path("away.db");
    std::fs::rename(proxy_setup.home.store(), &away).unwrap();
    refused(&proxy_setup, "GET /orders/7", &secrets.show);
    std::fs::rename(&away, proxy_setup.home.store()).unwrap();
    permitted(&proxy_setup, &[]);
    proxy_setup.verify.stop();
    refused(&proxy_setup, "GET /orders/7", &secrets.show);

    let mut denied: Vec<&str> = secrets.refused.iter().map(|(what, _)| *what).collect();
    denied.extend(["not-permitted"]);
    assert_ledger(&proxy_setup.home, kind, used.get(), &denied);
}

/// The ledger has the caller of the client's own connection and its `User-Agent`, whatever else the client forged.
fn assert_ledger(home: &CliHome, kind: ProxyUnderTest, used: u64, denied: &[&str]) {
    let rows = |list: &str| -> Vec<Value> {
        let response = home.as_ops(&["ledger", list, "--json"]).assert_success().json();
        response[list].as_array().unwrap().clone()
    };
    let uses = rows("uses");
    assert_eq!(uses.len(), 1, "{kind:?} {uses:?}");
    let client = CLIENT.to_string();
    let is = |row: &Value, key: &str, value: &str| assert_eq!(row[key].as_str(), Some(value), "{kind:?} {row}");
    assert_eq!((&uses[0]["uses"], &uses[0]["token"]["name"]), (&used.into(), &"show".into()), "{kind:?} {uses:?}");
    for (key, value) in [("method", "shop.Show"), ("address", client.as_str()), ("client", "deploy/1.0")] {
        is(&uses[0], key, value);
    }
    let rows = rows("denied");
    for reason in denied {
        let row =
            rows.iter().find(|row| row["reason"] == *reason).unwrap_or_else(|| panic!("{kind:?} {reason} {rows:?}"));
        is(row, "address", &client);
        if !row["token"].is_null() {
            is(row, "client", "deploy/1.0");
        }
    }
}

/// Applications may send tokens in a header of their own, or in the query.
fn other_places_for_tokens(kind: ProxyUnderTest) {
    let home = home_with_catalogue(SHOP);
    let (show, lacking) = (home.create(&["show", "--method", "shop.Show"]), home.create(&["lacking"]));
    home.run(&["config", "set", "serve.accept", "header:X-Authentication, query:session"], "").assert_success();
    let verify = Verifier::real(kind, &home);
    let proxy_setup = ProxySetup::start(kind, home, verify);
    let header = |secret: &str| format!("X-Authentication: {secret}");
    let of = |secret: &str| format!("GET /orders/7?session={secret}&x=1");
    let plain = "GET /orders/7";
    for (request, headers) in [
        (plain.to_owned(), vec![bearer(&show)]),
        (plain.to_owned(), vec![header(&show)]),
        (of(&show), vec![]),
        // A client's forged `X-Forwarded-Uri` is ignored.
        (of(&show), vec![format!("X-Forwarded-Uri: /orders/7?session={lacking}")]),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let reply = proxy_setup.with(&request, &headers);
        assert_eq!(reply.status, 200, "{kind:?} {request}: {reply:?}");
        let got = proxy_setup.reached();
        assert_eq!(got.line, format!("{request} HTTP/1.1"), "{kind:?}");
        assert_eq!(got.all("X-Jeton-Token"), ["show"], "{kind:?}");
        for name in ["authorization", "x-authentication", "x_authentication"] {
            assert!(got.all(name).is_empty(), "{kind:?} {got:?}");
        }
    }
    for (request, headers, status) in [
        (plain.to_owned(), vec![], 401),
        (plain.to_owned(), vec![format!("X-Forwarded-Uri: /orders/7?session={show}")], 401),
        (of(&lacking), vec![format!("X-Forwarded-Uri: /orders/7?session={show}")], 403),
        (plain.to_owned(), vec![format!("X_Authentication: {show}")], 401),
        (plain.to_owned(), vec![format!("X_Forwarded_Uri: /orders/7?session={show}")], 401),
        (plain.to_owned(), vec![header(&lacking)], 403),
        (plain.to_owned(), vec![header(&lacking), bearer(&show)], 401),
        (of(&show), vec![bearer(&show)], 401),
        (format!("{}&session={lacking}", of(&show)), vec![], 401),
        (format!("GET /orders/7?Session={show}"), vec![], 401),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let reply = proxy_setup.with(&request, &headers);
        assert_eq!(reply.status, status, "{kind:?} {request} {headers:?}: {reply:?}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?}");
    }
}

/// Whatever a client sends, the application gets the identity from jeton alone, and an unchanged body.
fn identity_comes_from_jeton_alone(kind: ProxyUnderTest) {
    let home = home_with_catalogue(SHOP);
    let bot = bearer(&home.create(&["bot", "--method", "shop.Cancel"]));
    let verify = Verifier::real(kind, &home);
    let proxy_setup = ProxySetup::start(kind, home, verify);
    let names = ["Account", "Account-Id", "Role", "Token", "Hint", "Method"];
    let spelled = |name: &str| {
        let name = format!("X-Jeton-{name}");
        let underscored = name.replace('-', "_");
        [name.to_lowercase(), name.replacen('-', "_", 1), underscored.to_uppercase(), underscored, name]
    };
    let forged: Vec<String> =
        names.iter().flat_map(|name| spelled(name)).map(|name| format!("{name}: forged")).collect();
    let headers: Vec<&str> = forged.iter().map(String::as_str).chain([bot.as_str()]).collect();
    let body = "the body of the request";
    let reply = send_raw(proxy_setup.proxy.address, "POST /orders/7:cancel HTTP/1.1", &headers, body);
    assert_eq!(reply.status, 200, "{kind:?} {reply:?}");
    let got = proxy_setup.reached();
    for (name, value) in names.iter().zip(["ops", "a:1", "owner", "bot", &bot[22..34], "shop.Cancel"]) {
        assert_eq!(got.all(&format!("X-Jeton-{name}")), [value], "{kind:?} {got:?}");
    }
    assert!(!got.headers.iter().any(|(_, value)| value == "forged"), "{kind:?} {got:?}");
    assert_eq!((got.body.as_str(), got.all("authorization")), (body, vec![]), "{kind:?}");

    // Headers that a client lists in `Connection` are dropped on the way, but not the ones set by jeton.
    for value in ["X-Jeton-Role", "keep-alive, x-jeton-account", "x_jeton_role, X-Jeton-Method"] {
        proxy_setup.with("DELETE /orders/7", &[&bot, &format!("Connection: {value}")]);
        for got in proxy_setup.application.take_requests() {
            for name in names {
                assert_eq!(got.all(&format!("X-Jeton-{name}")).len(), 1, "{kind:?} {value} {got:?}");
            }
        }
    }
}

for_each_proxy!(every_case_is_answered, other_places_for_tokens, identity_comes_from_jeton_alone);
