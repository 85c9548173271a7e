//! `token restore`.

use super::super::App;
use super::super::args::RestoreArgs;
use super::super::change_report::print_changed;
use super::change_matching::change_matching;
use super::token_targets;
use crate::domain::name::TokenName;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::tokens::{BulkChange, RestoreTokens};

pub(super) fn restore(app: &mut App, args: RestoreArgs) -> Result<()> {
    let Some(some) = change_matching(app, BulkChange::Restore, args.some, args.confirm.as_deref())? else {
        return Ok(());
    };
    let rename = args.rename.as_deref().map(TokenName::parse).transpose()?;
    let credential = app.write_credential()?;
    let changed = app.call(&credential, RestoreTokens { tokens: token_targets(some), rename })?;
    print_changed(app, &changed.value, "restored, disabled")?;
    if !app.out.json {
        let names: Vec<String> = changed.value.iter().map(Token::full_name).collect();
        app.out.note(&format!("  To enable a token: {} token enable {}", app.program(), names.join(" ")));
    }
    Ok(())
}
