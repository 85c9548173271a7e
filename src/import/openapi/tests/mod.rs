//! The rules of the import, each tested with a small document.

mod access;
mod files;
mod hostile;
mod links;
mod names;
mod parts;
mod path_parameters;
mod properties;
mod servers;

use super::*;
use crate::domain::api_selection::looks_built_in;
use crate::domain::catalogue::SetEntry;
use crate::domain::catalogue::permission_index::members;
use crate::domain::method::Access;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::Kind;

pub(super) fn read(text: &str) -> Result<ImportResult> {
    import(text, &ImportOptions { name: "shop".to_owned(), ..ImportOptions::default() })
}

/// Returns a JSON document with these paths and additional members.
pub(super) fn with(paths: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!("{{\"openapi\":\"3.1.0\",\"info\":{{\"title\":\"Shop\"}}{comma}{more},\"paths\":{{{paths}}}}}")
}

fn done(paths: &str, more: &str) -> ImportResult {
    let done = read(&with(paths, more)).unwrap();
    check(&done);
    done
}

/// Checks the invariants of every result.
pub(super) fn check(done: &ImportResult) {
    let mut seen = std::collections::BTreeSet::new();
    for group in &done.catalogue.groups {
        assert!(!group.methods.is_empty(), "{}", group.id);
        assert!(group.id.starts_with("shop."), "{}", group.id);
        for method in &group.methods {
            assert!(seen.insert(method.id.clone()), "{} twice", method.id);
            assert!(method.id.as_str().starts_with(&format!("{}.", group.id)), "{}", method.id);
            assert!(!method.id.is_management(), "{}", method.id);
            crate::domain::method::MethodId::parse(method.id.as_str()).unwrap();
            let texts = [&method.title, &group.title].into_iter().chain(&method.docs).chain(&method.routes);
            assert!(texts.clone().all(|t| !t.is_empty() && !t.chars().any(is_control_or_bidi)), "{method:?}");
            assert!(method.title.chars().count() <= MAX_TITLE_LEN);
        }
    }
    let mut names = std::collections::BTreeSet::new();
    for set in &done.catalogue.sets {
        assert!(names.insert(&set.name), "{} twice", set.name);
        assert!(set.name.starts_with("shop: ") && !looks_built_in(&set.name), "{}", set.name);
        assert!(!set.include.is_empty(), "{}", set.name);
        assert!(!set.name.chars().chain(set.title.chars()).any(is_control_or_bidi), "{set:?}");
        let known = |e: &SetEntry| matches!(e, SetEntry::Method(id) if seen.contains(id));
        assert!(set.include.iter().all(known), "{}", set.name);
    }
    let lines = || done.warnings.iter().chain(&done.notes);
    assert!(done.warnings.len() <= 1_001 && lines().all(|w| !w.chars().any(is_control_or_bidi)));
    crate::domain::catalogue::validate::validate(&done.catalogue, &[]).unwrap();
}

/// Returns an id without the catalogue's name.
fn short(id: &MethodId) -> &str {
    id.as_str().strip_prefix("shop.").unwrap()
}

/// Returns the ids of all methods without the catalogue's name.
fn ids(done: &ImportResult) -> Vec<&str> {
    done.catalogue.methods().map(|m| short(&m.id)).collect()
}

/// Returns the names of all sets without the catalogue's name.
fn set_names(done: &ImportResult) -> Vec<&str> {
    done.catalogue.sets.iter().map(|s| s.name.strip_prefix("shop: ").unwrap()).collect()
}

/// Returns a method by the end of its id.
fn method<'a>(done: &'a ImportResult, end: &str) -> &'a Method {
    done.catalogue.methods().find(|m| m.id.as_str().ends_with(&format!(".{end}"))).unwrap()
}

fn the_one(done: &ImportResult) -> &Method {
    assert_eq!(done.catalogue.methods().count(), 1);
    done.catalogue.methods().next().unwrap()
}

