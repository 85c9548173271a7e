//! Routes that pass without a token: public ones, and preflights.

use super::rules::{DenialKind, RouteAction, RouteRules};
use super::tests::{action_of, actions_of, catalogue};
use crate::domain::catalogue::{Catalogue, TrailingSlash};

#[test]
fn public_routes_open_nothing_that_is_guarded() {
    let map = RouteRules::new(
        &[catalogue(&[
            ("Show", &["GET /orders/{id}"]),
            ("PubNews", &["GET /orders/news", "POST /login", "GET /{page}"]),
            ("List", &["GET /orders"]),
            ("Both", &["GET /shared"]),
            ("PubBoth", &["GET /shared"]),
            ("Left", &["GET /x/{a}/c"]),
            ("PubRight", &["GET /x/b/{c}"]),
            ("Any", &["/hooks"]),
            ("PubHooks", &["GET /hooks"]),
        ])],
        &[],
    );
    let requests = [
        "GET /orders/news",
        "GET /orders/7",
        "GET /orders/News",
        "GET /orders",
        "GET /Orders",
        "GET /about",
        "POST /login",
        "GET /shared",
        "GET /x/b/c",
        "POST /hooks",
        "GET /hooks",
    ];
    insta::assert_snapshot!(actions_of(&map, &requests), @"
    GET /orders/news: public PubNews
    GET /orders/7: Show
    GET /orders/News: denied: the path is another spelling of GET /orders/news
    GET /orders: List
    GET /Orders: denied: the path is another spelling of GET /orders
    GET /about: public PubNews
    POST /login: public PubNews
    GET /shared: denied: GET /shared is a route of several methods: a.Both and a.PubBoth
    GET /x/b/c: denied: a request could match GET /x/b/{c} or GET /x/{a}/c
    POST /hooks: Any
    GET /hooks: public PubHooks
    ");
    // Routes protected by another catalogue stay protected.
    let (mut first, mut second) =
        (catalogue(&[("Show", &["GET /orders/{id}"])]), catalogue(&[("PubNews", &["GET /orders/news", "GET /news"])]));
    first.name = "first".to_owned();
    second.name = "second".to_owned();
    second.groups[0].id = "b".to_owned();
    let map = RouteRules::new(&[first, second], &[]);
    insta::assert_snapshot!(action_of(&map, "GET /orders/news"), @"denied: GET /orders/news is public, but GET /orders/{id} of the catalogue first needs a token for the same requests");
    assert_eq!(
        (action_of(&map, "GET /orders/7").as_str(), action_of(&map, "GET /news").as_str()),
        ("Show", "public PubNews")
    );
    assert_eq!(map.remarks.len(), 1);
}

#[test]
fn preflights_pass_only_where_no_route_has_the_verb() {
    let shop = catalogue(&[
        ("Show", &["GET /orders/{id}", "DELETE /orders/{id}"]),
        ("Mine", &["GET /orders/mine", "OPTIONS /orders/mine"]),
        ("Any", &["/hooks/{name}/run"]),
        ("Run", &["GET /hooks/x/run", "POST /hooks/{a}/{b}"]),
    ]);
    let map = RouteRules::new(std::slice::from_ref(&shop), &["x".to_owned()]);
    let requests = [
        "OPTIONS /orders/7",
        "OPTIONS /orders/mine",
        "OPTIONS /orders/Mine",
        "OPTIONS /hooks/y/run",
        "PUT /hooks/y/run",
        "OPTIONS /hooks/y/stop",
        "OPTIONS /nothing",
        "GET /orders/7",
    ];
    insta::assert_snapshot!(actions_of(&map, &requests), @"
    OPTIONS /orders/7: preflight
    OPTIONS /orders/mine: Mine
    OPTIONS /orders/Mine: denied: the path is another spelling of OPTIONS /orders/mine
    OPTIONS /hooks/y/run: denied: a request could match /hooks/{name}/run or OPTIONS /hooks/{a}/{b}
    PUT /hooks/y/run: Any
    OPTIONS /hooks/y/stop: preflight
    OPTIONS /nothing: nothing
    GET /orders/7: Show
    ");
    assert_eq!(action_of(&RouteRules::new(&[shop], &[]), "OPTIONS /orders/7"), "nothing");
}

#[test]
fn preflights_pass_with_and_without_a_final_slash() {
    let shop = Catalogue {
        trailing_slash: TrailingSlash::Either,
        ..catalogue(&[("Status", &["GET /status", "GET /list/"]), ("Deny", &["GET /{a}/{b}/{c}-{d}-{e}"])])
    };
    let names = [shop.name.clone()];
    let map = RouteRules::new(&[shop], &names);
    for path in ["/status", "/status/", "/list", "/list/"] {
        for http_method in ["GET", "OPTIONS"] {
            let action = action_of(&map, &format!("{http_method} {path}"));
            assert_eq!(action, if http_method == "GET" { "Status" } else { "preflight" }, "{path}");
        }
    }
    assert_ne!(action_of(&map, "OPTIONS /a/b/c-d-e"), "preflight");
}

#[test]
fn public_route_opens_no_other_spelling_of_another_catalogues_route() {
    let public = [
        ("PubAdmin", &["GET /Admin"][..]),
        ("PubUuid", &["GET /orders/{id:uuid}"]),
        ("PubJson", &["GET /orders/{name}.json", "GET /orders/v{x}"]),
    ];
    let guarded = catalogue(&[("Admin", &["GET /admin"]), ("Show", &["GET /orders/{id:int}"])]);
    let mut other = catalogue(&public);
    other.name = "second".to_owned();
    other.groups[0].id = "b".to_owned();
    let map = RouteRules::new(&[guarded, other.clone()], &[]);
    let denied = ["/Admin", "/orders/0f8fad5b-d9cb-469f-a165-70867728950e", "/orders/7.json"];
    for path in denied {
        let rule = map.find("GET", path).unwrap();
        let RouteAction::Deny(denial) = &rule.action else { panic!("{path}: {:?}", rule.action) };
        assert_eq!(denial.kind, DenialKind::GuardedElsewhere, "{path}");
    }
    assert_eq!(action_of(&map, "GET /admin"), "Admin");
    assert_eq!(action_of(&map, "GET /orders/7"), "Show");
    assert_eq!(action_of(&map, "GET /orders/v1"), "public PubJson");
    // Alone, all of them are open.
    let map = RouteRules::new(&[other], &[]);
    assert!(denied.iter().all(|path| action_of(&map, &format!("GET {path}")).starts_with("public")));
}

#[test]
fn own_options_in_another_spelling_or_with_the_other_end_comes_before_preflights() {
    let shop = Catalogue {
        trailing_slash: TrailingSlash::Either,
        ..catalogue(&[("List", &["GET /case", "GET /{path+}"]), ("Options", &["OPTIONS /Case"])])
    };
    let names = [shop.name.clone()];
    let map = RouteRules::new(&[shop], &names);
    for path in ["/Case", "/Case/"] {
        assert_eq!(action_of(&map, &format!("OPTIONS {path}")), "Options");
    }
    assert!(!action_of(&map, "OPTIONS /case").starts_with("preflight"));
    assert_eq!(action_of(&map, "OPTIONS /other"), "preflight");
}

#[test]
fn final_dot_alone_makes_no_route_narrower() {
    let map = RouteRules::new(
        &[catalogue(&[("Version", &["GET /v{x}", "GET /a/v{x}"]), ("Dot", &["GET /v.", "GET /a/{x}.", "GET /a/v"])])],
        &[],
    );
    for path in ["/v.", "/a/v."] {
        let rule = map.find("GET", path).unwrap();
        assert!(matches!(&rule.action, RouteAction::Deny(denial) if denial.kind == DenialKind::Shared), "{path}");
    }
    assert_eq!(action_of(&map, "GET /v1"), "Version");
    assert_eq!(action_of(&map, "GET /a/v"), "Dot");
    assert_eq!(map.remarks.len(), 1, "{:?}", map.remarks);
}
