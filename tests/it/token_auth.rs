//! A token instead of a password: from a file, the environment, or the configuration.

use std::process::Command;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};
use crate::support::fakes::mistyped;
use jeton::error::Kind;

/// Returns a token's secret in its own file, and a home where the token's account is the owner `ops`.
fn holder(methods: &[&str]) -> (CliHome, String) {
    let home = CliHome::set_up();
    let picked: Vec<&str> = methods.iter().flat_map(|m| ["--method", m]).collect();
    let secret = home.create(&[&["bot", "--expires", "30d"], &picked[..]].concat());
    (home, secret)
}

fn with(home: &CliHome, variables: &[(&str, &str)], args: &[&str]) -> CliOutput {
    let mut command: Command = home.command(args);
    command.envs(variables.iter().copied());
    run_to_end(command, b"")
}

const READS: &[&str] = &["jeton.tokens.read"];
const WRITES: &[&str] = &["jeton.tokens.read", "jeton.tokens.write"];

#[test]
fn token_from_each_source_works_and_counts_as_a_use() {
    let (home, secret) = holder(WRITES);
    let file = home.file("token", &format!("{secret}\n"), 0o600);
    let file = file.to_str().unwrap();
    let named = |ran: CliOutput| assert_eq!(ran.assert_success().json()["tokens"][0]["name"], "bot");
    named(with(&home, &[("JETON_TOKEN", &secret)], &["token", "list", "--json"]));
    named(with(&home, &[("JETON_TOKEN_FILE", file)], &["token", "list", "--json"]));
    home.run(&["config", "set", "api-token"], &secret).assert_success().assert_silent();
    named(with(&home, &[], &["token", "list", "--json"]));
    let me = with(&home, &[], &["whoami", "--json"]).assert_success().json();
    assert_eq!((me["account"]["username"].as_str(), me["token"]["name"].as_str()), (Some("ops"), Some("bot")));
    assert!(me["token"]["last_seen_at"].is_string(), "each of them is a use");
    with(&home, &[], &["token", "create", "made", "--expires", "1d"]).assert_success();
}

#[test]
fn token_file_precedes_the_variable_and_the_configuration() {
    let (home, secret) = holder(READS);
    let other = home.create(&["other", "--method", "jeton.tokens.read"]);
    let file = home.file("token", &other, 0o600);
    let named = |variables: &[(&str, &str)]| {
        with(&home, variables, &["whoami", "--json"]).assert_success().json()["token"]["name"].clone()
    };
    home.run(&["config", "set", "api-token"], &secret).assert_success();
    assert_eq!(named(&[("JETON_TOKEN", &other)]), "other");
    let both = [("JETON_TOKEN", secret.as_str()), ("JETON_TOKEN_FILE", file.to_str().unwrap())];
    assert_eq!(named(&both), "other");
    assert_eq!(named(&[("JETON_TOKEN", ""), ("JETON_TOKEN_FILE", "")]), "bot");
}

