//! The dialogs of the token table: about the marked tokens, about the token under the cursor, or for a new token.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Tokens;
use super::changes::Undo;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, Token};
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::confirm_change::PendingMutation;
use crate::tui::modal::copy_token::CopyTokenDialog;
use crate::tui::modal::create_token::CreateTokenDialog;
use crate::tui::modal::edit_token::EditTokenDialog;
use crate::tui::modal::end_overlap;
use crate::tui::modal::owner_choice::{Candidate, OwnerChoice};
use crate::tui::modal::purge::purge_tokens;
use crate::tui::modal::regenerate::RegenerateTokenDialog;
use crate::tui::modal::removal::RemovalDialog;
use crate::tui::modal::restore::RestoreTokensDialog;
use crate::tui::modal::revoke_tokens::revoke_tokens;
use crate::tui::modal::token_details::TokenDetailsContent;
use crate::tui::notice::NoticeId;
use crate::tui::text_fit::{count_noun, join_three};
use crate::tui::widget::confirm_identity::AuthField;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{DisableTokens, EnableTokens, PreviewEdit, TokenTarget};

impl Tokens {
    /// Opens the dialog of `action`. `None` if the action has none, or if there is no token for it.
    pub(super) fn open_dialog(&self, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        if let Some(change) = self.bulk_change(action) {
            return if ctx.has_long_work { long_work_notice() } else { self.open_bulk_dialog(change, ctx) };
        }
        match action {
            Action::CreateToken => self.create_token(ctx),
            Action::EditToken | Action::CopyToken | Action::RegenerateToken | Action::EndOverlap | Action::Details => {
                self.open_about(self.current()?.clone(), action, ctx)
            }
            Action::SetEnabled | Action::Revoke => self.open_about_targets(self.targets(), action, ctx),
            Action::Restore => {
                let tokens = match &self.source.undo {
                    _ if self.source.options.trashed => self.targets(),
                    Undo::Nothing => return None,
                    Undo::Restore(tokens) => tokens.clone(),
                    Undo::SetEnabled(tokens) => return Some(toggle(tokens, ctx.now).confirm(ctx)),
                    Undo::Edit(edit) => return Some(Intent::query(PreviewEdit((**edit).clone()))),
                    Undo::Impossible(why) => {
                        let key = |action| ctx.model.keymap.key(Context::Tokens, action);
                        return Some(Intent::Notify(NoticeId::NoEffect, why(&key)));
                    }
                };
                let proof = AuthField::new(ctx).filter(|_| !tokens.is_empty())?;
                Some(Intent::push(RestoreTokensDialog::new(tokens, proof)))
            }
            Action::Purge if ctx.has_long_work => long_work_notice(),
            Action::Purge => {
                let which = if self.source.options.trashed { Purgeable::Trashed } else { Purgeable::Expired };
                Some(Intent::push(RemovalDialog::new(purge_tokens(which), ctx.now, AuthField::new(ctx)?)))
            }
            _ => None,
        }
    }

    /// Opens the dialog of `action` about one token, whatever is marked.
    pub(super) fn open_about_token(&self, token: Token, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let dialog = match action {
            Action::SetEnabled | Action::Revoke => self.open_about_targets(vec![token], action, ctx),
            _ => self.open_about(token, action, ctx),
        };
        dialog.unwrap_or_else(|| {
            let why = match action {
                Action::EndOverlap => "The token has only one secret, so there is no overlap to end",
                _ => "This action is not possible for the token now",
            };
            Intent::Notify(NoticeId::NoEffect, why.to_owned())
        })
    }

    fn create_token(&self, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let expiry = ctx.policy().default_expiry;
        let mut form = CreateTokenDialog::new(self.owner_choice(ctx)?, expiry, Arc::clone(ctx.catalogues));
        if !ctx.is_by_person() {
            form.dialog_mut().shorten_default();
        }
        Some(Intent::push(form))
    }

    /// Returns the choice of owner for a new token; its preset is the account that the table is filtered by. `None`
    /// before the signed-in account is known.
    fn owner_choice(&self, ctx: &UpdateContext<'_>) -> Option<OwnerChoice> {
        let me = &ctx.me?.account;
        let own = Candidate { username: me.username.clone(), role: Some(me.role) };
        if !Role::ALL.into_iter().any(|role| me.role.manages(role)) {
            return Some(OwnerChoice::only(own));
        }
        Some(OwnerChoice::new(own, self.owner().unwrap_or_else(|| me.username.clone())))
    }

    fn open_about(&self, token: Token, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let (details, expiry) = (self.source.details_of(&token), ctx.policy().default_expiry);
        Some(match action {
            Action::EditToken => {
                let mut form = EditTokenDialog::new(token, expiry, Arc::clone(ctx.catalogues));
                if let Some(details) = details {
                    form.dialog_mut().set_usage(&details.usage, ctx.now);
                }
                Intent::push(form)
            }
            Action::CopyToken => {
                let manages = ctx.me.is_none_or(|me| me.account.role >= Role::Admin);
                Intent::push(CopyTokenDialog::new(token, ctx.now, expiry, manages))
            }
            Action::RegenerateToken => Intent::push(RegenerateTokenDialog::new(token, ctx.now, expiry)),
            Action::EndOverlap => end_overlap::pending_retire(&token, ctx.now)?.confirm(ctx),
            _ => Intent::push(TokenDetailsContent::new(token, details.cloned())),
        })
    }

