//! Several applications behind one proxy, told apart by the host.

use super::mock_server::{MockServer, head_of, response};
use super::setup::{ProxySetup, ProxyUnderTest, SetupOptions, Verifier, home_with_catalogue};
use crate::support::cli_program::CliHome;

/// Returns a catalogue with the same groups and routes as every other one, and these first lines.
fn catalogue(name: &str, head: &str) -> String {
    format!(
        "schema = 1\nname = \"{name}\"\ntitle = \"{name}\"\n{head}\n[[group]]\nid = \"{name}.pets\"\ntitle = \"Pets\"\n\
         [[group.method]]\nid = \"show\"\ntitle = \"Shows a pet\"\naccess = \"read\"\nroutes = [\"GET /pets/{{id}}\"]\n\
         [[group.method]]\nid = \"news\"\ntitle = \"News\"\naccess = \"public\"\nroutes = [\"GET /news-{name}\"]\n"
    )
}

fn home() -> CliHome {
    let home = home_with_catalogue(&catalogue("one", "hosts = [\"a.example\", \"www.a.example\"]"));
    home.file("two.toml", &catalogue("two", "hosts = [\"b.example\"]"), 0o644);
    home.as_ops(&["catalogue", "apply", "two.toml", "--accept-public", "1"]).assert_success();
    let status = catalogue("status", "").replace("/pets/{id}", "/status/{id}");
    home.file("status.toml", &status, 0o644);
    home.as_ops(&["catalogue", "apply", "status.toml", "--accept-public", "1"]).assert_success();
    home
}

/// Returns the setup, whose application serves the hosts of `one`, and the application of the other hosts.
fn setup(kind: ProxyUnderTest) -> (ProxySetup, MockServer) {
    let other = MockServer::start(Box::new(|_| Some(response("200 OK", &["X-App: two".to_owned()], "two"))));
    let two: &'static str = format!("two={}", other.address).leak();
    let guide: &'static [&'static str] = vec!["--upstream", two].leak();
    let options = SetupOptions { guide, ..SetupOptions::default() };
    (ProxySetup::start_with(kind, home(), Verifier::start(kind), options), other)
}

fn each_host_has_its_own_rules(kind: ProxyUnderTest) {
    let (proxy_setup, other) = setup(kind);
    let send = |host: &str, request: &str, secret: &str| {
        let credential = format!("Authorization: Bearer {secret}\r\n");
        let text = format!("{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{credential}\r\n");
        let reply = head_of(proxy_setup.proxy.address, &text);
        let (one, two) = (proxy_setup.application.take_requests(), other.take_requests());
        let asked = proxy_setup.verify.take_requests().len();
        assert_eq!(reply.status == 200, one.len() + two.len() == 1, "{kind:?} {host} {request}: {reply:?}");
        assert!(asked <= 1, "{kind:?}");
        for got in one.iter().chain(&two) {
            assert_eq!(got.all("host"), [host], "{kind:?}");
        }
        (reply.status, one.len(), two.len())
    };
    for (host, request, secret, expected) in [
        ("a.example", "GET /pets/7", "one.pets.show", (200, 1, 0)),
        ("a.example", "GET /pets/7", "two.pets.show", (403, 0, 0)),
        ("b.example", "GET /pets/7", "two.pets.show", (200, 0, 1)),
        ("b.example", "GET /pets/7", "one.pets.show", (403, 0, 0)),
        ("A.Example:8080", "GET /pets/7", "one.pets.show", (200, 1, 0)),
        ("www.a.example", "GET /pets/7?x=1", "one.pets.show", (200, 1, 0)),
        ("B.EXAMPLE:1", "GET /pets/7", "two.pets.show", (200, 0, 1)),
        // A catalogue without hosts holds for all.
        ("a.example", "GET /status/7", "status.pets.show", (200, 1, 0)),
        ("b.example", "GET /status/7", "status.pets.show", (200, 0, 1)),
        ("c.example", "GET /status/7", "status.pets.show", (200, 1, 0)),
        ("c.example:81", "GET /status/7", "two.pets.show", (403, 0, 0)),
        ("127.0.0.1:81", "GET /status/7", "status.pets.show", (200, 1, 0)),
        // Public routes hold for their hosts only.
        ("a.example", "GET /news-one", "none", (200, 1, 0)),
        ("b.example", "GET /news-two", "none", (200, 0, 1)),
        ("b.example", "GET /news-one", "all", (403, 0, 0)),
        ("c.example", "GET /news-one", "all", (403, 0, 0)),
        ("c.example", "GET /news-status", "none", (200, 1, 0)),
        ("c.example", "GET /pets/7", "all", (403, 0, 0)),
        ("xa.example", "GET /pets/7", "all", (403, 0, 0)),
        ("a.example.evil", "GET /pets/7", "all", (403, 0, 0)),
        ("aXexample", "GET /pets/7", "all", (403, 0, 0)),
    ] {
        assert_eq!(send(host, request, secret), expected, "{kind:?} {host} {request} {secret}");
    }
    // Hosts that an application may read as another one.
    for host in ["a.example.", "a.example.:80", "b.example.", "c.example.", "a.example,b.example", "a.example:x", ""] {
        if kind == ProxyUnderTest::Traefik && host == "a.example:x" {
            // This proxy ignores every port.
            continue;
        }
        for request in ["GET /pets/7", "GET /status/7", "GET /news-one", "GET /news-status"] {
            let (status, one, two) = send(host, request, "all");
            assert!((400..500).contains(&status) && one + two == 0, "{kind:?} {host} {request}: {status}");
        }
    }
}

