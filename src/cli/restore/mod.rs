//! `jeton restore`: replaces the store with a backup, after a preview and a typed confirmation.

mod preview;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::args::RestoreStoreArgs;
use super::backup::{open_copy, stop_on_interruption, verify_chain};
use super::interruption::Interruption;
use super::progress::ProgressBar;
use super::propagation::PropagationCheck;
use crate::domain::audit::{AuditActor, Face};
use crate::domain::time::Timestamp;
use crate::error::{Error, Fault, Kind, Result};
use crate::platform::backup_file::FoundFile;
use crate::platform::leftovers::{self, PREVIOUS_SUFFIX, RestoreFolder};
use crate::platform::new_file::NewFile;
use crate::platform::new_folders::NewFolders;
use crate::platform::{audit_position_file, backup_file, paths, secret_files, signals};
use crate::store::{NotReplaced, OpenMode, OpenStore, StoreLocation, StoreState};
use crate::verbs::ports::Store;
use crate::verbs::ports::audit_log::AuditTip;
use crate::verbs::restore::{self, Divergence, EndedAccess};
use crate::verbs::restore_record::RestoreRecord;

const NOTHING_DONE: &str = "nothing was restored";

/// The answer of `restore`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Restored {
    /// Path of the store.
    store: String,
    /// Path of the backup.
    file: String,
    /// `false` after `--dry-run`.
    restored: bool,
    /// Number of the last row of the backup's audit log.
    backup_seq: i64,
    /// Number of the last row that both audit logs have; 0 if they are of different installations. `null` if there is no
    /// store that can be read.
    common_seq: Option<i64>,
    /// Number of later rows of the store, which are lost; `null` if there is no store that can be read.
    lost: Option<u64>,
    /// Time of the last lost row.
    lost_until: Option<Timestamp>,
    /// Access that ended after the backup was made; `null` if that is unknown, because there is no store that can be read, or
    /// the backup is not an earlier state of the store.
    ended: Option<Vec<EndedAccess>>,
    /// `true` if this access was ended again, except for `not_ended`; `null` if that was requested, but it is unknown which
    /// access had ended.
    reapplied: Option<bool>,
    /// Access that should have been ended again, but still works: that of the last owner.
    not_ended: Vec<EndedAccess>,
    /// Path at which the old store is kept; `null` if there was none.
    previous_store: Option<String>,
    /// Number of the restore's last row in the audit log; `null` after `--dry-run`.
    audit_seq: Option<i64>,
}

/// A verified copy of the backup, to become the store.
struct PreparedStore {
    store: Arc<OpenStore>,
    path: PathBuf,
    tip: AuditTip,
    rows: u64,
    /// Removed with the copy at the end.
    folder: RestoreFolder,
}

/// The result of a restore.
struct Outcome {
    previous: Option<PathBuf>,
    /// Access that was not ended again.
    skipped: Vec<EndedAccess>,
    audit_seq: i64,
}

/// The comparison of a store with a backup.
struct Comparison {
    /// The last row of the store.
    end: AuditTip,
    divergence: Divergence,
    /// `None` if the backup is not of this store's past.
    ended: Option<Vec<EndedAccess>>,
}

