//! `jeton catalogue import openapi`.

use crate::support::program::Home;

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

fn home() -> Home {
    let home = Home::set_up();
    home.file("shop.json", SHOP, 0o644);
    home
}

const IMPORT: [&str; 4] = ["catalogue", "import", "openapi", "shop.json"];

#[test]
fn an_imported_document_guards_what_it_says() {
    let home = home();
    let dry = home.run(&[&IMPORT[..], &["--dry-run"]].concat(), "").succeeds().says(&["nothing was changed"]);
    assert!(dry.out.contains("+ orders.placeOrder") && !dry.out.contains('\u{1b}') && !dry.err.contains('\u{202e}'));
    home.run(&["catalogue", "show", "orders.listOrders"], "").ends(3);
    home.as_ops(&IMPORT).succeeds().says(&["! ", "✓ the catalogue shop is in force"]);

    let json = home.run(&["catalogue", "list", "--json"], "").succeeds().json();
    let group = json["groups"].as_array().unwrap().iter().find(|g| g["id"] == "orders").unwrap();
    let routes: Vec<_> =
        group["methods"].as_array().unwrap().iter().map(|m| m["routes"][0].as_str().unwrap()).collect();
    assert_eq!(routes, ["DELETE /v2/orders/{id}", "GET /v2/orders", "POST /v2/orders"]);

    let secret = home.as_ops(&["token", "create", "reader", "--set", "scope orders:read", "--quiet"]).succeeds().out;
    home.run(&["verify", "--method", "orders.listOrders"], &secret).succeeds();
    home.run(&["verify", "--method", "orders.placeOrder"], &secret).ends(4);
}

#[test]
fn importing_twice_changes_nothing() {
    let home = home();
    home.as_ops(&IMPORT).succeeds();
    let again = home.as_ops(&IMPORT).succeeds();
    assert_eq!(again.out, "shop: nothing changes\n");
    let exported = home.run(&["catalogue", "export", "shop"], "").succeeds().out;
    home.file("shop.toml", &exported, 0o644);
    assert_eq!(home.as_ops(&["catalogue", "apply", "shop.toml"]).succeeds().out, "shop: nothing changes\n");
}

#[test]
fn an_import_that_widens_is_counted() {
    let home = home();
    home.as_ops(&["token", "create", "all", "--inherit"]).succeeds();
    home.as_ops(&IMPORT).ends(5).says(&["1 token"]);
    home.run(&["catalogue", "show", "orders.listOrders"], "").ends(3);
    home.as_ops(&[&IMPORT[..], &["--accept-widening", "2"]].concat()).ends(5);
    home.as_ops(&[&IMPORT[..], &["--accept-widening", "1"]].concat()).succeeds();
}

#[test]
fn a_broken_document_imports_nothing() {
    let home = home();
    for (text, code) in [("{\"swagger\": \"2.0\"}", 2), ("{\"openapi\": \"3.1.0\"", 2), ("a: &a [*a]", 2), ("", 2)] {
        home.file("shop.json", text, 0o644);
        home.as_ops(&IMPORT).ends(code);
    }
    home.as_ops(&["catalogue", "import", "openapi", "missing.json"]).ends(3);
    let json = home.run(&["catalogue", "list", "--json"], "").succeeds().json();
    assert!(json["groups"].as_array().unwrap().iter().all(|g| g["id"].as_str().unwrap().starts_with("jeton")));
}
