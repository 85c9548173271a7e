//! Words that texts and comments don't use, because a reader whose first language isn't English stumbles over them.

use std::fs;
use std::path::Path;

const UNUSED: [&str; 8] = ["tell", "tells", "told", "untold", "anew", "whoever", "whereabouts", "in vain"];

fn check(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| check(&entry.unwrap().path(), found));
        return;
    }
    let Ok(text) = fs::read_to_string(path) else { return };
    for (index, line) in text.lines().enumerate() {
        let words: Vec<String> =
            line.to_lowercase().split(|c: char| !(c.is_alphabetic() || c == '_')).map(str::to_owned).collect();
        let line = format!(" {} ", words.join(" "));
        if UNUSED.iter().any(|word| line.contains(&format!(" {word} "))) {
            found.push(format!("{}:{}", path.display(), index + 1));
        }
    }
}

#[test]
fn code_and_documents_use_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for place in ["src", "docs", "README.md", "CHANGELOG.md", "assets/systemd", "assets/packages", "assets/proxies"] {
        check(&root.join(place), &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}
