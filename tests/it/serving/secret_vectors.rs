//! All readers of a secret agree: `jeton verify`, `jeton token whose`, and the service in a header and in a form.

use jeton::domain::expiry::Span;
use jeton::domain::token::Purgeable;
use jeton::verbs::tokens::{DisableTokens, PurgeTokens, RegenerateToken, RevokeTokens};

use super::denial_reasons::with_checksum;
use super::{METHOD, issue_expired, issue_with_methods, new_install, run_cli, secret_text, target};
use crate::support::fakes::{OWNER, TestInstall};
use crate::support::http::{bearer, head};
use crate::support::service_process::ServiceProcess;

/// Lines of `REASON TEMPLATE`, with `ok` for accepted secrets. `#` begins a comment.
const VECTORS: &str = include_str!("../data/tokens.txt");

/// Returns the secrets that templates name.
fn secrets(install: &TestInstall) -> Vec<(&'static str, String)> {
    let live = issue_with_methods(install, "live", &[METHOD]);
    let disabled = issue_with_methods(install, "disabled", &[METHOD]);
    install.call(OWNER, DisableTokens { tokens: vec![target(&disabled)] }).unwrap();
    let purged = issue_with_methods(install, "purged", &[METHOD]);
    let revoke = |issued, typed: &str| {
        install
            .call(
                OWNER,
                RevokeTokens {
                    tokens: vec![target(issued)],
                    with_made: false,
                    expected_made: None,
                    confirmation: typed.to_owned(),
                },
            )
            .unwrap();
    };
    revoke(&purged, "purged");
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    let deleted = issue_with_methods(install, "deleted", &[METHOD]);
    revoke(&deleted, "deleted");
    let (retired, old) = (issue_with_methods(install, "retired", &[]), issue_with_methods(install, "overlapping", &[]));
    for (issued, grace) in [(&retired, None), (&old, Some(Span::Hours(1)))] {
        install.call(OWNER, RegenerateToken { token: target(issued), grace, expires: None }).unwrap();
    }
    vec![
        ("live", secret_text(&live)),
        ("other", secret_text(&issue_with_methods(install, "other", &[]))),
        ("disabled", secret_text(&disabled)),
        ("deleted", secret_text(&deleted)),
        ("purged", secret_text(&purged)),
        ("retired", secret_text(&retired)),
        ("old", secret_text(&old)),
        ("expired", secret_text(&issue_expired(install, "expired"))),
    ]
}

/// Expands a template. `{name}` is a secret, `{name:from..to}` a part of it, `{name/upper}` or `{name/lower}` the
/// secret in that case, `{name/reversed}` backwards. `{text!}` is everything before it with a checksum, `{xN*TEXT}` N
/// times that text, `{uHEX}` a character.
fn fill_template(template: &str, secrets: &[(&str, String)]) -> String {
    let named = |name: &str| secrets.iter().find(|(n, _)| *n == name).map(|(_, s)| s.as_str()).expect("a secret");
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, hole)) = rest.split_once('{') {
        out.push_str(before);
        let (hole, after) = hole.split_once('}').unwrap();
        rest = after;
        if hole == "!" {
            out = with_checksum(&out);
        } else if let Some((count, text)) = hole.strip_prefix('x').and_then(|h| h.split_once('*')) {
            out.push_str(&text.repeat(count.parse().unwrap()));
        } else if let Some(code) = hole.strip_prefix("u+") {
            out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        } else if let Some((name, range)) = hole.split_once(':') {
            let (from, to) = range.split_once("..").unwrap();
            let secret = named(name);
            out.push_str(&secret[from.parse().unwrap()..to.parse().unwrap_or(secret.len())]);
        } else if let Some((name, how)) = hole.split_once('/') {
            let secret = named(name);
            out.push_str(&match how {
                "upper" => secret.to_ascii_uppercase(),
                "lower" => secret.to_ascii_lowercase(),
                _ => secret.chars().rev().collect(),
            });
        } else {
            out.push_str(named(hole));
        }
    }
    out + rest
}

#[test]
fn parsers_agree_on_every_vector() {
    let install = new_install();
    let caller = secret_text(&issue_with_methods(&install, "caller", &["jeton.introspect"]));
    let secrets = secrets(&install);
    let service = ServiceProcess::start(&install.temp_store.path());
    let (mut client, mut manager) = (service.client(), service.management_client());
    let mut count = 0;
    for line in VECTORS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (reason, template) = line.split_once(' ').unwrap();
        let presented = fill_template(template, &secrets);
        count += 1;

        // In a form: byte for byte.
        let form: String = presented.bytes().map(|b| format!("%{b:02x}")).collect();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let reply = manager.post("/v1/introspect", &[kind, &bearer(&caller)], &format!("token={form}"));
        assert_eq!(reply.status, 200, "{line}");
        assert_eq!(reply.json()["active"], reason == "ok", "{line}: {reply:?}");

        // In a header, if a header can hold the value. A line end would end the header, and surrounding blanks aren't
        // part of the value.
        let printable = presented.bytes().all(|b| (0x20..0x7f).contains(&b)) && presented.trim_end() == presented;
        if printable && presented.len() < 8_000 {
            let answer = client.request("GET", "/v1/verify/-", &[&bearer(&presented)]);
            let is_ok = reason == "ok" || presented.trim_start_matches(' ') == secrets[0].1;
            assert_eq!(answer.status, if is_ok { 200 } else { 401 }, "{line}");
        } else if !presented.contains(['\r', '\n']) {
            let mut once = service.client();
            once.send(head("GET", "/v1/verify/-", &[&bearer(&presented)]));
            let blank = presented.ends_with([' ', '\t']) && presented.is_ascii() && presented.len() < 100;
            assert!(blank || once.read_reply().is_none_or(|answer| answer.status != 200), "{line}");
        }

        // On a line of stdin, if a line can hold the value.
        if presented.contains(['\n', '\r', '\0']) || presented.is_empty() {
            continue;
        }
        let verified = run_cli(&install, None, &["verify", "--json"], &format!("{presented}\n"));
        // A byte order mark before the first line isn't part of the value.
        let is_ok = reason == "ok" || presented.strip_prefix('\u{feff}') == Some(&*secrets[0].1);
        assert_eq!(verified.code, if is_ok { 0 } else { 4 }, "{line}: {verified:?}");
        let whose = run_cli(&install, None, &["token", "whose", "--json"], &format!("{presented}\n"));
        let reply: serde_json::Value = serde_json::from_str(&whose.out).unwrap_or_default();
        // `whose` searches for a secret in the surrounding text.
        if reason != "malformed" {
            assert_eq!(reply["reason"].as_str().unwrap_or("ok"), reason, "{line}: {whose:?}");
        }
    }
    assert!(count >= 90, "{count} vectors");
    service.stop();
}
