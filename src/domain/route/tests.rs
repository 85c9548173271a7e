//! Compares routes with a brute-force matcher, and checks tricks that must never match a route.

use proptest::prelude::*;

use super::matcher::is_canonical_path as is_canonical;
use super::pattern::Reading;
use super::rules::{MatchMode, RouteAction, RouteRules};
use super::*;
use crate::domain::catalogue::{Catalogue, Group};
use crate::domain::method::{Access, Method, MethodId};

fn route(text: &str) -> Route {
    Route::parse_all(text).unwrap().remove(0)
}

fn is_canonical_path(path: &str) -> bool {
    is_canonical(path, false)
}

/// Returns a catalogue of methods `a.NAME` with these routes.
pub(super) fn catalogue(methods: &[(&str, &[&str])]) -> Catalogue {
    let method = |(name, routes): &(&str, &[&str])| Method {
        id: MethodId::parse(&format!("a.{name}")).unwrap(),
        title: "t".to_owned(),
        access: if name.starts_with("Pub") { Access::Public } else { Access::Read },
        docs: None,
        routes: routes.iter().map(|r| (*r).to_owned()).collect(),
    };
    let group = Group { id: "a".to_owned(), title: "A".to_owned(), methods: methods.iter().map(method).collect() };
    Catalogue {
        name: "x".to_owned(),
        title: "X".to_owned(),
        hosts: Default::default(),
        trailing_slash: Default::default(),
        groups: vec![group],
        sets: Vec::new(),
    }
}

pub(super) fn action_of(map: &RouteRules, request: &str) -> String {
    let (verb, path) = request.split_once(' ').unwrap();
    match map.find(verb, path).map(|rule| &rule.action) {
        Some(RouteAction::Ask(id)) => id.as_str().trim_start_matches("a.").to_owned(),
        Some(RouteAction::Public(id)) => format!("public {}", id.as_str().trim_start_matches("a.")),
        Some(RouteAction::Preflight) => "preflight".to_owned(),
        Some(RouteAction::Deny(why)) => format!("denied: {why}"),
        None => "nothing".to_owned(),
    }
}

/// Returns a line for each request: the request and its action.
pub(super) fn actions_of(map: &RouteRules, requests: &[&str]) -> String {
    requests.iter().map(|request| format!("{request}: {}\n", action_of(map, request))).collect()
}

#[test]
fn routes_are_read_or_refused() {
    for text in ["GET /", "/", "GET /a/", "/a/{b}", "GET /a/{b}.json", "GET /{base}...{head}", "GET /é/{}", "GET /a:b"]
    {
        assert_eq!(route(text).to_string(), text);
    }
    for text in [
        "",
        "GET",
        "a",
        "get /a",
        "GET a",
        "GET  /a",
        "GET /a b",
        "GET //a",
        "GET /a//b",
        "GET /./a",
        "GET /a/..",
        "GET /a?b",
        "GET /a#b",
        "GET /a;b",
        "GET /a\\b",
        "GET /%61",
        "GET /{a",
        "GET /a}",
        "GET /{a/b}",
        "GET /{{a}}",
        "GET /a\u{85}b",
    ] {
        assert!(Route::parse_all(text).is_err(), "{text}");
    }
}

#[test]
fn same_routes_are_the_same_whatever_parameters_are_called() {
    let same = |a: &str, b: &str| route(a).key() == route(b).key();
    assert!(same("GET /a/{b}", "GET /a/{c}") && same("/{a}x{b}", "/{c}x{d}"));
    for (a, b) in [
        ("GET /a", "POST /a"),
        ("GET /a", "/a"),
        ("/a", "/a/"),
        ("/a", "/A"),
        ("/{a}", "/a"),
        ("/{a}{b}", "/{a}"),
        ("/{a}.json", "/{a}"),
        ("/a/b", "/ab"),
        ("/", "/{a}"),
    ] {
        assert!(!same(a, b), "{a} {b}");
    }
}

