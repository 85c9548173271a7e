//! The systemd units that are installed, compared with those that jeton ships.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::unit_file::{self, Unit};
use super::{CheckKind, Context, Finding};
use crate::domain::untrusted_text::excerpt;
use crate::error::without_error_number;
use crate::platform::unix_user;
use crate::verbs::cli_line::quote_path;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind {
        id: "systemd.unit",
        meaning: "An installed unit can't be read, or a required socket unit is not installed",
        run: units,
    },
    CheckKind {
        id: "systemd.hardening",
        meaning: "Security settings of the shipped unit are missing or different in the installed unit",
        run: hardening,
    },
    CheckKind {
        id: "systemd.program",
        meaning: "The program in `ExecStart` is missing, or can't be executed",
        run: |c| service(c).map(|service| program(c, &service)).into_iter().collect(),
    },
    CheckKind {
        id: "systemd.store",
        meaning: "The store in `ExecStart` is missing",
        run: |c| service(c).and_then(|service| store(c, &service)).into_iter().collect(),
    },
    CheckKind {
        id: "systemd.user",
        meaning: "The user of the unit doesn't exist, is root, or doesn't own the store",
        run: |c| service(c).map(|service| user(c, &service)).into_iter().collect(),
    },
];

const SERVICE: &str = "jeton.service";
/// The services that jeton ships. Only the first is needed.
const SHIPPED_SERVICES: [(&str, &str); 4] = [
    (SERVICE, include_str!("../../assets/systemd/jeton.service")),
    ("jeton-audit.service", include_str!("../../assets/systemd/jeton-audit.service")),
    ("jeton-backup.service", include_str!("../../assets/systemd/jeton-backup.service")),
    ("jeton-notify.service", include_str!("../../assets/systemd/jeton-notify.service")),
];
/// The sockets that the shipped service needs.
const SOCKETS: [&str; 2] = ["jeton-verify.socket", "jeton-manage.socket"];
/// Settings of the shipped services that protect nothing, or belong to each machine.
const NO_PROTECTION: [&str; 19] = [
    "Type",
    "User",
    "Group",
    "SupplementaryGroups",
    "ExecStart",
    "ExecStartPost",
    "ExecReload",
    "Restart",
    "RestartSec",
    "RestartPreventExitStatus",
    "TimeoutStartSec",
    "TimeoutStopSec",
    "StateDirectory",
    "LimitNOFILE",
    "Environment",
    "LoadCredential",
    "SyslogIdentifier",
    "Nice",
    "IOSchedulingClass",
];

/// Returns the unit of the service, if it is installed and can be read.
fn service(context: &Context<'_>) -> Option<Unit> {
    unit_file::installed(&context.root, SERVICE)?.1.ok()
}

fn units(context: &Context<'_>) -> Vec<Finding> {
    let installed = SHIPPED_SERVICES
        .into_iter()
        .filter_map(|(name, _)| unit_file::installed(&context.root, name).map(|(path, unit)| (name, path, unit)));
    let mut found = Vec::new();
    for (name, path, unit) in installed {
        found.push(match &unit {
            Ok(_) => Finding::ok(format!("{} is installed", path.display())),
            Err(e) => Finding::fault(format!("the unit {} or one of its drop-ins can't be read", path.display()))
                .why(without_error_number(&e.to_string()))
                .next("Correct this file, or install the unit again from the package"),
        });
        let required = unit.map(|unit| unit.values("Unit", "Requires").join(" ")).unwrap_or_default();
        found.extend(missing_sockets(context, name, &required));
    }
    if found.is_empty() {
        found.push(Finding::ok("no systemd unit of jeton is installed here"));
    }
    found
}

/// Returns a fault for each socket of `required` that isn't installed.
fn missing_sockets(context: &Context<'_>, service: &str, required: &str) -> Vec<Finding> {
    let is_missing = |socket: &&str| {
        required.split_whitespace().any(|name| name == *socket) && unit_file::installed(&context.root, socket).is_none()
    };
    let fault = |socket| {
        Finding::fault(format!("{socket} is not installed"))
            .why(format!("{service} doesn't start without this socket unit"))
            .next(format!(
                "Install {socket} from the package, or from assets/systemd in jeton's source. Then run: systemctl \
                 daemon-reload"
            ))
    };
    SOCKETS.into_iter().filter(is_missing).map(fault).collect()
}

