//! Names of groups, methods and sets.

use super::*;
use crate::domain::catalogue::validate::validate;

const AND_SCOPES: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: "1"}
components: {securitySchemes: {o: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://x.example/t, scopes: {"read:pets": r, "write:pets": w}}}}}}
paths:
  /pets/{id}:
    get: {operationId: getPet, tags: [pet], security: [{o: ["read:pets"]}], responses: {}}
    delete: {operationId: deletePet, tags: [pet], security: [{o: ["read:pets", "write:pets"]}], responses: {}}
"#;

const BEARER_ROLES: &str = r#"
openapi: 3.1.0
info: {title: Roles, version: "1"}
components: {securitySchemes: {b: {type: http, scheme: bearer}}}
paths:
  /tasks: {get: {operationId: listTasks, tags: [tasks], security: [{b: ["tasks.get"]}], responses: {}}}
"#;

fn named(name: &str, text: &str) -> ImportResult {
    import(text, &ImportOptions { name: name.to_owned(), ..ImportOptions::default() }).unwrap()
}

/// Returns the ids of operations with these operationIds, all in one group of the tag.
fn ids_with_tag(tag: &str, operation_ids: &[&str]) -> Vec<String> {
    let operation = |(n, id): (usize, &&str)| {
        let operation = serde_json::json!({"get": {"operationId": id, "tags": [tag], "summary": format!("{n:03}")}});
        format!("\"/{n}\":{operation}")
    };
    let mut paths: Vec<String> = operation_ids.iter().enumerate().map(operation).collect();
    paths.push(r#""/other":{"get":{"operationId":"other","tags":["other tag"]}}"#.to_owned());
    let all = done(&paths.join(","), "");
    let mut methods: Vec<&Method> = all.catalogue.methods().filter(|m| m.title.len() == 3).collect();
    methods.sort_by(|a, b| a.title.cmp(&b.title));
    methods.into_iter().map(|m| short(&m.id).split_once('.').unwrap().1.to_owned()).collect()
}

/// Returns the group of each path, of operations without tags.
fn groups_of(paths: &[&str]) -> Vec<String> {
    let text: Vec<String> = paths
        .iter()
        .enumerate()
        .map(|(n, path)| format!("{}:{{\"get\":{{\"summary\":\"{n:03}\"}}}}", serde_json::Value::from(*path)))
        .collect();
    let all = done(&text.join(","), "");
    let mut found: Vec<(&str, &str)> = Vec::new();
    for group in &all.catalogue.groups {
        found.extend(group.methods.iter().map(|m| (m.title.as_str(), group.id.strip_prefix("shop.").unwrap())));
    }
    found.sort_unstable();
    found.into_iter().map(|(_, group)| group.to_owned()).collect()
}

#[test]
fn scopes_needed_together_are_in_no_set_of_one_scope() {
    let all = read(AND_SCOPES).unwrap();
    check(&all);
    assert_eq!(ids(&all), ["pet.deletePet", "pet.getPet"]);
    assert_eq!(holds(&all, "scope read:pets"), ["pet.getPet"]);
    assert_eq!(holds(&all, "scopes read:pets + write:pets"), ["pet.deletePet", "pet.getPet"]);
    let sets = ["scope read:pets", "scopes read:pets + write:pets", "pet", "read pet", "write pet"];
    assert_eq!(set_names(&all), sets, "no operation needs only write:pets");
    warns(&all, "DELETE \"/pets/{id}\"");
}

#[test]
fn roles_of_bearer_schemes_become_sets() {
    let all = read(BEARER_ROLES).unwrap();
    check(&all);
    assert_eq!(holds(&all, "scope tasks.get"), ["tasks.listTasks"]);
    assert_eq!(all.warnings, Vec::<String>::new());
}

#[test]
fn documents_with_the_same_tags_scopes_and_ids_stand_side_by_side() {
    let same_scope = |path: &str| {
        with(
            &format!(r#""/{path}":{{"get":{{"operationId":"get","tags":["t"],"security":[{{"o":["read"]}}]}}}}"#),
            r#""components":{"securitySchemes":{"o":{"type":"openIdConnect"}}}"#,
        )
    };
    let untagged = |path: &str| with(&format!(r#""/{path}":{{"get":{{"operationId":"get"}}}}"#), "");
    for (one, two) in [(same_scope("a"), same_scope("b")), (untagged("a"), untagged("b"))] {
        let (one, two) = (named("one", &one).catalogue, named("two", &two).catalogue);
        let id = |catalogue: &Catalogue| catalogue.methods().next().unwrap().id.to_string();
        assert!(id(&one).starts_with("one.") && id(&one).ends_with(".get") && id(&two).starts_with("two."));
        validate(&two, std::slice::from_ref(&one)).unwrap();
        validate(&one, std::slice::from_ref(&two)).unwrap();
    }
}

#[test]
fn two_applications_may_have_the_same_route_on_their_hosts() {
    let import = |name: &str| {
        let text = format!(r#""/users/{{id}}":{{"get":{{"operationId":"getUser","tags":["{name}-users"]}}}}"#);
        let server = format!(r#""servers":[{{"url":"https://{name}.example.com"}}]"#);
        named(name, &with(&text, &server)).catalogue
    };
    let (shop, wiki) = (import("shop"), import("wiki"));
    assert!(shop.hosts.contains("shop.example.com") && wiki.hosts.contains("wiki.example.com"));
    for (one, other) in [(&shop, &wiki), (&wiki, &shop)] {
        validate(one, std::slice::from_ref(other)).unwrap();
    }
    let method = |catalogue: &Catalogue| {
        let method = catalogue.methods().next().unwrap();
        (method.id.to_string(), method.routes.join(", "))
    };
    let route = "GET /users/{id}".to_owned();
    assert_eq!(method(&shop), ("shop.shop-users.getUser".to_owned(), route.clone()));
    assert_eq!(method(&wiki), ("wiki.wiki-users.getUser".to_owned(), route));
}

#[test]
fn group_is_not_repeated_in_ids() {
    for (tag, id, part) in [
        ("actions", "actions/list-artifacts", "list-artifacts"),
        ("actions", "actions-list-artifacts", "list-artifacts"),
        ("actions", "Actions_ListArtifacts", "ListArtifacts"),
        ("actions", "actions.list", "list"),
        ("User Management", "user_management_list", "list"),
        ("actions", "actionsList", "actionsList"),
        ("actions", "actions", "actions"),
        ("actions", "actions--", "actions"),
        ("actions", "list-actions", "list-actions"),
        ("a--b", "a-b-c", "c"),
        ("t", "list---of--things", "list-of-things"),
        ("t", "list__it", "list_it"),
        ("t", "a._-b", "a.b"),
        ("t", "a - b", "a-b"),
    ] {
        assert_eq!(ids_with_tag(tag, &[id]), [part], "{tag} {id}");
    }
    // Both keep the group's name if they would want the same id without it.
    assert_eq!(ids_with_tag("t", &["t-list", "list"]), ["t-list", "list"]);
    assert_eq!(ids_with_tag("t", &["t-list", "T_list", "get"]), ["t-list", "T_list", "get"]);
    assert_eq!(ids_with_tag("t", &["t-list", "t-t-list", "list"]), ["t-list", "t-t-list", "list"]);
}

#[test]
fn long_names_give_valid_ids() {
    let long = "x".repeat(64);
    let operation = |id: &str| format!(r#"{{"operationId":"{id}","tags":["{}"]}}"#, "t".repeat(300));
    let (one, two) = (format!("{}1", "o".repeat(300)), format!("{}2", "o".repeat(300)));
    let text = with(&format!(r#""/a":{{"get":{},"put":{},"post":{{}}}}"#, operation(&one), operation(&two)), "");
    let all = named(&long, &text);
    validate(&all.catalogue, &[]).unwrap();
    let lengths: Vec<usize> = all.catalogue.methods().map(|m| m.id.as_str().len()).collect();
    assert_eq!(lengths.iter().max(), Some(&200), "{lengths:?}");
    assert_eq!(all.catalogue.methods().count(), 3);
}

#[test]
fn paths_give_groups_where_tags_say_nothing() {
    for (paths, groups) in [
        (&["/guilds", "/guilds/{id}", "/users/{id}/guilds"][..], &["guilds", "guilds", "users"][..]),
        (&["/api/v2/pets", "/api/v2/pets/{id}", "/api/v2/shops"], &["pets", "pets", "shops"]),
        (&["/crm", "/crm/users", "/crm/orders/{id}"], &["crm", "users", "orders"]),
        (&["/{org}/pets", "/{tenant}/shops/{id}"], &["pets", "shops"]),
        (&["/pets", "/pets/{id}"], &["pets", "pets"]),
        (&["/v1/a", "/v1.1/b", "/v2beta1/c", "/2023-10-01/d", "/REST/e"], &["a", "b", "c", "d", "e"]),
        (&["/", "/{id}", "/api/v1", "/a", "/b"], &["default", "default", "default", "a", "b"]),
        (
            &["/projects:search", "/projects.json", "/projects/{id}.json", "/x"],
            &["projects", "projects", "projects", "x"],
        ),
        (&["/video", "/v8engine", "/apis"], &["video", "v8engine", "apis"]),
        (&["/a"], &["a"]),
    ] {
        assert_eq!(groups_of(paths), groups, "{paths:?}");
    }
}

#[test]
fn grouping_can_be_chosen() {
    let all = |operations: usize, by: Option<GroupBy>| {
        let paths: Vec<String> = (0..operations)
            .map(|n| format!(r#""/{}/{n}":{{"get":{{"operationId":"o{n}","tags":["t"]}}}}"#, ["a", "b"][n % 2]))
            .collect();
        let text = with(&paths.join(","), "");
        let done = import(&text, &ImportOptions { name: "shop".to_owned(), group_by: by, ..ImportOptions::default() });
        let done = done.unwrap();
        check(&done);
        assert_eq!(holds(&done, "t").len(), operations, "a tag has its set, however operations are grouped");
        (done.catalogue.groups.iter().map(|g| g.id.clone()).collect::<Vec<_>>(), done.notes.len())
    };
    let (by_tag, by_path) = (vec!["shop.t".to_owned()], vec!["shop.a".to_owned(), "shop.b".to_owned()]);
    assert_eq!(all(4, None), (by_path.clone(), 2), "one tag everywhere says nothing");
    assert_eq!(all(2, None), (by_tag.clone(), 1), "a group for each operation would say less");
    assert_eq!(all(4, Some(GroupBy::Tag)), (by_tag, 1));
    assert_eq!(all(2, Some(GroupBy::Path)), (by_path, 1));
}

#[test]
fn group_has_sets_of_what_reads_and_what_writes() {
    let operation =
        |verb: &str, access: &str| format!(r#""{verb}":{{"operationId":"{access}","x-jeton-access":"{access}"}}"#);
    let [read, write, admin, public] =
        [("get", "read"), ("put", "write"), ("delete", "admin"), ("post", "public")].map(|(v, a)| operation(v, a));
    let all = done(
        &format!(r#""/a":{{{read},{write},{admin},{public}}},"/b":{{{read}}},"/c":{{{admin}}},"/d":{{{write}}}"#),
        "",
    );
    assert_eq!(set_names(&all), ["read a", "read b", "write a", "write d"]);
    assert_eq!(holds(&all, "read a"), ["a.public", "a.read"]);
    assert_eq!(holds(&all, "write a"), ["a.public", "a.read", "a.write"]);
    assert_eq!(holds(&all, "write d"), ["d.write"]);
}

#[test]
fn cut_titles_of_sets_are_counted() {
    let long = "x".repeat(200);
    let all = done(
        r#""/a":{"get":{"tags":["t","u"]}},"/b":{"get":{"tags":["u"]}}"#,
        &format!(r#""tags":[{{"name":"t","description":"{long}"}},{{"name":"u","description":"{long}"}}]"#),
    );
    warns(&all, "API sets whose title was too long and is now shorter: 2 (\"shop: t\", \"shop: u\")");
}

#[test]
fn names_of_sets_are_whole() {
    let (a, b) =
        (format!("https://example.com/{}", "a".repeat(170)), format!("https://example.com/{}", "b".repeat(170)));
    let too_long = format!("{}1", "z".repeat(200));
    let text = |name: &str| {
        named(
            name,
            &with(
                &format!(
                    r#""/a":{{"get":{{"operationId":"a","security":[{{"o":["{a}"]}}]}},
                             "put":{{"operationId":"ab","security":[{{"o":["{a}","{b}"]}}]}},
                             "post":{{"operationId":"z","security":[{{"o":["{too_long}"]}}]}}}}"#
                ),
                r#""components":{"securitySchemes":{"o":{"type":"openIdConnect"}}}"#,
            ),
        )
    };
    let all = text("shop");
    check(&all);
    assert_eq!(holds(&all, &format!("scope {a}")), ["a.a"]);
    // No catalogue's file could hold the whole name.
    let combined = set_names(&all).into_iter().find(|n| n.starts_with("scopes ")).unwrap();
    assert!(combined.starts_with(&format!("scopes {a} + https://")) && combined.ends_with(')'), "{combined}");
    assert_eq!(combined.chars().count() + "shop: ".len(), 300);
    assert_eq!(all.catalogue.sets.len(), 4, "a scope that is too long becomes no set");
    warns(&all, "too long");
    validate(&text(&"n".repeat(64)).catalogue, &[]).unwrap();
}

#[test]
fn too_many_sets_leave_out_the_less_important() {
    let paths: Vec<String> = (0..1_200)
        .map(|n| {
            let tag = n % 400;
            format!(r#""/{n}":{{"get":{{"operationId":"o{n}","tags":["t{tag}"],"security":[{{"o":["a{n}","b"]}}]}}}}"#)
        })
        .collect();
    let all = done(&paths.join(","), r#""components":{"securitySchemes":{"o":{"type":"openIdConnect"}}}"#);
    let count = |start: &str| set_names(&all).iter().filter(|n| n.starts_with(start)).count();
    assert_eq!((count("t"), count("scopes "), count("read ")), (400, 600, 0));
    warns(&all, "1200 combinations");
    warns(&all, "\"read …\"");
}

#[test]
fn combinations_that_find_no_place_are_counted_in_a_warning() {
    let operation = |path: String, scopes: &[String]| {
        format!(r#""/{path}":{{"get":{{"operationId":"{path}","security":[{{"o":{}}}]}}}}"#, serde_json::json!(scopes))
    };
    let a = || "a".to_owned();
    let mut paths: Vec<String> = (0..3_000).map(|n| operation(format!("x{n}"), &[a()])).collect();
    paths.extend((0..60).map(|n| operation(format!("y{n}"), &[format!("s{n}")])));
    paths.extend((0..80).map(|n| operation(format!("z{n}"), &[a(), format!("b{n}")])));
    let all = done(&paths.join(","), r#""components":{"securitySchemes":{"o":{"type":"openIdConnect"}}}"#);
    let count = |start: &str| set_names(&all).iter().filter(|name| name.starts_with(start)).count();
    assert_eq!((count("scope "), count("scopes ")), (61, 65));
    warns(&all, "left out 15 API sets for combinations of OpenAPI scopes");
}
