//! The rules for the API sets of a catalogue.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::validate::{
    DIVIDE, Location, MAX_ENTRIES, MAX_EXCERPT, MAX_SET_NAME_LEN, MAX_SETS, MAX_TITLE_LEN, ValidationResult,
    already_defined, fault, too_many_sets, validate_text,
};
use super::{ApiSet, Catalogue, MANAGEMENT, SetEntry, resolved_set};
use crate::domain::api_selection::looks_built_in;
use crate::domain::method::MethodId;
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::Error;

/// Maximum number of patterns in the API sets of one catalogue. Each pattern is compared with every method.
const MAX_PATTERNS: usize = 2_000;
/// Maximum total number of methods in the API sets of one catalogue. A method counts once for each set. A preview
/// compares this much data.
const MAX_MEMBERS: usize = 1_000_000;

/// The reason for an API set that no catalogue has.
pub const UNKNOWN_SET: &str = "neither this catalogue nor a catalogue in the store has this API set";

pub(super) fn validate_sets(catalogue: &Catalogue, others: &[&Catalogue]) -> ValidationResult {
    validate_set_sizes(catalogue)?;
    let names = SetNames::new(catalogue, others);
    let mut seen = HashSet::new();
    for (s, set) in catalogue.sets.iter().enumerate() {
        let location = Location::SetName(s);
        validate_set_name(&set.name, location)?;
        if !seen.insert(set.name.as_str()) {
            return Err(fault(location, Error::usage(format!("the API set \"{}\" is defined twice", set.name))));
        }
        if let Some(other) = names.elsewhere.get(set.name.as_str()) {
            return Err(fault(location, already_defined(&format!("the API set \"{}\"", set.name), other)));
        }
        validate_text("an API set's title", &set.title, MAX_TITLE_LEN, Location::SetTitle(s))?;
        let both = set.include.iter().enumerate().map(|(e, entry)| (Location::Include(s, e), entry));
        let both = both.chain(set.exclude.iter().enumerate().map(|(e, entry)| (Location::Exclude(s, e), entry)));
        for (location, entry) in both {
            if let Some(why) = names.fault_of(entry) {
                let entry = excerpt(&entry.to_string(), MAX_EXCERPT);
                let error = Error::usage(format!("\"{entry}\" in the API set \"{}\" is invalid", set.name)).why(why);
                return Err(fault(location, error));
            }
        }
    }
    Ok(())
}

fn validate_set_sizes(catalogue: &Catalogue) -> ValidationResult {
    let all_methods = catalogue.methods().count();
    let (mut entries, mut patterns, mut members) = (0, 0, 0);
    for (s, set) in catalogue.sets.iter().enumerate() {
        let all = || set.include.iter().chain(&set.exclude);
        entries += all().count();
        patterns += all().filter(|e| matches!(e, SetEntry::Prefix(_))).count();
        let exact = all().all(|e| matches!(e, SetEntry::Method(_)));
        members += if exact { set.include.len() } else { all_methods };
        if entries > MAX_ENTRIES || patterns > MAX_PATTERNS || members > MAX_MEMBERS {
            let error = Error::usage("the API sets of the catalogue are too large")
                .why(
                    "all sets together can have at most 200 000 entries, 2 000 patterns and 1 000 000 methods. A set \
                     with a pattern, a group or another set counts as all methods of the catalogue",
                )
                .next(DIVIDE);
            return Err(fault(Location::SetName(s), error));
        }
        if s >= MAX_SETS {
            return Err(fault(Location::SetName(s), too_many_sets()));
        }
    }
    Ok(())
}

fn validate_set_name(name: &str, location: Location) -> ValidationResult {
    validate_text("an API set's name", name, MAX_SET_NAME_LEN, location)?;
    if name.trim() != name {
        return Err(fault(location, Error::usage("an API set's name can't begin or end with a space")));
    }
    if looks_built_in(name) {
        let error = Error::usage(format!("an API set can't have the name \"{}\"", escape_untrusted(name)))
            .why("the name looks like a built-in choice, such as \"Inherit\", \"no access\" or \"2 sets\"")
            .next("Choose another name");
        return Err(fault(location, error));
    }
    Ok(())
}

/// The names that an entry of an API set can mean.
struct SetNames<'a> {
    methods: BTreeSet<&'a str>,
    groups: HashSet<&'a str>,
    sets: HashSet<&'a str>,
    /// The API sets of other catalogues, with the catalogue.
    elsewhere: HashMap<&'a str, &'a str>,
}

impl<'a> SetNames<'a> {
    fn new(catalogue: &'a Catalogue, others: &[&'a Catalogue]) -> Self {
        SetNames {
            methods: catalogue.methods().map(|m| m.id.as_str()).collect(),
            groups: catalogue.groups.iter().map(|g| g.id.as_str()).collect(),
            sets: catalogue.sets.iter().map(|s| s.name.as_str()).collect(),
            elsewhere: others.iter().flat_map(|c| c.sets.iter().map(|s| (s.name.as_str(), c.name.as_str()))).collect(),
        }
    }

    /// Returns why an entry means nothing. `None` if it means something.
    fn fault_of(&self, entry: &SetEntry) -> Option<&'static str> {
        let is_management = match entry {
            SetEntry::Method(id) => id.is_management(),
            SetEntry::Prefix(head) => MethodId::parse(head).is_ok_and(|id| id.is_management()),
            SetEntry::Group(group) => group.split('.').next() == Some(MANAGEMENT),
            SetEntry::Set(_) => false,
        };
        let (means_something, why) = match entry {
            _ if is_management => {
                (false, "API sets can't include jeton.* methods. Choose these methods for each token")
            }
            SetEntry::Method(id) => (
                self.methods.contains(id.as_str()),
                "this catalogue has no such method. If you mean an API set, write set:NAME",
            ),
            SetEntry::Prefix(head) => (
                self.methods.range(head.as_str()..).next().is_some_and(|id| id.starts_with(head.as_str())),
                "no method of this catalogue matches the pattern",
            ),
            SetEntry::Group(group) => (self.groups.contains(group.as_str()), "this catalogue has no such group"),
            SetEntry::Set(name) => {
                (self.sets.contains(name.as_str()) || self.elsewhere.contains_key(name.as_str()), UNKNOWN_SET)
            }
        };
        (!means_something).then_some(why)
    }
}

/// Refuses to remove a part that another catalogue's set uses. That set would silently lose methods, and its own file
/// could no longer be read.
pub(super) fn reject_removed_nested_sets(
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
                        "Remove \"{name}\" from \"{}\" in the catalogue {} first, or keep \"{name}\" in this catalogue",
                        set.name, other.name
                    ));
                return Err(fault(Location::Name, error));
            }
        }
    }
    Ok(())
}

pub(super) fn reject_cycles(catalogue: &Catalogue, others: &[&Catalogue]) -> ValidationResult {
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
        .next("In one of these sets, remove the next set from include or exclude");
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
