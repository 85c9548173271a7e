//! The file system that holds a store. A store on a read-only mount, or in a read-only file, can be listed and verified,
//! but not changed.
//!
//! A mount can be read-only although the file system itself is not. Others can then change the store through another
//! mount.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
use rustix::io::Errno;

use super::open::open_error;
use super::query_helpers::{NOT_WRITABLE, sqlite_error};
use super::schema::{NEWEST, Schema};
use super::wal;
use crate::error::{Error, Result};
use crate::platform::sidecar::{SHM_SUFFIX, WAL_SUFFIX, sidecar_path};
use crate::verbs::cli_line::quote_absolute;

/// The obstacle to changes of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteObstacle {
    Mount,
    /// The owner may not write to the file, which has this mode.
    Mode(u32),
}

impl WriteObstacle {
    /// Returns the obstacle at `path`; `None` if the file can be written, or its kind is unknown.
    pub(super) fn find(path: &Path) -> Option<Self> {
        if statvfs(path).is_ok_and(|mounted| mounted.f_flag.contains(StatVfsMountFlags::RDONLY)) {
            return Some(WriteObstacle::Mount);
        }
        // Root may write to such a file nevertheless.
        let is_refused = access(path, Access::WRITE_OK).is_err_and(|e| e == Errno::ACCESS);
        let mode = fs::metadata(path).ok().filter(|_| is_refused)?.mode();
        Some(WriteObstacle::Mode(mode & 0o7777))
    }

    fn describe(self) -> String {
        match self {
            WriteObstacle::Mount => "the store is on a read-only mount".to_owned(),
            WriteObstacle::Mode(mode) => format!("the file is read-only (mode {mode:04o})"),
        }
    }

    fn next(self, path: &Path, mount_step: &str) -> String {
        match self {
            WriteObstacle::Mount => mount_step.to_owned(),
            WriteObstacle::Mode(_) => format!("Run: chmod 600 {}", quote_absolute(path)),
        }
    }

    /// Refuses a change of the store at `path`.
    pub(super) fn refuse_change(self, path: &Path) -> Error {
        Error::failure(NOT_WRITABLE)
            .why(self.describe())
            .next(self.next(path, "Mount the file system writable, or use another store: --store PATH"))
    }

    /// Refuses to serve the store at `path`.
    pub(super) fn refuse_service(self, path: &Path) -> Error {
        Error::failure(format!("the store {} can't be opened for writing", path.display()))
            .why(format!("{}, but the service must write the ledger", self.describe()))
            .next(self.next(path, "Mount the file system writable, or serve another store: --store PATH"))
    }
}

/// A store opened where it can't be written.
pub(super) enum ReadOnly {
    /// SQLite reads only the file and takes no locks.
    Alone(Connection),
    /// SQLite also reads the companion files, under the locks of processes that write through another mount.
    Shared(Connection),
}

/// Returns `true` if no mount permits writing to the file system of `path`: `ro` is among the options of its
/// superblock.
fn is_file_system_read_only(path: &Path) -> bool {
    let (Ok(meta), Ok(mounts)) = (fs::metadata(path), fs::read_to_string("/proc/self/mountinfo")) else { return false };
    let device = format!("{}:{}", rustix::fs::major(meta.dev()), rustix::fs::minor(meta.dev()));
    mounts.lines().any(|line| superblock(line).is_some_and(|(of, options)| of == device && is_ro(options)))
}

/// Returns the device and the superblock's options of a line of `mountinfo`, see proc_pid_mountinfo(5).
fn superblock(line: &str) -> Option<(&str, &str)> {
    let (mount, superblock) = line.split_once(" - ")?;
    Some((mount.split(' ').nth(2)?, superblock.split(' ').nth(2)?))
}

fn is_ro(options: &str) -> bool {
    options.split(',').any(|option| option == "ro")
}

