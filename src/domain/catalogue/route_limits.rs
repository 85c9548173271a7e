//! The limits for the number of routes, and for routes that share requests with each other.

use std::collections::BTreeSet;

use super::validate::{DIVIDE, Location, ValidationResult, fault};
use super::{Catalogue, MANAGEMENT};
use crate::domain::number::group_digits;
use crate::domain::route::sites::sites;
use crate::domain::route::{self, Route};
use crate::domain::untrusted_text::excerpt;
use crate::error::Error;

/// Maximum number of routes of a method, and of all routes of a catalogue. A route with lists of values counts once for
/// each combination of them.
pub(super) const MAX_ROUTES: usize = 64;
pub const MAX_ALL_ROUTES: usize = 100_000;
/// A number of overlaps for which a proxy surely denies no route.
const FEW_OVERLAPS: usize = 300;
const FEWER_OVERLAPS: &str =
    "Replace parameters with fixed segments. Or replace many routes with one route, such as /files/{path+}";
const OWN_HOSTS: &str = "If other catalogues belong to other applications, give each catalogue its own hosts";

/// Refuses a catalogue with too many routes.
pub(super) fn check_route_count(catalogue: &Catalogue) -> ValidationResult {
    let mut count = 0;
    for (g, group) in catalogue.groups.iter().enumerate() {
        for (m, method) in group.methods.iter().enumerate() {
            for (r, route) in method.routes.iter().enumerate() {
                if r >= MAX_ROUTES {
                    return Err(fault(Location::Route(g, m, r), too_many_routes_of_method()));
                }
                count += Route::parse_all(route).map_or(1, |routes| routes.len());
                if count > MAX_ALL_ROUTES {
                    return Err(fault(Location::Route(g, m, r), too_many_routes()));
                }
            }
        }
    }
    Ok(())
}

pub(super) fn too_many_routes_of_method() -> Error {
    Error::usage(format!("a method can have at most {MAX_ROUTES} routes"))
        .next("Move some routes to another method. Or replace many routes with one route, such as /files/{path+}")
}

pub(super) fn too_many_routes() -> Error {
    Error::usage("the catalogue has too many routes")
        .why(format!(
            "a catalogue can have at most {} routes. A route with lists of values counts once for each combination",
            group_digits(MAX_ALL_ROUTES as u64)
        ))
        .next(DIVIDE)
}

/// Refuses a catalogue with too many pairs of routes that share requests: a proxy can't be configured for it in an
/// acceptable time. Also refuses a catalogue with which the proxy would deny routes, of this or another catalogue, because
/// of such pairs. `existing` are all catalogues before the change.
pub(super) fn check_route_overlaps(
    catalogue: &Catalogue,
    others: &[&Catalogue],
    existing: &[Catalogue],
) -> ValidationResult {
    let others: Vec<&Catalogue> = others.iter().copied().filter(|other| other.name != MANAGEMENT).collect();
    let meeting = others.iter().filter(|other| catalogue.shares_host_with(other));
    let routes_of_others: Vec<Route> = meeting.flat_map(|other| Route::all_of(other)).collect();
    let own = Route::all_of(catalogue);
    if route::count_overlaps(&own, &[]).is_err() {
        let why = "for example, the routes /a/{x} and /{y}/b both match /a/b. This catalogue has many thousands of \
                   pairs like this";
        return Err(fault(Location::Name, too_many_overlaps().why(why).next(FEWER_OVERLAPS)));
    }
    if route::count_overlaps(&own, &routes_of_others).is_ok_and(|count| count <= FEW_OVERLAPS) {
        return Ok(());
    }
    let after: Vec<Catalogue> = others.into_iter().chain([catalogue]).cloned().collect();
    let before = denied_routes(existing);
    let denied: Vec<String> = denied_routes(&after).into_iter().filter(|route| !before.contains(route)).collect();
    let Some(first) = denied.first() else { return Ok(()) };
    let why = format!(
        "for example, the routes /a/{{x}} and /{{y}}/b both match /a/b. With so many pairs, the proxy would deny {}",
        match denied.len() {
            1 => format!("the route {}", excerpt(first, 100)),
            count => format!("{count} routes, such as {}", excerpt(first, 100)),
        }
    );
    let error = match routes_of_others.is_empty() {
        true => too_many_overlaps().why(why).next(FEWER_OVERLAPS),
        false => too_many_overlaps()
            .why(format!("{why}. Pairs with routes of other catalogues count too"))
            .next(format!("{FEWER_OVERLAPS}. {OWN_HOSTS}")),
    };
    Err(fault(Location::Name, error))
}

/// Returns the routes that a proxy denies because they overlap too many others.
fn denied_routes(catalogues: &[Catalogue]) -> BTreeSet<String> {
    sites(catalogues, &[]).into_iter().flat_map(|site| site.rules.overlapping).collect()
}

