//! Searches git repositories, through git itself: it reads loose and packed objects.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::findings::{Findings, GitObject, MAX_PATH_BYTES, Place, PlaceSource};
use super::git_objects::BorrowedObjects;
use super::git_process::{GitProcess, Repository};
use super::names::search_name;
use crate::domain::secret::{Position, ScanBuffer, SecretScanner, SecretText};

/// Maximum length of an object's head, and of a path in a repository.
const MAX_TOKEN: u64 = 64 * 1024;
/// The mode of a submodule, which has no object here.
const SUBMODULE: &str = "160000";

/// A secret in an object.
struct FoundInObject {
    object: String,
    position: Position,
    secret: SecretText,
}

/// Searches all objects of the repository at `folder`, also those that no branch reaches.
pub(super) fn scan(scanner: &SecretScanner, folder: &Path, findings: &Findings<'_>) {
    let mut found = Vec::new();
    let searched = BorrowedObjects::new(folder, findings).and_then(|objects| {
        let mut commits = tempfile::tempfile()?;
        let searched = search_all(scanner, &objects, findings, &mut found, &mut commits);
        let sources = locate(folder, &objects, &found, commits, findings);
        for FoundInObject { object, position, secret } in found.drain(..) {
            let Some(source) = sources.get(&object) else { continue };
            findings.add(secret, Place { source: Arc::clone(source), position });
        }
        searched
    });
    if let Err(e) = searched {
        findings.add_unreadable(folder, format!("not all of its git objects were searched: {e}"));
    }
}

/// Searches all objects, and writes the ids of the commits among them to `commits`.
fn search_all(
    scanner: &SecretScanner,
    repository: &BorrowedObjects,
    findings: &Findings<'_>,
    found: &mut Vec<FoundInObject>,
    commits: &mut File,
) -> io::Result<()> {
    let all = ["cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"];
    let mut git = GitProcess::start(Repository::Borrowed(repository), &all, None)?;
    let mut objects = Objects::new(git.output(findings)?);
    let mut commits = BufWriter::new(commits);
    loop {
        let searched = objects.search_next(scanner, |object, position, secret| {
            if found.len() < findings.room() {
                found.push(FoundInObject { object: object.to_owned(), position, secret });
            }
        });
        let object = match searched {
            Ok(Some(object)) => object,
            Ok(None) => break,
            // Git says why its output ended early.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return git.finish_without_errors().and(Err(e)),
            Err(e) => return Err(e),
        };
        findings.advance(1)?;
        findings.add_objects(1, object.size);
        if object.kind == "commit" {
            writeln!(commits, "{}", object.id)?;
        }
        if found.len() >= findings.room() {
            return Ok(());
        }
    }
    commits.flush()?;
    git.finish_without_errors()
}

/// Returns the source of each object that has a secret: the newest of `commits` that brought it, and its path there, or
/// only its id.
fn locate(
    folder: &Path,
    repository: &BorrowedObjects,
    found: &[FoundInObject],
    commits: File,
    findings: &Findings<'_>,
) -> HashMap<String, Arc<PlaceSource>> {
    let repository_path: Arc<Path> = folder.into();
    let source = |id: &str, origin: Option<(String, PathBuf)>| {
        let (commit, path) = origin.unzip();
        let repository = Arc::clone(&repository_path);
        Arc::new(PlaceSource::Object(GitObject { repository, id: id.to_owned(), commit, path }))
    };
    let mut origins: HashMap<&str, Option<(String, PathBuf)>> =
        found.iter().map(|found| (found.object.as_str(), None)).collect();
    if !origins.is_empty() {
        // Without the history, the ids alone are enough to find the objects.
        let _ = find_origins(repository, commits, &mut origins, findings);
    }
    origins.into_iter().map(|(id, origin)| (id.to_owned(), source(id, origin))).collect()
}

fn find_origins(
    repository: &BorrowedObjects,
    mut commits: File,
    origins: &mut HashMap<&str, Option<(String, PathBuf)>>,
    findings: &Findings<'_>,
) -> io::Result<()> {
    commits.rewind()?;
    let repository = Repository::Borrowed(repository);
    let newest_first = ["rev-list", "--no-walk=sorted", "--stdin"];
    let mut commits = GitProcess::start(repository, &newest_first, Some(commits.into()))?;
    let changes = ["diff-tree", "--stdin", "-r", "--root", "--no-renames", "--raw", "--no-abbrev", "-z"];
    let mut git = GitProcess::start(repository, &changes, Some(commits.pipe()?.into()))?;
    let mut output = BufReader::new(git.output(findings)?);
    let (mut commit, mut missing, mut path_bytes) = (String::new(), origins.len(), 0);
    while missing > 0 && path_bytes < MAX_PATH_BYTES {
        findings.advance(0)?;
        let Some(token) = read_token(&mut output, 0)? else { break };
        let token = String::from_utf8_lossy(&token);
        let Some(change) = token.strip_prefix(':') else {
            commit = token.into_owned();
            continue;
        };
        let path = read_token(&mut output, 0)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let object = change.split(' ').nth(3).unwrap_or_default();
        if let Some(origin @ None) = origins.get_mut(object) {
            *origin = Some((commit.clone(), OsStr::from_bytes(&path).into()));
            missing -= 1;
            path_bytes += path.len();
        }
    }
    Ok(())
}

