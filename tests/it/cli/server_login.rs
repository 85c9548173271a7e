//! `login`, `logout` and stored tokens of somebody who uses a server.

use jeton::error::Kind;

use serde_json::json;

use crate::support::cli_program::{CliHome, CliOutput, PASSWORD};

/// Returns a home whose configuration names the server of `service`.
fn client_of(service: &CliHome) -> CliHome {
    let client = CliHome::new();
    client.run(&["config", "set", "server", &service.server()], "").assert_success();
    client
}

fn log_in(client: &CliHome, username: &str) -> CliOutput {
    client.run(&["login", username, "--password-stdin"], format!("{PASSWORD}\n")).assert_success()
}

fn configuration(client: &CliHome) -> String {
    std::fs::read_to_string(client.path(".config/jeton/config.toml")).unwrap()
}

/// Returns the verb, the proof and the login of each audit row about a login.
fn logins(service: &CliHome) -> Vec<String> {
    let rows = service.as_ops(&["audit", "--json"]).assert_success().json();
    let rows = rows["entries"].as_array().unwrap().iter();
    rows.filter_map(|row| row["verb"].as_str().filter(|verb| verb.starts_with("log")).map(str::to_owned)).collect()
}

fn names(ran: CliOutput) -> Vec<String> {
    let listed = ran.assert_success().json();
    listed["tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn login_reads_without_a_password_and_changes_with_one() {
    let service = CliHome::set_up();
    let client = client_of(&service);
    let said = log_in(&client, "ops");
    insta::assert_snapshot!(said.message(), @"
    ✓ commands now run as ops (set in [folder]/.config/jeton/config.toml)
      The login expires in 12 h. Until then, only changes ask for your password
    ");
    let file = client.path(".config/jeton/config.toml");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(names(client.run(&["token", "list", "--json"], "")).is_empty());
    let me = client.run(&["whoami", "--json"], "").assert_success().json();
    assert_eq!((&me["proof"], &me["token"], &me["methods"]), (&json!("login"), &json!(null), &json!(null)));
    assert!(me["expires_at"].is_string());
    let create = ["token", "create", "mine", "--inherit", "--json", "--no-input"];
    client.run(&create, "").assert_error(Kind::Denied);
    client.as_ops(&create[..5]).assert_success();
    assert_eq!(names(client.run(&["token", "list", "--json"], "")), ["mine"]);
    assert_eq!(logins(&service), ["login"], "a change opens no other login");
    // Another process of the same machine doesn't end it.
    client.as_ops(&["token", "list"]).assert_success();
    assert_eq!(logins(&service), ["login", "login", "logout"]);
    assert_eq!(names(client.run(&["token", "list", "--json"], "")), ["mine"]);

    let stored = configuration(&client);
    insta::assert_snapshot!(client.run(&["logout"], "").assert_success().message(), @"✓ signed out");
    assert!(!configuration(&client).contains("jtn_"));
    client.run(&["token", "list", "--json", "--no-input"], "").assert_error(Kind::Denied);
    // The server has ended it, too.
    std::fs::write(&file, stored).unwrap();
    let refused = client.run(&["token", "list", "--no-input"], "").assert_error(Kind::Unauthenticated);
    insta::assert_snapshot!(refused.message().replace(&service.server(), "[server]"), @"
    error: the login of ops at [server] has ended: possible causes are the expiry, a newer login, a sign-out, a changed account or a restored store
      Run: jeton login ops
    ");
}

#[test]
fn login_is_sent_to_no_other_server() {
    let (service, other) = (CliHome::set_up(), CliHome::set_up());
    let client = client_of(&service);
    log_in(&client, "ops");
    let list = ["token", "list", "--json", "--no-input", "--server", &other.server()];
    client.run(&list, "").assert_error(Kind::Denied);
    client.run(&["whoami", "--no-input"], "").assert_success();
}

#[test]
fn logout_without_its_server_says_that_the_login_works_on() {
    let client = {
        let service = CliHome::set_up();
        let client = client_of(&service);
        log_in(&client, "ops");
        client
    };
    let said = client.run(&["logout"], "").assert_success();
    insta::assert_snapshot!(said.message().lines().nth(1).unwrap(), @"  The login expires in 12 h. To end the login earlier, set a new password: jeton account passwd ops");
    assert!(!configuration(&client).contains("jtn_"));
}

/// The owner creates a token that lists tokens; a third party uses it, and later has an account of its own.
#[test]
fn borrowed_token_works_until_its_owner_or_the_borrower_ends_it() {
    let service = CliHome::set_up();
    let secret = service.create(&["helper", "--method", "jeton.tokens.read"]);
    let created = ["account", "create", "guest", "--password-stdin", "--json"];
    service.run(&created, format!("{PASSWORD}\nanother horse battery\n")).assert_success();
    let third = client_of(&service);
    for (key, value) in [("username", "ops"), ("api_token_name", "helper")] {
        third.run(&["config", "set", key, value], "").assert_success();
    }
    third.run(&["config", "set", "api_token"], &secret).assert_success();
    assert_eq!(names(third.run(&["token", "list", "--json"], "")), ["helper"]);
    let me = third.run(&["whoami", "--json"], "").assert_success().json();
    assert_eq!((&me["proof"], &me["methods"]), (&json!("token"), &json!(["jeton.tokens.read"])));
    let refused = third.run(&["token", "create", "more", "--expires", "1d", "--json"], "").assert_error(Kind::Denied);
    refused.assert_silent();
    let elsewhere = third.run(&["token", "list", "--json", "--store", "/nowhere.db"], "");
    assert!(elsewhere.assert_error(Kind::Unauthenticated).error()["why"].as_str().unwrap().contains(&service.server()));

    // Its own login ends the borrowed access.
    let own = ["account", "passwd", "--user", "guest", "--password-stdin"];
    third.run(&own, format!("another horse battery\n{PASSWORD}\n")).assert_success();
    let said = log_in(&third, "guest");
    insta::assert_snapshot!(said.message(), @"
    ✓ commands now run as guest (set in [folder]/.config/jeton/config.toml)
      The token was removed from the configuration, but not revoked. If nobody else uses the token, find its name with: jeton token list. Then run: jeton token revoke NAME
      The login expires in 12 h. Until then, only changes ask for your password
    ");
    assert!(!configuration(&third).contains("api"), "{}", configuration(&third));
    assert!(names(third.run(&["token", "list", "--json"], "")).is_empty());

    // A token that is stored later precedes the login. Its owner disables it.
    third.run(&["config", "set", "username", "ops"], "").assert_success();
    third.run(&["config", "set", "api-token"], &secret).assert_success();
    assert_eq!(names(third.run(&["token", "list", "--json"], "")), ["helper"]);
    service.as_ops(&["token", "disable", "helper", "--user", "ops"]).assert_success();
    third.run(&["token", "list", "--json"], "").assert_error(Kind::Unauthenticated);
    third.run(&["logout"], "").assert_success();
    assert!(!configuration(&third).contains("jtn_"));
}

#[test]
fn secret_is_identified_and_revoked_at_the_server() {
    let service = CliHome::set_up();
    let secret = service.create(&["ci"]);
    let client = client_of(&service);
    client.run(&["token", "whose", "--no-input"], secret.as_str()).assert_error(Kind::Denied);
    log_in(&client, "ops");
    assert_eq!(client.run(&["token", "whose", "--quiet"], secret.as_str()).assert_success().out, "ops/ci\n");
    client.run(&["logout"], "").assert_success();
    client.run(&["token", "revoke", "--stdin"], secret.as_str()).assert_success();
    assert_eq!(service.verify(&secret), 4);
    client.run(&["token", "revoke", "--stdin"], secret.as_str()).assert_error(Kind::NotFound);
}
