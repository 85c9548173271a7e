//! Properties of this process, and its exposure to other processes.

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use rustix::pipe::PipeFlags;
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, Signal, getrlimit, getuid, set_dumpable_behavior, setrlimit,
};
use zeroize::Zeroizing;

use super::bounded_read::{MAX_SECRET_LINE, read_token_line};
use crate::error::{Error, Result};
use crate::verbs::cli_line::CliLine;

/// Keeps secrets in memory out of core dumps and out of reach of other processes of the same user. Best effort: it
/// guards against accidents, not against root.
pub fn harden() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Raises the limit of open files as far as allowed, and returns it.
pub fn raise_max_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum.unwrap_or(u64::MAX),
        Err(_) => limit.current.unwrap_or(u64::MAX),
    }
}

/// Returns the number of open files. `None` if the system doesn't provide it.
pub fn open_file_count() -> Option<u64> {
    // The folder itself is open while it is read.
    std::fs::read_dir("/dev/fd").ok().map(|entries| (entries.count() as u64).saturating_sub(1))
}

pub fn uid() -> u32 {
    getuid().as_raw()
}

pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns `true` if the terminal declares that it can only print (`TERM=dumb`).
pub fn is_dumb_terminal() -> bool {
    std::env::var_os("TERM").is_some_and(|t| t == "dumb")
}

/// Returns `true` if colours are wanted: `NO_COLOR` is unset or empty, and the terminal is not `dumb`.
pub fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && !is_dumb_terminal()
}

/// Returns `true` if the locale says that texts are UTF-8.
pub fn has_utf8_locale() -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// The variable that passes a token, and the variable that names the open file it was moved to.
const TOKEN: &str = "JETON_TOKEN";
const MOVED_TOKEN: &str = "JETON_TOKEN_FD";

/// Moves a token out of the environment. Every process that may inspect this one could read the environment for as long
/// as the process runs, and no call can wipe it. So the program executes itself again, with the token in a pipe
/// instead.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if that fails, because the token would stay visible.
pub fn move_token_out_of_environment() -> Result<()> {
    let Some(token) = std::env::var_os(TOKEN) else { return Ok(()) };
    let token = Zeroizing::new(token.into_encoded_bytes());
    let failed = |e: std::io::Error| {
        Error::failure("the token can't be removed from the environment")
            .why(e.to_string())
            .next("Unset JETON_TOKEN, and pass the token in a file: JETON_TOKEN_FILE=PATH")
    };
    let mut again = Command::new(std::env::current_exe().map_err(failed)?);
    again.args(std::env::args_os().skip(1)).env_remove(TOKEN).env_remove(MOVED_TOKEN);
    if let Some(name) = std::env::args_os().next() {
        again.arg0(name);
    }
    // The limit is far longer than any secret, and it fits into a pipe at once.
    let whole = token.get(..MAX_SECRET_LINE + 1).unwrap_or(&token);
    // The pipe stays open until the program has executed itself again.
    let reader = if whole.is_empty() { None } else { Some(pipe_with(whole).map_err(|e| failed(e.into()))?) };
    if let Some(reader) = &reader {
        again.env(MOVED_TOKEN, reader.as_raw_fd().to_string());
    }
    let error = again.exec();
    drop(reader);
    Err(failed(error))
}

/// Returns the reading end of a pipe that holds `bytes`. The end stays open across `exec`.
fn pipe_with(bytes: &[u8]) -> rustix::io::Result<OwnedFd> {
    let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::empty())?;
    rustix::io::write(&writer, bytes)?;
    Ok(reader)
}

pub fn has_token_from_environment() -> bool {
    std::env::var_os(MOVED_TOKEN).is_some()
}

/// Returns the token that came in the environment. It can be read once.
pub fn token_from_environment() -> Result<Zeroizing<String>> {
    let number = std::env::var(MOVED_TOKEN).ok().filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let path = PathBuf::from("/dev/fd").join(number.unwrap_or_default());
    let pipe =
        File::open(path).map_err(|e| Error::failure("the token in JETON_TOKEN can't be read").why(e.to_string()))?;
    read_token_line(pipe, TOKEN)
}

/// Removes the settings of jeton from the environment of `command`, and its token. Pagers and editors can start other
/// programs, and none of them needs these.
pub fn hide_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(b"JETON_")) {
        command.env_remove(name);
    }
    // The program would inherit the pipe with the token.
    let _ = token_from_environment();
}

/// Returns `true` if the program was started with stdout closed. Before `main` the null device was opened in its place,
/// for reading and writing; a shell opens it for writing only.
pub fn stdout_was_closed() -> bool {
    const NULL: (u32, u32) = (1, 3);
    let stdout = rustix::stdio::stdout();
    let is_null = rustix::fs::fstat(stdout).is_ok_and(|stat| {
        let device = stat.st_rdev;
        (rustix::fs::major(device), rustix::fs::minor(device)) == NULL
    });
    is_null && rustix::fs::fcntl_getfl(stdout).is_ok_and(|flags| flags.contains(rustix::fs::OFlags::RDWR))
}

/// Returns `true` if a shell can continue the program after a stop. A shell that manages jobs puts each job into a group of its
/// own. Without such a shell, as in `ssh -t HOST jeton`, the program is in the first group of its session, and stays stopped.
/// The first process of a container puts its child into a group too. It is no shell if it doesn't ignore the signal that
/// stops jobs.
pub fn can_be_suspended() -> bool {
    let has_group = rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpgrp());
    let is_below_init = rustix::process::getppid() == Some(Pid::INIT);
    has_group && (!is_below_init || init_ignores_stops())
}

/// Returns `true` if the first process ignores `SIGTSTP`, as shells do. `true` if the system doesn't say.
fn init_ignores_stops() -> bool {
    let status = std::fs::read_to_string("/proc/1/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & (1 << (Signal::TSTP.as_raw() - 1)) != 0)
}

/// Returns `true` if a shell can give the terminal to one of its jobs at a time, such as to the program.
pub fn shares_terminal() -> bool {
    rustix::termios::tcgetpgrp(rustix::stdio::stdin()).is_ok()
}

/// Returns `true` if the shell has given the terminal to the program.
pub fn is_in_foreground() -> bool {
    rustix::termios::tcgetpgrp(rustix::stdio::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Replaces this program with a new run of it that has only these arguments. No secret of this run reaches the new one.
/// Returns only if that fails.
pub fn restart(arguments: &[String]) -> Error {
    let failed = |why: std::io::Error| {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Error::failure("jeton can't switch to the other server or store")
            .why(why.to_string())
            .next(format!("Run: {}", CliLine::new(&words)))
    };
    // Empties the pipe of a token that was not read. The new run inherits the pipe.
    let _ = token_from_environment();
    match std::env::current_exe() {
        Ok(program) => {
            let mut again = Command::new(program);
            again.env_remove(TOKEN).env_remove(MOVED_TOKEN).env_remove("JETON_TOKEN_FILE");
            failed(again.args(arguments).exec())
        }
        Err(e) => failed(e),
    }
}
