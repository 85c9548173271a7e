//! `/metrics`: the figures of the store, and the names of tokens, which need a token.

use std::fs;

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::time::SECOND;
use jeton::verbs::tokens::{CreateToken, DisableTokens, IssuedToken};

use super::{METHOD, issue_expired, issue_with_methods, new_install, secret_text, target};
use crate::support::fakes::{OWNER, TestInstall, create};
use crate::support::http::{Client, bearer};
use crate::support::service_process::ServiceProcess;

const READ_ALL: &str = "jeton.tokens.read-all";

/// Returns status and metrics, asked for with `secret`.
fn scrape(manager: &mut Client, secret: Option<&str>) -> (u16, String) {
    let header = secret.map(bearer);
    let headers: Vec<&str> = header.iter().map(String::as_str).collect();
    let answer = manager.request("GET", "/metrics", &headers);
    (answer.status, answer.body)
}

fn has_sample(metrics: &str, sample: &str) -> bool {
    metrics.lines().any(|line| line == sample)
}

fn issue_for_days(install: &TestInstall, account: &str, name: &str, days: u32) -> IssuedToken {
    let expires = Some(ExpirySpec::parse(&format!("{days}d")).unwrap());
    install.create(account, CreateToken { expires, ..create(name) })
}

#[test]
fn tokens_are_counted_and_named_to_who_may_see_them() {
    let install = new_install();
    let far = issue_for_days(&install, OWNER, "far", 31);
    let near = issue_for_days(&install, OWNER, "near", 29);
    let nearer = issue_for_days(&install, "admin", "nearer", 3);
    let off = issue_with_methods(&install, "off", &[]);
    install.call(OWNER, DisableTokens { tokens: vec![target(&off)] }).unwrap();
    issue_expired(&install, "ended");
    let reader = |account, name: &str| {
        let selection = super::selection(&[READ_ALL]);
        secret_text(&install.create(account, CreateToken { selection, ..create(name) }))
    };
    let (owner, admin) = (reader(OWNER, "owner-reader"), reader("admin", "admin-reader"));
    let other = secret_text(&issue_with_methods(&install, "other", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut manager = service.management_client();

    let (status, unnamed) = scrape(&mut manager, None);
    assert_eq!(status, 200);
    let seconds = |issued: &IssuedToken| issued.token.expiry.at().unwrap().0 / SECOND;
    for sample in [
        "jeton_tokens{status=\"active\"} 6".to_owned(),
        "jeton_tokens{status=\"disabled\"} 1".to_owned(),
        "jeton_tokens{status=\"expired\"} 1".to_owned(),
        "jeton_tokens{status=\"deleted\"} 0".to_owned(),
        "jeton_tokens_expiring 2".to_owned(),
        format!("jeton_tokens_next_expiry_timestamp_seconds {}", seconds(&nearer)),
    ] {
        assert!(has_sample(&unnamed, &sample), "{sample} in {unnamed}");
    }
    assert!(["near", "off", "ended"].iter().all(|name| !unnamed.contains(&format!("\"{name}"))), "{unnamed}");

    let name_of = |issued: &IssuedToken| {
        let (account, token) = (&issued.token.owner.username, &issued.token.name);
        let labels = format!("account=\"{account}\",token=\"{token}\"");
        format!("jeton_token_expires_timestamp_seconds{{{labels}}} {}", seconds(issued))
    };
    let named = |manager: &mut Client, secret: &str| {
        let (status, metrics) = scrape(manager, Some(secret));
        assert_eq!(status, 200);
        [&nearer, &near, &far].map(|issued| has_sample(&metrics, &name_of(issued)))
    };
    assert_eq!(named(&mut manager, &owner), [true, true, false]);
    assert_eq!(named(&mut manager, &admin), [true, false, false], "an admin doesn't see the tokens of owners");
    assert_eq!(scrape(&mut manager, Some(&other)).0, 403);
    assert_eq!(scrape(&mut manager, Some("nonsense")).0, 401);
    service.stop();
}

/// A scraper learns why there are no figures, and gets all else.
#[test]
fn metrics_without_a_store_lack_only_its_figures() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "reader", &[READ_ALL]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let path = install.temp_store.path();
    fs::rename(&path, path.with_extension("away")).unwrap();
    for secret in [None, Some(&*secret)] {
        let (status, metrics) = scrape(&mut service.management_client(), secret);
        assert_eq!(status, 200);
        assert!(has_sample(&metrics, "jeton_store_readable 0"), "{metrics}");
        assert!(
            metrics.contains("\njeton_requests_total{") && metrics.contains("\njeton_ledger_waiting "),
            "{metrics}"
        );
        assert!(!metrics.contains("jeton_tokens{") && !metrics.contains("jeton_store_bytes"), "{metrics}");
    }
}
