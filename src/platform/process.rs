//! What this process lets others see of it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getuid, set_dumpable_behavior, setrlimit};

/// Keeps secrets in memory out of core dumps and out of reach of other processes of the same user. What the system
/// doesn't grant is done without: it guards against accidents, not against root.
pub fn harden() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
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
