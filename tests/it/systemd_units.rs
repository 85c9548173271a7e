//! The systemd units, checked against the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, run_to_end};

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

const TIMED: [&str; 2] = ["notify", "backup"];

/// Returns a line of a unit as a command, with this program, and with a folder in place of /var/lib/jeton.
fn command_in(home: &CliHome, line: &str) -> Command {
    let line = line
        .replace("$$", "$")
        .replace("%%", "%")
        .replace("/usr/bin/jeton", env!("CARGO_BIN_EXE_jeton"))
        .replace("/var/lib/jeton", home.path("").to_str().unwrap().trim_end_matches('/'));
    let mut command = Command::new("sh");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.path("")).args(["-c", &line]);
    command
}

/// Returns a home with a store where the units have it.
fn home_of_units() -> CliHome {
    let home = CliHome::new();
    let store = home.path("jeton.db").display().to_string();
    home.as_ops(&["init", "--username", "ops", "--store", &store]).assert_success();
    home
}

#[test]
fn timers_start_the_services_of_their_names() {
    for name in TIMED {
        let timer = unit(&format!("jeton-{name}.timer"));
        assert!(said(&timer, "Unit").is_empty() && said(&timer, "OnCalendar").len() == 1, "{name}");
        assert_eq!(said(&timer, "WantedBy"), ["timers.target"]);
        let service = unit(&format!("jeton-{name}.service"));
        assert_eq!((said(&service, "Type"), said(&service, "User")), (vec!["oneshot"], vec!["jeton"]));
    }
}

#[test]
fn notify_unit_runs_an_accepted_command() {
    let home = home_of_units();
    let line = said(&unit("jeton-notify.service"), "ExecStart")[0].to_owned();
    // Nothing is due. Whether this machine can send mails doesn't matter.
    let output = run_to_end(command_in(&home, &format!("{line} --dry-run")), b"").assert_success();
    assert_eq!(output.out, "");
}

#[test]
fn backup_unit_keeps_the_newest_backups() {
    let home = home_of_units();
    let backups = home.path("backups");
    fs::create_dir(&backups).unwrap();
    fs::set_permissions(&backups, fs::Permissions::from_mode(0o700)).unwrap();
    for second in 0..40 {
        fs::write(backups.join(format!("jeton-20200101T0000{second:02}Z.db")), "").unwrap();
    }
    fs::write(backups.join("jeton-mine.db"), "").unwrap();
    // One copy is left of a run that was killed, and one belongs to a run that goes on.
    for name in ["jeton-20200101T000000Z.db.partial", "jeton-20200101T000001Z.db.partial"] {
        fs::write(backups.join(name), "").unwrap();
    }
    let running = fs::File::open(backups.join("jeton-20200101T000001Z.db.partial")).unwrap();
    running.lock().unwrap();
    let service = unit("jeton-backup.service");
    for key in ["ExecStartPre", "ExecStart", "ExecStartPost"] {
        run_to_end(command_in(&home, said(&service, key)[0]), b"").assert_success();
    }
    let entries = fs::read_dir(&backups).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    assert_eq!(names.remove(0), "anchor");
    let partial: Vec<String> = names.extract_if(.., |name| name.ends_with(".partial")).collect();
    assert_eq!(partial, ["jeton-20200101T000001Z.db.partial"]);
    assert_eq!(names.pop().unwrap(), "jeton-mine.db");
    assert_eq!((names.len(), names[0].as_str()), (30, "jeton-20200101T000011Z.db"));
    let new = names.pop().unwrap();
    assert!(new.as_str() > "jeton-2021", "{new}");
    assert_eq!(fs::metadata(backups.join(new)).unwrap().permissions().mode() & 0o777, 0o600);
}

/// systemd accepts all units, and finds the services well confined: 2.0 of 10 at most.
#[test]
fn systemd_accepts_the_units() {
    if !Command::new("systemd-analyze").arg("--version").output().is_ok_and(|run| run.status.success()) {
        println!("skipped: systemd-analyze not found");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd");
    let mut names: Vec<String> =
        fs::read_dir(units).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in &names {
        let text = unit(name).replace("/usr/bin/jeton", env!("CARGO_BIN_EXE_jeton"));
        fs::write(folder.path().join(name), text).unwrap();
    }
    let analyze = |args: &[&str]| {
        let run = Command::new("systemd-analyze").args(args).current_dir(folder.path()).output().unwrap();
        let text = [run.stdout, run.stderr].concat();
        (run.status.success(), String::from_utf8_lossy(&text).into_owned())
    };
    for name in names {
        let path = format!("./{name}");
        let (accepted, text) = analyze(&["verify", &path]);
        let complaints: Vec<&str> = text.lines().filter(|line| line.contains("jeton")).collect();
        assert!(accepted && complaints.is_empty(), "{name}: {text}");
        if name.ends_with(".service") {
            let (confined, text) = analyze(&["security", "--offline=true", "--threshold=20", &path]);
            assert!(confined, "{name}: {text}");
        }
    }
}

/// The command of the unit is accepted: without a service it fails only because of that.
#[test]
fn audit_unit_follows_with_the_token_that_systemd_passes() {
    let unit = unit("jeton-audit.service");
    let home = CliHome::new();
    let token = home.file("token", "jtn_nonsense\n", 0o440);
    let line = said(&unit, "ExecStart")[0].replace("/var/lib/jeton-audit", home.path("").to_str().unwrap());
    let line = line.replace("/run/jeton", home.path("run").to_str().unwrap());
    let mut command = home.command(&line.split(' ').skip(1).collect::<Vec<_>>());
    let credentials = token.parent().unwrap().to_str().unwrap();
    for variable in said(&unit, "Environment") {
        let (name, value) = variable.split_once('=').unwrap();
        command.env(name, value.replace("%d", credentials));
    }
    let output = command.env("CREDENTIALS_DIRECTORY", credentials).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() != Some(2) && !message.contains("other users"), "{message}");
    assert!(line.starts_with("/usr/bin/jeton ") && said(&unit, "RestartPreventExitStatus") == ["2"]);
}
