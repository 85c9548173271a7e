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
    for part in ["\"all\" isn't declared", "\"none\" isn't declared", "has no scopes", "one set holds both", "\"idle\""]
    {
        warns(&all, part);
    }
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
    warns(&all, "need several scopes together");
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
    for part in ["has the name of another one", "declared twice", "\"idle\"", "without a name", "cleaned or cut"] {
        warns(&all, part);
    }
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
    for part in ["the path's own counts", "leads out of the document", "leads nowhere", "leads back to itself"] {
        warns(&all, part);
    }
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
fn what_is_left_out_is_said() {
    let all = done(
        r#""/a":{"get":{"callbacks":{"x":{}},"tags":"pets"},"GET":{},"query":{},"x-mine":{},"parameters":[]},
           "/b":[],"/c":{"get":7},"x-more":{"get":{}},"d":{"get":{"tags":[1,{}],"security":{}}}"#,
        r#""webhooks":{"changed":{"post":{}}}"#,
    );
    assert_eq!(all.catalogue.methods().count(), 2);
    for part in [
        "callbacks",
        "tags is no list",
        "\"GET\" is no verb",
        "\"query\" is no verb",
        "\"/b\" is no map",
        "\"/c\" is no map",
        "starts with a slash",
        "webhooks",
        "a tag that is no word",
        "security is no list",
    ] {
        warns(&all, part);
    }
    assert!(!all.warnings.iter().any(|w| w.contains("x-m")));
}