fn warns(done: &ImportResult, part: &str) {
    assert!(done.warnings.iter().any(|w| w.contains(part)), "no {part:?} in {:#?}", done.warnings);
}

fn holds(done: &ImportResult, set: &str) -> Vec<String> {
    assert!(set_names(done).contains(&set), "no set {set} in {:?}", set_names(done));
    let held = members(std::slice::from_ref(&done.catalogue), &format!("shop: {set}"));
    done.catalogue.methods().filter(|m| held.contains(&m.id)).map(|m| short(&m.id).to_owned()).collect()
}

const YAML: &str = "
openapi: 3.0.3
info: {title: Pets}
servers:
  - url: https://{host}/{stage}/
    variables: {host: {default: api.example.com}, stage: {default: v2}}
tags:
  - {name: pets, description: Everything about pets. And more.}
components:
  securitySchemes:
    auth: {type: oauth2, flows: {implicit: {scopes: {'pets:read': Look at pets, 'pets:write': Change pets}}}}
paths:
  /pets/{no}:
    get:
      tags: [pets]
      operationId: showPet
      summary: Info for a pet
      security: [{auth: ['pets:read']}]
      responses:
        404: {description: none}
        on: {description: none}
    delete:
      tags: [pets]
      operationId: no
      description: |
        Takes the pet away, e.g. to
        another shop. It can't be undone.
      security: [{auth: ['pets:write']}]
";

#[test]
fn yaml_3_0_and_json_3_1_read_the_same() {
    let yaml = read(YAML).unwrap();
    check(&yaml);
    assert_eq!(yaml.warnings, Vec::<String>::new());
    let methods: Vec<_> = yaml.catalogue.methods().collect();
    assert_eq!(ids(&yaml), ["pets.no", "pets.showPet"]);
    assert_eq!(methods[0].title, "Takes the pet away, e.g. to another shop");
    assert_eq!((methods[0].access, methods[1].access), (Access::Write, Access::Read));
    assert_eq!(methods[0].routes, ["DELETE /v2/pets/{no}"]);
    assert_eq!(yaml.catalogue.title, "Pets");
    let sets: Vec<_> = yaml.catalogue.sets.iter().map(|s| (s.name.as_str(), s.title.as_str())).collect();
    assert_eq!(
        sets,
        [
            ("shop: scope pets:read", "Look at pets"),
            ("shop: scope pets:write", "Change pets"),
            ("shop: pets", "Everything about pets"),
            ("shop: read pets", "Methods of pets that only read"),
            ("shop: write pets", "Methods of pets that read or write"),
        ]
    );
    assert_eq!(yaml.notes, ["access levels: 2 from scopes"]);
    assert_eq!(holds(&yaml, "scope pets:write"), ["pets.no"]);
    assert_eq!(holds(&yaml, "pets"), ["pets.no", "pets.showPet"]);

    let json = r#"{"openapi":"3.1.0","info":{"title":"Pets"},
      "servers":[{"url":"https://{host}/{stage}/","variables":{"host":{"default":"api.example.com"},"stage":{"default":"v2"}}}],
      "tags":[{"name":"pets","description":"Everything about pets. And more."}],
      "components":{"securitySchemes":{"auth":{"type":"oauth2","flows":{"implicit":{"scopes":
        {"pets:read":"Look at pets","pets:write":"Change pets"}}}}}},
      "paths":{"/pets/{no}":{
        "delete":{"tags":["pets"],"operationId":"no","security":[{"auth":["pets:write"]}],
          "description":"Takes the pet away, e.g. to\nanother shop. It can't be undone.\n"},
        "get":{"tags":["pets"],"operationId":"showPet","summary":"Info for a pet",
          "security":[{"auth":["pets:read"]}],"responses":{"404":{}}}}}}"#;
    assert_eq!(read(json).unwrap(), yaml);
    // Braces are YAML too.
    assert_eq!(read(&json.replace("\"openapi\":", "openapi: ")).unwrap(), yaml);
    assert_eq!(read(&format!("\u{feff}{json}")).unwrap(), yaml);
}

