//! The systemd units, checked against the program.

use std::fs;
use std::path::Path;

use jeton::error::Kind;

use crate::support::cli_program::CliHome;

fn unit(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd").join(name)).unwrap()
}

fn said<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn service_unit_starts_an_accepted_command() {
    let service = unit("jeton.service");
    let line: Vec<&str> = said(&service, "ExecStart")[0].split(' ').collect();
    assert_eq!(line[0], "/usr/bin/jeton");
    let store = format!("/var/lib/{}/jeton.db", said(&service, "StateDirectory")[0]);
    let missing = CliHome::new().path("missing.db");
    let args: Vec<&str> =
        line[1..].iter().map(|word| if *word == store { missing.to_str().unwrap() } else { word }).collect();
    assert!(args.contains(&missing.to_str().unwrap()), "{line:?}");
    // No store: everything before that was right, and this exit code makes systemd not retry.
    CliHome::new().run(&args, "").assert_error(Kind::NotFound);
    assert_eq!(said(&service, "RestartPreventExitStatus"), ["2 3"]);
    assert!(said(&service, "RuntimeDirectory").is_empty(), "the sockets' folder outlives the service");
}

#[test]
fn socket_units_use_the_names_of_the_service() {
    for (name, group) in [("verify", "www-data"), ("manage", "jeton-admin")] {
        let unit = unit(&format!("jeton-{name}.socket"));
        assert_eq!(said(&unit, "FileDescriptorName"), [name]);
        assert_eq!(said(&unit, "ListenStream"), [format!("/run/jeton/{name}.sock")]);
        assert_eq!(said(&unit, "Service"), ["jeton.service"]);
        assert_eq!((said(&unit, "SocketGroup"), said(&unit, "SocketMode")), (vec![group], vec!["0660"]));
        // jeton's own commands use that socket as the user who owns the store.
        assert_eq!(said(&unit, "SocketUser"), said(&self::unit("jeton.service"), "User"));
    }
    let https = unit("jeton-https.socket");
    assert_eq!((said(&https, "FileDescriptorName"), said(&https, "Service")), (vec!["manage"], vec!["jeton.service"]));
}
