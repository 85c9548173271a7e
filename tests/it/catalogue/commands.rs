//! `jeton catalogue …`.

use jeton::error::Kind;

use super::example;
use crate::support::cli_program::{CliHome, exists};

fn home() -> CliHome {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    home
}

#[test]
fn init_takes_a_catalogue_file() {
    let home = CliHome::new();
    home.file("shop.toml", &example(), 0o644);
    home.as_ops(&["init", "--username", "ops", "--catalogue", "missing.toml"]).assert_code(3);
    home.as_ops(&["init", "--username", "ops", "--catalogue", "shop.toml"]).assert_success();
    home.run(&["catalogue", "show", "shop.stock.Count"], "").assert_success();
}

#[test]
fn readmes_example_is_checked_applied_listed_and_exported() {
    let home = home();
    let text = example();
    home.file("shop.toml", &text, 0o644);
    let checked = home.run(&["catalogue", "check", "shop.toml"], "").assert_success().assert_silent();
    insta::assert_snapshot!(checked.err, @"✓ shop.toml is a valid catalogue, named shop: 2 groups, 4 methods, 2 API sets");
    let dry = home.as_ops(&["catalogue", "apply", "shop.toml", "--dry-run"]).assert_success();
    insta::assert_snapshot!(dry.out, @"
    shop, a new catalogue
      title: The shop's API (added)
    Groups: 2 new
      + shop.orders
      + shop.stock
    Methods: 4 new
      + shop.orders.List
      + shop.orders.Cancel
      + shop.orders.Purge
      + shop.stock.Count
    API sets: 2 new
      + Shop reader
      + Shop desk
    API sets whose methods change:
      Shop desk: +3 shop.orders.Cancel, shop.orders.List, shop.stock.Count
      Shop reader: +2 shop.orders.List, shop.stock.Count
    No token gains methods.
    ");
    insta::assert_snapshot!(dry.err, @"Dry run: nothing was changed");
    home.run(&["catalogue", "show", "shop"], "").assert_code(3).assert_says(&["shop"]);
    home.run(&["catalogue", "apply", "shop.toml", "--no-input"], "").assert_code(4);
    let applied = home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    insta::assert_snapshot!(applied.err, @"
    ✓ catalogue shop applied
      If a proxy uses routes of this catalogue, print the proxy's configuration again. Run jeton guide … with the same options as before, save the output, and reload the proxy
    ");

    let list = home.run(&["catalogue", "list"], "").assert_success().out;
    assert!(list.lines().any(|l| l.starts_with("shop.orders ") && l.contains("  3  ")), "{list}");
    assert!(list.lines().any(|l| l.starts_with("Shop desk ") && l.contains("  3  ")), "{list}");
    let json = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (keys(&json), json["schema"].as_u64()),
        (vec!["groups".into(), "schema".into(), "sets".into()], Some(1))
    );
    let groups = json["groups"].as_array().unwrap();
    let orders = groups.iter().find(|g| g["id"] == "shop.orders").unwrap();
    assert_eq!(keys(orders), ["id", "methods", "title"]);
    assert_eq!(
        orders["methods"][0],
        serde_json::json!({"id": "shop.orders.List", "title": "Lists orders", "access": "read",
            "docs": "https://docs.example.com/orders#list", "routes": ["GET /1.0/orders"]})
    );
    assert_eq!(orders["methods"][2]["docs"], serde_json::Value::Null);
    let desk = json["sets"].as_array().unwrap().iter().find(|s| s["name"] == "Shop desk").unwrap();
    let held = ["shop.orders.Cancel", "shop.orders.List", "shop.stock.Count"];
    assert_eq!(
        (keys(desk), &desk["methods"]),
        (vec!["methods".into(), "name".into(), "title".into()], &held[..].into())
    );

    let shown = home.run(&["catalogue", "show", "Shop desk"], "").assert_success().out;
    assert!(shown.contains("set:Shop reader") && shown.contains("3 methods"), "{shown}");
    let shown = home.run(&["catalogue", "show", "shop.stock.Count"], "").assert_success().out;
    assert!(shown.contains("Shop reader") && shown.contains("Shop desk"), "{shown}");

    let shown = home.run(&["catalogue", "show", "shop.orders"], "").assert_success().out;
    assert!(shown.contains("shop.orders.Purge") && !shown.contains("shop.stock"), "{shown}");

    home.run(&["catalogue", "export"], "").assert_code(2).assert_says(&["cloud-platform, shop"]);
    let exported = home.run(&["catalogue", "export", "shop"], "").assert_success().out;
    home.file("again.toml", &exported, 0o644);
    let again = home.as_ops(&["catalogue", "apply", "again.toml"]).assert_success();
    insta::assert_snapshot!(again.out, @"shop: nothing changes");
    assert_eq!(home.run(&["catalogue", "export", "shop"], "").assert_success().out, exported);
}

#[test]
fn widening_is_confirmed_by_its_number_and_shown() {
    let home = home();
    home.file("shop.toml", &example(), 0o644);
    home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    let secret = home.create(&["reader", "--set", "Shop reader"]);
    let cancel = |code: i32| {
        let line = format!("{secret}\n");
        home.run(&["verify", "--method", "shop.orders.Cancel"], line).assert_code(code);
    };
    cancel(4);
    let rights = |name: &str| home.as_ops(&["token", "show", name, "--json"]).assert_success().json()["rights"].clone();
    assert_eq!(rights("reader")["methods"].as_array().unwrap().len(), 2);
    let wider = example().replacen("\"group:shop.stock\"]", "\"group:shop.stock\", \"shop.orders.Cancel\"]", 1);
    home.file("shop.toml", &wider, 0o644);
    let refused = home.as_ops(&["catalogue", "apply", "shop.toml", "--no-input"]).assert_code(5);
    let refused = refused.assert_says(&["ops/reader", "--accept-widening 1"]);
    assert!(refused.out.contains("  ops/reader  +1 shop.orders.Cancel"), "{}", refused.out);
    let json = home.as_ops(&["catalogue", "apply", "shop.toml", "--dry-run", "--json"]).assert_success().json();
    let token = serde_json::json!([{"name": "ops/reader", "count": 1, "methods": ["shop.orders.Cancel"]}]);
    assert_eq!((&json["applied"], &json["widening"]["tokens"]), (&false.into(), &token));
    cancel(4);
    let json =
        home.as_ops(&["catalogue", "apply", "shop.toml", "--accept-widening", "1", "--json"]).assert_success().json();
    assert_eq!((&json["applied"], &json["widening"]["count"]), (&true.into(), &1.into()));
    cancel(0);

    let less = example().replace("\"group:shop.stock\"", "\"shop.orders.Cancel\"");
    home.create(&["hand", "--method", "shop.stock.Count"]);
    let less = less.split("[[group]]\nid = \"shop.stock\"").next().unwrap().to_owned();
    home.file("shop.toml", &less, 0o644);
    home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    let unknown = serde_json::json!([{"method": "shop.stock.Count", "reason": "unknown-method"}]);
    assert_eq!(rights("hand")["withheld"], unknown);
    let reader = rights("reader");
    assert_eq!(
        (&reader["unknown_sets"], &reader["methods"]),
        (&["Shop reader"][..].into(), &Vec::<String>::new().into())
    );
    let shown = ["hand", "reader"].map(|name| home.as_ops(&["token", "show", name]).assert_success().out);
    let may_call = shown.each_ref().map(|out| out.split_once("May call").unwrap().1.split_once("Last seen").unwrap().0);
    insta::assert_snapshot!(may_call.join("\n"), @"
       nothing
    Withheld   1 method
               shop.stock.Count (unknown, grants nothing)

       nothing
    ");
}

#[test]
fn error_names_its_place() {
    let home = home();
    let check = |text: &str, says: &[&str]| {
        home.file("f.toml", text, 0o644);
        home.run(&["catalogue", "check", "f.toml"], "").assert_code(2).assert_says(says).assert_silent();
        home.as_ops(&["catalogue", "apply", "f.toml"]).assert_code(2).assert_says(says).assert_silent();
    };
    check(&example().replace("access = \"write\"", "acces = \"write\""), &["f.toml:19:1:", "acces"]);
    check(&example().replace("shop.orders.Purge\"]", "nothing\"]"), &["f.toml:", "\"nothing\""]);
    check(&example().replace("Lists orders", "\\u001b]0;x"), &["\\u{1b}"]);
    check("\u{1b}[2J", &["f.toml:1:2:"]);
    home.run(&["catalogue", "check", "none.toml"], "").assert_code(3).assert_says(&["none.toml"]);
    home.run(&["catalogue", "check", "."], "").assert_code(1).assert_says(&["folder"]);
    insta::assert_snapshot!(home.run(&["catalogue", "check", "/dev/zero"], "").assert_code(2).err, @"error: /dev/zero is too large: the limit is 32 MiB");
    insta::assert_snapshot!(home.as_ops(&["catalogue", "apply", "jeton"]).assert_code(2).err, @"
    error: a file can't define the catalogue jeton: jeton.* methods are built in
      Choose another name
    ");
    std::fs::write(home.path("latin1.toml"), b"schema = 1\nname = \"\xe9\"").unwrap();
    home.run(&["catalogue", "check", "latin1.toml"], "").assert_code(2).assert_says(&["latin1.toml:2", "UTF-8"]);
}

#[test]
fn route_belongs_to_one_method() {
    let home = home();
    home.file("shop.toml", &example(), 0o644);
    home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    let other = example().replace("shop", "other").replace("Shop", "Other");
    let taken = other
        .replace("/1.0/orders/{id}/cancel", "/1.0/other/{x}")
        .replace("GET /1.0/orders", "POST /1.0/orders/{n}/cancel");
    home.file("taken.toml", &taken, 0o644);
    let names = [
        "taken.toml:",
        "POST /1.0/orders/{n}/cancel",
        "other.orders.List",
        "shop.orders.Cancel",
        "POST /1.0/orders/{id}/cancel",
    ];
    home.run(&["catalogue", "check", "taken.toml"], "").assert_code(5).assert_says(&names).assert_silent();
    home.as_ops(&["catalogue", "apply", "taken.toml"]).assert_code(5).assert_says(&names).assert_silent();
    // Each of the two has the route at hosts of its own.
    let at = |text: &str, host: &str| text.replacen("[[group]]", &format!("hosts = [{host}]\n[[group]]"), 1);
    home.file("hosted.toml", &at(&taken, "\"a.example\", \"b.example\""), 0o644);
    home.run(&["catalogue", "check", "hosted.toml"], "").assert_code(5).assert_says(&["catalogue shop", "--host"]);
    home.file("shop.toml", &at(&example(), "\"b.example\""), 0o644);
    home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    home.run(&["catalogue", "check", "taken.toml"], "").assert_code(5).assert_says(&["this catalogue", "--host"]);
    home.run(&["catalogue", "check", "hosted.toml"], "").assert_code(5).assert_says(&["the host b.example"]);
    home.file("hosted.toml", &at(&taken, "\"a.example\""), 0o644);
    home.run(&["catalogue", "check", "hosted.toml"], "").assert_success();
    home.file("shop.toml", &example(), 0o644);
    home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    let twice = example().replace("GET /1.0/orders", "POST /1.0/orders/{n}/cancel");
    home.file("twice.toml", &twice, 0o644);
    home.run(&["catalogue", "check", "twice.toml"], "")
        .assert_code(2)
        .assert_says(&["twice.toml:20:11", "shop.orders.List"]);
    let free = taken.replace("POST /1.0/orders/{n}/cancel", "GET /1.0/orders/{n}/cancel");
    home.file("free.toml", &free, 0o644);
    home.as_ops(&["catalogue", "apply", "free.toml"]).assert_success();
}

#[test]
fn file_is_checked_without_a_store() {
    let home = CliHome::new();
    home.file("shop.toml", &example(), 0o644);
    home.run(&["catalogue", "check", "shop.toml"], "").assert_success();
    home.file("other.toml", &example().replace("set:Shop reader", "set:Other reader"), 0o644);
    let unknown = home.run(&["catalogue", "check", "other.toml"], "").assert_error(Kind::Usage);
    insta::assert_snapshot!(unknown.message(), @r#"
    error: other.toml:44:12: "set:Other reader" in the API set "Shop desk" is invalid: this catalogue does not have this API set, and there is no store at [folder]/.local/share/jeton/jeton.db to look for the set
      If another catalogue has the API set, check the file on the machine of the store, or use --store PATH
    "#);
    assert!(!exists(&home.store()), "looking makes nothing");
    home.run(&["catalogue", "list"], "").assert_code(3);
    home.as_ops(&["catalogue", "apply", "shop.toml", "--dry-run"]).assert_code(3);
}
