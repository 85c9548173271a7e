//! The storage engine included in jeton: one SQLite file.

mod accounts;
mod attention;
mod audit;
mod audit_window;
mod busy_handler;
mod catalogue;
mod connection;
mod failed_sign_ins;
mod file_identity;
mod grants;
mod ledger_read;
mod ledger_size;
mod ledger_window;
mod ledger_write;
mod lineage;
mod mount;
mod open;
mod purge;
mod query;
#[cfg(test)]
mod query_plans;
mod secrets;
mod token_counts;
mod token_listing;
mod token_usage;
mod token_window;
mod tokens;
mod transaction;
mod usage_journal;
mod usage_tx;
mod wal;
mod where_clause;

pub use connection::SqliteStore;
pub use file_identity::FileState;
