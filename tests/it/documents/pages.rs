//! Rules for every page.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every page under `docs/` except the table of contents, and CONTRIBUTING.
fn pages() -> Vec<(String, String)> {
    fn collect(folder: &Path, pages: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, pages);
            } else if entry.extension().is_some_and(|e| e == "md")
                && entry.file_name().is_some_and(|n| n != "SUMMARY.md")
            {
                pages.push((entry.display().to_string(), fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    let mut pages = vec![("CONTRIBUTING.md".to_owned(), fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap())];
    collect(&root().join("docs"), &mut pages);
    pages
}

#[test]
fn pages_begin_with_what_the_reader_will_be_able_to_do() {
    for (name, text) in pages() {
        let first = text.lines().skip(1).find(|line| !line.is_empty() && !line.starts_with("<!--")).unwrap_or_default();
        assert!(text.starts_with("# ") && first.to_lowercase().contains("you will"), "{name}: {first}");
    }
}

#[test]
fn links_lead_to_files() {
    let readme =
        (root().join("README.md").display().to_string(), fs::read_to_string(root().join("README.md")).unwrap());
    for (name, text) in pages().into_iter().chain([readme]) {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(folder.join(file).exists(), "{name}: {link}");
            }
        }
    }
}

#[test]
fn readme_is_short() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(text.lines().count() <= 150);
    let (mut paragraph, mut in_code) = (0, false);
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        let is_prose = !in_code && !line.is_empty() && !line.starts_with(['|', '-', '`', '#', '<', '!']);
        let is_item = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
        paragraph = if is_prose && !is_item { paragraph + 1 } else { 0 };
        assert!(paragraph <= 5, "{line}");
    }
}

#[test]
fn glossary_has_at_most_sixty_words() {
    let text = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let words = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| word ")).count();
    assert!((1..=60).contains(&words), "{words}");
}
