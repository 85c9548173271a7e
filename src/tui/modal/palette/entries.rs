//! The lines of the palette: actions of the key table, and commands of the command line.

use clap::{Arg, ArgAction, Command};

use super::fuzzy::{Match, match_all};
use super::route::{Route, route};
use crate::command_line::help;
use crate::tui::component::Component;
use crate::tui::keymap::{Action, Binding};
use crate::tui::model::Model;
use crate::tui::page_keys;

/// Points by which a match in a name exceeds any match in a help text.
const NAME: i32 = 10_000;

/// A line of the palette.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The label of the action, or the name of the command.
    pub name: String,
    /// The key of the action, or the arguments of the command.
    pub keys: String,
    pub help: String,
    pub target: Target,
    /// `true` if the screens are read-only, and this is a change.
    pub is_refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Action(Action),
    /// A command, and the place where the screens do the same. `None` if they can't.
    Command(Option<Route>),
}

impl Entry {
    /// Returns the match of `query`. `None` if a word occurs neither in the name nor in the help.
    pub fn matches(&self, query: &str) -> Option<Match> {
        if query.trim().is_empty() {
            return Some(Match::default());
        }
        if let Some(found) = match_all(&self.name, query) {
            // Of equal matches, the shorter name comes first.
            let length = i32::try_from(self.name.len()).unwrap_or(0);
            return Some(Match { score: NAME + found.score - length, ..found });
        }
        let (help, query) = (self.help.to_lowercase(), query.to_lowercase());
        query.split_whitespace().all(|word| help.contains(word)).then(Match::default)
    }
}

/// Returns `true` if `action` makes sense outside its key: a move of the cursor doesn't.
fn is_listed(action: Action) -> bool {
    !matches!(
        action,
        Action::Palette
            | Action::Interrupt
            | Action::Cancel
            | Action::Down
            | Action::Up
            | Action::Left
            | Action::Right
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::ExtendDown
            | Action::ExtendUp
    )
}

/// Returns the actions that can be used on `page` now.
pub fn actions(page: &dyn Component, model: &Model) -> Vec<Entry> {
    let usable = page_keys::usable(page, model).into_iter().map(|binding| (binding, false));
    let refused = page_keys::refused_changes(page, model).into_iter().map(|binding| (binding, true));
    let entry = |(binding, is_refused): (&Binding, bool)| Entry {
        name: page_keys::label(binding, page, model).to_owned(),
        keys: binding.key(),
        help: binding.help.to_owned(),
        target: Target::Action(binding.action),
        is_refused,
    };
    usable.chain(refused).filter(|(binding, _)| is_listed(binding.action)).map(entry).collect()
}

/// Returns the commands below `tree` that do something by themselves, in the order of the help.
pub fn commands(tree: &Command, is_read_only: bool) -> Vec<Entry> {
    let mut found = Vec::new();
    add_commands(tree, "", is_read_only, &mut found);
    found
}

fn add_commands(parent: &Command, path: &str, is_read_only: bool, found: &mut Vec<Entry>) {
    for command in parent.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("{path}{}", command.get_name());
        if !command.is_subcommand_required_set() {
            let route = route(&name);
            found.push(Entry {
                keys: command.get_positionals().map(usage).collect::<Vec<_>>().join(" "),
                help: help(command.get_about()),
                target: Target::Command(route),
                is_refused: is_read_only && route.is_some_and(Route::is_change),
                name: name.clone(),
            });
        }
        add_commands(command, &format!("{name} "), is_read_only, found);
    }
}

/// Returns a positional argument as the help writes it.
fn usage(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(|names| names.first());
    let name = name.map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string);
    let more = if matches!(arg.get_action(), ArgAction::Append) { "…" } else { "" };
    if arg.is_required_set() { format!("{name}{more}") } else { format!("[{name}{more}]") }
}

#[cfg(test)]
mod tests {
    use super::super::route::ROUTES;
    use super::*;
    use crate::cli;

    #[test]
    fn every_route_is_that_of_a_command() {
        let all = commands(&cli::command(), false);
        for (name, route) in ROUTES {
            let entry = all.iter().find(|entry| entry.name == *name);
            assert_eq!(entry.map(|entry| entry.target), Some(Target::Command(Some(*route))), "{name}");
        }
        let names: Vec<&str> = all.iter().map(|entry| entry.name.as_str()).collect();
        assert!(names.contains(&"backup") && !names.contains(&"token") && !names.contains(&"complete"));
        assert!(all.iter().all(|entry| !entry.help.is_empty()));
    }

    #[test]
    fn names_come_before_help_texts() {
        let all = commands(&cli::command(), false);
        let mut found: Vec<_> =
            all.iter().filter_map(|entry| Some((entry.matches("denied")?.score, &*entry.name))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        assert_eq!(found.first().map(|(_, name)| *name), Some("ledger denied"));
        assert!(found.len() > 1 && found[1].0 < NAME, "{found:?}");
    }
}
