//! Query parameters of lists: filters as typed, sort orders and page cursors.

pub mod audit_filter;
pub mod filter_syntax;
pub mod ledger_filter;
pub mod page_cursor;
pub mod sort;
pub mod span_bound;
pub mod token_filter;
