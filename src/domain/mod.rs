//! Pure types and rules of the product. Depends on no other module except [`crate::error`].

pub mod account;
pub mod audit;
pub mod catalogue;
pub mod chain;
pub mod checkpoint;
pub mod dates;
pub mod denial_reason;
pub mod expiry;
pub mod method;
pub mod name;
pub mod password;
pub mod policy;
pub mod query;
pub mod role;
pub mod route;
pub mod secret;
pub mod selection;
pub mod suggest;
pub mod text;
pub mod time;
pub mod token;
pub mod token_diff;
pub mod wire;
