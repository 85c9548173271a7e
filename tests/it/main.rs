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
mod canary;
mod catalogue;
mod cli;
mod cli_accounts;
mod cli_authority;
mod cli_dates;
mod cli_input;
mod cli_ledger;
mod cli_output;
mod cli_passwords;
mod cli_tokens;
mod conformance;
mod crash;
mod documents;
mod escaping;
mod large;
mod matrix;
mod matrix_accounts;
mod matrix_hidden;
mod matrix_ledger;
mod matrix_states;
mod parity;
mod prompts;
mod propagation;
mod proxies;
mod pty;
mod pty_clipboard;
mod pty_hostile;
mod pty_picker;
mod pty_together;
mod serving;
mod storage;
mod structure;
mod support;
mod systemd_units;
mod token_auth;
mod tui;
mod verbs;
