//! jeton: issues, governs and revokes API tokens from a terminal.
fn main() {}
