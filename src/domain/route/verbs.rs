//! The HTTP methods that a route takes.

/// A set of HTTP methods, as far as routes need them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbs {
    /// Every HTTP method.
    Any,
    /// `GET` and `HEAD`, which asks for the head of what `GET` gives.
    GetAndHead,
    /// One HTTP method, in capitals.
    One(String),
}

/// A regular expression without anchors for every verb that routes are matched with.
pub const ANY_HTTP_METHOD: &str = "[A-Z-]+";

impl Verbs {
    pub fn accepts(&self, http_method: &str) -> bool {
        match self {
            Verbs::Any => !http_method.is_empty() && http_method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'),
            Verbs::GetAndHead => matches!(http_method, "GET" | "HEAD"),
            Verbs::One(own) => own == http_method,
        }
    }

    /// Returns the names; `None` for every HTTP method.
    pub fn names(&self) -> Option<Vec<&str>> {
        match self {
            Verbs::Any => None,
            Verbs::GetAndHead => Some(vec!["GET", "HEAD"]),
            Verbs::One(own) => Some(vec![own]),
        }
    }

    /// Returns a regular expression without anchors.
    pub fn pattern(&self) -> &str {
        match self {
            Verbs::Any => ANY_HTTP_METHOD,
            Verbs::GetAndHead => "(?:GET|HEAD)",
            Verbs::One(own) => own,
        }
    }

    pub(super) fn is_within(&self, other: &Verbs) -> bool {
        self == other
            || *other == Verbs::Any
            || (*other == Verbs::GetAndHead && matches!(self, Verbs::One(own) if other.accepts(own)))
    }

    /// Returns the methods of both; `None` if there are none.
    pub(super) fn intersection(&self, other: &Verbs) -> Option<Verbs> {
        [(self, other), (other, self)].into_iter().find(|(a, b)| a.is_within(b)).map(|(a, _)| a.clone())
    }

    /// Returns the weight of the set: lower for a set that holds another.
    pub(super) fn specificity(&self) -> u8 {
        match self {
            Verbs::Any => 0,
            Verbs::GetAndHead => 1,
            Verbs::One(_) => 2,
        }
    }
}
