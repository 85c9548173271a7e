//! Configurations of proxies, printed before and after a change of the catalogues.

use std::fs;
use std::path::PathBuf;

use super::{checks, configure, doctor};
use crate::support::cli_program::{CliHome, CliOutput};

const PROXIES: [&str; 5] = ["nginx", "caddy", "traefik", "envoy", "haproxy"];

/// Applies a catalogue with a method at this path.
fn apply(home: &CliHome, name: &str, path: &str) {
    let text = format!(
        "schema = 1\nname = \"{name}\"\ntitle = \"Orders\"\n\n[[group]]\nid = \"{name}orders\"\ntitle = \"Orders\"\n\n\
         [[group.method]]\nid = \"List\"\ntitle = \"List\"\naccess = \"read\"\nroutes = [\"GET {path}\"]\n"
    );
    let file = home.file("c.toml", &text, 0o600);
    home.as_ops(&["catalogue", "apply", file.to_str().unwrap(), "--no-input"]).assert_success();
}

/// Prints a configuration to a file of this name.
fn print(home: &CliHome, proxy: &str, name: &str, more: &[&str]) -> PathBuf {
    let args = [&["guide", proxy, "--insecure"], more].concat();
    let printed = home.run(&args, "").assert_success().out;
    home.file(name, &printed, 0o600)
}

/// Returns the ids and states of the findings about these files.
fn examine(home: &CliHome, files: &[&PathBuf]) -> (Vec<(String, String)>, CliOutput) {
    let args: Vec<&str> = files.iter().flat_map(|file| ["--proxy", file.to_str().unwrap()]).collect();
    let output = doctor(home, &args, &[]);
    let word = |check: &serde_json::Value, field: &str| check[field].as_str().unwrap().to_owned();
    let about = checks(&output).into_iter().filter(|check| check["id"].as_str().unwrap().starts_with("proxy."));
    (about.map(|check| (word(&check, "id"), word(&check, "status"))).collect(), output)
}

fn states(found: &[(String, String)], id: &str) -> Vec<String> {
    found.iter().filter(|(found, _)| found == id).map(|(_, status)| status.clone()).collect()
}

#[test]
fn stale_configuration_is_named_with_the_command_to_print_it_again() {
    let home = CliHome::set_up();
    configure(&home, "[serve]\nverify = \"127.0.0.1:7180\"\n");
    apply(&home, "shop", "/orders");
    let mut files: Vec<PathBuf> = PROXIES.iter().map(|proxy| print(&home, proxy, proxy, &[])).collect();
    // Addresses don't belong to the catalogues.
    files.push(print(&home, "nginx", "elsewhere", &["--listen", "127.0.0.1:99", "--upstream", "127.0.0.1:88"]));
    let all: Vec<&PathBuf> = files.iter().collect();
    assert_eq!(states(&examine(&home, &all).0, "proxy.current"), ["ok"; 6]);
    let only_shop = print(&home, "caddy", "only-shop", &["--catalogue", "shop"]);

    apply(&home, "bank", "/accounts");
    let (found, output) = examine(&home, &all);
    assert_eq!(states(&found, "proxy.current"), ["fault"; 6]);
    let next: Vec<String> = checks(&output).iter().filter_map(|c| c["next"].as_str().map(str::to_owned)).collect();
    for proxy in PROXIES {
        assert!(next.iter().any(|next| next.contains(&format!("jeton guide {proxy}."))), "{proxy}: {next:?}");
    }
    assert_eq!(states(&examine(&home, &[&only_shop]).0, "proxy.current"), ["ok"], "it has no routes of others");
    apply(&home, "shop", "/orders/all");
    let (found, output) = examine(&home, &[&only_shop]);
    assert_eq!(states(&found, "proxy.current"), ["fault"]);
    assert!(output.out.contains("jeton guide caddy --catalogue shop"), "{}", output.out);
    assert_eq!(states(&examine(&home, &[&print(&home, "nginx", "new", &[])]).0, "proxy.current"), ["ok"]);
}

#[test]
fn other_files_are_named() {
    let home = CliHome::set_up();
    apply(&home, "shop", "/orders");
    let other = home.file("other", "server { listen 80; }\n", 0o600);
    assert_eq!(states(&examine(&home, &[&other]).0, "proxy.file"), ["fault"]);
    assert_eq!(states(&examine(&home, &[&home.path("gone")]).0, "proxy.file"), ["fault"]);
    let old = print(&home, "nginx", "old", &[]);
    let text = fs::read_to_string(&old).unwrap();
    let (mark, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("# jeton catalogue nginx "));
    assert_eq!(mark.len(), 1);
    let old = home.file("old", &rest.join("\n"), 0o600);
    assert_eq!(states(&examine(&home, &[&old]).0, "proxy.current"), ["warning"]);
}

/// It is a regular file, but reading it waits for the kernel's next message.
#[test]
fn file_of_the_kernel_is_not_waited_for() {
    let home = super::healthy();
    let (found, _) = examine(&home, &[&PathBuf::from("/proc/kmsg"), &PathBuf::from("/dev/zero")]);
    assert_eq!(states(&found, "proxy.file"), ["fault", "fault"]);
}
