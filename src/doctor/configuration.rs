//! The configuration: its files, each value with its source, and values that contradict each other.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{CheckKind, Context, Finding, unit_file};
use crate::config::{
    FileFault, SecretFileAccess, ServerField, ServerKey, Setting, SettingKey, Settings, Source, TokenSource,
    secret_file_access,
};
use crate::error::Error;
use crate::platform::running_service_file::{self, FoundService};
use crate::platform::{tls, unix_group, unix_user};
use crate::service::endpoint::Endpoint;
use crate::service::server_address::ServerAddress;
use crate::verbs::cli_line::quote_absolute;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind { id: "configuration.file", meaning: "A configuration file can't be read, or isn't TOML", run: files },
    CheckKind {
        id: "configuration.permissions",
        meaning: "Other users can change a configuration file, or read a token in it",
        run: |c| faults(c, FileFault::Permissions),
    },
    CheckKind {
        id: "configuration.unknown-key",
        meaning: "A configuration file has an unknown setting, so no command runs",
        run: |c| faults(c, FileFault::UnknownKey),
    },
    CheckKind {
        id: "configuration.value",
        meaning: "A setting has an invalid value, so some commands don't run",
        run: values,
    },
    CheckKind {
        id: "configuration.usable",
        meaning: "An option, a variable or the name of a server is invalid, so no command runs",
        run: usable,
    },
    CheckKind {
        id: "configuration.secret-file",
        meaning: "A file with a token or a key is missing or unusable, or other users can read the file",
        run: secret_files,
    },
    CheckKind {
        id: "configuration.certificate",
        meaning: "A file with a certificate is missing, or isn't in PEM",
        run: certificates,
    },
    CheckKind {
        id: "configuration.group",
        meaning: "The group of a socket doesn't exist, or the service's user is not a member of the group",
        run: groups,
    },
    CheckKind {
        id: "configuration.contradiction",
        meaning: "Two settings contradict each other, or one setting makes another setting useless",
        run: contradictions,
    },
];

fn files(context: &Context<'_>) -> Vec<Finding> {
    let mut found = faults(context, FileFault::Unreadable);
    let named = std::mem::take(&mut found);
    let unreadable = |path: &Path| {
        context.files.iter().any(|file| file.path == path && file.faults.iter().any(|f| f.0 == FileFault::Unreadable))
    };
    found.extend(context.files.iter().filter(|file| !unreadable(&file.path)).map(|file| {
        let path = file.path.display();
        Finding::ok(match file.exists {
            true => format!("{path} was read"),
            false => format!("there is no configuration file at {path}"),
        })
    }));
    found.into_iter().chain(named).collect()
}

fn faults(context: &Context<'_>, fault: FileFault) -> Vec<Finding> {
    let all = context.files.iter().flat_map(|file| &file.faults);
    all.filter(|(kind, _)| *kind == fault).map(|(_, error)| Finding::of_error(error.clone())).collect()
}

fn values(context: &Context<'_>) -> Vec<Finding> {
    let mut found = faults(context, FileFault::Value);
    match &context.settings {
        Ok(settings) => found.extend(
            settings
                .shown_values()
                .into_iter()
                .map(|(key, value, source)| Finding::ok(format!("{key} = {value} (from {source})"))),
        ),
        Err(_) => found.extend(context.files.iter().flat_map(|file| {
            let path = file.path.display();
            file.values.iter().map(move |(key, value)| Finding::ok(format!("{key} = {value} (from {path})")))
        })),
    }
    found
}

/// Reports the error of every other command, unless a file's own fault has been reported already.
fn usable(context: &Context<'_>) -> Vec<Finding> {
    let has_faults = context.files.iter().any(|file| !file.faults.is_empty());
    match &context.settings {
        Err(error) if !has_faults => vec![Finding::of_error(error.clone())],
        Err(_) => Vec::new(),
        Ok(_) => vec![Finding::ok("the settings can be used")],
    }
}

fn settings<'a>(context: &'a Context<'_>) -> Option<&'a Settings> {
    context.settings.as_ref().ok()
}

fn secret_files(context: &Context<'_>) -> Vec<Finding> {
    let Some(settings) = settings(context) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(Setting { value: TokenSource::File(path), source }) = &settings.token {
        let name = path.display();
        found.push(match secret_file_access(path) {
            Ok(SecretFileAccess::Owner) => {
                Finding::ok(format!("only the owner of the file can read the token in {name}"))
            }
            Ok(SecretFileAccess::OtherOwner(owner)) => Finding::fault(format!(
                "you can't use the token in {name} (from {source})"
            ))
            .why(format!("the file belongs to {}", user_name(owner)))
            .next(format!(
                "Put the secret of a token into a file of your own with mode 0600. Then set {source} to the path of \
                 this file"
            )),
            Ok(SecretFileAccess::Others) => {
                Finding::fault(format!("other users can access the token in {name} (from {source})")).next(format!(
                    "Run: chmod 600 {}. Other users could have read the secret. Regenerate the token, and put the new \
                     secret into this file",
                    quote_absolute(path)
                ))
            }
            Err(error) => Finding::fault(format!("{} (from {source})", error.what))
                .next(format!(
                    "Set {source} to the path of a file with the secret of a token. Only you may have access to this \
                     file (mode 0600)"
                ))
                .because_of(error),
        });
    }
    if let Some(Setting { value: path, source }) = &settings.serve.key {
        found.push(match tls::read_key(path) {
            Ok(_) => Finding::ok(format!("the key in {} can be used", path.display())),
            Err(error) => {
                let is_forbidden = error.why.as_ref().is_some_and(|why| why.starts_with("Permission denied"));
                let finding = Finding::fault(format!("{} (from {source})", error.what)).because_of(error);
                match is_forbidden {
                    true => finding.next("Run jeton doctor as the user of the service"),
                    false => finding,
                }
            }
        });
    }
    found
}

