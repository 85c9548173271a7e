//! Commands that errors suggest, made to use the store or server of the command that failed.

use std::path::Path;

use super::args::{self, GlobalArgs};
use crate::error::Error;
use crate::verbs::cli_line::CliLine;

const PROGRAM: &str = "jeton ";
/// Commands for the store of the machine on which they run. A server can't be given to them.
const LOCAL_COMMANDS: [&str; 5] = ["backup", "demo", "init", "restore", "serve"];

/// Returns the beginning of commands for the store or server of the command line. `None` if it names neither.
pub(super) fn program(global: &GlobalArgs) -> Option<String> {
    match (&global.server, &global.store) {
        (Some(server), _) => Some(CliLine::new(&["--server", server]).to_string()),
        (None, Some(store)) => Some(program_for_store(store)),
        (None, None) => None,
    }
}

/// Returns the beginning of commands for the store at `path`.
pub(super) fn program_for_store(path: &Path) -> String {
    CliLine::new(&["--store", &path.display().to_string()]).to_string()
}

/// Returns `error` with `program` in place of each `jeton` that begins a command of its next step. The code that
/// creates errors doesn't know the command line.
pub(super) fn begin_with(error: Error, program: &str) -> Error {
    Error { next: error.next.as_deref().map(|next| begin_each_with(next, program)), ..error }
}

/// Returns the next step `next` with `program` in place of each `jeton` that begins a command.
pub(super) fn begin_each_with(next: &str, program: &str) -> String {
    let commands = args::command();
    let is_of_server = program.starts_with("jeton --server ");
    // Texts also name the service `jeton serve`, and the demo by its command.
    let is_command = |before: &str, word: &str| match word {
        word if is_of_server && LOCAL_COMMANDS.contains(&word) => false,
        "serve" | "demo" => before.ends_with(": "),
        word => commands.get_subcommands().any(|c| c.get_name() == word),
    };
    let mut parts = next.split(PROGRAM);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let verb = part.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
        let is_whole_word = !text.ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '/');
        let command = part.split(". ").next().unwrap_or_default();
        let has_place = [" --store ", " --server "].iter().any(|option| command.contains(option));
        match is_whole_word && !has_place && is_command(&text, verb) {
            true => text.push_str(&format!("{program} ")),
            false => text.push_str(PROGRAM),
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_with_store(next: &str) -> String {
        let error = begin_with(Error::usage("no").next(next), "jeton --store '/a b'");
        error.next.unwrap_or_default()
    }

    #[test]
    fn each_command_gets_the_store() {
        let found = next_with_store("Run: jeton token list, or jeton account list");
        assert_eq!(found, "Run: jeton --store '/a b' token list, or jeton --store '/a b' account list");
    }

    #[test]
    fn commands_for_a_local_store_get_no_server() {
        let error = Error::usage("no").next("Run: jeton restore FILE, or jeton token list");
        let next = begin_with(error, "jeton --server x").next;
        assert_eq!(next.as_deref(), Some("Run: jeton restore FILE, or jeton --server x token list"));
    }

    #[test]
    fn other_words_stay() {
        for text in [
            "Run: jeton --store /c token list",
            "Run: jeton init --store /c. Or check the path",
            "See /usr/share/jeton check",
            "Run jeton with --user ACCOUNT",
            "Another jeton writes",
            "See: jeton --help",
            "Check that jeton serve runs",
            "Wait until jeton demo has filled the store",
        ] {
            assert_eq!(next_with_store(text), text);
        }
    }
}
