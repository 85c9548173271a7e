//! Storage engines. All SQL of the project is below this folder.

pub mod sqlite;
