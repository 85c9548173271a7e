//! The place in the tree of commands at which a command line ends, for shell completions and the command palette.

use clap::{Arg, ArgAction, Command};

use crate::domain::policy::Policy;
use crate::domain::query::sort::SortColumn;
use crate::domain::role::Role;
use crate::domain::token::Status;

/// A word that may come next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    pub help: String,
    /// `true` if more text follows without a space, such as after `--user=`.
    pub is_partial: bool,
}

impl Candidate {
    pub fn new(text: impl Into<String>, help: impl Into<String>) -> Self {
        Candidate { text: text.into(), help: help.into(), is_partial: false }
    }

    pub fn plain(text: impl Into<String>) -> Self {
        Candidate::new(text, "")
    }

    pub fn partial(text: impl Into<String>) -> Self {
        Candidate { is_partial: true, ..Candidate::plain(text) }
    }
}

/// Names that a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    Tokens,
    TrashedTokens,
    Accounts,
    Sets,
    Methods,
    Catalogues,
    /// Catalogues, API sets, groups and methods.
    CatalogueEntries,
    Settings,
    Servers,
}

/// Something that may come next.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    Words(Vec<Candidate>),
    Names(NameKind),
    Files,
    Folders,
}

/// A command line up to the cursor.
pub struct CommandLine<'a> {
    command: &'a Command,
    /// Names of the commands below `jeton`, such as `token`, `show`.
    path: Vec<&'a str>,
    /// The positional arguments before the last word.
    positional: Vec<&'a str>,
    /// `true` if an option is before the last word, even an unknown one.
    has_options: bool,
    /// The option whose value the last word is.
    option: Option<&'a Arg>,
    /// Ids of the options before the last word, and their values.
    given: Vec<(&'a str, &'a str)>,
    /// `true` after `--`: no option follows.
    is_after_dashes: bool,
    word: &'a str,
}

impl<'a> CommandLine<'a> {
    /// Reads the words after the program's name. The cursor is at the end of the last one.
    pub fn parse(root: &'a Command, words: &'a [String]) -> Self {
        let (word, before) = words.split_last().map_or(("", &[][..]), |(word, before)| (word.as_str(), before));
        let mut line = CommandLine {
            command: root,
            path: Vec::new(),
            positional: Vec::new(),
            has_options: false,
            option: None,
            given: Vec::new(),
            is_after_dashes: false,
            word,
        };
        before.iter().for_each(|word| line.advance(word));
        line
    }

    fn advance(&mut self, word: &'a str) {
        if let Some(option) = self.option.take() {
            self.given.push((option.get_id().as_str(), word));
        } else if self.is_after_dashes {
            self.positional.push(word);
        } else if word == "--" {
            self.is_after_dashes = true;
        } else if let Some(long) = word.strip_prefix("--") {
            self.has_options = true;
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            match (self.find_option(name), value) {
                (Some(option), None) if option.get_action().takes_values() => self.option = Some(option),
                (Some(option), value) => self.given.push((option.get_id().as_str(), value.unwrap_or_default())),
                (None, _) => {}
            }
        } else if let Some(command) = self.command.find_subcommand(word).filter(|_| self.positional.is_empty()) {
            self.command = command;
            self.path.push(command.get_name());
        } else if word.starts_with('-') {
            self.has_options = true;
        } else {
            self.positional.push(word);
        }
    }