fn hardening(context: &Context<'_>) -> Vec<Finding> {
    let installed = SHIPPED_SERVICES.into_iter().filter_map(|(name, shipped)| {
        let unit = unit_file::installed(&context.root, name)?.1.ok()?;
        Some((name, unit, Unit::parse(shipped)))
    });
    installed
        .map(|(name, unit, shipped)| {
            let weaker = weaker_settings(&unit, &shipped);
            match weaker.is_empty() {
                true => Finding::ok(format!("{name} has all security settings of the shipped unit")),
                false => Finding::warning(format!(
                    "{name} does not have the same security settings as the shipped unit"
                ))
                .why(format!("missing settings, or settings with other values: {}", weaker.join(", ")))
                .next(
                    "Compare these settings with the unit in the package, or in assets/systemd of jeton's source. Copy \
                           those that protect more",
                ),
            }
        })
        .collect()
}

/// Returns the settings that protect the service in the shipped unit, and that `unit` has with another value, or not.
fn weaker_settings(unit: &Unit, shipped: &Unit) -> Vec<String> {
    let protects = |key: &&str| !NO_PROTECTION.contains(key);
    let keys = shipped.keys("Service").filter(protects);
    let has_key = |key: &str| unit.keys("Service").any(|known| known == key);
    let is_same = |key: &str| has_key(key) && unit.values("Service", key) == shipped.values("Service", key);
    keys.filter(|key| !is_same(key)).map(str::to_owned).collect()
}

/// Returns the words of `ExecStart`, without systemd's prefixes.
fn command(unit: &Unit) -> Vec<&str> {
    let line = unit.value("Service", "ExecStart").unwrap_or_default();
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if let Some(program) = words.first_mut() {
        *program = program.trim_start_matches(['@', '-', ':', '+', '!']);
    }
    words
}

/// Returns `path` below the root of the system.
fn below_root(context: &Context<'_>, path: &str) -> PathBuf {
    context.root.join(path.trim_start_matches('/'))
}

fn program(context: &Context<'_>, unit: &Unit) -> Finding {
    let command = command(unit);
    let Some(program) = command.first() else {
        return Finding::fault(format!("{SERVICE} starts no program"))
            .why("the unit has no ExecStart=")
            .next("Install the unit again from the package, or from assets/systemd in jeton's source");
    };
    if !program.contains('/') {
        return Finding::ok(format!("{SERVICE} starts {}. systemd searches for the path", excerpt(program, 200)));
    }
    let is_program = |meta: &fs::Metadata| meta.is_file() && meta.permissions().mode() & 0o111 != 0;
    match fs::metadata(below_root(context, program)) {
        Ok(meta) if is_program(&meta) => Finding::ok(format!("{SERVICE} starts {}", excerpt(program, 200))),
        Ok(_) => Finding::fault(format!("{} can't be executed", excerpt(program, 200)))
            .why(format!("{SERVICE} starts this path, but the path is not an executable file"))
            .next("Install jeton there, with mode 0755"),
        Err(e) => Finding::fault(format!("{} can't be started", excerpt(program, 200)))
            .why(format!("the path in ExecStart= can't be examined: {}", without_error_number(&e.to_string())))
            .next("Install jeton there, or correct ExecStart="),
    }
}

/// Returns the path of the store in the command of the unit.
fn store_path(unit: &Unit) -> Option<String> {
    let command = command(unit);
    let mut words = command.iter();
    while let Some(word) = words.next() {
        if let Some(path) = word.strip_prefix("--store=") {
            return Some(path.to_owned());
        }
        if *word == "--store" {
            return words.next().map(|path| (*path).to_owned());
        }
    }
    None
}

