//! What the guides say, word for word.

use super::SHOP;
use super::stage::{guide, home};

#[test]
fn each_guide_for_a_small_catalogue() {
    let home = home(SHOP);
    for subject in ["nginx", "caddy", "traefik", "envoy", "haproxy", "curl"] {
        insta::assert_snapshot!(subject, guide(&home, &[subject]));
    }
    insta::assert_snapshot!("haproxy-lua", guide(&home, &["haproxy", "--lua"]));
}
