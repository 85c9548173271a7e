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
        let now = app.now();
        let (expired, others): (Vec<&Token>, Vec<&Token>) =
            changed.value.iter().partition(|token| token.expiry.is_past(now));
        let names = |tokens: Vec<&Token>| tokens.into_iter().map(Token::full_name).collect::<Vec<_>>().join(" ");
        if !others.is_empty() {
            let what = if others.len() == 1 { "the token" } else { "the tokens" };
            app.out.command_note(&format!("  To enable {what}: {} token enable {}", app.program(), names(others)));
        }
        if !expired.is_empty() {
            app.out.note(&format!(
                "! Expired: {}. Before you enable an expired token, set a new expiry: {} token edit NAME --expires 30d",
                names(expired),
                app.program()
            ));
        }
    }
    Ok(())
}
