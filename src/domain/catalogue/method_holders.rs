//! The API selections that include a method, found by a part of its id.

use std::collections::BTreeSet;

use super::Catalogue;
use super::bit_set::BitSet;
use super::permission_index::PermissionIndex;
use crate::domain::api_selection::Selection;
use crate::domain::role::Role;

/// The API selections that include a method whose id contains a text. Case is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodHolders {
    /// The text, in lower case. It may also occur in the name of a selected set.
    pub text: String,
    /// Names of the sets that contain such a method.
    pub sets: BTreeSet<String>,
    /// The lowest role with which *Inherit* includes such a method. `None` if no role is enough.
    pub inherit: Option<Role>,
}

impl MethodHolders {
    pub fn new(catalogues: &[Catalogue], text: &str) -> Self {
        let (index, text) = (PermissionIndex::new(catalogues), text.to_lowercase());
        // Sets and Inherit never include methods of `jeton.*`.
        let found = index.methods().enumerate().filter(|(_, id)| !id.is_management() && contains(id.as_str(), &text));
        let methods = BitSet::new(index.ids.len(), found.map(|(number, _)| number));
        let has_one = |of: &BitSet| of.intersection(&methods).len() > 0;
        let sets = index.sets.iter().filter(|(_, members)| has_one(members)).map(|(name, _)| name.clone()).collect();
        let inherit = Role::ALL.into_iter().find(|role| has_one(index.ceiling(*role)));
        MethodHolders { text, sets, inherit }
    }

    /// Returns the roles with which *Inherit* includes such a method.
    pub fn inheriting_roles(&self) -> impl Iterator<Item = Role> {
        let lowest = self.inherit;
        Role::ALL.into_iter().filter(move |role| lowest.is_some_and(|lowest| *role >= lowest))
    }

    /// Returns `true` if `selection` includes such a method, for a token of an account of `role`.
    pub fn include(&self, role: Role, selection: &Selection) -> bool {
        match selection {
            Selection::Inherit => self.inherit.is_some_and(|lowest| role >= lowest),
            Selection::Sets(names) => names.iter().any(|name| self.sets.contains(name) || contains(name, &self.text)),
            Selection::Custom(methods) => methods.iter().any(|id| contains(id.as_str(), &self.text)),
        }
    }
}

fn contains(name: &str, text: &str) -> bool {
    name.to_lowercase().contains(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::domain::catalogue::Group;
    use crate::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet, any_contains};
    use crate::domain::method::MethodId;

    fn shipped() -> [Catalogue; 2] {
        ["jeton", "cloud-platform"].map(|name| Catalogue::shipped(name).unwrap())
    }

    fn sets(names: &[&str]) -> Selection {
        Selection::Sets(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn methods(ids: &[&str]) -> Selection {
        Selection::Custom(ids.iter().map(|id| MethodId::parse(id).unwrap()).collect())
    }

    #[test]
    fn selections_that_include_a_method_are_found() {
        let catalogues = shipped();
        for (text, role, selection, expected) in [
            ("ListEnvs", Role::Viewer, sets(&["IDE Plugins"]), true),
            ("listenvs", Role::Viewer, Selection::Inherit, true),
            ("environment.control.listenvs", Role::Viewer, methods(&["environment.control.ListEnvs"]), true),
            ("listenvs", Role::Owner, methods(&["environment.control.StopEnv"]), false),
            ("listenvs", Role::Owner, Selection::nothing(), false),
            ("stopenv", Role::Viewer, Selection::Inherit, false),
            ("stopenv", Role::Member, Selection::Inherit, true),
            // The selection includes the method, which the role withholds.
            ("stopenv", Role::Viewer, sets(&["IDE Plugins"]), true),
            ("stopenv", Role::Viewer, methods(&["environment.control.StopEnv"]), true),
            // Only by hand.
            ("jeton.tokens", Role::Owner, Selection::Inherit, false),
            ("jeton.tokens", Role::Viewer, methods(&["jeton.tokens.read"]), true),
            ("plugins", Role::Viewer, sets(&["IDE Plugins"]), true),
            ("gone", Role::Viewer, sets(&["A gone set"]), true),
            ("gone", Role::Viewer, methods(&["x.Gone"]), true),
            ("gone", Role::Owner, Selection::Inherit, false),
        ] {
            assert_eq!(
                MethodHolders::new(&catalogues, text).include(role, &selection),
                expected,
                "{text} {selection:?}"
            );
        }
        assert!(!MethodHolders::new(&[], "listenvs").include(Role::Owner, &sets(&["IDE Plugins"])));
    }

    /// Compares each method with the search for one method that answers a request.
    #[test]
    fn holders_are_those_of_each_method() {
        let catalogues = shipped();
        let placed: HashMap<&str, ResolvedSet> = catalogues
            .iter()
            .flat_map(|c| c.sets.iter().map(|set| (set, c.name.clone())))
            .map(|(set, catalogue)| (set.name.as_str(), ResolvedSet { catalogue, set: set.clone() }))
            .collect();
        let find = |name: &str| Ok(placed.get(name).cloned());
        let all = catalogues.iter().flat_map(|c| c.groups.iter().map(|group: &Group| (&c.name, group)));
        let all: Vec<_> = all.flat_map(|(c, group)| group.methods.iter().map(move |m| (c, group, m))).collect();
        for (_, _, wanted) in &all {
            let holders = MethodHolders::new(&catalogues, wanted.id.as_str());
            let text = wanted.id.as_str().to_lowercase();
            let found: Vec<_> = all.iter().filter(|(_, _, m)| m.id.as_str().to_lowercase().contains(&text)).collect();
            for name in placed.keys() {
                let holds = found.iter().any(|(catalogue, group, method)| {
                    let (id, catalogue, group) = (method.id.clone(), (*catalogue).clone(), group.id.clone());
                    any_contains(find, [*name], &MethodLocation { id, catalogue, group }).unwrap()
                });
                assert_eq!(holders.sets.contains(*name), holds, "{name} {text}");
            }
            for role in Role::ALL {
                let permits = found.iter().any(|(_, _, m)| !m.id.is_management() && role.permits(m.access));
                assert_eq!(holders.include(role, &Selection::Inherit), permits, "{role} {text}");
            }
        }
    }
}
