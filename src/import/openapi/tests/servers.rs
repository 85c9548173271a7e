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
            r#""servers":[{"url":"https://Api.Example.com:8443/v1"},{"url":"http://b.example.com/v1"}],"#,
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

/// Returns a document with these servers, and operations with servers of their own.
fn document(servers: &str, operations: &[(&str, &str)]) -> String {
    let path = |(path, own): &(&str, &str)| {
        let own = if own.is_empty() { String::new() } else { format!(r#""servers":[{own}],"#) };
        format!(r#""{path}":{{{own}"get":{{"operationId":"o"}}}}"#)
    };
    let paths: Vec<String> = operations.iter().map(path).collect();
    format!(r#"{{"openapi":"3.0.0","servers":[{servers}],"paths":{{{}}}}}"#, paths.join(","))
}

/// Returns the hosts and routes of a catalogue.
fn hosts_and_routes(imported: &ImportResult) -> (String, String) {
    let hosts: Vec<&str> = imported.catalogue.hosts.iter().map(String::as_str).collect();
    let routes: Vec<&str> = imported.catalogue.methods().flat_map(|m| &m.routes).map(String::as_str).collect();
    (hosts.join(" "), routes.join(" "))
}

#[test]
fn operations_on_other_hosts_get_no_route() {
    let main = r#"{"url":"https://a.example.com"}"#;
    let files = r#"{"url":"https://files.example.com"}"#;
    let both = r#"{"url":"https://a.example.com"},{"url":"https://files.example.com"}"#;
    let wild = r#"{"url":"https://{tenant}"}"#;
    let relative = r#"{"url":"/v2"}"#;
    for (servers, operations, hosts, routes, warned) in [
        (main, &[("/a", ""), ("/b", files)][..], "a.example.com", "GET /a", "GET \"/b\""),
        (main, &[("/a", ""), ("/b", wild)], "a.example.com", "GET /a", "GET \"/b\""),
        (main, &[("/a", ""), ("/b", both)], "a.example.com", "GET /a GET /b", ""),
        (
            both,
            &[("/a", ""), ("/b", ""), ("/c", main)],
            "a.example.com files.example.com",
            "GET /a GET /b",
            "GET \"/c\"",
        ),
        (main, &[("/a", ""), ("/b", relative)], "a.example.com", "GET /a GET /v2/b", "GET \"/b\""),
        // Most operations decide.
        (main, &[("/a", ""), ("/b", files), ("/c", files)], "files.example.com", "GET /b GET /c", "GET \"/a\""),
        (relative, &[("/a", ""), ("/b", ""), ("/c", main)], "", "GET /v2/a GET /v2/b", "GET \"/c\""),
        ("", &[("/a", main), ("/b", main)], "a.example.com", "GET /a GET /b", ""),
    ] {
        let text = document(servers, operations);
        let imported = read(&text).unwrap();
        assert_eq!(hosts_and_routes(&imported), (hosts.to_owned(), routes.to_owned()), "{text}");
        let named: Vec<&String> = imported.warnings.iter().filter(|w| w.contains("(see --host): 1 (")).collect();
        assert_eq!(named.len(), usize::from(!warned.is_empty()), "{text} {named:?}");
        assert!(named.iter().all(|warning| warning.contains(warned)), "{named:?}");
        // The person who imports may know better.
        for chosen in [BTreeSet::new(), ["b.example.com".to_owned()].into()] {
            let options = ImportOptions { name: "shop".to_owned(), hosts: Some(chosen), ..ImportOptions::default() };
            let imported = import(&text, &options).unwrap();
            assert!(imported.catalogue.methods().all(|method| method.routes.len() == 1), "{text}");
        }
    }
}

#[test]
fn servers_with_another_path_are_left_out() {
    let hosts = |servers: &str, base_path: Option<&str>| {
        let base_path = base_path.map(str::to_owned);
        let options = ImportOptions { name: "shop".to_owned(), base_path, ..ImportOptions::default() };
        let imported = import(&document(servers, &[("/a", "")]), &options).unwrap();
        let (hosts, routes) = hosts_and_routes(&imported);
        (hosts, routes, imported.warnings.iter().filter(|warning| warning.contains("because its path differs")).count())
    };
    let two = r#"{"url":"https://a.example.com/v1"},{"url":"https://eu.example.com/v2"}"#;
    for (servers, base_path, expected) in [
        (two, None, ("a.example.com", "GET /v1/a", 1)),
        (two, Some("/v3"), ("a.example.com eu.example.com", "GET /v3/a", 0)),
        (
            r#"{"url":"https://a.example.com/v1"},{"url":"//b.example.com/v1/"}"#,
            None,
            ("a.example.com b.example.com", "GET /v1/a", 0),
        ),
        (
            r#"{"url":"http://localhost:8080"},{"url":"https://a.example.com/v1"}"#,
            None,
            ("a.example.com", "GET /v1/a", 0),
        ),
        (r#"{"url":"/v1"},{"url":"/v2"}"#, None, ("", "GET /v1/a", 1)),
    ] {
        let (hosts, routes, warnings) = hosts(servers, base_path);
        assert_eq!((hosts.as_str(), routes.as_str(), warnings), expected, "{servers}");
    }
}

#[test]
fn a_variable_in_place_of_the_host_is_no_part_of_the_path() {
    let route = |server: &str| {
        let hosts = Some(["shop.example".to_owned()].into());
        let options = ImportOptions { name: "shop".to_owned(), hosts, ..ImportOptions::default() };
        let imported = import(&document(&format!(r#"{{"url":"{server}"}}"#), &[("/things", "")]), &options).unwrap();
        hosts_and_routes(&imported).1
    };
    for (server, expected) in [
        ("{baseUrl}/v1", "GET /v1/things"),
        ("{baseUrl}", "GET /things"),
        ("{scheme}://{host}/v1/", "GET /v1/things"),
        ("//{host}:8080/v1?x=/y", "GET /v1/things"),
        ("{host}:8080/v1", "GET /v1/things"),
        ("{tenant}.example.com/v1", "GET /v1/things"),
        ("/{version}", "GET /{version}/things"),
    ] {
        assert_eq!(route(server), expected, "{server}");
    }
}

#[test]
fn operations_share_the_servers_that_were_read_once() {
    let (root, _) =
        super::super::read(&document(r#"{"url":"https://{a}/{a}","variables":{"a":{"default":"a.example"}}}"#, &[]))
            .unwrap();
    let (mut reader, mut warnings) = (ServerReader::default(), Warnings::default());
    let [first, second] = [(); 2].map(|()| reader.read(root.get("servers"), &mut warnings));
    assert!(std::rc::Rc::ptr_eq(&first, &second));
    assert_eq!(first.path, "/a.example");
}

#[test]
fn values_of_variables_cannot_make_a_long_address() {
    let value = "x".repeat(900);
    let server = |url: &str| format!(r#"{{"url":"{url}","variables":{{"v":{{"default":"{value}"}}}}}}"#);
    let (hosts, routes) = hosts_and_routes(&read(&document(&server("/{v}"), &[("/a", "")])).unwrap());
    assert_eq!((hosts.as_str(), routes.len()), ("", "GET //a".len() + value.len()));
    let imported = read(&document(&server("/{v}/{v}"), &[("/a", "")])).unwrap();
    assert_eq!(hosts_and_routes(&imported), (String::new(), "GET /a".to_owned()));
    assert!(imported.warnings.iter().any(|warning| warning.contains("too long")), "{:?}", imported.warnings);
    assert_eq!(read(&document(&server("https://a.example/{v}/{v}"), &[("/a", "")])).unwrap_err().kind, Kind::Usage);
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
    assert!(wild.what.contains("2 servers") && wild.what.contains("\"https://*.example.com\""), "{}", wild.what);
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
