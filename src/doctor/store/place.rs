//! The file of the store, the files next to it, and the disk.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{MIB, command, existing, size};
use crate::doctor::{Context, Finding, Status};
use crate::domain::number::group_digits;
use crate::platform::own_process;
use crate::platform::secret_files::SERVICE_SUFFIXES;
use crate::platform::sidecar::sidecar_path;
use crate::store::{OpeningRule, StoreLocation, StoreSpace};

/// Free space below which jeton soon can't change anything.
const FAULT_SPACE: StoreSpace = StoreSpace { bytes: 32 * MIB, files: Some(16) };
/// Free space below which a backup or a busy day may fill the disk.
const WARNING_SPACE: StoreSpace = StoreSpace { bytes: 512 * MIB, files: Some(1024) };

pub(super) fn rule(context: &Context<'_>, rule: OpeningRule, good: &str, bad: &str) -> Vec<Finding> {
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

pub(super) fn permissions(context: &Context<'_>) -> Vec<Finding> {
    let good = "only the file's unix owner can open the store";
    let found = rule(context, OpeningRule::Mode, good, "others have access to the store");
    // Another user's store can't be written either, but not because of its mode.
    let rules = [OpeningRule::Kind, OpeningRule::Owner, OpeningRule::Mode];
    let location = existing(context).filter(|location| rules.iter().all(|rule| location.check_rule(*rule).is_ok()));
    match location.and_then(StoreLocation::read_only_mode) {
        Some(error) => {
            let what = "the store can be read, but not changed. No service can run on the store";
            vec![Finding::warning(what).because_of(error)]
        }
        None => found,
    }
}

pub(super) fn companions(context: &Context<'_>) -> Vec<Finding> {
    let good = "no other user can access the files of SQLite next to the store";
    // The files next to another user's store aren't ours either, as they should be.
    let is_foreign = existing(context).is_some_and(|location| location.check_rule(OpeningRule::Owner).is_err());
    let mut found = match is_foreign {
        true => Vec::new(),
        false => rule(context, OpeningRule::Companions, good, "a file of SQLite isn't safe to use"),
    };
    found.extend(existing(context).into_iter().flat_map(foreign_service_files));
    if existing(context).is_some_and(StoreLocation::has_rollback_journal) {
        found.push(
            Finding::warning("SQLite's rollback journal is next to the store")
                .why("another program is changing the store, or ended before its change was complete")
                .next(format!(
                    "Wait until the other program ends. Then run: {}. The command undoes an incomplete change",
                    command(context, &["check"])
                )),
        );
    }
    found
}

/// Returns a fault for each file of the service, next to the store, that the service would refuse.
fn foreign_service_files(location: &StoreLocation) -> Vec<Finding> {
    let owner = fs::symlink_metadata(location.path()).map_or_else(|_| own_process::uid(), |meta| meta.uid());
    // The rules of opening name those of SQLite.
    let files = SERVICE_SUFFIXES.into_iter().map(|suffix| sidecar_path(location.path(), suffix));
    let foreign = files.filter_map(|path| {
        let meta = fs::symlink_metadata(&path).ok()?;
        let is_good = meta.is_file() && meta.uid() == owner && meta.mode() & 0o077 == 0;
        (!is_good).then_some((path, meta))
    });
    foreign
        .map(|(path, meta)| {
            let finding = Finding::fault(format!("the service's file {} isn't safe to use", path.display()));
            if !meta.is_file() {
                return finding
                    .why("the path is a link, a folder or a special file, not a regular file")
                    .next("Find out who created this path. Then stop the service, and remove the path");
            }
            finding
                .why(format!(
                    "the file has uid {} and mode {:04o}. The file must belong to uid {owner}, the owner of the store. \
                     Other users must have no access",
                    meta.uid(),
                    meta.mode() & 0o7777
                ))
                .next(format!(
                    "Find out who created the file. Then set its owner to uid {owner} and its mode to 0600 (chown, chmod)"
                ))
        })
        .collect()
}

pub(super) fn file_system(context: &Context<'_>) -> Vec<Finding> {
    let good = "the store is on a local file system";
    let found = rule(context, OpeningRule::FileSystem, good, "the store is on an unsuitable file system");
    if existing(context).is_some_and(StoreLocation::is_on_read_only_mount) {
        return vec![
            Finding::warning("the store is on a read-only mount")
                .why("commands can list and verify tokens, but can't change anything. No service can run on the store")
                .next("Mount the file system writable, or copy the store to a writable folder"),
        ];
    }
    found
}

pub(super) fn space(context: &Context<'_>) -> Vec<Finding> {
    let Some(location) = existing(context) else { return Vec::new() };
    vec![match location.space() {
        Ok(left) => judge_space(left),
        Err(error) => Finding { status: Status::Warning, ..Finding::of_error(error) },
    }]
}

fn judge_space(left: StoreSpace) -> Finding {
    let is_below =
        |least: StoreSpace| left.bytes < least.bytes || left.files.zip(least.files).is_some_and(|(l, least)| l < least);
    let files = left.files.map_or_else(String::new, |files| format!(" and {} inodes", group_digits(files)));
    let what = format!("the disk of the store has {}{files} free", size(left.bytes));
    let next = "Delete files on this disk, or move the store to a larger disk";
    if is_below(FAULT_SPACE) {
        Finding::fault(what)
            .why("on a full disk, no change is possible, and uses of tokens are not recorded")
            .next(next)
    } else if is_below(WARNING_SPACE) {
        Finding::warning(what).why("a backup or a busy day could fill the disk").next(next)
    } else {
        Finding::ok(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
