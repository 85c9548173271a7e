//! The storage engine included in jeton: one SQLite file.

mod accounts;
mod audit;
mod audit_window;
mod bookkeeping;
mod catalogue;
mod check;
mod connection;
mod counts;
mod file_identity;
mod grants;
mod journal;
mod ledger;
mod ledger_size;
mod ledger_window;
mod lineage;
mod listing;
mod lock;
mod mount;
mod narrowed;
mod open;
#[cfg(test)]
mod plans;
mod purge;
mod query;
mod secrets;
mod sign_ins;
mod tokens;
mod transaction;
mod usage;
mod used;
mod wal;
mod window;

pub use connection::SqliteStore;
pub use file_identity::FileState;
