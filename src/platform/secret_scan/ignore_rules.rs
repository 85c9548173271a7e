//! The ignore files of a searched folder: `.ignore`, `.gitignore` and `.git/info/exclude`.
//!
//! A searched folder may belong to anybody, so the files are opened here and not by the walk: a pipe would hang it, and a
//! device would fill the memory. A check of the files before the walk opens them would leave time to replace them.

use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use super::files::open_regular;
use super::findings::Findings;
use super::walk::Listing;

/// Maximum length of an ignore file.
const MAX_FILE: u64 = 1 << 20;
/// Maximum length of all ignore files of a scan, because their rules stay in memory.
const MAX_ALL: u64 = 16 << 20;

/// The rules of the ignore files in one folder.
pub(super) struct FolderRules {
    /// The nearest folder above with rules.
    parent: Option<Arc<FolderRules>>,
    /// `true` if a repository begins here. Git's rules of the folders above don't count then.
    is_repository: bool,
    ignore: Gitignore,
    git_ignore: Gitignore,
    git_exclude: Gitignore,
}

/// The ignore files below one named folder, and those above in the same repository.
pub(super) struct IgnoreRules {
    /// The folder as it was named.
    root: PathBuf,
    absolute: PathBuf,
    /// The rules of the folders above.
    above: Option<Arc<FolderRules>>,
    /// The rules of the user for all repositories.
    global: Gitignore,
    /// The bytes that were read.
    bytes: AtomicU64,
}

impl IgnoreRules {
    pub(super) fn new(root: &Path, findings: &Findings<'_>) -> io::Result<Self> {
        let absolute = root.canonicalize()?;
        let bytes = AtomicU64::new(0);
        let mut above = None;
        for folder in parents_in_repository(&absolute)? {
            let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
            above = read_rules(folder, folder, has, above.as_ref(), &bytes, findings).or(above);
        }
        Ok(IgnoreRules { root: root.to_owned(), above, global: global_rules(&absolute), absolute, bytes })
    }

    /// Returns the rules of the folders above the named one.
    pub(super) fn above(&self) -> Option<Arc<FolderRules>> {
        self.above.clone()
    }

    /// Returns the absolute path of a folder below the named one.
    pub(super) fn absolute(&self, folder: &Path) -> PathBuf {
        match folder.strip_prefix(&self.root) {
            Ok(below) if below.as_os_str().is_empty() => self.absolute.clone(),
            below => self.absolute.join(below.unwrap_or(folder)),
        }
    }

    /// Reads the ignore files of a folder. Returns the rules for its entries, which are those of `above` if it has none.
    pub(super) fn enter(
        &self,
        folder: &Path,
        listing: &Listing,
        above: Option<Arc<FolderRules>>,
        findings: &Findings<'_>,
    ) -> Option<Arc<FolderRules>> {
        // Most folders have none of these.
        if ![".ignore", ".gitignore", ".git", ".jj"].iter().any(|name| listing.has(name)) {
            return above;
        }
        let has = |name: &str| listing.has(name);
        read_rules(folder, &self.absolute(folder), has, above.as_ref(), &self.bytes, findings).or(above)
    }

    /// Returns `true` if the rules of its folder ignore the entry with this absolute path. Matches like git: `.ignore`
    /// files before `.gitignore` files before the exclusions of the repository, and in each kind the nearest file first.
    pub(super) fn is_ignored(&self, rules: &Arc<FolderRules>, path: &Path, is_folder: bool) -> bool {
        let chain = || std::iter::successors(Some(rules), |rules| rules.parent.as_ref());
        let mut found = nearest(chain().map(|rules| &rules.ignore), path, is_folder);
        let repository = chain().position(|rules| rules.is_repository);
        if let Some(last) = repository {
            let of_git = || chain().take(last + 1);
            found = found
                .or_else(|| nearest(of_git().map(|rules| &rules.git_ignore), path, is_folder))
                .or_else(|| nearest(of_git().map(|rules| &rules.git_exclude), path, is_folder))
                .or_else(|| nearest([&self.global].into_iter(), path, is_folder));
        }
        found.unwrap_or(false)
    }
}

