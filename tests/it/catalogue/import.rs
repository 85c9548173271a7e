//! `jeton catalogue import openapi`.

use crate::support::cli_program::CliHome;

const SHOP: &str = r#"{
  "openapi": "3.1.0",
  "info": {"title": "The shop"},
  "servers": [{"url": "https://shop.example.com/v2"}],
  "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": {"clientCredentials": {
    "tokenUrl": "https://shop.example.com/token", "scopes": {"orders:read": "Looks at orders"}}}}}},
  "paths": {
    "/orders": {
      "get": {"operationId": "listOrders", "tags": ["orders"], "summary": "Lists orders",
              "security": [{"oauth": ["orders:read"]}]},
      "post": {"operationId": "placeOrder", "tags": ["orders"], "summary": "Places\u001b[2J an \u202eorder"}
    },
    "/orders/{id}": {"delete": {"tags": ["orders"], "x-jeton-access": "admin"}}
  }
}"#;

fn home() -> CliHome {
    let home = CliHome::set_up();
    home.file("shop.json", SHOP, 0o644);
    home
}

const IMPORT: [&str; 4] = ["catalogue", "import", "openapi", "shop.json"];

#[test]
fn imported_routes_and_scopes_apply() {
    let home = home();
    let dry = home.as_ops(&[&IMPORT[..], &["--dry-run"]].concat()).assert_success();
    assert!(
        dry.out.contains("+ shop.orders.placeOrder") && !dry.out.contains('\u{1b}') && !dry.err.contains('\u{202e}')
    );
    home.run(&["catalogue", "show", "shop.orders.listOrders"], "").assert_code(3);
    insta::assert_snapshot!(home.as_ops(&IMPORT).assert_success().err, @r#"
    ! POST "/orders": removed invisible control characters from the title
    ! operations without an operationId, for which jeton makes an id from HTTP method and path: 1 (DELETE "/orders/{id}")
      access levels: 1 from the HTTP method, 1 from scopes, 1 from x-jeton-access
    ✓ catalogue shop applied
      If a proxy uses routes of this catalogue, print the proxy's configuration again. Run jeton guide … with the same options as before, save the output, and reload the proxy
    "#);

    let json = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    let group = json["groups"].as_array().unwrap().iter().find(|g| g["id"] == "shop.orders").unwrap();
    let routes: Vec<_> =
        group["methods"].as_array().unwrap().iter().map(|m| m["routes"][0].as_str().unwrap()).collect();
    assert_eq!(routes, ["DELETE /v2/orders/{id}", "GET /v2/orders", "POST /v2/orders"]);

    let secret =
        home.as_ops(&["token", "create", "reader", "--set", "shop: scope orders:read", "--quiet"]).assert_success().out;
    home.run(&["verify", "--method", "shop.orders.listOrders"], &secret).assert_success();
    home.run(&["verify", "--method", "shop.orders.placeOrder"], &secret).assert_code(4);
}

#[test]
fn importing_twice_changes_nothing() {
    let home = home();
    home.as_ops(&IMPORT).assert_success();
    let again = home.as_ops(&IMPORT).assert_success().out;
    insta::assert_snapshot!(again, @"shop: nothing changes");
    let exported = home.run(&["catalogue", "export", "shop"], "").assert_success().out;
    home.file("shop.toml", &exported, 0o644);
    assert_eq!(home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success().out, again);
}

#[test]
fn import_that_widens_is_counted() {
    let home = home();
    home.as_ops(&["token", "create", "all", "--inherit"]).assert_success();
    home.as_ops(&IMPORT).assert_code(5).assert_says(&["--accept-widening 1"]);
    home.run(&["catalogue", "show", "shop.orders.listOrders"], "").assert_code(3);
    home.as_ops(&[&IMPORT[..], &["--accept-widening", "2"]].concat()).assert_code(5);
    home.as_ops(&[&IMPORT[..], &["--accept-widening", "1"]].concat()).assert_success();
}

#[test]
fn broken_document_imports_nothing() {
    let home = home();
    for (text, code) in [("{\"swagger\": \"2.0\"}", 2), ("{\"openapi\": \"3.1.0\"", 2), ("a: &a [*a]", 2), ("", 2)] {
        home.file("shop.json", text, 0o644);
        home.as_ops(&IMPORT).assert_code(code);
    }
    home.as_ops(&["catalogue", "import", "openapi", "missing.json"]).assert_code(3);
    let json = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    assert!(json["groups"].as_array().unwrap().iter().all(|g| g["id"].as_str().unwrap().starts_with("jeton")));
}

/// Returns a document with one operation, whose path is `/TITLE/users`.
fn one_operation(title: &str, more: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{title: {title}, version: \"1\"}}\n\
         components: {{securitySchemes: {{o: {{type: oauth2, flows: {{clientCredentials: {{scopes: {{read: r}}}}}}}}}}}}\n\
         paths:\n  /{title}/users:\n    get: {{operationId: listUsers{more}}}\n"
    )
}

#[test]
fn documents_with_the_same_names_are_applied_together() {
    let home = CliHome::set_up();
    let import = |name: &str| home.as_ops(&["catalogue", "import", "openapi", &format!("{name}.yaml")]);
    for (name, more) in [
        ("billing", ", tags: [users]"),
        ("crm", ", tags: [users]"),
        ("one", ""),
        ("two", ""),
        ("s1", ", tags: [a], security: [{o: [read]}]"),
        ("s2", ", tags: [a], security: [{o: [read]}]"),
    ] {
        home.file(&format!("{name}.yaml"), &one_operation(name, more), 0o644);
        import(name).assert_success();
    }
    let json = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    let ids: Vec<&str> = json["groups"].as_array().unwrap().iter().map(|g| g["id"].as_str().unwrap()).collect();
    for id in ["billing.users", "crm.users", "one.users", "two.users", "s1.a", "s2.a"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    // Nothing depends on the order of imports.
    insta::assert_snapshot!(import("billing").assert_success().out, @"billing: nothing changes");
    let secret = home.create(&["reader", "--set", "s1: scope read"]);
    home.run(&["verify", "--method", "s1.a.listUsers"], &secret).assert_success();
    home.run(&["verify", "--method", "s2.a.listUsers"], &secret).assert_code(4);
}

#[test]
fn set_of_one_scope_does_not_permit_what_needs_a_second() {
    let home = CliHome::set_up();
    let document = "openapi: 3.0.3\ninfo: {title: S, version: \"1\"}\n\
         components: {securitySchemes: {o: {type: oauth2, flows: {clientCredentials: {scopes: {read: r, admin: a}}}}}}\n\
         paths:\n  /list: {get: {operationId: list, tags: [t], security: [{o: [read]}]}}\n  \
         /wipe: {post: {operationId: wipe, tags: [t], security: [{o: [read, admin]}]}}\n";
    home.file("s.yaml", document, 0o644);
    let imported = home.as_ops(&["catalogue", "import", "openapi", "s.yaml"]).assert_success();
    assert!(imported.err.contains("POST \"/wipe\"") && imported.out.contains("s: scopes admin + read"), "{imported:?}");
    let reader = home.create(&["reader", "--set", "s: scope read"]);
    home.run(&["verify", "--method", "s.t.list"], &reader).assert_success();
    home.run(&["verify", "--method", "s.t.wipe"], &reader).assert_code(4);
    let both = home.create(&["both", "--set", "s: scopes admin + read"]);
    home.run(&["verify", "--method", "s.t.wipe"], &both).assert_success();
}

#[test]
fn levels_and_groups_can_be_given() {
    let home = home();
    home.file("levels.toml", "\"GET /orders\" = \"admin\"\norders.placeOrder = \"read\"\n", 0o644);
    let options = ["--access", "levels.toml", "--group-by", "path", "--json"];
    let json = home.as_ops(&[&IMPORT[..], &options].concat()).assert_success().json();
    let notes = json["notes"].as_array().unwrap();
    assert_eq!(notes[0], "access levels: 1 from x-jeton-access, 2 from --access");
    let json = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    let groups = json["groups"].as_array().unwrap();
    let methods = groups.iter().find(|g| g["id"] == "shop.orders").unwrap()["methods"].as_array().unwrap();
    let levels: Vec<_> = methods.iter().map(|m| m["access"].as_str().unwrap()).collect();
    assert_eq!(levels, ["admin", "admin", "read"]);

    home.file("levels.toml", "\"GET /nothing\" = \"admin\"\n", 0o644);
    home.as_ops(&[&IMPORT[..], &["--access", "levels.toml"]].concat()).assert_code(2);
    home.as_ops(&[&IMPORT[..], &["--access", "missing.toml"]].concat()).assert_code(3);
    home.as_ops(&[&IMPORT[..], &["--group-by", "colour"]].concat()).assert_code(2);
    let both = ["catalogue", "import", "openapi", "-", "--name", "x", "--access", "-", "--password-file", "p"];
    home.file("p", "x\n", 0o600);
    home.run(&both, "").assert_code(2);
}
