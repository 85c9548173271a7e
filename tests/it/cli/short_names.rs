//! Methods and API sets typed without the name of their catalogue.

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::{CliHome, PASSWORD};

/// Writes an OpenAPI document with the operations `list` and `wipe`, and imports it under `name`. Only `wipe` needs two
/// scopes.
fn import(home: &CliHome, name: &str) {
    let document = format!(
        "openapi: 3.0.3\ninfo: {{title: {name}, version: '1'}}\ncomponents: {{securitySchemes: {{o: {{type: oauth2, flows: \
         {{clientCredentials: {{tokenUrl: 'https://id.example', scopes: {{read: r, admin: a}}}}}}}}}}}}\npaths:\n\
         \x20 /{name}/list: {{get: {{operationId: list, tags: [t], security: [{{o: [read]}}]}}}}\n\
         \x20 /{name}/wipe: {{post: {{operationId: wipe, tags: [t], security: [{{o: [read, admin]}}]}}}}\n"
    );
    let file = format!("{name}.yaml");
    home.file(&file, &document, 0o644);
    home.as_ops(&["catalogue", "import", "openapi", &file, "--quiet"]).assert_success();
}

fn selection(home: &CliHome, token: &str) -> serde_json::Value {
    let shown = home.as_ops(&["token", "show", token, "--json"]).assert_success().json();
    let selection = shown["token"]["selection"].clone();
    json!([selection["sets"], selection["methods"]])
}

#[test]
fn short_name_means_the_only_full_name() {
    let home = CliHome::set_up();
    import(&home, "s");
    let secret = home.create(&["by-set", "--set", "scope read"]);
    assert_eq!(selection(&home, "by-set"), json!([["s: scope read"], []]));
    // The scope alone is not enough for what needs two.
    let verify = |method: &str| home.run(&["verify", "--method", method, "--json"], format!("{secret}\n"));
    assert_eq!(verify("t.list").assert_success().json()["method"], "s.t.list");
    verify("s.t.list").assert_success();
    verify("t.wipe").assert_error(Kind::Denied);
    verify("t.other").assert_error(Kind::NotFound);

    home.create(&["by-hand", "--method", "t.list"]);
    assert_eq!(selection(&home, "by-hand"), json!([[], ["s.t.list"]]));
    home.as_ops(&["token", "can", "by-hand", "t.list"]).assert_success();
    home.as_ops(&["token", "can", "by-hand", "t.wipe"]).assert_error(Kind::Denied);
    home.as_ops(&["token", "edit", "by-hand", "--add-method", "t.wipe", "--drop-method", "t.list"]).assert_success();
    assert_eq!(selection(&home, "by-hand"), json!([[], ["s.t.wipe"]]));
    let edit = ["token", "edit", "by-hand", "--set", "scopes admin + read", "--dry-run"];
    assert!(home.as_ops(&edit).assert_success().out.contains("s: scopes admin + read"));
    home.as_ops(&["token", "edit", "by-set", "--add-set", "scopes admin + read"]).assert_success();
    assert_eq!(selection(&home, "by-set"), json!([["s: scope read", "s: scopes admin + read"], []]));
    let shown = home.run(&["catalogue", "show", "scope read", "--json"], "").assert_success().json();
    assert_eq!(shown["set"]["methods"], json!(["s.t.list"]));
    let shown = home.run(&["catalogue", "show", "t.wipe", "--json"], "").assert_success().json();
    assert_eq!(shown["method"]["id"], "s.t.wipe");
    // The API takes full names only: a token's own methods are full.
    home.as_ops(&["token", "create", "x", "--set", "no such"]).assert_error(Kind::NotFound);
}

#[test]
fn short_name_of_several_is_refused() {
    let home = CliHome::set_up();
    for name in ["one", "two"] {
        import(&home, name);
    }
    let secret = home.create(&["full", "--set", "two: scope read"]);
    for args in [
        ["token", "create", "x", "--set", "scope read"],
        ["token", "create", "x", "--method", "t.list"],
        ["token", "edit", "full", "--add-set", "scope read"],
        ["token", "edit", "full", "--method", "t.list"],
    ] {
        let full =
            if args[4] == "t.list" { ["one.t.list", "two.t.list"] } else { ["one: scope read", "two: scope read"] };
        home.as_ops(&args).assert_error(Kind::Usage).assert_says(&full);
    }
    home.as_ops(&["token", "can", "full", "t.list"]).assert_error(Kind::Usage);
    home.run(&["catalogue", "show", "t.list"], "").assert_error(Kind::Usage);
    home.run(&["verify", "--method", "t.list"], format!("{secret}\n")).assert_error(Kind::Usage);
    home.run(&["verify", "--method", "two.t.list"], format!("{secret}\n")).assert_success();
    home.run(&["verify", "--method", "one.t.list"], format!("{secret}\n")).assert_error(Kind::Denied);
}

#[test]
fn short_name_is_understood_over_a_server() {
    let service = CliHome::set_up();
    import(&service, "s");
    let client = CliHome::new();
    client.run(&["config", "set", "server", &service.server()], "").assert_success();
    client.run(&["login", "ops", "--password-stdin"], format!("{PASSWORD}\n")).assert_success();
    client.create(&["by-set", "--set", "scope read"]);
    assert_eq!(selection(&client, "by-set"), json!([["s: scope read"], []]));
    client.run(&["token", "can", "by-set", "t.list"], "").assert_success();
    client.as_ops(&["token", "edit", "by-set", "--method", "t.wipe"]).assert_success();
    assert_eq!(selection(&client, "by-set"), json!([[], ["s.t.wipe"]]));
    // A wrong password is refused once, not for the names and again for the change.
    let create = ["token", "create", "x", "--set", "scope read", "--password-stdin"];
    client.run(&create, "wrong horse battery\n").assert_error(Kind::Unauthenticated);
}
