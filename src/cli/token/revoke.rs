//! `token revoke`: shows the consequences, then asks for the name. The verb compares the name, not the CLI.

use super::super::args::RevokeArgs;
use super::super::change_report::{RevokedText, print_revoked};
use super::super::output::counted;
use super::super::{App, impact};
use super::change_matching::change_matching;
use super::{live_tokens, token_targets};
use crate::error::Result;
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{BulkChange, RevokeResult, RevokeTokens, TokenTarget};

pub(super) fn revoke(app: &mut App, args: RevokeArgs) -> Result<()> {
    let Some(some) = change_matching(app, BulkChange::Revoke, args.some, args.confirm.as_deref())? else {
        return Ok(());
    };
    let (tokens, with_made) = (token_targets(some), args.with_made);
    let (credential, verb) = match args.confirm {
        Some(typed) => {
            (app.write_credential()?, RevokeTokens { tokens, with_made, expected_made: None, confirmation: typed })
        }
        None => confirm_revocation(app, tokens, with_made)?,
    };
    let changed = app.call(&credential, verb)?;
    let text = RevokedText {
        done: "revoked",
        subject: "the token",
        fallback_text: "; jeton denies the token from the next request on",
    };
    let RevokeResult { tokens, remaining: left, .. } = &changed.value;
    print_revoked(app, tokens, Some(left), changed.audit_seq, &text)?;
    if !app.out.json {
        let program = app.program();
        if let Some(words) = left.describe() {
            let pronoun = if tokens.len() == 1 { "The revoked token" } else { "The revoked tokens" };
            let (too, names) = match left.names.len() {
                shown if shown < left.count => ("such a token", "NAME".to_owned()),
                1 => ("this token", left.names.join(" ")),
                _ => ("these tokens", left.names.join(" ")),
            };
            app.out.note(&format!(
                "! {pronoun} created or regenerated {words}. To revoke {too} too: {program} token revoke {names}"
            ));
        }
        let name = match tokens.as_slice() {
            [only] => only.full_name(),
            _ => "NAME".to_owned(),
        };
        app.out.command_note(&format!(
            "  To restore a token: {program} token restore {name}. To show the trash: {program} token list --trash --all"
        ));
    }
    Ok(())
}

/// Shows the consequences and asks for the name. Sends the shown revision, so that only the shown state can be revoked.
fn confirm_revocation(app: &App, tokens: Vec<TokenTarget>, with_made: bool) -> Result<(Credential, RevokeTokens)> {
    let (read_credential, proof) = app.begin_change()?;
    if let Some(credential) = &proof {
        let unconfirmed =
            RevokeTokens { tokens: tokens.clone(), with_made, expected_made: None, confirmation: String::new() };
        let next =
            "Confirm one token with its name: --confirm NAME. Confirm several tokens with their number: --confirm N";
        impact::check_unconfirmed(app, credential, unconfirmed, "the revocation", next)?;
    }
    let shown = live_tokens(app, &read_credential, tokens)?;
    let removal = Removal::Tokens(shown.iter().map(|token| token.id).collect());
    let seen = impact::show(app, &read_credential, removal)?;
    let targets: Vec<TokenTarget> = shown.iter().map(TokenTarget::at_revision).collect();
    let made = if with_made { seen.made.count } else { 0 };
    let total = targets.len() + made;
    let label = match total {
        1 => "Type the token's name to revoke the token".to_owned(),
        _ if made > 0 => {
            let (named, they) = match targets.len() {
                1 => ("this token".to_owned(), "it"),
                count => (format!("these {count} tokens"), "they"),
            };
            let made = counted(made, "token");
            format!("Type {total}, the total, to revoke {named} and {made} that {they} created or regenerated")
        }
        _ => format!("Type {total}, the number of tokens, to revoke these tokens"),
    };
    let typed = app.prompt.read_visible(&label)?;
    let credential = app.proof(proof)?;
    Ok((credential, RevokeTokens { tokens: targets, with_made, expected_made: Some(seen.set), confirmation: typed }))
}
