//! The replacement of a store's content: whatever fails, the old content is in the store or in its copy.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jeton::error::{Error, Kind};
use jeton::platform::new_file::NewFile;
use jeton::store::sqlite::SqliteStore;
use jeton::store::{NotReplaced, OpenMode};
use jeton::verbs::ports::Store;
use jeton::verbs::ports::audit_log::AuditTip;

use super::copy_store;
use crate::support::fakes::{OWNER, TestInstall};

/// A store, and a backup of an earlier state.
struct Replacement {
    install: TestInstall,
    prepared: SqliteStore,
    before: AuditTip,
    previous: PathBuf,
}

fn tip(path: &Path) -> AuditTip {
    SqliteStore::open(path, OpenMode::Copy).unwrap().read(|s| s.audit_tip()).unwrap()
}

impl Replacement {
    fn new() -> Self {
        let install = TestInstall::new();
        let folder = install.temp_store.folder().to_owned();
        let prepared = SqliteStore::open(&copy_store(&install, "prepared.db"), OpenMode::Existing).unwrap();
        install.issue(OWNER, "later");
        let before = install.store().read(|s| s.audit_tip()).unwrap();
        Replacement { install, prepared, before, previous: folder.join("previous.db") }
    }

    /// Replaces the content. `report` gets the number of copied pages.
    fn run(
        &self,
        prepare: impl FnOnce() -> jeton::error::Result<()>,
        mut report: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), NotReplaced> {
        let store = SqliteStore::open(&self.install.temp_store.path(), OpenMode::Existing).unwrap();
        let previous = NewFile::create(&self.previous, "it").unwrap();
        let prepare = |replaced| {
            assert_eq!(replaced, self.before);
            prepare()
        };
        store.replace_content(&self.prepared, previous, || Ok(()), prepare, &mut |done, _| report(done))
    }

    #[track_caller]
    fn assert_unchanged(&self, replaced: Result<(), NotReplaced>, kind: Kind) {
        let NotReplaced { error, is_unchanged } = replaced.unwrap_err();
        assert_eq!((error.kind, is_unchanged, self.previous.exists()), (kind, true, false));
        assert_eq!(self.install.store().read(|s| s.audit_tip()).unwrap(), self.before);
    }
}

#[test]
fn replacement_keeps_the_old_content() {
    let replacement = Replacement::new();
    replacement.run(|| Ok(()), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(tip(&replacement.previous), replacement.before);
    let now = replacement.install.store().read(|s| s.audit_tip()).unwrap();
    assert_eq!(now, replacement.prepared.read(|s| s.audit_tip()).unwrap());
}

#[test]
fn replacement_that_is_ended_early_changes_nothing() {
    let replacement = Replacement::new();
    let fail = || Err(Error::conflict("no"));
    replacement.assert_unchanged(replacement.run(fail, |_| ControlFlow::Continue(())), Kind::Conflict);
    // Several steps, so that the second one is too late for all or nothing without a transaction.
    let raw = rusqlite::Connection::open(replacement.prepared.path()).unwrap();
    raw.execute_batch("CREATE TABLE filler AS SELECT randomblob(9000000)").unwrap();
    replacement.assert_unchanged(replacement.run(|| Ok(()), |_| ControlFlow::Break(())), Kind::Cancelled);
}

/// The store's file is moved away while its content is being replaced.
#[test]
fn replacement_that_fails_at_its_end_keeps_the_copy() {
    let replacement = Replacement::new();
    let (path, moved) = (replacement.install.temp_store.path(), replacement.install.temp_store.folder().join("moved"));
    let replaced = replacement.run(
        || fs::rename(&path, &moved).map_err(|e| jeton::error::Error::failure(e.to_string())),
        |_| ControlFlow::Continue(()),
    );
    assert!(!replaced.unwrap_err().is_unchanged);
    assert_eq!(tip(&replacement.previous), replacement.before);
}
