//! The screens, driven by keys and compared with expected text.

mod applying;
mod auditing;
mod changing;
mod choosing;
mod denying;
mod guarding;
mod lineage;
mod long_work;
mod looks;
mod navigation;
mod people;
mod picker;
mod picking;
mod robust;
mod rotating;
mod saying;
mod showing;
mod story;
mod table;
mod using;

/// Returns the request for a token by its name.
fn listed(name: &str) -> jeton::verbs::tokens::ShowToken {
    jeton::verbs::tokens::ShowToken { token: jeton::domain::token::TokenRef::Text(name.to_owned()) }
}
mod witnessing;
