use super::*;
use crate::domain::route::rules::RouteRules;

#[test]
fn template_has_only_sections_that_apply() {
    let template = "a\n@IF YES@\nb @X@\n@END@\n@IF NOT YES@\nc\n@END@\nd\n";
    assert_eq!(keep_sections(template, |name| name == "YES"), "a\nb @X@\nd\n");
}

#[test]
fn template_is_filled_once() {
    let values = [("@A@", "@B@"), ("@B@", "b"), ("@LINES@", "x\ny\n"), ("@NONE@", "")];
    assert_eq!(fill_template("a@b @A@ @B@\n@LINES@\n@NONE@\nz @NONE@\n", &values), "a@b @B@ b\nx\ny\nz \n");
}

fn guide(verify: &Endpoint, map: RouteRules) -> Guide<'_> {
    Guide {
        verify,
        remarks: map.remarks.clone(),
        sites: vec![GuideSite { hosts: Vec::new(), rules: map, upstream: Upstream::parse("127.0.0.1:8080").unwrap() }],
        listen: Listen::Port(80),
        tls: None,
        query: false,
        proof: None,
        insecure: true,
        credentials: vec!["Authorization".to_owned(), "x-authentication".to_owned()],
    }
}

/// Returns the mistakes in the sections of a template, each with the number of its line.
fn mistakes(template: &str, guide: &Guide<'_>) -> Vec<(usize, &'static str)> {
    let (mut mistakes, mut open) = (Vec::new(), None);
    for (number, line) in (1..).zip(template.lines()) {
        let name = line.strip_prefix("@IF ").and_then(|line| line.strip_suffix('@'));
        match (name, open) {
            (Some(name), _) if guide.has_section(name).is_none() => mistakes.push((number, "unknown")),
            (Some(_), Some(_)) => mistakes.push((number, "nested")),
            (Some(_), None) => open = Some(number),
            (None, Some(_)) if line == "@END@" => open = None,
            (None, None) if line == "@END@" => mistakes.push((number, "not open")),
            (None, _) if ["@IF", "@END", "IF@", "END@"].iter().any(|mark| line.contains(mark)) => {
                mistakes.push((number, "malformed"));
            }
            (None, _) => {}
        }
    }
    mistakes.extend(open.map(|number| (number, "not closed")));
    mistakes
}

#[test]
fn sections_of_every_template_are_known_and_closed() {
    let verify = Endpoint::parse("127.0.0.1:7180").unwrap();
    let guide = guide(&verify, RouteRules::new(&[], &[]));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/proxies");
    let mut sections = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let template = std::fs::read_to_string(&path).unwrap();
        assert_eq!(mistakes(&template, &guide), [], "{}", path.display());
        sections += template.matches("@IF ").count();
    }
    assert!(sections > 20, "{sections}");
    let wrong = "@IF TSL@\n@END@\n@IF TLS@\n@IF PROOF@\n@END@\n @IF TLS@\n@IF TLS\n@IF TLS@\n@EDN@\n@END\n";
    let kinds = ["unknown", "not open", "nested", "malformed", "malformed", "malformed", "not closed"];
    assert_eq!(mistakes(wrong, &guide), [1, 2, 4, 6, 7, 10, 8].into_iter().zip(kinds).collect::<Vec<_>>());
}

#[test]
fn guide_lists_routes_of_two_methods_as_denied() {
    let text = "schema = 1\nname = \"x\"\ntitle = \"X\"\n[[group]]\nid = \"a\"\ntitle = \"A\"\n".to_owned()
        + "[[group.method]]\nid = \"B\"\ntitle = \"b\"\naccess = \"read\"\nroutes = [\"GET /x/{a}\"]\n";
    let one = crate::domain::catalogue::toml_reader::read("f.toml", &text, &[]).unwrap();
    let other = text.replace("\"x\"", "\"y\"").replace("\"a\"", "\"c\"").replace("GET /x/{a}", "GET /x/{b}");
    let other = crate::domain::catalogue::toml_reader::read("g.toml", &other, &[]).unwrap();
    let verify = Endpoint::parse("127.0.0.1:7180").unwrap();
    let guide = guide(&verify, RouteRules::new(&[one, other], &[]));
    for subject in [ProxyKind::Nginx, ProxyKind::Caddy, ProxyKind::Traefik, ProxyKind::Envoy, ProxyKind::Haproxy] {
        let text = write(subject, &guide).unwrap();
        let mut comments = text.lines().filter(|line| line.trim_start().starts_with('#'));
        let names_both = |line: &str| ["GET /x/{a}", "a.B", "c.B"].iter().all(|part| line.contains(part));
        assert!(comments.any(names_both), "{text}");
        assert!(!text.contains("\"a.B\"") && !text.contains("verify/a.B") && !text.contains("str(a.B)"), "{text}");
        assert!(text.contains("x-authentication") || text.contains("^x[^a-z0-9]authentication$"), "{text}");
    }
}

#[test]
fn header_has_each_underscore_variant() {
    assert_eq!(underscore_variants("X-Jeton-Role").len(), 4);
    assert!(underscore_variants("X-Jeton-Account-Id").contains(&"X_Jeton-Account_Id".to_owned()));
}
