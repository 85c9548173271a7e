//! Support code shared by the tests.
#![allow(dead_code, reason = "each test module uses its own part")]

pub mod certificates;
pub mod cli_program;
pub mod direct_writes;
pub mod drawn;
pub mod fakes;
pub mod follower;
pub mod http;
pub mod ports;
pub mod prompt_texts;
pub mod pty;
pub mod requests;
pub mod service_in_process;
pub mod service_process;
pub mod tui_harness;
mod tui_screen;
pub mod unix_users;

use jeton::error::{Error, Kind, Result};

/// Asserts that `result` is an error of `kind` and returns the error.
#[track_caller]
pub fn assert_error<T: std::fmt::Debug>(result: Result<T>, kind: Kind) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    error
}

/// Returns the result of SQLite's own check of the store at `path`: `ok`, or the problems.
pub fn integrity(path: &std::path::Path) -> rusqlite::Result<String> {
    rusqlite::Connection::open(path)?.query_row("PRAGMA integrity_check", [], |r| r.get(0))
}
