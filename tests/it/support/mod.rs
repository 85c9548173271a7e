//! Support code shared by the tests.
#![allow(dead_code, reason = "each branch of the house uses its own part of it")]

pub mod direct;
pub mod http;
pub mod program;
pub mod pty;
pub mod requests;
pub mod screens;
pub mod service;
pub mod world;
