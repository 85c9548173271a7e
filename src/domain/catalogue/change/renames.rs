//! Parts that have another name in a catalogue's newer version. Tokens and sets that use an old name get the new one, so
//! that they keep what they had.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::api_selection::Selection;
use crate::domain::catalogue::{Catalogue, SetEntry};
use crate::domain::method::{Method, MethodId};
use crate::domain::route::Route;

/// The old and the new names of methods, groups and sets. No old name still exists, and no new name existed before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renames {
    pub methods: BTreeMap<MethodId, MethodId>,
    pub groups: BTreeMap<String, String>,
    pub sets: BTreeMap<String, String>,
}

impl Renames {
    /// Compares two versions of a catalogue. A method is renamed if one id is gone, another is new, and the new one has the
    /// requests of the old one or fewer, which no other method of either version has. That needs a host that both versions
    /// have. A method of which one version has no requests is renamed if its id now begins with the name of its catalogue,
    /// and so is a group or set.
    pub fn new(older: Option<&Catalogue>, newer: &Catalogue) -> Self {
        let Some(older) = older else { return Renames::default() };
        let group_ids = |catalogue: &Catalogue| catalogue.groups.iter().map(|g| g.id.clone()).collect::<Vec<_>>();
        let set_names = |catalogue: &Catalogue| catalogue.sets.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        Renames {
            methods: renamed_methods(older, newer),
            groups: prefixed(&group_ids(older), &group_ids(newer), &format!("{}.", newer.name)),
            sets: prefixed(&set_names(older), &set_names(newer), &format!("{}: ", newer.name)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.groups.is_empty() && self.sets.is_empty()
    }

    /// Returns the id that a method has now.
    pub fn method<'a>(&'a self, id: &'a MethodId) -> &'a MethodId {
        self.methods.get(id).unwrap_or(id)
    }

    /// Returns the selection under the new names. `None` if it uses no old one.
    pub fn in_selection(&self, selection: &Selection) -> Option<Selection> {
        match selection {
            Selection::Inherit => None,
            Selection::Custom(methods) => methods
                .iter()
                .any(|id| self.methods.contains_key(id))
                .then(|| Selection::Custom(methods.iter().map(|id| self.method(id).clone()).collect())),
            Selection::Sets(names) => {
                let renamed = |name: &String| self.sets.get(name).unwrap_or(name).clone();
                let is_used = names.iter().any(|name| self.sets.contains_key(name));
                is_used.then(|| Selection::Sets(names.iter().map(renamed).collect()))
            }
        }
    }

    /// Returns an entry of a set under the new names. A pattern stays, because it names nothing in particular.
    pub fn in_entry(&self, entry: &SetEntry) -> SetEntry {
        match entry {
            SetEntry::Method(id) => SetEntry::Method(self.method(id).clone()),
            SetEntry::Group(id) => SetEntry::Group(self.groups.get(id).unwrap_or(id).clone()),
            SetEntry::Set(name) => SetEntry::Set(self.sets.get(name).unwrap_or(name).clone()),
            SetEntry::Prefix(_) => entry.clone(),
        }
    }

    /// Returns another catalogue with the new names in its sets, and the names of the changed sets. `None` if no set uses an
    /// old name.
    pub fn in_other_catalogue(&self, other: &Catalogue) -> Option<(Catalogue, Vec<String>)> {
        if self.is_empty() {
            return None;
        }
        let (mut renamed, mut changed) = (other.clone(), Vec::new());
        for (set, before) in renamed.sets.iter_mut().zip(&other.sets) {
            for entry in set.include.iter_mut().chain(&mut set.exclude) {
                *entry = self.in_entry(entry);
            }
            if set != before {
                changed.push(set.name.clone());
            }
        }
        (!changed.is_empty()).then_some((renamed, changed))
    }
}

/// Returns the names that are gone and new with `prefix` before them.
fn prefixed(older: &[String], newer: &[String], prefix: &str) -> BTreeMap<String, String> {
    let (old, new): (HashSet<&String>, HashSet<&String>) = (older.iter().collect(), newer.iter().collect());
    let gone = older.iter().filter(|name| !new.contains(name));
    let pairs = gone.map(|name| (name.clone(), format!("{prefix}{name}")));
    pairs.filter(|(_, renamed)| new.contains(renamed) && !old.contains(renamed)).collect()
}

fn renamed_methods(older: &Catalogue, newer: &Catalogue) -> BTreeMap<MethodId, MethodId> {
    if !older.shares_host_with(newer) {
        return BTreeMap::new();
    }
    let (old, new) = (methods_by_requests(older), methods_by_requests(newer));
    let ids = |catalogue| Catalogue::methods(catalogue).map(|m| &m.id).collect::<HashSet<&MethodId>>();
    let (old_ids, new_ids) = (ids(older), ids(newer));
    let pairs = old.into_iter().filter_map(|(requests, before)| Some((before?, (*new.get(&requests)?)?)));
    let pairs =
        pairs.filter(|(before, after)| is_no_wider(before, after)).map(|(before, after)| (&before.id, &after.id));
    let is_rename = |(before, after): &(&MethodId, &MethodId)| !new_ids.contains(before) && !old_ids.contains(after);
    let mut renames: BTreeMap<MethodId, MethodId> =
        pairs.filter(is_rename).map(|(before, after)| (before.clone(), after.clone())).collect();
    let taken: HashSet<MethodId> = renames.values().cloned().collect();
    let new_methods: HashMap<&str, &Method> = newer.methods().map(|m| (m.id.as_str(), m)).collect();
    for before in older.methods().filter(|m| !renames.contains_key(&m.id)).collect::<Vec<_>>() {
        let Some(after) = new_methods.get(format!("{}.{}", newer.name, before.id).as_str()) else { continue };
        let lacks_requests = before.routes.is_empty() || after.routes.is_empty();
        if lacks_requests && is_rename(&(&before.id, &after.id)) && !taken.contains(&after.id) {
            renames.insert(before.id.clone(), after.id.clone());
        }
    }
    renames
}

/// Returns the method of each list of requests. `None` if several methods have the same.
fn methods_by_requests(catalogue: &Catalogue) -> HashMap<Vec<String>, Option<&Method>> {
    let mut found = HashMap::new();
    for method in catalogue.methods().filter(|method| !method.routes.is_empty()) {
        found.entry(requests(method)).and_modify(|id| *id = None).or_insert(Some(method));
    }
    found
}

/// Returns the routes without their parameters, sorted: `GET /orders/{}`.
fn requests(method: &Method) -> Vec<String> {
    let mut requests: Vec<String> = method.routes.iter().map(|route| without_parameters(route)).collect();
    requests.sort_unstable();
    requests.dedup();
    requests
}

fn without_parameters(route: &str) -> String {
    let mut shape = String::with_capacity(route.len());
    let mut is_parameter = false;
    for c in route.chars() {
        is_parameter &= c != '}';
        if !is_parameter {
            shape.push(c);
        }
        is_parameter |= c == '{';
    }
    shape
}

/// Returns `true` if every route of `after` is part of a route of `before`. A later version may describe a parameter more
/// exactly, but a token must not gain requests by a rename.
fn is_no_wider(before: &Method, after: &Method) -> bool {
    let routes = |method: &Method| -> Vec<Route> {
        method.routes.iter().flat_map(|route| Route::parse_all(route)).flatten().collect()
    };
    let before = routes(before);
    routes(after).iter().all(|route| before.iter().any(|older| route.is_within(older)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::toml_reader;

    /// Returns a catalogue with these methods, each with its routes.
    pub fn catalogue(methods: &[(&str, &[&str])], sets: &[&str]) -> Catalogue {
        let mut text = "schema = 1\nname = \"x\"\ntitle = \"X\"\n".to_owned();
        for (id, routes) in methods {
            let (group, id) = id.rsplit_once('.').unwrap();
            if !text.contains(&format!("[[group]]\nid = \"{group}\"")) {
                text.push_str(&format!("[[group]]\nid = \"{group}\"\ntitle = \"g\"\n"));
            }
            text.push_str(&format!(
                "[[group.method]]\nid = \"{id}\"\ntitle = \"t\"\naccess = \"read\"\nroutes = {routes:?}\n"
            ));
        }
        for name in sets {
            text.push_str(&format!("[[set]]\nname = \"{name}\"\ntitle = \"t\"\ninclude = [\"*\"]\n"));
        }
        toml_reader::read("f", &text, &[]).unwrap()
    }

    fn renamed(older: &[(&str, &[&str])], newer: &[(&str, &[&str])]) -> Vec<(String, String)> {
        let renames = Renames::new(Some(&catalogue(older, &[])), &catalogue(newer, &[]));
        renames.methods.iter().map(|(before, after)| (before.to_string(), after.to_string())).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(before, after)| (before.to_owned(), after.to_owned())).collect()
    }

    #[test]
    fn method_with_the_same_requests_is_the_same() {
        let old: &[(&str, &[&str])] =
            &[("a.get", &["GET /a/{id}"]), ("a.both", &["GET /b", "POST /b"]), ("a.none", &[])];
        let new: &[(&str, &[&str])] = &[("x.a.g", &["GET /a/{n}"]), ("x.a.b", &["POST /b", "GET /b"]), ("x.a.n", &[])];
        assert_eq!(renamed(old, new), pairs(&[("a.both", "x.a.b"), ("a.get", "x.a.g")]));
        let (mut at_a, mut at_b) = (catalogue(old, &[]), catalogue(new, &[]));
        at_a.hosts = ["a.example".to_owned()].into();
        assert_eq!(Renames::new(Some(&at_a), &at_b).methods.len(), 2);
        at_b.hosts = ["b.example".to_owned()].into();
        assert_eq!(Renames::new(Some(&at_a), &at_b).methods.len(), 0, "requests to another application");
        // A method that keeps its id is not renamed, and one with fewer or more requests is another.
        assert_eq!(renamed(old, old), []);
        assert_eq!(renamed(&[("a.both", &["GET /b", "POST /b"])], &[("x.b", &["GET /b"])]), []);
        assert_eq!(renamed(&[("a.b", &["GET /b"])], &[("x.b", &["GET /b", "POST /b"])]), []);
        assert_eq!(renamed(&[("a.b", &["GET /b"])], &[("x.b", &["HEAD /b"])]), []);
    }

    #[test]
    fn method_with_wider_parameters_is_another() {
        let is_renamed = |before: &str, after: &str| !renamed(&[("a.b", &[before])], &[("x.b", &[after])]).is_empty();
        for (before, after, expected) in [
            ("GET /b/{id}", "GET /b/{n:int}", true),
            ("GET /b/{id}", "GET /b/{n:a|b}", true),
            ("GET /b/{id+}", "GET /b/{n}", true),
            ("GET /b/{id+}", "GET /b/{n+}", true),
            ("GET /b/{id:int}", "GET /b/{n:int}", true),
            ("GET /b/{id}", "GET /b/{n+}", false),
            ("GET /b/{id:int}", "GET /b/{n}", false),
            ("GET /b/{id:int}", "GET /b/{n:uuid}", false),
            ("GET /b/{id:int}", "GET /b/{n+}", false),
            ("GET /b/{id:a|b}", "GET /b/{n:a|b|c}", false),
            ("GET /{a}/b/{c:int}", "GET /{a:int}/b/{c}", false),
        ] {
            assert_eq!(is_renamed(before, after), expected, "{before} {after}");
        }
    }

    #[test]
    fn method_is_not_renamed_if_its_old_or_new_id_is_another_method() {
        // The ids change places.
        let swapped =
            renamed(&[("a.x", &["GET /x"]), ("a.y", &["GET /y"])], &[("a.x", &["GET /y"]), ("a.y", &["GET /x"])]);
        assert_eq!(swapped, []);
        assert_eq!(renamed(&[("a.x", &["GET /x"])], &[("a.x", &["GET /y"]), ("a.z", &["GET /x"])]), []);
        assert_eq!(renamed(&[("a.x", &["GET /x"]), ("a.z", &["GET /z"])], &[("a.z", &["GET /x"])]), []);
    }

    #[test]
    fn method_without_requests_is_the_same_under_the_name_of_its_catalogue() {
        let same = pairs(&[("a.n", "x.a.n")]);
        assert_eq!(renamed(&[("a.n", &[])], &[("x.a.n", &[])]), same);
        assert_eq!(renamed(&[("a.n", &[])], &[("x.a.n", &["GET /n"])]), same);
        assert_eq!(renamed(&[("a.n", &["GET /n"])], &[("x.a.n", &[])]), same);
        assert_eq!(renamed(&[("a.n", &["GET /n"])], &[("x.a.n", &["GET /m"])]), []);
        assert_eq!(renamed(&[("a.n", &[])], &[("y.a.n", &[])]), []);
        assert_eq!(renamed(&[("a.n", &[]), ("x.a.n", &[])], &[("x.a.n", &[])]), []);
        assert_eq!(renamed(&[("a.n", &[])], &[("a.n", &[]), ("x.a.n", &[])]), []);
        // The requests of another method say more than the id.
        let moved = renamed(&[("a.n", &[]), ("a.m", &["GET /m"])], &[("x.a.n", &["GET /m"])]);
        assert_eq!(moved, pairs(&[("a.m", "x.a.n")]));
    }

    #[test]
    fn two_candidates_are_none() {
        let one: &[(&str, &[&str])] = &[("a.x", &["GET /{n}x/y"])];
        let two: &[(&str, &[&str])] = &[("b.x", &["GET /{n}x/y"]), ("b.y", &["GET /{m}x/y/"])];
        assert_eq!(renamed(one, two).len(), 1);
        let mut ambiguous = catalogue(two, &[]);
        ambiguous.groups[0].methods[1].routes = vec!["GET /{n+}x/y".to_owned()];
        assert_eq!(Renames::new(Some(&catalogue(one, &[])), &ambiguous), Renames::default());
        assert_eq!(Renames::new(Some(&ambiguous), &catalogue(one, &[])), Renames::default());
    }

    #[test]
    fn set_with_the_name_of_its_catalogue_before_it_is_the_same() {
        let methods: &[(&str, &[&str])] = &[("a.x", &[])];
        let old = catalogue(methods, &["read", "kept", "gone", "twice", "x: twice"]);
        let new = catalogue(methods, &["x: read", "kept", "x: kept", "y: gone", "x: twice", "x: x: twice"]);
        let renames = Renames::new(Some(&old), &new);
        assert_eq!(renames.sets, [("read".to_owned(), "x: read".to_owned())].into());
        let sets = |names: &[&str]| Selection::Sets(names.iter().map(|&n| n.to_owned()).collect());
        assert_eq!(renames.in_selection(&sets(&["kept", "read"])), Some(sets(&["kept", "x: read"])));
        assert_eq!(renames.in_selection(&sets(&["read", "x: read"])), Some(sets(&["x: read"])));
        assert_eq!(renames.in_selection(&sets(&["kept"])), None);
        assert_eq!(renames.in_selection(&Selection::Inherit), None);
        assert!(Renames::new(None, &new).is_empty());
    }
}