pub(super) fn run(app: &mut App, args: &RestoreStoreArgs) -> Result<()> {
    let unusable = |e: std::io::Error| {
        Error::failure("the path of the store can't be used")
            .why(e.to_string())
            .next("Use --store with an absolute path")
    };
    let path = paths::absolute(app.backend.local()?.path()).map_err(unusable)?;
    let file = backup_file::check(&args.file, &path)?;
    let interruption = Interruption::listen()?;
    let examined = FoundFile::at(&path);
    let folders = NewFolders::above(&path)?;
    let mut current =
        interruption.check(StoreLocation::file(&path).inspect(interruption.as_closure()), NOTHING_DONE)?;
    let prepared = interruption.check(prepare(app, &file, &path, &current, &interruption), NOTHING_DONE)?;
    let mut comparison = None;
    if let StoreState::Usable(store) = &current {
        let bar = ProgressBar::show_phase(&app.out, &app.adapters.progress, "comparing the store with the backup")?;
        let compared = compare(app, &prepared, &path);
        drop(bar);
        match compared {
            // Tables that another program changed can't be compared.
            Err(error) if store.schema_difference()?.is_some() => {
                prepared.store.detach_newer()?;
                current = StoreState::Damaged(error);
            }
            compared => comparison = Some(interruption.check(compared, NOTHING_DONE)?),
        }
    }
    let mut answer = Restored {
        store: path.display().to_string(),
        file: file.display().to_string(),
        restored: false,
        backup_seq: prepared.tip.seq,
        common_seq: comparison.as_ref().map(|c| c.divergence.common),
        lost: comparison.as_ref().map(|c| c.divergence.lost),
        lost_until: comparison.as_ref().and_then(|c| c.divergence.last_at),
        ended: comparison.as_ref().and_then(|c| c.ended.clone()),
        reapplied: Some(false),
        not_ended: Vec::new(),
        previous_store: None,
        audit_seq: None,
    };
    preview::show(app, &answer, prepared.rows, &current, args.reapply_revocations);
    if args.dry_run {
        app.out.wrapped_note("Dry run: nothing was restored");
        return if app.out.json { app.print_json(&answer) } else { Ok(()) };
    }
    confirm(app, args, &answer, &current, &prepared, &folders, interruption)?;
    for path in leftovers::remove_of_restores(&path) {
        app.out.wrapped_note(&format!("Removed a copy that an interrupted restore left behind: {}", path.display()));
    }
    let interruption = Interruption::listen()?;
    stop_on_interruption(&prepared.store, &interruption)?;
    let reapplied = answer.ended.as_deref().filter(|_| args.reapply_revocations).unwrap_or_default();
    let previous =
        leftovers::unused_name(&path, &format!("{PREVIOUS_SUFFIX}{}", app.now().rfc3339().replace(':', "-")));
    let restore = Restore { app, prepared, file: &file, store: &path, previous, reapplied };
    let done = match (&current, comparison) {
        (StoreState::Usable(current), Some(comparison)) => restore.replace(current, &comparison, &interruption)?,
        _ => restore.put_in_place(examined, &interruption)?,
    };
    app.out.mark_changed();
    answer.restored = true;
    answer.reapplied = if args.reapply_revocations { answer.ended.as_ref().map(|_| true) } else { Some(false) };
    answer.previous_store = done.previous.as_ref().map(|path| path.display().to_string());
    answer.not_ended = done.skipped;
    answer.audit_seq = Some(done.audit_seq);
    let service = PropagationCheck::run(app, done.audit_seq);
    if app.out.json {
        service.print_json(app, &answer)?;
    } else {
        service.warn_unconfirmed(app);
        preview::report(app, &answer);
    }
    check_reapplied(&answer)
}

/// Returns an error if access was to be ended again, but some or all of it works.
fn check_reapplied(answer: &Restored) -> Result<()> {
    if answer.reapplied.is_none() {
        return Err(Error::findings("the store was restored, but --reapply-revocations ended no access")
            .why("jeton can't find out which tokens and accounts lost access after the backup")
            .next("Look for tokens and accounts that must not work. Then revoke or disable them by hand"));
    }
    if answer.not_ended.is_empty() {
        return Ok(());
    }
    let name = |access: &EndedAccess| match access {
        EndedAccess::Account { username, .. } => format!("the account {username}"),
        EndedAccess::Token { name, .. } => format!("the token {name}"),
    };
    let names: Vec<String> = answer.not_ended.iter().map(name).collect();
    Err(Error::findings(format!("the store was restored, but {} still works", names.join(" and ")))
        .why("jeton never disables the last enabled owner")
        .next("First create or enable another owner. Then disable this account by hand"))
}