fn certificates(context: &Context<'_>) -> Vec<Finding> {
    let Some(settings) = settings(context) else { return Vec::new() };
    let files = [
        (SettingKey::ServeCertificate.name().to_owned(), &settings.serve.certificate),
        (server_key(settings, ServerField::Ca, SettingKey::ServerCa), &settings.server_ca),
    ];
    let files = files.into_iter().filter_map(|(key, file)| Some((key, file.as_ref()?)));
    files
        .map(|(key, Setting { value: path, source })| match tls::read_certificates(path) {
            Ok(_) => Finding::ok(format!("the file of {key} can be used")),
            Err(error) => Finding::fault(format!("the file of {key} (from {source}) can't be used"))
                .because_of(Error { why: Some(error.what_and_why()), ..error }),
        })
        .collect()
}

/// Returns a user for a message: "the user jeton".
fn user_name(uid: u32) -> String {
    unix_user::name_of(uid).map_or_else(|| format!("the user with uid {uid}"), |name| format!("the user {name}"))
}

fn groups(context: &Context<'_>) -> Vec<Finding> {
    let Some(serve) = settings(context).map(|settings| &settings.serve) else { return Vec::new() };
    // A port has no group.
    let is_socket = |endpoint: Option<&Endpoint>| !matches!(endpoint, Some(Endpoint::Tcp(_)));
    let verify = serve.verify.as_ref().map(|setting| &setting.value);
    let manage = serve.manage.as_ref().and_then(|setting| setting.value.local.as_ref());
    let groups = [
        ("serve.verify-group", serve.verify_group.as_ref().filter(|_| is_socket(verify))),
        ("serve.manage-group", serve.manage_group.as_ref().filter(|_| is_socket(manage))),
    ];
    let groups = groups.into_iter().filter_map(|(key, group)| Some((key, group?)));
    groups
        .map(|(key, Setting { value: name, source })| {
            if !unix_group::exists(name) {
                return missing_group(key, name, source);
            }
            match service_user(context).filter(|uid| unix_group::has_member(name, *uid) == Some(false)) {
                Some(uid) => Finding::warning(format!("{} is not in the group {name} ({key})", user_name(uid)))
                    .why(
                        "this user owns the store, so the service must run as this user. Only a member of the group \
                         can set the group of the socket. The service refuses to start",
                    )
                    .next(format!(
                        "Correct {key} in {source}, or add the user to the group: usermod -aG {name} {}",
                        unix_user::name_of(uid).unwrap_or_else(|| "USER".to_owned())
                    )),
                None => Finding::ok(format!("the group {name} of {key} exists")),
            }
        })
        .collect()
}

fn missing_group(key: &str, name: &str, source: &Source) -> Finding {
    let create = match name.parse::<u32>() {
        Ok(number) => format!("groupadd --gid {number} NAME; usermod -aG NAME USER"),
        Err(_) => format!("groupadd --system {name}; usermod -aG {name} USER"),
    };
    Finding::fault(format!("there is no group {name} ({key}, from {source})"))
        .why(match name.parse::<u32>() {
            Ok(_) => "only root can start the service without this group, unless systemd creates the socket",
            Err(_) => "the service can't start without this group, unless systemd creates the socket",
        })
        .next(format!("Correct {key}. Or create the group, and add the user of the service to the group: {create}"))
}

/// Returns the user of a service that creates its sockets itself: the owner of the store. `None` if the user is root, or
/// if that service runs, or is started by the unit that jeton ships.
fn service_user(context: &Context<'_>) -> Option<u32> {
    let path = context.store.as_ref()?.value.path();
    let has_unit = unit_file::installed(&context.root, "jeton.service").is_some();
    let is_running = matches!(running_service_file::find(path), Some(FoundService::Running(_)));
    let uid = std::fs::metadata(path).ok()?.uid();
    (uid != 0 && !has_unit && !is_running).then_some(uid)
}