/// Returns `true` if the first file with a rule for `path` ignores it, `None` if no file has a rule.
fn nearest<'a>(files: impl Iterator<Item = &'a Gitignore>, path: &Path, is_folder: bool) -> Option<bool> {
    files.map(|file| file.matched(path, is_folder)).find(|found| !found.is_none()).map(|found| match found {
        Match::Ignore(_) => true,
        Match::Whitelist(_) | Match::None => false,
    })
}

/// Returns the folders above `folder` in its repository, the outermost first. Empty if it is in none.
fn parents_in_repository(folder: &Path) -> io::Result<Vec<&Path>> {
    let owners = [rustix::process::geteuid().as_raw(), folder.metadata()?.uid()];
    let mut parents = Vec::new();
    for (above, path) in folder.ancestors().enumerate() {
        if above > 0 {
            parents.push(path);
        }
        if let Ok(meta) = path.join(".git").symlink_metadata() {
            // In a folder of all, such as /tmp, anybody can claim to have a repository.
            let is_trusted = owners.contains(&meta.uid());
            parents.reverse();
            return Ok(if is_trusted { parents } else { Vec::new() });
        }
    }
    Ok(Vec::new())
}

/// Reads the ignore files in `folder`, of which `absolute` is the absolute path. `None` if there are none.
fn read_rules(
    folder: &Path,
    absolute: &Path,
    has: impl Fn(&str) -> bool,
    parent: Option<&Arc<FolderRules>>,
    bytes: &AtomicU64,
    findings: &Findings<'_>,
) -> Option<Arc<FolderRules>> {
    let read = |name: &str| {
        read_file(&folder.join(name), absolute, bytes).unwrap_or_else(|e| {
            findings.add_unreadable(&folder.join(name), format!("its rules were not used: {e}"));
            Gitignore::empty()
        })
    };
    let read_listed = |name| if has(name) { read(name) } else { Gitignore::empty() };
    let is_folder = |name: &str| folder.join(name).symlink_metadata().is_ok_and(|meta| meta.is_dir());
    let (has_git, ignore, git_ignore) = (has(".git"), read_listed(".ignore"), read_listed(".gitignore"));
    let git_exclude = if has_git && is_folder(".git") { read(".git/info/exclude") } else { Gitignore::empty() };
    let is_repository = has_git || has(".jj");
    let has_rules = is_repository || !ignore.is_empty() || !git_ignore.is_empty() || !git_exclude.is_empty();
    has_rules.then(|| Arc::new(FolderRules { parent: parent.cloned(), is_repository, ignore, git_ignore, git_exclude }))
}

/// Reads the rules in `file` for paths below `folder`. No rules if there is no such file.
fn read_file(file: &Path, folder: &Path, bytes: &AtomicU64) -> io::Result<Gitignore> {
    let opened = match open_regular(file) {
        Ok(Some(opened)) => opened,
        Ok(None) => return Err(io::Error::other("it is not a regular file")),
        // The walk reports a file that it may not read.
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied) => {
            return Ok(Gitignore::empty());
        }
        Err(e) => return Err(e),
    };
    let mut text = Vec::new();
    opened.take(MAX_FILE + 1).read_to_end(&mut text)?;
    let length = text.len() as u64;
    if length > MAX_FILE || bytes.fetch_add(length, Ordering::Relaxed) + length > MAX_ALL {
        return Err(io::Error::other(format!(
            "ignore files are limited to {} MiB each, and {} MiB together",
            MAX_FILE >> 20,
            MAX_ALL >> 20
        )));
    }
    parse(&text, folder)
}

