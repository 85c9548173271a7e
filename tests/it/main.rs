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
mod bearing;
mod canary;
mod catalogue;
mod cli;
mod cli_accounts;
mod cli_authority;
mod cli_input;
mod cli_ledger;
mod cli_output;
mod cli_people;
mod cli_tokens;
mod conformance;
mod crash;
mod documents;
mod faces;
mod large;
mod matrix;
mod matrix_accounts;
mod matrix_hidden;
mod matrix_ledger;
mod matrix_states;
mod prompts;
mod proxies;
mod pty;
mod pty_clipboard;
mod pty_lies;
mod pty_picker;
mod pty_together;
mod serving;
mod sinks;
mod storage;
mod structure;
mod support;
mod tui;
mod units;
mod verbs;
mod witnessing;
