//! The file system that a store is on. On a read-only one it can be listed and verified, not changed.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{StatVfsMountFlags, statvfs};

use super::convert::failed;
use super::open::{Schema, cant_open};
use super::wal;
use crate::error::Result;

/// Whether the file system that `path` is on is mounted read-only.
pub(super) fn is_read_only(path: &Path) -> bool {
    statvfs(path).is_ok_and(|mounted| mounted.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Opens the store at `path`, which nobody can change while it is mounted so. SQLite then needs no files beside it.
pub(super) fn connect_read_only(path: &Path) -> Result<Connection> {
    if wal::bytes(path) > 0 {
        return Err(cant_open(path)
            .why("it is on a read-only mount, and changes beside it (-wal) were never written back")
            .next("Copy the store and its -wal to a writable folder, and name the copy with --store"));
    }
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => uri.push(char::from(*byte)),
            // Writing to a string doesn't fail.
            other => drop(write!(uri, "%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags).map_err(failed)
}

/// What can't be migrated must have this program's schema, `newest`.
pub(super) fn check_schema(path: &Path, found: Schema, newest: usize) -> Result<()> {
    if usize::try_from(found.version).is_ok_and(|version| version == newest) && !found.lacks_indexes {
        return Ok(());
    }
    Err(cant_open(path)
        .why(format!("its schema is {}, this program's is {newest}, and it is on a read-only mount", found.version))
        .next("Copy it to a writable folder, and name the copy with --store"))
}

/// WAL needs shared memory, which these don't give: statfs(2) magic numbers.
pub(super) fn check_is_local(path: &Path) -> Result<()> {
    const UNFIT: [(u64, &str); 6] = [
        (0x6969, "NFS"),
        (0xff53_4d42, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0x517b, "SMB"),
        (0x0102_1997, "9p"),
        (0x6573_5546, "FUSE"),
    ];
    let found = rustix::fs::statfs(path).map_err(|e| cant_open(path).why(e.to_string()))?;
    // The width and sign of f_type differ between platforms; the magic numbers have 32 bits.
    let magic = u64::from(found.f_type as u32);
    match UNFIT.iter().find(|(m, _)| *m == magic) {
        Some((_, name)) => Err(cant_open(path)
            .why(format!("it lies on a network file system ({name}), where SQLite can lose data"))
            .next("Choose a local disk with --store")),
        None => Ok(()),
    }
}
