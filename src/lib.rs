//! `jeton` issues, governs and revokes API tokens from a terminal. This page is the map of the house.
//!
//! ```text
//!      keys, resize                  argv, stdin              a proxy's question
//!           │                             │                          │
//!   tui/  screens                  cli/  commands            http/  the service
//!           │   verbs::request::ask       │                          │
//!           └──────────────┬──────────────┘                          │ verbs::decide::memory
//!                    trait Jeton                                     │
//!                          │ place.rs: a store at a path             │
//!   verbs/  every verb once: who may, what happens, what the audit log keeps; the one decision about a secret
//!                          │ ports: Store, Clock, Entropy, PasswordHasher, Delivery
//!          store/  all SQL            platform/  all of the operating system
//!
//!   witness.rs  after a change both faces ask the running service (http/) whether it denies what was taken away
//!
//!   domain/  words and rules, used by all, using none      error.rs  what, why, next; the exit code
//! ```
//!
//! A request goes down once: a face builds a verb and asks the [`verbs::Jeton`] it holds; [`verbs::local::Local`]
//! proves who asks (a password, or a token with just its own permissions), opens one transaction, re-reads account and
//! token, lets [`verbs::authorize`] judge, runs the verb, and commits its change together with its audit entries. What
//! changes many rows goes in batches ([`verbs::batches`]), each a transaction of its own, so that nobody waits for the whole. Who may
//! do what stands in tables there, of which the tests run every cell. [`verbs::decide`] answers the other question, *may this secret
//! do this?*, from the store's current state: for the command line, for a token that acts through jeton, and for the
//! service, which decides for many in one read. What it was asked goes into the ledger, off the path of requests.
//!
//! Where something new goes:
//! - **a verb**: a struct in a file of its family under `verbs/` that says what proves it and what a token needs, a line
//!   in `verbs/request.rs`, and a command and keys for it (`tests/it/faces.rs` asks for both);
//! - **a command**: a variant in the file of its family under `cli/args/` and a function in the file of its family under `cli/`;
//! - **a screen**: a file under `tui/`, reached through the key table;
//! - **a setting**: a key in `config/key.rs` (where the store is, who asks, how the screen looks). Rules about tokens are
//!   no settings: they are `domain/policy.rs`, kept in the store;
//! - **an answer of the service**: `http/verify.rs` or `http/manage.rs`; what it says of tokens, `http/told.rs`;
//! - **a proxy**: a template in `assets/proxies/` and what fills it under `guide/`;
//! - **a table or query**: `store/sqlite/`, behind a method of the ports;
//! - **anything that reads the clock, the environment, a file or the generator**: `platform/`.
//!
//! Text that came from data reaches a terminal only through [`domain::text::shown`]; secrets and passwords leave their
//! types only through `expose`.

use std::ffi::OsString;
use std::process::ExitCode;

pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod error;
pub mod guide;
pub mod http;
pub mod place;
pub mod platform;
pub mod store;
pub mod tui;
pub mod verbs;
pub mod witness;

/// Runs the program with its arguments, the program's own name first.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    platform::process::harden();
    platform::signals::outlive_full_files();
    cli::run(args)
}
