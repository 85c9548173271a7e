//! Properties of the import for any text, and for the same document in another order.

use proptest::prelude::*;

use super::*;

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
        let mut seen = std::collections::BTreeSet::new();
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
}
