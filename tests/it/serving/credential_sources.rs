//! Places where a credential may appear, and the trusted sources of a caller's identity.

use serde_json::Value;

use super::{METHOD, issue_with_methods, new_install, run_cli, secret_text, wait_until};
use crate::support::fakes::TestInstall;
use crate::support::http::{Client, Reply, bearer, head};
use crate::support::service_process::ServiceProcess;

const ACCEPT: &str = "[serve]\naccept = \"header:X-Authentication, query:session\"\n";

fn verify_with(client: &mut Client, query: &str, headers: &[&str]) -> Reply {
    client.request("GET", &format!("/v1/verify/{METHOD}{query}"), headers)
}

#[test]
fn credential_source_counts_only_where_configured() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let (header, query) = (format!("X-Authentication: {secret}"), format!("?session={secret}"));
    let places = |client: &mut Client| {
        [
            verify_with(client, "", &[&bearer(&secret)]),
            verify_with(client, "", &[&header]),
            verify_with(client, &query, &[]),
            verify_with(client, "", &[&format!("X-Forwarded-Uri: /app{query}&x=1")]),
        ]
        .map(|answer| (answer.status, answer.body))
    };
    let plain = ServiceProcess::start(&install.temp_store.path());
    let nobody = (401, "{\"result\":1}".to_owned());
    let reply = places(&mut plain.client());
    assert_eq!((reply[0].0, &reply[1..]), (200, &[nobody.clone(), nobody.clone(), nobody][..]));
    plain.stop();

    let service = ServiceProcess::start_with_config(&install.temp_store.path(), ACCEPT);
    let mut client = service.client();
    assert_eq!(places(&mut client).map(|reply| reply.0), [200; 4]);
    let (auth, auth_lower) = (bearer(&secret), format!("authorization: bearer {secret}"));
    let header_lower = format!("x-authentication: {secret}");
    assert_eq!(verify_with(&mut client, "", &[&auth_lower]).status, 200);
    assert_eq!(verify_with(&mut client, "", &[&header_lower]).status, 200);
    assert_eq!(verify_with(&mut client, &format!("?a=b&session={secret}&c"), &[]).status, 200);
    let forwarded = format!("X-Forwarded-Uri: /app{query}");
    for (what, query, headers) in [
        ("two Authorization", "", &[auth.as_str(), &auth][..]),
        ("Authorization and none of ours", "", &[&auth, "Authorization: Basic eDp5"]),
        ("Authorization and an empty one", "", &[&auth, "Authorization:"]),
        ("two X-Authentication", "", &[&header, &header_lower]),
        ("both headers", "", &[&auth, &header]),
        ("both headers, one empty", "", &[&auth, "X-Authentication:"]),
        ("header and query", query.as_str(), &[&header]),
        ("Authorization and query", &query, &[&auth]),
        ("Authorization and an empty session", "?session=", &[&auth]),
        ("Authorization and a bare session", "?session", &[&auth]),
        ("two sessions", &format!("{query}&session={secret}"), &[]),
        ("two sessions, one empty", &format!("{query}&session="), &[]),
        ("Authorization and a forwarded session", "", &[&auth, &forwarded]),
        ("two forwarded", "", &[&forwarded, &forwarded]),
        ("all three", &query, &[&auth, &header]),
        ("Basic", "", &["Authorization: Basic eDp5"]),
        ("no scheme", "", &[&format!("Authorization: {secret}")]),
        ("another scheme", "", &[&format!("Authorization: Token {secret}")]),
        ("a comma", "", &[&format!("{auth}, Bearer {secret}")]),
        ("a tab", "", &[&format!("Authorization: Bearer\t{secret}")]),
        ("a blank and a tab", "", &[&format!("Authorization: Bearer \t{secret}")]),
        ("a blank in the midst", "", &[&format!("Authorization: Bearer {} {}", &secret[..20], &secret[20..])]),
        ("two in one", "", &[&format!("Authorization: Bearer {secret} {secret}")]),
        ("two with a comma", "", &[&format!("X-Authentication: {secret}, {secret}")]),
        ("Authorization and one with an underscore", "", &[&auth, &format!("X_Authentication: {secret}")]),
        ("a header and one with an underscore", "", &[&header, "x_authentication: x"]),
        ("one with an underscore alone", "", &[&format!("X_Authentication: {secret}")]),
        ("another spelling alone", &format!("?Session={secret}"), &[]),
        ("another separator", &format!("{query};x=1"), &[]),
        ("a scheme in the header", "", &[&format!("X-Authentication: Bearer {secret}")]),
        ("empty", "", &["Authorization: Bearer "]),
        ("encoded", &format!("?session={}", secret.replace('_', "%5f")), &[]),
        ("too long", "", &[&bearer(&"a".repeat(513))]),
        ("not ASCII", "", &[&bearer(&format!("{secret}é"))]),
    ] {
        let answer = verify_with(&mut client, query, headers);
        assert_eq!((answer.status, answer.body.as_str()), (401, "{\"result\":2}"), "{what}");
    }
    // The query forwarded by the proxy counts; the query of the proxy's own request doesn't.
    assert_eq!(verify_with(&mut client, "?session=x", &[&forwarded]).status, 200);
    assert_eq!(verify_with(&mut client, &query, &["X-Forwarded-Uri: /app"]).body, "{\"result\":1}");
    assert_eq!(
        verify_with(&mut client, "?xsession=y&x=session&sessions=z&next=/app%3Fsession=a", &[]).body,
        "{\"result\":1}"
    );
    for blanks in ["", " ", "   ", &" ".repeat(600)] {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let header = format!("Authorization: {scheme} {blanks}{secret}");
            assert_eq!(verify_with(&mut client, "", &[&header]).status, 200, "{header}");
            assert_eq!(verify_with(&mut client, "", &[&format!("{header}  \t ")]).status, 200, "{header}, then blanks");
        }
    }
    service.stop();
}

