//! Swagger 2.0, documents of several files, pipes, hosts, and the other options of `jeton catalogue import openapi`.

use crate::support::cli_program::{CliHome, CliOutput};

const DOCKER: &str = r#"swagger: "2.0"
info: {title: Engine, version: "1"}
host: engine.example.com:2375
basePath: /v1
paths:
  /images/{name}/json:
    get: {operationId: inspect, tags: [images], parameters: [{name: name, in: path, type: string, default: base}]}
  /images/{no}/history:
    get: {operationId: history, tags: [images], parameters: [{name: no, in: path, type: integer}]}
"#;

fn home() -> CliHome {
    let home = CliHome::set_up();
    home.file("engine.yaml", DOCKER, 0o644);
    home
}

fn import(home: &CliHome, options: &[&str]) -> CliOutput {
    home.as_ops(&[&["catalogue", "import", "openapi", "engine.yaml"], options].concat())
}

/// Returns the exported lines of the catalogue `engine` with hosts, routes and the rule for the final slash.
fn exported(home: &CliHome) -> String {
    let text = home.run(&["catalogue", "export", "engine"], "").assert_success().out;
    let wanted = |line: &&str| {
        line.contains("example.com") || ["hosts", "trailing_slash", "routes"].iter().any(|key| line.starts_with(key))
    };
    text.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

#[test]
fn options_decide_hosts_and_routes() {
    let home = home();
    import(&home, &[]).assert_success();
    insta::assert_snapshot!(exported(&home), @r#"
    hosts = ["engine.example.com"]
    routes = ["GET /v1/images/{no:int}/history"]
    routes = ["GET /v1/images/{name}/json"]
    "#);
    let options =
        ["--host", "A.example.com", "--host", "b.example.com", "--base-path", "/docker", "--trailing-slash", "either"];
    import(&home, &[&options[..], &["--multi-segment", "name"]].concat()).assert_success();
    insta::assert_snapshot!(exported(&home), @r#"
    hosts = [
        "a.example.com",
        "b.example.com",
    trailing_slash = "either"
    routes = ["GET /docker/images/{no:int}/history"]
    routes = ["GET /docker/images/{name+}/json"]
    "#);
    import(&home, &["--any-host", "--use-defaults"]).assert_success();
    insta::assert_snapshot!(exported(&home), @r#"
    routes = ["GET /v1/images/{no:int}/history"]
    routes = ["GET /v1/images/base/json"]
    "#);
    for refused in [
        &["--host", "*.example.com"][..],
        &["--host", "a", "--any-host"],
        &["--multi-segment", "other"],
        &["--trailing-slash", "maybe"],
        &["--base-path", "no slash"],
    ] {
        import(&home, refused).assert_code(2);
    }
}

#[test]
fn document_is_read_from_a_pipe() {
    let home = home();
    let piped = |command: &[&str]| home.run(command, DOCKER);
    piped(&["catalogue", "import", "openapi", "-", "--dry-run"]).assert_code(2).assert_says(&["--name NAME"]);
    piped(&["catalogue", "check", "-"]).assert_code(2).assert_says(&["--name NAME"]);
    let check = home.run(&["catalogue", "check", "-"], "schema = 1\nname = \"x\"\ntitle = \"X\"\n");
    assert!(check.assert_success().err.contains("named x"));
    // Stdin has the password.
    import(&home, &["--access", "-"]).assert_code(2);
    home.as_ops(&["catalogue", "apply", "-"]).assert_code(2);
}

#[test]
fn formats_are_told_apart_by_content() {
    let home = home();
    // The name of the file says nothing.
    home.file("api.toml", DOCKER, 0o644);
    let catalogue = "schema = 1\nname = \"notes\"\ntitle = \"openapi: 3\"\n";
    home.file("notes.yaml", catalogue, 0o644);
    for (file, name) in [("api.toml", "api"), ("notes.yaml", "notes")] {
        let checked = home.run(&["catalogue", "check", file, "--json"], "").assert_success().json();
        assert_eq!(checked["catalogue"], name);
        home.as_ops(&["catalogue", "apply", file]).assert_success();
    }
    let fresh = CliHome::new();
    fresh.file("api.toml", DOCKER, 0o644);
    fresh.as_ops(&["init", "--username", "ops", "--catalogue", "api.toml"]).assert_success();
    fresh.run(&["catalogue", "show", "api.images.history"], "").assert_success();
}

#[test]
fn files_are_read_only_below_the_folder() {
    let home = CliHome::set_up();
    for folder in ["api", "api/paths"] {
        std::fs::create_dir(home.path(folder)).unwrap();
    }
    let secret = "get: {operationId: outside, tags: [secret]}\n";
    home.file("outside.yaml", secret, 0o644);
    home.file("api/paths/in.yaml", "get: {operationId: inside, tags: [t]}\n", 0o644);
    std::os::unix::fs::symlink("../../outside.yaml", home.path("api/paths/link.yaml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", home.path("api/endless.yaml")).unwrap();
    let whole = home.path("outside.yaml").display().to_string();
    home.file(
        "api/shop.yaml",
        &format!(
            "openapi: 3.0.3\npaths:\n  /in: {{$ref: paths/in.yaml}}\n  /link: {{$ref: paths/link.yaml}}\n  \
             /up: {{$ref: ../outside.yaml}}\n  /whole: {{$ref: '{whole}'}}\n  /uri: {{$ref: 'file://{whole}'}}\n  \
             /escaped: {{$ref: '%2e%2e/outside.yaml'}}\n  /endless: {{$ref: endless.yaml}}\n  /folder: {{$ref: paths}}\n"
        ),
        0o644,
    );
    let imported = home.as_ops(&["catalogue", "import", "openapi", "api/shop.yaml", "--verbose"]).assert_success();
    for path in ["/link", "/up", "/whole", "/uri", "/escaped", "/endless", "/folder"] {
        assert!(imported.err.contains(&format!("\"{path}\"")), "{path}: {}", imported.err);
    }
    home.run(&["catalogue", "show", "shop.t.inside"], "").assert_success();
    let json = home.run(&["catalogue", "list", "--json"], "").assert_success().out;
    assert!(!json.contains("outside"));
    // The folder of the document counts, not that of the process; a link to the document leads to its own folder.
    std::os::unix::fs::symlink("api/shop.yaml", home.path("shop.yaml")).unwrap();
    home.run(&["catalogue", "check", "shop.yaml"], "").assert_success();
}

#[test]
fn warnings_are_tallied_unless_all_are_wanted() {
    let home = CliHome::set_up();
    let paths: String = (0..9).map(|n| format!("  /{n}: {{get: {{operationId: o{n}, tags: [t, {{}}]}}}}\n")).collect();
    home.file("shop.yaml", &format!("openapi: 3.0.3\npaths:\n{paths}"), 0o644);
    let import = ["catalogue", "import", "openapi", "shop.yaml", "--dry-run"];
    let count = |output: &CliOutput| output.err.matches("because it is not text").count();
    let tallied = home.as_ops(&import).assert_success();
    assert_eq!(count(&tallied), 3);
    assert!(tallied.err.contains("6 more") && tallied.err.contains("--verbose"), "{}", tallied.err);
    assert_eq!(count(&home.as_ops(&[&import[..], &["--verbose"]].concat()).assert_success()), 9);
    let check = ["catalogue", "check", "shop.yaml"];
    assert_eq!(count(&home.run(&check, "").assert_success()), 3);
    assert_eq!(count(&home.run(&[&check[..], &["--verbose"]].concat(), "").assert_success()), 9);
    let json = home.as_ops(&[&import[..], &["--json"]].concat()).assert_success().json();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 9);
}
