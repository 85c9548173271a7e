//! jeton
pub mod domain;
pub mod error;
pub mod platform;
pub mod store;
pub mod tui;
pub mod verbs;