/// Searches the content that the next commit in the working directory would have.
pub(super) fn scan_staged(scanner: &SecretScanner, findings: &Findings<'_>) {
    if let Err(e) = search_staged(scanner, findings) {
        findings.add_unreadable(Path::new("."), format!("not all staged files were searched: {e}"));
    }
}

fn search_staged(scanner: &SecretScanner, findings: &Findings<'_>) -> io::Result<()> {
    // Outside of a repository, `git diff` compares files, and its error says nothing of repositories.
    let mut here = GitProcess::start(Repository::Here, &["rev-parse", "--git-dir"], None)?;
    io::copy(&mut here.output(findings)?, &mut io::sink())?;
    here.finish()?;
    let staged = staged(findings)?;
    // A file takes all ids at once. A pipe would have to be written while the answer is read.
    let ids: String = staged.iter().map(|(id, _)| format!("{id}\n")).collect();
    let mut input = tempfile::tempfile()?;
    input.write_all(ids.as_bytes())?;
    input.rewind()?;
    let mut git = GitProcess::start(Repository::Here, &["cat-file", "--batch", "--buffer"], Some(input.into()))?;
    let mut objects = Objects::new(git.output(findings)?);
    for (_, path) in &staged {
        search_name(scanner, path, findings);
        let source = Arc::new(PlaceSource::Staged(path.clone()));
        let searched = objects.search_next(scanner, |_, position, secret| {
            findings.add(secret, Place { source: Arc::clone(&source), position });
        })?;
        findings.add_file(searched.ok_or(io::ErrorKind::UnexpectedEof)?.size);
        findings.advance(1)?;
    }
    git.finish()
}

/// Returns the objects and paths of the files that the next commit adds or changes.
fn staged(findings: &Findings<'_>) -> io::Result<Vec<(String, PathBuf)>> {
    // The user's settings could leave out the files of other folders, or name a file that is missing.
    let for_all = ["diff", "--cached", "--no-relative", "-O/dev/null"];
    let changed = [&for_all[..], &["--raw", "--no-abbrev", "-z", "--no-renames", "--diff-filter=AMT"]].concat();
    let mut git = GitProcess::start(Repository::Here, &changed, None)?;
    let mut output = BufReader::new(git.output(findings)?);
    let mut staged = Vec::new();
    while let Some(change) = read_token(&mut output, 0)? {
        let change = String::from_utf8_lossy(&change).into_owned();
        let path = read_token(&mut output, 0)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if let [_, mode, _, object, _] = change.split(' ').collect::<Vec<_>>()[..]
            && mode != SUBMODULE
        {
            staged.push((object.to_owned(), OsStr::from_bytes(&path).into()));
        }
    }
    git.finish()?;
    Ok(staged)
}

/// An object that was searched.
struct SearchedObject {
    id: String,
    kind: String,
    size: u64,
}

/// The objects in the output of `git cat-file --batch`: for each a line `ID KIND SIZE`, its content and a line end.
struct Objects<R> {
    output: BufReader<R>,
    buffer: ScanBuffer,
}

impl<R: Read> Objects<R> {
    fn new(output: R) -> Self {
        Objects { output: BufReader::with_capacity(128 * 1024, output), buffer: ScanBuffer::default() }
    }

    /// Searches the next object. Returns `None` after the last.
    fn search_next(
        &mut self,
        scanner: &SecretScanner,
        mut found: impl FnMut(&str, Position, SecretText),
    ) -> io::Result<Option<SearchedObject>> {
        let Some(head) = read_token(&mut self.output, b'\n')? else { return Ok(None) };
        let head = String::from_utf8_lossy(&head);
        let unusable = || io::Error::other(format!("git gave an unexpected answer: {head:?}"));
        let [id, kind, size] = head.split(' ').collect::<Vec<_>>()[..] else { return Err(unusable()) };
        let size: u64 = size.parse().map_err(|_| unusable())?;
        let mut content = self.output.by_ref().take(size);
        let read = scanner.scan(&mut self.buffer, |buffer| content.read(buffer), |at, secret| found(id, at, secret))?;
        let mut end = [0];
        self.output.read_exact(&mut end)?;
        match read == size && end == *b"\n" {
            true => Ok(Some(SearchedObject { id: id.to_owned(), kind: kind.to_owned(), size })),
            false => Err(unusable()),
        }
    }
}

/// Reads up to `end`, which is not part of the result. `None` at the end of the output.
fn read_token(output: &mut impl BufRead, end: u8) -> io::Result<Option<Vec<u8>>> {
    let mut token = Vec::new();
    output.by_ref().take(MAX_TOKEN).read_until(end, &mut token)?;
    match token.pop() {
        Some(last) if last == end => Ok(Some(token)),
        Some(_) => Err(io::Error::other("the answer of git is incomplete, or contains a path that is too long")),
        None => Ok(None),
    }
}