#[test]
fn narrower_route_decides_and_what_two_share_is_denied() {
    let map = RouteRules::new(
        &[catalogue(&[
            ("me", &["GET /users/me"]),
            ("user", &["GET /users/{id}", "DELETE /users/{id}"]),
            ("any", &["/users/{id}"]),
            ("file", &["GET /files/{name}.json"]),
            ("all-files", &["GET /files/{name}"]),
            ("left", &["GET /x/{a}/c"]),
            ("right", &["GET /x/b/{c}"]),
            ("cancel", &["POST /jobs/{id}:cancel"]),
            ("job", &["POST /jobs/{id}"]),
            ("compare", &["GET /compare/{base}...{head}"]),
            ("root", &["GET /"]),
            ("slash", &["GET /slash/"]),
            ("cafe", &["GET /café/{id}"]),
        ])],
        &[],
    );
    for (request, method) in [
        ("GET /users/me", "me"),
        ("GET /users/you", "user"),
        ("DELETE /users/me", "user"),
        ("PUT /users/me", "any"),
        ("GET /users/%C3%A9", "user"),
        ("GET /files/a.json", "file"),
        ("GET /files/.json", "all-files"),
        ("GET /files/a.jsonx", "all-files"),
        ("GET /x/y/c", "left"),
        ("GET /x/b/y", "right"),
        ("POST /jobs/5:cancel", "cancel"),
        ("POST /jobs/5", "job"),
        ("GET /compare/a...b", "compare"),
        ("GET /", "root"),
        ("HEAD /", "root"),
        ("HEAD /users/me", "me"),
        ("GET /slash/", "slash"),
        ("GET /caf%C3%A9/1", "cafe"),
        ("GET /caf%c3%a9/1", "cafe"),
    ] {
        assert_eq!(action_of(&map, request), method, "{request}");
    }
    let ambiguous = [
        "GET /users/Me",
        "GET /x/b/c",
        "GET /x/B/C",
        "POST /jobs/5%3Acancel",
        "POST /jobs/5:CANCEL",
        "GET /files/a.JSON",
    ];
    insta::assert_snapshot!(actions_of(&map, &ambiguous), @"
    GET /users/Me: denied: the path is another spelling of GET /users/me
    GET /x/b/c: denied: a request could match GET /x/b/{c} or GET /x/{a}/c
    GET /x/B/C: denied: a request could match GET /x/b/{c} or GET /x/{a}/c
    POST /jobs/5%3Acancel: denied: the path is another spelling of POST /jobs/{id}:cancel
    POST /jobs/5:CANCEL: denied: the path is another spelling of POST /jobs/{id}:cancel
    GET /files/a.JSON: denied: the path is another spelling of GET /files/{name}.json
    ");
    for request in ["GET /slash", "GET /compare/...b", "GET /compare/a..b", "GET /users/", "get /users/me", "GET /x/b"]
    {
        assert_eq!(action_of(&map, request), "nothing", "{request}");
    }
}

#[test]
fn tricks_never_mean_a_route() {
    let map = RouteRules::new(
        &[catalogue(&[("one", &["GET /a/b"]), ("two", &["GET /a/{x}/c"]), ("any", &["/{x}/{y}"])])],
        &[],
    );
    for path in TRICKS {
        assert!(!is_canonical_path(path), "{path}");
        assert_eq!(action_of(&map, &format!("GET {path}")), "nothing", "{path}");
    }
    for path in [
        "/a/b",
        "/a/...",
        "/a/.b",
        "/a/b,c",
        "/a/%20",
        "/a/[b]",
        "/a/{b|c}^",
        "/a/%2D%5f",
        "/a/%F0%9F%98%80",
        "/a/a~b",
        "/a/a%7Eb",
        "/a/b/",
    ] {
        assert!(is_canonical_path(path), "{path}");
    }
}

/// Paths that a proxy and an application may read differently.
pub(super) const TRICKS: &[&str] = &[
    "",
    "a/b",
    "//a/b",
    "/a//b",
    "/a/./b",
    "/a/../a/b",
    "/./a/b",
    "/a/b/..",
    "/a/.",
    "/a/%2e",
    "/a/%2E%2e",
    "/a/.%2e",
    "/a%2fb",
    "/a%2Fb",
    "/a/%5cb",
    "/a\\b",
    "/a/%25",
    "/a/%252e",
    "/a/%00",
    "/a/b%00",
    "/a/b%0a",
    "/a/b%7f",
    "/a/%62",
    "/%61/b",
    "/a/b%",
    "/a/b%6",
    "/a/b%zz",
    "/a/%c0%ae",
    "/a/%e0%80%af",
    "/a/%f8%80",
    "/a/%ff",
    "/a/%C2%85",
    "/a/%ED%A0%80",
    "/a/..;/b",
    "/a/.;x/b",
    "/a/..%3b/b",
    "/a/b\u{e9}",
    "/a/b c",
    "/a/b#",
    "/a/b?",
    "/a/\"",
    "/a/<b>",
    "/a/b`c",
    "/a/b//",
    "/a/%u002e",
    "/a/b;c",
    "/a;/b",
    "/a/b%3Bc",
    "/a/b%3b",
];

/// Returns `true` if `shape` (literals and `{}`) matches, trying every length for every parameter.
fn tries(shape: &str, text: &str) -> bool {
    match shape.strip_prefix("{}") {
        Some(rest) => (1..=text.len()).any(|n| tries(rest, &text[n..])),
        None => match (shape.chars().next(), text.chars().next()) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b && tries(&shape[1..], &text[1..]),
            _ => false,
        },
    }
}

