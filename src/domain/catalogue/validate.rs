//! The rules for every catalogue, from a file or an import. A fault has a location, so that the parser of files can
//! report the line.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use strsim::osa_distance;

use super::change::renames::Renames;
use super::hosts::{MAX_HOSTS, parse_host};
use super::validate_sets::{reject_cycles, reject_removed_nested_sets, validate_sets};
use super::{Catalogue, MANAGEMENT, route_limits, route_owners};
use crate::domain::method::{Method, MethodId};
use crate::domain::number::group_digits;
use crate::domain::route::Route;
use crate::domain::suggest::suggestion;
use crate::domain::untrusted_text::{excerpt, is_control_or_bidi};
use crate::error::{Error, Result};

pub const MAX_METHODS: usize = 20_000;
pub const MAX_SETS: usize = 1_000;
/// The next step for a catalogue that is too large.
pub(super) const DIVIDE: &str = "Divide the API into several catalogues, each with its own file";
/// Maximum total number of entries in the API sets of one catalogue.
pub const MAX_ENTRIES: usize = 200_000;
/// Maximum lengths of names and titles, in characters. A set's name may hold the names of several scopes.
const MAX_NAME_LEN: usize = 64;
pub const MAX_SET_NAME_LEN: usize = 300;
pub(super) const MAX_TITLE_LEN: usize = 200;
const MAX_LINK_LEN: usize = 2_000;
/// Maximum number of characters of a text that errors repeat.
pub(super) const MAX_EXCERPT: usize = 60;

/// The HTTP methods that a new route may have: the registered ones, and some that proxies and devices use. Stored
/// catalogues may have others.
#[rustfmt::skip]
const HTTP_METHODS: [&str; 41] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "ACL", "BAN", "BIND",
    "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
    "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "NOTIFY", "ORDERPATCH", "PROPFIND", "PROPPATCH", "PURGE", "REBIND",
    "REPORT", "SEARCH", "SUBSCRIBE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE", "UPDATE", "UPDATEREDIRECTREF",
];

/// A part of a catalogue, identified by its position numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    Name,
    Title,
    /// One of the hosts, by its position among the sorted ones.
    Host(usize),
    GroupId(usize),
    GroupTitle(usize),
    /// A method's id: group, method.
    MethodId(usize, usize),
    MethodTitle(usize, usize),
    Docs(usize, usize),
    /// A method's route: group, method, route.
    Route(usize, usize, usize),
    SetName(usize),
    SetTitle(usize),
    /// An entry of a set: set, entry of `include`.
    Include(usize, usize),
    /// An entry of a set: set, entry of `exclude`.
    Exclude(usize, usize),
}

/// A broken rule and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationFault {
    pub location: Location,
    pub error: Error,
}

pub(super) type ValidationResult = std::result::Result<(), Box<ValidationFault>>;

pub(super) fn fault(location: Location, error: Error) -> Box<ValidationFault> {
    Box::new(ValidationFault { location, error })
}

/// Checks `catalogue` against every rule, together with the catalogues in `existing`. These may include the older
/// version that `catalogue` would replace.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the first broken rule. [`crate::error::Kind::Conflict`] if a method of another
/// catalogue has one of the routes.
pub fn validate(catalogue: &Catalogue, existing: &[Catalogue]) -> Result<()> {
    find_fault(catalogue, existing).map_err(|fault| fault.error)
}

pub(super) fn find_fault(catalogue: &Catalogue, existing: &[Catalogue]) -> ValidationResult {
    reject_reserved(catalogue)?;
    validate_rules(catalogue, existing)
}

/// Refuses definitions that only jeton's own file may make.
fn reject_reserved(catalogue: &Catalogue) -> ValidationResult {
    let ours = "jeton.* methods are built in";
    if catalogue.name.eq_ignore_ascii_case(MANAGEMENT) {
        let error = Error::usage("a file can't define the catalogue jeton").why(ours).next("Choose another name");
        return Err(fault(Location::Name, error));
    }
    // Ignores the case, because an id that only looks like one of jeton's would be mistaken for it.
    let is_ours = |id: &str| id.split('.').next().unwrap_or_default().eq_ignore_ascii_case(MANAGEMENT);
    for (g, group) in catalogue.groups.iter().enumerate() {
        let own_method = || group.methods.iter().position(|m| is_ours(m.id.as_str()));
        let location = if is_ours(&group.id) {
            Some(Location::GroupId(g))
        } else {
            own_method().map(|m| Location::MethodId(g, m))
        };
        if let Some(location) = location {
            let error = Error::usage("a catalogue file can't define groups or methods of jeton").why(ours).next(
                "Choose another id, such as shop.List. The part before the first dot can't be jeton, Jeton or JETON",
            );
            return Err(fault(location, error));
        }
    }
    Ok(())
}