    fn open_about_targets(&self, targets: Vec<Token>, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        Some(match (action, targets.as_slice()) {
            (_, []) => return None,
            (Action::SetEnabled, tokens) => toggle(tokens, ctx.now).confirm(ctx),
            (_, _) => {
                let spec = revoke_tokens(targets, ctx.policy().trash);
                Intent::push(RemovalDialog::new(spec, ctx.now, AuthField::new(ctx)?))
            }
        })
    }
}

/// Disables the enabled ones of `tokens`. If none is enabled, enables all.
fn toggle(tokens: &[Token], now: Timestamp) -> PendingMutation {
    let is_enabled = |tokens: &[Token]| tokens.iter().any(|token| token.enabled);
    let disables = is_enabled(tokens);
    let change = match tokens {
        [token] => toggle_mutation(token, now),
        several => toggle_all_mutation(several, now),
    };
    change
        .of_tokens(tokens.to_vec(), move |tokens, now| (is_enabled(&tokens) == disables).then(|| toggle(&tokens, now)))
}

fn long_work_notice() -> Option<Intent> {
    let text = "Another change is running. Wait until it ends, or press Esc to stop it";
    Some(Intent::Notify(NoticeId::WorkRunning, text.to_owned()))
}

fn toggle_mutation(token: &Token, now: Timestamp) -> PendingMutation {
    let tokens = vec![TokenTarget::at_revision(token)];
    if token.enabled {
        let denial = match (token.expiry.is_past(now), token.owner.enabled) {
            (false, true) => format!("The service will deny {} from the next request on.", token.full_name()),
            (true, _) => format!("The service already denies {}, because the token has expired.", token.full_name()),
            (false, false) => {
                format!("The service already denies {}, because the token's account is disabled.", token.full_name())
            }
        };
        let later = if token.expiry.is_past(now) { "" } else { ", so the token can be enabled later" };
        let about = format!("{denial} The secret is kept{later}.");
        PendingMutation::new(format!("Disable {}", token.full_name()), about, DisableTokens { tokens })
            .taking(Removal::Tokens(vec![token.id]))
    } else {
        let name = token.full_name();
        let about = match (token.expiry.is_past(now), token.owner.enabled) {
            (true, _) => {
                format!(
                    "{name} has expired and can't be enabled yet. First give the token a new expiry, then enable the \
                     token."
                )
            }
            (false, true) => {
                format!("The service accepts {name} again from the next request on. The secret stays the same.")
            }
            (false, false) => {
                format!("The service denies {name} until its account is enabled, too. The secret stays the same.")
            }
        };
        PendingMutation::new(format!("Enable {}", token.full_name()), about, EnableTokens { tokens })
    }
}

fn toggle_all_mutation(tokens: &[Token], now: Timestamp) -> PendingMutation {
    let on: Vec<&Token> = tokens.iter().filter(|token| token.enabled).collect();
    let affected: Vec<&Token> = if on.is_empty() { tokens.iter().collect() } else { on.clone() };
    let count = count_noun(affected.len() as u64, "token");
    let names = join_three(affected.iter().map(|token| token.full_name()));
    let targets = affected.iter().map(|token| TokenTarget::at_revision(token)).collect();
    if on.is_empty() {
        let expired: Vec<String> =
            tokens.iter().filter(|token| token.expiry.is_past(now)).map(Token::full_name).collect();
        let disabled_accounts: BTreeSet<&str> =
            tokens.iter().filter(|token| !token.owner.enabled).map(|token| token.owner.username.as_str()).collect();
        let accounts = join_three(disabled_accounts.iter().map(|name| (*name).to_owned()));
        let about = match (expired.len(), disabled_accounts.len()) {
            (0, 0) => format!("The service accepts {names} again from the next request on. The secrets stay the same."),
            (0, 1) => format!(
                "{names} will be enabled. But the account {accounts} is disabled. The service denies the tokens of \
                 this account until the account is enabled, too. The secrets stay the same."
            ),
            (0, _) => format!(
                "{names} will be enabled. But these accounts are disabled: {accounts}. The service denies their \
                 tokens until the accounts are enabled, too. The secrets stay the same."
            ),
            (1, _) => format!(
                "These {count} can't be enabled together, because {} has expired. First give that token a new expiry.",
                expired[0]
            ),
            (n, _) => format!(
                "These {count} can't be enabled together, because {n} of them have expired: {}. First give each \
                 expired token a new expiry.",
                join_three(expired.into_iter())
            ),
        };
        return PendingMutation::new(format!("Enable {count}"), about, EnableTokens { tokens: targets });
    }
    let disabled = tokens.iter().filter(|token| !token.enabled).map(Token::full_name).collect::<Vec<_>>();
    let off = match disabled.is_empty() {
        true => String::new(),
        false => format!(" Already disabled: {}.", join_three(disabled.into_iter())),
    };
    let about = match affected.len() {
        1 => format!(
            "From the next request on, {names} doesn't work. The secret is kept: the token can be enabled later, unless \
             it has expired.{off}"
        ),
        _ => format!(
            "From the next request on, none of these tokens works: {names}. The secrets are kept: the tokens can be \
             enabled later, unless they have expired.{off}"
        ),
    };
    PendingMutation::new(format!("Disable {count}"), about, DisableTokens { tokens: targets })
        .taking(Removal::Tokens(affected.iter().map(|token| token.id).collect()))
}
