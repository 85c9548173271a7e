//! The reasons why requests are denied although a route has them.

use std::fmt;

use super::Route;
use super::rules::route_excerpt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DenialKind {
    /// The path is another spelling of a route.
    Spelling,
    /// Two routes have the request, and neither is narrower.
    Shared,
    /// The requests that the route shares with another can't be described.
    Overlap,
    /// The route shares requests with too many others.
    TooManyOverlaps,
    /// The route has too many parameters to be matched.
    Costly,
    /// Several methods have the route.
    Claimed,
    /// The route differs from another only in the final slash.
    FinalSlash,
    /// The route is public, but another catalogue guards it.
    GuardedElsewhere,
}

/// A reason for people, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    pub kind: DenialKind,
    text: String,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The fault for which all requests of a route are denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RouteFault {
    pub(super) kind: DenialKind,
    text: String,
}

impl fmt::Display for RouteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl RouteFault {
    pub(super) fn too_many_overlaps() -> Self {
        let text = "can match the same requests as too many other routes".to_owned();
        RouteFault { kind: DenialKind::TooManyOverlaps, text }
    }

    pub(super) fn overlap(other: &Route) -> Self {
        let text = format!("can match the same requests as {}", route_excerpt(other));
        RouteFault { kind: DenialKind::Overlap, text }
    }

    pub(super) fn costly(route: &Route) -> Self {
        let text = match route.path.many_count() > 2 {
            true => "has more than two parameters that match several segments",
            false => "has more than two parameters in one segment",
        };
        RouteFault { kind: DenialKind::Costly, text: text.to_owned() }
    }

    pub(super) fn claimed(methods: &[&str]) -> Self {
        RouteFault {
            kind: DenialKind::Claimed,
            text: format!("is a route of several methods: {}", methods.join(" and ")),
        }
    }

    pub(super) fn final_slash(other: &str) -> Self {
        let text = format!("is added by trailing_slash = either, and can match the same requests as {other}");
        RouteFault { kind: DenialKind::FinalSlash, text }
    }

    pub(super) fn guarded_elsewhere(guarded: &Route, catalogue: &str) -> Self {
        let guarded = route_excerpt(guarded);
        let text = format!("is public, but {guarded} of the catalogue {catalogue} needs a token for the same requests");
        RouteFault { kind: DenialKind::GuardedElsewhere, text }
    }
}

impl Denial {
    pub(super) fn of_route(route: &Route, fault: &RouteFault) -> Self {
        Denial { kind: fault.kind, text: format!("{} {fault}", route_excerpt(route)) }
    }

    pub(super) fn of_spelling(route: &Route) -> Self {
        let text = format!("the path is another spelling of {}", route_excerpt(route));
        Denial { kind: DenialKind::Spelling, text }
    }

    pub(super) fn of_shared([one, other]: [&Route; 2]) -> Self {
        let text = format!("a request could match {} or {}", route_excerpt(one), route_excerpt(other));
        Denial { kind: DenialKind::Shared, text }
    }
}
