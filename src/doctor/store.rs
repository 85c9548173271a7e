//! The store: its file, its place, and its content.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{CheckKind, Context, Finding};
use crate::config::Source;
use crate::domain::date_format::DateFormat;
use crate::domain::number::group_digits;
use crate::error::{Error, Result};
use crate::platform;
use crate::platform::secret_files::SERVICE_SUFFIXES;
use crate::platform::sidecar::sidecar_path;
use crate::store::{IntegrityCheck, OPENING_RULES, OpenStore, OpeningRule, StoreLocation, StoreSpace};
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::cli_line::CliLine;
use crate::verbs::credential::Credential;
use crate::verbs::ledger::{LedgerSizePart, MAX_LEDGER_BYTES, SizeCursor};
use crate::verbs::local_backend::LocalBackend;
use crate::verbs::ports::Store;
use crate::verbs::request::call;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind { id: "store.exists", meaning: "There is no store at its path, or nobody has set it up", run: exists },
    CheckKind {
        id: "store.file",
        meaning: "The store is a link, has a second name (hard link), or isn't a file",
        run: |c| rule(c, OpeningRule::Kind, "the store is a regular file", "the store can't be used as a file"),
    },
    CheckKind {
        id: "store.owner",
        meaning: "The store belongs to another user, who would be locked out",
        run: |c| rule(c, OpeningRule::Owner, "the store belongs to you", "the store belongs to another user"),
    },
    CheckKind {
        id: "store.permissions",
        meaning: "Other users can read or write the store",
        run: |c| rule(c, OpeningRule::Mode, "only you have access to the store", "others have access to the store"),
    },
    CheckKind {
        id: "store.folders",
        meaning: "Another user can replace the store, because of a folder above it",
        run: |c| {
            rule(c, OpeningRule::Folders, "nobody else can replace the store", "other users can replace the store")
        },
    },
    CheckKind {
        id: "store.companions",
        meaning: "A file of SQLite or of the service next to the store belongs to another user, or others have access",
        run: companions,
    },
    CheckKind {
        id: "store.file-system",
        meaning: "The store is on a network file system, where SQLite can lose data, or on a read-only mount",
        run: file_system,
    },
    CheckKind { id: "store.space", meaning: "The disk is almost full, or has no inodes left", run: space },
    CheckKind { id: "store.opens", meaning: "The store can't be read, so its content wasn't checked", run: opens },
    CheckKind {
        id: "store.schema",
        meaning: "The store is another program's, or of another version of jeton",
        run: schema,
    },
    CheckKind { id: "store.integrity", meaning: "The file is damaged: SQLite's own check failed", run: integrity },
    CheckKind { id: "store.audit-chain", meaning: "The audit log was changed after it was written", run: audit_chain },
    CheckKind { id: "store.wal", meaning: "The write-ahead log is far larger than it should be", run: wal },
    CheckKind {
        id: "store.leftovers",
        meaning: "A backup or restore that was killed left a copy of the store",
        run: leftovers,
    },
    CheckKind {
        id: "store.ledger",
        meaning: "The ledger is larger than its bound, and nothing shortens it",
        run: ledger,
    },
];

/// Number of days of tokens, or of attempts, measured in one read.
const ROWS_MEASURED: usize = 10_000;
const MIB: u64 = 1024 * 1024;
/// Free space below which jeton soon can't change anything.
const FAULT_SPACE: StoreSpace = StoreSpace { bytes: 32 * MIB, files: Some(16) };
/// Free space below which a backup or a busy day may fill the disk.
const WARNING_SPACE: StoreSpace = StoreSpace { bytes: 512 * MIB, files: Some(1024) };
/// Size of the write-ahead log from which something keeps it from being written back.
const LARGE_WAL: u64 = 4;

/// Returns the location of the store if something is there.
fn existing<'a>(context: &'a Context<'_>) -> Option<&'a StoreLocation> {
    let location = &context.store.as_ref()?.value;
    location.exists().unwrap_or(true).then_some(location)
}

