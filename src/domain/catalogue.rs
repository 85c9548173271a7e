//! Catalogues: the methods and API sets an installation knows, and the TOML files they are read from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::domain::method::{Access, Method, MethodId};
use crate::error::{Error, Result};

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

/// A predefined, named selection of methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSet {
    /// Its name, as tokens keep it.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// What it includes.
    pub include: Vec<Pattern>,
    /// What it leaves out, whatever `include` says.
    pub exclude: Vec<Pattern>,
}

impl ApiSet {
    /// Whether the set holds `method`. Patterns never reach `jeton.*`; its methods are named one by one.
    pub fn holds(&self, method: &MethodId) -> bool {
        self.include.iter().any(|p| p.matches(method)) && !self.exclude.iter().any(|p| p.matches(method))
    }
}

/// A method id, or the head of many with a `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless it is a method id or the head of one followed by `*`.
    pub fn parse(text: &str) -> Result<Self> {
        let head = text.strip_suffix('*').unwrap_or(text);
        if !(head.is_empty() && text == "*") {
            MethodId::parse(head)?;
        }
        Ok(Pattern(text.to_owned()))
    }

    /// Whether `method` is meant.
    pub fn matches(&self, method: &MethodId) -> bool {
        match self.0.strip_suffix('*') {
            Some(head) => !method.is_management() && method.as_str().starts_with(head),
            None => self.0 == method.as_str(),
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one catalogue file says.
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

/// Every method that the API set named `set` holds; none where no catalogue has that set.
pub fn members(catalogues: &[Catalogue], set: &str) -> BTreeSet<MethodId> {
    let Some(set) = catalogues.iter().flat_map(|c| &c.sets).find(|s| s.name == set) else { return BTreeSet::new() };
    let methods = catalogues.iter().flat_map(Catalogue::methods);
    methods.filter(|m| set.holds(&m.id)).map(|m| m.id.clone()).collect()
}

/// The catalogues that come with the program, by name: the file's text.
const SHIPPED: [(&str, &str); 2] = [
    ("jeton", include_str!("../../assets/catalogues/jeton.toml")),
    ("cloud-platform", include_str!("../../assets/catalogues/cloud-platform.toml")),
];

impl Catalogue {
    /// A catalogue that comes with the program: `jeton` (management, always there) or `cloud-platform`.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] with the names there are.
    pub fn shipped(name: &str) -> Result<Self> {
        match SHIPPED.iter().find(|(n, _)| *n == name) {
            Some((_, text)) => Self::from_toml(text),
            None => Err(Error::not_found("no such catalogue").why("the one that comes with jeton is cloud-platform")),
        }
    }

    /// Reads a catalogue file.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for unknown keys, broken ids, doubles and patterns that match nothing.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: FileDoc =
            toml::from_str(text).map_err(|e| Error::usage("the catalogue file can't be read").why(e.to_string()))?;
        if file.schema != 1 {
            return Err(Error::usage("the catalogue file has another schema").why("this program reads schema 1"));
        }
        let mut seen = BTreeSet::new();
        let mut groups = Vec::with_capacity(file.group.len());
        for group in file.group {
            let mut methods = Vec::with_capacity(group.method.len());
            for m in group.method {
                let id = MethodId::parse(&format!("{}.{}", group.id, m.id))?;
                if !seen.insert(id.clone()) {
                    return Err(Error::usage(format!("the method {id} stands twice in the catalogue file")));
                }
                methods.push(Method { id, title: m.title, access: m.access, docs: m.docs, routes: m.routes });
            }
            groups.push(Group { id: group.id, title: group.title, methods });
        }
        let mut sets = BTreeMap::new();
        let mut order = Vec::new();
        for set in file.set {
            let read = |texts: &[String]| texts.iter().map(|t| Pattern::parse(t)).collect::<Result<Vec<_>>>();
            let (include, exclude) = (read(&set.include)?, read(&set.exclude)?);
            if let Some(idle) = include.iter().chain(&exclude).find(|p| !seen.iter().any(|m| p.matches(m))) {
                return Err(Error::usage(format!("\"{}\" in the set {} matches no method", idle.as_str(), set.name)));
            }
            order.push(set.name.clone());
            if sets.insert(set.name.clone(), ApiSet { name: set.name, title: set.title, include, exclude }).is_some() {
                return Err(Error::usage("an API set stands twice in the catalogue file"));
            }
        }
        let sets = order.iter().filter_map(|n| sets.remove(n)).collect();
        Ok(Catalogue { name: file.name, title: file.title, groups, sets })
    }

    /// Every method, in the file's order.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.groups.iter().flat_map(|g| &g.methods)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDoc {
    schema: u32,
    name: String,
    title: String,
    #[serde(default)]
    group: Vec<FileGroup>,
    #[serde(default)]
    set: Vec<FileSet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGroup {
    id: String,
    title: String,
    #[serde(default)]
    method: Vec<FileMethod>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileMethod {
    id: String,
    title: String,
    access: Access,
    docs: Option<String>,
    #[serde(default)]
    routes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSet {
    name: String,
    title: String,
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(catalogue: &Catalogue, set: &str) -> usize {
        let set = catalogue.sets.iter().find(|s| s.name == set).unwrap();
        catalogue.methods().filter(|m| set.holds(&m.id)).count()
    }

    #[test]
    fn the_shipped_catalogues_read() {
        let jeton = Catalogue::shipped("jeton").unwrap();
        assert!(jeton.methods().all(|m| m.id.is_management()));
        let cloud = Catalogue::shipped("cloud-platform").unwrap();
        let total = cloud.methods().count();
        assert!(total >= 150, "{total}");
        assert_eq!(cloud.sets.len(), 4);
        for set in ["IDE Plugins", "Marketplace", "Maven Plugin"] {
            let n = count(&cloud, set);
            assert!(n > 5 && n < total / 2, "{set}: {n}");
        }
        assert!(count(&cloud, "Extended Access") > total * 3 / 4);
        assert!(Catalogue::shipped("other").is_err());
    }

    #[test]
    fn patterns_never_reach_management() {
        let method = MethodId::parse("jeton.tokens.read").unwrap();
        assert!(!Pattern::parse("*").unwrap().matches(&method));
        assert!(!Pattern::parse("jeton.*").unwrap().matches(&method));
        assert!(Pattern::parse("jeton.tokens.read").unwrap().matches(&method));
    }

    #[test]
    fn broken_files_are_refused() {
        let head = "schema = 1\nname = \"x\"\ntitle = \"X\"\n";
        let group =
            "[[group]]\nid = \"a\"\ntitle = \"A\"\n[[group.method]]\nid = \"B\"\ntitle = \"b\"\naccess = \"read\"\n";
        assert!(Catalogue::from_toml(&format!("{head}{group}")).is_ok());
        for bad in [
            format!("{head}colour = 1\n"),
            format!("{head}{group}[[group.method]]\nid = \"B\"\ntitle = \"b\"\naccess = \"read\"\n"),
            format!("{head}{group}[[set]]\nname = \"s\"\ntitle = \"s\"\ninclude = [\"nothing.*\"]\n"),
            head.replace('1', "2"),
        ] {
            assert!(Catalogue::from_toml(&bad).is_err(), "{bad}");
        }
    }
}
