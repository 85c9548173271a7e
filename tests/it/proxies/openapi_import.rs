//! A catalogue from an OpenAPI document, enforced by real proxies that verify with the real program.

use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::domain::role::Role;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::request::call;
use jeton::verbs::tokens::CreateToken;

use super::setup::{ProxySetup, ProxyUnderTest, Verifier, home_with_catalogue};
use crate::support::cli_program::CliHome;
use crate::support::fakes::{Fakes, add_account, backend, create, credential};

/// Parts of a hosting platform, each with its name in a path.
const PARTS: [(&str, &str); 8] = [
    ("environments", "env"),
    ("deployments", "deployment"),
    ("databases", "database"),
    ("certificates", "certificate"),
    ("domains", "domain"),
    ("volumes", "volume"),
    ("members", "member"),
    ("backups", "backup"),
];

/// Returns a document with 88 operations: several verbs per path, parameters, literals next to them, and segments of
/// both.
fn document() -> String {
    let operation = |id: String, part: &str| format!("{{\"operationId\": \"{id}\", \"tags\": [\"{part}\"]}}");
    let mut paths = Vec::new();
    for (part, one) in PARTS {
        let base = format!("/organisations/{{org}}/{part}");
        let mut path = |path: String, verbs: &[(&str, &str)]| {
            let verbs: Vec<String> = verbs
                .iter()
                .map(|(verb, name)| format!("\"{verb}\": {}", operation(format!("{name}_{one}"), part)))
                .collect();
            paths.push(format!("\"{path}\": {{{}}}", verbs.join(", ")));
        };
        path(base.clone(), &[("get", "list"), ("post", "add")]);
        path(
            format!("{base}/{{{one}Id}}"),
            &[("get", "show"), ("put", "replace"), ("patch", "change"), ("delete", "drop")],
        );
        path(format!("{base}/newest"), &[("get", "newest")]);
        path(format!("{base}/{{{one}Id}}.json"), &[("get", "export")]);
        path(format!("{base}/{{{one}Id}}:restart"), &[("post", "restart")]);
        path(format!("{base}/{{{one}Id}}/logs/v{{version}}-{{line}}"), &[("get", "logs"), ("head", "log_size")]);
    }
    // Another name for an existing route: two operations can't share requests.
    let again = operation("again".to_owned(), "backups");
    paths.push(format!("\"/organisations/{{o}}/backups/{{b}}\": {{\"get\": {again}}}"));
    let server = "\"servers\": [{\"url\": \"https://api.example/cloud/v2\"}]";
    format!(
        "{{\"openapi\": \"3.1.0\", \"info\": {{\"title\": \"Cloud\"}}, {server}, \"paths\": {{{}}}}}",
        paths.join(", ")
    )
}

/// Returns each method with a request for it, according to its route.
fn requests(home: &CliHome) -> Vec<(String, String)> {
    let response = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    let groups = response["groups"].as_array().unwrap();
    let methods = groups.iter().flat_map(|group| group["methods"].as_array().unwrap());
    methods
        .flat_map(|method| {
            let id = method["id"].as_str().unwrap();
            let routes = method["routes"].as_array().unwrap().iter();
            routes.map(move |route| (id.to_owned(), fill_route(route.as_str().unwrap()))).collect::<Vec<_>>()
        })
        .filter(|(_, request)| request.contains("/cloud/v2/"))
        .collect()
}

/// Returns a route with a value for each parameter.
fn fill_route(route: &str) -> String {
    let mut parts = route.split('{');
    let mut text = parts.next().unwrap().to_owned();
    for (n, part) in parts.enumerate() {
        text += &format!("x{n}7{}", part.split_once('}').unwrap().1);
    }
    text
}

struct ImportedApi {
    home: CliHome,
    requests: Vec<(String, String)>,
    /// For each request, a secret that may call exactly its method, and one that may call all others.
    secrets: Vec<(String, String)>,
    all: String,
}

