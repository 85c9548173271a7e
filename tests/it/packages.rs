//! The files of the packages, without building any.

use std::fs;
use std::path::Path;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The proxy's container must reach neither the socket for management, nor replace a socket.
#[test]
fn container_of_the_proxy_gets_only_the_verify_socket() {
    let compose = text("assets/packages/compose.yaml");
    let (_, proxy) = compose.split_once("\n  caddy:\n").unwrap();
    let proxy = proxy.split("\n\n").next().unwrap();
    let mounts: Vec<&str> = proxy.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
    assert_eq!(mounts, ["./Caddyfile:/etc/caddy/Caddyfile:ro", "verify:/run/jeton:ro"]);
    let image = text("assets/packages/image.toml");
    let sockets: Vec<&str> = image.lines().filter(|line| line.contains("unix:/run/jeton/")).collect();
    assert_eq!(sockets, ["verify = \"unix:/run/jeton/verify.sock\""]);
}

/// A page of the package names these files.
#[test]
fn packages_have_the_alerts_and_the_dashboard() {
    let manifest = text("Cargo.toml");
    for file in ["assets/prometheus/alerts.yaml", "assets/grafana/dashboard.json"] {
        assert!(manifest.contains(&format!("[\"{file}\", \"usr/share/doc/jeton/")), "deb: {file}");
        assert!(
            manifest.contains(&format!("source = \"{file}\", dest = \"/usr/share/doc/jeton/{file}\"")),
            "rpm: {file}"
        );
    }
}
