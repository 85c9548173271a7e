//! Malicious documents: each gives a clear error or a warning, in bounded time and memory.

use std::fmt::Write;

use super::*;

/// Returns the seconds that this thread has run. Always 0 if the system doesn't say.
fn seconds_run() -> u64 {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let run = nanoseconds.and_then(|text| text.split(' ').next()?.parse().ok());
    run.map_or(0, |nanoseconds: u64| nanoseconds / 1_000_000_000)
}

/// Fails if `work` takes too much of a processor, however busy the machine is. A reader that expands or rereads its input
/// would never finish in this time; others do, even unoptimised.
fn quickly<T>(work: impl FnOnce() -> T) -> T {
    let start = seconds_run();
    let done = work();
    assert!(seconds_run() - start < 30);
    done
}

/// Asserts that `text` is refused, and returns the short message.
fn refused(text: &str) -> String {
    let error = quickly(|| read(text)).unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.to_string().len() < 1_000);
    error.to_string()
}

fn yaml_paths(paths: &str) -> String {
    format!("openapi: 3.0.0\npaths:\n{paths}")
}

#[test]
fn ten_megabytes_are_read() {
    let mut paths = String::new();
    for n in 0..5_000 {
        let _ = write!(
            paths,
            "\"/things{n}/{{id}}\":{{\"get\":{{\"tags\":[\"area {}\"],\"description\":\"{}\"}}}},",
            n % 50,
            "All about it. ".repeat(150)
        );
    }
    let text = with(paths.trim_end_matches(','), "");
    assert!(text.len() > 10_000_000, "{}", text.len());
    let done = quickly(|| read(&text)).unwrap();
    assert_eq!(done.catalogue.methods().count(), 5_000);
    assert_eq!(done.catalogue.sets.len(), 100, "two for each tag, because everything only reads");
    // The same bytes as YAML go to the other reader, without a fallback.
    let done = quickly(|| read(&format!("---\n{text}"))).unwrap();
    assert_eq!(done.catalogue.methods().count(), 5_000);
}

#[test]
fn too_much_is_refused() {
    insta::assert_snapshot!(refused(&" ".repeat(MAX_DOCUMENT_SIZE + 1)), @"the document is too large: the limit is 32 MiB. Remove the parts that you don't need. Or split the document, and import each part as a separate catalogue");
    insta::assert_snapshot!(refused(&format!("{{\"openapi\":\"3.0.0\",\"x-a\":[{}0]}}", "0,".repeat(4_000_000))), @"the document has too many values: the limit is 4 million keys, texts and numbers. Bodies, responses and properties of schemas don't count. Remove the parts that you don't need. Or split the document, and import each part as a separate catalogue");
    let mut paths: String = (0..2_501).fold(String::new(), |mut all, n| {
        let _ = write!(all, "\"/{n}\":{{\"$ref\":\"#/x-all\"}},");
        all
    });
    paths.pop();
    let verbs = "\"x-all\":{\"get\":{},\"put\":{},\"post\":{},\"delete\":{},\"head\":{},\"patch\":{},\"options\":{},\"trace\":{}}";
    insta::assert_snapshot!(refused(&with(&paths, verbs)), @"the document has too many operations: the limit is 20 000. Remove the parts that you don't need. Or split the document, and import each part as a separate catalogue");
}

