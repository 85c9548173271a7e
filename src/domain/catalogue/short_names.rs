//! Short forms in which people type the ids of methods and the names of sets: without the name of the catalogue.

use super::Catalogue;
use crate::domain::api_selection::looks_built_in;
use crate::domain::method::MethodId;
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::{Error, Result};

/// Maximum number of full names in an error.
const MAX_NAMES: usize = 8;

/// Returns the id of a method that a person typed. `orders.list` also means `shop.orders.list` of the catalogue `shop`. An
/// id that no catalogue has is returned unchanged.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if several catalogues have such a method.
pub fn full_method_id(catalogues: &[Catalogue], typed: &MethodId) -> Result<MethodId> {
    if catalogues.iter().any(|catalogue| has_method(catalogue, typed.as_str())) {
        return Ok(typed.clone());
    }
    let with_prefix = |catalogue: &Catalogue| {
        let full = format!("{}.{typed}", catalogue.name);
        has_method(catalogue, &full).then(|| MethodId::parse(&full).ok()).flatten()
    };
    let found: Vec<MethodId> = catalogues.iter().filter_map(with_prefix).collect();
    match found.as_slice() {
        [] => Ok(typed.clone()),
        [only] => Ok(only.clone()),
        several => Err(ambiguous("methods", typed.as_str(), several.iter().map(ToString::to_string))),
    }
}

/// Returns the name of a set that a person typed. `scope read` also means `shop: scope read` of the catalogue `shop`. A name
/// that no catalogue has, or that looks like a built-in choice, is returned unchanged.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if several catalogues have such a set.
pub fn full_set_name(catalogues: &[Catalogue], typed: &str) -> Result<String> {
    let has_set = |catalogue: &Catalogue, name: &str| catalogue.sets.iter().any(|set| set.name == name);
    if looks_built_in(typed) || catalogues.iter().any(|catalogue| has_set(catalogue, typed)) {
        return Ok(typed.to_owned());
    }
    let with_prefix = |catalogue: &Catalogue| {
        let full = format!("{}: {typed}", catalogue.name);
        has_set(catalogue, &full).then_some(full)
    };
    let found: Vec<String> = catalogues.iter().filter_map(with_prefix).collect();
    match found.as_slice() {
        [] => Ok(typed.to_owned()),
        [only] => Ok(only.clone()),
        several => Err(ambiguous("API sets", typed, several.iter().map(|name| format!("\"{name}\"")))),
    }
}

fn has_method(catalogue: &Catalogue, id: &str) -> bool {
    catalogue.methods().any(|method| method.id.as_str() == id)
}

fn ambiguous(what: &str, typed: &str, full: impl ExactSizeIterator<Item = String>) -> Error {
    let count = full.len();
    let mut names: Vec<String> = full.take(MAX_NAMES).map(|name| escape_untrusted(&name).into_owned()).collect();
    if count > names.len() {
        names.push(format!("{} more", count - names.len()));
    }
    Error::usage(format!("\"{}\" is short for {count} {what}", excerpt(typed, 100)))
        .why(format!("the full names are {}", names.join(", ")))
        .next("Give one of the full names")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::toml_reader;
    use crate::error::Kind;

    fn catalogue(name: &str, groups: &[&str], sets: &[&str]) -> Catalogue {
        let mut text = format!("schema = 1\nname = \"{name}\"\ntitle = \"t\"\n");
        for group in groups {
            text.push_str(&format!("[[group]]\nid = \"{group}\"\ntitle = \"g\"\n"));
            text.push_str("[[group.method]]\nid = \"list\"\ntitle = \"t\"\naccess = \"read\"\n");
        }
        for set in sets {
            text.push_str(&format!("[[set]]\nname = \"{set}\"\ntitle = \"t\"\ninclude = [\"*\"]\n"));
        }
        toml_reader::read("f", &text, &[]).unwrap()
    }

    #[test]
    fn short_form_means_the_only_full_name() {
        let all = [
            catalogue("a", &["a.users", "a.own", "plain"], &["a: scope read", "a: own", "a: inherit", "exact"]),
            catalogue("b", &["b.users", "b.plain", "c.own"], &["b: scope read", "b: exact", "c: own"]),
        ];
        let method = |typed: &str| full_method_id(&all, &MethodId::parse(typed).unwrap()).map(|id| id.to_string());
        for (typed, full) in [
            ("a.users.list", "a.users.list"),
            ("own.list", "a.own.list"),
            // A full id comes first, whatever it could be short for.
            ("plain.list", "plain.list"),
            ("list", "list"),
            ("users.lis", "users.lis"),
            ("Own.list", "Own.list"),
        ] {
            assert_eq!(method(typed).unwrap(), full);
        }
        let set = |typed: &str| full_set_name(&all, typed);
        for (typed, full) in [
            ("b: scope read", "b: scope read"),
            ("own", "a: own"),
            ("exact", "exact"),
            ("scope", "scope"),
            ("inherit", "inherit"),
            ("", ""),
        ] {
            assert_eq!(set(typed).unwrap(), full);
        }
        for (error, names) in [
            (method("users.list").unwrap_err(), ["a.users.list", "b.users.list"]),
            (set("scope read").unwrap_err(), ["\"a: scope read\"", "\"b: scope read\""]),
        ] {
            assert!(error.kind == Kind::Usage && error.next.is_some());
            assert!(names.iter().all(|name| error.why.as_ref().unwrap().contains(name)), "{error}");
        }
    }
}
