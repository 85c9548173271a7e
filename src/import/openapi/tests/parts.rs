//! Sets, `$ref`s, aliases, and omitted parts.

use super::*;

#[test]
fn scopes_of_all_alternatives_become_sets() {
    let schemes = r##""security":[{"oauth":["all"]}],"components":{"securitySchemes":{
        "oauth":{"type":"oauth2","flows":{"implicit":{"scopes":{"r":"","w":"Writes","idle":"x"}},
                 "password":{"scopes":{"r":"Reads","w":"else"}}}},
        "oid":{"type":"openIdConnect"},"key":{"type":"apiKey"},"copy":{"$ref":"#/components/securitySchemes/oauth"}}}"##;
    let all = done(
        r#""/a":{"get":{"operationId":"a","security":[{"oauth":["r"],"key":[]},{"oid":["openid"]}]},
                 "put":{"operationId":"b","security":[{"oauth":["r","w"]},{"copy":["w"]}]},
                 "head":{"operationId":"h","security":[{"oauth":["r"]}]},
                 "post":{"operationId":"c"},"delete":{"operationId":"d","security":[]},
                 "patch":{"operationId":"e","security":[{"none":["x"]},{"key":["role"]}]}}"#,
        schemes,
    );
    assert_eq!(holds(&all, "scope r"), ["a.h"]);
    assert_eq!(holds(&all, "scope w"), ["a.b"]);
    assert_eq!(holds(&all, "scope openid"), ["a.a"]);
    assert_eq!(holds(&all, "scope all"), ["a.c"]);
    assert_eq!(holds(&all, "scope role"), ["a.e"]);
    let sets = ["scope all", "scope openid", "scope r", "scope role", "scope w", "read a", "write a"];
    assert_eq!(set_names(&all), sets);
    let title = |name: &str| all.catalogue.sets.iter().find(|s| s.name == name).unwrap().title.clone();
    assert_eq!(
        (title("shop: scope r"), title("shop: scope w"), title("shop: scope all")),
        ("Reads".into(), "Writes".into(), "Methods for which the scope all is enough".into())
    );
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    the security scheme "oauth" does not declare the OpenAPI scope "all"
    PATCH "/a": the security scheme "none" is not declared in the document
    the security scheme "none" is not declared. So jeton makes no API set for its OpenAPI scope "x"
    the OpenAPI scope "w" is in the security schemes "copy" and "oauth". jeton made one API set for both
    operations that become public and need no token (security: []): 1 (DELETE "/a")
    declared OpenAPI scopes that get no API set, because no operation requires them: 1 ("idle")
    "#);
}

#[test]
fn scope_set_leaves_out_what_needs_a_second_scope() {
    let all = done(
        r#""/a":{"get":{"operationId":"read","security":[{"oauth":["r"]}]},
                 "put":{"operationId":"both","security":[{"oauth":["r","a"]}]},
                 "post":{"operationId":"two_schemes","security":[{"oauth":["r"],"oid":["a"]}]},
                 "patch":{"operationId":"role_too","security":[{"oauth":["r"],"key":["b"]}]},
                 "delete":{"operationId":"either","security":[{"oauth":["r","a"]},{"oauth":["a"]}]},
                 "head":{"operationId":"same_twice","security":[{"oauth":["r"],"oid":["r"]}]},
                 "options":{"operationId":"key_too","security":[{"oauth":["r"],"key":[]}]},
                 "trace":{"operationId":"anybody","security":[{"oauth":["r","b"]},{}]}}"#,
        r#""components":{"securitySchemes":{
            "oauth":{"type":"oauth2","flows":{"implicit":{"scopes":{"r":"Reads","a":"Administers"}}}},
            "oid":{"type":"openIdConnect"},"key":{"type":"http","scheme":"bearer"}}}"#,
    );
    // Each scheme that is needed together with another one has scopes of its own.
    assert_eq!(holds(&all, "scope r (oauth)"), ["a.read"]);
    assert_eq!(holds(&all, "scope a (oauth)"), ["a.either"]);
    assert_eq!(holds(&all, "scopes a (oauth) + r (oauth)"), ["a.both", "a.either", "a.read"]);
    assert_eq!(holds(&all, "scopes a (oid) + r (oauth)"), ["a.read", "a.two_schemes"]);
    assert_eq!(holds(&all, "scopes r (oauth) + r (oid)"), ["a.read", "a.same_twice"]);
    assert_eq!(holds(&all, "scopes b (key) + r (oauth)"), ["a.read", "a.role_too"]);
    assert_eq!(holds(&all, "scopes b (oauth) + r (oauth)"), ["a.anybody", "a.read"]);
    assert!(set_names(&all).iter().all(|name| !name.starts_with("scope b") && *name != "scope r"));
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    the security scheme "oauth" does not declare the OpenAPI scope "b"
    operations in no API set for a single scope, because they need several OpenAPI scopes together: 5 (HEAD "/a", PATCH "/a", POST "/a", …)
    operations in no API set for a scope, because they also need a credential such as an API key: 1 (OPTIONS "/a")
    "#);
}