fn too_many_overlaps() -> Error {
    Error::usage("too many routes match the same requests as other routes")
}

#[cfg(test)]
mod tests {
    use super::super::toml_reader::read;
    use crate::domain::catalogue::Catalogue;

    const HEAD: &str = "schema = 1\nname = \"x\"\ntitle = \"X\"\n";
    const GROUP: &str = "[[group]]\nid = \"a\"\ntitle = \"A\"\n";

    fn method(n: usize, routes: &[String]) -> String {
        let routes: Vec<String> = routes.iter().map(|route| format!("\"{route}\"")).collect();
        format!("[[group.method]]\nid = \"m{n}\"\ntitle = \"m\"\naccess = \"read\"\nroutes = [{}]\n", routes.join(","))
    }

    /// Returns the line and column of the fault, and the fault.
    fn refused(text: &str) -> (String, String) {
        let what = read("f.toml", text, &[]).unwrap_err().what;
        let (place, what) = what.strip_prefix("f.toml:").unwrap().split_once(": ").unwrap();
        (place.to_owned(), what.to_owned())
    }

    #[test]
    fn base_path_is_limited() {
        let text = |length: usize| format!("{HEAD}base_path = \"/{}\"\n", "a".repeat(length - 1));
        assert!(read("f.toml", &text(1_000), &[]).is_ok());
        assert_eq!(refused(&text(1_001)).0, "4:13");
    }

    #[test]
    fn routes_are_limited_while_the_file_is_read() {
        let routes = |count: usize| (0..count).map(|n| format!("/{n}")).collect::<Vec<_>>();
        let text = |count: usize| format!("{HEAD}{GROUP}{}", method(0, &routes(count)));
        assert!(read("f.toml", &text(64), &[]).is_ok());
        // The line of the method, because the routes aren't stored.
        assert_eq!(refused(&text(65)).0, "8:6");
        let same = vec!["/a".to_owned(); 64];
        let many: String = (0..1_563).map(|n| method(n, &same)).collect();
        assert_eq!(refused(&format!("{HEAD}{GROUP}{many}")).0, format!("{}:6", 6 + 1_562 * 5 + 2));
    }

    #[test]
    fn combinations_of_values_count_as_routes() {
        let values = (0..16).map(|n| format!("v{n}")).collect::<Vec<_>>().join("|");
        let routes =
            |n: usize| -> Vec<String> { (0..64).map(|r| format!("/{n}/{r}/{{a:{values}}}/{{b:a|b|c|d}}")).collect() };
        // 64 routes of 64 combinations are 4,096, and 24 methods have 98,304.
        let text: String = (0..25).map(|n| method(n, &routes(n))).collect();
        let (place, _) = refused(&format!("{HEAD}{GROUP}{text}"));
        assert!(place.starts_with(&format!("{}:", 6 + 24 * 5 + 5)), "{place}");
    }

    #[test]
    fn overlaps_with_routes_of_other_catalogues_count() {
        let catalogue = |name: &str, hosts: &str, existing: &[Catalogue]| {
            let half = |n: usize| {
                (0..60).map(move |r| match n {
                    0 => format!("GET /{name}{r}/{{x}}"),
                    _ => format!("GET /{{x}}/{name}{r}"),
                })
            };
            let methods: String = (0..2).map(|n| method(n, &half(n).collect::<Vec<_>>())).collect();
            let group = GROUP.replace("\"a\"", &format!("\"{name}\""));
            let text = format!("{}{hosts}{group}{methods}", HEAD.replace("\"x\"", &format!("\"{name}\"")));
            read("f.toml", &text, existing)
        };
        // Each has 3,600 overlaps, and two together 14,400. Three have 32,400: too many.
        let first = catalogue("a", "", &[]).unwrap();
        let second = catalogue("b", "", std::slice::from_ref(&first)).unwrap();
        let both = [first, second];
        let error = catalogue("c", "", &both).unwrap_err();
        assert!(error.why.is_some_and(|why| why.contains("the proxy would deny")));
        // At other hosts, requests of the first two still meet no third catalogue.
        let two_hosts = both.clone().map(|catalogue| Catalogue { hosts: ["a.example".to_owned()].into(), ..catalogue });
        assert!(catalogue("c", "hosts = [\"c.example\"]\n", &two_hosts).is_ok());
        assert!(catalogue("c", "hosts = [\"a.example\"]\n", &two_hosts).is_err());
        // What was denied before doesn't keep a catalogue from being changed.
        let third = Catalogue { hosts: ["a.example".to_owned()].into(), ..catalogue("c", "", &[]).unwrap() };
        let three = [&both[..], &[third]].concat();
        assert!(catalogue("c", "hosts = [\"a.example\"]\n", &three).is_ok());
    }
}