#[test]
fn other_versions_are_refused() {
    let mut messages = Vec::new();
    for text in [
        "swagger: '1.2'\npaths: {}",
        "{\"swagger\":\"2.0\"}",
        "openapi: 3.2.0",
        "openapi: 3.10.0",
        "openapi: 2.9",
        "{}",
        "[]",
        "",
        "just words",
        "openapi: 3.0.0\npaths: {}",
        "openapi: 3.0.0\nservers: [5]\npaths: {}",
        "openapi: 3.1\npaths: []",
        "openapi: 3.1\npaths: {/a: {$ref: '#/paths/~1a'}}",
        "a: 1\n---\nb: 2\n",
        "{\"openapi\": ",
        "a: [",
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{text}");
        messages.push(format!("{text:?}: {error}"));
    }
    insta::assert_snapshot!(messages.join("\n"), @r##"
    "swagger: '1.2'\npaths: {}": unsupported version: Swagger "1.2": jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1. Convert the document to OpenAPI 3.0 or 3.1, then import the result
    "{\"swagger\":\"2.0\"}": the document has no operations under "paths". Check that this is the complete document of the API
    "openapi: 3.2.0": unsupported version: OpenAPI "3.2.0": jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1. Convert the document to OpenAPI 3.0 or 3.1, then import the result
    "openapi: 3.10.0": unsupported version: OpenAPI "3.10.0": jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1. Convert the document to OpenAPI 3.0 or 3.1, then import the result
    "openapi: 2.9": unsupported version: OpenAPI "2.9": jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1. Convert the document to OpenAPI 3.0 or 3.1, then import the result
    "{}": the text is not an OpenAPI document: it has no field with the version, such as openapi: 3.1.0. Check that this is the complete document of the API
    "[]": the text is not an OpenAPI document: jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1. Check that this is the complete document of the API
    "": the document is empty. Check the file, or export the document again
    "just words": the text is not an OpenAPI document: jeton imports only Swagger 2.0, OpenAPI 3.0 and 3.1. Check that this is the complete document of the API
    "openapi: 3.0.0\npaths: {}": the document has no operations under "paths". Check that this is the complete document of the API
    "openapi: 3.0.0\nservers: [5]\npaths: {}": the document has no operations under "paths". Check that this is the complete document of the API
    "openapi: 3.1\npaths: []": the document has no operations under "paths": skipped "paths", because its value is not a map. Check that this is the complete document of the API
    "openapi: 3.1\npaths: {/a: {$ref: '#/paths/~1a'}}": the document has no operations under "paths": "/a": the $refs lead in a circle back to "#/paths/~1a", so jeton skips the last $ref. Check that this is the complete document of the API
    "a: 1\n---\nb: 2\n": the text contains more than one YAML document: the second document starts on line 2. Save each document in a file of its own, then import each file
    "{\"openapi\": ": the document can't be read: it starts like JSON, but is not valid JSON at line 1, column 12: the text ends too early. Correct the document, or export it again
    "a: [": the document can't be read: it is not valid YAML at line 1, column 4: unclosed bracket '['. Correct the document, or export it again
    "##);
    assert!(read("openapi: 3.1\npaths: {/a: {get: {}}}").is_ok());
    assert!(read("{\"openapi\": 3.0, \"paths\": {\"/a\": {\"get\": {}}}}").is_ok());
}

#[test]
fn names_of_catalogues_are_checked() {
    let text = with("\"/a\":{\"get\":{}}", "");
    for name in ["", "jeton", "jeton.x", ".a", "-a", "A", "a b", "é", "\u{1b}", &"x".repeat(65)] {
        assert!(
            import(&text, &ImportOptions { name: name.to_owned(), ..ImportOptions::default() }).is_err(),
            "{name:?}"
        );
    }
    let options =
        ImportOptions { name: "x".to_owned(), title: Some("Mine \u{202e}!".to_owned()), ..ImportOptions::default() };
    let done = import(&text, &options).unwrap();
    assert_eq!(done.catalogue.title, "Mine !");
    warns(&done, "title");
}

#[test]
fn ids_come_from_tag_and_operation_id_or_verb_and_path() {
    let all = done(
        r#""/users/{id}/repos":{"get":{}},"/users/{user-name}.json":{"patch":{"tags":["User Management"]}},
           "/":{"head":{}},"/a":{"get":{"operationId":"x/list for-user","tags":["repos","other"]}},
           "/b":{"get":{"operationId":"使用者","tags":["使用者"]}},"/c":{"get":{"operationId":" ","tags":[" "]}}"#,
        "",
    );
    let marked = clean_text::short_hash("使用者");
    assert_eq!(
        ids(&all),
        [
            "User-Management.PatchUsersByUserNameJson",
            "default.GetC",
            "default.GetUsersByIdRepos",
            "default.Head",
            &format!("group-{marked}.GetB"),
            "repos.x-list-for-user",
        ]
    );
    assert_eq!(all.catalogue.groups[0].title, "User Management");
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    GET "/c": skipped a tag, because it is empty
    operations without an operationId, for which jeton makes an id from HTTP method and path: 4 (HEAD "/", GET "/c", GET "/users/{id}/repos", …)
    the tag "使用者" has no characters that are allowed in an id. So the group gets the id group-778ff5f9
    "GET /b": the operationId "使用者" has no characters that are allowed in an id. So jeton made the id from HTTP method and path
    operationIds that jeton changed into valid method ids: 1 ("x/list for-user")
    "#);
    assert_eq!(holds(&all, "other"), ["repos.x-list-for-user"]);
    assert!(!set_names(&all).contains(&"default"));
}

#[test]
fn ids_that_collide_get_a_stable_suffix() {
    let all = done(
        r#""/l/a":{"get":{"operationId":"list it"}},"/l/b":{"get":{"operationId":"list-it"}},
           "/l/c":{"get":{"operationId":"list/it"}},"/x":{"get":{"operationId":"x"}}"#,
        r#""tags":[]"#,
    );
    let suffixed = |path: &str| format!("l.list-it-{}", clean_text::short_hash(&format!("GET {path}")));
    let mut expected = vec!["l.list-it".to_owned(), suffixed("/l/a"), suffixed("/l/c"), "x.x".to_owned()];
    expected.sort();
    assert_eq!(ids(&all), expected);
    // An operation whose id was written exactly so keeps that id.
    assert_eq!(method(&all, "list-it").routes, ["GET /l/b"]);
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    operationIds that jeton changed into valid method ids: 2 ("list it", "list/it")
    "GET /l/a": the id shop.l.list-it is already used by "GET /l/b", so this method gets the id shop.l.list-it-4f60fd84
    "GET /l/c": the id shop.l.list-it is already used by "GET /l/b", so this method gets the id shop.l.list-it-9390874b
    "#);
    // Another colliding operation changes no other id, not even if it takes a suffixed id.
    let taken = suffixed("/l/a");
    let more = done(
        &format!(
            r#""/l/a":{{"get":{{"operationId":"list it"}}}},"/l/b":{{"get":{{"operationId":"list-it"}}}},
               "/l/0":{{"get":{{"operationId":"list;it"}}}},"/l/z":{{"get":{{"operationId":"{}"}}}},
               "/x":{{"get":{{}}}}"#,
            taken.trim_start_matches("l.")
        ),
        "",
    );
    assert_eq!(method(&more, &taken).routes, ["GET /l/z"]);
    assert!(ids(&more).contains(&"l.list-it") && ids(&more).len() == 5);
}

#[test]
fn access_follows_the_verb_unless_it_is_said() {
    let verbs = ["get", "head", "options", "trace", "post", "put", "patch", "delete"];
    for verb in verbs {
        let all = done(&format!("\"/a\":{{\"{verb}\":{{}}}}"), "");
        let reads = matches!(verb, "get" | "head" | "options" | "trace");
        assert_eq!(the_one(&all).access, if reads { Access::Read } else { Access::Write }, "{verb}");
    }
    for (said, access) in [("read", Access::Read), ("write", Access::Write), ("admin", Access::Admin)] {
        let all = done(&format!("\"/a\":{{\"put\":{{\"x-jeton-access\":\"{said}\"}}}}"), "");
        assert_eq!(the_one(&all).access, access);
        assert!(!all.warnings.iter().any(|w| w.contains("x-jeton-access")));
    }
    for said in ["\"Read\"", "1", "null", "[]"] {
        let all = done(&format!("\"/a\":{{\"get\":{{\"x-jeton-access\":{said}}}}}"), "");
        assert_eq!(the_one(&all).access, Access::Admin);
        warns(&all, "x-jeton-access");
    }
}

#[test]
fn only_an_operation_that_says_so_itself_is_public() {
    let paths = r#""/login": {"post": {"operationId": "login", "security": []}},
        "/list": {"get": {"operationId": "list"}},
        "/maybe": {"get": {"operationId": "maybe", "security": [{}, {"o": []}]}},
        "/null": {"get": {"operationId": "null", "security": null}},
        "/read": {"get": {"operationId": "read", "security": [], "x-jeton-access": "read"}},
        "/said": {"get": {"operationId": "said", "x-jeton-access": "public"}}"#;
    for more in ["", r#""security": []"#, r#""security": [{"o": []}]"#] {
        let done = done(paths, more);
        let public: Vec<&str> =
            done.catalogue.methods().filter(|m| m.access == Access::Public).map(|m| m.id.as_str()).collect();
        assert_eq!(public.len(), 2, "{more} {public:?}");
        assert!(public[0].ends_with("login") && public[1].ends_with("said"), "{public:?}");
        let warning = done.warnings.iter().find(|w| w.contains("POST")).unwrap();
        insta::allow_duplicates! { insta::assert_snapshot!(warning, @r#"operations that become public and need no token (security: []): 1 (POST "/login")"#); }
    }
    // A route that one operation protects is never opened by another, regardless of their order.
    for (first, second) in [("a", "z"), ("z", "a")] {
        let paths = format!(
            r#""/x/{{{first}}}": {{"get": {{"operationId": "open", "security": []}}}},
               "/x/{{{second}}}": {{"get": {{"operationId": "shut"}}}}"#
        );
        let done = done(&paths, "");
        let routes =
            |name: &str| done.catalogue.methods().find(|m| m.id.as_str().ends_with(name)).unwrap().routes.len();
        assert_eq!((routes("open"), routes("shut")), (0, 1));
    }
}

#[test]
fn titles_come_from_summary_description_or_path() {
    for (operation, title) in [
        (r#""summary":"  Lists\n pets. ","description":"Else.""#, "Lists pets."),
        (r#""summary":"","description":"Lists pets. In order.""#, "Lists pets"),
        (r#""description":"Lists v1.2 pets\n\nof all"#, "Lists v1.2 pets"),
        (r#""description":"One\r\n\r\nTwo"#, "One"),
        (r#""description":"Really? Yes"#, "Really?"),
        (r#""operationId":"x"#, "GET /a"),
    ] {
        let quote = if operation.ends_with('"') { "" } else { "\"" };
        let all = done(&format!("\"/a\":{{\"get\":{{{operation}{quote}}}}}"), "");
        assert_eq!(the_one(&all).title, title);
    }
    let all = done(&format!("\"/a\":{{\"get\":{{\"summary\":\"{}\"}}}}", "é".repeat(200)), "");
    assert_eq!(the_one(&all).title, format!("{}…", "é".repeat(119)));
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    operations without an operationId, for which jeton makes an id from HTTP method and path: 1 (GET "/a")
    operations whose title was too long and is now shorter: 1 (GET "/a")
    "#);
}
