//! Requests that mean another method after a change, through the command line and in the rights of tokens.

use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::toml_reader;

use super::*;
use crate::support::cli_program::CliHome;
use crate::support::fakes::create;
use jeton::verbs::tokens::CreateToken;

/// Returns a file with these methods: id, access, routes.
fn file(head: &str, methods: &[(&str, &str, &str)]) -> String {
    let method = |(id, access, routes): &(&str, &str, &str)| {
        format!("[[group.method]]\nid = \"{id}\"\ntitle = \"t\"\naccess = \"{access}\"\nroutes = [{routes}]\n")
    };
    let methods: String = methods.iter().map(method).collect();
    format!("schema = 1\nname = \"x\"\ntitle = \"X\"\n{head}[[group]]\nid = \"x\"\ntitle = \"X\"\n{methods}")
}

const FILE: (&str, &str, &str) = ("File", "read", "\"GET /files/{id}\"");
const ADMIN: (&str, &str, &str) = ("Admin", "admin", "\"GET /files/admin\"");
const DOCS: (&str, &str, &str) = ("Docs", "public", "\"GET /docs/{path+}\"");
const INTERNAL: (&str, &str, &str) = ("Internal", "admin", "\"GET /docs/internal\"");

/// The requests of a narrow route go to the wider one, when it is gone. Nothing is applied without the numbers.
#[test]
fn removed_route_widens_others_and_needs_both_numbers() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops"]).assert_success();
    let apply = |text: &str, arguments: &[&str]| {
        home.file("x.toml", text, 0o644);
        home.as_ops(&[&["catalogue", "apply", "x.toml", "--no-input"], arguments].concat())
    };
    let before = file("", &[FILE, ADMIN, DOCS, INTERNAL]);
    apply(&before, &["--accept-public", "1"]).assert_success();
    home.create(&["reader", "--method", "x.File"]);
    home.create(&["both", "--method", "x.File", "--method", "x.Admin"]);
    let stored = || home.run(&["catalogue", "export", "x"], "").assert_success().out;
    let applied = stored();

    let after = file("", &[FILE, DOCS]);
    for refused in [&[][..], &["--accept-widening", "2"], &["--accept-public", "1"], &["--accept-widening", "1"]] {
        apply(&after, refused).assert_code(5);
        assert_eq!(stored(), applied, "{refused:?}");
    }
    let json = apply(&after, &["--dry-run", "--json"]).assert_success().json();
    assert_eq!((&json["grown"], &json["opened"]), (&["x.File"][..].into(), &["x.Docs"][..].into()));
    assert_eq!(json["shrunk"], serde_json::json!([]));
    // Other spellings, such as /files/Admin, were denied to both tokens.
    assert_eq!(json["widening"]["count"], 2);
    apply(&after, &["--accept-widening", "2", "--accept-public", "1"]).assert_success();

    // A further host needs them, too, and so does any host.
    let apart = file("hosts = [\"a.example\"]\n", &[FILE, DOCS]);
    let json = apply(&apart, &["--json"]).assert_success().json();
    assert_eq!((&json["shrunk"], &json["narrowing"]["count"]), (&["x.File"][..].into(), &2.into()));
    for wider in ["hosts = [\"a.example\", \"b.example\"]\n", ""] {
        let wider = file(wider, &[FILE, DOCS]);
        apply(&wider, &[]).assert_code(5);
        assert!(stored().contains("[\"a.example\"]"));
        let json = apply(&wider, &["--dry-run", "--json"]).assert_success().json();
        assert_eq!((&json["widening"]["count"], &json["opened"]), (&2.into(), &["x.Docs"][..].into()));
    }
}

/// A token that holds both methods neither gains nor loses requests that go from one to the other.
#[test]
fn token_with_both_methods_is_not_affected() {
    let install = TestInstall::with_accounts();
    let catalogue = |methods: &[(&str, &str, &str)]| toml_reader::read("x.toml", &file("", methods), &[]).unwrap();
    let (one, two) = (("One", "read", "\"GET /one\", \"GET /both\""), ("Two", "read", "\"GET /two\""));
    apply(&install, OWNER, &catalogue(&[one, two]), None).unwrap();
    for (name, ids) in [("one", &["x.One"][..]), ("two", &["x.Two"]), ("both", &["x.One", "x.Two"])] {
        let ids = ids.iter().map(|id| jeton::domain::method::MethodId::parse(id).unwrap()).collect();
        install.create("member", CreateToken { selection: Selection::Custom(ids), ..create(name) });
    }
    install.create("member", CreateToken { selection: Selection::Inherit, ..create("all") });
    let moved = catalogue(&[("One", "read", "\"GET /one\""), ("Two", "read", "\"GET /two\", \"GET /both\"")]);
    let result = preview(&install, &moved);
    let gaining: Vec<&str> = result.widening.tokens.iter().map(|token| token.name.as_str()).collect();
    let losing: Vec<&str> = result.narrowing.tokens.iter().map(|token| token.name.as_str()).collect();
    assert_eq!((gaining, losing), (vec!["member/two"], vec!["member/one"]));
    assert_error(apply(&install, OWNER, &moved, None), Kind::Conflict);
    apply(&install, OWNER, &moved, Some(1)).unwrap();
}