    fn find_option(&self, long: &str) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| arg.get_long() == Some(long))
    }

    /// Returns the command that the words name.
    pub fn command(&self) -> &'a Command {
        self.command
    }

    /// Returns the names of the commands below `jeton`, such as `token`, `show`.
    pub fn path(&self) -> &[&'a str] {
        &self.path
    }

    /// Returns the positional arguments before the last word.
    pub fn arguments(&self) -> &[&'a str] {
        &self.positional
    }

    /// Returns `true` if an option is before the last word, even an unknown one.
    pub fn has_options(&self) -> bool {
        self.has_options
    }

    /// Returns the value of an option before the cursor.
    pub fn given(&self, id: &str) -> Option<&'a str> {
        self.given.iter().rev().find_map(|(given, value)| (*given == id).then_some(*value))
    }

    /// Returns the beginning of the last word that is not part of a value, such as `--user=`.
    pub fn option(&self) -> &'a str {
        self.word.get(..self.word.len() - self.value().len()).unwrap_or_default()
    }

    /// Returns the beginning of the value or word to complete.
    pub fn value(&self) -> &'a str {
        let is_long = self.option.is_none() && !self.is_after_dashes && self.word.starts_with("--");
        match self.word.split_once('=') {
            Some((_, value)) if is_long => value,
            _ => self.word,
        }
    }

    pub fn wanted(&self) -> Vec<Wanted> {
        if let Some(option) = self.option {
            return self.values_of(option);
        }
        if !self.is_after_dashes && self.word.starts_with('-') {
            let long = self.word.strip_prefix("--").and_then(|word| word.split_once('='));
            return match long {
                Some((name, _)) => self.find_option(name).map_or_else(Vec::new, |option| self.values_of(option)),
                None => vec![Wanted::Words(self.options())],
            };
        }
        let mut wanted = Vec::new();
        if self.positional.is_empty() && !self.is_after_dashes {
            wanted.push(Wanted::Words(self.commands()));
        }
        let positionals: Vec<&Arg> = self.command.get_positionals().collect();
        let last_of_many = positionals.last().filter(|arg| matches!(arg.get_action(), ArgAction::Append));
        if let Some(arg) = positionals.get(self.positional.len()).or(last_of_many) {
            wanted.extend(self.values_of(arg));
        }
        wanted
    }

    fn commands(&self) -> Vec<Candidate> {
        let shown = self.command.get_subcommands().filter(|command| !command.is_hide_set());
        shown.map(|command| Candidate::new(command.get_name(), help(command.get_about()))).collect()
    }

    /// Returns the options that may follow. Those of every command come last.
    fn options(&self) -> Vec<Candidate> {
        let is_free = |arg: &&Arg| {
            !arg.is_hide_set()
                && (matches!(arg.get_action(), ArgAction::Append) || self.given(arg.get_id().as_str()).is_none())
        };
        let (global, own): (Vec<&Arg>, Vec<&Arg>) =
            self.command.get_arguments().filter(is_free).partition(|arg| arg.is_global_set());
        let option = |arg: &Arg| Some(Candidate::new(format!("--{}", arg.get_long()?), help(arg.get_help())));
        own.into_iter().chain(global).filter_map(option).collect()
    }

    fn values_of(&self, arg: &Arg) -> Vec<Wanted> {
        let words =
            |words: &mut dyn Iterator<Item = String>| vec![Wanted::Words(words.map(Candidate::plain).collect())];
        let possible = arg.get_possible_values();
        if !possible.is_empty() {
            return words(&mut possible.iter().map(|value| value.get_name().to_owned()));
        }
        let names = |kind| vec![Wanted::Names(kind)];
        match (&self.path[..], arg.get_id().as_str()) {
            (["account", "create"], "name") => Vec::new(),
            (["token", "restore"], "tokens") => names(NameKind::TrashedTokens),
            (_, "token" | "tokens" | "except") => names(NameKind::Tokens),
            (["account", ..], "name" | "names") | (_, "user" | "account") | (["login"], _) => names(NameKind::Accounts),
            (_, "set" | "add_set" | "drop_set") => names(NameKind::Sets),
            (["guide"], "request") => Vec::new(),
            (_, "method" | "add_method" | "drop_method") => names(NameKind::Methods),
            (["catalogue", "show"], _) => names(NameKind::CatalogueEntries),
            (["catalogue", "export"], "name") | (["guide"], "catalogue" | "preflights") => names(NameKind::Catalogues),
            (["config", ..], "key") => names(NameKind::Settings),
            (["policy", "set"], "words") if self.positional.is_empty() => {
                words(&mut Policy::default().pairs().into_iter().map(|(key, _)| key.to_owned()))
            }
            (_, "server") => names(NameKind::Servers),
            (["account", ..], "role") => words(&mut Role::ALL.iter().map(|role| role.as_str().to_owned())),
            (_, "status") => words(&mut Status::ALL.iter().map(|status| match status {
                // The word for people.
                Status::Deleted => "revoked".to_owned(),
                status => status.as_str().to_owned(),
            })),
            (["token", "list"], "sort") => words(&mut SortColumn::ALL.iter().map(|column| column.as_str().to_owned())),
            (_, id) => match arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str()) {
                "DIR" => vec![Wanted::Folders],
                "FILE" | "PATH" | "NAME|FILE" | "FILE|NAME" => vec![Wanted::Files],
                _ if id == "file" => vec![Wanted::Files],
                _ => Vec::new(),
            },
        }
    }
}

/// Returns the first line of a help text.
pub fn help(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn wanted_at(text: &str) -> Vec<Wanted> {
        let mut root = cli::command();
        root.build();
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        CommandLine::parse(&root, &words).wanted()
    }

    fn words_at(text: &str) -> Vec<String> {
        let words = wanted_at(text).into_iter().filter_map(|wanted| match wanted {
            Wanted::Words(words) => Some(words),
            _ => None,
        });
        words.flatten().map(|one| one.text).collect()
    }

    #[test]
    fn place_is_found_behind_options_and_their_values() {
        let names = |text| match &wanted_at(text)[..] {
            [.., Wanted::Names(kind)] => Some(*kind),
            _ => None,
        };
        for text in [
            "token show ",
            "tokens show ci",
            "--json --store a.db token show c",
            "token revoke a b ",
            "token revoke -- a --b",
            "token revoke --except ",
            "token can ci",
            "--store=a.db token show --user ops ",
        ] {
            assert_eq!(names(text), Some(NameKind::Tokens), "{text}");
        }
        assert_eq!(names("token can ci "), Some(NameKind::Methods));
        assert_eq!(names("token show --user="), Some(NameKind::Accounts));
        assert_eq!(names("token show --user o"), Some(NameKind::Accounts));
        assert_eq!(names("token restore "), Some(NameKind::TrashedTokens));
        assert_eq!(names("token edit ci --add-set "), Some(NameKind::Sets));
        assert_eq!(names("config get "), Some(NameKind::Settings));
        assert_eq!(names("token show ci "), None);
        assert_eq!(names("account create "), None);
        assert_eq!(wanted_at("token create ci --out "), [Wanted::Files]);
        assert_eq!(wanted_at("token create ci --out-dir="), [Wanted::Folders]);
        assert_eq!(wanted_at("--store "), [Wanted::Files]);
    }

    #[test]
    fn commands_options_and_fixed_words_are_offered() {
        assert!(words_at("").contains(&"token".to_owned()) && !words_at("").contains(&"complete".to_owned()));
        assert!(words_at("token ").contains(&"revoke".to_owned()));
        assert!(words_at("policy set ").contains(&"policy.trash".to_owned()));
        assert!(words_at("account role ops ").contains(&"viewer".to_owned()));
        assert!(words_at("guide ").contains(&"nginx".to_owned()));
        let options = words_at("token revoke ci --json --except a --");
        assert!(options.iter().all(|option| option.starts_with("--")));
        assert!(!options.contains(&"--json".to_owned()) && options.contains(&"--except".to_owned()));
        assert_eq!(words_at("token revoke -- -"), [""; 0]);
    }
}