#[test]
fn user_option_precedes_every_token() {
    let (home, secret) = holder(READS);
    let variables = [("JETON_TOKEN", secret.as_str())];
    let refused = with(&home, &variables, &["whoami", "--user", "ops", "--no-input"]).assert_error(Kind::Denied);
    insta::assert_snapshot!(refused.message(), @"
    error: no password was given: jeton can't ask, because there is no terminal or --no-input was given
      Use --password-stdin or --password-file PATH
    ");
    let mut command = home.command(&["whoami", "--json", "--password-stdin"]);
    command.env("JETON_TOKEN", &secret);
    let me =
        run_to_end(command, format!("{}\n", crate::support::cli_program::PASSWORD).as_bytes()).assert_success().json();
    assert!(me["token"].is_null());
}

#[test]
fn another_account_or_token_than_the_configured_one_is_denied() {
    let (home, secret) = holder(READS);
    let list = ["token", "list"];
    let variables = [("JETON_TOKEN", secret.as_str())];
    home.run(&["config", "set", "username", "somebody"], "").assert_success();
    with(&home, &variables, &list).assert_code(4).assert_says(&["ops/bot", "somebody"]).assert_silent();
    home.run(&["config", "set", "username", "ops"], "").assert_success();
    with(&home, &variables, &list).assert_success();
    home.run(&["config", "set", "api-token-name", "other"], "").assert_success();
    with(&home, &variables, &list).assert_code(4).assert_says(&["ops/bot", "other"]).assert_silent();
}

#[test]
fn invalid_token_is_not_authenticated() {
    let (home, secret) = holder(READS);
    let list = ["token", "list"];
    let denied = |value: &str| with(&home, &[("JETON_TOKEN", value)], &list).assert_code(4).assert_silent();
    let refused = denied("nonsense");
    insta::assert_snapshot!(refused.message(), @"
    error: JETON_TOKEN contains no jeton secret
      Set this variable to the secret of a token, and to nothing else
    ");
    let refused = with(&home, &[("JETON_TOKEN", &"x".repeat(100_000))], &list).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"error: the token can't be read from JETON_TOKEN: the first line is longer than 4096 bytes");
    denied(&mistyped(&secret));
    let loose = home.file("loose", &secret, 0o640);
    with(&home, &[("JETON_TOKEN_FILE", loose.to_str().unwrap())], &list)
        .assert_error(Kind::Failure)
        .assert_says(&["0640", "0600"]);
    with(&home, &[("JETON_TOKEN_FILE", "gone")], &list).assert_error(Kind::Failure);
    home.as_ops(&["token", "disable", "bot"]).assert_success();
    let refused = denied(&secret);
    insta::assert_snapshot!(refused.message(), @"
    error: the token was refused: the token is unknown or not active, its secret was replaced, or its account is disabled
      To find the cause, run: jeton token whose --user ACCOUNT
    ");
    home.as_ops(&["token", "enable", "bot"]).assert_success();
    home.as_ops(&["token", "regenerate", "bot"]).assert_success();
    let refused = denied(&secret);
    insta::assert_snapshot!(refused.message(), @"
    error: the token was refused: the token is unknown or not active, its secret was replaced, or its account is disabled
      To find the cause, run: jeton token whose --user ACCOUNT
    ");
}

#[test]
fn token_without_the_method_is_denied() {
    let (home, secret) = holder(READS);
    let variables = [("JETON_TOKEN", secret.as_str())];
    let refused = with(&home, &variables, &["token", "create", "x"]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the token bot is not permitted to do this: this action needs the method jeton.tokens.write or jeton.tokens.write-all
      Use a token with one of these methods, or run jeton with --user ACCOUNT and enter the password
    ");
    let refused = with(&home, &variables, &["catalogue", "apply", "cloud-platform"]).assert_error(Kind::Denied);
    insta::assert_snapshot!(refused.message(), @"
    error: a token is not enough for this action: this action needs a person with a password
      Run jeton with --user ACCOUNT and enter the password
    ");
    assert_eq!(home.as_ops(&["token", "list", "--json"]).json()["tokens"].as_array().unwrap().len(), 1);
}

/// The secret is neither in the environment that others may read nor in any output.
#[test]
fn token_is_removed_from_the_environment() {
    let (home, secret) = holder(READS);
    let mut command = home.command(&["token", "whoami-is-no-command"]);
    command.env("JETON_TOKEN", &secret);
    let ran = run_to_end(command, b"");
    assert!(!ran.err.contains(&secret[13..]), "{}", ran.err);
    // `verify` waits for its input: long enough to inspect the process.
    let mut command = home.command(&["verify"]);
    let piped = || std::process::Stdio::piped();
    command.env("JETON_TOKEN", &secret).stdin(piped()).stdout(piped()).stderr(piped());
    let mut child = command.spawn().unwrap();
    let environ = format!("/proc/{}/environ", child.id());
    let without = (0..10_000).any(|_| {
        // If even we may no longer read the environment, no other process may.
        let Ok(seen) = std::fs::read(&environ) else { return true };
        !seen.is_empty() && !seen.windows(secret.len()).any(|w| w == secret.as_bytes())
    });
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(without, "the secret stayed in {environ}");
}

#[test]
fn config_set_and_unset_keep_the_file_private() {
    use std::os::unix::fs::PermissionsExt;
    let (home, secret) = holder(READS);
    let file = home.path(".config/jeton/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "# mine\nusername = \"ops\" # me\n").unwrap();
    home.run(&["config", "set", "lock.after", "90s"], "").assert_success();
    home.run(&["config", "set", "api-token"], &secret).assert_success().assert_silent();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("# mine") && text.contains("# me") && text.contains("after = \"90s\""), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let next_to_store = format!("unix:{}.manage", home.store().display());
    let default = || home.run(&["config", "get", "serve.manage"], "").assert_success().out;
    assert_eq!(default(), format!("{next_to_store}\n"));
    home.run(&["config", "set", "serve.manage", "unix:/run/m.sock"], "").assert_success();
    assert_eq!(default(), "unix:/run/m.sock\n");
    home.run(&["config", "unset", "serve.manage"], "").assert_success();
    let listed = home.run(&["config", "list"], "").assert_success().out;
    let row = listed.lines().find(|line| line.starts_with("serve.manage ")).unwrap();
    assert!(row.contains(&next_to_store) && row.ends_with(" default"), "{row}");
    assert!(listed.contains("90s") && listed.contains(&secret[..12]) && !listed.contains(&secret), "{listed}");
    assert_eq!(home.run(&["config", "get", "username"], "").assert_success().out, "ops\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    home.run(&["token", "list"], "").assert_error(Kind::Failure).assert_says(&["0644", "chmod 600"]);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    home.run(&["config", "unset", "api-token"], "").assert_success();
    home.run(&["config", "unset", "api-token"], "").assert_error(Kind::NotFound);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(&secret));
    for (key, value) in [("colour", "red"), ("username", "Ops"), ("lock.after", "5"), ("store", "~/x.db")] {
        home.run(&["config", "set", key, value], "").assert_error(Kind::Usage);
    }
    let refused = home.run(&["config", "set", "api-token", "abc"], "").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: a token must not be given on the command line: other users of this machine can see command lines
      Leave out the value. Then type the token at the prompt, or pass the token on stdin
    ");
    let refused = home.run(&["config", "set", "api-token"], "abc").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: the input is not a jeton secret: characters are wrong or missing
      Nothing was changed. Copy the whole secret, and run the command again
    ");
}

#[test]
fn secret_in_a_wrong_setting_is_not_repeated() {
    let (home, secret) = holder(READS);
    for key in ["username", "api-token-name", "store", "colour"] {
        home.file("bad.toml", &format!("{key} = [\"{secret}\"]\n"), 0o600);
        home.file("worse.toml", &format!("{key} = \"{secret}\"\n[lock]\nafter = \"{secret}\"\n"), 0o600);
        for file in ["bad.toml", "worse.toml"] {
            let ran = with(&home, &[("JETON_CONFIG", file)], &["config", "list"]);
            assert!(!format!("{ran:?}").contains(&secret[13..]), "{key} {file}: {ran:?}");
        }
    }
}

#[test]
fn login_stores_the_account_and_removes_the_token() {
    let (home, secret) = holder(READS);
    home.run(&["config", "set", "api-token"], &secret).assert_success();
    home.run(&["config", "set", "api-token-name", "bot"], "").assert_success();
    home.run(&["login", "ops", "--password-stdin"], "wrong wrong wrong\n").assert_code(4);
    home.run(&["whoami"], "").assert_success();
    let done = home.as_ops(&["login", "ops"]).assert_success();
    insta::assert_snapshot!(done.message(), @"
    ✓ commands now run as ops (set in [folder]/.config/jeton/config.toml)
      The token was removed from the configuration, but not revoked. If nobody else uses the token, find its name with: jeton token list. Then run: jeton token revoke NAME
      Commands still ask for your password
    ");
    assert_eq!(home.run(&["config", "get", "username"], "").assert_success().out, "ops\n");
    home.run(&["config", "get", "api-token"], "").assert_error(Kind::NotFound);
    home.run(&["whoami", "--no-input"], "").assert_code(4);
    assert_eq!(home.verify(&secret), 0, "it is forgotten, not revoked");
    home.run(&["logout"], "").assert_success();
    home.run(&["config", "get", "username"], "").assert_error(Kind::NotFound);
}

/// A token that would grant more than it has, or outlive itself, gets exit 4, and nothing changes.
#[test]
fn token_can_not_grant_more_than_it_has() {
    let home = CliHome::set_up();
    home.as_ops(&["catalogue", "apply", "cloud-platform"]).assert_success();
    let called = "environment.control.GetEnvInfo";
    let held = ["--method", "jeton.tokens.read", "--method", "jeton.tokens.write", "--method", called];
    let secret = home.create(&[&["bot", "--expires", "30d"], &held[..]].concat());
    let reader = home.create(&["reader", "--method", "jeton.tokens.read", "--expires", "1d"]);
    let other = "environment.control.StopEnv";
    home.create(&["stronger", "--method", other, "--expires", "1d"]);
    home.create(&["inheriting", "--inherit", "--expires", "1d"]);
    home.create(&["longer", "--method", called, "--expires", "never"]);
    home.create(&["gone", "--method", other, "--expires", "1d"]);
    home.create(&["weaker", "--method", called, "--expires", "1d"]);
    home.as_ops(&["token", "delete", "gone", "--confirm", "gone"]).assert_success();
    home.as_ops(&["token", "disable", "stronger"]).assert_success();
    let variables = [("JETON_TOKEN", secret.as_str())];
    let list = || {
        home.as_ops(&["token", "list", "--json"]).json()["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .map(seldom_changing)
            .collect::<Vec<_>>()
    };
    let head = || home.as_ops(&["audit", "--json"]).json()["entries"].as_array().unwrap().len();
    let before = (list(), head());
    let refused: [&[&str]; 21] = [
        &["create", "x", "--method", other, "--expires", "1d"],
        &["create", "x", "--inherit", "--expires", "1d"],
        &["create", "x", "--set", "IDE Plugins", "--expires", "1d"],
        &["create", "x", "--method", called, "--expires", "31d"],
        &["create", "x", "--method", called, "--expires", "never"],
        &["create", "x", "--method", "jeton.tokens.write-all", "--expires", "1d"],
        &["edit", "bot", "--add-method", other],
        &["edit", "bot", "--expires", "never"],
        &["edit", "bot", "--description", "mine"],
        &["edit", "weaker", "--add-method", other],
        &["edit", "weaker", "--inherit"],
        &["edit", "weaker", "--expires", "1y"],
        &["edit", "stronger", "--drop-method", other],
        &["regenerate", "bot"],
        &["regenerate", "stronger"],
        &["regenerate", "inheriting"],
        &["regenerate", "longer"],
        &["copy", "bot", "bot2"],
        &["copy", "stronger", "x"],
        &["enable", "stronger"],
        &["restore", "gone"],
    ];
    for words in refused {
        let words = [&["token"], words].concat();
        with(&home, &variables, &words).assert_code(4).assert_silent();
    }
    for words in [
        &["account", "create", "eve", "--role", "owner"][..],
        &["account", "role", "ops", "admin"],
        &["account", "passwd", "ops"],
        &["account", "enable", "ops"],
        &["policy", "set", "active_tokens", "0"],
        &["catalogue", "apply", "jeton"],
        &["catalogue", "apply", "cloud-platform"],
        &["catalogue", "apply", "cloud-platform", "--dry-run"],
        &["token", "purge", "--trashed", "--dry-run"],
    ] {
        let mut command = home.command(words);
        command.envs(variables);
        let ran = run_to_end(command, b"another long password\nanother long password\n");
        assert!(matches!(ran.code, 2 | 4), "{words:?}: {ran:?}");
        assert!(ran.out.is_empty(), "{words:?}: {ran:?}");
    }
    // Without --confirm, a refusal comes before the confirmation.
    for words in [&["purge", "--expired"][..], &["restore", "--all", "--filter", "gone"]] {
        with(&home, &variables, &[&["token"], words].concat()).assert_code(4).assert_silent();
    }
    for words in [&["revoke", "weaker"][..], &["disable", "--filter", "weaker"]] {
        with(&home, &[("JETON_TOKEN", &reader)], &[&["token"], words].concat()).assert_code(4).assert_silent();
    }
    let passwd = with(&home, &variables, &["account", "passwd", "ops"]).assert_code(4).assert_silent();
    insta::assert_snapshot!(passwd.message(), @"
    error: a token is not enough for this action: this action needs a person with a password
      Run jeton with --user ACCOUNT and enter the password
    ");
    assert_eq!((list(), head()), before);
    for words in [&["create", "less", "--method", called, "--expires", "1d"][..], &["copy", "weaker", "twin"]] {
        with(&home, &variables, &[&["token"], words].concat()).assert_success();
    }
    // A default expiry is shortened to that of the token that makes the new one.
    with(&home, &variables, &["token", "create", "default"]).assert_success();
    with(&home, &variables, &["token", "copy", "longer", "shorter"]).assert_success();
    let expiry = |name: &str| {
        home.as_ops(&["token", "show", name, "--json"]).json()["token"]["expires_at"].as_str().map(str::to_owned)
    };
    assert_eq!((expiry("default"), expiry("shorter")), (expiry("bot"), expiry("bot")));
    with(&home, &variables, &["token", "disable", "stronger", "longer", "bot"]).assert_success();
}

/// Returns a listed token without the fields that its own use changes.
fn seldom_changing(token: &serde_json::Value) -> serde_json::Value {
    let mut token = token.clone();
    token.as_object_mut().unwrap().remove("last_seen_at");
    token
}