/// The host of the request line, or a second header, doesn't change the rules and leave the host for the application.
fn only_the_host_for_the_application_counts(kind: ProxyUnderTest) {
    let (proxy_setup, other) = setup(kind);
    let address = proxy_setup.proxy.address;
    let tail = "Connection: close\r\nAuthorization: Bearer one.pets.show\r\n";
    for head in [
        "GET http://a.example/pets/7 HTTP/1.1\r\nHost: b.example\r\n",
        "GET http://b.example/pets/7 HTTP/1.1\r\nHost: a.example\r\n",
        "GET /pets/7 HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n",
        "GET /pets/7 HTTP/1.1\r\nHost: b.example\r\nHost: a.example\r\n",
        "GET /pets/7 HTTP/1.1\r\nHost: b.example\r\nX-Forwarded-Host: a.example\r\n",
        "GET /pets/7 HTTP/1.1\r\nHost: b.example\r\nHost : a.example\r\n",
        "GET /pets/7 HTTP/1.1\r\nHost: a.example\r\n b.example\r\n",
        "GET /pets/7 HTTP/1.0\r\n",
    ] {
        let reply = head_of(address, &format!("{head}{tail}\r\n"));
        let strayed = other.take_requests();
        assert!(strayed.is_empty(), "{kind:?} {head}: {reply:?} {strayed:?}");
        for got in proxy_setup.application.take_requests() {
            assert_eq!(got.all("host"), ["a.example"], "{kind:?} {head} {got:?}");
            assert_eq!(got.all("x-jeton-method"), ["one.pets.show"], "{kind:?} {head}");
        }
    }
}

for_each_proxy!(each_host_has_its_own_rules, only_the_host_for_the_application_counts);

#[test]
fn each_site_needs_one_address() {
    let home = home();
    let with = |upstreams: &[&str]| {
        let options: Vec<&str> = upstreams.iter().flat_map(|upstream| ["--upstream", upstream]).collect();
        home.run(&[&["guide", "nginx", "--listen", "127.0.0.1:8000", "--insecure"], &options[..]].concat(), "")
    };
    let (one, two) = ("one=127.0.0.1:1", "two=127.0.0.1:2");
    with(&[one, two, "127.0.0.1:3"]).assert_success();
    with(&[one, two, "status=127.0.0.1:1"]).assert_error(jeton::error::Kind::Usage);
    with(&[one, two]).assert_error(jeton::error::Kind::Usage);
    with(&[one, one]).assert_error(jeton::error::Kind::Usage);
    with(&["127.0.0.1:1", "127.0.0.1:2"]).assert_error(jeton::error::Kind::Usage);
    with(&["three=127.0.0.1:1"]).assert_error(jeton::error::Kind::NotFound);
    let names = ["--upstream one=HOST:PORT", "--upstream two=HOST:PORT"];
    with(&[]).assert_error(jeton::error::Kind::Usage).assert_says(&names);
    // Of one catalogue only: one site for every host, as before there were hosts.
    let alone = home.run(&["guide", "nginx", "--listen", "127.0.0.1:8000", "--insecure", "--catalogue", "one"], "");
    assert!(!alone.assert_success().out.contains("jeton_site"));
}

#[test]
fn explain_names_the_rule_that_decides() {
    let home = home();
    let explain = |args: &[&str]| {
        let answer = home.run(&[&["guide", "explain"], args, &["--json"]].concat(), "").assert_success().json();
        (answer["decision"].as_str().unwrap().to_owned(), answer["method"].as_str().map(str::to_owned))
    };
    let verify = |method: &str| ("verify".to_owned(), Some(method.to_owned()));
    let deny = ("deny".to_owned(), None);
    assert_eq!(explain(&["GET", "/pets/7?x=1", "--host", "A.example:80"]), verify("one.pets.show"));
    assert_eq!(explain(&["HEAD", "/pets/7", "--host", "b.example"]), verify("two.pets.show"));
    assert_eq!(explain(&["GET", "/pets/7", "--catalogue", "two"]), verify("two.pets.show"));
    let public = ("public".to_owned(), Some("one.pets.news".to_owned()));
    assert_eq!(explain(&["GET", "/news-one", "--host", "a.example"]), public);
    for args in [
        ["GET", "/pets/7", "--host", "c.example"],
        ["GET", "/pets/7", "--host", "a.example."],
        ["POST", "/pets/7", "--host", "a.example"],
        ["GET", "/pets/../7", "--host", "a.example"],
        ["GET", "/pets/a%2Fb", "--host", "a.example"],
        ["GET", "/pets/7?x=1&%5Fmethod=DELETE", "--host", "a.example"],
    ] {
        assert_eq!(explain(&args), deny, "{args:?}");
    }
    home.run(&["guide", "explain", "GET", "/pets/7"], "").assert_error(jeton::error::Kind::Usage);
    home.run(&["guide", "explain"], "").assert_error(jeton::error::Kind::Usage);
    home.run(&["guide", "nginx", "GET", "/pets/7"], "").assert_error(jeton::error::Kind::Usage);
    let text = home.run(&["guide", "explain", "POST", "/pets/7", "--host", "a.example"], "").assert_success().out;
    insta::assert_snapshot!(text, @"
    denied: this path has no route for POST, only for GET, HEAD
    hosts       a.example, www.a.example
    catalogues  one, status
    ");
}
