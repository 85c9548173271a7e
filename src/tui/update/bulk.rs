//! Dialogs about the marked tokens, or about the token under the cursor if none is marked.

use super::changed_tokens::{TokensDone, tokens_revoked};
use super::dialogs::{details_of, open_confirm};
use super::open;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, Token};
use crate::tui::effect::Effect;
use crate::tui::modal::confirm::PendingMutation;
use crate::tui::modal::purge::PurgeDialog;
use crate::tui::modal::restore::RestoreTokensDialog;
use crate::tui::modal::revoke_token::RevokeTokenDialog;
use crate::tui::modal::revoke_tokens::RevokeTokensDialog;
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::screen::DialogKind;
use crate::tui::screen::tokens::Tokens;
use crate::tui::widget::text_fit::{count_noun, join_three};
use crate::verbs::Committed;
use crate::verbs::tokens::{DisableTokens, EnableTokens, RevokeResult, RevokeTokens, TokenTarget};

/// Opens the requested dialog. Does nothing if there is no token for it.
pub(super) fn open_bulk_dialog(model: &mut Model, kind: DialogKind) -> Vec<Effect> {
    let targets = model.tokens().map_or_else(Vec::new, Tokens::targets);
    let Some(proof) = model.auth_field() else { return Vec::new() };
    // Before the policy has arrived, the default policy is used. The store applies the real policy in any case.
    let trash = model.me.as_ref().map_or_else(|| Policy::default().trash, |me| me.policy.trash);
    match (kind, targets.as_slice()) {
        (DialogKind::SetEnabled, []) | (DialogKind::Revoke, []) => Vec::new(),
        (DialogKind::SetEnabled, [token]) => open_confirm(model, toggle_mutation(token, model.now)),
        (DialogKind::SetEnabled, several) => open_confirm(model, toggle_all_mutation(several, model.now)),
        (DialogKind::Revoke, [token]) => {
            let form = RevokeTokenDialog::new(token.clone(), details_of(model, token), trash, proof);
            open(model, Box::new(form))
        }
        (DialogKind::Revoke, _) => open(model, Box::new(RevokeTokensDialog::new(targets, trash, model.now, proof))),
        (DialogKind::Restore, _) => {
            let in_trash = model.tokens().is_some_and(|tokens| tokens.options.trashed);
            let deleted = model.tokens().map_or_else(Vec::new, |tokens| tokens.just_revoked.clone());
            let tokens = if in_trash { targets } else { deleted };
            if tokens.is_empty() {
                return Vec::new();
            }
            open(model, Box::new(RestoreTokensDialog::new(tokens, proof)))
        }
        (DialogKind::Purge, _) if model.long_work.is_some() => {
            let text = "A purge is running. Press Esc to stop it, or wait";
            model.notify(Notice::new(NoticeId::PurgeRunning, text));
            Vec::new()
        }
        (DialogKind::Purge, _) => {
            let in_trash = model.tokens().is_some_and(|tokens| tokens.options.trashed);
            let which = if in_trash { Purgeable::Trashed } else { Purgeable::Expired };
            open(model, Box::new(PurgeDialog::new(which, proof)))
        }
        (
            DialogKind::CreateToken
            | DialogKind::EditToken
            | DialogKind::CopyToken
            | DialogKind::RegenerateToken
            | DialogKind::EndOverlap
            | DialogKind::TokenDetails
            | DialogKind::Account(_)
            | DialogKind::EditPolicy
            | DialogKind::AuditCheck
            | DialogKind::ApplyCatalogue,
            _,
        ) => Vec::new(),
    }
}

/// Handles revoked tokens. The message also counts the tokens they created that were not revoked.
pub(super) fn on_revoked(model: &mut Model, changed: Committed<RevokeResult>) -> Vec<Effect> {
    let Committed {
        value: RevokeResult { tokens: revoked, remaining: left, .. },
        equivalent_command: cli,
        audit_seq: seq,
    } = changed;
    let pronoun = if revoked.len() == 1 { "it" } else { "they" };
    // The line is short: names are in the details, and the dialog listed them.
    let effect = match left.count {
        0 => "denied from the next request on".to_owned(),
        1 => format!("{pronoun} created 1 token that stays valid"),
        count => format!("{pronoun} created {count} tokens that stay valid"),
    };
    let changed = Committed { value: revoked, equivalent_command: cli, audit_seq: seq };
    let effects = tokens_revoked(model, &changed, TokensDone::new::<RevokeTokens>("revoked").effect(effect));
    if let Some(tokens) = model.tokens_mut() {
        tokens.just_revoked = changed.value;
    }
    effects
}

fn toggle_mutation(token: &Token, now: Timestamp) -> PendingMutation {
    let tokens = vec![TokenTarget::at_revision(token)];
    if token.enabled {
        let about = format!(
            "{} is denied from the next request on. Its secret is kept, and it can be enabled again.",
            token.full_name()
        );
        PendingMutation::new(format!("Disable {}", token.full_name()), about, DisableTokens { tokens })
    } else {
        let expired = token.expiry.is_past(now);
        let about = if expired {
            format!("{} has expired. To use it again, regenerate it with a new expiry.", token.full_name())
        } else {
            format!("{} is accepted again from the next request on, with the same secret.", token.full_name())
        };
        PendingMutation::new(format!("Enable {}", token.full_name()), about, EnableTokens { tokens })
    }
}

/// Disables the enabled tokens. If no token is enabled, enables all.
fn toggle_all_mutation(tokens: &[Token], now: Timestamp) -> PendingMutation {
    let on: Vec<&Token> = tokens.iter().filter(|token| token.enabled).collect();
    let affected: Vec<&Token> = if on.is_empty() { tokens.iter().collect() } else { on.clone() };
    let count = count_noun(affected.len() as u64, "token");
    let names = join_three(affected.iter().map(|token| token.full_name()));
    let targets = affected.iter().map(|token| TokenTarget::at_revision(token)).collect();
    if on.is_empty() {
        let expired = tokens.iter().filter(|token| token.expiry.is_past(now)).count();
        let about = match expired {
            0 => format!("Accepted again from the next request on, with the same secrets: {names}."),
            1 => format!("1 of them expired and needs a new expiry first, so none is enabled: {names}."),
            n => format!("{n} of them expired and need a new expiry first, so none is enabled: {names}."),
        };
        return PendingMutation::new(format!("Enable {count}"), about, EnableTokens { tokens: targets });
    }
    let off = match tokens.len() - affected.len() {
        0 => String::new(),
        1 => " 1 more is already disabled.".to_owned(),
        n => format!(" {n} more are already disabled."),
    };
    let about = format!("Denied from the next request on; secrets are kept: {names}.{off}");
    PendingMutation::new(format!("Disable {count}"), about, DisableTokens { tokens: targets })
}
