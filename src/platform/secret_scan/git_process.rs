//! Runs git for reading.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Variables that would lead git to another repository than the one that it runs in.
const REPOSITORY_VARIABLES: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];
/// Maximum length of an error of git.
const MAX_ERROR: u64 = 4096;

/// The repository that git reads.
#[derive(Clone, Copy)]
pub(super) enum Repository<'a> {
    /// The one in this folder, which may belong to anybody.
    In(&'a Path),
    /// The one of the working directory, or the one that a hook of git is about.
    Here,
}

/// A running git. It ends when this is dropped.
pub(super) struct GitProcess {
    child: Child,
    errors: File,
}

impl GitProcess {
    pub fn start(repository: Repository<'_>, arguments: &[&str], input: Option<Stdio>) -> io::Result<Self> {
        let errors = tempfile::tempfile()?;
        let mut command = Command::new("git");
        if let Repository::In(folder) = repository {
            let folder = folder.canonicalize()?;
            // A broken repository must not lead to the one around it.
            command.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(&folder)).current_dir(&folder);
            for name in REPOSITORY_VARIABLES {
                command.env_remove(name);
            }
        }
        // The configuration of the repository may be hostile: git must not fetch, and takes every object as it is stored.
        command
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C")
            .args(["--no-replace-objects", "--no-pager", "-c", "core.fsmonitor=false"])
            .args(arguments)
            .stdin(input.unwrap_or_else(Stdio::null))
            .stdout(Stdio::piped())
            .stderr(errors.try_clone()?);
        let child = command.spawn().map_err(|e| match e.kind() {
            ErrorKind::NotFound => io::Error::other("git is not installed"),
            _ => e,
        })?;
        Ok(GitProcess { child, errors })
    }

    /// Returns the output, which can be taken once.
    pub fn output(&mut self) -> io::Result<ChildStdout> {
        self.child.stdout.take().ok_or_else(|| ErrorKind::BrokenPipe.into())
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// The error of git, if it has failed.
    pub fn finish(mut self) -> io::Result<()> {
        if self.child.wait()?.success() {
            return Ok(());
        }
        let mut text = Vec::new();
        self.errors.rewind()?;
        (&mut self.errors).take(MAX_ERROR).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let fatal = text.lines().find_map(|line| line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")));
        Err(io::Error::other(fatal.or(text.lines().next()).unwrap_or("git has failed").to_owned()))
    }
}

impl Drop for GitProcess {
    fn drop(&mut self) {
        // Both fail if git has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
