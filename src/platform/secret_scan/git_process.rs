//! Runs git for reading.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::findings::Findings;
use super::git_objects::BorrowedObjects;
use crate::platform::clock::Stopwatch;
use crate::platform::programs;

/// Variables that would lead git to another repository than the one that it is run for.
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
/// Settings of all runs. The history is read without its cache, which may belong to anybody.
const SETTINGS: [&str; 6] =
    ["-c", "core.fsmonitor=false", "-c", "core.bigFileThreshold=1m", "-c", "core.commitGraph=false"];
/// Time without output after which git counts as stuck. Pipes are refused before, but a disk may not answer.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// Time between two looks for a stop.
const STOP_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// Maximum length of an error of git.
const MAX_ERROR: u64 = 4096;
/// Maximum memory for one object. Large files are read in pieces, and a small damaged or hostile object can claim any size.
const MAX_OBJECT: &str = "1g";

/// The repository that git reads.
#[derive(Clone, Copy)]
pub(super) enum Repository<'a> {
    /// One that may belong to anybody.
    Borrowed(&'a BorrowedObjects),
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
        let program = programs::find("git").ok_or_else(|| io::Error::other("the program git was not found in PATH"))?;
        let mut command = Command::new(program);
        if let Repository::Borrowed(objects) = repository {
            for name in REPOSITORY_VARIABLES {
                command.env_remove(name);
            }
            command.envs(objects.environment()).current_dir("/");
        }
        // Git must not fetch, and takes every object as it is stored.
        command
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_ALLOC_LIMIT", MAX_OBJECT)
            .env("LC_ALL", "C")
            .args(["--no-replace-objects", "--no-pager"])
            .args(SETTINGS)
            .args(arguments)
            .stdin(input.unwrap_or_else(Stdio::null))
            .stdout(Stdio::piped())
            .stderr(errors.try_clone()?);
        Ok(GitProcess { child: command.spawn()?, errors })
    }

    /// Returns the output for another process. The output can be taken once.
    pub fn pipe(&mut self) -> io::Result<ChildStdout> {
        self.child.stdout.take().ok_or_else(|| ErrorKind::BrokenPipe.into())
    }

    /// Returns the output, which can be taken once. Reading ends when the scan is stopped, or git is stuck.
    pub fn output<'a>(&mut self, findings: &'a Findings<'a>) -> io::Result<GitOutput<'a>> {
        Ok(GitOutput { pipe: self.pipe()?, findings })
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// The error of git, if it has failed.
    pub fn finish(self) -> io::Result<()> {
        self.end(|_| false)
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// The error of git, also if git went on after the error: it leaves out a pack that is damaged.
    pub fn finish_without_errors(self) -> io::Result<()> {
        self.end(|error| error.is_some())
    }

    fn end(mut self, is_failure: impl FnOnce(Option<&str>) -> bool) -> io::Result<()> {
        let has_succeeded = self.child.wait()?.success();
        let mut text = Vec::new();
        self.errors.rewind()?;
        (&mut self.errors).take(MAX_ERROR).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let error = text.lines().find_map(|line| line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")));
        if has_succeeded && !is_failure(error) {
            return Ok(());
        }
        Err(io::Error::other(error.or(text.lines().next()).unwrap_or("git has failed").to_owned()))
    }
}

/// The output of a running git.
pub(super) struct GitOutput<'a> {
    pipe: ChildStdout,
    findings: &'a Findings<'a>,
}

impl Read for GitOutput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let silence = Stopwatch::start();
        loop {
            // Also an output without pauses can be stopped.
            self.findings.advance(0)?;
            let mut polled = [PollFd::new(&self.pipe, PollFlags::IN)];
            match poll(&mut polled, Some(&STOP_INTERVAL)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return self.pipe.read(buffer),
                Err(e) => return Err(e.into()),
            }
            if silence.elapsed() > SILENCE_LIMIT {
                let limit = SILENCE_LIMIT.as_secs();
                return Err(io::Error::new(ErrorKind::TimedOut, format!("git gave no answer for {limit} s")));
            }
        }
    }
}

impl Drop for GitProcess {
    fn drop(&mut self) {
        // Both fail if git has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
