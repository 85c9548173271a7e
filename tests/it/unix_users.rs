//! A server with several unix users, each as themselves. Runs only as root.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use jeton::error::Kind;
use serde_json::Value;

use crate::support::certificates::self_signed;
use crate::support::cli_program::{CliOutput, PASSWORD};
use crate::support::service_process::ServiceProcess;
use crate::support::unix_users::UnixUsers;

const TEMPORARY: &str = "a temporary password";
const OWN: &str = "a password of one's own";

/// Returns the names of the tokens in the answer of `token list --json`.
#[track_caller]
fn names(listed: &CliOutput) -> Vec<String> {
    let answer = listed.json();
    let mut names: Vec<_> =
        answer["tokens"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Creates the store of the user `service` with the owner `ops` and these accounts.
fn set_up(users: &UnixUsers, accounts: &[(&str, &str)]) -> String {
    let store = users.home("service", "jeton.db").to_str().unwrap().to_owned();
    let run = |args: &[&str], lines: &[&str]| {
        users.run("service", &[args, &["--store", &store, "--user", "ops", "--password-stdin"]].concat(), lines)
    };
    let init = ["init", "--username", "ops", "--store", &store, "--password-stdin"];
    users.run("service", &init, &[PASSWORD]).assert_success();
    for (name, role) in accounts {
        run(&["account", "create", name, "--role", role], &[PASSWORD, TEMPORARY]).assert_success();
    }
    store
}

/// Starts the service of the user `service` with these arguments, its socket open to the group of the test.
fn serve(users: &UnixUsers, store: &str, args: &[&str]) -> ServiceProcess {
    let certificate = self_signed(&["localhost"]);
    let key = users.write("service", "tls.key", &certificate.key);
    std::fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
    users.write("service", "tls.pem", &certificate.pem);
    let config = format!("[serve]\nmanage-group = \"{}\"\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n", users.group);
    let config = users.write("service", "config.toml", &config);
    let mut command = users.command("service", &[&["serve", "--store", store], args].concat());
    command.env("JETON_CONFIG", config);
    ServiceProcess::spawn(command)
}

/// A third party uses the token of `member`, until its owner disables it.
fn share(users: &UnixUsers, store: &str, server: &str) {
    let owner = |args: &[&str], lines: &[&str]| {
        users.run("service", &[args, &["--store", store, "--user", "ops", "--password-stdin"]].concat(), lines)
    };
    let third = |args: &[&str], lines: &[&str]| users.run("third", args, lines);
    for (account, name) in [("ops", "own"), ("member", "deploy")] {
        owner(&["token", "create", name, "--account", account, "--inherit"], &[PASSWORD]).assert_success();
    }
    let helper = ["token", "create", "helper", "--account", "member", "--method", "jeton.tokens.read", "--quiet"];
    let secret = owner(&helper, &[PASSWORD]).assert_success().out;
    third(&["config", "set", "server", server], &[]).assert_success();
    third(&["config", "set", "username", "member"], &[]).assert_success();
    third(&["config", "set", "api-token-name", "helper"], &[]).assert_success();
    third(&["config", "set", "api-token"], &[secret.trim_end()]).assert_success();
    let file = users.home("third", ".config/jeton/config.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    assert_eq!(names(&third(&["token", "list", "--json"], &[]).assert_success()), ["deploy", "helper"]);
    assert_eq!(names(&third(&["token", "list", "--all", "--json"], &[]).assert_success()), ["deploy", "helper"]);
    third(&["token", "show", "ops/own", "--json"], &[]).assert_error(Kind::Denied);
    let rows = || owner(&["audit", "--json"], &[PASSWORD]).assert_success().json()["entries"].as_array().unwrap().len();
    let before = rows();
    third(&["token", "create", "more", "--expires", "1d", "--json"], &[]).assert_error(Kind::Denied);
    assert_eq!(rows(), before);

    owner(&["token", "disable", "member/helper"], &[PASSWORD]).assert_success();
    third(&["token", "list", "--json"], &[]).assert_error(Kind::Unauthenticated);

    let own = ["account", "passwd", "--user", "guest", "--password-stdin"];
    third(&own, &[TEMPORARY, OWN]).assert_success();
    third(&["login", "guest", "--password-stdin"], &[OWN]).assert_success();
    assert!(!std::fs::read_to_string(&file).unwrap().contains("api-token"));
    let listed = third(&["token", "list", "--json"], &[]).assert_success();
    assert!(names(&listed).is_empty());
}

#[test]
fn account_is_shared_over_the_socket() {
    let Some(users) = UnixUsers::new(&["service", "third"], 2) else { return };
    let store = set_up(&users, &[("member", "member"), ("guest", "member")]);
    let service = serve(&users, &store, &[]);
    share(&users, &store, &format!("unix:{}", service.manage.display()));
    service.stop();
}

#[test]
fn account_is_shared_over_http_of_this_machine() {
    let Some(users) = UnixUsers::new(&["service", "third"], 1) else { return };
    let store = set_up(&users, &[("member", "member"), ("guest", "member")]);
    let service = serve(&users, &store, &["--manage", "127.0.0.1:0", "--insecure"]);
    let server = format!("http://{}", service.manage.display());
    let list = ["token", "list", "--server", &server, "--user", "member", "--password-stdin", "--json"];
    users.run("third", &list, &[TEMPORARY]).assert_error(Kind::Denied);
    users.run("third", &["config", "set", "server-insecure", "yes"], &[]).assert_success();
    share(&users, &store, &server);
    service.stop();
}

#[test]
fn nothing_is_sent_to_a_socket_that_anybody_could_have_created() {
    let Some(users) = UnixUsers::new(&["service", "third"], 2) else { return };
    let store = set_up(&users, &[("member", "member")]);
    let service = serve(&users, &store, &[]);
    // The service itself begins only in a folder that others can't change.
    let folder = service.manage.parent().unwrap();
    std::fs::set_permissions(folder, Permissions::from_mode(0o1777)).unwrap();
    let server = format!("unix:{}", service.manage.display());
    let list = |user: &str| {
        let args = ["token", "list", "--server", &server, "--user", "ops", "--password-stdin", "--json"];
        users.run(user, &args, &[PASSWORD])
    };
    list("third").assert_error(Kind::Denied);
    list("service").assert_success();
    service.stop();
}

#[test]
fn account_is_shared_over_https() {
    let Some(users) = UnixUsers::new(&["service", "third"], 4) else { return };
    let store = set_up(&users, &[("member", "member"), ("guest", "member")]);
    let service = serve(&users, &store, &["--manage", "https://127.0.0.1:0"]);
    let certificate = std::fs::read_to_string(users.home("service", "tls.pem")).unwrap();
    let trusted = users.write("third", "server.pem", &certificate);
    users.run("third", &["config", "set", "server-ca", trusted.to_str().unwrap()], &[]).assert_success();
    share(&users, &store, &format!("https://localhost:{}", service.https().port()));
    service.stop();
}

#[test]
fn admins_of_a_server_stay_themselves() {
    let Some(mut users) = UnixUsers::new(&["service", "alice", "bob", "outsider"], 3) else { return };
    if !users.enter_namespace("service") {
        println!("skipped: the system allows no mount namespace");
        return;
    }
    let store = set_up(&users, &[("alice", "admin"), ("bob", "admin")]);
    let socket = "/run/jeton/manage.sock";
    let service = serve(&users, &store, &["--manage", &format!("unix:{socket}")]);
    for admin in ["alice", "bob"] {
        let run = |args: &[&str], lines: &[&str]| users.run(admin, args, lines);
        let own = ["account", "passwd", "--user", admin, "--password-stdin"];
        run(&own, &[TEMPORARY, OWN]).assert_success();
        run(&["login", admin, "--password-stdin"], &[OWN]).assert_success();
        let name = format!("of-{admin}");
        run(&["token", "create", &name, "--inherit", "--password-stdin"], &[OWN]).assert_success();
        let listed = run(&["token", "list", "--json", "--password-stdin"], &[OWN]).assert_success();
        assert_eq!(names(&listed), [name]);
    }
    let audit = users.run("alice", &["audit", "--json", "--password-stdin"], &[OWN]).assert_success().json();
    let mut created: Vec<&Value> = audit["entries"].as_array().unwrap().iter().collect();
    created.retain(|row| row["verb"] == "token.create");
    let mut makers: Vec<_> = created.iter().map(|row| (row["name"].as_str().unwrap(), &row["face"])).collect();
    makers.sort_by_key(|(who, _)| *who);
    assert_eq!(makers, [("alice", &Value::from("api")), ("bob", &Value::from("api"))]);

    // Each user has a delay of their own after wrong passwords.
    let list = ["token", "list", "--user", "bob", "--password-stdin", "--json"];
    users.run("alice", &list, &["not the password"]).assert_error(Kind::Unauthenticated);
    users.run("bob", &list, &[OWN]).assert_success();

    let address = format!("unix:{socket}");
    let refused = users.run("outsider", &[&list[..], &["--server", &address]].concat(), &[OWN]);
    let error = refused.assert_error(Kind::Denied).error();
    assert!(error["next"].as_str().unwrap().contains(&format!("usermod -aG {} ", users.group)), "{error}");

    let refused = users.run("root", &["token", "list", "--store", &store, "--json", "--no-input"], &[]);
    let error = refused.assert_error(Kind::Failure).error();
    let line = format!("sudo -u {} jeton", users.name("service"));
    assert!(error["next"].as_str().unwrap().contains(&line), "{error}");
    service.stop();
}
