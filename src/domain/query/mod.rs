//! What a list is asked for: filters as they are typed, orders, and the section to show.

pub mod audit_filter;
pub mod filter_syntax;
pub mod ledger_filter;
pub mod page_cursor;
pub mod sort;
pub mod token_filter;
