//! `token enable`.

use super::super::App;
use super::super::args::ChangeArgs;
use super::super::change_report::print_changed;
use super::change_matching::change_matching;
use super::token_targets;
use crate::error::Result;
use crate::verbs::tokens::{BulkChange, EnableTokens};

pub(super) fn enable(app: &mut App, args: ChangeArgs) -> Result<()> {
    let Some(some) = change_matching(app, BulkChange::Enable, args.some, args.confirm.as_deref())? else {
        return Ok(());
    };
    let credential = app.write_credential()?;
    let changed = app.call(&credential, EnableTokens { tokens: token_targets(some) })?;
    print_changed(app, &changed.value, "enabled")
}