/// Asks for the confirmation. Ctrl-C ends the program there, because nothing else can end the wait for an answer.
fn confirm(
    app: &App,
    args: &RestoreStoreArgs,
    answer: &Restored,
    current: &StoreState,
    prepared: &PreparedStore,
    folders: &NewFolders,
    before: Interruption,
) -> Result<()> {
    let (folder, folders) = (prepared.folder.path().to_owned(), folders.clone());
    let _handler = signals::stop_on_signal(move || {
        let _ = std::fs::remove_dir_all(&folder);
        folders.remove_empty();
        signals::end_as_cancelled()
    })?;
    // From here on, a signal reaches this handler alone.
    before.check(Ok(()), NOTHING_DONE)?;
    drop(before);
    preview::confirm(app, args.confirm.as_deref(), answer, current)
}

/// Verifies the backup and copies it to a folder of its own next to the store.
fn prepare(
    app: &mut App,
    file: &Path,
    store: &Path,
    current: &StoreState,
    interruption: &Interruption,
) -> Result<PreparedStore> {
    let bar = ProgressBar::show_phase(&app.out, &app.adapters.progress, "checking the pages of the backup")?;
    let refused = |fault: &str| {
        Error::failure(format!("nothing was restored: the backup {} {fault}", file.display()))
            .next("Use another backup")
    };
    let backup = open_copy(file, interruption, refused).map_err(|error| of_backup(file, error))?;
    drop(bar);
    let folder = RestoreFolder::create(store)?;
    let path = folder.copy_path();
    drop(secret_files::create_private(&path)?);
    let bar = ProgressBar::show(&app.out, &app.adapters.progress, "pages prepared")?;
    let copied = backup.copy_to(&path, &mut |done, all| {
        app.adapters.progress.report(done, all);
        interruption.as_flow()
    });
    drop(bar);
    let tip = copied.map_err(|error| of_backup(file, error))?;
    if let StoreState::Usable(current) = current {
        let bar = ProgressBar::show_phase(&app.out, &app.adapters.progress, "converting the pages of the backup")?;
        StoreLocation::file(&path).convert_pages(current.page_size()?, interruption.as_closure())?;
        drop(bar);
    }
    // Opening the copy migrates an older schema.
    let store = Arc::new(StoreLocation::file(&path).open(OpenMode::Existing)?);
    stop_on_interruption(&store, interruption)?;
    let (report, _) = verify_chain(app, &store, Vec::new()).map_err(|e| match e.kind {
        Kind::Findings => Error { what: format!("the backup {}: {}", file.display(), e.what), ..e }
            .next("Nothing was restored. Use another backup"),
        _ => e,
    })?;
    Ok(PreparedStore { store, path, tip, rows: report.rows, folder })
}

/// Names the backup in an error about its content, which was read as that of a store.
fn of_backup(file: &Path, error: Error) -> Error {
    if !matches!(error.fault, Some(Fault::DamagedValue | Fault::UnusableFile)) {
        return error;
    }
    Error::failure(format!("nothing was restored: the backup {} can't be used", file.display()))
        .why(error.what_and_why().replacen("the store", "the file", 1))
        .next("Use another backup")
}

/// Compares the store at `path` with the backup, from now on as its `newer` store.
fn compare(app: &App, prepared: &PreparedStore, path: &Path) -> Result<Comparison> {
    prepared.store.attach_newer(path)?;
    // First: a row that is added meanwhile makes the comparison old, and not the end.
    let end = prepared.store.newer_tip()?;
    let divergence = prepared.store.divergence()?;
    // Only a backup of this store's own past has the same numbers of tokens and accounts.
    let is_past = divergence.common == prepared.tip.seq;
    let ended = is_past.then(|| prepared.store.ended_since(app.now())).transpose()?;
    Ok(Comparison { end, divergence, ended })
}

struct Restore<'a> {
    app: &'a App,
    prepared: PreparedStore,
    file: &'a Path,
    store: &'a Path,
    previous: PathBuf,
    reapplied: &'a [EndedAccess],
}

