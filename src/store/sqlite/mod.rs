//! The storage engine included in jeton: one SQLite file.

mod accounts;
mod audit;
mod audit_window;
mod bookkeeping;
mod catalogue;
mod check;
mod connection;
mod file_identity;
mod grants;
mod journal;
mod ledger;
mod ledger_size;
mod ledger_window;
mod lineage;
mod lock;
mod mount;
mod open;
mod purge;
mod query;
#[cfg(test)]
mod query_plans;
mod secrets;
mod sign_ins;
mod token_counts;
mod token_listing;
mod token_window;
mod tokens;
mod transaction;
mod usage;
mod used;
mod wal;
mod where_clause;

pub use connection::SqliteStore;
pub use file_identity::FileState;
