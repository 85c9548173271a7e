//! jeton at a port, and attackers that take the port while jeton is down. At a socket that is impossible.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use super::SHOP;
use super::mock_server::{MockServer, Request, response};
use super::real_service::RealService;
use super::setup::{ProxySetup, ProxyUnderTest, Verifier, guide, home_with_catalogue};
use crate::support::http::Client;

const IDENTITY_VALUES: [(&str, &str); 6] = [
    ("X-Jeton-Account", "root"),
    ("X-Jeton-Account-Id", "a:1"),
    ("X-Jeton-Role", "owner"),
    ("X-Jeton-Token", "root"),
    ("X-Jeton-Hint", "jtn_Ab12Cd34"),
    ("X-Jeton-Method", "shop.Show"),
];

/// Takes a port that jeton has just left.
fn bind_address(address: SocketAddr) -> TcpListener {
    let (_never, pause) = mpsc::channel::<()>();
    for _ in 0..500 {
        if let Ok(listener) = TcpListener::bind(address) {
            return listener;
        }
        let _ = pause.recv_timeout(Duration::from_millis(10));
    }
    panic!("{address} stays taken");
}

/// An attacker's answer to a proxy's verify request.
type ImpostorHeaders = fn(&Request, &[(String, String)]) -> Option<Vec<String>>;