fn parse(text: &[u8], folder: &Path) -> io::Result<Gitignore> {
    let text = String::from_utf8_lossy(text);
    let mut rules = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        // Like git, a rule that makes no sense has no effect.
        let _ = rules.add_line(None, line);
    }
    rules.build().map_err(io::Error::other)
}

/// Reads the user's own rules for all repositories. No rules if they can't be read.
fn global_rules(folder: &Path) -> Gitignore {
    let text = gitconfig_excludes_path().and_then(|path| {
        let mut text = Vec::new();
        // A link is common there.
        let file = open_regular(&path.canonicalize().ok()?).ok()??;
        file.take(MAX_FILE).read_to_end(&mut text).ok()?;
        Some(text)
    });
    text.and_then(|text| parse(&text, folder).ok()).unwrap_or_else(Gitignore::empty)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::super::{ScanOptions, ScanReport, scan};
    use crate::domain::name::Prefix;
    use crate::verbs::batches::Progress;

    fn scan_folder(folder: &std::path::Path) -> ScanReport {
        let options = ScanOptions {
            paths: vec![folder.to_owned()],
            respects_ignore_files: true,
            with_git_objects: false,
            with_staged: false,
        };
        scan(&Prefix::default(), &options, &Progress::default())
    }

    /// Opens of a pipe without a writer would never return.
    #[test]
    fn hostile_ignore_files_are_reported_and_hide_nothing() {
        let home = tempfile::tempdir().unwrap();
        let tree = home.path().join("tree");
        fs::create_dir_all(tree.join(".git/info")).unwrap();
        fs::create_dir_all(tree.join("inner")).unwrap();
        let pipe = |name: &str| {
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, home.path().join(name), kind, 0o600.into(), 0).unwrap();
        };
        pipe(".ignore");
        pipe(".gitignore");
        for name in ["tree/.ignore", "tree/.git/info/exclude", "tree/inner/.gitignore"] {
            pipe(name);
        }
        symlink("/dev/zero", tree.join(".gitignore")).unwrap();
        fs::write(tree.join("inner/.ignore"), format!("*\n{}", "x\n".repeat(1 << 20))).unwrap();
        fs::write(tree.join("inner/file"), "text").unwrap();
        // A test thread that hangs would block the whole run.
        let (done, result) = std::sync::mpsc::channel();
        std::thread::spawn(move || drop(done.send(scan_folder(&tree))));
        let report = result.recv_timeout(std::time::Duration::from_secs(20)).expect("the scan hangs");
        assert_eq!((report.files, report.unreadable_count), (2, 5), "{:?}", report.unreadable);
    }

    #[test]
    fn rules_count_in_their_repository_as_for_git() {
        let home = tempfile::tempdir().unwrap();
        let tree = home.path().join("tree");
        for folder in [".git/info", "a/b", "c/.git", "build"] {
            fs::create_dir_all(tree.join(folder)).unwrap();
        }
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
        // Outside of the repository.
        write(".ignore", "*\n");
        write("tree/.gitignore", "*.log\n/build/\n");
        write("tree/.git/info/exclude", "private\n");
        write("tree/a/.gitignore", "!kept.log\n");
        for name in ["a/x.log", "a/kept.log", "a/b/private", "a/b/seen", "c/x.log", "build/x", "x.log"] {
            write(&format!("tree/{name}"), "text");
        }
        // .gitignore, exclude, a/.gitignore, a/kept.log, a/b/seen, and c/x.log of another repository.
        assert_eq!(scan_folder(&tree).files, 6);
        // The rules of the folders above.
        assert_eq!((scan_folder(&tree.join("a")).files, scan_folder(&tree.join("a/b")).files), (3, 1));
        // Git's rules need a repository.
        fs::remove_dir_all(tree.join(".git")).unwrap();
        fs::remove_dir_all(tree.join("c")).unwrap();
        assert_eq!(scan_folder(&tree).files, 8);
        write("tree/.ignore", "*.log\n");
        assert_eq!(scan_folder(&tree).files, 6);
    }
}
