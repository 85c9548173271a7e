//! `jeton backup`: complete copies of a store in use.

mod copies;
mod under_writers;
