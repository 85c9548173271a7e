//! Folders of files that jeton generates and may generate again.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Writes `files`, each with its name, to `folder`, which is created. An existing file is replaced only if it begins with
/// `mark`. Everybody may read the files.
///
/// # Errors
/// [`crate::error::Kind::Conflict`] if a file is not a generated one; then nothing is written.
/// [`crate::error::Kind::Failure`] if a file can't be written; then those before it are written.
pub fn write_all(folder: &Path, files: &[(String, Vec<u8>)], mark: &[u8]) -> Result<()> {
    let failed =
        |path: &Path, e: io::Error| Error::failure(format!("{} can't be written", path.display())).why(e.to_string());
    for (name, _) in files {
        let path = folder.join(name);
        if !is_free(&path, mark).map_err(|e| failed(&path, e))? {
            return Err(Error::conflict(format!("{} already exists", path.display()))
                .why("jeton did not generate this file, so nothing was written")
                .next("Move the file away, or choose another folder"));
        }
    }
    fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    for (name, content) in files {
        let path = folder.join(name);
        write(&path, folder, content).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

/// Returns `true` if `path` is not taken, or is a regular file that begins with `mark`.
fn is_free(path: &Path, mark: &[u8]) -> io::Result<bool> {
    let is_file = match fs::symlink_metadata(path) {
        Ok(found) => found.is_file(),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(true),
        Err(e) => return Err(e),
    };
    if !is_file {
        return Ok(false);
    }
    let mut head = Vec::new();
    File::open(path)?.take(mark.len() as u64).read_to_end(&mut head)?;
    Ok(head == mark)
}

/// Writes a file as a whole: a reader sees the old or the new one.
fn write(path: &Path, folder: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::error::Kind;

    const MARK: &[u8] = b"mark\n";

    #[test]
    fn generated_files_are_replaced_and_others_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        let files = |text: &str| {
            vec![("x.1".to_owned(), format!("mark\n{text}").into_bytes()), ("y.1".to_owned(), b"mark\n".to_vec())]
        };
        write_all(&folder, &files("old"), MARK).unwrap();
        write_all(&folder, &files("new"), MARK).unwrap();
        assert_eq!(fs::read_to_string(folder.join("x.1")).unwrap(), "mark\nnew");
        assert_eq!(fs::metadata(folder.join("x.1")).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

        let refused = |what: &str| {
            let error = write_all(&folder, &files("newest"), MARK).unwrap_err();
            assert_eq!(error.kind, Kind::Conflict, "{what}");
            assert_eq!(fs::read_to_string(folder.join("x.1")).unwrap(), "mark\nnew", "{what}");
            fs::remove_file(folder.join("y.1")).unwrap();
        };
        fs::write(folder.join("y.1"), "mine").unwrap();
        refused("another text");
        symlink(folder.join("x.1"), folder.join("y.1")).unwrap();
        refused("a link");
        write_all(&folder, &files("newest"), MARK).unwrap();
    }
}
