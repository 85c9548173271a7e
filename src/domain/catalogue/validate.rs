//! The rules for every catalogue, from a file or an import. A fault has a location, so that the parser of files can
//! report the line.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use strsim::osa_distance;

use super::change::renames::Renames;
use super::hosts::{MAX_HOSTS, parse_host};
use super::{ApiSet, Catalogue, MANAGEMENT, SetEntry, resolved_set, route_limits, route_owners};
use crate::domain::api_selection::looks_built_in;
use crate::domain::method::{Method, MethodId};
use crate::domain::number::group_digits;
use crate::domain::route::Route;
use crate::domain::suggest::suggestion;
use crate::domain::untrusted_text::{escape_untrusted, excerpt, is_control_or_bidi};
use crate::error::{Error, Result};

pub const MAX_METHODS: usize = 20_000;
pub const MAX_SETS: usize = 1_000;
/// Maximum total number of entries in the API sets of one catalogue, and maximum number of patterns among them. Each
/// pattern is compared with every method.
pub const MAX_ENTRIES: usize = 200_000;
const MAX_PATTERNS: usize = 2_000;
/// Maximum total number of methods in the API sets of one catalogue. A method counts once for each set. A preview
/// compares this much data.
const MAX_MEMBERS: usize = 1_000_000;
/// Maximum lengths of names and titles, in characters. A set's name may hold the names of several scopes.
const MAX_NAME_LEN: usize = 64;
pub const MAX_SET_NAME_LEN: usize = 300;
const MAX_TITLE_LEN: usize = 200;
const MAX_LINK_LEN: usize = 2_000;
/// Maximum number of characters of a text that errors repeat.
const MAX_EXCERPT: usize = 60;

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
            let error = Error::usage("a catalogue file can't define groups or methods of jeton")
                .why(ours)
                .next("Choose an id with another first part, such as shop.List; capitals make no difference");
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
                    "the id of the method {} does not begin with its group {} and a dot",
                    one.id, group.id
                )));
            }
            if !methods.insert(one.id.as_str()) {
                return method_fault(Error::usage(format!("the method {} is defined twice", one.id)));
            }
            if methods.len() > MAX_METHODS {
                return method_fault(
                    Error::usage("the catalogue is too large")
                        .why(format!("a catalogue can have at most {} methods", group_digits(MAX_METHODS as u64))),
                );
            }
            if let Some(other) = elsewhere.get(one.id.as_str()) {
                return method_fault(already_defined(&format!("the method {}", one.id), other));
            }
            validate_method(one, g, m)?;
        }
    }
    Ok(())
}

fn validate_method(method: &Method, g: usize, m: usize) -> ValidationResult {
    validate_text("a method's title", &method.title, MAX_TITLE_LEN, Location::MethodTitle(g, m))?;
    if let Some(docs) = &method.docs {
        validate_text("a docs link", docs, MAX_LINK_LEN, Location::Docs(g, m))?;
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
                "no request would match the route. A route without an HTTP method matches requests of every method",
            );
            // Words this short are near only by a letter.
            let near = HTTP_METHODS.into_iter().filter(|known| osa_distance(known, http_method) == 1);
            let next = suggestion(&near.collect::<Vec<_>>());
            return Err(fault(location, Error { next, ..error }));
        }
    }
    Ok(())
}

fn validate_sets(catalogue: &Catalogue, others: &[&Catalogue]) -> ValidationResult {
    let elsewhere: HashMap<&str, &str> =
        others.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), c.name.as_str()))).collect();
    let own_sets: HashSet<&str> = catalogue.sets.iter().map(|s| s.name.as_str()).collect();
    let own: BTreeSet<&str> = catalogue.methods().map(|m| m.id.as_str()).collect();
    let own_groups: HashSet<&str> = catalogue.groups.iter().map(|g| g.id.as_str()).collect();
    let mut seen = HashSet::new();
    let (mut entries, mut patterns, mut members) = (0, 0, 0);
    for (s, set) in catalogue.sets.iter().enumerate() {
        let all = || set.include.iter().chain(&set.exclude);
        entries += all().count();
        patterns += all().filter(|e| matches!(e, SetEntry::Prefix(_))).count();
        let exact = all().all(|e| matches!(e, SetEntry::Method(_)));
        members += if exact { set.include.len() } else { own.len() };
        if entries > MAX_ENTRIES || patterns > MAX_PATTERNS || members > MAX_MEMBERS {
            let error = Error::usage("the API sets of the catalogue are too large").why(
                "a catalogue can have at most 200 000 set entries, 2 000 patterns and 1 000 000 methods in sets; a set with a \
                     pattern, a group or another set counts as all methods of the catalogue",
            );
            return Err(fault(Location::SetName(s), error));
        }
        let location = Location::SetName(s);
        validate_text("an API set's name", &set.name, MAX_SET_NAME_LEN, location)?;
        if set.name.trim() != set.name {
            return Err(fault(location, Error::usage("an API set's name can't begin or end with a space")));
        }
        if looks_built_in(&set.name) {
            let error = Error::usage(format!("an API set can't have the name \"{}\"", escape_untrusted(&set.name)))
                .why("the name looks like a built-in choice, such as \"Inherit\", \"no access\" or \"2 sets\"")
                .next("Choose another name");
            return Err(fault(location, error));
        }
        if !seen.insert(set.name.as_str()) {
            return Err(fault(location, Error::usage(format!("the API set \"{}\" is defined twice", set.name))));
        }
        if let Some(other) = elsewhere.get(set.name.as_str()) {
            return Err(fault(location, already_defined(&format!("the API set \"{}\"", set.name), other)));
        }
        if s >= MAX_SETS {
            let error = Error::usage("the catalogue is too large")
                .why(format!("a catalogue can have at most {} API sets", group_digits(MAX_SETS as u64)));
            return Err(fault(location, error));
        }
        validate_text("an API set's title", &set.title, MAX_TITLE_LEN, Location::SetTitle(s))?;
        let both = set.include.iter().enumerate().map(|(e, entry)| (Location::Include(s, e), entry));
        let both = both.chain(set.exclude.iter().enumerate().map(|(e, entry)| (Location::Exclude(s, e), entry)));
        for (location, entry) in both {
            let is_management = match entry {
                SetEntry::Method(id) => id.is_management(),
                SetEntry::Prefix(head) => MethodId::parse(head).is_ok_and(|id| id.is_management()),
                SetEntry::Group(group) => group.split('.').next() == Some(MANAGEMENT),
                SetEntry::Set(_) => false,
            };
            let (means_something, why) = match entry {
                _ if is_management => {
                    (false, "API sets can't include jeton.* methods; choose these methods for each token")
                }
                SetEntry::Method(id) => (
                    own.contains(id.as_str()),
                    "this catalogue has no such method; for an API set of this or another catalogue, use set:NAME",
                ),
                SetEntry::Prefix(head) => (
                    own.range(head.as_str()..).next().is_some_and(|id| id.starts_with(head.as_str())),
                    "no method of this catalogue matches the pattern",
                ),
                SetEntry::Group(group) => (own_groups.contains(group.as_str()), "this catalogue has no such group"),
                SetEntry::Set(name) => (
                    own_sets.contains(name.as_str()) || elsewhere.contains_key(name.as_str()),
                    "no catalogue has such an API set",
                ),
            };
            if !means_something {
                let entry = excerpt(&entry.to_string(), MAX_EXCERPT);
                let error = Error::usage(format!("\"{entry}\" in the API set \"{}\" is invalid", set.name)).why(why);
                return Err(fault(location, error));
            }
        }
    }
    Ok(())
}

