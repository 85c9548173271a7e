//! Large catalogues load, and every `guide` command line is accepted or refused.

use std::process::Stdio;

use super::SHOP;
use super::setup::{ProxyUnderTest, command, guide, home_with_catalogue};
use jeton::error::Kind;

/// Returns 1,205 operations, most of them with parameters. The last ones have the longest patterns, as GitHub has them.
fn large_catalogue() -> String {
    let mut paths: Vec<String> = (0..300)
        .map(|n| {
            let operation = |name: &str| format!("{{\"operationId\": \"{name}{n}\", \"tags\": [\"part{}\"]}}", n % 40);
            let (list, add, show, drop) = (operation("list"), operation("add"), operation("show"), operation("drop"));
            format!(
                "\"/organisations/{{org}}/some-quite-long-name-of-a-resource-number-{n}\": {{\"get\": {list}, \"post\": {add}}}, \
                 \"/organisations/{{org}}/some-quite-long-name-of-a-resource-number-{n}/{{id}}\": {{\"get\": {show}, \"delete\": {drop}}}"
            )
        })
        .collect();
    let branch = r#"[{"name": "branch", "in": "path", "x-multi-segment": true}]"#;
    let protection = "/repos/{owner}/{repo}/branches/{branch}/protection";
    for path in ["", "/required_status_checks", "/required_status_checks/contexts", "/required_pull_request_reviews"] {
        paths.push(format!(
            "\"{protection}{path}\": {{\"parameters\": {branch}, \"get\": {{\"tags\": [\"branches\"]}}}}"
        ));
    }
    paths.push(format!(
        "\"/repos/{{owner}}/{{repo}}/branches/{{branch}}\": {{\"parameters\": {branch}, \"get\": {{}}}}"
    ));
    format!("{{\"openapi\": \"3.0.0\", \"info\": {{\"title\": \"Large\"}}, \"paths\": {{{}}}}}", paths.join(", "))
}

#[test]
fn large_catalogue_loads() {
    let home = home_with_catalogue(SHOP);
    home.file("large.json", &large_catalogue(), 0o644);
    home.as_ops(&["catalogue", "import", "openapi", "large.json"]).assert_success();
    for kind in [ProxyUnderTest::Nginx, ProxyUnderTest::Caddy, ProxyUnderTest::Haproxy, ProxyUnderTest::Envoy] {
        if !kind.is_installed() {
            continue;
        }
        let mut command = command(kind, &home, &["--listen", "127.0.0.1:8081"]);
        match kind {
            ProxyUnderTest::Nginx => command.arg("-t"),
            ProxyUnderTest::Caddy => command.args(["validate", "--config", "Caddyfile", "--adapter", "caddyfile"]),
            ProxyUnderTest::Envoy => command.args(["--mode", "validate"]),
            _ => command.arg("-c"),
        };
        let ran = command.stdin(Stdio::null()).output().unwrap();
        let identity_values = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{kind:?}: {identity_values}");
        assert!(!identity_values.to_lowercase().contains("[warn"), "{kind:?}: {identity_values}");
    }
    for subject in ["envoy", "curl"] {
        assert!(guide(&home, &[subject, "--insecure"]).len() > 500);
    }
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").assert_success();
    assert!(guide(&home, &["traefik", "--insecure"]).matches("forwardAuth").count() >= 1_200);
}

