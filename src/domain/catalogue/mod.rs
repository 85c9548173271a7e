//! Catalogues: the methods and API sets of an installation, and the TOML files that define them.
//!
//! - [`toml_reader`] parses a catalogue file, [`toml_writer`] writes one that parses back to the same catalogue;
//! - [`validate`] holds the rules for every catalogue, [`hosts`] those for hosts, `route_owners` the rule about routes,
//!   [`route_limits`] the limits for their number;
//! - [`resolved_set`] answers questions about single sets, [`permission_index`] holds the methods of all sets and
//!   computes those that a token may call;
//! - [`short_names`] resolves names as people type them;
//! - [`change`] compares the states before and after a catalogue is replaced.

pub(crate) mod bit_set;
pub mod change;
pub mod effective_rights;
pub mod hosts;
pub mod method_holders;
pub mod permission_index;
pub mod resolved_set;
pub mod route_limits;
mod route_owners;
pub mod short_names;
pub mod toml_reader;
pub mod toml_writer;
pub mod validate;
mod validate_sets;

pub use validate_sets::UNKNOWN_SET;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

use crate::domain::method::{Method, MethodId};
use crate::domain::name::quoted;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};

/// The catalogue of management methods. It always exists, and no file can define it.
pub const MANAGEMENT: &str = "jeton";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The group's id, which is the start of its methods' ids.
    pub id: String,
    pub title: String,
    /// The group's methods, in the file's order.
    pub methods: Vec<Method>,
}

/// A predefined, named selection of methods. Its methods depend on all catalogues: see [`resolved_set`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiSet {
    /// The set's name, as tokens store it.
    pub name: String,
    /// The purpose of the set.
    pub title: String,
    pub include: Vec<SetEntry>,
    /// The excluded entries, which override `include`.
    pub exclude: Vec<SetEntry>,
}

impl ApiSet {
    /// Returns the names of the sets that the set includes or excludes.
    pub fn nested(&self) -> impl Iterator<Item = &str> {
        self.include.iter().chain(&self.exclude).filter_map(|entry| match entry {
            SetEntry::Set(name) => Some(name.as_str()),
            SetEntry::Method(_) | SetEntry::Prefix(_) | SetEntry::Group(_) => None,
        })
    }
}

/// An entry of a set. Patterns and groups match methods of the set's own catalogue, and never `jeton.*`. So a new
/// catalogue can't widen a set that doesn't name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SetEntry {
    Method(MethodId),
    /// `environment.*`: every method whose id begins with this text. Stored without the `*`.
    Prefix(String),
    /// `group:ID`: the methods of a group.
    Group(String),
    /// `set:NAME`: the methods of another set, in any catalogue.
    Set(String),
}

impl SetEntry {
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(name) = text.strip_prefix("set:") {
            return Ok(SetEntry::Set(name.to_owned()));
        }
        let parsed = match (text.strip_prefix("group:"), text.strip_suffix('*')) {
            (Some(id), _) => MethodId::parse(id).map(|_| SetEntry::Group(id.to_owned())),
            (None, Some("")) => Ok(SetEntry::Prefix(String::new())),
            (None, Some(head)) => MethodId::parse(head).map(|_| SetEntry::Prefix(head.to_owned())),
            (None, None) => MethodId::parse(text).map(SetEntry::Method),
        };
        parsed.map_err(|_| {
            Error::usage(format!("{} is not an entry of an API set", quoted(text))).why(
                "use a method id, a prefix such as orders.*, group:ID or set:NAME. Ids consist of A-Z a-z 0-9 . _ -",
            )
        })
    }
}

/// The entry as written in a file.
impl fmt::Display for SetEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetEntry::Method(id) => id.fmt(f),
            SetEntry::Prefix(head) => write!(f, "{head}*"),
            SetEntry::Group(id) => write!(f, "group:{id}"),
            SetEntry::Set(name) => write!(f, "set:{name}"),
        }
    }
}

word_enum! {
    /// The requests that a catalogue's routes match: those with a final slash, those without, or both.
    #[derive(Default)]
    pub enum TrailingSlash {
        /// A final slash makes another path.
        #[default]
        Strict = "strict",
        /// A route is valid with and without a final slash.
        Either = "either",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The catalogue's name, which is the origin of its methods and sets.
    pub name: String,
    pub title: String,
    /// The hosts at which the application is called, in lower case and without ports. An empty list means any host.
    #[serde(default)]
    pub hosts: BTreeSet<String>,
    /// The rule for the final slash of routes.
    #[serde(default)]
    pub trailing_slash: TrailingSlash,
    /// The groups, in the file's order.
    pub groups: Vec<Group>,
    /// The API sets, in the file's order.
    pub sets: Vec<ApiSet>,
}

/// The catalogues included in the program: name and text of the file.
const SHIPPED: [(&str, &str); 2] = [
    (MANAGEMENT, include_str!("../../../assets/catalogues/jeton.toml")),
    ("cloud-platform", include_str!("../../../assets/catalogues/cloud-platform.toml")),
];

impl Catalogue {
    /// Returns a catalogue included in the program: `jeton` (management, always present) or `cloud-platform`. These
    /// catalogues may define `jeton.*`; no other file may.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] with the known names.
    pub fn shipped(name: &str) -> Result<Self> {
        match SHIPPED.iter().find(|(n, _)| *n == name) {
            Some((name, text)) => toml_reader::read_shipped(name, text),
            None => Err(Error::not_found(format!("no catalogue {}", quoted(name)))
                .why("jeton includes one application catalogue: cloud-platform")),
        }
    }

    pub fn is_shipped(name: &str) -> bool {
        SHIPPED.iter().any(|(n, _)| *n == name)
    }

    /// Returns every method, in the file's order.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.groups.iter().flat_map(|g| &g.methods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_catalogues_read() {
        let jeton = Catalogue::shipped("jeton").unwrap();
        assert!(jeton.methods().all(|m| m.id.is_management()));
        let cloud = Catalogue::shipped("cloud-platform").unwrap();
        let total = cloud.methods().count();
        assert!(total >= 150, "{total}");
        assert_eq!(cloud.sets.len(), 4);
        let both = [jeton, cloud];
        for name in ["IDE Plugins", "Marketplace", "Maven Plugin"] {
            let n = permission_index::members(&both, name).len();
            assert!(n > 5 && n < total / 2, "{name}: {n}");
        }
        assert!(permission_index::members(&both, "Extended Access").len() > total * 3 / 4);
        assert!(Catalogue::shipped("other").is_err());
    }

    #[test]
    fn entries_read_back() {
        for text in ["*", "a.*", "a.b", "a*", "group:a.b", "set:IDE Plugins", "set:a*"] {
            assert_eq!(SetEntry::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "a b", "*.a", "**", "a.*.b", "group:", "group:a*", "sets:a", "\u{202e}"] {
            assert!(SetEntry::parse(bad).is_err(), "{bad}");
        }
    }
}
