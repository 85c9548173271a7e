//! Parameters of paths, hosts, and Swagger 2.0.

use super::*;

/// Returns the route of an operation at `/a/{x}` whose parameter has these fields.
fn route_of(parameter: &str, options: &ImportOptions) -> String {
    let text = format!(
        r##"{{"openapi":"3.0.0","info":{{"title":"t"}},"components":{{"schemas":{{"Kind":{{"type":"string","enum":["a","b"]}}}}}},
          "paths":{{"/a/{{x}}":{{"parameters":[{{"name":"x","in":"path",{parameter}}}],"get":{{"operationId":"a"}}}}}}}}"##
    );
    let imported = import(&text, options).unwrap();
    imported.catalogue.methods().next().unwrap().routes[0].clone()
}

#[test]
fn parameters_are_as_narrow_as_the_document_says() {
    let options = ImportOptions { name: "shop".to_owned(), ..ImportOptions::default() };
    for (parameter, segment) in [
        (r#""schema":{"type":"string"}"#, "{x}"),
        (r#""schema":{"type":"integer"}"#, "{x:int}"),
        (r#""schema":{"type":["integer","null"]}"#, "{x:int}"),
        (r#""schema":{"type":["integer","string"]}"#, "{x}"),
        (r#""type":"integer""#, "{x:int}"),
        (r#""schema":{"type":"string","format":"uuid"}"#, "{x:uuid}"),
        (r#""schema":{"type":"string","enum":["one","two"]}"#, "{x:one|two}"),
        (r##""schema":{"$ref":"#/components/schemas/Kind"}"##, "{x:a|b}"),
        (r#""schema":{"type":"string","enum":["a/b"]}"#, "{x}"),
        (r#""schema":{"type":"string","enum":["int"]}"#, "{x}"),
        (r#""schema":{"type":"string","enum":[]}"#, "{x}"),
        (r#""x-multi-segment":true,"schema":{"type":"integer"}"#, "{x+}"),
        (r#""schema":{"type":"string","x-multi-segment":true}"#, "{x+}"),
        (r#""schema":{"type":"string","pattern":"^.*$"}"#, "{x+}"),
        (r#""schema":{"type":"string","pattern":"[a-z]+(/[a-z]+)*"}"#, "{x+}"),
        (r#""schema":{"type":"string","pattern":"[^/]+"}"#, "{x}"),
        (r#""schema":{"type":"string","pattern":"^(?!/).+$"}"#, "{x}"),
        (r#""schema":{"type":"string","default":"secret"}"#, "{x}"),
    ] {
        assert_eq!(route_of(parameter, &options), format!("GET /a/{segment}"), "{parameter}");
    }
    let several = ParameterOptions { multi_segment: vec!["x".to_owned()], use_defaults: false };
    assert_eq!(
        route_of(r#""type":"integer""#, &ImportOptions { parameters: several, ..options.clone() }),
        "GET /a/{x+}"
    );
    let defaults = ParameterOptions { multi_segment: Vec::new(), use_defaults: true };
    let options = ImportOptions { parameters: defaults, ..options };
    assert_eq!(route_of(r#""schema":{"default":"secret"}"#, &options), "GET /a/secret");
    assert_eq!(route_of(r#""schema":{"default":"kv/v2/"}"#, &options), "GET /a/kv/v2");
    for odd in ["..", "a b", "", "a//b", "%2e"] {
        assert_eq!(route_of(&format!(r#""schema":{{"default":"{odd}"}}"#), &options), "GET /a/{x}");
    }
    let unknown = ParameterOptions { multi_segment: vec!["other".to_owned()], use_defaults: false };
    let text = r#"{"openapi":"3.0.0","paths":{"/a/{x}":{"get":{}}}}"#;
    assert_eq!(import(text, &ImportOptions { parameters: unknown, ..options }).unwrap_err().kind, Kind::Usage);
}

#[test]
fn values_that_a_route_cannot_have_are_any_value_with_a_warning() {
    let imported = |path: &str, counts: &[usize]| {
        let parameter = |(n, count): (usize, &usize)| {
            let values: Vec<String> = (0..*count).map(|value| format!("v{value}")).collect();
            serde_json::json!({"name": format!("p{n}"), "in": "path", "schema": {"enum": values}})
        };
        let parameters: Vec<_> = counts.iter().enumerate().map(parameter).collect();
        let operation = serde_json::json!({"parameters": parameters, "get": {"operationId": "a"}});
        done(&format!("\"{path}\":{operation}"), "")
    };
    for (path, counts, bound) in
        [("/x/{p0}", &[17][..], "{p0}"), ("/x/{p0}/{p1}", &[16, 5], "{p1}"), ("/x/{p0}/{p1}/{p2}", &[8, 9, 8], "{p1}")]
    {
        let result = imported(path, counts);
        let route = &result.catalogue.methods().next().unwrap().routes[0];
        assert!(route.contains(bound), "{route}");
        assert_eq!(result.warnings.iter().filter(|warning| warning.contains("GET \"/x/{p0}")).count(), 1, "{route}");
    }
    let result = imported("/x/{p0}/{p1}", &[16, 4]);
    assert!(result.warnings.is_empty(), "{:?}", result.warnings);
}

#[test]
fn parameters_that_are_not_read_are_counted_in_a_warning() {
    let read = |count: usize| {
        let last = serde_json::json!({"name": "id", "in": "path", "schema": {"type": "integer"}});
        let mut parameters = vec![serde_json::json!({"name": "q", "in": "query"}); count - 1];
        parameters.push(last);
        let operation = serde_json::json!({"get": {"operationId": "a", "parameters": parameters}});
        let result = done(&format!(r#""/x/{{id}}":{operation}"#), "");
        (result.catalogue.methods().next().unwrap().routes[0].clone(), result.warnings.len())
    };
    assert_eq!(read(200), ("GET /x/{id:int}".to_owned(), 0));
    assert_eq!(read(201), ("GET /x/{id}".to_owned(), 1));
}

#[test]
fn swagger_2_imports_like_openapi_3() {
    let swagger = r##"{"swagger":"2.0","info":{"title":"Pets"},"host":"api.example.com:8080","basePath":"/v2","schemes":["http","https"],
      "securityDefinitions":{"auth":{"type":"oauth2","flow":"implicit","scopes":{"pets:read":"Look at pets"}},"key":{"type":"apiKey"}},
      "parameters":{"no":{"name":"no","in":"path","type":"integer"}},"definitions":{"Pet":{"properties":{"a":{}}}},
      "paths":{"/pets/{no}":{"parameters":[{"$ref":"#/parameters/no"}],
        "get":{"tags":["pets"],"operationId":"showPet","security":[{"auth":["pets:read"]}],"externalDocs":{"url":"/docs/pet"}}}}}"##;
    let openapi = r##"{"openapi":"3.0.0","info":{"title":"Pets"},"servers":[{"url":"https://api.example.com:8080/v2"}],
      "components":{"securitySchemes":{"auth":{"type":"oauth2","flows":{"implicit":{"scopes":{"pets:read":"Look at pets"}}}}},
        "parameters":{"no":{"name":"no","in":"path","schema":{"type":"integer"}}}},
      "paths":{"/pets/{no}":{"parameters":[{"$ref":"#/components/parameters/no"}],
        "get":{"tags":["pets"],"operationId":"showPet","security":[{"auth":["pets:read"]}],"externalDocs":{"url":"docs/pet"}}}}}"##;
    let imported = read(swagger).unwrap();
    assert_eq!(imported, read(openapi).unwrap());
    let method = imported.catalogue.methods().next().unwrap();
    assert_eq!(
        (method.routes[0].as_str(), method.docs.as_deref()),
        ("GET /v2/pets/{no:int}", Some("https://api.example.com:8080/docs/pet"))
    );
    assert_eq!(imported.catalogue.hosts, ["api.example.com".to_owned()].into());
    assert!(imported.warnings.is_empty(), "{:?}", imported.warnings);
}

#[test]
fn first_operation_in_the_document_keeps_a_route() {
    let text = |first: &str, second: &str| {
        format!(
            r#"{{"openapi":"3.0.0","paths":{{"/x/{{{first}}}":{{"get":{{"operationId":"{first}"}}}},"/x/{{{second}}}":{{"get":{{"operationId":"{second}"}}}}}}}}"#
        )
    };
    for (first, second) in [("a", "b"), ("b", "a")] {
        let imported = read(&text(first, second)).unwrap();
        let owner = imported.catalogue.methods().find(|method| !method.routes.is_empty()).unwrap();
        assert!(owner.id.as_str().ends_with(first), "{}", owner.id);
    }
}

#[test]
fn warnings_are_tallied_by_kind() {
    let tags: Vec<String> =
        (0..5).map(|n| format!(r#""/{n}":{{"get":{{"operationId":"o{n}","tags":[{{}}]}}}}"#)).collect();
    let imported = read(&format!(r#"{{"openapi":"3.0.0","paths":{{{}}}}}"#, tags.join(","))).unwrap();
    assert_eq!(imported.warnings.len(), 5);
    insta::assert_snapshot!(imported.tallied_warnings().join("\n"), @r#"
    GET "/0": skipped a tag, because it is not text
    GET "/1": skipped a tag, because it is not text
    GET "/2": skipped a tag, because it is not text
    and 2 more like this
    "#);
}
