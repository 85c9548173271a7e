//! Writes catalogues as TOML. The output parses back to the same catalogue, and is always the same byte for byte.

use std::fmt::Write;

use super::{Catalogue, SetEntry, TrailingSlash};
use crate::domain::untrusted_text::is_control_or_bidi;

pub fn toml(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    text.push_str("schema = 1\n");
    pair(&mut text, "name", &catalogue.name);
    pair(&mut text, "title", &catalogue.title);
    if !catalogue.hosts.is_empty() {
        list(&mut text, "hosts", catalogue.hosts.iter().map(String::as_str));
    }
    if catalogue.trailing_slash != TrailingSlash::default() {
        pair(&mut text, "trailing_slash", catalogue.trailing_slash.as_str());
    }
    for group in &catalogue.groups {
        text.push_str("\n[[group]]\n");
        pair(&mut text, "id", &group.id);
        pair(&mut text, "title", &group.title);
        for method in &group.methods {
            text.push_str("\n[[group.method]]\n");
            let id = method.id.as_str();
            let tail = id.strip_prefix(group.id.as_str()).and_then(|rest| rest.strip_prefix('.'));
            pair(&mut text, "id", tail.unwrap_or(id));
            pair(&mut text, "title", &method.title);
            pair(&mut text, "access", method.access.as_str());
            if let Some(docs) = &method.docs {
                pair(&mut text, "docs", docs);
            }
            if !method.routes.is_empty() {
                list(&mut text, "routes", method.routes.iter().map(String::as_str));
            }
        }
    }
    for set in &catalogue.sets {
        text.push_str("\n[[set]]\n");
        pair(&mut text, "name", &set.name);
        pair(&mut text, "title", &set.title);
        let entries = |entries: &[SetEntry]| entries.iter().map(SetEntry::to_string).collect::<Vec<_>>();
        list(&mut text, "include", entries(&set.include).iter().map(String::as_str));
        if !set.exclude.is_empty() {
            list(&mut text, "exclude", entries(&set.exclude).iter().map(String::as_str));
        }
    }
    text
}

fn pair(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push_str(" = ");
    string(text, value);
    text.push('\n');
}

fn list<'a>(text: &mut String, key: &str, values: impl ExactSizeIterator<Item = &'a str>) {
    let several = values.len() > 1;
    text.push_str(key);
    text.push_str(" = [");
    for value in values {
        text.push_str(if several { "\n    " } else { "" });
        string(text, value);
        text.push_str(if several { "," } else { "" });
    }
    text.push_str(if several { "\n]\n" } else { "]\n" });
}

/// Writes a basic string. Every character that could control a terminal is escaped.
fn string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            c if is_control_or_bidi(c) => {
                let _ = match u32::from(c) {
                    code @ 0..=0xffff => write!(text, "\\u{code:04X}"),
                    code => write!(text, "\\U{code:08X}"),
                };
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::toml_reader;

    #[test]
    fn written_catalogue_reads_back() {
        let mut cloud = Catalogue::shipped("cloud-platform").unwrap();
        assert!(!toml(&cloud).contains("hosts"));
        cloud.hosts = ["a.example".to_owned(), "b.example".to_owned()].into();
        cloud.trailing_slash = TrailingSlash::Either;
        let text = toml(&cloud);
        assert_eq!(toml_reader::read("f", &text, &[]).unwrap(), cloud);
        assert_eq!(toml(&cloud), text);
        let jeton = Catalogue::shipped("jeton").unwrap();
        assert_eq!(toml_reader::read_shipped("f", &toml(&jeton)).unwrap(), jeton);
    }

    #[test]
    fn nothing_in_it_drives_a_terminal_and_it_reads_back() {
        let nasty = "\u{1b}[2J\u{9b}\u{202e}\u{e0001}\u{7f}\"\\\n'ok' = [é]";
        let mut text = String::new();
        pair(&mut text, "x", nasty);
        assert!(!text.trim_end().chars().any(is_control_or_bidi), "{text}");
        assert_eq!(text.parse::<toml::Table>().unwrap()["x"].as_str(), Some(nasty));
    }
}