/// Returns the command `jeton ARGS` for the examined store.
pub(super) fn command(context: &Context<'_>, args: &[&str]) -> String {
    let line = CliLine::new(args);
    match &context.store {
        Some(store) if store.source != Source::Default => {
            line.option("store", store.value.path().display().to_string()).to_string()
        }
        _ => line.to_string(),
    }
}

fn exists(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = &context.store else {
        let unknown = Finding::fault("the path of the store is unknown").why("the home folder is unknown");
        return vec![unknown.next("Use --store PATH, or set JETON_STORE")];
    };
    let place = format!("{} (from {})", store.value.path().display(), store.source);
    let server = context.settings.as_ref().ok().and_then(|settings| settings.server.as_ref());
    vec![match (store.value.exists(), server) {
        (Ok(true), _) => Finding::ok(format!("the store is {place}")),
        (Ok(false), Some(server)) if store.source == Source::Default => {
            Finding::ok(format!("no store on this machine: commands go to {}", server.value))
        }
        (Ok(false), _) => Finding::fault(format!("there is no store at {place}")).next(format!(
            "Check the path. For a new store, run: {}. If the store was lost, restore a backup: {}",
            command(context, &["init"]),
            command(context, &["restore", "FILE"])
        )),
        (Err(error), _) => Finding::fault(format!("the store {place} can't be reached")).because_of(error),
    }]
}

fn rule(context: &Context<'_>, rule: OpeningRule, good: &str, bad: &str) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    // A link has its own owner and mode, which say nothing.
    let is_link = rule != OpeningRule::Kind && location.check_rule(OpeningRule::Kind).is_err();
    if is_link && matches!(rule, OpeningRule::Mode | OpeningRule::FileSystem) {
        return Vec::new();
    }
    vec![match location.check_rule(rule) {
        Ok(()) => Finding::ok(good),
        Err(error) => Finding::fault(bad).because_of(error),
    }]
}

fn companions(context: &Context<'_>) -> Vec<Finding> {
    let good = "the files next to the store are yours";
    let mut found = rule(context, OpeningRule::Companions, good, "a file next to the store isn't safe to use");
    found.extend(existing(context).into_iter().flat_map(foreign_service_files));
    if existing(context).is_some_and(StoreLocation::has_rollback_journal) {
        found.push(
            Finding::warning("a rollback journal is next to the store")
                .why("another program began to change the store, and ended before the change was complete")
                .next("Restore a backup, unless you know which program wrote the file ending in -journal"),
        );
    }
    found
}

/// Returns a fault for each file of the service, next to the store, that the service would refuse.
fn foreign_service_files(location: &StoreLocation) -> Vec<Finding> {
    let own = platform::own_process::uid();
    // The rules of opening name those of SQLite.
    let files = SERVICE_SUFFIXES.into_iter().map(|suffix| sidecar_path(location.path(), suffix));
    let foreign = files.filter_map(|path| {
        let meta = fs::symlink_metadata(&path).ok()?;
        let is_good = meta.is_file() && meta.uid() == own && meta.mode() & 0o077 == 0;
        (!is_good).then_some((path, meta))
    });
    foreign
        .map(|(path, meta)| {
            Finding::fault(format!("the service can't use {}", path.display()))
                .why(format!(
                    "it has uid {} and mode {:04o}, and must be yours alone",
                    meta.uid(),
                    meta.mode() & 0o7777
                ))
                .next("Correct its owner and mode (0600), as those of the store")
        })
        .collect()
}

fn file_system(context: &Context<'_>) -> Vec<Finding> {
    let good = "the store is on a local disk";
    let found = rule(context, OpeningRule::FileSystem, good, "the store is on a network file system");
    if existing(context).is_some_and(StoreLocation::is_on_read_only_mount) {
        return vec![
            Finding::warning("the store is on a read-only mount")
                .why("tokens can be listed and verified by commands, but nothing can be changed or served")
                .next("Mount the file system writable, or copy the store to a writable folder"),
        ];
    }
    found
}

fn space(context: &Context<'_>) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    vec![match location.space() {
        Ok(left) => judge_space(left),
        Err(error) => Finding { status: super::Status::Warning, ..Finding::of_error(error) },
    }]
}