#[test]
fn socket_is_written_as_each_proxy_reads_it() {
    let home = home_with_catalogue(SHOP);
    home.run(&["config", "set", "serve.verify", "unix:/run/jeton/verify.sock"], "").assert_success();
    for (kind, expected) in [
        (ProxyUnderTest::Nginx, "server unix:/run/jeton/verify.sock;"),
        (ProxyUnderTest::Caddy, "reverse_proxy @jeton_asked unix//run/jeton/verify.sock {"),
        (ProxyUnderTest::Haproxy, "bind unix@"),
    ] {
        let listen = format!("unix:{}", home.path("listen.sock").display());
        let text = guide(&home, &[kind.as_str(), "--listen", &listen]);
        assert!(text.contains(expected), "{text}");
        if kind.is_installed() {
            let mut command = command(kind, &home, &["--listen", &listen]);
            match kind {
                ProxyUnderTest::Nginx => command.arg("-t"),
                ProxyUnderTest::Caddy => command.args(["validate", "--config", "Caddyfile", "--adapter", "caddyfile"]),
                _ => command.arg("-c"),
            };
            let ran = command.stdin(Stdio::null()).output().unwrap();
            assert!(ran.status.success(), "{kind:?}: {}", String::from_utf8_lossy(&ran.stderr));
        }
    }
    assert!(guide(&home, &["haproxy", "--lua"]).contains("\"unix@/run/jeton/verify.sock\""));
    assert!(guide(&home, &["envoy", "--insecure"]).contains("pipe: { path: /run/jeton/verify.sock }"));
    assert!(guide(&home, &["curl"]).contains("--unix-socket /run/jeton/verify.sock http://jeton/v1/verify/METHOD"));
    let refused = home.run(&["guide", "traefik", "--insecure"], "").assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: Traefik can't reach jeton over a unix socket: Traefik's forwardAuth accepts only http addresses
      Use nginx, Caddy, HAProxy or Envoy. If this machine has no other users, you can use a port instead. Set serve.verify to 127.0.0.1:7180 in the configuration of the service, for example /etc/jeton/config.toml. Then restart the service. Then run this command again with --insecure
    ");
}

#[test]
fn guide_can_be_for_one_catalogue() {
    let home = home_with_catalogue(SHOP);
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").assert_success();
    let other = "schema = 1\nname = \"books\"\ntitle = \"B\"\n[[group]]\nid = \"books\"\ntitle = \"B\"\n\
                 [[group.method]]\nid = \"Lend\"\ntitle = \"Lends\"\naccess = \"write\"\nroutes = [\"POST /books/{id}\"]\n";
    home.file("books.toml", other, 0o644);
    home.as_ops(&["catalogue", "apply", "books.toml"]).assert_success();
    let holds = |args: &[&str]| {
        let text = guide(&home, &[args, &["--insecure"]].concat());
        (text.contains("books.Lend"), text.contains("shop.List"), text.contains("# printed with --catalogue"))
    };
    for subject in ["nginx", "caddy", "traefik", "envoy", "haproxy"] {
        assert_eq!(holds(&[subject]), (true, true, false), "{subject}");
        assert_eq!(holds(&[subject, "--catalogue", "books"]), (true, false, true), "{subject}");
        assert_eq!(holds(&[subject, "--catalogue", "books", "--catalogue", "shop"]), (true, true, true), "{subject}");
    }
    for name in ["bokos", "jeton", ""] {
        let refused = home
            .run(&["guide", "nginx", "--insecure", "--catalogue", "shop", "--catalogue", name], "")
            .assert_error(Kind::NotFound)
            .assert_silent();
        refused.assert_says(&[&format!("\"{name}\""), "books", "shop"]);
    }
    let empty = crate::support::cli_program::CliHome::set_up();
    empty
        .run(&["guide", "curl", "--catalogue", "x"], "")
        .assert_error(Kind::NotFound)
        .assert_silent()
        .assert_says(&["jeton catalogue apply"]);
}

