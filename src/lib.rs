//! `jeton` issues, governs and revokes API tokens from a terminal. This page is a map of the source.
//!
//! ```text
//!      keys, resize                  argv, stdin              verify requests of a proxy
//!           │                             │                          │
//!   tui/  screens                  cli/  commands            http/  the service
//!           │   verbs::request::call      │                          │
//!           └──────────────┬──────────────┘                          │
//!                    trait Backend                                   │
//!                          │ lazy_backend.rs: a store at its location│
//!   verbs/  every verb once: permission, effect, audit entries; the one decision about a secret
//!                          │ ports: Store, Clock, Entropy, PasswordHasher, SecretFileWriter
//!          store/  all SQL            platform/  all of the operating system
//!
//!   command_line.rs  where in the tree of commands a command line ends: for shell completions and the palette
//!
//!   propagation.rs  after a change, screens and commands ask the running service (http/) if it has read the change
//!
//!   selected_backend.rs  a store here (lazy_backend.rs), or a server: remote_backend.rs, over the HTTP form in api/
//!
//!   import/  documents of others, read into catalogues    service/  terms that http/, proxies and clients share
//!   domain/  types and rules; depends on nothing else     error.rs  what, why, next; the exit code
//! ```
//!
//! Screens and commands build a verb and send it to the [`verbs::Backend`] they hold. [`verbs::local_backend::LocalBackend`]
//! authenticates the actor (a password, or a token with just its own permissions). It opens one transaction, re-reads
//! account and token, and lets [`verbs::authorize`] judge. Then it runs the verb and commits the change together with
//! its audit entries.
//! A change of many rows runs in batches ([`verbs::batches`]). Each batch is its own transaction, so nobody waits for
//! the whole. The permissions are tables in [`verbs::authorize`], and the tests run every cell. [`verbs::verify`]
//! answers the other question, *may this secret do this?*, from the store's current state. It serves the command line,
//! tokens that act through jeton, and the service, which decides for many requests in one read. Uses and denials go
//! into the ledger, off the path of requests.
//!
//! Places for new code:
//! - **a verb**: a struct in a file of its family under `verbs/`, a line in the table of `verbs/request.rs` (name, least
//!   proof, scope that a token needs, reply), and a command and keys (`tests/it/parity.rs` checks for both);
//! - **a command**: a variant in the file of its family under `cli/args/` and a file named after it under `cli/`, such
//!   as `cli/token/create.rs`;
//! - **a check of the doctor**: a line in the table of its area under `doctor/`;
//! - **a screen**: a file under `tui/`, reached through the key table;
//! - **a setting**: a key in `config/setting_key.rs` (path of the store, actor, look of the screen). Rules about tokens are
//!   not settings: they are `domain/policy.rs`, kept in the store;
//! - **an answer of the service**: `http/verify.rs` or `http/management.rs`; its token data: `http/prerendered.rs`;
//! - **a filter or order of a list**: `domain/query/`;
//! - **a format of API descriptions**: a folder under `import/`, such as `import/openapi/`;
//! - **a proxy**: a template in `assets/proxies/` and the code that fills it under `guide/`;
//! - **a table or query**: `store/sqlite/`, behind a method of the ports;
//! - **anything that reads the clock, the environment, a file or the random generator**: `platform/`.
//!
//! Text that came from data reaches a terminal only through [`domain::untrusted_text::escape_untrusted`]. Secrets and
//! passwords leave their types only through `expose`.

use std::ffi::OsString;
use std::process::ExitCode;

pub mod api;
pub mod cli;
pub mod command_line;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod error;
pub mod guide;
pub mod http;
pub mod import;
pub mod lazy_backend;
pub mod platform;
pub mod propagation;
pub mod read_only_backend;
pub mod remote_backend;
pub mod selected_backend;
pub mod service;
pub mod store;
pub mod tui;
pub mod verbs;

/// Runs the program. The first argument is the program's own name.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    platform::own_process::harden();
    platform::signals::ignore_sigxfsz();
    cli::run(args)
}
