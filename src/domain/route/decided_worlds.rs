//! Worlds about which the rules and the oracle once disagreed, with the requests that showed it.

use super::agreement_worlds::{Application, World};
use super::oracle::{Call, Operation, Segment};

const ANY: Segment = Segment::Text("*");

type Requests = &'static [(&'static str, &'static str)];

fn world(mut catalogues: Vec<Application>, preflights: &[&'static str]) -> World {
    for catalogue in &mut catalogues {
        for (n, operation) in catalogue.operations.iter_mut().enumerate() {
            operation.id = format!("{}.m{n}", catalogue.name);
            operation.catalogue = catalogue.name;
            operation.is_either = catalogue.is_either;
        }
    }
    World { catalogues, preflights: preflights.to_vec() }
}

fn catalogue(name: &'static str, operations: Vec<Operation>) -> Application {
    Application { name, hosts: Vec::new(), is_either: false, operations }
}

fn either(name: &'static str, operations: Vec<Operation>) -> Application {
    Application { is_either: true, ..catalogue(name, operations) }
}

fn guarded(http_method: &'static str, segments: &[Segment]) -> Operation {
    Operation {
        id: String::new(),
        catalogue: "",
        call: Call::WithToken,
        is_either: false,
        http_method: Some(http_method),
        segments: segments.to_vec(),
        has_final_slash: false,
    }
}

fn public(http_method: &'static str, segments: &[Segment]) -> Operation {
    Operation { call: Call::Public, ..guarded(http_method, segments) }
}

fn with_slash(operation: Operation) -> Operation {
    Operation { has_final_slash: true, ..operation }
}

fn text(text: &'static str) -> Segment {
    Segment::Text(text)
}

pub(super) fn decided_worlds() -> Vec<(World, Requests)> {
    vec![
        // A public route is denied beside another spelling that another catalogue guards. That one is asked for.
        (
            world(
                vec![
                    catalogue("a", vec![public("GET", &[text("Admin")])]),
                    catalogue("b", vec![guarded("GET", &[text("admin")])]),
                ],
                &[],
            ),
            &[("GET", "/Admin"), ("GET", "/admin")],
        ),
        // An own `OPTIONS` comes before preflights, with the added slash, too.
        (
            world(
                vec![
                    either("a", vec![guarded("OPTIONS", &[text("a")]), public("OPTIONS", &[text("*.json")])]),
                    catalogue("b", vec![with_slash(guarded("GET", &[Segment::Several]))]),
                ],
                &["b"],
            ),
            &[("OPTIONS", "/a"), ("OPTIONS", "/a/"), ("OPTIONS", "/x.json/"), ("OPTIONS", "/b/")],
        ),
        // There is no preflight where another catalogue has `OPTIONS` in another spelling.
        (
            world(
                vec![
                    catalogue("a", vec![guarded("HEAD", &[text("admin")])]),
                    catalogue("b", vec![guarded("OPTIONS", &[text("Admin")])]),
                ],
                &["a"],
            ),
            &[("OPTIONS", "/admin"), ("OPTIONS", "/Admin")],
        ),
        // A final dot is part of a route, and of a parameter's value.
        (
            world(
                vec![catalogue(
                    "a",
                    vec![
                        guarded("GET", &[text("v*")]),
                        guarded("GET", &[text("v.")]),
                        guarded("GET", &[text("a"), text("v*")]),
                        guarded("GET", &[text("a"), text("*.")]),
                        guarded("GET", &[text("*-*"), text("1")]),
                        guarded("GET", &[text("*."), ANY]),
                    ],
                )],
                &[],
            ),
            &[("GET", "/v."), ("GET", "/a/v."), ("HEAD", "/1.0-./1"), ("GET", "/vx"), ("GET", "/a/v")],
        ),
        // The added slash of one route isn't another spelling of a second one.
        (
            world(
                vec![either(
                    "a",
                    vec![
                        with_slash(guarded("GET", &[ANY, text("Admin")])),
                        guarded("GET", &[text("admin"), text("admin")]),
                    ],
                )],
                &[],
            ),
            &[("GET", "/admin/admin/"), ("GET", "/admin/admin"), ("GET", "/b/Admin")],
        ),
        (
            world(vec![either("a", vec![guarded("GET", &[text("*.")]), with_slash(guarded("GET", &[ANY]))])], &[]),
            &[("GET", "/1.0./"), ("GET", "/b/"), ("GET", "/b.")],
        ),
        // A value that only begins like a number is no number, but a public route may not rely on that.
        (
            world(
                vec![
                    catalogue(
                        "a",
                        vec![
                            public("GET", &[Segment::Uuid]),
                            public("GET", &[text("*.json")]),
                            public("GET", &[text("*.json"), ANY]),
                            public("GET", &[text("v*")]),
                        ],
                    ),
                    catalogue(
                        "b",
                        vec![guarded("GET", &[Segment::Integer]), guarded("GET", &[Segment::Integer, text("a")])],
                    ),
                ],
                &[],
            ),
            &[
                ("GET", "/0F8FAD5B-D9CB-469F-A165-70867728950E"),
                ("GET", "/1.json"),
                ("GET", "/1.json/a"),
                ("GET", "/v1"),
            ],
        ),
        (
            world(
                vec![either(
                    "a",
                    vec![with_slash(guarded("GET", &[Segment::Uuid])), guarded("GET", &[Segment::Integer])],
                )],
                &[],
            ),
            &[("GET", "/0F8FAD5B-D9CB-469F-A165-70867728950E"), ("GET", "/12")],
        ),
        // Two public routes are one in another spelling, in which a guarded route is wider.
        (
            world(
                vec![catalogue(
                    "a",
                    vec![guarded("GET", &[text("*:b")]), public("GET", &[text("*.")]), public("HEAD", &[text("*:b")])],
                )],
                &[],
            ),
            &[("HEAD", "/a%3Ab."), ("GET", "/a:b")],
        ),
    ]
}
