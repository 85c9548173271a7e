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
    ! POST "/orders": removed control or bidi characters from its title
    ! operations without operationId, for which jeton makes an id from HTTP method and path: 1 (DELETE "/orders/{id}")
      access levels: 1 from the HTTP method, 1 from scopes, 1 from x-jeton-access
    ✓ catalogue shop applied
      Proxies that use these routes need a new configuration: jeton guide PROXY
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
