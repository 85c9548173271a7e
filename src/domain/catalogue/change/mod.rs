//! What changes if a catalogue is replaced.
//!
//! - [`requests`] finds the methods that get requests of others, or lose some, and those that become public;
//! - [`rights`] finds the methods that each token gains and loses by it.

pub mod requests;
pub mod rights;