fn contradictions(context: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in &context.files {
        let has = |key: &str| file.values.iter().any(|(name, _)| name == key);
        if has("store") && has("server") {
            found.push(
                Finding::warning(format!("{} sets both store and server", file.path.display()))
                    .why(
                        "most commands go to the server. Only a few commands use the store, such as jeton serve and \
                         jeton doctor",
                    )
                    .next(
                        "If this machine has no store, remove the setting store. Otherwise remove the setting server, \
                         and give commands for the server the option --server ADDRESS",
                    ),
            );
        }
    }
    let Some(settings) = settings(context) else { return found };
    let serve = &settings.serve;
    let https = serve.manage.as_ref().is_some_and(|manage| manage.value.https.is_some());
    match (&serve.certificate, &serve.key) {
        (Some(one), None) | (None, Some(one)) => {
            let (set, missing) = match serve.key {
                None => ("serve.certificate", "serve.key"),
                Some(_) => ("serve.key", "serve.certificate"),
            };
            let what = format!("{set} (from {}) is set, but {missing} is not", one.source);
            found.push(match https {
                true => Finding::fault(what)
                    .why("https needs both settings, so the service refuses to start")
                    .next(format!("Set {missing} too")),
                false => Finding::warning(what).why("https needs both settings").next(format!(
                    "To use https, set {missing} too, and add an https address to serve.manage. Otherwise remove {set}"
                )),
            });
        }
        (None, None) if https => found.push(
            Finding::fault("serve.manage has an https address, but no certificate is set")
                .why("the service refuses to start")
                .next("Set serve.certificate and serve.key, or remove the https address from serve.manage"),
        ),
        (Some(_), Some(_)) if !https => {
            let (why, next) = match &serve.manage {
                Some(manage) => (
                    "serve.manage has no https address",
                    format!(
                        "Add an https address to serve.manage, after a comma: {},https://ADDRESS:PORT",
                        manage.value
                    ),
                ),
                None => ("serve.manage is not set", "Set serve.manage to https://ADDRESS:PORT".to_owned()),
            };
            found.push(
                Finding::warning("serve.certificate and serve.key have no effect")
                    .why(why)
                    .next(format!("{next}. Or remove serve.certificate and serve.key")),
            );
        }
        _ => {}
    }
    let is_tcp = serve.verify.as_ref().is_some_and(|verify| matches!(verify.value, Endpoint::Tcp(_)));
    if is_tcp && serve.verify_group.is_some() {
        found.push(
            Finding::warning("serve.verify-group has no effect")
                .why("serve.verify is a TCP port, and only a socket can have a group")
                .next("Set serve.verify to a socket (unix:PATH), or remove serve.verify-group"),
        );
    }
    found.extend(server_contradictions(settings));
    if found.is_empty() {
        found.push(Finding::ok("the settings agree with each other"));
    }
    found
}

/// Returns the name of a setting of the server in use, which can have a name.
fn server_key(settings: &Settings, field: ServerField, key: SettingKey) -> String {
    match &settings.server_name {
        Some(name) => ServerKey { server: name.clone(), field }.name(),
        None => key.name().to_owned(),
    }
}

fn server_contradictions(settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(server) = &settings.server else { return found };
    let is_https = matches!(server.value, ServerAddress::Https { .. });
    let ca = settings.server_ca.as_ref().map(|ca| (ServerField::Ca, SettingKey::ServerCa, &ca.source));
    let pin = settings.server_pin.as_ref().map(|pin| (ServerField::Pin, SettingKey::ServerPin, &pin.source));
    for (field, key, source) in ca.into_iter().chain(pin).filter(|_| !is_https) {
        let key = server_key(settings, field, key);
        found.push(
            Finding::warning(format!("{key} has no effect"))
                .why(format!(
                    "only a server with an https address has a certificate, and the server is {}",
                    server.value
                ))
                .next(format!("Remove {key} from {source}, or use an https address")),
        );
    }
    let is_port = matches!(server.value, ServerAddress::Local(Endpoint::Tcp(_)));
    let is_insecure = settings.server_insecure.as_ref().is_some_and(|insecure| insecure.value);
    if is_port && !is_insecure {
        found.push(
            Finding::fault(format!("jeton sends no passwords or tokens to {}", server.value))
                .why("any user of this machine could listen at this port and receive your password")
                .next("Use the socket of the service (unix:PATH) or an https address (https://HOST)"),
        );
    } else if is_port {
        found.push(
            Finding::warning(format!("jeton sends passwords and tokens to {}", server.value))
                .why("server-insecure is yes. While the service is down, any user of this machine can listen there")
                .next("Use the socket of the service (unix:PATH) or an https address (https://HOST)"),
        );
    }
    if let Some(Setting { value: TokenSource::Stored(_, place), source }) = &settings.token
        && !settings.is_for_here(place.as_deref())
        && !matches!(source, Source::Option(_))
    {
        found.push(
            Finding::warning(format!("the api-token from {source} isn't used for {}", server.value))
                .why(match place {
                    Some(place) => format!("the token is for {place}"),
                    None => "the configuration doesn't say for which server the token is".to_owned(),
                })
                .next(format!("Store a token for this server: {} config set api-token", settings.program())),
        );
    }
    found
}