#[test]
fn names_of_sets_that_collide_stay_apart() {
    let all = done(
        r#""/a":{"get":{"operationId":"a","tags":["scope r","x\u200by"],"security":[{"oid":["r"]}]}},
           "/b":{"get":{"operationId":"b","tags":["xy","declared"]}}"#,
        r#""tags":[{"name":"declared"},{"name":"declared","description":"Second"},{"name":"idle"},{}],
           "components":{"securitySchemes":{"oid":{"type":"openIdConnect"}}}"#,
    );
    let names = set_names(&all);
    assert_eq!(names.len(), 7);
    assert_eq!(names[0], "scope r");
    assert!(names.iter().any(|n| n.starts_with("scope r (")) && names.contains(&"xy"));
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    the tag "declared" is declared more than once, so jeton uses the last declaration
    skipped a declared tag, because it has no name
    declared tags that get no API set, because no operation has them: 1 ("idle")
    jeton renamed the API set "scope r" to "shop: scope r (f82548ba)", because another set has the same name
    jeton removed invisible control characters from the name of the API set "x\u{200b}y"
    jeton renamed the API set "x\u{200b}y" to "shop: xy (dd5bbb5e)", because another set has the same name
    "#);
}

#[test]
fn refs_inside_the_document_are_followed() {
    let all = done(
        r##""/a":{"$ref":"#/components/pathItems/Shared","delete":{"operationId":"own"}},
            "/b":{"$ref":"#/paths/~1a"},"/c":{"get":{"$ref":"#/x-operations/0"}},"/d":{"$ref":"other.yaml#/d"},
            "/e":{"$ref":"#/nowhere"},"/f":{"$ref":"#/paths/~1f"},"/%7Bg%7D":{"$ref":"#/paths/~1%7Bg%7D"},
            "/h":{"get":{"externalDocs":{"$ref":"#/x-docs"},"operationId":"documented"}}"##,
        r##""components":{"pathItems":{"Shared":{"get":{"operationId":"shared"},"delete":{"operationId":"hidden"}}}},
            "x-operations":[{"operationId":"listed","summary":"Found"}],"x-docs":{"url":"https://d.example"}"##,
    );
    let ids = ids(&all);
    for id in ["a.own", "a.shared", "b.own", "b.shared", "c.listed", "h.documented"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    assert_eq!(ids.len(), 6, "{ids:?}");
    insta::assert_snapshot!(all.warnings.join("\n"), @r##"
    "/%7Bg%7D": $ref "#/paths/~1%7Bg%7D" refers to a part that does not exist
    DELETE "/a": the path and its $ref both define this operation. jeton uses the definition in the path
    DELETE "/b": the path and its $ref both define this operation. jeton uses the definition in the path
    "/d": $ref "other.yaml#/d" refers to another file. jeton can't find this file for a document from stdin or a pipe. Save the document next to the other file, and import the saved document
    "/e": $ref "#/nowhere" refers to a part that does not exist
    "/f": the $refs lead in a circle back to "#/paths/~1f", so jeton skips the last $ref
    "##);
    assert_eq!(method(&all, "documented").docs.as_deref(), Some("https://d.example"));
}

#[test]
fn merge_keys_and_aliases_are_followed() {
    let all = read(
        "openapi: 3.0.0\nx-base: &base\n  tags: [a]\n  summary: Base\npaths:\n  /a:\n    get: &op\n      <<: *base\n      \
         summary: Own\n      responses: {200: &r {description: x}}\n    put: *op\n  /b:\n    get:\n      <<: [*base, {operationId: two}]\n",
    )
    .unwrap();
    check(&all);
    assert_eq!(ids(&all), ["a.GetA", "a.PutA", "a.two"]);
    let titles: Vec<_> = all.catalogue.methods().map(|m| m.title.as_str()).collect();
    assert_eq!(titles, ["Own", "Own", "Base"]);
}

#[test]
fn omitted_parts_are_warned_about() {
    let all = done(
        r#""/a":{"get":{"callbacks":{"x":{}},"tags":"pets"},"GET":{},"query":{},"x-mine":{},"parameters":[]},
           "/b":[],"/c":{"get":7},"x-more":{"get":{}},"d":{"get":{"tags":[1,{}],"security":{}}}"#,
        r#""webhooks":{"changed":{"post":{}}}"#,
    );
    assert_eq!(all.catalogue.methods().count(), 2);
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    "/a": skipped the key "GET". Write the HTTP method in lower case: "get"
    "/a": skipped the key "query", because jeton imports only delete, get, head, options, patch, post, put and trace
    GET "/a": skipped "tags", because its value is not a list
    skipped the path "/b", because its value is not a map
    skipped GET "/c", because its value is not a map
    GET "d": skipped a tag, because it is not text
    GET "d": skipped "security", because its value is not a list
    GET "d": the path does not start with a slash, so jeton adds a slash
    operations without an operationId, for which jeton makes an id from HTTP method and path: 2 (GET "/a", GET "d")
    operations whose callbacks jeton skips, because callbacks are not methods of this API: 1 (GET "/a")
    skipped 1 webhook, because webhooks are not methods of this API
    "#);
    assert!(!all.warnings.iter().any(|w| w.contains("x-m")));
}