/// A second credential in any spelling that some application accepts makes the first one invalid. Both the request's
/// own query and the forwarded one count.
#[test]
fn second_credential_counts_in_every_spelling() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start_with_config(&install.temp_store.path(), ACCEPT);
    let mut client = service.client();
    let (auth, header) = (bearer(&secret), format!("X-Authentication: {secret}"));
    for second in [
        "session=x",
        "%73ession=x",
        "sessio%6E=x",
        "%53ession=x",
        "%2573ession=x",
        "Session=x",
        "SESSION=x",
        "session[]=x",
        "session[0]=x",
        "session%5b%5d=x",
        "session%5B0%5D=x",
        "+session=x",
        "session+=x",
        "%20session=x",
        "%09session=x",
        "session%00=x",
        "a;session=x",
        "a=b;session=x",
        "a=b;%73ession=x",
        "a=b;session",
        "?session=x",
        "session;a",
        "session%E2%80%8B=x",
        "%EF%BD%93ession=x",
        "s%C3%A9ssion=x",
        "_session_=x",
    ] {
        for (query, headers) in [
            (format!("?{second}"), [&*auth].as_slice()),
            (format!("?{second}"), &[&*header]),
            (format!("?session={secret}&{second}"), &[]),
            (format!("?{second}&session={secret}"), &[]),
            (String::new(), &[&*auth, &format!("X-Forwarded-Uri: /app?{second}")]),
            (String::new(), &[&*format!("X-Forwarded-Uri: /app?{second}&session={secret}")]),
            (String::new(), &[&*auth, "X-Forwarded-Uri: /app", &format!("X-Forwarded-Uri: /app?{second}")]),
        ] {
            let answer = verify_with(&mut client, &query, headers);
            assert_eq!((answer.status, answer.body.as_str()), (401, "{\"result\":2}"), "{query} {headers:?}");
        }
    }
    // Two headers with the requested URI: one of them isn't from the proxy.
    let log_text = [format!("X-Forwarded-Uri: /app?session={secret}"), "X-Forwarded-Uri: /app".to_owned()];
    for pair in [[&*log_text[0], &*log_text[1]], [&*log_text[1], &*log_text[0]], [&*log_text[0], &*log_text[0]]] {
        let answer = verify_with(&mut client, "", &pair);
        assert_eq!((answer.status, answer.body.as_str()), (401, "{\"result\":2}"), "{pair:?}");
    }
    // Invalid text can't hide a second credential either.
    let mut bytes = head("GET", "/v1/verify/-", &[&auth, "X-Forwarded-Uri: /?a=@&session=x"]).into_bytes();
    bytes.iter_mut().filter(|byte| **byte == b'@').for_each(|byte| *byte = 0xe9);
    client.send(bytes);
    assert_eq!(client.read_reply().map(|answer| answer.status), Some(401));
    assert_eq!(verify_with(&mut client, "?a=b;c&sessions[]=x", &[&auth]).status, 200);
    service.stop();
}