fn tried(route: &str, request: &str) -> bool {
    let (a, b): (Vec<_>, Vec<_>) = (route.split(['/', ' ']).collect(), request.split(['/', ' ']).collect());
    a.len() == b.len() && a.iter().zip(&b).all(|(shape, text)| tries(shape, text))
}

fn any_route() -> impl Strategy<Value = String> {
    let segment = proptest::collection::vec(proptest::sample::select(vec!["a", "b", "{}", "{}"]), 1..6);
    (proptest::sample::select(vec!["GET", "PUT"]), proptest::collection::vec(segment, 1..3)).prop_map(|(verb, path)| {
        format!("{verb} {}", path.iter().map(|s| format!("/{}", s.concat())).collect::<String>())
    })
}

fn any_request() -> impl Strategy<Value = String> {
    (proptest::sample::select(vec!["GET", "PUT"]), proptest::collection::vec("[abc]{1,6}", 1..3))
        .prop_map(|(verb, path)| format!("{verb} {}", path.iter().map(|s| format!("/{s}")).collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_is_what_trying_everything_finds(a in any_route(), b in any_route(), request in any_request()) {
        let (verb, path) = request.split_once(' ').unwrap();
        let matches = |r: &Route| r.verbs.accepts(verb) && r.path.matches(path, MatchMode::Exact, Reading::Plain);
        let (ra, rb) = (route(&a), route(&b));
        prop_assert_eq!(matches(&ra), tried(&a, &request));
        if ra.is_within(&rb) {
            prop_assert!(!matches(&ra) || matches(&rb), "{} within {}: {}", a, b, request);
        }
        // Routes with adjacent parameters may share more routes than the limit. Both are then denied for every
        // request.
        if let Ok(shared) = ra.intersection(&rb, &mut Work::unlimited()) {
            prop_assert_eq!(shared.iter().any(matches), matches(&ra) && matches(&rb), "{} and {}: {}", a, b, request);
        }
    }

    #[test]
    fn request_gets_the_one_narrowest_method_or_none(
        routes in proptest::collection::btree_set(any_route(), 1..7), requests in proptest::collection::vec(any_request(), 1..40),
    ) {
        let texts: Vec<String> = routes.into_iter().collect();
        let ids: Vec<String> = (0..texts.len()).map(|n| format!("m{n}")).collect();
        let slices: Vec<[&str; 1]> = texts.iter().map(|t| [t.as_str()]).collect();
        let methods: Vec<(&str, &[&str])> = ids.iter().map(String::as_str).zip(slices.iter().map(|s| &s[..])).collect();
        let map = RouteRules::new(&[catalogue(&methods)], &[]);
        for request in requests {
            let matching: Vec<usize> = (0..texts.len()).filter(|n| tried(&texts[*n], &request)).collect();
            let within = |a: &usize, b: &usize| route(&texts[*a]).is_within(&route(&texts[*b]));
            let action = action_of(&map, &request);
            if matching.is_empty() {
                prop_assert!(!action.starts_with('m'), "{} {:?}", request, map);
            } else if let Some(at) = action.strip_prefix('m') {
                let at: usize = at.parse().unwrap();
                let same = |n: &usize| route(&texts[*n]).key() == route(&texts[at]).key();
                prop_assert!(matching.iter().all(|n| within(&at, n) && (*n == at || !same(n))), "{} {:?}", request, texts);
            } else {
                prop_assert!(action.starts_with("denied"), "{}: {} {:?}", request, action, texts);
            }
        }
    }
}

#[test]
fn single_route_answers_for_all_its_requests() {
    for (text, requests) in
        [("GET /a/{x}", ["GET /a/b", "GET /a/B", "GET /a/a"]), ("/a", ["GET /a", "PUT /a", "X-Y /a"])]
    {
        let map = RouteRules::new(&[catalogue(&[("one", &[text])])], &[]);
        for request in requests {
            assert_eq!(action_of(&map, request), "one", "{request}");
        }
    }
}

#[test]
fn route_of_two_methods_is_denied() {
    let map = RouteRules::new(
        &[catalogue(&[("one", &["GET /a/{x}", "GET /b"]), ("two", &["GET /a/{y}"]), ("three", &["GET /a/c"])])],
        &[],
    );
    insta::assert_snapshot!(action_of(&map, "GET /a/b"), @"denied: GET /a/{x} is a route of several methods: a.one and a.two");
    assert_eq!((action_of(&map, "GET /b"), action_of(&map, "GET /a/c")), ("one".to_owned(), "three".to_owned()));
    insta::assert_snapshot!(map.remarks.join("\n"), @"the proxy will deny the route GET /a/{x}, because it is a route of several methods: a.one and a.two");
}

#[test]
fn route_with_too_many_readings_is_denied() {
    let map = RouteRules::new(
        &[catalogue(&[
            ("day", &["GET /repo/{y}-{m}-{d}.{ext}"]),
            ("repo", &["GET /repo/{id}", "GET /repo/new", "PUT /repo/{id}"]),
            ("file", &["GET /repo/{name}.{ext}", "GET /repo/{name}.txt"]),
            ("tag", &["GET /repo/{name}:tag"]),
            ("some", &["GET /{part}/{id}", "GET /repo/a-b-c.d"]),
            ("dash", &["GET /two/{a}-{b}"]),
            ("dot", &["GET /two/{a}.{b}"]),
        ])],
        &[],
    );
    for request in ["p-q-r.s", "7", "a.b", "a-b-c.txt", "a.txt"] {
        let action = action_of(&map, &format!("GET /repo/{request}"));
        assert!(action.starts_with("denied: "), "{request} {action}");
    }
    for (request, method) in
        [("GET /repo/new", "repo"), ("PUT /repo/p-q-r.s", "repo"), ("GET /repo/a-b-c.d", "some"), ("GET /x/7", "some")]
    {
        assert_eq!(action_of(&map, request), method, "{request}");
    }
    assert!(action_of(&map, "GET /two/a-b.c").starts_with("denied: "));
    assert!(map.rules.iter().all(|e| !e.route.is_costly()), "{map:?}");
    insta::assert_snapshot!(map.remarks.iter().find(|r| r.contains("{y}-{m}-{d}.{ext}")).unwrap(), @"the proxy will deny the route GET /repo/{y}-{m}-{d}.{ext}, because it has more than two parameters in one segment");
    let long = |n: usize| format!("/{}/b", "a".repeat(n));
    assert!(is_canonical_path(&long(997)) && !is_canonical_path(&long(998)));
}

#[test]
fn many_routes_are_settled_quickly() {
    let texts: Vec<String> = (0..400).flat_map(|n| [format!("GET /a{n}/{{x}}"), format!("GET /{{x}}/b{n}")]).collect();
    let ids: Vec<String> = (0..texts.len()).map(|n| format!("m{n}")).collect();
    let slices: Vec<[&str; 1]> = texts.iter().map(|t| [t.as_str()]).collect();
    let methods: Vec<(&str, &[&str])> = ids.iter().map(String::as_str).zip(slices.iter().map(|s| &s[..])).collect();
    let map = RouteRules::new(&[catalogue(&methods)], &[]);
    assert!(map.rules.len() < 24_000 && !map.remarks.is_empty());
    assert!((0..400).all(|n| action_of(&map, &format!("GET /a{n}/b{n}")).starts_with("denied")));
    assert!(RouteRules::new(&[Catalogue::shipped("cloud-platform").unwrap()], &[]).remarks.is_empty());
}
