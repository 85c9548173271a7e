//! The error for an unknown command, with similar commands from the whole tree.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::domain::suggest::{nearest, suggestion};

/// Maximum number of suggested commands.
const MAX_COMMANDS: usize = 3;

/// Returns the message for an unknown command in `words`, or `None` if `error` is a different error.
pub(super) fn unknown_command(error: &clap::Error, words: &[String]) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let tree = super::command();
    let mut parent = &tree;
    let mut path = "jeton".to_owned();
    for sub in words.iter().skip(1).map_while(|word| parent.find_subcommand(word)) {
        path = format!("{path} {}", sub.get_name());
        parent = sub;
    }
    let similar = similar_commands(word, parent, &path);
    let similar = if similar.is_empty() { similar_commands(word, &tree, "jeton") } else { similar };
    let mut text = format!("error: no command \"{path} {word}\"\n");
    if let Some(question) = suggestion(&similar) {
        text.push_str(&format!("  {question}\n"));
    }
    text.push_str(&format!("  See: {path} --help\n"));
    Some(text)
}

/// Returns the commands called `word` at or below `parent`, or else those with a similar name.
fn similar_commands(word: &str, parent: &Command, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    collect(parent, path, &mut all);
    let mut matches: Vec<String> = all.iter().filter(|(name, _)| name == word).map(|(_, path)| path.clone()).collect();
    if matches.is_empty() {
        for name in nearest(word, all.iter().map(|(name, _)| name.as_str())) {
            matches.extend(all.iter().filter(|(known, _)| known == name).map(|(_, path)| path.clone()));
        }
    }
    matches.dedup();
    matches.truncate(MAX_COMMANDS);
    matches
}

/// Collects every name and alias below `parent` with its full command.
fn collect(parent: &Command, path: &str, all: &mut Vec<(String, String)>) {
    for sub in parent.get_subcommands() {
        let whole = format!("{path} {}", sub.get_name());
        all.push((sub.get_name().to_owned(), whole.clone()));
        all.extend(sub.get_all_aliases().map(|alias| (alias.to_owned(), whole.clone())));
        collect(sub, &whole, all);
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_args;

    fn refusal(line: &str) -> String {
        let words = ["jeton"].into_iter().chain(line.split(' ')).map(std::ffi::OsString::from);
        parse_args(words).err().map(|stop| stop.text).unwrap_or_default()
    }

    #[test]
    fn command_of_another_place_is_named() {
        assert!(refusal("revoke ci").contains("jeton token revoke"));
        assert!(refusal("list").contains("jeton token list, jeton account list"));
        assert!(refusal("create x").contains("jeton token create"));
        assert!(refusal("token revok x").contains("jeton token revoke?"));
        assert!(refusal("account passwrd").contains("jeton account passwd?"));
        assert!(refusal("tokne list").contains("jeton token"));
        assert!(!refusal("qqqq").contains("jeton token"));
    }
}
