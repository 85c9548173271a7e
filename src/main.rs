//! `jeton`: issues, governs and revokes API tokens from a terminal.

use std::process::ExitCode;

fn main() -> ExitCode {
    jeton::run(std::env::args_os())
}
