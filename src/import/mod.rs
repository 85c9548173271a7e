//! Documents of others, read into catalogues.

pub mod openapi;
pub mod toml_message;