#[test]
fn alias_bombs_are_refused_before_they_go_off() {
    let mut bombs = Vec::new();
    let mut laughs = String::from("openapi: 3.0.0\nx-0: &a0 [l, l, l, l, l, l, l, l, l, l]\n");
    for n in 1..30 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        let _ = writeln!(laughs, "x-{n}: &a{n} [{aliases}]");
    }
    bombs.push(refused(&format!("{laughs}paths: {{/a: {{get: {{}}}}}}\n")));
    // In an ignored part, as values of keys, and by merging.
    bombs.push(refused(&laughs.replace("x-0", "components:\n  x-0").replace("\nx-", "\n  x-")));
    let mut merged = String::from("openapi: 3.0.0\nx-0: &a0 {a: 1}\n");
    for n in 1..60 {
        let _ = writeln!(merged, "x-{n}: &a{n} {{b: *a{0}, c: *a{0}, <<: *a{0}}}", n - 1);
    }
    bombs.push(refused(&merged));
    // The cost of a long text is its length.
    let long = format!("openapi: 3.0.0\nx-0: &a {}\nx-1: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 1_000].join(", "));
    bombs.push(refused(&long));
    for bomb in bombs {
        insta::allow_duplicates! { insta::assert_snapshot!(bomb.split(':').next().unwrap(), @"the document's aliases expand too much"); }
    }
    // A few aliases are no bomb.
    let few = yaml_paths("  /a: &a\n    get: {summary: One}\n  /b: *a\n");
    assert_eq!(read(&few).unwrap().catalogue.methods().count(), 2);
    insta::assert_snapshot!(refused("openapi: &a 3.0.0\npaths: &p {x: *p}\n"), @"the document can't be read: the alias on line 2 contains itself. Correct the document, or export it again");
    insta::assert_snapshot!(refused("openapi: 3.0.0\npaths: *nothing\n"), @"the document can't be read: it is not valid YAML at line 2, column 8: while parsing node, found unknown anchor. Correct the document, or export it again");
}

#[test]
fn deep_nesting_is_refused() {
    const DEEP: usize = 100_000;
    let too_deep = |text: &str| insta::allow_duplicates! { insta::assert_snapshot!(refused(text), @"the document is nested too deeply: the limit is 100 levels. Remove the most deeply nested parts, or replace them by a $ref") };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let (open, close) = (open.repeat(DEEP), close.repeat(DEEP));
        too_deep(&format!("{{\"openapi\":\"3.0.0\",\"x-a\":{open}1{close}}}"));
        too_deep(&format!("{{\"openapi\":\"3.0.0\",\"x-a\":{open}"));
        too_deep(&format!("openapi: 3.0.0\nx-a: {open}1{close}\n"));
        too_deep(&format!("openapi: 3.0.0\ncomponents: {open}1{close}\n"));
        // Ignored parts of JSON are skipped at any depth, without recursion.
        let schemas = format!("\"components\":{{\"schemas\":{open}1{close}}}");
        assert!(quickly(|| read(&with("\"/a\":{\"get\":{}}", &schemas))).is_ok());
    }
    too_deep(&format!(
        "openapi: 3.0.0\nx-a:\n{}",
        (0..300).fold(String::new(), |mut all, n| {
            let _ = writeln!(all, "{}a:", " ".repeat(n + 1));
            all
        })
    ));
    too_deep(&"- ".repeat(DEEP));
    too_deep(&"? ".repeat(DEEP));
    // Deeply nested only by aliases.
    let mut chain = String::from("openapi: 3.0.0\nx-0: &a0 [1]\n");
    for n in 1..50_000 {
        let _ = writeln!(chain, "x-{n}: &a{n} [*a{}]", n - 1);
    }
    too_deep(&chain);
}