fn store(context: &Context<'_>, unit: &Unit) -> Option<Finding> {
    // Only systemd knows the values of specifiers and variables.
    let path = store_path(unit).filter(|path| !path.contains(['%', '$']))?;
    let shown = excerpt(&path, 200);
    Some(match fs::metadata(below_root(context, &path)) {
        Ok(_) => Finding::ok(format!("the store of {SERVICE} is {shown}")),
        // Only its user may look into the folder.
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
            Finding::ok(format!("the store of {SERVICE} is {shown}, in a folder that you can't read"))
        }
        Err(e) => Finding::fault(format!("the store of {SERVICE} can't be used: {shown}"))
            .why(without_error_number(&e.to_string()))
            .next(format!(
                "For a new store: create the store's folder, and make {user} the owner of the folder. Then run: sudo \
                 -u {user} jeton init --store {}. For a store at another path: correct the path in ExecStart=. For a \
                 lost store: restore a backup",
                quote_path(Path::new(&shown)),
                user = quote_path(Path::new(&*excerpt(unit.value("Service", "User").unwrap_or("root"), 40))),
            )),
    })
}

fn user(context: &Context<'_>, unit: &Unit) -> Finding {
    let is_dynamic =
        unit.value("Service", "DynamicUser").is_some_and(|value| ["yes", "true", "on", "1"].contains(&value));
    if is_dynamic {
        return Finding::ok(format!("{SERVICE} runs as a user that systemd creates (DynamicUser=)"));
    }
    let name = unit.value("Service", "User").unwrap_or("root");
    let Some(uid) = unix_user::uid_of(name) else {
        return Finding::fault(format!("there is no user {} for {SERVICE}", excerpt(name, 40)))
            .why("the service can't start")
            .next(format!(
                "Correct User= in the unit, or create the user: useradd --system --home-dir /var/lib/jeton --shell \
                 /usr/sbin/nologin {}",
                excerpt(name, 40)
            ));
    };
    let owner = store_path(unit).and_then(|path| fs::metadata(below_root(context, &path)).ok()).map(|meta| meta.uid());
    match owner {
        Some(owner) if owner != uid => {
            let owner = unix_user::name_of(owner).unwrap_or_else(|| format!("uid {owner}"));
            Finding::fault(format!("the service runs as {name}, but its store belongs to {owner}"))
                .why("jeton refuses to open the store of another user")
                .next(match uid {
                    0 => format!("Set User= in {SERVICE} to the owner of the store"),
                    _ => format!(
                        "Correct User= in {SERVICE}, or make {name} the owner of the store and its folder (chown)"
                    ),
                })
        }
        _ if uid == 0 => Finding::warning(format!("{SERVICE} runs as root"))
            .why("an attacker who finds a fault in the service would get all rights on this machine")
            .next("Set User=jeton, and make this user the owner of the store and its folder (chown)"),
        _ => Finding::ok(format!("the service runs as {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::context::tests::context_of;
    use crate::doctor::{Area, Status, examine};
    use crate::platform;

    const PROGRAM: &str = "usr/bin/jeton";
    const STORE: &str = "var/lib/jeton/jeton.db";

    /// The id of a fault, and how it comes about.
    type Case = (&'static str, fn(&System));

    /// A system with the shipped units, whose service runs as the current user.
    struct System(tempfile::TempDir);

    impl System {
        fn new() -> Self {
            let system = System(tempfile::tempdir().unwrap());
            let user = format!("User={}", rustix::process::geteuid().as_raw());
            let service = SHIPPED_SERVICES[0].1.replace("User=jeton", &user);
            system.write("usr/lib/systemd/system/jeton.service", &service, 0o644);
            for (name, text) in &SHIPPED_SERVICES[1..] {
                system.write(&format!("usr/lib/systemd/system/{name}"), text, 0o644);
            }
            for socket in SOCKETS {
                system.write(&format!("etc/systemd/system/{socket}"), "[Socket]\n", 0o644);
            }
            system.write(PROGRAM, "", 0o755);
            system.write(STORE, "", 0o600);
            system
        }

        fn path(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn write(&self, path: &str, text: &str, mode: u32) {
            fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
            fs::write(self.path(path), text).unwrap();
            fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        }

        fn drop_in(&self, text: &str) {
            self.write("etc/systemd/system/jeton.service.d/own.conf", &format!("[Service]\n{text}\n"), 0o644);
        }

        /// Returns the ids of warnings and faults.
        fn found(&self) -> Vec<&'static str> {
            let adapters = platform::adapters();
            let context = context_of(&adapters, self.0.path());
            let checks = examine(Area::Systemd, &context).filter(|check| check.status != Status::Ok);
            let found: Vec<_> =
                checks.inspect(|check| assert!(check.next.is_some(), "{check:?}")).map(|c| c.id).collect();
            found.into_iter().filter(|id| *id != "systemd.user" || !rustix::process::geteuid().is_root()).collect()
        }
    }

    #[test]
    fn shipped_units_have_no_fault_and_none_at_all_neither() {
        assert_eq!(System::new().found(), [""; 0]);
        assert_eq!(System(tempfile::tempdir().unwrap()).found(), [""; 0]);
    }

    #[test]
    fn each_fault_of_a_unit_is_named() {
        let cases: [Case; 9] = [
            ("systemd.unit", |s| fs::remove_file(s.path("etc/systemd/system/jeton-verify.socket")).unwrap()),
            ("systemd.unit", |s| fs::create_dir_all(s.path("etc/systemd/system/jeton.service")).unwrap()),
            ("systemd.hardening", |s| s.drop_in("ProtectSystem=no")),
            ("systemd.hardening", |s| s.drop_in("SystemCallFilter=")),
            ("systemd.hardening", |s| {
                s.write("etc/systemd/system/jeton.service", "[Service]\nExecStart=/usr/local/bin/jeton serve\n", 0o644)
            }),
            ("systemd.program", |s| fs::remove_file(s.path(PROGRAM)).unwrap()),
            ("systemd.program", |s| s.write(PROGRAM, "", 0o644)),
            ("systemd.program", |s| s.drop_in("ExecStart=")),
            ("systemd.store", |s| fs::remove_file(s.path(STORE)).unwrap()),
        ];
        for (index, (id, break_it)) in cases.into_iter().enumerate() {
            let system = System::new();
            break_it(&system);
            assert!(system.found().contains(&id), "case {index}, {id}: {:?}", system.found());
        }
    }

    /// Every shipped service is compared, so a new one must be added to the list.
    #[test]
    fn each_shipped_service_is_compared() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd");
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut services: Vec<String> = names.filter(|name| name.ends_with(".service")).collect();
        services.sort();
        let mut compared = SHIPPED_SERVICES.map(|(name, _)| name);
        compared.sort();
        assert_eq!(compared.to_vec(), services);
        for (name, _) in SHIPPED_SERVICES {
            let drop_in = format!("etc/systemd/system/{name}.d/own.conf");
            let found = |text: &str| {
                let system = System::new();
                system.write(&drop_in, text, 0o644);
                system.found()
            };
            assert_eq!(found("[Service]\nNoNewPrivileges=no\n"), ["systemd.hardening"], "{name}");
            assert_eq!(found("[Service]\nNice=1\nTimeoutStartSec=1h\nSupplementaryGroups=mail\n"), [""; 0], "{name}");
            let system = System::new();
            fs::remove_file(system.path(&format!("usr/lib/systemd/system/{name}"))).unwrap();
            system.write(&format!("usr/lib/systemd/system/{name}"), &"#".repeat(300_000), 0o644);
            assert!(system.found().contains(&"systemd.unit"), "{name}");
        }
    }

    #[test]
    fn user_must_exist_and_own_the_store() {
        let judge = |user: &str| {
            let system = System::new();
            system.drop_in(&format!("User={user}"));
            let adapters = platform::adapters();
            let context = context_of(&adapters, system.0.path());
            super::user(&context, &service(&context).unwrap()).status
        };
        assert_eq!(judge("no-such-user-of-jeton"), Status::Fault);
        assert_eq!(judge("61234"), Status::Fault, "the store belongs to us");
        let own = rustix::process::geteuid();
        let expected = if own.is_root() { Status::Warning } else { Status::Ok };
        assert_eq!(judge(&own.as_raw().to_string()), expected);
    }
}
