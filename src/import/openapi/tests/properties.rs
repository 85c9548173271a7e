//! Properties of the import for any text, and for the same document in another order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::catalogue::ApiSet;

fn words() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "",
        "a",
        "a b",
        "a-b",
        "a/b",
        "A",
        "jeton",
        "jeton.x",
        "é",
        "\u{202e}",
        "\u{1b}[2J",
        "default",
        "GetA",
        "scope a",
        "..",
        "a\0b",
    ])
    .prop_map(str::to_owned)
}

prop_compose! {
    fn operation()(
        id in proptest::option::of(words()), tags in proptest::collection::vec(words(), 0..3), summary in words(),
        scopes in proptest::collection::vec(words(), 0..3), verb in 0..8_usize, segment in "[a-c/{}. ]{0,6}",
    ) -> (String, String) {
        let verb = ["get", "put", "post", "delete", "options", "head", "patch", "trace"][verb];
        let operation = serde_json::json!({
            verb: {"operationId": id, "tags": tags, "summary": summary, "security": [{"oauth": scopes}]}
        });
        (format!("/{segment}"), operation.to_string())
    }
}

const SCHEMES: [&str; 2] = ["oauth", "bearer"];
const SCOPES: [&str; 4] = ["a", "b", "c", "a b"];

/// The alternatives of an operation: for each, its schemes with their scopes.
type Alternatives = Vec<BTreeMap<&'static str, Vec<&'static str>>>;

/// A scope as API sets name it, with the scheme if the name has it.
type Held = (String, Option<String>);

/// Returns the scope sets of a document that has an operation for each of `all`, with their members.
fn scope_sets(all: &[Alternatives]) -> Vec<(BTreeSet<Held>, BTreeSet<usize>)> {
    let path = |(n, alternatives): (usize, &Alternatives)| {
        let operation = serde_json::json!({"get": {"operationId": format!("o{n}"), "security": alternatives}});
        format!("\"/a/{n}\":{operation}")
    };
    let paths: Vec<String> = all.iter().enumerate().map(path).collect();
    let done = read(&with(
        &paths.join(","),
        r#""components":{"securitySchemes":{"oauth":{"type":"openIdConnect"},"bearer":{"type":"http"}}}"#,
    ))
    .unwrap();
    check(&done);
    let number = |entry: &SetEntry| entry.to_string().rsplit_once(".o").unwrap().1.parse().unwrap();
    let set = |set: &ApiSet| {
        let name = set.name.strip_prefix("shop: ").unwrap();
        let scopes = name.strip_prefix("scope ").or_else(|| name.strip_prefix("scopes "))?;
        let held = |text: &str| match text.strip_suffix(')').and_then(|text| text.split_once(" (")) {
            Some((scope, scheme)) => (scope.to_owned(), Some(scheme.to_owned())),
            None => (text.to_owned(), None),
        };
        Some((scopes.split(" + ").map(held).collect(), set.include.iter().map(number).collect()))
    };
    done.catalogue.sets.iter().filter_map(set).collect()
}

/// Returns `true` if a caller who holds exactly these scopes of these schemes, and nothing else, may use one of the
/// alternatives for which scopes count. Written from the text of the OpenAPI specification.
fn may_call(alternatives: &Alternatives, held: &BTreeSet<(&str, &str)>) -> bool {
    alternatives.iter().any(|schemes| {
        !schemes.is_empty()
            && schemes.iter().all(|(scheme, scopes)| {
                !scopes.is_empty() && scopes.iter().all(|scope| held.contains(&(*scheme, *scope)))
            })
    })
}

/// Returns all that a caller may hold who has the scopes by which a set is named. A name without a scheme means the one
/// scheme that has it, or each of several schemes that are never needed together.
fn meanings<'a>(all: &[Alternatives], named: &'a BTreeSet<Held>) -> Vec<BTreeSet<(&'static str, &'a str)>> {
    let requirements = || all.iter().flatten();
    let is_combined = requirements().any(|schemes| schemes.values().filter(|scopes| !scopes.is_empty()).count() > 1);
    let mut meanings = vec![BTreeSet::new()];
    for (scope, scheme) in named {
        let has = |known: &&'static str| {
            requirements().any(|schemes| schemes.get(known).is_some_and(|scopes| scopes.contains(&scope.as_str())))
        };
        let is_named = |known: &&'static str| scheme.as_ref().is_none_or(|scheme| scheme == known);
        let schemes: Vec<&str> = SCHEMES.into_iter().filter(has).filter(is_named).collect();
        assert!(schemes.len() == 1 || !is_combined, "{named:?} can mean {schemes:?}");
        let each = |held: BTreeSet<(&'static str, &'a str)>| {
            let with = |scheme: &&'static str| held.iter().copied().chain([(*scheme, scope.as_str())]).collect();
            schemes.iter().map(with).collect::<Vec<_>>()
        };
        meanings = meanings.into_iter().flat_map(each).collect();
    }
    meanings
}

