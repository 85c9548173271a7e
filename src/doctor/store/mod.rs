//! The store: its file, its place, and its content.

mod content;
mod place;

use std::sync::Arc;

use super::{CheckKind, Context, Finding};
use crate::config::Source;
use crate::error::{Error, Result};
use crate::store::{OpenStore, OpeningRule, StoreLocation};
use crate::verbs::cli_line::CliLine;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind { id: "store.exists", meaning: "There is no store at the path, or the path can't be read", run: exists },
    CheckKind {
        id: "store.file",
        meaning: "The store is a link, has a second name (hard link), or isn't a file",
        run: |c| {
            place::rule(c, OpeningRule::Kind, "the store is a regular file", "the path of the store can't be used")
        },
    },
    CheckKind {
        id: "store.owner",
        meaning: "The store belongs to another user, so jeton doesn't open it",
        run: |c| place::rule(c, OpeningRule::Owner, "the store belongs to you", "the store belongs to another user"),
    },
    CheckKind {
        id: "store.permissions",
        meaning: "Other users can read or write the store, or its owner can't write to it",
        run: place::permissions,
    },
    CheckKind {
        id: "store.folders",
        meaning: "Another user can replace the store, because this user can change a folder above the store",
        run: |c| {
            place::rule(
                c,
                OpeningRule::Folders,
                "nobody else can replace the store",
                "other users can replace the store",
            )
        },
    },
    CheckKind {
        id: "store.companions",
        meaning: "A file of SQLite or of the service, next to the store, is not safe from other users",
        run: place::companions,
    },
    CheckKind {
        id: "store.file-system",
        meaning: "The store's file system is read-only, or is not safe for SQLite (network, FUSE)",
        run: place::file_system,
    },
    CheckKind { id: "store.space", meaning: "The disk is almost full, or has no inodes left", run: place::space },
    CheckKind {
        id: "store.opens",
        meaning: "The store can't be read, so its content wasn't checked",
        run: content::opens,
    },
    CheckKind {
        id: "store.schema",
        meaning: "The store is empty, or belongs to another program or to another version of jeton",
        run: content::schema,
    },
    CheckKind {
        id: "store.schema-objects",
        meaning: "Tables, indexes, views or triggers differ from jeton's definition",
        run: content::schema_objects,
    },
    CheckKind {
        id: "store.integrity",
        meaning: "The store's file is damaged: SQLite's own check failed",
        run: content::integrity,
    },
    CheckKind {
        id: "store.audit-chain",
        meaning: "The audit log was changed after it was written",
        run: content::audit_chain,
    },
    CheckKind { id: "store.wal", meaning: "The write-ahead log is far larger than usual", run: content::wal },
    CheckKind {
        id: "store.leftovers",
        meaning: "An interrupted backup or restore left a copy of the store",
        run: content::leftovers,
    },
    CheckKind {
        id: "store.ledger",
        meaning: "The ledger is larger than its limit. Only a running service keeps the ledger below the limit",
        run: content::ledger,
    },
];

const MIB: u64 = 1024 * 1024;

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
        return vec![unknown.next("Use --store PATH, or set JETON_STORE or HOME")];
    };
    let place = format!("{} (from {})", store.value.path().display(), store.source);
    let server = context.settings.as_ref().ok().and_then(|settings| settings.server.as_ref());
    vec![match (store.value.exists(), server) {
        (Ok(true), _) => Finding::ok(format!("the store is {place}")),
        (Ok(false), Some(server)) if store.source == Source::Default => {
            Finding::ok(format!("there is no store at {place}. Commands go to the server {}", server.value))
        }
        (Ok(false), _) => Finding::fault(format!("there is no store at {place}")).next(format!(
            "Check the path. For a new store, run: {}. If the store was lost, restore a backup: {}",
            command(context, &["init"]),
            command(context, &["restore", "FILE"])
        )),
        (Err(error), _) => Finding::fault(format!("the store {place} can't be reached")).because_of(error),
    }]
}

/// Formats a number of bytes: `3 KiB`, `12 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        _ if bytes < 10 * 1024 * MIB => format!("{} MiB", bytes / MIB),
        _ => format!("{} GiB", bytes / MIB / 1024),
    }
}

/// Returns the open store.
fn opened<'a>(context: &'a Context<'_>) -> Option<&'a Arc<OpenStore>> {
    context.opened()?.as_ref().ok()
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
        true => Finding::warning(format!("{what} was checked only in part"))
            .why("the check reached its time limit")
            .next(format!("Run: {}", command(context, &["doctor", "--full"]))),
        false => Finding::fault(format!("{what} can't be read"))
            .because_of(Error { why: Some(error.what_and_why()), ..error }),
    })
}
