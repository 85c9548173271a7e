//! Storage engines. All SQL of the house stands below this folder.

pub mod sqlite;
