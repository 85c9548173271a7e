//! `token enable`.

use super::super::App;
use super::super::args::TokensArgs;
use super::super::change_report::print_changed;
use super::token_targets;
use crate::error::Result;
use crate::verbs::tokens::EnableTokens;

pub(super) fn enable(app: &mut App, some: TokensArgs) -> Result<()> {
    let credential = app.write_credential()?;
    let changed = app.call(&credential, EnableTokens { tokens: token_targets(some) })?;
    print_changed(app, &changed.value, "enabled")
}
