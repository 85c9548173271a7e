//! Parameters for several segments, parameters with a type, and rules that a whole list of routes follows.

use super::Route;
use super::rules::RouteRules;
use super::tests::{action_of, actions_of, catalogue};
use crate::domain::catalogue::{Catalogue, TrailingSlash};
use crate::error::Kind;

fn rules(methods: &[(&str, &[&str])]) -> RouteRules {
    RouteRules::new(&[catalogue(methods)], &[])
}

fn assert_actions(rules: &RouteRules, expected: &[(&str, &str)]) {
    for (request, method) in expected {
        assert_eq!(action_of(rules, request), *method, "{request}");
    }
}

/// The requests of this list are denied, with or without a rule.
fn assert_denied(rules: &RouteRules, requests: &[&str]) {
    for request in requests {
        let action = action_of(rules, request);
        assert!(action == "nothing" || action.starts_with("denied"), "{request}: {action}");
    }
}

#[test]
fn several_segments_are_one_parameter() {
    let rules = rules(&[
        ("content", &["GET /repos/{owner}/{repo}/contents/{path+}"]),
        ("readme", &["GET /repos/{owner}/{repo}/contents/README.md"]),
        ("branch", &["GET /repos/{owner}/{repo}/branches/{branch+}"]),
        ("protection", &["GET /repos/{owner}/{repo}/branches/{branch+}/protection"]),
        ("label", &["GET /repos/{owner}/{repo}/labels/{name+}"]),
        ("user", &["GET /users/{name}"]),
        ("secret", &["GET /{mount+}/data/{path+}"]),
    ]);
    assert_actions(
        &rules,
        &[
            ("GET /repos/o/r/contents/a", "content"),
            ("GET /repos/o/r/contents/src/main.rs", "content"),
            ("GET /repos/o/r/contents/src%2Fmain.rs", "content"),
            ("GET /repos/o/r/contents/README.md", "readme"),
            ("GET /repos/o/r/branches/a/b", "branch"),
            ("GET /repos/o/r/branches/a/b/protection", "protection"),
            ("GET /repos/o/r/branches/a%2Fb/protection", "protection"),
            ("GET /repos/o/r/labels/kind%2Fbug", "label"),
            ("GET /repos/o/r/labels/kind/bug", "label"),
            ("GET /users/dependabot[bot]", "user"),
            ("GET /users/a%2Db%5Fc", "user"),
            ("GET /secret/data/a/b", "secret"),
            ("GET /kv/v2/data/a%2Fb", "secret"),
        ],
    );
    assert_denied(
        &rules,
        &[
            "GET /repos/o/r/contents/",
            "GET /repos/o/r/contents",
            "GET /repos/o/r/contents/a/",
            "GET /repos/o/r/contents/a//b",
            "GET /repos/o/r/contents/../x",
            "GET /repos/o/r/contents/a%2F..%2Fb",
            "GET /repos/o/r/contents/a%2F%2Fb",
            "GET /repos/o/r/contents/%2Fa",
            "GET /repos/o/r/contents/a%2F",
            "GET /repos/o/r/contents/a%252Fb",
            "GET /repos/o/r/contents/%2e%2e/b",
            "GET /repos/o%2Fr/x/contents/a",
            "GET /repos/o/r%2Fcontents/a",
            "GET /repos/o/r/contents%2Fa",
            "GET /users/a%2Fb",
            // One reading is another method.
            "GET /repos/o/r/branches/a%2Fprotection",
            "GET /repos/o/r/branches/a%2fPROTECTION",
            "GET /repos/o/r/contents/README%2Emd",
            "GET /repos/o/r/contents/readme.md",
        ],
    );
    insta::assert_snapshot!(actions_of(&rules, &["GET /repos/o/r/branches/a%2Fprotection", "GET /repos/a/data/contents/b"]), @"
    GET /repos/o/r/branches/a%2Fprotection: denied: the path is another spelling of GET /repos/{owner}/{repo}/branches/{branch+}/protection
    GET /repos/a/data/contents/b: denied: a request could match GET /repos/{owner}/{repo}/contents/{path+} or GET /{mount+}/data/{path+}
    ");
}

#[test]
fn types_separate_parameters() {
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let rules = rules(&[
        ("by-number", &["GET /pets/{id:int}"]),
        ("by-name", &["GET /pets/{name}"]),
        ("by-uuid", &["GET /pets/{id:uuid}"]),
        ("kind", &["GET /things/{kind:car|boat}"]),
        ("car-parts", &["GET /things/{kind:car|boat}/parts"]),
        ("thing-day", &["GET /things/{id:int}/{day}"]),
    ]);
    assert_actions(
        &rules,
        &[
            ("GET /pets/12", "by-number"),
            ("GET /pets/-12", "by-number"),
            ("GET /pets/rex", "by-name"),
            ("GET /pets/deadbeef", "by-name"),
            (&format!("GET /pets/{id}"), "by-uuid"),
            ("GET /things/car", "kind"),
            ("GET /things/boat/parts", "car-parts"),
            ("GET /things/7/parts", "thing-day"),
        ],
    );
    assert_denied(
        &rules,
        &[
            "GET /pets/+12",
            "GET /pets/12a",
            "GET /pets/%2D12",
            "GET /pets/%EF%BC%91",
            "GET /pets/0x12",
            &format!("GET /pets/{}", id.replace('-', "")),
            &format!("GET /pets/{}", id.replace('-', "%2D")),
            &format!("GET /pets/{{{id}}}"),
            &format!("GET /pets/urn:uuid:{id}"),
            "GET /things/plane",
            "GET /things/Car",
            "GET /things/c%61r",
        ],
    );
}

#[test]
fn too_many_values_are_refused_and_match_nothing() {
    let values = |count: usize| (0..count).map(|n| format!("v{n}")).collect::<Vec<_>>().join("|");
    let route = |counts: &[usize]| -> String {
        "GET /x".to_owned() + &counts.iter().map(|count| format!("/{{k:{}}}", values(*count))).collect::<String>()
    };
    for counts in [&[16][..], &[16, 4], &[4, 4, 4]] {
        assert!(Route::parse_all(&route(counts)).is_ok(), "{counts:?}");
    }
    for counts in [&[17][..], &[16, 5], &[4, 4, 5], &[1, 17]] {
        let text = route(counts);
        assert_eq!(Route::parse_all(&text).unwrap_err().kind, Kind::Usage, "{counts:?}");
        // A stored catalogue may still have such a route.
        let rules = rules(&[("values", &[&text])]);
        assert_denied(&rules, &["GET /x/v0", "GET /x/anything", "GET /x/v0/v0", "GET /x/v0/v0/v0"]);
        assert_eq!(rules.remarks.len(), 1, "{counts:?}");
    }
}

#[test]
fn head_follows_get_unless_it_has_a_route() {
    let rules = rules(&[
        ("get", &["GET /a", "GET /b", "GET /c/{x}", "GET /d/1"]),
        ("head", &["HEAD /b", "HEAD /c/1", "HEAD /d/{x}"]),
        ("any", &["/{x}"]),
        ("PubGet", &["GET /open"]),
    ]);
    assert_actions(
        &rules,
        &[
            ("HEAD /a", "get"),
            ("HEAD /b", "head"),
            ("GET /b", "get"),
            ("HEAD /c/1", "head"),
            ("HEAD /c/2", "get"),
            ("HEAD /d/2", "head"),
            ("GET /d/1", "get"),
            ("POST /a", "any"),
            ("HEAD /open", "public PubGet"),
        ],
    );
    // The head of `GET /d/1`, or the request of `HEAD /d/{x}`.
    assert_denied(&rules, &["HEAD /d/1"]);
}

#[test]
fn catalogue_chooses_if_the_final_slash_counts() {
    let methods: [(&str, &[&str]); 3] =
        [("list", &["GET /items"]), ("one", &["GET /items/{id}"]), ("own", &["GET /own", "GET /own/"])];
    let either = Catalogue { trailing_slash: TrailingSlash::Either, ..catalogue(&methods) };
    assert_actions(
        &RouteRules::new(&[either], &[]),
        &[("GET /items/", "list"), ("GET /items/7/", "one"), ("GET /items", "list"), ("GET /own/", "own")],
    );
    assert_denied(&rules(&methods), &["GET /items/", "GET /items/7/"]);
}

#[test]
fn spellings_of_a_literal_stay_refused() {
    let rules = rules(&[("admin", &["GET /items/admin", "GET /items/a-b"]), ("item", &["GET /items/{id}"])]);
    assert_denied(
        &rules,
        &[
            "GET /items/Admin",
            "GET /items/%61dmin",
            "GET /items/admin%2E",
            "GET /items/a%2Db",
            "GET /items/A-B",
            "GET /items/admin.",
            "GET /items/ADMIN.%20.",
            "GET /items/%EF%BC%81dmin",
            "GET /items/%ef%bd%81dmin",
            "GET /items/a%C4%B1min",
        ],
    );
    assert_actions(
        &rules,
        &[
            ("GET /items/x%2Dy", "item"),
            ("GET /items/[x]", "item"),
            ("GET /items/%C3%A9t%C3%A9.", "item"),
            ("GET /items/administrator", "item"),
        ],
    );
}

#[test]
fn routes_that_no_request_reaches_are_named() {
    let rules = rules(&[
        ("number", &["GET /v/{n:int}"]),
        ("one", &["GET /v/1{x}"]),
        ("long", &[&format!("GET /{}", "x".repeat(1_000))]),
    ]);
    assert_denied(&rules, &["GET /v/12", "GET /v/1a"]);
    assert_actions(&rules, &[("GET /v/2", "number")]);
    insta::assert_snapshot!(rules.remarks.join("\n").replace(&"x".repeat(40), "x"), @"
    the proxy will deny the route GET /v/1{x}, because it can match the same requests as GET /v/{n:int}. Write fixed segments in place of parameters
    no request reaches the route GET /xxxxxxxxxxxxxxxxx…: its path is longer than 1 000 bytes
    ");
}

#[test]
fn other_spellings_are_denied_where_only_they_meet_a_wider_route() {
    let rules = rules(&[
        ("me", &["GET /users/me"]),
        ("user", &["GET /Users/{id}", "GET /users/{id}."]),
        ("day", &["GET /days/{day}/log"]),
        ("log", &["GET /Days/today/{part}"]),
        ("lower", &["GET /case/a"]),
        ("upper", &["GET /case/A"]),
        ("full-width", &["GET /\u{ff55}sers/{name}"]),
    ]);
    assert_actions(
        &rules,
        &[
            ("GET /users/me", "me"),
            ("GET /Users/7", "user"),
            ("GET /users/7.", "user"),
            ("GET /days/monday/log", "day"),
            ("GET /Days/today/part", "log"),
            ("GET /%EF%BD%95sers/7", "full-width"),
            // The document keeps these apart.
            ("GET /case/a", "lower"),
            ("GET /case/A", "upper"),
        ],
    );
    assert_denied(
        &rules,
        &[
            "GET /Users/me",
            "GET /users/me.",
            "GET /Users/ME",
            "GET /%EF%BD%95sers/me",
            "GET /Days/today/log",
            "GET /days/today/log",
        ],
    );
}

#[test]
fn shared_requests_are_denied_although_the_folded_form_of_a_route_has_them() {
    let rules = rules(&[("any", &["/{x}/{y}"]), ("files", &["GET /{path+}"]), ("end", &["GET /{x}/{y}."])]);
    assert_actions(&rules, &[("POST /a/b", "any"), ("GET /a", "files"), ("GET /a/b.", "end")]);
    assert_denied(&rules, &["GET /a/b"]);
}
