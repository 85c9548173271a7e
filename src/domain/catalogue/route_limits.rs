//! The limits for the number of routes, and for routes that share requests with each other.

use super::Catalogue;
use super::validate::{Location, ValidationResult, fault};
use crate::domain::route::{self, Route};
use crate::error::Error;

/// Maximum number of routes of a method, and of all routes of a catalogue. A route with lists of values counts once for
/// each combination of them.
pub(super) const MAX_ROUTES: usize = 64;
pub const MAX_ALL_ROUTES: usize = 100_000;

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
}

pub(super) fn too_many_routes() -> Error {
    Error::usage("the catalogue has too many routes").why(format!(
        "a catalogue can have at most {MAX_ALL_ROUTES} routes; a route with lists of values counts once for each combination"
    ))
}

/// Refuses a catalogue with too many pairs of routes that share requests: a proxy can't be configured for it in an
/// acceptable time.
pub(super) fn check_route_overlaps(catalogue: &Catalogue) -> ValidationResult {
    let texts = catalogue.methods().flat_map(|method| &method.routes);
    let routes: Vec<Route> = texts.filter_map(|text| Route::parse_all(text).ok()).flatten().collect();
    route::check_overlaps(&routes).map_err(|route::TooMany| {
        let error = Error::usage("too many routes share requests with each other")
            .why(
                "routes such as /a/{x} and /{y}/b both match /a/b. Each such pair must be compared, and this catalogue has \
                 many thousands of them",
            )
            .next("Write fixed segments in place of parameters, or one route such as /files/{path+} for many");
        fault(Location::Name, error)
    })
}

#[cfg(test)]
mod tests {
    use super::super::toml_reader::read;

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
}