fn judge_space(left: StoreSpace) -> Finding {
    let is_below =
        |least: StoreSpace| left.bytes < least.bytes || left.files.zip(least.files).is_some_and(|(l, least)| l < least);
    let files = left.files.map_or_else(String::new, |files| format!(", {} inodes", group_digits(files)));
    let what = format!("{} free on the disk of the store{files}", size(left.bytes));
    let next = "Free disk space, or move the store to a larger disk";
    if is_below(FAULT_SPACE) {
        Finding::fault(what).why("jeton soon can't change anything, and the service loses uses of tokens").next(next)
    } else if is_below(WARNING_SPACE) {
        Finding::warning(what).why("a backup or a busy day may fill the disk").next(next)
    } else {
        Finding::ok(what)
    }
}

/// Formats a number of bytes: `3 KiB`, `12 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        _ if bytes < 10 * 1024 * MIB => format!("{} MiB", bytes / MIB),
        _ => format!("{} GiB", bytes / MIB / 1024),
    }
}

fn opens(context: &Context<'_>) -> Vec<Finding> {
    match context.opened() {
        None => Vec::new(),
        Some(Ok(_)) => vec![Finding::ok("the store can be read")],
        Some(Err(error)) => {
            let what = "the content of the store wasn't checked";
            let is_named = existing(context)
                .is_some_and(|location| OPENING_RULES.iter().any(|r| location.check_rule(*r).is_err()));
            vec![match is_named {
                true => Finding::warning(what)
                    .why("jeton opens no store with the faults above")
                    .next("Correct these faults, then run jeton doctor again"),
                false => Finding::fault(what).because_of(error.clone()),
            }]
        }
    }
}

/// Returns the open store.
fn opened<'a>(context: &'a Context<'_>) -> Option<&'a Arc<OpenStore>> {
    context.opened()?.as_ref().ok()
}

fn schema(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = opened(context) else { return Vec::new() };
    vec![match store.schema_state() {
        Err(error) => Finding::fault("this program can't use the store").because_of(error),
        Ok(schema) if schema.version == 0 => Finding::fault("the store is an empty file")
            .next(format!("Create a store with: {}", command(context, &["init"]))),
        Ok(schema) if schema.version < schema.newest => Finding::warning(format!(
            "the store has schema {}, and this program uses {}",
            schema.version, schema.newest
        ))
        .why("the next command migrates the store; then older programs can't open it any more")
        .next("Make a backup, stop the service, then run any command and start the service again"),
        Ok(schema) if schema.lacks_indexes => Finding::warning("the store was never filled completely")
            .why("its indexes are missing until a command opens it")
            .next(format!("Run: {}", command(context, &["check"]))),
        Ok(schema) => Finding::ok(format!("the store has schema {}, as this program expects", schema.version)),
    }]
}

/// Returns the open store if its tables are those that this program knows.
pub(super) fn readable<'a>(context: &'a Context<'_>) -> Option<&'a Arc<OpenStore>> {
    opened(context).filter(|store| {
        store.schema_state().is_ok_and(|schema| schema.version == schema.newest && !schema.lacks_indexes)
    })
}

/// Runs a long read with the time limit. `what` is a noun: "the audit log".
fn timed<T>(context: &Context<'_>, what: &str, read: impl FnOnce() -> Result<T>) -> std::result::Result<T, Finding> {
    context.time_limit.restart();
    read().map_err(|error| match context.time_limit.was_over() {
        true => Finding::warning(format!("{what} wasn't checked to its end"))
            .why("the check takes long, and was ended")
            .next(format!("Run: {}", command(context, &["doctor", "--full"]))),
        false => Finding::fault(format!("{what} can't be read"))
            .because_of(Error { why: Some(error.what_and_why()), ..error }),
    })
}

fn integrity(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = opened(context) else { return Vec::new() };
    let (check, name) = match context.is_full {
        true => (IntegrityCheck::Full, "full check"),
        false => (IntegrityCheck::Quick, "quick check"),
    };
    match timed(context, "the file", || store.integrity_problems(check)) {
        Err(finding) => vec![finding],
        Ok(problems) if problems.is_empty() => vec![Finding::ok(format!("SQLite's {name} found no damage"))],
        Ok(problems) => vec![
            Finding::fault("the store is damaged")
                .why(problems.join("; ").replace('\n', " "))
                .next("Stop the service, keep the damaged file, and restore a backup"),
        ],
    }
}

