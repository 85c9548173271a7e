//! The screens, driven by keys and compared with expected text.

mod accounts;
mod audit_log;
mod auth_state;
mod catalogue_apply;
mod choices;
mod denied_attempts;
mod edit_and_copy;
mod fuzz;
mod lineage;
mod list_options;
mod long_work;
mod messages_and_help;
mod navigation;
mod overlap;
mod picker;
mod picker_tree;
mod snapshots;
mod story;
mod table;
mod usage;

/// Returns the request for a token by its name.
fn listed(name: &str) -> jeton::verbs::tokens::ShowToken {
    jeton::verbs::tokens::ShowToken { token: jeton::domain::token::TokenRef::Text(name.to_owned()) }
}
mod propagation;