impl Restore<'_> {
    /// Replaces the content of the store that others have open.
    fn replace(self, current: &OpenStore, expected: &Comparison, interruption: &Interruption) -> Result<Outcome> {
        let previous = NewFile::create(&self.previous, "the copy of the store")?;
        let mut recorded = None;
        let bar = ProgressBar::show(&self.app.out, &self.app.adapters.progress, "pages restored")?;
        let when_locked = || {
            self.ask_service();
            match self.prepared.store.newer_tip()? == expected.end {
                true => Ok(()),
                false => Err(Error::conflict("the store was changed after the preview; nothing was restored")
                    .next("Run the command again")
                    .fault(Fault::ChangedMeanwhile)),
            }
        };
        let prepare = |replaced| {
            if expected.divergence.common == self.prepared.tip.seq {
                self.prepared.store.take_over_ledger()?;
            }
            self.prepared.store.detach_newer()?;
            let lost_to = current.read(|replaced| RestoreRecord::highest_lost(replaced, expected.divergence.common))?;
            recorded = Some(self.record(Some(replaced), expected.divergence.common, lost_to)?);
            Ok(())
        };
        let replaced =
            current.replace_content(&self.prepared.store, previous, when_locked, prepare, &mut |done, all| {
                self.app.adapters.progress.report(done, all);
                interruption.as_flow()
            });
        drop(bar);
        match (replaced, recorded) {
            (Ok(()), Some((skipped, audit_seq))) => Ok(Outcome { previous: Some(self.previous), skipped, audit_seq }),
            (Ok(()), None) => Err(Error::failure(
                "the store was restored, but the audit log has no row for the restore",
            )
            .next(format!(
                "Save this message, because the restore has no other record. A copy of the old store is at {}",
                self.previous.display()
            ))),
            (Err(NotReplaced { error, is_unchanged: true }), _) => interruption.check_error(Err(error), NOTHING_DONE),
            (Err(NotReplaced { error, is_unchanged: false }), _) => Err(Error::failure(
                "the restore failed in its last step, so jeton doesn't know if the store was replaced",
            )
            .why(error.what_and_why())
            .next(format!(
                "Run: jeton audit. If the last rows contain this restore, the store was replaced. A copy of the old \
                 store is at {}",
                self.previous.display()
            ))),
        }
    }

    /// Makes a running service read the last row, and record it as seen. If there is none, nothing needs to be done.
    fn ask_service(&self) {
        let _ = self.app.backend.propagation_probe().check(0);
    }

    /// Creates the store, and moves aside what is left of the old one.
    fn put_in_place(self, examined: FoundFile, interruption: &Interruption) -> Result<Outcome> {
        self.ask_service();
        let recorded = self.record(None, self.prepared.tip.seq, None).and_then(|recorded| {
            self.prepared.store.make_single_file()?;
            Ok(recorded)
        });
        let (skipped, audit_seq) = interruption.check_error(recorded, NOTHING_DONE)?;
        drop(self.prepared.store);
        let was_moved = backup_file::replace_store(&self.prepared.path, self.store, &self.previous, examined)?;
        Ok(Outcome { previous: was_moved.then_some(self.previous), skipped, audit_seq })
    }

    /// Adds the rows of the restore to the log of the prepared store. Rows after `lost_after` were lost, up to `lost_to` if
    /// that is known.
    fn record(
        &self,
        replaced: Option<AuditTip>,
        lost_after: i64,
        lost_to: Option<i64>,
    ) -> Result<(Vec<EndedAccess>, i64)> {
        let seen = audit_position_file::read(self.store).ok().flatten();
        let record = RestoreRecord {
            file: self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            backup: self.prepared.tip,
            replaced,
            seen: seen.map(|seen| AuditTip { seq: seen.seq, hash: seen.hash }),
            lost_after,
            lost_to,
        };
        let store = &self.prepared.store;
        store.end_logins()?;
        let written = store.write(&AuditActor::store(Face::Cli), &|| self.app.now(), |tx, now| {
            restore::record(tx, now, &record, self.reapplied)
        })?;
        Ok((written.value, written.audit_seq))
    }
}