fn identity() -> Vec<String> {
    IDENTITY_VALUES.iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

/// The attacker has seen real answers of jeton, each with its proof, and sees the proxy's current request.
const IMPOSTORS: [(&str, ImpostorHeaders); 6] = [
    ("no proof", |_, _| Some(identity())),
    ("an empty proof", |_, _| Some([identity(), vec!["X-Jeton-Proof: ".to_owned()]].concat())),
    ("the request's own proof", |request, _| {
        let proof = request.all("x-jeton-proof").first().copied().unwrap_or_default().to_owned();
        Some([identity(), vec![format!("X-Jeton-Proof: {proof}")]].concat())
    }),
    ("the request's own number", |request, _| {
        let number = request.all("x-jeton-challenge").first().copied().unwrap_or_default().to_owned();
        Some([identity(), vec![format!("X-Jeton-Proof: {number}")]].concat())
    }),
    ("what jeton answered before", |_, seen| {
        Some(seen.iter().map(|(name, value)| format!("{name}: {value}")).collect())
    }),
    ("the old proof and a better role", |_, seen| {
        let proof = seen.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-jeton-proof"));
        Some([identity(), proof.map(|(name, value)| format!("{name}: {value}")).into_iter().collect()].concat())
    }),
];

fn impostor_lets_nobody_in(kind: ProxyUnderTest) {
    if !kind.is_installed() {
        return;
    }
    let home = home_with_catalogue(SHOP);
    let secret = home.create(&["show", "--method", "shop.Show"]);
    let credential = format!("Authorization: Bearer {secret}");
    let verify = Verifier::Real(RealService::on_a_port(&home));
    let mut proxy_setup = ProxySetup::start(kind, home, verify);
    let Verifier::Real(jeton) = &proxy_setup.verify else { unreachable!() };
    let address: SocketAddr = jeton.verify.parse().unwrap();
    // While jeton runs, permitted callers get through.
    for _ in 0..3 {
        let reply = proxy_setup.send("GET /orders/7", &[&credential]);
        assert_eq!((reply.status, proxy_setup.application.take_requests().len()), (200, 1), "{kind:?} {reply:?}");
    }
    assert_eq!(proxy_setup.send("GET /orders/mine", &[&credential]).status, 403, "{kind:?}");
    proxy_setup.verify.stop();
    assert!(proxy_setup.send("GET /orders/7", &[&credential]).status >= 500, "{kind:?}");

    // The attacker listens, and receives the proxy's own proof.
    let first = MockServer::on(bind_address(address), Box::new(|_| Some(response("200 OK", &identity(), "{}"))));
    let reply = proxy_setup.send("GET /orders/7", &[&credential]);
    assert!(reply.status >= 500, "{kind:?} {reply:?}");
    let request = first.take_requests().remove(0);
    let allowed = [
        "host",
        "user-agent",
        "x-forwarded-for",
        "authorization",
        "x-jeton-proof",
        "x-jeton-challenge",
        "connection",
        "content-length",
        "accept-encoding",
        "accept",
        "via",
    ];
    for (name, value) in &request.headers {
        assert!(allowed.contains(&name.to_lowercase().as_str()), "{kind:?} passes on {name}: {value}");
    }
    first.close();

    // jeton is back, and the attacker repeats the proxy's request: with its proof and its challenge, and with the
    // attacker's own token.
    proxy_setup.verify = Verifier::Real(RealService::at(&proxy_setup.home, &address.to_string()));
    let mine = proxy_setup.home.create(&["mine", "--method", "shop.Show"]);
    let header = |name: &str| format!("{name}: {}", request.all(name).first().copied().unwrap_or_default());
    let headers = [format!("Authorization: Bearer {mine}"), header("x-jeton-proof"), header("x-jeton-challenge")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let answer = Client::tcp(address).request("GET", "/v1/verify/shop.Show", &headers);
    assert_eq!(answer.status, 200);
    let seen: Vec<(String, String)> = IDENTITY_VALUES
        .iter()
        .map(|(name, _)| *name)
        .chain(["X-Jeton-Proof"])
        .map(|name| (name.to_owned(), answer.header(name).to_owned()))
        .collect();
    assert!(!seen[6].1.is_empty(), "he holds the request's proof, and gets the answer's for that old number");
    // Without the proof the attacker gets no answer proof.
    let bare = Client::tcp(address).request("GET", "/v1/verify/shop.Show", &[headers[0], headers[2]]);
    assert_eq!((bare.status, bare.all("X-Jeton-Proof").len()), (200, 0));
    proxy_setup.verify.stop();

    for (what, says) in IMPOSTORS {
        let seen = seen.clone();
        let impostor = MockServer::on(
            bind_address(address),
            Box::new(move |request| Some(response("200 OK", &says(request, &seen)?, "{}"))),
        );
        for (request, status) in [("GET /orders/7", 500), ("GET /orders/mine", 500), ("GET /nothing", 403)] {
            let reply = proxy_setup.send(request, &[&credential]);
            assert!(reply.status >= status, "{kind:?} {what} {request}: {reply:?}");
        }
        assert!(!impostor.take_requests().is_empty(), "{kind:?} {what}: the proxy has asked it");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {what}");
        impostor.close();
    }
    // jeton is trusted again.
    proxy_setup.verify = Verifier::Real(RealService::at(&proxy_setup.home, &address.to_string()));
    assert_eq!(proxy_setup.send("GET /orders/7", &[&credential]).status, 200, "{kind:?}");
}

macro_rules! proxies {
    ($($name:ident $kind:ident;)*) => { $(
        #[test]
        fn $name() {
            impostor_lets_nobody_in(ProxyUnderTest::$kind);
        }
    )* };
}

proxies! {
    nginx_believes_jeton_only Nginx;
    caddy_believes_jeton_only Caddy;
    haproxy_believes_jeton_only Haproxy;
}

/// After a replacement, configurations with the old value work for a while, and newly printed ones have the new value.
#[test]
fn proof_value_can_be_replaced() {
    let home = home_with_catalogue(SHOP);
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").assert_success();
    let value = |args: &[&str]| {
        let text = guide(&home, &[&["nginx", "--listen", "127.0.0.1:8081"], args].concat());
        let line = text
            .lines()
            .find(|line| line.contains("proxy_set_header X-Jeton-Proof ") && !line.contains('"'))
            .unwrap()
            .to_owned();
        line.trim().trim_end_matches(';').rsplit(' ').next().unwrap().to_owned()
    };
    let first = value(&[]);
    assert_eq!(value(&[]), first, "it stays until it is replaced");
    assert!(guide(&home, &["haproxy", "--lua", "--listen", "127.0.0.1:8081"]).contains(&first));
    let secret = home.create(&["show", "--method", "shop.Show"]);
    let jeton = RealService::on_a_port(&home);
    let challenge = "X-Jeton-Challenge: sha256:0123456789abcdef0123456789abcdef";
    let is_proven = |value: &str| {
        let headers = [format!("Authorization: Bearer {secret}"), format!("X-Jeton-Proof: {value}")];
        let mut client = Client::tcp(jeton.verify.parse().unwrap());
        let answer = client.request("GET", "/v1/verify/shop.Show", &[&headers[0], &headers[1], challenge]);
        assert_eq!(answer.status, 200);
        !answer.all("X-Jeton-Proof").is_empty()
    };
    assert!(is_proven(&first));
    let second = value(&["--new-proof"]);
    assert_ne!(first, second);
    assert_eq!(value(&[]), second);
    let (_never, pause) = mpsc::channel::<()>();
    let taken_up = (0..600).any(|_| {
        let _ = pause.recv_timeout(Duration::from_millis(20));
        is_proven(&second)
    });
    assert!(taken_up && is_proven(&first), "both work while proxies are reloaded");
    let third = value(&["--new-proof"]);
    let gone = (0..600).any(|_| {
        let _ = pause.recv_timeout(Duration::from_millis(20));
        !is_proven(&first)
    });
    assert!(gone && is_proven(&second) && is_proven(&third), "only the last two do");
    // Nor at an address where Caddy exposes its configuration.
    assert!(
        guide(&home, &["caddy", "--listen", "127.0.0.1:8081"])
            .contains("\n{\n    admin unix//run/caddy/admin.sock|0600\n}\n")
    );
    // Only in configurations.
    let text = guide(&home, &["curl"]);
    assert!(!text.contains(&third));
    home.run(&["config", "set", "serve.verify", "unix:/run/jeton/verify.sock"], "").assert_success();
    drop(jeton);
    home.run(&["guide", "nginx", "--listen", "127.0.0.1:80", "--new-proof"], "").assert_code(2).assert_silent();
    assert!(!guide(&home, &["nginx", "--listen", "127.0.0.1:80"]).contains("X-Jeton-Proof $"));
}

/// A file that others can read never gets the value.
#[test]
fn proof_value_is_written_to_private_files_only() {
    use std::os::unix::fs::OpenOptionsExt;
    let home = home_with_catalogue(SHOP);
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").assert_success();
    for (mode, fits) in [(0o644, false), (0o604, false), (0o640, true), (0o600, true)] {
        let path = home.path(&format!("out-{mode:o}"));
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).unwrap();
        let mut command = home.command(&["guide", "nginx", "--listen", "127.0.0.1:80"]);
        let ran = command.stdin(std::process::Stdio::null()).stdout(file).output().unwrap();
        assert_eq!(ran.status.success(), fits, "{mode:o}: {}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(std::fs::metadata(&path).unwrap().len() > 0, fits);
    }
}
