//! What this process lets others see of it.

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use rustix::pipe::PipeFlags;
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, getuid, set_dumpable_behavior, setrlimit};
use zeroize::Zeroizing;

use super::input::{SECRET_LINE_MOST, token_line};
use crate::error::{Error, Result};

/// Keeps secrets in memory out of core dumps and out of reach of other processes of the same user. What the system
/// doesn't grant is done without: it guards against accidents, not against root.
pub fn harden() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Raises the number of files that may be open as far as allowed, and returns it.
pub fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum.unwrap_or(u64::MAX),
        Err(_) => limit.current.unwrap_or(u64::MAX),
    }
}

/// Returns the number of files that are open now, or `None` if the system doesn't say.
pub fn open_files() -> Option<u64> {
    // The folder itself is open while it is read.
    std::fs::read_dir("/dev/fd").ok().map(|entries| (entries.count() as u64).saturating_sub(1))
}

/// Lets this thread run only while the others have little to do. Where the system doesn't grant it, it runs as before.
pub fn step_back() {
    const NICE: i32 = 10;
    // Of the process that isn't named: on Linux that is the calling thread alone.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// The user we run as, by number.
pub fn uid() -> u32 {
    getuid().as_raw()
}

/// The machine's name.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether the terminal says that it can do nothing but print.
pub fn is_dumb_terminal() -> bool {
    std::env::var_os("TERM").is_some_and(|t| t == "dumb")
}

/// Whether colours are wanted: `NO_COLOR` is unset or empty, and the terminal is not `dumb`.
pub fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && !is_dumb_terminal()
}

/// The variable in which a token may be given, and the one that names the open file it was moved to.
const TOKEN: &str = "JETON_TOKEN";
const MOVED_TOKEN: &str = "JETON_TOKEN_FD";

/// Takes a token out of the environment: whoever may look at this process could read it there for as long as it runs,
/// and no call can wipe it. The program starts itself anew, with the token in a pipe instead.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when that can't be done: the token would stay in sight.
pub fn move_token_out_of_environment() -> Result<()> {
    let Some(token) = std::env::var_os(TOKEN) else { return Ok(()) };
    let token = Zeroizing::new(token.into_encoded_bytes());
    let failed = |e: std::io::Error| {
        Error::failure("the token can't be taken out of the environment")
            .why(e.to_string())
            .next("Give it in a file: JETON_TOKEN_FILE")
    };
    let mut again = std::process::Command::new(std::env::current_exe().map_err(failed)?);
    again.args(std::env::args_os().skip(1)).env_remove(TOKEN).env_remove(MOVED_TOKEN);
    if let Some(name) = std::env::args_os().next() {
        again.arg0(name);
    }
    // What fits is far longer than any secret, and than what a pipe takes at once.
    let whole = token.get(..SECRET_LINE_MOST + 1).unwrap_or(&token);
    // Held open until the program has started anew.
    let reader = if whole.is_empty() { None } else { Some(piped(whole).map_err(|e| failed(e.into()))?) };
    if let Some(reader) = &reader {
        again.env(MOVED_TOKEN, reader.as_raw_fd().to_string());
    }
    let error = again.exec();
    drop(reader);
    Err(failed(error))
}

/// The reading end of a pipe that holds `bytes`, left open when another program takes this one's place.
fn piped(bytes: &[u8]) -> rustix::io::Result<OwnedFd> {
    let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::empty())?;
    rustix::io::write(&writer, bytes)?;
    Ok(reader)
}

/// Whether a token came in the environment.
pub fn has_token_from_environment() -> bool {
    std::env::var_os(MOVED_TOKEN).is_some()
}

/// The token that came in the environment. It can be read once.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when it can't be read.
pub fn token_from_environment() -> Result<Zeroizing<String>> {
    let number = std::env::var(MOVED_TOKEN).ok().filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let path = PathBuf::from("/dev/fd").join(number.unwrap_or_default());
    let pipe = File::open(path).map_err(|e| Error::failure("the token can't be read").why(e.to_string()))?;
    token_line(pipe, TOKEN)
}

/// Whether the program was started with stdout closed. Before `main` the null device was opened in its place, for reading
/// and writing: a shell opens it for writing alone.
pub fn stdout_was_closed() -> bool {
    const NULL: (u32, u32) = (1, 3);
    let stdout = rustix::stdio::stdout();
    let is_null = rustix::fs::fstat(stdout).is_ok_and(|stat| {
        let device = stat.st_rdev;
        (rustix::fs::major(device), rustix::fs::minor(device)) == NULL
    });
    is_null && rustix::fs::fcntl_getfl(stdout).is_ok_and(|flags| flags.contains(rustix::fs::OFlags::RDWR))
}
