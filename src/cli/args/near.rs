//! The answer to a command that there isn't: those that may have been meant, wherever they are in the tree.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::domain::suggest::nearest;

/// The most commands that are suggested.
const MAX_COMMANDS: usize = 3;

/// Returns the message for an unknown command in `words`; `None` if `error` is another one.
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
    let near = commands_near(word, parent, &path);
    let near = if near.is_empty() { commands_near(word, &tree, "jeton") } else { near };
    let mut text = format!("error: there is no command \"{path} {word}\"\n");
    if !near.is_empty() {
        text.push_str(&format!("  Did you mean: {}?\n", near.join(", ")));
    }
    text.push_str(&format!("  See: {path} --help\n"));
    Some(text)
}

/// Commands called `word` at or below `parent`, else those whose name is near it.
fn commands_near(word: &str, parent: &Command, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    collect(parent, path, &mut all);
    let mut found: Vec<String> = all.iter().filter(|(name, _)| name == word).map(|(_, path)| path.clone()).collect();
    if found.is_empty() {
        for name in nearest(word, all.iter().map(|(name, _)| name.as_str())) {
            found.extend(all.iter().filter(|(known, _)| known == name).map(|(_, path)| path.clone()));
        }
    }
    found.dedup();
    found.truncate(MAX_COMMANDS);
    found
}

/// Every name and alias below `parent`, with the whole command.
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
    use super::super::read;

    fn refusal(line: &str) -> String {
        let words = ["jeton"].into_iter().chain(line.split(' ')).map(std::ffi::OsString::from);
        read(words).err().map(|stop| stop.text).unwrap_or_default()
    }

    #[test]
    fn a_command_of_another_place_is_named() {
        assert!(refusal("revoke ci").contains("jeton token revoke"));
        assert!(refusal("list").contains("jeton token list, jeton account list"));
        assert!(refusal("create x").contains("jeton token create"));
        assert!(refusal("token revok x").contains("jeton token revoke?"));
        assert!(refusal("account passwrd").contains("jeton account passwd?"));
        assert!(refusal("tokne list").contains("jeton token"));
        assert!(!refusal("qqqq").contains("Did you mean"));
    }
}
