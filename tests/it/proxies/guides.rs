//! The text of the guides, word for word.

use super::SHOP;
use super::setup::{guide, home_with_catalogue};

const TLS: &[&str] = &["--cert", "/etc/ssl/jeton.pem", "--key", "/etc/ssl/jeton.pem.key"];

#[test]
fn guides_match_their_snapshots() {
    let home = home_with_catalogue(SHOP);
    home.run(&["config", "set", "serve.verify", "unix:/run/jeton/verify.sock"], "").assert_success();
    for subject in ["nginx", "caddy", "envoy", "haproxy", "curl"] {
        insta::assert_snapshot!(subject, guide(&home, &[&[subject], TLS].concat()));
    }
    insta::assert_snapshot!("haproxy-lua", guide(&home, &["haproxy", "--lua"]));
    home.run(&["config", "set", "serve.verify", "127.0.0.1:7180"], "").assert_success();
    let traefik = guide(&home, &[&["traefik", "--insecure"], TLS].concat());
    let (before, rest) = traefik.split_once("X-Jeton-Proof: \"").unwrap();
    let (proof, after) = rest.split_once('"').unwrap();
    assert_eq!(proof.len(), 64, "{proof}");
    insta::assert_snapshot!("traefik", format!("{before}X-Jeton-Proof: \"PROOF\"{after}"));
}
