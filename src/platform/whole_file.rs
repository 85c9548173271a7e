//! Files that are replaced as a whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::sidecar::{is_ours, open_options, sidecar_path};

/// Suffix of the temporary file, after the name of the file that it replaces.
pub(super) const TEMPORARY_SUFFIX: &str = ".new";

/// Returns the folder of `path`. The folder of a bare name is the current one.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names of the files in the folder of `path` last.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Writes a temporary file and renames it to `path`, so that no reader ever sees half of it. The file has mode 0600. An
/// existing file is an error unless `overwrite`. The temporary file has always the same name, so a kill leaves one at
/// most.
pub fn write_whole(path: &Path, content: &[u8], overwrite: bool) -> io::Result<()> {
    let temporary = sidecar_path(path, TEMPORARY_SUFFIX);
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", temporary.display()));
    let mut file = lock_empty(&temporary).map_err(named)?;
    let mut written = file.write_all(content).and_then(|()| file.sync_all());
    if overwrite {
        written = written.and_then(|()| fs::rename(&temporary, path));
    } else {
        // A rename would replace an existing file.
        written = written.and_then(|()| fs::hard_link(&temporary, path));
    }
    if !overwrite || written.is_err() {
        fs::remove_file(&temporary)?;
    }
    written?;
    sync_folder_of(path)
}

/// Opens the file at `path`, empty, and locks it. Other writers wait, so none of them renames a part of our content.
fn lock_empty(path: &Path) -> io::Result<File> {
    loop {
        let file = open_options().write(true).create(true).open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        let (ours, named) = (file.metadata()?, fs::symlink_metadata(path));
        // The writer before us renamed the file that we have opened, so the name is free, or has a new file.
        if !named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino())) {
            continue;
        }
        if is_ours(&ours, 0o177) && ours.nlink() == 1 {
            return file.set_len(0).map(|()| file);
        }
        // Others could write to the file, or it has another name too.
        fs::remove_file(path)?;
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn temporary_file_of_a_killed_writer_is_used_again_or_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let temporary = sidecar_path(&path, TEMPORARY_SUFFIX);
        let other = folder.path().join("other");
        fs::write(&other, "other").unwrap();
        type Leave<'a> = &'a dyn Fn();
        let left: [Leave<'_>; 4] = [
            &|| fs::write(&temporary, "longer than the content").unwrap(),
            &|| {
                fs::write(&temporary, "half").unwrap();
                fs::set_permissions(&temporary, Permissions::from_mode(0o600)).unwrap();
            },
            &|| fs::hard_link(&other, &temporary).unwrap(),
            &|| {},
        ];
        for (n, leave) in left.iter().enumerate() {
            for overwrite in [true, false] {
                leave();
                if !overwrite {
                    fs::remove_file(&path).unwrap();
                }
                write_whole(&path, b"whole", overwrite).unwrap();
                assert_eq!(fs::read(&path).unwrap(), b"whole", "{n}");
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600, "{n}");
                assert_eq!(fs::read(&other).unwrap(), b"other", "{n}");
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{n}");
            }
        }
        assert_eq!(write_whole(&path, b"again", false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&path).unwrap().as_slice(), temporary.exists()), (&b"whole"[..], false));
        symlink(&other, &temporary).unwrap();
        write_whole(&path, b"x", true).unwrap_err();
        assert_eq!(fs::read(&other).unwrap(), b"other");
    }

    #[test]
    fn concurrent_writers_leave_the_content_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let contents: Vec<Vec<u8>> = (0..4).map(|n| vec![b'0' + n; 20_000 * (usize::from(n) + 1)]).collect();
        std::thread::scope(|scope| {
            for content in &contents {
                scope.spawn(|| {
                    for _ in 0..20 {
                        write_whole(&path, content, true).unwrap();
                        assert!(contents.contains(&fs::read(&path).unwrap()));
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