/// Checks the rules that also apply to jeton's own files.
pub(super) fn validate_rules(catalogue: &Catalogue, existing: &[Catalogue]) -> ValidationResult {
    // All other rules read the routes.
    route_limits::check_route_count(catalogue)?;
    let renames = Renames::new(existing.iter().find(|c| c.name == catalogue.name), catalogue);
    let others = existing.iter().filter(|c| c.name != catalogue.name);
    let others: Vec<Cow<'_, Catalogue>> = others
        .map(|other| renames.in_other_catalogue(other).map_or(Cow::Borrowed(other), |(renamed, _)| Cow::Owned(renamed)))
        .collect();
    let others: Vec<&Catalogue> = others.iter().map(Cow::as_ref).collect();
    validate_head(catalogue)?;
    validate_groups(catalogue, &others)?;
    route_owners::check_route_owners(catalogue, &others)?;
    route_limits::check_route_overlaps(catalogue, &others, existing)?;
    validate_sets(catalogue, &others)?;
    reject_removed_nested_sets(catalogue, existing, &others)?;
    reject_cycles(catalogue, &others)
}

fn validate_head(catalogue: &Catalogue) -> ValidationResult {
    let name = catalogue.name.as_str();
    let starts = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let follows = |c: char| starts(c) || matches!(c, '.' | '_' | '-');
    if name.len() > MAX_NAME_LEN || !name.starts_with(starts) || !name.chars().all(follows) {
        let error = Error::usage(format!("\"{}\" is not a catalogue name", excerpt(name, MAX_EXCERPT)))
            .why("use 1-64 of the characters a-z 0-9 . _ - (no capitals), and begin with a letter or digit");
        return Err(fault(Location::Name, error));
    }
    validate_text("the catalogue's title", &catalogue.title, MAX_TITLE_LEN, Location::Title)?;
    for (h, host) in catalogue.hosts.iter().enumerate() {
        let parsed = parse_host(host).map_err(|error| fault(Location::Host(h), error))?;
        if parsed != *host {
            let error = Error::usage(format!("the host {host} has capitals")).next(format!("Write: {parsed}"));
            return Err(fault(Location::Host(h), error));
        }
        if h >= MAX_HOSTS {
            let error = Error::usage(format!("a catalogue can have at most {MAX_HOSTS} hosts"));
            return Err(fault(Location::Host(h), error));
        }
    }
    Ok(())
}

fn validate_groups(catalogue: &Catalogue, others: &[&Catalogue]) -> ValidationResult {
    let elsewhere: HashMap<&str, &str> =
        others.iter().flat_map(|c| c.methods().map(|m| (m.id.as_str(), c.name.as_str()))).collect();
    let groups_elsewhere: HashMap<&str, &str> =
        others.iter().flat_map(|c| c.groups.iter().map(|g| (g.id.as_str(), c.name.as_str()))).collect();
    let (mut seen, mut methods) = (HashSet::new(), HashSet::new());
    for (g, group) in catalogue.groups.iter().enumerate() {
        let group_fault = |error| Err(fault(Location::GroupId(g), error));
        if let Err(e) = MethodId::parse(&group.id) {
            return group_fault(
                Error::usage(format!("\"{}\" is not a group id", excerpt(&group.id, MAX_EXCERPT)))
                    .why(e.why.unwrap_or_default()),
            );
        }
        if !seen.insert(group.id.as_str()) {
            return group_fault(Error::usage(format!("the group {} is defined twice", group.id)));
        }
        if let Some(other) = groups_elsewhere.get(group.id.as_str()) {
            return group_fault(already_defined(&format!("the group {}", group.id), other));
        }
        validate_text("a group's title", &group.title, MAX_TITLE_LEN, Location::GroupTitle(g))?;
        for (m, one) in group.methods.iter().enumerate() {
            let method_fault = |error| Err(fault(Location::MethodId(g, m), error));
            if !one.id.as_str().strip_prefix(group.id.as_str()).is_some_and(|rest| rest.starts_with('.')) {
                return method_fault(Error::usage(format!(
                    "the method id {} does not begin with the group id {} and a dot",
                    one.id, group.id
                )));
            }
            if !methods.insert(one.id.as_str()) {
                return method_fault(Error::usage(format!("the method {} is defined twice", one.id)));
            }
            if methods.len() > MAX_METHODS {
                return method_fault(too_many_methods());
            }
            if let Some(other) = elsewhere.get(one.id.as_str()) {
                return method_fault(already_defined(&format!("the method {}", one.id), other));
            }
            validate_method(one, g, m)?;
        }
    }
    Ok(())
}

