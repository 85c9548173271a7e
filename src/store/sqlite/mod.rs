//! The storage engine included in jeton: one SQLite file.

mod accounts;
mod audit;
mod audit_window;
mod backup;
mod busy_handler;
mod catalogue;
mod examination;
mod failed_sign_in_audit;
mod file_identity;
mod findings;
mod keyed_calls;
mod ledger_read;
mod ledger_size;
mod ledger_window;
mod logins;
mod notices;
mod open;
mod page_side;
mod purge;
mod query_helpers;
#[cfg(test)]
mod query_plan_tests;
mod read_only_mount;
mod renamed_selections;
mod restore;
mod rights_of_all_tokens;
mod schema;
mod sqlite_store;
mod sqlite_tx;
mod stored_types;
mod token_counters;
mod token_figures;
mod token_lineage;
mod token_list_query;
mod token_usage;
mod token_window;
mod tokens;
mod usage_journal;
mod usage_tx;
mod uses_and_denials;
mod wal;
mod where_clause;

pub use examination::{OPENING_RULES, OpeningRule, SchemaState, StoreSpace};
pub use file_identity::FileState;
pub use schema::NEWEST as NEWEST_SCHEMA;
pub use sqlite_store::{FileSizes, SqliteStore};