/// Guides never send plain text over a network unless requested, and name the limits of a proxy.
#[test]
fn guide_is_safe_as_printed_or_refused() {
    let home = home_with_catalogue(SHOP);
    let tls = ["--cert", "/etc/ssl/jeton.pem", "--key", "/etc/ssl/jeton.pem.key"];
    for subject in ["nginx", "caddy", "haproxy", "envoy"] {
        for (args, is_safe) in [
            (&[][..], false),
            (&["--listen", "80"], false),
            (&["--listen", "0.0.0.0:80"], false),
            (&["--listen", "[::]:80"], false),
            (&["--listen", "192.0.2.1:80"], false),
            (&["--listen", "127.0.0.1:80"], true),
            (&["--listen", "[::1]:80"], true),
            (&["--listen", "unix:/run/x.sock"], true),
            (&["--insecure"], true),
            (&tls, true),
            (&["--cert", "/etc/ssl/jeton.pem"], false),
            (&["--key", "/etc/ssl/jeton.pem.key"], false),
            (&["--cert", "jeton.pem", "--key", "jeton.pem"], false),
            (&["--cert", "/etc/je ton.pem", "--key", "/etc/je ton.pem"], false),
            (&["--listen", "127.0.0.1:80", "--upstream", "192.0.2.1:80"], false),
            (&["--listen", "127.0.0.1:80", "--upstream", "app:80"], false),
            (&["--listen", "127.0.0.1:80", "--upstream", "app:80", "--insecure"], true),
            (&["--listen", "127.0.0.1:80", "--upstream", "localhost:80"], true),
        ] {
            let ran = home.run(&[&["guide", subject], args].concat(), "");
            match is_safe {
                true => drop(ran.assert_success()),
                false => drop(ran.assert_error(Kind::Usage).assert_silent()),
            }
        }
    }
    // Another user could replace jeton's socket.
    let shared = home.path("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    home.run(&["config", "set", "serve.verify", &format!("unix:{}", shared.join("v.sock").display())], "")
        .assert_success();
    let refused =
        home.run(&["guide", "nginx", "--listen", "127.0.0.1:80"], "").assert_error(Kind::Failure).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: other users could replace a socket at [folder]/shared/v.sock: [folder]/shared can be written by other users (mode 1777)
      Choose a folder that only root or the service's user can write to, such as /run/jeton
    ");
    home.run(&["guide", "nginx", "--insecure"], "").assert_success();
    home.run(&["config", "unset", "serve.verify"], "").assert_success();
    let split = ["guide", "haproxy", "--cert", "/etc/ssl/a.pem", "--key", "/etc/ssl/b.pem"];
    let refused = home.run(&split, "").assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: HAProxy reads the private key only from the certificate file, or from /etc/ssl/a.pem.key
      Put certificate and key into one file: (umask 077; cat CERT KEY > FILE). Then use --cert FILE --key FILE
    ");
    // Any user can take this port: no configuration for proxies that can't compare the proof.
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").assert_success();
    for subject in ["envoy", "traefik"] {
        let mut args = vec!["guide", subject, "--listen", "127.0.0.1:80"];
        home.run(&args, "").assert_error(Kind::Usage).assert_says(&["127.0.0.1:7180"]).assert_silent();
        args.push("--insecure");
        // jeton trusts the proxy's statement of the caller only with the request's proof, which the application doesn't
        // get.
        let text = home.run(&args, "").assert_success().out.to_lowercase();
        let proofs = text.lines().filter(|line| line.contains("x-jeton-proof")).collect::<Vec<_>>();
        let sent = |line: &&&str| line.split(['"', ' ']).any(|word| word.len() == 64);
        assert_eq!(proofs.iter().filter(sent).count(), 1, "{subject}: {proofs:?}");
        assert!(proofs.len() >= 3, "{subject}: {proofs:?}");
    }
}

#[test]
fn unwritable_value_is_refused() {
    let home = home_with_catalogue(SHOP);
    for args in [
        &["apache"][..],
        &["nginx", "--lua"],
        &["nginx", "--upstream", "a;b:80"],
        &["caddy", "--listen", "unix:/a b"],
        &["traefik", "--listen", "unix:/run/x"],
        &[],
    ] {
        home.run(&[&["guide"], args].concat(), "").assert_error(Kind::Usage).assert_silent();
    }
    home.run(&["config", "set", "serve.verify", "unix:/run/je ton.sock"], "").assert_success();
    home.run(&["guide", "nginx", "--insecure"], "")
        .assert_error(Kind::Usage)
        .assert_says(&["/run/je ton.sock"])
        .assert_silent();
    let empty = crate::support::cli_program::CliHome::set_up();
    assert_eq!(empty.run(&["guide", "curl"], "").assert_success().err, "");
    let done = empty.run(&["guide", "nginx", "--listen", "127.0.0.1:8080"], "").assert_success();
    insta::assert_snapshot!(done.message(), @"! no method has a route, so the proxy will deny every request. Apply a catalogue with routes: jeton catalogue apply FILE");
}
