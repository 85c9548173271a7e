//! Pure words and rules of the product. Uses nothing of the other modules but [`crate::error`].

pub mod accept;
pub mod account;
pub mod anchor;
pub mod audit;
pub mod audit_filter;
pub mod catalogue;
pub mod chain;
pub mod endpoint;
pub mod expiry;
mod fields;
pub mod filter;
pub mod ledger_filter;
pub mod method;
pub mod name;
pub mod openapi;
pub mod password;
pub mod policy;
pub mod proxies;
pub mod role;
pub mod route;
pub mod secret;
pub mod selection;
pub mod sort;
pub mod text;
pub mod time;
pub mod token;
pub mod token_diff;