#[test]
fn refs_in_circles_and_long_rows_end() {
    let mut paths = String::from("\"/ok\":{\"get\":{}}");
    for n in 0..900 {
        let _ = write!(paths, ",\"/{n}\":{{\"$ref\":\"#/paths/~1{}\"}}", (n + 1) % 900);
    }
    let circles = ",\"/x\":{\"$ref\":\"#/paths/~1y\"},\"/y\":{\"$ref\":\"#/paths/~1x\"},\"/r\":{\"$ref\":\"#\"},\
                   \"/g\":{\"get\":{\"$ref\":\"#/paths/~1g/get\"}},\"/l\":{\"$ref\":\"#/paths/%\"},\"/m\":{\"$ref\":\"#/%ff\"}";
    let done = quickly(|| read(&with(&format!("{paths}{circles}"), ""))).unwrap();
    check(&done);
    assert_eq!(ids(&done), ["ok.GetOk"]);
    let of = |path: &str| done.warnings.iter().find(|w| w.contains(path)).unwrap_or_else(|| panic!("none of {path}"));
    let named = ["\"/0\"", "\"/x\"", "\"/r\"", "\"/g\"", "\"/l\"", "\"/m\""].map(|path| of(path).as_str());
    insta::assert_snapshot!(named.join("\n"), @r##"
    "/0": a $ref leads through more than 20 other $refs, so jeton skips the rest
    "/x": the $refs lead in a circle back to "#/paths/~1x", so jeton skips the last $ref
    "/r": $ref "#" must have a slash after the #, such as #/components/schemas/Order
    GET "/g": the $refs lead in a circle back to "#/paths/~1g/get", so jeton skips the last $ref
    "/l": $ref "#/paths/%" contains invalid percent-encoding
    "/m": $ref "#/%ff" contains invalid percent-encoding
    "##);
    let many: Vec<String> = (0..1_234).map(|n| format!("\"/{n}\":[]")).collect();
    let done = read(&with(&format!("\"/ok\":{{\"get\":{{\"operationId\":\"x\"}}}},{}", many.join(",")), "")).unwrap();
    assert_eq!(done.warnings.len(), 1_001);
    insta::assert_snapshot!(done.warnings[1_000], @"and more warnings: 234");
}

#[test]
fn one_heavy_operation_at_many_places_is_bounded() {
    let heavy = |long: usize| {
        let words = |c: char| -> String {
            let all: Vec<String> = (0..3_000).map(|n| format!("\"{n} {}\"", c.to_string().repeat(long))).collect();
            all.join(",")
        };
        format!(
            "\"x-op\":{{\"tags\":[{}],\"security\":[{{\"o\":[{}]}}],\"summary\":\"{}\"}},\
             \"components\":{{\"securitySchemes\":{{\"o\":{{\"type\":\"openIdConnect\"}}}}}}",
            words('t'),
            words('s'),
            " ".repeat(1_000_000)
        )
    };
    let paths = |count: usize| {
        (0..count).map(|n| format!("\"/{n}\":{{\"get\":{{\"$ref\":\"#/x-op\"}}}}")).collect::<Vec<_>>().join(",")
    };
    let done = quickly(|| read(&with(&paths(30), &heavy(900)))).unwrap();
    check_ids(&done);
    for limit in ["100", "200"] {
        warns(&done, limit);
    }
    insta::assert_snapshot!(refused(&with(&paths(20_000), &heavy(1))), @"the API sets from the document's tags and OpenAPI scopes are too large: the limit is 500 000 methods in all API sets together. Remove the parts that you don't need. Or split the document, and import each part as a separate catalogue");
}

/// Runs [`check`] without looking for every entry of very large sets.
fn check_ids(done: &ImportResult) {
    let entries: usize = done.catalogue.sets.iter().map(|s| s.include.len()).sum();
    assert!(entries <= 500_000);
    let short = ImportResult { catalogue: Catalogue { sets: Vec::new(), ..done.catalogue.clone() }, ..done.clone() };
    check(&short);
}

#[test]
fn texts_can_not_drive_a_terminal() {
    let texts = [
        "\u{1b}[2J",
        "\u{1b}]52;c;aGk=\u{7}",
        "\u{9b}2J",
        "a\rb",
        "\u{202e}olleh",
        "\u{2066}",
        "\u{200b}",
        "\0",
        "e\u{301}",
    ];
    for text in texts {
        let word = serde_json::Value::from(format!("x{text}y"));
        let operation = format!(
            "{{\"get\":{{\"operationId\":{word},\"summary\":{word},\"tags\":[{word}],\"security\":[{{{word}:[{word}]}}],\
             \"externalDocs\":{{\"url\":{word}}},\"x-jeton-access\":{word}}},{word}:{{}},\"$ref\":{word}}}"
        );
        let more = format!(
            "\"tags\":[{{\"name\":{word},\"description\":{word}}}],\"servers\":[{{\"url\":{word}}}],\
             \"components\":{{\"securitySchemes\":{{{word}:{{\"type\":\"oauth2\",\"flows\":{{\"x\":{{\"scopes\":{{{word}:{word}}}}}}}}}}}}}"
        );
        for path in ["/a".to_owned(), format!("/x{text}y")] {
            let done = read(&with(&format!("{}:{operation}", serde_json::Value::from(path)), &more)).unwrap();
            check(&done);
            assert_eq!(done.catalogue.sets.len(), 2);
            assert!(done.warnings.len() >= 3, "{:?}", done.warnings);
        }
        let title =
            format!("{{\"openapi\":\"3.0.0\",\"info\":{{\"title\":{word}}},\"paths\":{{\"/a\":{{\"get\":{{}}}}}}}}");
        assert!(!read(&title).unwrap().catalogue.title.chars().any(is_control_or_bidi));
    }
    let marks = format!("a{}", "\u{301}".repeat(5_000));
    let all = done(&format!("\"/a\":{{\"get\":{{\"summary\":\"{marks}\",\"tags\":[\"{marks}\"]}}}}"), "");
    assert!(the_one(&all).title.chars().count() <= 120);
}

#[test]
fn duplicate_keys_are_warned_about() {
    let json =
        r#"{"openapi":"3.0.0","paths":{"/a":{"get":{"summary":"First"}},"/b":{},"/a":{"get":{"summary":"Last"}}}}"#;
    let yaml = "openapi: 3.0.0\npaths:\n  /a:\n    get: {summary: First}\n  /b: {}\n  /a:\n    get: {summary: Last}\n";
    for text in [json, yaml] {
        let done = read(text).unwrap();
        check(&done);
        assert_eq!(the_one(&done).title, "Last");
        let twice = done.warnings.iter().find(|w| w.contains("\"/a\"")).unwrap();
        insta::allow_duplicates! { insta::assert_snapshot!(twice, @r#"the key "/a" occurs more than once in "paths", so jeton uses the last value"#); }
    }
}

#[test]
fn odd_yaml_is_read_or_refused() {
    let odd = yaml_paths(
        "  [a, b]: {get: {}}\n  {c: d}: 7\n  ? |\n    /long\n  : {get: {}}\n  /a: {get: !x {tags: !!str t}}\n  *x : {}\n",
    );
    insta::assert_snapshot!(refused(&odd), @"the document can't be read: it is not valid YAML at line 9, column 3: while parsing node, found unknown anchor. Correct the document, or export it again");
    let done = read(&odd.replace("  *x : {}\n", "")).unwrap();
    check(&done);
    assert_eq!(done.catalogue.methods().count(), 2);
    insta::assert_snapshot!(done.warnings.join("\n"), @r#"
    skipped the entry on line 3, because its key is a list or a map
    skipped the entry on line 4, because its key is a list or a map
    GET "/a": skipped "tags", because its value is not a list
    operations without an operationId, for which jeton makes an id from HTTP method and path: 2 (GET "/a", GET "/long\u{a}")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/long\u{a}")
    "#);
    for text in [
        "\0",
        "\u{feff}",
        "%YAML 9.9\n---\nopenapi: 3.0.0\n",
        "a:\n\t- b",
        "{",
        "{{{{",
        "&a",
        "*a",
        "<<: 1",
        "? ",
        "!!x",
    ] {
        assert!(read(text).is_err(), "{text:?}");
    }
}

#[test]
fn twenty_thousand_that_collide_stay_apart() {
    let paths: Vec<String> =
        (0..20_000).map(|n| format!("\"/{n}\":{{\"get\":{{\"operationId\":\"same\"}}}}")).collect();
    let done = quickly(|| read(&with(&paths.join(","), ""))).unwrap();
    check(&done);
    assert_eq!(done.catalogue.methods().count(), 20_000);
}

#[test]
fn parameters_shared_by_many_paths_are_bounded() {
    let list = vec![r##"{"$ref":"#/x-p"}"##; 200].join(",");
    let paths: Vec<String> = (0..3_000).map(|n| format!(r##""/{n}":{{"$ref":"#/x-item"}}"##)).collect();
    let text = format!(
        r##"{{"openapi":"3.0.0","x-p":{{"name":"x","in":"path"}},"x-item":{{"parameters":[{list}],"get":{{}}}},"paths":{{{}}}}}"##,
        paths.join(",")
    );
    insta::assert_snapshot!(refused(&text), @"the document's operations have too many parameters: the limit is 400 000, and the parameters of a path count once for each operation. Remove the parts that you don't need. Or split the document, and import each part as a separate catalogue");
}
