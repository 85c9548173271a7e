//! The screens, driven by keys. Tests compare ids, data and snapshots.

mod account_contact;
mod account_impact;
mod account_passwords;
mod accounts;
mod audit_check;
mod audit_log;
mod auth_state;
mod catalogue_apply;
mod catalogue_import;
mod choices;
mod conflicts;
mod dates;
mod denied_attempts;
mod edit_and_copy;
mod editor;
mod every_screen;
mod expected_use;
mod fuzz;
mod identify_secret;
mod keys;
mod lineage;
mod list_options;
mod long_work;
mod marks;
mod messages_and_help;
mod mouse;
mod navigation;
mod overlap;
mod palette;
mod picker;
mod picker_tree;
mod policy;
mod propagation;
mod read_only;
mod server;
mod set_list;
mod small_terminals;
mod snapshots;
mod story;
mod table;
mod tips;
mod typed_ahead;
mod undo;
mod usage;
mod uses;
mod view_state;

use std::any::Any;

use jeton::tui::modal::picker::Picker;
use jeton::tui::modal::picker::tree::Tree;

use crate::support::tui_harness::TuiHarness;

/// Returns the request for a token by its name.
fn listed(name: &str) -> jeton::verbs::tokens::ShowToken {
    jeton::verbs::tokens::ShowToken { token: jeton::domain::token::TokenRef::Text(name.to_owned()) }
}

/// Returns the rows of a table, or the text that stands for them: the lines between the two rules, without the header.
fn table_text(screens: &TuiHarness) -> String {
    let text = screens.text();
    let rule = |line: &&str| line.starts_with('─');
    let lines = text.lines().skip_while(|line| !rule(line)).skip(2).take_while(|line| !rule(line));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Returns the lines of the screen that contain `text`, without the frame around them.
fn lines_of(screens: &TuiHarness, text: &str) -> String {
    let lines = screens.text();
    let lines = lines.lines().filter(|line| line.contains(text));
    lines.map(|line| line.trim_matches([' ', '│'])).collect::<Vec<_>>().join("\n")
}

/// Returns the lines of the topmost dialog that are not blank.
fn dialog_lines(screens: &TuiHarness) -> String {
    let text = screens.dialog_text();
    text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Returns the tree of the topmost dialog, the scope picker.
#[track_caller]
fn tree(screens: &TuiHarness) -> &Tree {
    let top = screens.app.modals.top().map(|dialog| dialog as &dyn Any);
    match top.and_then(|dialog| dialog.downcast_ref::<Picker>()) {
        Some(picker) => picker.tree(),
        None => panic!("the picker is not open:\n{}", screens.text()),
    }
}

/// Returns the tree of the Catalogue screen.
fn catalogue(screens: &TuiHarness) -> &Tree {
    screens.catalogue().tree()
}

/// Returns the command shown with the notice.
fn cli_line(screens: &TuiHarness) -> Option<&str> {
    screens.app.model.notice.as_ref()?.cli.as_deref()
}
