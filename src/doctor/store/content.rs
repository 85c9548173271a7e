//! The content of the store: schema, pages, audit log and ledger.

use std::path::PathBuf;
use std::sync::Arc;

use super::{command, existing, opened, readable, size, timed};
use crate::doctor::{Context, Finding};
use crate::domain::date_format::DateFormat;
use crate::error::Error;
use crate::platform;
use crate::store::{IntegrityCheck, OPENING_RULES, OpenStore};
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::cli_line::quote_absolute;
use crate::verbs::credential::Credential;
use crate::verbs::ledger::{LedgerSizePart, MAX_LEDGER_BYTES, SizeCursor};
use crate::verbs::local_backend::LocalBackend;
use crate::verbs::ports::Store;
use crate::verbs::request::call;

/// Number of days of tokens, or of attempts, measured in one read.
const ROWS_MEASURED: usize = 10_000;
/// Size of the write-ahead log from which something keeps it from being written back.
const LARGE_WAL: u64 = 4;

pub(super) fn opens(context: &Context<'_>) -> Vec<Finding> {
    match context.opened() {
        None => Vec::new(),
        Some(Ok(_)) => vec![Finding::ok("the store can be read")],
        Some(Err(error)) => {
            let what = "the content of the store wasn't checked";
            let is_named = existing(context)
                .is_some_and(|location| OPENING_RULES.iter().any(|r| location.check_rule(*r).is_err()));
            vec![match is_named {
                true => Finding::warning(what)
                    .why("because of the faults above, jeton doesn't open the store")
                    .next("Correct the faults above. Then run jeton doctor again"),
                false => Finding::fault(what).because_of(Error { why: Some(error.what_and_why()), ..error.clone() }),
            }]
        }
    }
}

pub(super) fn schema(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = opened(context) else { return Vec::new() };
    vec![match store.schema_state() {
        Err(error) => Finding::fault("this program can't use the store").because_of(error),
        Ok(schema) if schema.version == 0 => Finding::fault("the store is an empty file").next(format!(
            "For a new store, run: {}. If the store was lost, restore a backup: {}",
            command(context, &["init"]),
            command(context, &["restore", "FILE"])
        )),
        Ok(schema) if schema.version < schema.newest => Finding::warning(format!(
            "the store has schema {}, and this program uses the newer schema {}",
            schema.version, schema.newest
        ))
        .why(
            "jeton migrates the store when the service starts, or when a command opens the store. Afterwards, earlier \
             versions of jeton can't open the store",
        )
        .next(format!(
            "Stop the service. Make a backup with the earlier version: {}. If the earlier version is no longer \
             installed, copy the folder of the store instead. Then start the service with this version",
            command(context, &["backup", "FILE"])
        )),
        Ok(schema) if schema.lacks_indexes => Finding::warning("the store has no indexes yet")
            .why("jeton demo is still filling the store, or was interrupted. The store lacks some tokens")
            .next("Wait until the command ends. After an interruption, delete the store and run the command again"),
        Ok(schema) => Finding::ok(format!("the store has schema {}, as this program expects", schema.version)),
    }]
}

pub(super) fn schema_objects(context: &Context<'_>) -> Vec<Finding> {
    let has_schema = |store: &&Arc<OpenStore>| store.schema_state().is_ok_and(|schema| schema.version > 0);
    let Some(store) = opened(context).filter(has_schema) else { return Vec::new() };
    match timed(context, "the schema", || store.schema_difference()) {
        Err(finding) => vec![finding],
        Ok(None) => vec![Finding::ok("the tables and indexes match jeton's definition")],
        Ok(Some(difference)) => vec![
            Finding::fault("another program changed the schema of the store")
                .why(difference)
                .next("Find out who changed the store. Stop the service, and restore a backup from before the change"),
        ],
    }
}

pub(super) fn integrity(context: &Context<'_>) -> Vec<Finding> {
    let Some(store) = opened(context) else { return Vec::new() };
    let (check, name) = match context.is_full {
        true => (IntegrityCheck::Full, "full check"),
        false => (IntegrityCheck::Quick, "quick check"),
    };
    match timed(context, "the store's file", || store.integrity_problems(check)) {
        Err(finding) => vec![finding],
        Ok(problems) if problems.is_empty() => vec![Finding::ok(format!("SQLite's {name} found no damage"))],
        Ok(problems) => vec![
            Finding::fault("the store is damaged")
                .why(format!("SQLite's {name} found: {}", problems.join("; ").replace('\n', " ")))
                .next(format!(
                    "Restore a backup: {}. jeton keeps the damaged file under another name",
                    command(context, &["restore", "FILE"])
                )),
        ],
    }
}

pub(super) fn audit_chain(context: &Context<'_>) -> Vec<Finding> {
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
            Finding::fault("the audit log was altered or damaged")
                .why(first.describe(DateFormat::Iso.in_zone(context.adapters.clock.zone())))
                .next(format!(
                    "Don't change the store's file. To compare the file with a backup, run: {}",
                    command(context, &["restore", "FILE", "--dry-run"])
                )),
        ],
    }
}

pub(super) fn wal(context: &Context<'_>) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    let (bytes, usual) = location.wal_size();
    let what = format!("the write-ahead log uses {}", size(bytes));
    vec![match bytes > usual * LARGE_WAL {
        true => Finding::warning(what)
            .why(format!(
                "the write-ahead log usually stays below {}. A long read by another program can keep the log large",
                size(usual)
            ))
            .next(format!(
                "List the programs that use the store: fuser -v {}. If one of these programs hangs, end the program",
                quote_absolute(location.path())
            )),
        false => Finding::ok(what),
    }]
}

pub(super) fn leftovers(context: &Context<'_>) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    let found = platform::leftovers::find(location.path());
    if found.is_empty() {
        return vec![Finding::ok("there is no copy of the store from an interrupted backup or restore")];
    }
    let describe = |path: PathBuf| {
        Finding::warning(format!("{} is left from an interrupted backup or restore", path.display()))
            .why("this copy of the store takes up space, and contains hashes of passwords and secrets")
            .next(format!("Delete the copy: rm -r {}", quote_absolute(&path)))
    };
    found.into_iter().map(describe).collect()
}

pub(super) fn ledger(context: &Context<'_>) -> Vec<Finding> {
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
    let what = format!("the ledger uses {}, and the limit is {}", size(bytes), size(MAX_LEDGER_BYTES));
    match bytes > MAX_LEDGER_BYTES {
        true => Finding::warning(what).why("only a running service keeps the ledger below this limit").next(
            "If no service runs, start the service. To keep fewer days, for example 30, run: jeton policy set \
                 policy.ledger_keep 30d",
        ),
        false => Finding::ok(what),
    }
}

#[cfg(test)]
mod tests {
    use super::super::MIB;
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn ledger_over_its_bound_is_a_warning() {
        assert_eq!(judge_ledger(MAX_LEDGER_BYTES).status, Status::Ok);
        assert_eq!(judge_ledger(MAX_LEDGER_BYTES + 1).status, Status::Warning);
        assert_eq!([size(1), size(3 * MIB / 2), size(2048 * 1024 * MIB)], ["1 KiB", "1 MiB", "2048 GiB"]);
    }
}
