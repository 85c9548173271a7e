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
/// Maximum number of submodules within each other. Each folder of a deep tree could claim to be one.
const MAX_NESTING: usize = 16;

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
            let git_folder = named_git_folder(&folder.canonicalize()?, MAX_NESTING)?;
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
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Adds the path to the error of a repository that `.git` names.
fn unreadable(path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{} can't be read: {e}", path.display()))
}

/// Returns the folder that the file `.git` in `folder` names. `folder` is an absolute path without links.
fn named_git_folder(folder: &Path, nesting: usize) -> io::Result<PathBuf> {
    let entry = folder.join(".git");
    let named = folder.join(read_path(&entry)?);
    let named = named.canonicalize().map_err(|e| unreadable(&named, &e))?;
    match is_worktree_of(&named, &entry) || is_submodule_in(&named, folder, nesting) {
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
fn is_submodule_in(named: &Path, folder: &Path, nesting: usize) -> bool {
    let Some(nesting) = nesting.checked_sub(1) else { return false };
    let kind_above = |above: &Path| Some((above.to_owned(), above.join(".git").symlink_metadata().ok()?.is_dir()));
    // Only the nearest one counts: a search beyond a wrong one would take for ever in a deep tree of wrong ones.
    match folder.ancestors().skip(1).find_map(kind_above) {
        Some((above, true)) => named.starts_with(above.join(".git/modules")),
        Some((above, false)) => {
            named_git_folder(&above, nesting).is_ok_and(|git_folder| named.starts_with(git_folder.join("modules")))
        }
        None => false,
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder could name a repository beyond the one around it.
    #[test]
    fn submodule_belongs_to_the_nearest_working_tree() {
        let tree = tempfile::tempdir().unwrap();
        let git_folder = tree.path().join(".git/modules/s");
        for part in ["objects", "refs"] {
            fs::create_dir_all(git_folder.join(part)).unwrap();
        }
        fs::write(git_folder.join("HEAD"), "").unwrap();
        fs::create_dir_all(tree.path().join("a/s")).unwrap();
        fs::write(tree.path().join("a/s/.git"), "gitdir: ../../.git/modules/s").unwrap();
        assert!(repository_of(&tree.path().join("a/s")).unwrap().is_some());
        fs::write(tree.path().join("a/.git"), "gitdir: .").unwrap();
        assert!(repository_of(&tree.path().join("a/s")).is_err());
    }

    /// The work for a folder is bounded, however deep the folder is.
    #[test]
    fn submodules_within_each_other_are_followed_to_a_limit() {
        let tree = tempfile::tempdir().unwrap();
        let (mut folder, mut git_folder) = (tree.path().to_owned(), tree.path().join(".git"));
        for nesting in 1..=MAX_NESTING + 1 {
            (folder, git_folder) = (folder.join("s"), git_folder.join("modules/s"));
            fs::create_dir_all(&folder).unwrap();
            for part in ["objects", "refs"] {
                fs::create_dir_all(git_folder.join(part)).unwrap();
            }
            fs::write(git_folder.join("HEAD"), "").unwrap();
            fs::write(folder.join(".git"), format!("gitdir: {}\n", git_folder.display())).unwrap();
            let found = repository_of(&folder).map(|found| found.unwrap().canonicalize().unwrap());
            match nesting <= MAX_NESTING {
                true => assert_eq!(found.unwrap(), git_folder.canonicalize().unwrap(), "{nesting}"),
                false => assert!(found.is_err(), "{nesting}"),
            }
        }
    }
}
