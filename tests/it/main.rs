//! The only integration test binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod audit;
mod backup;
mod canary;
mod catalogue;
mod cli;
mod completions;
mod conformance;
mod crash;
mod doctor;
mod documents;
mod escaping;
mod large;
mod matrix;
mod packages;
mod parity;
mod prompts;
mod propagation;
mod proxies;
mod pty;
mod serving;
mod storage;
mod structure;
mod support;
mod systemd_units;
mod token_auth;
mod tui;
mod unix_users;
mod verbs;
mod wording;