pub(super) fn too_many_methods() -> Error {
    Error::usage("the catalogue is too large")
        .why(format!("a catalogue can have at most {} methods", group_digits(MAX_METHODS as u64)))
        .next(DIVIDE)
}

pub(super) fn too_many_sets() -> Error {
    Error::usage("the catalogue has too many API sets")
        .why(format!("a catalogue can have at most {} API sets", group_digits(MAX_SETS as u64)))
        .next(DIVIDE)
}

fn validate_method(method: &Method, g: usize, m: usize) -> ValidationResult {
    validate_text("a method's title", &method.title, MAX_TITLE_LEN, Location::MethodTitle(g, m))?;
    if let Some(docs) = &method.docs {
        validate_text("a documentation link", docs, MAX_LINK_LEN, Location::Docs(g, m))?;
        let lower = docs.to_ascii_lowercase();
        let leads_to_a_page = lower.starts_with("https://") || lower.starts_with("http://");
        if !leads_to_a_page || docs.contains(char::is_whitespace) {
            let error = Error::usage(format!("\"{}\" is not a documentation link", excerpt(docs, MAX_EXCERPT)))
                .why("a documentation link begins with https:// or http:// and contains no spaces");
            return Err(fault(Location::Docs(g, m), error));
        }
    }
    for (r, route) in method.routes.iter().enumerate() {
        let location = Location::Route(g, m, r);
        validate_text("a route", route, MAX_LINK_LEN, location)?;
        let parsed = Route::parse_all(route).map_err(|error| fault(location, error))?;
        let http_methods = parsed.first().and_then(|route| route.verbs.names()).unwrap_or_default();
        if let Some(http_method) = http_methods.into_iter().find(|name| !HTTP_METHODS.contains(name)) {
            let error = Error::usage(format!("\"{}\" has an unknown HTTP method", excerpt(route, MAX_EXCERPT))).why(
                "jeton knows only the usual HTTP methods, such as GET and POST. A route without an HTTP method matches \
                 the requests of every HTTP method",
            );
            // Words this short are near only by a letter.
            let near = HTTP_METHODS.into_iter().filter(|known| osa_distance(known, http_method) == 1);
            let next = suggestion(&near.collect::<Vec<_>>());
            return Err(fault(location, Error { next, ..error }));
        }
    }
    Ok(())
}

pub(super) fn already_defined(what: &str, other: &str) -> Error {
    Error::usage(format!("{what} belongs to another catalogue"))
        .why(format!("the definition is in the catalogue {other}"))
        .next("Use another id or name here, or remove the definition from the other catalogue first")
}

pub(super) fn validate_text(what: &str, text: &str, max: usize, location: Location) -> ValidationResult {
    let why = if text.trim().is_empty() {
        "the text is empty".to_owned()
    } else if let Some(c) = text.chars().find(|c| is_control_or_bidi(*c)) {
        format!(
            "the text contains {}. Control characters, invisible characters and text-direction characters are not \
             allowed",
            c.escape_unicode()
        )
    } else if text.chars().count() > max {
        format!("the text has more than {max} characters")
    } else {
        return Ok(());
    };
    Err(fault(location, Error::usage(format!("{what} is invalid: \"{}\"", excerpt(text, MAX_EXCERPT))).why(why)))
}
