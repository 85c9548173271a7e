//! Docs links and routes of methods.

use super::*;

#[test]
fn docs_come_from_the_operation_the_template_the_tag_or_the_document() {
    let more = r#""externalDocs":{"url":"https://d.example/all"},
                  "tags":[{"name":"t","externalDocs":{"url":"https://d.example/t"}}]"#;
    let of = |operation: &str, template: Option<&str>| {
        let options = ImportOptions {
            name: "shop".to_owned(),
            docs_url: template.map(str::to_owned),
            ..ImportOptions::default()
        };
        let done = import(&with(&format!("\"/a/{{b}}\":{{\"get\":{{{operation}}}}}"), more), &options).unwrap();
        check(&done);
        (the_one(&done).docs.clone().unwrap(), done)
    };
    let own = r#""tags":["t"],"externalDocs":{"url":"http://d.example/own"}"#;
    let template = Some("https://d.example/{tag}/{id}?{verb}={path}");
    assert_eq!(of(own, template).0, "http://d.example/own");
    assert_eq!(
        of(r#""tags":["t x"],"operationId":"o/p#""#, template).0,
        "https://d.example/t%20x/o/p%23?get=/a/%7Bb%7D"
    );
    assert_eq!(of("", template).0, "https://d.example/default/GetAByB?get=/a/%7Bb%7D");
    assert_eq!(of(r#""tags":["t"]"#, None).0, "https://d.example/t");
    assert_eq!(of("", None).0, "https://d.example/all");
    let mut warnings = Vec::new();
    for bad in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "//d.example",
        "https://d/\u{202e}",
        "https://a b",
        "",
    ] {
        let (docs, done) = of(&format!("\"externalDocs\":{{\"url\":\"{bad}\"}}"), None);
        assert_eq!(docs, "https://d.example/all");
        warnings.extend(done.warnings.into_iter().filter(|w| w.contains("http")));
    }
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    GET "/a/{b}": skipped the documentation link "javascript:alert(1)": the link is not a complete http or https link
    GET "/a/{b}": skipped the documentation link "file:///etc/passwd": the link is not a complete http or https link
    GET "/a/{b}": skipped the documentation link "https://": the link is not a complete http or https link
    GET "/a/{b}": skipped the documentation link "//d.example": the link is not a complete http or https link
    GET "/a/{b}": skipped the documentation link "https://d/\u{202e}": the link is too long, or contains a space or another invalid character
    GET "/a/{b}": skipped the documentation link "https://a b": the link is too long, or contains a space or another invalid character
    GET "/a/{b}": skipped the documentation link "": the link is not a complete http or https link
    "#);
    for bad in ["ftp://x/{id}", "https://x/{nothing}", "{id}", "https://x/{id", ""] {
        let options =
            ImportOptions { name: "x".to_owned(), docs_url: Some(bad.to_owned()), ..ImportOptions::default() };
        assert_eq!(import(&with("\"/a\":{\"get\":{}}", ""), &options).unwrap_err().kind, Kind::Usage, "{bad}");
    }
}

#[test]
fn routes_have_the_base_path_of_the_nearest_server() {
    for (url, route) in [
        ("https://a.example", "GET /p/{x}"),
        ("https://a.example/", "GET /p/{x}"),
        ("https://a.example/v1/?q#f", "GET /v1/p/{x}"),
        ("/v1", "GET /v1/p/{x}"),
        ("v1", "GET /v1/p/{x}"),
        ("//a.example/v1", "GET /v1/p/{x}"),
        ("https://a.example/{unknown}", "GET /{unknown}/p/{x}"),
    ] {
        let all = done("\"/p/{x}\":{\"get\":{}}", &format!("\"servers\":[{{\"url\":\"{url}\"}},{{\"url\":\"/no\"}}]"));
        assert_eq!(the_one(&all).routes, [route]);
        assert_eq!(all.warnings.iter().any(|w| w.contains("unknown")), url.contains("unknown"));
    }
    let near = done(
        r#""/a":{"servers":[{"url":"/item"}],"get":{"servers":[{"url":"/own"}]},"put":{}}"#,
        "\"servers\":[{\"url\":\"/root\"}]",
    );
    let routes: Vec<_> = near.catalogue.methods().flat_map(|m| m.routes.clone()).collect();
    assert_eq!(routes, ["GET /own/a", "PUT /item/a"]);
    let mut warnings = Vec::new();
    for bad in ["/a?b=c", "/a#b", "/a/../b", "/./a", "/a b", "/a\\\\b", "/%2e%2e/a", "/a\\u001b[2J"] {
        let all = done(&format!("\"{bad}\":{{\"get\":{{\"operationId\":\"x\",\"tags\":[\"t\"]}}}}"), "");
        assert!(the_one(&all).routes.is_empty(), "{bad}");
        warnings.extend(all.warnings);
    }
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    operations that get no route, because their path is not allowed in a route: 1 (GET "/a?b=c")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/a#b")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/a/../b")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/./a")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/a b")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/a\b")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/%2e%2e/a")
    operations that get no route, because their path is not allowed in a route: 1 (GET "/a\u{1b}[2J")
    "#);
    let same = done(r#""/a/{x}":{"get":{}},"/a/{y}":{"get":{}}"#, "");
    insta::assert_snapshot!(same.warnings.join("\n"), @r#"
    operations without an operationId, for which jeton makes an id from HTTP method and path: 2 (GET "/a/{x}", GET "/a/{y}")
    "GET /a/{y}" gets no route, because "GET /a/{x}" already has the same route
    "#);
    assert_eq!(same.catalogue.methods().map(|m| m.routes.len()).sum::<usize>(), 1);
}
