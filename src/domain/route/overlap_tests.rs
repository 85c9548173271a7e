//! Routes that share requests with very many others.

use super::rules::{RouteAction, RouteRules};
use super::tests::catalogue;
use super::*;

/// Returns every path of this many segments, each of which is a fixed text or a parameter: all share a request.
fn all_overlapping(segments: usize) -> Vec<String> {
    let segment = |path: usize, n: usize| if path >> n & 1 == 0 { format!("/s{n}") } else { format!("/{{p{n}}}") };
    (0..1 << segments)
        .map(|path| format!("GET {}", (0..segments).map(|n| segment(path, n)).collect::<String>()))
        .collect()
}

fn parsed(texts: &[String]) -> Vec<Route> {
    texts.iter().flat_map(|text| Route::parse_all(text).unwrap()).collect()
}

#[test]
fn routes_that_overlap_too_much_are_refused() {
    assert_eq!(count_overlaps(&parsed(&all_overlapping(7)), &[]).map(|_| ()), Ok(()));
    assert_eq!(count_overlaps(&parsed(&all_overlapping(11)), &[]), Err(TooMany));
    // Segments that share no text are not compared.
    let apart: Vec<String> = (0..1_500).map(|n| format!("GET /{{a}}x{n}/y{n}{{b}}")).collect();
    assert_eq!(count_overlaps(&parsed(&apart), &[]).map(|_| ()), Ok(()));
}

#[test]
fn large_catalogues_are_accepted() {
    let resource = |n: usize| {
        let base = format!("/v{}/things-{n}", n % 3);
        let item = format!("{base}/{{id}}");
        [
            format!("GET {base}"),
            format!("POST {base}"),
            format!("GET {base}/search"),
            format!("GET {item}"),
            format!("PUT {item}"),
            format!("DELETE {item}"),
            format!("GET {item}/parts/{{part}}"),
            format!("GET {item}/{{kind}}/latest"),
        ]
    };
    let mut all: Vec<String> = (0..2_500).flat_map(resource).collect();
    all.extend(["/{path+}", "GET /{version}/{thing}", "GET /{version}/{thing}/{id}"].map(str::to_owned));
    assert_eq!(count_overlaps(&parsed(&all), &[]).map(|_| ()), Ok(()));
}

#[test]
fn list_of_many_overlapping_routes_is_bounded_and_closed() {
    let texts = all_overlapping(11);
    let routes: Vec<&str> = texts.iter().map(String::as_str).collect();
    let names: Vec<String> = (0..routes.len()).map(|n| format!("M{n}")).collect();
    let methods: Vec<(&str, &[&str])> = names.iter().map(String::as_str).zip(routes.chunks(1)).collect();
    let rules = RouteRules::new(&[catalogue(&methods)], &[]);
    let denied = rules.remarks.iter().filter(|remark| remark.contains("as too many other routes")).count();
    assert!(denied > 1_000, "{denied}");
    // A rule that asks for a method comes after all denials of whole routes.
    let first = rules.rules.iter().position(|rule| matches!(rule.action, RouteAction::Ask(_))).unwrap_or(denied);
    assert!(first >= denied);
    assert!(matches!(rules.find("GET", "/a/b/c/d/e/f/g/h/i/j/k").unwrap().action, RouteAction::Deny(_)));
}

#[test]
fn tree_finds_all_routes_that_share_requests_or_contain_others() {
    let routes = parsed(
        &[
            "/{path+}",
            "/",
            "/a",
            "/a/",
            "GET /a",
            "HEAD /a",
            "/{x}",
            "/{x}/",
            "/a{x}",
            "/{x}a",
            "/a{x}b",
            "/{n:int}",
            "/{u:uuid}",
            "/7",
            "/{x}/b",
            "/a/{x}",
            "/a/{p+}",
            "/a/{p+}/c",
            "/{x}/{y}/c",
            "/a/b/c",
            "POST /a/{x}/c",
            "/a/b{x}/c",
            "GET /{x}c/{y+}",
            "/{a}7",
        ]
        .map(str::to_owned),
    );
    let tree = RouteTree::new(routes.iter());
    let work = &mut Work::unlimited();
    for (n, route) in routes.iter().enumerate() {
        for range in [0..routes.len(), n + 1..routes.len(), 0..n] {
            let overlapping = tree.overlapping(route, range.clone(), work).unwrap();
            let containing = tree.containing(route, range.clone(), work).unwrap();
            assert!(overlapping.iter().chain(&containing).all(|other| range.contains(other)));
            assert!(overlapping.is_sorted_by(|a, b| a < b) && containing.is_sorted_by(|a, b| a < b));
            for other in range {
                if route.intersection(&routes[other], work).map_or(true, |both| !both.is_empty()) {
                    assert!(overlapping.contains(&other), "{route} {}", routes[other]);
                }
                if route.is_within(&routes[other]) {
                    assert!(containing.contains(&other), "{route} {}", routes[other]);
                }
            }
        }
    }
    let of =
        |text: &str| tree.overlapping(&parsed(&[text.to_owned()])[0], 0..routes.len(), &mut Work::unlimited()).unwrap();
    assert!(of("DELETE /b").len() < of("/{x}").len());
}