fn document(operations: &[(String, String)]) -> String {
    let paths: Vec<_> =
        operations.iter().map(|(p, o)| format!("{}:{o}", serde_json::Value::from(p.as_str()))).collect();
    with(&paths.join(","), r#""components":{"securitySchemes":{"oauth":{"type":"openIdConnect"}}}"#)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", yaml in "[a-z:{}\\[\\]&*<>|'\"#, \n-]{0,120}") {
        for text in [text.clone(), yaml.clone(), format!("{{{text}"), format!("openapi: 3.0.0\npaths:\n{yaml}"),
                     format!("openapi: 3.0.0\npaths:\n  /a:\n    get:\n      {yaml}\n")] {
            if let Ok(done) = read(&text) {
                check(&done);
            }
        }
    }

    #[test]
    fn order_of_paths_changes_nothing(
        mut list in proptest::collection::vec(operation(), 1..12),
        seed in any::<u64>(),
    ) {
        let mut seen = BTreeSet::new();
        list.retain(|(path, _)| seen.insert(path.clone()));
        let one = read(&document(&list)).unwrap();
        check(&one);
        let mut state = seed;
        for n in (1..list.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            list.swap(n, usize::try_from(state >> 33).unwrap() % (n + 1));
        }
        prop_assert_eq!(one, read(&document(&list)).unwrap());
    }

    #[test]
    fn scope_sets_have_exactly_what_their_scopes_permit(
        all in proptest::collection::vec(proptest::collection::vec(proptest::collection::btree_map(
            proptest::sample::select(SCHEMES.to_vec()),
            proptest::collection::vec(proptest::sample::select(SCOPES.to_vec()), 0..3),
            0..3,
        ), 0..4), 1..12),
    ) {
        let sets = scope_sets(&all);
        for (held, members) in &sets {
            let meanings = meanings(&all, held);
            let is_permitted = |n: &usize| meanings.iter().any(|held| may_call(&all[*n], held));
            let permitted: BTreeSet<usize> = (0..all.len()).filter(is_permitted).collect();
            prop_assert_eq!(members, &permitted, "{:?}", held);
        }
        // A token with the sets of all that an operation needs gets it.
        for (n, alternatives) in all.iter().enumerate() {
            let everything = SCHEMES.into_iter().flat_map(|scheme| SCOPES.map(|scope| (scheme, scope))).collect();
            let has_set = sets.iter().any(|(_, members)| members.contains(&n));
            prop_assert_eq!(has_set, may_call(alternatives, &everything), "{}", n);
        }
    }

    #[test]
    fn ids_do_not_change_with_an_unrelated_operation(
        mut list in proptest::collection::vec(operation(), 1..12),
        tag in words(), by_path in any::<bool>(),
    ) {
        let mut seen = BTreeSet::new();
        list.retain(|(path, _)| seen.insert(path.clone()));
        let by = if by_path { GroupBy::Path } else { GroupBy::Tag };
        let ids_by_route = |list: &[(String, String)]| -> BTreeMap<String, String> {
            let options = ImportOptions { name: "shop".to_owned(), group_by: Some(by), ..ImportOptions::default() };
            let done = import(&document(list), &options).unwrap();
            check(&done);
            let methods = done.catalogue.methods().filter(|m| m.title != "unrelated");
            methods.map(|m| (format!("{} {:?}", m.title, m.routes), m.id.to_string())).collect()
        };
        let with_other = |id: &str| {
            let other = serde_json::json!({"get": {"operationId": id, "tags": [tag], "summary": "unrelated"}});
            let mut list = list.clone();
            list.push(("/unrelated/operation".to_owned(), other.to_string()));
            ids_by_route(&list)
        };
        // The paths and tags stay, so the groups stay.
        prop_assert_eq!(with_other("fresh-one"), with_other("another/fresh"));
        if !by_path {
            prop_assert_eq!(with_other("fresh-one"), ids_by_route(&list));
        }
    }
}
