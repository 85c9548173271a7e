//! `jeton verify`.

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::CliHome;

#[test]
fn verify_decides_for_methods() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let secret = home.create(&["stop", "--method", "environment.control.StopEnv"]);
    let verify = |method: &str, input: String| home.run(&["verify", "--method", method], input);
    let allowed = verify("environment.control.StopEnv", format!("{secret}\n")).assert_success();
    assert_eq!(allowed.out, format!("ops/stop  {}\n", &secret[..12]));
    let refused = verify("environment.control.StartEnv", secret.clone()).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"error: denied: the token is not permitted to call the method");
    verify("no.such.Method", secret.clone()).assert_error(Kind::NotFound).assert_says(&["no.such.Method"]);
    verify("no.such.Method", "jtn_x".to_owned()).assert_code(4);
    verify("a/b", secret.clone()).assert_error(Kind::Usage);
    let as_json = home.run(&["verify", "--json"], secret.clone()).assert_success().json();
    assert_eq!(as_json["allowed"], true);
    assert_eq!(as_json["token"]["name"], "stop");

    for (input, reason) in [
        (format!("{secret} \n"), "malformed"),
        (format!(" {secret}\n"), "malformed"),
        (format!("\n{secret}\n"), "malformed"),
        (secret.to_uppercase(), "malformed"),
        (format!("{}{}", &secret[..50], if secret.ends_with('x') { 'y' } else { 'x' }), "checksum"),
        (String::new(), "malformed"),
        ("\0\r\n".to_owned(), "malformed"),
        ("x".repeat(10 << 20), "malformed"),
        ("jtn_00000000_00000000000000000000000000000000000000".to_owned(), "checksum"),
    ] {
        let denied = home.run(&["verify", "--json"], &input).assert_code(4);
        assert_eq!(denied.json()["reason"], reason);
        assert!(!denied.err.contains(&secret[13..]), "no part of the secret is repeated");
    }
    home.run(&["verify"], b"\xff\xfe\n").assert_code(4);
    let refused = home.run(&["verify"], "").assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"error: denied: the first line of stdin is empty or not a secret");
    assert_eq!(home.run(&["verify", "--quiet"], format!("{secret}\r\n")).assert_success().out, "");

    let shown = home.as_ops(&["token", "show", "stop", "--json"]).assert_success().json();
    assert_eq!(shown["usage"]["week"], 3);
    assert_eq!(shown["usage"]["origins"], json!([{"address": "local", "client": "jeton verify", "uses": 3}]));
    assert_eq!(shown["usage"]["methods"], json!([{"method": "environment.control.StopEnv", "uses": 1}]));
    assert_eq!(shown["usage"]["denied_week"], 1);
}
