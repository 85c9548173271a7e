//! The objects of a git repository that may belong to anybody.
//!
//! Git reads the objects from an empty repository of jeton's own. So no configuration of the searched repository counts:
//! it could name programs, other repositories, and pipes for which git would wait for ever.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use tempfile::TempDir;

use super::files::open_regular;
use super::findings::Findings;

/// Maximum length of the lists of alternates and of shallow commits.
const MAX_FILE: u64 = 4 << 20;
/// Maximum number of folders with objects: those of the repository, and those that it shares with others.
const MAX_FOLDERS: usize = 100;
/// Numbers of digits of an object's name, which its folder begins.
const SHA1_DIGITS: usize = 40;
const SHA256_DIGITS: usize = 64;

/// An empty repository that takes its objects from another one. It is removed on drop.
pub(super) struct BorrowedObjects {
    git_folder: TempDir,
    objects: PathBuf,
}

impl BorrowedObjects {
    /// Borrows the objects of `repository`.
    ///
    /// # Errors
    /// The reason if git could wait for ever while it reads them.
    pub fn new(repository: &Path, findings: &Findings<'_>) -> io::Result<Self> {
        let objects = repository.join("objects").canonicalize()?;
        let formats = check_folders(objects.clone(), findings)?;
        if formats.has_sha1 && formats.has_sha256 {
            // Git reads those of one format, and is silent about the others.
            return Err(io::Error::other("git can't read a repository that has SHA-1 and SHA-256 object names"));
        }
        let git_folder = tempfile::tempdir()?;
        let write = |name: &str, text: &[u8]| fs::write(git_folder.path().join(name), text);
        fs::create_dir(git_folder.path().join("refs"))?;
        write("HEAD", b"ref: refs/heads/none\n")?;
        let format = if formats.has_sha256 { "1\n[extensions]\nobjectFormat = sha256\n" } else { "0\n" };
        write("config", format!("[core]\nbare = true\nrepositoryFormatVersion = {format}").as_bytes())?;
        // Without it, git would look for the parents of the oldest commits.
        write("shallow", &read_list(&repository.join("shallow"))?)?;
        Ok(BorrowedObjects { git_folder, objects })
    }

    /// Returns the environment in which git reads the objects.
    pub fn environment(&self) -> [(&'static str, &Path); 2] {
        [("GIT_DIR", self.git_folder.path()), ("GIT_OBJECT_DIRECTORY", &self.objects)]
    }
}

/// The names of objects.
#[derive(Default)]
struct Formats {
    has_sha1: bool,
    has_sha256: bool,
}

impl Formats {
    fn note(&mut self, digits: usize) {
        self.has_sha1 |= digits == SHA1_DIGITS;
        self.has_sha256 |= digits == SHA256_DIGITS;
    }
}

/// Checks that everything in the folder with objects is a file or folder, and in those whose objects it shares.
fn check_folders(objects: PathBuf, findings: &Findings<'_>) -> io::Result<Formats> {
    let (mut folders, mut next, mut formats) = (vec![objects], 0, Formats::default());
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        check_folder(&folder, &mut folders, &mut formats, findings)?;
        for line in read_list(&folder.join("info/alternates"))?.split(|byte| *byte == b'\n') {
            findings.advance(0)?;
            match line {
                [] | [b'#', ..] => {}
                [b'"', ..] => {
                    return Err(io::Error::other("jeton can't read a quoted path in objects/info/alternates"));
                }
                path => add_folder(&folder.join(OsStr::from_bytes(path)), &mut folders)?,
            }
        }
    }
    Ok(formats)
}

/// Adds a folder that is still to be checked. Git leaves out a folder that doesn't exist.
fn add_folder(path: &Path, folders: &mut Vec<PathBuf>) -> io::Result<()> {
    match path.canonicalize() {
        Ok(path) if folders.contains(&path) => Ok(()),
        Ok(_) if folders.len() == MAX_FOLDERS => {
            Err(io::Error::other(format!("its objects are in more than {MAX_FOLDERS} folders")))
        }
        Ok(path) => {
            folders.push(path);
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

/// Checks one folder with objects, and adds those to which its links lead.
fn check_folder(
    folder: &Path,
    folders: &mut Vec<PathBuf>,
    formats: &mut Formats,
    findings: &Findings<'_>,
) -> io::Result<()> {
    for entry in WalkBuilder::new(folder).standard_filters(false).build() {
        findings.advance(0)?;
        let entry = entry.map_err(io::Error::other)?;
        let (path, name) = (entry.path(), entry.file_name().as_bytes());
        let kind = match entry.path_is_symlink() {
            true => path.metadata().ok().map(|meta| meta.file_type()),
            false => entry.file_type(),
        };
        match kind {
            Some(kind) if kind.is_dir() && entry.path_is_symlink() => add_folder(path, folders)?,
            Some(kind) if !kind.is_file() && !kind.is_dir() => {
                return Err(io::Error::other(format!("{} is not a regular file", path.display())));
            }
            _ => {}
        }
        match name.strip_prefix(b"pack-").and_then(|name| name.strip_suffix(b".pack")) {
            Some(digits) => {
                formats.note(digits.len());
                // Git is silent about such a pack.
                if !path.with_extension("idx").exists() {
                    let why = "its git objects were skipped, because the .idx file of the pack is missing";
                    findings.add_unreadable(path, why);
                }
            }
            // The name of the folder has the first two digits.
            None if entry.depth() == 2 && name.iter().all(u8::is_ascii_hexdigit) => formats.note(name.len() + 2),
            None => {}
        }
    }
    Ok(())
}

/// Reads a list in a repository. Empty if there is none.
fn read_list(file: &Path) -> io::Result<Vec<u8>> {
    let unusable = |why: &str| io::Error::other(format!("{} {why}", file.display()));
    let opened = match open_regular(file) {
        Ok(opened) => opened.ok_or_else(|| unusable("is not a regular file"))?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unusable(&format!("can't be read: {e}"))),
    };
    let mut text = Vec::new();
    opened.take(MAX_FILE + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_FILE { Err(unusable("is too long")) } else { Ok(text) }
}
