//! Catalogues: the methods and API sets an installation knows, and the TOML files they are read from.
//!
//! - [`mod@file`] reads a catalogue file, [`mod@write`] writes one that reads back to the same;
//! - [`check`] holds the rules that every catalogue keeps, wherever it came from; `claims` the one about routes;
//! - [`set`] answers which methods a set holds, [`reach`] which methods a token gains;
//! - [`diff`] tells what comes, goes and changes.

mod bits;
pub mod check;
mod claims;
pub mod diff;
pub mod effective;
pub mod file;
pub mod reach;
pub mod set;
pub mod write;

use std::fmt;

use crate::domain::method::{Method, MethodId};
use crate::error::{Error, Result};

/// The catalogue of management methods: always there, and no file's to define.
pub const MANAGEMENT: &str = "jeton";

/// Methods that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id, the head of its methods' ids.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Its methods, in the file's order.
    pub methods: Vec<Method>,
}

/// A predefined, named selection of methods. Which ones it holds depends on the catalogues around it: see [`set`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSet {
    /// Its name, as tokens keep it.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// What it includes.
    pub include: Vec<Entry>,
    /// What it leaves out, whatever `include` says.
    pub exclude: Vec<Entry>,
}

impl ApiSet {
    /// The names of the sets that it includes or leaves out.
    pub fn nested(&self) -> impl Iterator<Item = &str> {
        self.include.iter().chain(&self.exclude).filter_map(|entry| match entry {
            Entry::Set(name) => Some(name.as_str()),
            Entry::Method(_) | Entry::Head(_) | Entry::Group(_) => None,
        })
    }
}

/// One line of a set. Patterns and groups reach the methods of the set's own catalogue, and never `jeton.*`: what
/// another catalogue brings widens no set that doesn't name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A method, by its id.
    Method(MethodId),
    /// `environment.*`: every method whose id begins so. Without the `*`.
    Head(String),
    /// `group:ID`: the methods of a group.
    Group(String),
    /// `set:NAME`: the methods of another set, of whichever catalogue.
    Set(String),
}

impl Entry {
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the four forms.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(name) = text.strip_prefix("set:") {
            return Ok(Entry::Set(name.to_owned()));
        }
        let parsed = match (text.strip_prefix("group:"), text.strip_suffix('*')) {
            (Some(id), _) => MethodId::parse(id).map(|_| Entry::Group(id.to_owned())),
            (None, Some("")) => Ok(Entry::Head(String::new())),
            (None, Some(head)) => MethodId::parse(head).map(|_| Entry::Head(head.to_owned())),
            (None, None) => MethodId::parse(text).map(Entry::Method),
        };
        parsed.map_err(|e| {
            Error::usage(e.what)
                .why("an entry is a method id, the head of some with * at its end, group:ID or set:NAME")
        })
    }
}

/// As it stands in a file.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Method(id) => id.fmt(f),
            Entry::Head(head) => write!(f, "{head}*"),
            Entry::Group(id) => write!(f, "group:{id}"),
            Entry::Set(name) => write!(f, "set:{name}"),
        }
    }
}

/// What one catalogue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Its name: where its methods and sets came from.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its groups, in the file's order.
    pub groups: Vec<Group>,
    /// Its API sets, in the file's order.
    pub sets: Vec<ApiSet>,
}

/// The catalogues that come with the program, by name: the file's text.
const SHIPPED: [(&str, &str); 2] = [
    (MANAGEMENT, include_str!("../../../assets/catalogues/jeton.toml")),
    ("cloud-platform", include_str!("../../../assets/catalogues/cloud-platform.toml")),
];

impl Catalogue {
    /// A catalogue that comes with the program: `jeton` (management, always there) or `cloud-platform`. Ours may
    /// define `jeton.*`; nobody else's file may.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] with the names there are.
    pub fn shipped(name: &str) -> Result<Self> {
        match SHIPPED.iter().find(|(n, _)| *n == name) {
            Some((name, text)) => file::ours(name, text),
            None => Err(Error::not_found("no such catalogue").why("the one that comes with jeton is cloud-platform")),
        }
    }

    /// Whether `name` is that of a catalogue that comes with the program.
    pub fn is_shipped(name: &str) -> bool {
        SHIPPED.iter().any(|(n, _)| *n == name)
    }

    /// Every method, in the file's order.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.groups.iter().flat_map(|g| &g.methods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogues_read() {
        let jeton = Catalogue::shipped("jeton").unwrap();
        assert!(jeton.methods().all(|m| m.id.is_management()));
        let cloud = Catalogue::shipped("cloud-platform").unwrap();
        let total = cloud.methods().count();
        assert!(total >= 150, "{total}");
        assert_eq!(cloud.sets.len(), 4);
        let both = [jeton, cloud];
        for name in ["IDE Plugins", "Marketplace", "Maven Plugin"] {
            let n = set::members(&both, name).len();
            assert!(n > 5 && n < total / 2, "{name}: {n}");
        }
        assert!(set::members(&both, "Extended Access").len() > total * 3 / 4);
        assert!(Catalogue::shipped("other").is_err());
    }

    #[test]
    fn entries_read_back() {
        for text in ["*", "a.*", "a.b", "a*", "group:a.b", "set:IDE Plugins", "set:a*"] {
            assert_eq!(Entry::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "a b", "*.a", "**", "a.*.b", "group:", "group:a*", "sets:a", "\u{202e}"] {
            assert!(Entry::parse(bad).is_err(), "{bad}");
        }
    }
}
