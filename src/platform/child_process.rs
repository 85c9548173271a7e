//! Runs a program with input, for a limited time. The program gets no environment but PATH.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};

use super::clock::Stopwatch;
use super::{own_process, programs};

/// The folders of programs if PATH is not set.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Folders of `sendmail` that are often not in the PATH of a user.
const SENDMAIL_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/lib"];
/// Maximum number of bytes of messages that are kept.
const MAX_MESSAGES: usize = 4096;
/// Time between two checks if the program has ended.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// The end of a program.
#[derive(Debug)]
pub enum Ended {
    /// It ended by itself. With the start of what it wrote to stderr.
    Exited(ExitStatus, String),
    /// It ran for too long, and was killed with all processes of its group.
    TimedOut,
}

/// Returns the path of `sendmail`. `None` if there is none.
pub fn find_sendmail() -> Option<PathBuf> {
    let elsewhere = || SENDMAIL_FOLDERS.iter().map(|folder| Path::new(folder).join("sendmail"));
    programs::find("sendmail").or_else(|| elsewhere().find(|program| program.is_file()))
}

fn search_path() -> OsString {
    std::env::var_os("PATH").filter(|path| !path.is_empty()).unwrap_or_else(|| DEFAULT_PATH.into())
}

/// Runs `program` in the root folder, with `input` on stdin. A name without a slash is looked up in PATH. What the program
/// writes to stdout is dropped.
///
/// # Errors
/// Those of the system if the program can't be run.
pub fn run(program: &Path, args: &[&str], input: &[u8], time_limit: Duration) -> io::Result<Ended> {
    // The program would inherit the pipe with the token.
    if own_process::has_token_from_environment() {
        let _ = own_process::token_from_environment();
    }
    let has_folder = program.components().count() > 1;
    let program = if has_folder { std::path::absolute(program)? } else { program.to_owned() };
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", search_path())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let ended = exchange(&mut child, input, time_limit);
    if !matches!(ended, Ok(Ended::Exited(..))) {
        // The group has the number of its first process. It exists until the process was waited for.
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        child.wait()?;
    }
    ended
}

/// Writes the input and reads messages, neither waiting for the other, until the program ends.
fn exchange(child: &mut Child, mut input: &[u8], time_limit: Duration) -> io::Result<Ended> {
    let (mut stdin, mut stderr) = (child.stdin.take(), child.stderr.take());
    if let (Some(stdin), Some(stderr)) = (&stdin, &stderr) {
        set_nonblocking(stdin)?;
        set_nonblocking(stderr)?;
    }
    let time = Stopwatch::start();
    let mut messages = Vec::new();
    loop {
        write_some(&mut stdin, &mut input)?;
        read_some(&mut stderr, &mut messages)?;
        if let Some(status) = child.try_wait()? {
            read_some(&mut stderr, &mut messages)?;
            return Ok(Ended::Exited(status, String::from_utf8_lossy(&messages).into_owned()));
        }
        let Some(left) = time_limit.checked_sub(time.elapsed()).filter(|left| !left.is_zero()) else {
            return Ok(Ended::TimedOut);
        };
        let mut ready = Vec::with_capacity(2);
        ready.extend(stdin.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        ready.extend(stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        let wait = rustix::event::Timespec::try_from(left.min(CHECK_INTERVAL)).map_err(io::Error::other)?;
        match poll(&mut ready, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn set_nonblocking(pipe: &impl AsFd) -> io::Result<()> {
    Ok(fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?)
}

/// Writes what the pipe takes, and closes the pipe after the last byte. A program may close its end early: its exit code
/// says if that is a failure.
fn write_some(stdin: &mut Option<ChildStdin>, input: &mut &[u8]) -> io::Result<()> {
    while let Some(pipe) = stdin {
        if input.is_empty() {
            *stdin = None;
            break;
        }
        match pipe.write(input) {
            Ok(written) => *input = input.get(written..).unwrap_or_default(),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => break,
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::BrokenPipe => *stdin = None,
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

/// Reads what is in the pipe. Keeps the first bytes and drops the rest.
fn read_some(stderr: &mut Option<ChildStderr>, messages: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; MAX_MESSAGES];
    while let Some(pipe) = stderr {
        match pipe.read(&mut buffer) {
            Ok(0) => *stderr = None,
            Ok(read) => {
                let free = MAX_MESSAGES.saturating_sub(messages.len());
                messages.extend_from_slice(buffer.get(..read.min(free)).unwrap_or_default());
                // A program that never stops writing must not keep this loop busy beyond the time limit.
                break;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => break,
                io::ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn sh(script: &str, input: &[u8], time_limit: Duration) -> Ended {
        run(Path::new("/bin/sh"), &["-c", script], input, time_limit).unwrap()
    }

    #[test]
    fn input_arrives_whole_and_only_path_is_set() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("input");
        let input = vec![b'x'; 1 << 20];
        let script = format!("cat > {}; env | grep -v '^PWD=\\|^_=\\|^SHLVL=' >&2; pwd >&2", file.display());
        let Ended::Exited(status, messages) = sh(&script, &input, LONG) else { panic!() };
        assert!(status.success());
        assert_eq!(std::fs::read(file).unwrap(), input);
        let lines: Vec<&str> = messages.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("PATH=") && lines[1] == "/", "{messages}");
    }

    #[test]
    fn program_that_reads_nothing_and_writes_much_ends_by_itself() {
        let input = vec![b'x'; 1 << 20];
        let script = "head -c 1000000 /dev/zero | tr '\\0' e >&2; exit 7";
        let Ended::Exited(status, messages) = sh(script, &input, LONG) else { panic!() };
        assert_eq!((status.code(), messages.len()), (Some(7), MAX_MESSAGES));
    }

    #[test]
    fn program_that_takes_too_long_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("alive");
        let status = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(status.success());
        let script = format!("sleep 600 > {0} & sleep 600", pipe.display());
        let reader = std::thread::spawn(move || std::fs::read(pipe).unwrap());
        assert!(matches!(sh(&script, b"", Duration::from_millis(300)), Ended::TimedOut));
        // The pipe ends once the last writer has ended.
        assert_eq!(reader.join().unwrap(), b"");
    }

    #[test]
    fn missing_program_is_an_error() {
        assert!(run(Path::new("/nonexistent/program"), &[], b"", LONG).is_err());
        assert!(run(Path::new("no-such-program-of-jeton"), &[], b"", LONG).is_err());
    }
}