/// Opens the store at `path`, which can't be written because of `obstacle`. Creates no companion files.
pub(super) fn connect_read_only(path: &Path, obstacle: WriteObstacle) -> Result<ReadOnly> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let is_in_use = [WAL_SUFFIX, SHM_SUFFIX].iter().all(|ending| sidecar_path(path, ending).exists());
    if is_in_use && !is_file_system_read_only(path) {
        return Connection::open_with_flags(path, flags).map_err(sqlite_error).map(ReadOnly::Shared);
    }
    if wal::bytes(path) > 0 {
        return Err(open_error(path)
            .why(format!(
                "{}. The file {} has changes that are not in the store yet",
                obstacle.describe(),
                sidecar_path(path, WAL_SUFFIX).display()
            ))
            .next(obstacle.next(path, "Copy both files to a writable folder. Then use the copy: --store PATH")));
    }
    // SQLite then assumes that the file doesn't change. [`super::file_identity`] detects a change.
    connect_immutable(path).map(ReadOnly::Alone)
}

/// Returns the URI with which SQLite opens the file at `path` with `parameter`.
pub(super) fn file_uri(path: &Path, parameter: &str) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => uri.push(char::from(*byte)),
            // Writing to a string doesn't fail.
            other => drop(write!(uri, "%{other:02X}")),
        }
    }
    uri + "?" + parameter
}

/// Opens the file at `path`, which nobody changes, without locks and without files next to it.
pub(super) fn connect_immutable(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(file_uri(path, "immutable=1"), flags).map_err(sqlite_error)
}

/// Checks that the schema is the program's own. A store that can't be written can't be migrated.
pub(super) fn check_schema(path: &Path, obstacle: WriteObstacle, found: Schema) -> Result<()> {
    if found.version == NEWEST && !found.lacks_indexes {
        return Ok(());
    }
    let why = match found.version {
        0 => return Err(open_error(path).why("the file is empty").next("Use another store: --store PATH")),
        NEWEST => format!("{}, but jeton must first create the store's indexes", obstacle.describe()),
        older => {
            format!("{}, but jeton must first migrate the store from schema {older} to {NEWEST}", obstacle.describe())
        }
    };
    let next = obstacle.next(path, "Copy the store to a writable folder, then use the copy: --store PATH");
    Err(open_error(path).why(why).next(next))
}

/// WAL needs shared memory, which these file systems don't offer: statfs(2) magic numbers.
pub(super) fn check_is_local(path: &Path) -> Result<()> {
    const NETWORK_FILE_SYSTEMS: [(u64, &str); 6] = [
        (0x6969, "NFS"),
        (0xff53_4d42, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0x517b, "SMB"),
        (0x0102_1997, "9p"),
        (0x6573_5546, "FUSE"),
    ];
    let found = rustix::fs::statfs(path).map_err(|e| open_error(path).why(e.to_string()))?;
    // The width and sign of f_type differ between platforms; the magic numbers have 32 bits.
    let magic = u64::from(found.f_type as u32);
    match NETWORK_FILE_SYSTEMS.iter().find(|(m, _)| *m == magic) {
        Some((_, name)) => Err(open_error(path)
            .why(format!("the store is on a file system ({name}) on which SQLite can lose data"))
            .next("Move the store to a local file system, such as ext4 or xfs. Then use the new path: --store PATH")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_those_of_the_superblock() {
        for (line, device, is_read_only) in [
            ("36 35 98:0 /mnt1 /mnt2 ro,noatime master:1 - ext3 /dev/root rw,errors=continue", "98:0", false),
            ("36 35 0:27 / /mnt rw - tmpfs tmpfs ro,size=4k", "0:27", true),
            ("36 35 0:27 / /a\\040b ro shared:3 master:2 - ext4 /dev/sda1 rw,errors=remount-ro", "0:27", false),
        ] {
            let (of, options) = superblock(line).unwrap();
            assert_eq!((of, is_ro(options)), (device, is_read_only), "{line}");
        }
        assert!(superblock("").is_none() && superblock("1 2 - ").is_none());
    }
}
