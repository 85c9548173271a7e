//! Finds the git repository of a folder. Also that of a linked worktree or a submodule, whose `.git` is a file that names
//! it.
//!
//! A folder may belong to anybody, so that a named repository counts only if it belongs to the folder by what it itself
//! says: else a folder could lead to any other repository.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::files::open_regular;

/// Maximum length of a file that names a folder.
const MAX_FILE: u64 = 8 * 1024;

/// Returns `true` if `folder` holds a repository, as `.git` and bare repositories do.
pub(super) fn is_repository(folder: &Path) -> bool {
    // Most folders have no such file, so one call is enough.
    folder.join("HEAD").symlink_metadata().is_ok() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

/// Returns the repository with the objects of the working tree in `folder`. `None` if there is none.
///
/// # Errors
/// The reason if `folder` names a repository that must not be searched for it.
pub(super) fn repository_of(folder: &Path) -> io::Result<Option<PathBuf>> {
    let entry = folder.join(".git");
    match entry.symlink_metadata() {
        Ok(meta) if meta.is_dir() => Ok(is_repository(&entry).then_some(entry)),
        Ok(meta) if meta.is_file() => {
            let git_folder = named_git_folder(&folder.canonicalize()?)?;
            let repository = match read_path(&git_folder.join("commondir")) {
                Err(e) if e.kind() == ErrorKind::NotFound => git_folder,
                common => {
                    let common = git_folder.join(common?);
                    common.canonicalize().map_err(|e| unreadable(&common, &e))?
                }
            };
            match is_repository(&repository) {
                true => Ok(Some(repository)),
                false => Err(io::Error::other(format!("{} is not a repository", repository.display()))),
            }
        }
        Ok(_) => Err(io::Error::other(".git is not a regular file or folder")),
        Err(_) => Ok(None),
    }
}

/// Adds the path to the error of a repository that `.git` names.
fn unreadable(path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{} can't be read: {e}", path.display()))
}

/// Returns the folder that the file `.git` in `folder` names. `folder` is an absolute path without links.
fn named_git_folder(folder: &Path) -> io::Result<PathBuf> {
    let entry = folder.join(".git");
    let named = folder.join(read_path(&entry)?);
    let named = named.canonicalize().map_err(|e| unreadable(&named, &e))?;
    match is_worktree_of(&named, &entry) || is_submodule_in(&named, folder) {
        true => Ok(named),
        false => Err(io::Error::other(format!("{} is not the repository of this folder", named.display()))),
    }
}

/// Returns `true` if `named` is the part of a repository for the linked worktree with this `.git` file.
fn is_worktree_of(named: &Path, entry: &Path) -> bool {
    let resolve = |file| named.join(read_path(&named.join(file)).ok()?).canonicalize().ok();
    resolve("gitdir").is_some_and(|back| back == entry)
        && resolve("commondir").is_some_and(|common| named.parent() == Some(&common.join("worktrees")))
}

/// Returns `true` if `named` lies in the git folder of the next working tree around `folder`.
fn is_submodule_in(named: &Path, folder: &Path) -> bool {
    let around = folder.ancestors().skip(1).find_map(|above| {
        let meta = above.join(".git").symlink_metadata().ok()?;
        Some(if meta.is_dir() { above.join(".git") } else { named_git_folder(above).ok()? })
    });
    around.is_some_and(|git_folder| named.starts_with(git_folder.join("modules")))
}

/// Reads a file with one path, such as `gitdir: ../.git/worktrees/a`.
fn read_path(file: &Path) -> io::Result<PathBuf> {
    let opened =
        open_regular(file)?.ok_or_else(|| io::Error::other(format!("{} is not a regular file", file.display())))?;
    let mut text = Vec::new();
    opened.take(MAX_FILE).read_to_end(&mut text)?;
    let text = text.trim_ascii_end();
    Ok(OsStr::from_bytes(text.strip_prefix(b"gitdir: ").unwrap_or(text)).into())
}