fn audit_chain(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = readable(context) else { return Vec::new() };
    let backend = LocalBackend::<OpenStore>::new(Arc::clone(store), context.adapters.clone(), context.client.clone());
    let verb = VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart };
    let report = match timed(context, "the audit log", || call(&backend, &Credential::Store, verb)) {
        Ok(verification) => verification.report,
        Err(finding) => return vec![finding],
    };
    match report.findings.first() {
        None => vec![Finding::ok(format!("the audit log is whole (rows: {})", report.rows))],
        Some(first) => vec![
            Finding::fault("the audit log was altered")
                .why(first.describe(DateFormat::Iso.in_zone(context.adapters.clock.zone())))
                .next("Don't change the store's file. Compare the file with a backup"),
        ],
    }
}

fn wal(context: &Context<'_>) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    let (bytes, usual) = location.wal_size();
    let what = format!("the write-ahead log has {}", size(bytes));
    vec![match bytes > usual * LARGE_WAL {
        true => Finding::warning(what)
            .why(format!("it should stay below {}: a program keeps an old state of the store open", size(usual)))
            .next("Find and end programs that have kept the store open for long: lsof, or fuser"),
        false => Finding::ok(what),
    }]
}

fn leftovers(context: &Context<'_>) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    let found = platform::leftovers::find(location.path());
    if found.is_empty() {
        return vec![Finding::ok("no killed backup or restore left a copy of the store")];
    }
    let describe = |path: PathBuf| {
        Finding::warning(format!("{} was left by a backup or restore that was killed", path.display()))
            .why("it takes up space, and holds hashes of passwords and secrets")
            .next(format!("Remove it: rm -r {}", path.display()))
    };
    found.into_iter().map(describe).collect()
}

fn ledger(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = readable(context) else { return Vec::new() };
    let measure = || {
        let (mut bytes, mut after) = (0, SizeCursor::Start);
        loop {
            let LedgerSizePart { bytes: more, next } =
                store.read(|snapshot| snapshot.ledger_size_part(after, ROWS_MEASURED))?;
            bytes += more;
            match next {
                Some(next) => after = next,
                None => return Ok(bytes),
            }
        }
    };
    match timed(context, "the ledger", measure) {
        Err(finding) => vec![finding],
        Ok(bytes) => vec![judge_ledger(bytes)],
    }
}

fn judge_ledger(bytes: u64) -> Finding {
    let what = format!("the ledger has {} of at most {}", size(bytes), size(MAX_LEDGER_BYTES));
    match bytes > MAX_LEDGER_BYTES {
        true => Finding::warning(what)
            .why("only a running service shortens it")
            .next("Start the service. To keep less, shorten policy.ledger_keep"),
        false => Finding::ok(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn little_space_is_a_warning_and_none_a_fault() {
        for (bytes, files, status) in [
            (100 * 1024 * MIB, Some(1 << 20), Status::Ok),
            (100 * 1024 * MIB, None, Status::Ok),
            (511 * MIB, None, Status::Warning),
            (100 * 1024 * MIB, Some(1023), Status::Warning),
            (31 * MIB, Some(1 << 20), Status::Fault),
            (100 * 1024 * MIB, Some(0), Status::Fault),
        ] {
            let finding = judge_space(StoreSpace { bytes, files });
            assert_eq!(finding.status, status, "{finding:?}");
            assert_eq!(finding.next.is_some(), status != Status::Ok);
        }
        assert!(judge_space(StoreSpace { bytes: MIB, files: Some(1 << 20) }).what.contains("1 048 576"));
        assert_eq!(judge_ledger(MAX_LEDGER_BYTES).status, Status::Ok);
        assert_eq!(judge_ledger(MAX_LEDGER_BYTES + 1).status, Status::Warning);
        assert_eq!([size(1), size(3 * MIB / 2), size(2048 * 1024 * MIB)], ["1 KiB", "1 MiB", "2048 GiB"]);
    }
}
