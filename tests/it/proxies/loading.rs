//! Large catalogues load, and every command line of `guide` is read or refused.

use std::process::Stdio;

use super::SHOP;
use super::stage::{Kind, guide, home, prepared};

/// 1,200 operations, most of them with parameters.
fn large() -> String {
    let paths: Vec<String> = (0..300)
        .map(|n| {
            let operation = |name: &str| format!("{{\"operationId\": \"{name}{n}\", \"tags\": [\"part{}\"]}}", n % 40);
            let (list, add, show, drop) = (operation("list"), operation("add"), operation("show"), operation("drop"));
            format!(
                "\"/organisations/{{org}}/some-quite-long-name-of-a-resource-number-{n}\": {{\"get\": {list}, \"post\": {add}}}, \
                 \"/organisations/{{org}}/some-quite-long-name-of-a-resource-number-{n}/{{id}}\": {{\"get\": {show}, \"delete\": {drop}}}"
            )
        })
        .collect();
    format!("{{\"openapi\": \"3.0.0\", \"info\": {{\"title\": \"Large\"}}, \"paths\": {{{}}}}}", paths.join(", "))
}

#[test]
fn large_catalogues_load() {
    let home = home(SHOP);
    home.file("large.json", &large(), 0o644);
    home.as_ops(&["catalogue", "import", "openapi", "large.json"]).succeeds();
    for kind in [Kind::Nginx, Kind::Caddy, Kind::Haproxy] {
        if !kind.is_here() {
            continue;
        }
        let mut command = prepared(kind, &home, &["--listen", "127.0.0.1:8081"]);
        match kind {
            Kind::Nginx => command.arg("-t"),
            Kind::Caddy => command.args(["validate", "--config", "Caddyfile", "--adapter", "caddyfile"]),
            Kind::Haproxy => command.arg("-c"),
        };
        let ran = command.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{kind:?}: {said}");
        assert!(!said.to_lowercase().contains("[warn"), "{kind:?}: {said}");
    }
    for subject in ["envoy", "curl"] {
        assert!(guide(&home, &[subject]).len() > 500);
    }
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").succeeds();
    assert!(guide(&home, &["traefik"]).matches("forwardAuth").count() >= 1_200);
}

#[test]
fn sockets_are_written_as_each_proxy_reads_them() {
    let home = home(SHOP);
    home.run(&["config", "set", "serve.verify", "unix:/run/jeton/verify.sock"], "").succeeds();
    for (kind, expected) in [
        (Kind::Nginx, "server unix:/run/jeton/verify.sock;"),
        (Kind::Caddy, "forward_auth unix//run/jeton/verify.sock {"),
        (Kind::Haproxy, "bind unix@"),
    ] {
        let listen = format!("unix:{}", home.path("listen.sock").display());
        let text = guide(&home, &[kind.word(), "--listen", &listen]);
        assert!(text.contains(expected), "{text}");
        if kind.is_here() {
            let mut command = prepared(kind, &home, &["--listen", &listen]);
            match kind {
                Kind::Nginx => command.arg("-t"),
                Kind::Caddy => command.args(["validate", "--config", "Caddyfile", "--adapter", "caddyfile"]),
                Kind::Haproxy => command.arg("-c"),
            };
            let ran = command.stdin(Stdio::null()).output().unwrap();
            assert!(ran.status.success(), "{kind:?}: {}", String::from_utf8_lossy(&ran.stderr));
        }
    }
    assert!(guide(&home, &["haproxy", "--lua"]).contains("\"unix@/run/jeton/verify.sock\""));
    assert!(guide(&home, &["envoy"]).contains("pipe: { path: /run/jeton/verify.sock }"));
    assert!(guide(&home, &["curl"]).contains("--unix-socket /run/jeton/verify.sock http://jeton/v1/verify/METHOD"));
    home.run(&["guide", "traefik"], "").ends(2).says(&["can't ask over a unix socket", "loopback port"]).silent();
}

#[test]
fn a_guide_for_one_of_several_catalogues() {
    let home = home(SHOP);
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").succeeds();
    let other = "schema = 1\nname = \"books\"\ntitle = \"B\"\n[[group]]\nid = \"books\"\ntitle = \"B\"\n\
                 [[group.method]]\nid = \"Lend\"\ntitle = \"Lends\"\naccess = \"write\"\nroutes = [\"POST /books/{id}\"]\n";
    home.file("books.toml", other, 0o644);
    home.as_ops(&["catalogue", "apply", "books.toml"]).succeeds();
    let holds = |args: &[&str]| {
        let text = guide(&home, args);
        (text.contains("books.Lend"), text.contains("shop.List"), text.contains("# printed with --catalogue"))
    };
    for subject in ["nginx", "caddy", "traefik", "envoy", "haproxy"] {
        assert_eq!(holds(&[subject]), (true, true, false), "{subject}");
        assert_eq!(holds(&[subject, "--catalogue", "books"]), (true, false, true), "{subject}");
        assert_eq!(holds(&[subject, "--catalogue", "books", "--catalogue", "shop"]), (true, true, true), "{subject}");
    }
    for name in ["bokos", "jeton", ""] {
        let refused = home.run(&["guide", "nginx", "--catalogue", "shop", "--catalogue", name], "").ends(3).silent();
        refused.says(&[&format!("no catalogue \"{name}\""), "there are ", "books", "shop"]);
    }
    let empty = crate::support::program::Home::set_up();
    empty.run(&["guide", "curl", "--catalogue", "x"], "").ends(3).silent().says(&["jeton catalogue apply"]);
}

#[test]
fn what_cant_be_written_is_refused() {
    let home = home(SHOP);
    for args in [
        &["apache"][..],
        &["nginx", "--lua"],
        &["nginx", "--upstream", "a;b:80"],
        &["caddy", "--listen", "unix:/a b"],
        &["traefik", "--listen", "unix:/run/x"],
        &[],
    ] {
        home.run(&[&["guide"], args].concat(), "").ends(2).silent();
    }
    home.run(&["config", "set", "serve.verify", "unix:/run/je ton.sock"], "").succeeds();
    home.run(&["guide", "nginx"], "").ends(2).says(&["/run/je ton.sock"]).silent();
    let empty = crate::support::program::Home::set_up();
    empty.run(&["guide", "curl"], "").succeeds().says(&["no method has a route"]);
}
