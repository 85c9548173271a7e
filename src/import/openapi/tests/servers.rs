//! Hosts of servers.

use super::*;

#[test]
fn hosts_are_those_of_all_servers() {
    let hosts = |servers: &str, options: &ImportOptions| {
        let text = format!(r#"{{"openapi":"3.0.0",{servers}"paths":{{"/a":{{"get":{{}}}}}}}}"#);
        let catalogue = import(&text, options).unwrap().catalogue;
        let route = catalogue.methods().next().unwrap().routes[0].clone();
        (catalogue.hosts.into_iter().collect::<Vec<_>>().join(" "), route)
    };
    let options = ImportOptions { name: "shop".to_owned(), ..ImportOptions::default() };
    for (servers, expected) in [
        (
            r#""servers":[{"url":"https://Api.Example.com:8443/v1"},{"url":"http://b.example.com"}],"#,
            "api.example.com b.example.com",
        ),
        (r#""servers":[{"url":"/v1"}],"#, ""),
        (r#""servers":[{"url":"https://a.example.com/v1"},{"url":"http://localhost:8080/v1"}],"#, "a.example.com"),
        (r#""servers":[{"url":"http://localhost:8080/v1"},{"url":"https://127.0.0.1"}],"#, ""),
        (r#""servers":[{"url":"https://a.example.com./v1"}],"#, "a.example.com"),
        (r#""servers":[{"url":"http://[::1]:8080/v1"},{"url":"http:///v1"},{"url":""}],"#, ""),
        ("", ""),
    ] {
        assert_eq!(hosts(servers, &options).0, expected, "{servers}");
    }
    let server = r#""servers":[{"url":"https://a.example.com/v1"}],"#;
    let own: BTreeSet<String> = ["b.example.com".to_owned()].into();
    let chosen = ImportOptions { hosts: Some(own), base_path: Some("/crm/".to_owned()), ..options.clone() };
    assert_eq!(hosts(server, &chosen), ("b.example.com".to_owned(), "GET /crm/a".to_owned()));
    let any = ImportOptions { hosts: Some(BTreeSet::new()), ..options };
    assert_eq!(hosts(server, &any), (String::new(), "GET /v1/a".to_owned()));
}

#[test]
fn an_operation_without_a_host_gets_the_hosts_of_the_others() {
    let text = r#"{"openapi":"3.0.0","servers":[{"url":"https://a.example.com"}],"paths":{
      "/a":{"get":{}},"/b":{"get":{"servers":[{"url":"https://{tenant}"}]}},"/c":{"get":{"servers":[{"url":"/v2"}]}}}}"#;
    let imported = read(text).unwrap();
    assert_eq!(imported.catalogue.hosts, ["a.example.com".to_owned()].into());
    let counted = imported.warnings.iter().filter(|warning| warning.contains(": 2 (GET \"/b\", GET \"/c\")")).count();
    assert_eq!(counted, 1, "{:?}", imported.warnings);
}

#[test]
fn hosts_that_cannot_be_used_are_refused() {
    let read_servers = |servers: &str, options: &ImportOptions| {
        import(&format!(r#"{{"openapi":"3.0.0","servers":[{servers}],"paths":{{"/a":{{"get":{{}}}}}}}}"#), options)
    };
    let options = ImportOptions { name: "shop".to_owned(), ..ImportOptions::default() };
    let long = format!(r#"{{"url":"https://a.example.com/{}"}}"#, "a".repeat(1_000));
    let many = (0..65).map(|n| format!(r#"{{"url":"https://{n}.example.com"}}"#)).collect::<Vec<_>>().join(",");
    let same = vec![r#"{"url":"/"}"#; 66].join(",");
    for servers in [
        r#"{"url":"https://*.example.com"}"#,
        r#"{"url":"https://{tenant}.example.com","variables":{"tenant":{"default":"*"}}}"#,
        r#"{"url":"https://{tenant}.example.com"}"#,
        r#"{"url":"{base}/v1"}"#,
        r#"{"url":"https://bücher.example"}"#,
        r#"{"url":"//*.example.com"},{"url":"http://localhost"},{"url":"/v1"}"#,
        r#"{"url":"https://[2001:db8::1]/v1"}"#,
        &long,
        &many,
        &same,
    ] {
        let error = read_servers(servers, &options).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{servers}");
        assert!(error.next.unwrap().contains("--host NAME"), "{servers}");
        let any = ImportOptions { hosts: Some(BTreeSet::new()), ..options.clone() };
        assert_eq!(read_servers(servers, &any).unwrap().catalogue.hosts, BTreeSet::new(), "{servers}");
    }
    let wild = read_servers(r#"{"url":"https://*.example.com"},{"url":"https://{t}"}"#, &options).unwrap_err();
    assert!(wild.what.contains("\"https://*.example.com\" and 1 further"), "{}", wild.what);
    // Hosts that can be used are enough.
    let mixed = read_servers(r#"{"url":"https://*.example.com"},{"url":"https://a.example.com"}"#, &options).unwrap();
    assert_eq!(mixed.catalogue.hosts, ["a.example.com".to_owned()].into());
    assert!(mixed.warnings.iter().any(|warning| warning.contains("\"https://*.example.com\"")), "{:?}", mixed.warnings);
}

#[test]
fn swagger_2_host_that_cannot_be_used_is_refused() {
    let text =
        |host: &str| format!(r#"{{"swagger":"2.0","host":"{host}","basePath":"/v1","paths":{{"/a":{{"get":{{}}}}}}}}"#);
    assert_eq!(read(&text("*.example.com")).unwrap_err().kind, Kind::Usage);
    assert_eq!(read(&text("")).unwrap().catalogue.hosts, BTreeSet::new());
    assert_eq!(read(&text("a.example.com.")).unwrap().catalogue.hosts, ["a.example.com".to_owned()].into());
}