fn imported_api() -> ImportedApi {
    let home = home_with_catalogue(super::SHOP);
    home.file("cloud.json", &document(), 0o644);
    let imported = home.as_ops(&["catalogue", "import", "openapi", "cloud.json", "--any-host"]).assert_success();
    insta::allow_duplicates! { insta::assert_snapshot!(imported.message(), @r#"
    ! "GET /organisations/{o}/backups/{b}" gets no route, because "GET /organisations/{org}/backups/{backupId}" already has the same route
      access levels: 89 from the HTTP method
    ✓ catalogue cloud applied
      If a proxy uses routes of this catalogue, print the proxy's configuration again. Run jeton guide … with the same options as before, save the output, and reload the proxy
    "#) };
    home.as_ops(&["policy", "set", "active_tokens", "0"]).assert_success();
    let requests = requests(&home);
    assert_eq!(requests.len(), 88);
    // Created with a hasher that costs nothing, to save time.
    let fakes = Fakes::new();
    let store = SqliteStore::open(&home.store(), OpenMode::Create).unwrap();
    add_account(&store, &*fakes.hasher, "maker", Role::Owner, jeton::platform::adapters().clock.now());
    drop(store);
    fakes.clock.set(jeton::platform::adapters().clock.now());
    let jeton = backend(&home.store(), fakes.adapters());
    let ids: Vec<MethodId> = requests.iter().map(|(id, _)| MethodId::parse(id).unwrap()).collect();
    let make = |name: String, ids: Vec<MethodId>| {
        let selection = Selection::Custom(ids.into_iter().collect());
        let made = call(&jeton, &credential("maker"), CreateToken { selection, ..create(&name) }).unwrap();
        made.value[0].secret.expose(str::to_owned)
    };
    let secrets = ids
        .iter()
        .enumerate()
        .map(|(n, id)| {
            let others = ids.iter().filter(|other| *other != id).cloned().collect();
            (make(format!("just-{n}"), vec![id.clone()]), make(format!("but-{n}"), others))
        })
        .collect();
    let all = make("all".to_owned(), ids.clone());
    ImportedApi { home, requests, secrets, all }
}

fn each_route_needs_just_its_method(kind: ProxyUnderTest) {
    let ImportedApi { home, requests, secrets, all } = imported_api();
    let verify = Verifier::real(kind, &home);
    let proxy_setup = ProxySetup::start(kind, home, verify);
    let with = |request: &str, secret: &str, more: &str| {
        let credential = format!("Authorization: Bearer {secret}");
        let headers: Vec<&str> = [credential.as_str(), more].into_iter().filter(|h| !h.is_empty()).collect();
        proxy_setup.send(request, &headers).status
    };
    for ((id, request), (just, others)) in requests.iter().zip(&secrets) {
        assert_eq!(with(request, just, ""), 200, "{kind:?} {request}");
        let [got] = &proxy_setup.application.take_requests()[..] else { panic!("{kind:?} {request} comes once") };
        assert_eq!((got.line.clone(), got.all("X-Jeton-Method")), (format!("{request} HTTP/1.1"), vec![id.as_str()]));
        assert_eq!(with(request, others, ""), 403, "{kind:?} {request}");
        assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {request}");
    }
    assert_eq!(with("GET /orders", &all, ""), 403, "{kind:?}: the other catalogue's");
    for (_, request) in &requests {
        assert_eq!(with(request, &all, ""), 200, "{kind:?} {request}");
        assert_eq!(proxy_setup.application.take_requests().len(), 1);
        for (tricked, header) in tricks(request) {
            if kind.resolves_paths() && ["//", "/.", "/%2", "%73"].iter().any(|step| tricked.contains(step)) {
                if with(&tricked, &all, header) == 200 {
                    assert_eq!(
                        proxy_setup.application.take_requests()[0].line,
                        format!("{request} HTTP/1.1"),
                        "{kind:?} {tricked}"
                    );
                }
                continue;
            }
            let status = with(&tricked, &all, header);
            assert!((400..500).contains(&status), "{kind:?} {tricked} {header}: {status}");
            assert_eq!(proxy_setup.application.take_requests().len(), 0, "{kind:?} {tricked} {header}");
        }
    }
    assert_eq!(proxy_setup.verify.connections(), 1, "{kind:?}");
}

/// Variants of the same request that an intermediary could interpret differently.
fn tricks(request: &str) -> Vec<(String, &'static str)> {
    let (verb, path) = request.split_once(' ').unwrap();
    let last = path.rfind('/').unwrap();
    let (head, tail) = path.split_at(last);
    let (_, name) = tail.split_at(1);
    let other_case = name.to_uppercase();
    let mut tricks: Vec<(String, &'static str)> = [
        format!("/{path}"),
        format!("{head}/{tail}"),
        format!("{head}/.{tail}"),
        format!("{head}/%2e{tail}"),
        format!("{head}/x/..{tail}"),
        format!("{head}/x/%2E%2e{tail}"),
        format!("{head}/..;{tail}"),
        format!("{head}%2f{name}"),
        format!("{head}%2F{name}"),
        format!("{head}%5C{name}"),
        format!("{path}/"),
        format!("{path}/."),
        format!("{path}%00"),
        path.replacen("organisations", "organisation%73", 1),
        path.replacen("organisations", "Organisations", 1),
        path.replacen("/cloud/", "/CLOUD/", 1),
    ]
    .into_iter()
    .map(|path| (format!("{verb} {path}"), ""))
    .collect();
    // In another case, a parameter has another value. Many applications ignore the case of a literal.
    if !name.starts_with('x') {
        tricks.push((format!("{verb} {head}/{other_case}"), ""));
    }
    tricks.push((format!("{verb} {path}?_method=DELETE"), ""));
    for header in ["X-HTTP-Method-Override: DELETE", "X-HTTP-Method: PUT", "X-Method-Override: PATCH"] {
        tricks.push((request.to_owned(), header));
    }
    tricks
}

for_each_proxy!(each_route_needs_just_its_method);