/// Refuses to remove a part that another catalogue's set uses. That set would silently lose methods, and its own file
/// could no longer be read.
fn reject_removed_nested_sets(
    catalogue: &Catalogue,
    existing: &[Catalogue],
    others: &[&Catalogue],
) -> ValidationResult {
    let Some(older) = existing.iter().find(|c| c.name == catalogue.name) else { return Ok(()) };
    let remaining: HashSet<&str> = catalogue.sets.iter().map(|s| s.name.as_str()).collect();
    let removed: HashSet<&str> =
        older.sets.iter().map(|s| s.name.as_str()).filter(|n| !remaining.contains(n)).collect();
    for other in others {
        for set in &other.sets {
            if let Some(name) = set.nested().find(|n| removed.contains(n)) {
                let error = Error::usage(format!("the API set \"{name}\" can't be removed"))
                    .why(format!("the API set \"{}\" of the catalogue {} refers to \"{name}\"", set.name, other.name))
                    .next(format!(
                        "Remove \"{name}\" from \"{}\" first, or keep \"{name}\" in this catalogue",
                        set.name
                    ));
                return Err(fault(Location::Name, error));
            }
        }
    }
    Ok(())
}

fn reject_cycles(catalogue: &Catalogue, others: &[&Catalogue]) -> ValidationResult {
    let all = || catalogue.sets.iter().chain(others.iter().flat_map(|c| &c.sets)).map(|s| (s.name.as_str(), s));
    let (_, left) = resolved_set::topological_order(all());
    let Some(cycle) = find_cycle(&left, &all().collect()) else { return Ok(()) };
    let at = catalogue.sets.iter().position(|s| cycle.contains(&s.name.as_str()));
    let mut names: Vec<String> = cycle.iter().take(12).map(|name| format!("\"{name}\"")).collect();
    if cycle.len() > names.len() {
        names.push(format!("{} more", cycle.len() - names.len()));
    }
    names.extend(cycle.first().map(|first| format!("\"{first}\"")));
    let error = Error::usage("API sets refer to each other in a cycle")
        .why(names.join(" → "))
        .next("Remove one of these sets from the include or exclude of the set before it");
    Err(fault(at.map_or(Location::Name, Location::SetName), error))
}

/// Returns a cycle. Each of `left` leads to another of them, so following them must end in a cycle.
fn find_cycle<'a>(left: &[&'a str], sets: &HashMap<&'a str, &'a ApiSet>) -> Option<Vec<&'a str>> {
    let stuck: HashSet<&str> = left.iter().copied().collect();
    let (mut path, mut at) = (Vec::new(), HashMap::new());
    let mut name = *left.first()?;
    loop {
        if let Some(start) = at.get(name) {
            return Some(path.split_off(*start));
        }
        at.insert(name, path.len());
        path.push(name);
        name = sets.get(name)?.nested().find(|n| stuck.contains(n))?;
    }
}

fn already_defined(what: &str, other: &str) -> Error {
    Error::usage(format!("{what} belongs to another catalogue"))
        .why(format!("the definition is in the catalogue {other}"))
        .next("Use another id or name here, or remove the definition from the other catalogue first")
}

fn validate_text(what: &str, text: &str, max: usize, location: Location) -> ValidationResult {
    let why = if text.trim().is_empty() {
        "the text is empty".to_owned()
    } else if let Some(c) = text.chars().find(|c| is_control_or_bidi(*c)) {
        format!(
            "the text contains {}; control characters, invisible characters and text-direction characters are not \
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
