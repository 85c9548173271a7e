//! Support code shared by the tests.
#![allow(dead_code, reason = "each branch of the house uses its own part of it")]

pub mod cli_program;
pub mod direct_writes;
pub mod fakes;
pub mod http;
pub mod pty;
pub mod requests;
pub mod service_process;
pub mod tui_harness;