/// Returns the caller addresses of uses in the ledger, with their counts.
fn addresses(install: &TestInstall, reader: &str) -> Vec<(String, u64)> {
    let reply = run_cli(install, Some(reader), &["ledger", "uses", "--json"], "").assert_success().json();
    let is_ci = |row: &&Value| row["token"]["name"] == "ci";
    let rows = reply["uses"].as_array().unwrap().iter().filter(is_ci);
    let mut found: Vec<_> =
        rows.map(|r| (r["address"].as_str().unwrap_or("-").to_owned(), r["uses"].as_u64().unwrap())).collect();
    found.sort();
    found
}

#[test]
fn client_address_comes_from_trusted_proxies() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let reader = secret_text(&issue_with_methods(&install, "reader", &["jeton.ledger.read"]));
    let service = ServiceProcess::start_with_config(&install.temp_store.path(), "[serve]\nproxies = \"10.0.0.0/8\"\n");
    let mut client = service.client();
    let proof = ServiceProcess::proxy_proof(&install.temp_store.path());
    let hops = |n: usize, tail: &str| format!("{}{tail}", "203.0.113.1, ".repeat(n));
    for (forwarded, _) in FORWARDED_CASES {
        assert_eq!(
            verify_with(&mut client, "", &[&proof, &bearer(&secret), &format!("X-Forwarded-For: {forwarded}")]).status,
            200
        );
    }
    let many = hops(500, "192.0.2.5");
    assert_eq!(
        verify_with(&mut client, "", &[&proof, &bearer(&secret), &format!("X-Forwarded-For: {many}")]).status,
        200
    );
    let proxies = format!("X-Forwarded-For: 192.0.2.6, {}10.0.0.1", "10.9.9.9, ".repeat(500));
    assert_eq!(verify_with(&mut client, "", &[&proof, &bearer(&secret), &proxies]).status, 200);
    let two = ["X-Forwarded-For: 192.0.2.8", "X-Forwarded-For: 10.1.1.1"];
    assert_eq!(verify_with(&mut client, "", &[&proof, &bearer(&secret), two[0], two[1]]).status, 200);
    // A caller without the complete proof, or with two, can't set the address of another caller.
    let forwarded = "X-Forwarded-For: 192.0.2.77";
    let half = proof[..proof.len() - 1].to_owned();
    for headers in [
        vec![forwarded],
        vec!["X-Jeton-Proof: ", forwarded],
        vec![half.as_str(), forwarded],
        vec![proof.as_str(), proof.as_str(), forwarded],
    ] {
        let credential = bearer(&secret);
        let headers: Vec<&str> = headers.into_iter().chain([credential.as_str()]).collect();
        assert_eq!(verify_with(&mut client, "", &headers).status, 200);
    }
    let escape = format!("{}\r\nX-Forwarded-For: \x1b[2J", bearer(&secret));
    client.send(head("GET", "/v1/verify/-", &[&escape]));
    // A control character in a header is invalid HTTP.
    assert_eq!(client.read_reply().map(|a| a.status), Some(400));
    let mut expected: Vec<(String, u64)> = Vec::new();
    let reply = FORWARDED_CASES
        .iter()
        .map(|(_, address)| *address)
        .chain(["192.0.2.5", "10.9.9.9", "192.0.2.8"])
        .chain(["127.0.0.1"; 4]);
    for address in reply {
        match expected.iter_mut().find(|(a, _)| a == address) {
            Some((_, count)) => *count += 1,
            None => expected.push((address.to_owned(), 1)),
        }
    }
    expected.sort();
    let found = wait_until(|| {
        let found = addresses(&install, &reader);
        let sum = |list: &[(String, u64)]| list.iter().map(|(_, n)| n).sum::<u64>();
        (sum(&found) >= sum(&expected)).then_some(found)
    });
    assert_eq!(found, expected);
    service.stop();
}

/// Values of `X-Forwarded-For`, each with the caller that the ledger records.
const FORWARDED_CASES: [(&str, &str); 13] = [
    ("203.0.113.9:51008", "203.0.113.9"),
    ("[2001:db8::5]:443", "2001:db8::5"),
    ("[2001:db8::6]", "2001:db8::6"),
    ("203.0.113.7:80, 10.0.0.1:443", "203.0.113.7"),
    ("192.0.2.1", "192.0.2.1"),
    ("203.0.113.9, 192.0.2.2", "192.0.2.2"),
    ("192.0.2.3, 10.1.2.3", "192.0.2.3"),
    ("10.1.2.4", "10.1.2.4"),
    ("\"><script>", "127.0.0.1"),
    ("", "127.0.0.1"),
    ("192.0.2.4, unknown, 10.0.0.7", "10.0.0.7"),
    ("2001:db8::1", "2001:db8::1"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
];
