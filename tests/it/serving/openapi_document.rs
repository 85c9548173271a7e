//! The OpenAPI document of the management API, compared with the answers of the service by schemathesis.

use std::process::Command;

use serde_json::{Value, json};

use super::{issue_with_methods, new_install, secret_text};
use crate::support::fakes::{PASSWORD, add_account, create};
use crate::support::service_process::{ServiceProcess, command};
use jeton::domain::role::Role;
use jeton::verbs::tokens::CreateToken;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,response_headers_conformance";
/// Maximum time for each caller, in seconds.
const MAX_TIME: &str = "25";

const RIGHTS: [&str; 9] = [
    "jeton.accounts.read",
    "jeton.accounts.write",
    "jeton.audit.read",
    "jeton.introspect",
    "jeton.ledger.read",
    "jeton.tokens.read",
    "jeton.tokens.read-all",
    "jeton.tokens.write",
    "jeton.tokens.write-all",
];

#[test]
fn answers_are_those_of_the_document() {
    if Command::new("schemathesis").arg("--version").output().is_err() {
        println!("skipped: schemathesis not found");
        return;
    }
    let install = new_install();
    let hasher = jeton::platform::adapters().hasher;
    for (name, role) in [("boss", Role::Owner), ("crew", Role::Member)] {
        add_account(install.store(), &*hasher, name, role, install.now());
    }
    let owner = issue_with_methods(&install, "acting", &RIGHTS);
    issue_with_methods(&install, "fuzzed", &["jeton.tokens.read"]);
    let own = super::selection(&["jeton.tokens.read", "jeton.tokens.write", "jeton.ledger.read"]);
    let member = install.create("member", CreateToken { selection: own, ..create("acting") });
    let mut serve = command(&install.temp_store.path());
    serve.args(["--manage", "127.0.0.1:0", "--insecure"]);
    let service = ServiceProcess::spawn(serve);
    let url = format!("http://{}", service.manage.display());
    let account =
        |name: &str, token: String| json!({ "url": url, "username": name, "password": PASSWORD, "token": token });
    check(&url, &account("boss", secret_text(&owner)), &["--exclude-path-regex", "^/v1/(confirm|login)$"]);
    check(&url, &account("crew", secret_text(&member)), &["--exclude-path-regex", "^/v1/(confirm|login)$"]);
    check(&url, &Value::Null, &[]);
}

/// Calls every endpoint as `account`, or as nobody.
fn check(url: &str, account: &Value, only: &[&str]) {
    let mut schemathesis = Command::new("schemathesis");
    schemathesis.args(["run", &format!("{url}/v1/openapi.json"), "--checks", CHECKS, "--max-time", MAX_TIME]);
    schemathesis.args(["--max-examples", "10", "--seed", "7", "--no-shrink", "--phases", "fuzzing"]).args(only);
    schemathesis.args(["--continue-on-failure", "--no-color"]).env("JETON_ACCOUNT", account.to_string());
    schemathesis.env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data"));
    schemathesis.env("SCHEMATHESIS_HOOKS", "schemathesis_hooks").env("PYTHONDONTWRITEBYTECODE", "1");
    let folder = tempfile::tempdir().unwrap();
    let output = schemathesis.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{account}\n{}", String::from_utf8_lossy(&output.stdout));
}
