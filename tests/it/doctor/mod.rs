//! `jeton doctor`: names each fault of a broken installation by its id, changes nothing, and goes on.

mod configuration;
mod documentation;
mod proxy;
mod service;
mod store;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};

/// The bytes of a store with the owner `ops`.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| fs::read(CliHome::set_up().store()).unwrap())
}

/// Returns a home with a healthy installation.
fn healthy() -> CliHome {
    let home = CliHome::new();
    let store = home.store();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(store.parent().unwrap()).unwrap();
    fs::write(&store, template()).unwrap();
    set_mode(&store, 0o600);
    home
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Writes the configuration file of the user.
fn configure(home: &CliHome, text: &str) -> PathBuf {
    let path = home.path(".config/jeton/config.toml");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    set_mode(&path, 0o600);
    path
}

/// Runs the doctor with these variables.
fn doctor(home: &CliHome, args: &[&str], environment: &[(&str, String)]) -> CliOutput {
    let mut command = home.command(&[&["doctor", "--json"], args].concat());
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = run_to_end(command, b"");
    let is_good = checks(&output).iter().all(|check| check["status"] == "ok");
    output.assert_code(if is_good { 0 } else { 6 })
}

fn checks(output: &CliOutput) -> Vec<Value> {
    let answer = output.json();
    assert_eq!(answer["schema"], 1);
    answer["checks"].as_array().unwrap().clone()
}

/// Returns `true` for an id about this machine instead of the test's installation.
fn is_of_machine(id: &str) -> bool {
    ["store.space", "service.time-sync"].contains(&id) || id.starts_with("systemd.") || id.starts_with("proxy.")
}

/// Returns the ids of warnings and faults, without those of this machine: its disk, clock, units and proxies.
fn found(output: &CliOutput) -> Vec<String> {
    let bad = checks(output).into_iter().filter(|check| check["status"] != "ok");
    let ids = bad.map(|check| check["id"].as_str().unwrap().to_owned());
    ids.filter(|id| !is_of_machine(id)).collect()
}

/// Returns every file below the home with its mode, owner and content. The index of the write-ahead log is no content.
fn files(home: &CliHome) -> BTreeMap<PathBuf, (u32, u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![home.path("")];
    while let Some(path) = open.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let is_read = meta.is_file() && !path.to_str().unwrap().ends_with("-shm");
        let content = if is_read { fs::read(&path).unwrap() } else { Vec::new() };
        found.insert(path, (meta.mode(), meta.uid(), content));
    }
    found
}

/// A broken installation: the id that the doctor must report, and how to break a healthy one. The result is the
/// environment of the doctor.
type Case = (&'static str, fn(&CliHome) -> Vec<(&'static str, String)>);

/// Breaks a healthy installation by each case, and asserts that the doctor reports it, changes nothing, and still reports
/// the other areas.
fn assert_named(cases: &[Case]) {
    for (index, (id, break_it)) in cases.iter().enumerate() {
        let home = healthy();
        let environment = break_it(&home);
        let before = files(&home);
        let output = doctor(&home, &[], &environment).assert_code(6);
        assert!(found(&output).contains(&(*id).to_owned()), "case {index}, {id}: {:?}", found(&output));
        assert_eq!(output.error()["kind"], "findings", "case {index}, {id}");
        let areas: Vec<String> = checks(&output).iter().map(|c| c["area"].as_str().unwrap().to_owned()).collect();
        for area in ["store", "configuration", "systemd", "terminal"] {
            assert!(areas.iter().any(|a| a == area), "case {index}, {id}: nothing about {area}");
        }
        for check in checks(&output) {
            assert!(check["status"] == "ok" || check["next"].is_string(), "case {index}: no next step: {check}");
        }
        assert!(files(&home) == before, "case {index}, {id}: the doctor has changed a file");
    }
}

#[test]
fn healthy_installation_has_no_fault() {
    let home = healthy();
    let before = files(&home);
    for args in [&[][..], &["--full"]] {
        let output = doctor(&home, args, &[]);
        assert_eq!(found(&output), [""; 0]);
        assert!(output.code != 0 || output.err.is_empty(), "no message with --json: {}", output.err);
    }
    assert!(files(&home) == before, "the doctor has changed a file");
    configure(&home, "username = \"ops\"\nlock.after = \"15min\"\n");
    assert_eq!(found(&doctor(&home, &[], &[])), [""; 0]);
    // Who asks has no meaning.
    home.run(&["doctor", "--user", "ops", "--json"], "").assert_code(2);
}

#[test]
fn text_names_each_fault_with_its_id_and_fits_80_columns() {
    let home = healthy();
    set_mode(&home.store(), 0o644);
    configure(&home, "usrname = \"ops\"\n");
    let output = home.run(&["doctor"], "").assert_code(6);
    assert!(output.out.is_ascii(), "no locale: {}", output.out);
    for id in ["[store.permissions]", "[configuration.unknown-key]"] {
        assert!(output.out.contains(id), "{id}: {}", output.out);
    }
    let long =
        output.out.lines().find(|line| line.chars().count() > 80 && !line.contains(home.path("").to_str().unwrap()));
    assert_eq!(long, None);
    let quiet = home.run(&["doctor", "--quiet"], "").assert_code(6);
    let ids: Vec<&str> = quiet.out.lines().filter(|id| !is_of_machine(id)).collect();
    assert_eq!(ids, ["store.permissions", "store.opens", "configuration.unknown-key"]);
}
