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
                 "post":{"operationId":"c"},"delete":{"operationId":"d","security":[]},
                 "patch":{"operationId":"e","security":[{"none":["x"]},{"key":["role"]}]}}"#,
        schemes,
    );
    assert_eq!(holds(&all, "scope r"), ["default.a"]);
    assert_eq!(holds(&all, "scope w"), ["default.b"]);
    assert_eq!(holds(&all, "scope openid"), ["default.a"]);
    assert_eq!(holds(&all, "scope all"), ["default.c"]);
    assert_eq!(all.catalogue.sets.len(), 4);
    let title = |name: &str| all.catalogue.sets.iter().find(|s| s.name == name).unwrap().title.clone();
    assert_eq!(
        (title("scope r"), title("scope w"), title("scope all")),
        ("Reads".into(), "Writes".into(), "scope all".into())
    );
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    the scope "all" isn't declared by "oauth"
    PATCH "/a": the security scheme "none" isn't declared
    "none" has no scopes: "x" becomes no set
    "key" has no scopes: "role" becomes no set
    the scope "w" is declared by "copy" and "oauth"; one set covers both
    operations that need no token (security: []); they become public: 1 (DELETE "/a")
    declared scopes that no operation requires become no sets: 1 ("idle")
    operations that need several scopes together are in no scope's set: 1 (PUT "/a")
    "#);
}

#[test]
fn scope_set_leaves_out_what_needs_a_second_scope() {
    let all = done(
        r#""/a":{"get":{"operationId":"read","security":[{"oauth":["r"]}]},
                 "put":{"operationId":"both","security":[{"oauth":["r","a"]}]},
                 "post":{"operationId":"two_schemes","security":[{"oauth":["r"],"oid":["a"]}]},
                 "patch":{"operationId":"role_too","security":[{"oauth":["r"],"key":["admin"]}]},
                 "delete":{"operationId":"either","security":[{"oauth":["r","a"]},{"oauth":["a"]}]},
                 "head":{"operationId":"same_twice","security":[{"oauth":["r"],"oid":["r"]}]}}"#,
        r#""components":{"securitySchemes":{
            "oauth":{"type":"oauth2","flows":{"implicit":{"scopes":{"r":"Reads","a":"Administers"}}}},
            "oid":{"type":"openIdConnect"},"key":{"type":"http","scheme":"bearer"}}}"#,
    );
    assert_eq!(holds(&all, "scope r"), ["default.read", "default.same_twice"]);
    assert_eq!(holds(&all, "scope a"), ["default.either"]);
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    the scope "r" is declared by "oauth" and "oid"; one set covers both
    "key" has no scopes: "admin" becomes no set
    the scope "a" is declared by "oauth" and "oid"; one set covers both
    operations that need several scopes together are in no scope's set: 4 (DELETE "/a", PATCH "/a", POST "/a", …)
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
    let names: Vec<_> = all.catalogue.sets.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names.len(), 5);
    assert_eq!(names[0], "scope r");
    assert!(names.iter().any(|n| n.starts_with("scope r (")) && names.contains(&"xy"));
    insta::assert_snapshot!(all.warnings.join("\n"), @r#"
    the tag "declared" is declared twice; the last one is used
    a declared tag has no name; skipped
    declared tags without operations become no sets: 1 ("idle")
    the set "scope r" has the name of another set; renamed to "scope r (f82548ba)"
    the name of the set "x\u{200b}y" was cleaned or cut
    the set "x\u{200b}y" has the name of another set; renamed to "xy (dd5bbb5e)"
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
    for id in ["default.own", "default.shared", "default.listed", "default.documented"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    assert_eq!(ids.len(), 6, "{ids:?}");
    insta::assert_snapshot!(all.warnings.join("\n"), @r##"
    "/%7Bg%7D": $ref "#/paths/~1%7Bg%7D" has no target
    DELETE "/a": also defined behind its $ref; the path's own is used
    DELETE "/b": also defined behind its $ref; the path's own is used
    "/d": $ref "other.yaml#/d" refers to another document
    "/e": $ref "#/nowhere" has no target
    "/f": $ref "#/paths/~1f" refers to itself
    "DELETE /b": the id default.own is taken by "DELETE /a"; uses default.own-ea804dda
    "GET /b": the id default.shared is taken by "GET /a"; uses default.shared-db789e7b
    "##);
    let documented = all.catalogue.methods().find(|m| m.id.as_str() == "default.documented").unwrap();
    assert_eq!(documented.docs.as_deref(), Some("https://d.example"));
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
    "/a": "GET" is not an HTTP method; skipped
    "/a": "query" is not an HTTP method; skipped
    GET "/a": tags is not a list; skipped
    the path "/b" is not a map; skipped
    GET "/c" is not a map; skipped
    GET "d": a tag is not text; skipped
    GET "d": security is not a list; skipped
    GET "d": the path does not start with a slash; a slash is added
    operations without operationId; their ids come from verb and path: 2 (GET "/a", GET "d")
    operations with callbacks; callbacks are not methods of this API and are skipped: 1 (GET "/a")
    webhooks are not methods of this API; skipped: 1
    "#);
    assert!(!all.warnings.iter().any(|w| w.contains("x-m")));
}
