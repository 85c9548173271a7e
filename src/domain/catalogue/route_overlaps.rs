//! The limit for routes that share requests with each other.

use super::Catalogue;
use super::validate::{Location, ValidationResult, fault};
use crate::domain::route::{self, Route};
use crate::error::Error;

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
