//! Pure types and rules of the product. Depends on no other module except [`crate::error`].

pub mod account;
pub mod api_selection;
pub mod audit;
pub mod audit_chain;
pub mod catalogue;
pub mod checkpoint;
pub mod date_format;
pub mod denial_reason;
pub mod expiry;
pub mod method;
pub mod name;
pub mod password;
pub mod policy;
pub mod query;
pub mod recent_usage;
pub mod role;
pub mod route;
pub mod secret;
pub mod set_hash;
pub mod suggest;
pub mod time;
pub mod token;
pub mod token_diff;
mod token_json;
pub mod untrusted_text;
pub mod wire_format;
pub mod word_enum;
