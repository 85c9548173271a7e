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

/// The alternatives of an operation: for each, its schemes with their scopes.
type Alternatives = Vec<BTreeMap<&'static str, Vec<&'static str>>>;

/// Returns a document with an operation for each of `all`, and its scope sets with their members.
fn scope_sets(all: &[Alternatives]) -> Vec<(BTreeSet<String>, BTreeSet<usize>)> {
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
        Some((scopes.split(" + ").map(str::to_owned).collect(), set.include.iter().map(number).collect()))
    };
    done.catalogue.sets.iter().filter_map(set).collect()
}

/// Returns `true` if a caller who holds exactly these scopes, and nothing else, may use one of the alternatives for
/// which scopes count. Written from the text of the OpenAPI specification.
fn may_call(alternatives: &Alternatives, held: &BTreeSet<String>) -> bool {
    alternatives.iter().any(|schemes| {
        !schemes.is_empty()
            && schemes.values().all(|scopes| !scopes.is_empty() && scopes.iter().all(|s| held.contains(*s)))
    })
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
            proptest::sample::select(vec!["oauth", "bearer"]),
            proptest::collection::vec(proptest::sample::select(vec!["a", "b", "c", "a b"]), 0..3),
            0..3,
        ), 0..4), 1..12),
    ) {
        let sets = scope_sets(&all);
        for (held, members) in &sets {
            let permitted: BTreeSet<usize> = (0..all.len()).filter(|n| may_call(&all[*n], held)).collect();
            prop_assert_eq!(members, &permitted, "{:?}", held);
        }
        // A token with the sets of all that an operation needs gets it.
        for (n, alternatives) in all.iter().enumerate() {
            let everything: BTreeSet<String> = ["a", "b", "c", "a b"].map(str::to_owned).into();
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
