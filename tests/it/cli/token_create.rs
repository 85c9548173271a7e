//! `jeton token create`.

use std::os::unix::fs::MetadataExt;

use jeton::error::Kind;
use serde_json::json;

use super::looks_like_a_secret;
use crate::support::cli_program::{CliHome, exists, run_to_end};

#[test]
fn create_beyond_the_limit_of_active_tokens_is_a_conflict() {
    let home = CliHome::set_up();
    for n in 1..=10 {
        home.create(&[&format!("t-{n}")]);
    }
    let refused = home.as_ops(&["token", "create", "t-11"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the account ops would have 11 active tokens: the limit for each account is 10 (policy.active_tokens)
      First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set policy.active_tokens NUMBER
    ");
    home.as_ops(&["token", "disable", "t-1", "t-2"]).assert_success();
    home.create(&["t-11"]);
    home.create(&["t-12"]);
    let refused = home.as_ops(&["token", "enable", "t-1"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the account ops would have 11 active tokens: the limit for each account is 10 (policy.active_tokens)
      First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set policy.active_tokens NUMBER
    ");
}

#[test]
fn expiry_is_checked_before_the_password() {
    let home = CliHome::set_up();
    let past = home.command(&["token", "create", "x", "--expires", "31-12-2020", "--no-input"]);
    let mut in_kolkata = past;
    in_kolkata.env("TZ", "Asia/Kolkata");
    let refused = run_to_end(in_kolkata, b"").assert_error(Kind::Usage).assert_says(&["+05:30"]).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the expiry is in the past: it is now [time] [time] +[time]
      Choose a later day, a span such as 30d, or never
    ");
    for odd in ["soon", "30", "-1d", "0d", "99999y", "30-02-2027", ""] {
        home.run(&["token", "create", "x", &format!("--expires={odd}"), "--no-input"], "")
            .assert_error(Kind::Usage)
            .assert_silent();
    }
}

#[test]
fn out_writes_a_secret_to_a_new_file_only() {
    let home = CliHome::set_up();
    let saved = home
        .as_ops(&["token", "create", "a", "--out", "secret"])
        .assert_success()
        .assert_silent()
        .assert_says(&["secret"]);
    let text = std::fs::read_to_string(home.path("secret")).unwrap();
    assert!(looks_like_a_secret(text.trim_end()) && !saved.err.contains(text.trim_end()));
    assert_eq!(std::fs::metadata(home.path("secret")).unwrap().mode() & 0o777, 0o600);
    assert_eq!(home.verify(text.trim_end()), 0);

    std::os::unix::fs::symlink(home.path("elsewhere"), home.path("link")).unwrap();
    std::fs::create_dir(home.path("folder")).unwrap();
    for out in ["secret", "link", "folder", "no/such/folder", "/dev/null"] {
        home.as_ops(&["token", "create", "b", "--out", out])
            .assert_error(Kind::Failure)
            .assert_silent()
            .assert_says(&[out]);
        home.as_ops(&["token", "regenerate", "a", "--out", out]).assert_error(Kind::Failure).assert_silent();
    }
    assert!(!exists(&home.path("elsewhere")));
    assert_eq!(std::fs::read_to_string(home.path("secret")).unwrap(), text);
    assert_eq!(home.verify(text.trim_end()), 0, "a regeneration that could not be handed over did not happen");
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
    let json = home.as_ops(&["token", "create", "c", "--out", "other", "--json"]).assert_success().json();
    assert_eq!(json["secret"], json!(null));
    assert_eq!(json["saved_to"], home.path("other").canonicalize().unwrap().display().to_string());
}

#[test]
fn create_explains_the_secret() {
    let home = CliHome::set_up();
    let created = home.as_ops(&["token", "create", "a"]).assert_success();
    assert!(looks_like_a_secret(created.out.strip_suffix('\n').unwrap()));
    insta::assert_snapshot!(created.message(), @r#"
    ✓ ops/a is ready. The token expires in 3 mo (last day: [time])
      The secret is shown only now. To use the secret, run: read -rs SECRET. Paste the secret, then run:
      printf 'Authorization: Bearer %s\n' "$SECRET" | curl -H @- URL
    ! ops/a: the token can't call any method: its API selection has no methods
    "#);
    assert!(!created.err.contains(created.out.trim_end()));
}

#[test]
fn expiry_ends_with_the_year_9999() {
    let home = CliHome::set_up();
    home.as_ops(&["token", "create", "a", "--expires", "9999-12-31"]).assert_error(Kind::Usage).assert_says(&["never"]);
    home.as_ops(&["token", "create", "a", "--expires", "30-12-9999"]).assert_success();
    home.as_ops(&["token", "create", "w", "--expires", "2w"]).assert_success();
    home.as_ops(&["token", "create", "x", "--expires", "99999y"]).assert_error(Kind::Usage);
    let list = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(list["tokens"][0]["expires_at"], "9999-12-31T00:00:00Z");
}

const SETS: &str = "schema = 1\nname = \"r\"\ntitle = \"r\"\n[[group]]\nid = \"r\"\ntitle = \"r\"\n[[group.method]]\nid = \"A\"\ntitle = \"a\"\naccess = \"read\"\n[[set]]\nname = \"NAME\"\ntitle = \"only A\"\ninclude = [\"r.A\"]\n";

#[test]
fn set_names_differ_from_built_in_choices() {
    let home = CliHome::set_up();
    let mut messages = String::new();
    for name in ["Inherit", "no access", "INHERIT", "2 sets", "3 Methods", "Іnherit"] {
        home.file("r.toml", &SETS.replace("NAME", name), 0o600);
        messages += &home.run(&["catalogue", "check", "r.toml"], "").assert_error(Kind::Usage).message();
        home.as_ops(&["catalogue", "apply", "r.toml"]).assert_error(Kind::Usage);
    }
    insta::assert_snapshot!(messages, @r#"
    error: r.toml:12:8: an API set can't have the name "Inherit": the name looks like a built-in choice, such as "Inherit", "no access" or "2 sets"
      Choose another name
    error: r.toml:12:8: an API set can't have the name "no access": the name looks like a built-in choice, such as "Inherit", "no access" or "2 sets"
      Choose another name
    error: r.toml:12:8: an API set can't have the name "INHERIT": the name looks like a built-in choice, such as "Inherit", "no access" or "2 sets"
      Choose another name
    error: r.toml:12:8: an API set can't have the name "2 sets": the name looks like a built-in choice, such as "Inherit", "no access" or "2 sets"
      Choose another name
    error: r.toml:12:8: an API set can't have the name "3 Methods": the name looks like a built-in choice, such as "Inherit", "no access" or "2 sets"
      Choose another name
    error: r.toml:12:8: an API set can't have the name "Іnherit": the name looks like a built-in choice, such as "Inherit", "no access" or "2 sets"
      Choose another name
    "#);
    let document = "openapi: 3.0.0\ninfo: {title: x, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: getA\n      tags: [Inherit]\n      responses: {}\n";
    home.file("d.yaml", document, 0o600);
    let done = home.as_ops(&["catalogue", "import", "openapi", "d.yaml"]).assert_success();
    insta::assert_snapshot!(done.message(), @"
      access levels: 1 from the HTTP method
    ✓ catalogue d applied
      If a proxy uses routes of this catalogue, print the proxy's configuration again. Run jeton guide … with the same options as before, save the output, and reload the proxy
    ");
    assert!(home.run(&["catalogue", "show", "d: Inherit"], "").assert_success().out.contains("getA"));
    // The choice itself is no short form of the set's name.
    home.as_ops(&["token", "create", "x", "--set", "Inherit"]).assert_code(3);
    home.as_ops(&["token", "create", "x", "--set", "d: Inherit"]).assert_success();
}
