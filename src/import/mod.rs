//! Documents of others, read into catalogues.

pub mod openapi;
