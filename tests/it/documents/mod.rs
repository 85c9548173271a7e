//! Generated parts of `docs/`: the reference pages and the pictures. A test fails if a file is stale;
//! `JETON_UPDATE_DOCS=1 cargo test --test it documents` writes them.

mod commands;
mod json;
mod metrics;
mod pages;
mod pictures;
mod reference;
mod svg;

use std::path::PathBuf;

/// Compares a file under `docs/` with its generated text, or writes the text on request.
fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("JETON_UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        written == text,
        "docs/{name} is stale from line {}. Run: JETON_UPDATE_DOCS=1 cargo test --test it documents",
        differs.unwrap_or_else(|| written.lines().count().min(text.lines().count())) + 1
    );
}
