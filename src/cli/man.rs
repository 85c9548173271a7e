//! `man`: writes a manual page for each command.

use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::args;
use super::output::Output;
use crate::config::ENVIRONMENT;
use crate::error::{EXIT_CODES, Result};
use crate::platform::generated_files;

/// First line of each page: files that begin with it are replaced by newer ones.
const MARK: &str = ".\\\" Written by: jeton man\n";

/// Name and purpose of the files, for `jeton(1)`.
const FILES: [(&str, &str); 6] = [
    ("~/.config/jeton/config.toml", "Your configuration, unless JETON_CONFIG names another file"),
    ("/etc/jeton/config.toml", "The configuration of this machine"),
    (
        "~/.local/share/jeton/jeton.db",
        "Your store, unless --store, JETON_STORE or the setting store names another file",
    ),
    ("/var/lib/jeton/jeton.db", "The store of an installation from a package"),
    (
        "/run/jeton/manage.sock",
        "The management socket of an installation from a package, for members of the group jeton-admin",
    ),
    ("*.db-wal, *.db-shm", "SQLite files of an open store. Never delete these files"),
];

pub(super) fn run(out: &Output, folder: &Path) -> Result<()> {
    let pages = pages();
    generated_files::write_all(folder, &pages, MARK.as_bytes())?;
    out.note(&format!("✓ {} manual pages written to {}", pages.len(), folder.display()));
    out.note(&format!("  Read the first page: man {}", folder.join("jeton.1").display()));
    Ok(())
}

/// Returns name and content of every page.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = args::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, &root, &mut pages);
    pages
}

fn collect(command: &Command, root: &Command, pages: &mut Vec<(String, Vec<u8>)>) {
    let shown = || command.get_subcommands().filter(|sub| !sub.is_hide_set());
    pages.push((format!("{}.1", page_name(command)), page(command, root)));
    shown().for_each(|sub| collect(sub, root, pages));
}

fn page_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, root: &Command) -> Vec<u8> {
    let is_root = std::ptr::eq(command, root);
    let source = format!("jeton {}", root.get_version().unwrap_or_default());
    let man = Man::new(command.clone()).source(source).manual("jeton").title(page_name(command).to_uppercase());
    let mut text = MARK.as_bytes().to_vec();
    let mut rest = Roff::new();
    // A write to memory can't fail.
    let _ = man.render_title(&mut text);
    let _ = man.render_name_section(&mut text);
    let _ = man.render_synopsis_section(&mut text);
    let _ = man.render_description_section(&mut text);
    let _ = man.render_options_section(&mut text);
    if command.get_subcommands().any(|sub| !sub.is_hide_set()) {
        let _ = man.render_subcommands_section(&mut text);
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if is_root {
        let examples = after.split("\n\n").next().unwrap_or_default();
        verbatim(&mut rest, "EXAMPLES", examples.trim_start_matches("Examples:\n"));
    } else if !after.is_empty() {
        verbatim(&mut rest, "NOTES", &after);
    }
    section(&mut rest, "EXIT STATUS", EXIT_CODES.map(|(code, meaning)| (code.to_string(), meaning.replace('`', ""))));
    if is_root {
        section(&mut rest, "ENVIRONMENT", ENVIRONMENT.map(|(name, meaning)| (name.to_owned(), meaning.to_owned())));
        section(&mut rest, "FILES", FILES.map(|(name, meaning)| (name.to_owned(), meaning.to_owned())));
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text(see_also(command, root));
    let _ = rest.to_writer(&mut text);
    ascii(&text).into_bytes()
}

/// Writes characters beyond ASCII as every formatter understands them.
fn ascii(page: &[u8]) -> String {
    let mut text = String::with_capacity(page.len());
    for c in String::from_utf8_lossy(page).chars() {
        match c {
            c if c.is_ascii() => text.push(c),
            c => text.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    text
}

/// Names the page above, or the page of the settings.
fn see_also(command: &Command, root: &Command) -> Vec<Inline> {
    let name = page_name(command);
    let above = name.rsplit_once('-').map_or("jeton-config", |(above, _)| above);
    let mut line = vec![bold(above), roman("(1)")];
    if !std::ptr::eq(command, root) && above != "jeton" {
        line.extend([roman(", "), bold("jeton"), roman("(1)")]);
    }
    line
}

/// Adds a list of terms and their meaning.
fn section(page: &mut Roff, title: &str, rows: impl IntoIterator<Item = (String, String)>) {
    page.control("SH", [title]);
    for (term, meaning) in rows {
        page.control("TP", []);
        page.text([bold(term)]);
        page.text([roman(meaning)]);
    }
}

/// Adds lines as they are.
fn verbatim(page: &mut Roff, title: &str, lines: &str) {
    page.control("SH", [title]);
    page.control("nf", []);
    for line in lines.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_options_and_exit_codes() {
        let pages = pages();
        let text = |name: &str| {
            let page = pages.iter().find(|(page, _)| page == name);
            page.map(|(_, text)| String::from_utf8(text.clone()).unwrap()).unwrap()
        };
        for name in ["jeton.1", "jeton-token.1", "jeton-token-create.1", "jeton-catalogue-import-openapi.1"] {
            assert!(text(name).starts_with(MARK), "{name}");
        }
        assert!(!pages.iter().any(|(name, _)| name.contains("complete.1")));
        assert!(
            text("jeton-token-create.1").contains("expires") && text("jeton-token-create.1").contains("\\-\\-json")
        );
        let root = text("jeton.1");
        for words in ["JETON_STORE", "config.toml", "130", "EXAMPLES", "jeton token revoke ci"] {
            assert!(root.replace("\\-", "-").contains(words), "{words}");
        }
    }
}
