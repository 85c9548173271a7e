//! Marks of all tokens that match the filter, and their changes.

use super::Tokens;
use crate::domain::query::token_filter::FilterBounds;
use crate::domain::token::{Token, TokenRef};
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::change_matching::{pending_change, revoke_matching};
use crate::tui::modal::removal::RemovalDialog;
use crate::tui::notice::NoticeId;
use crate::tui::widget::confirm_identity::AuthField;
use crate::verbs::request::Request;
use crate::verbs::tokens::{BulkChange, CountMatching, MatchingTokens};

impl Tokens {
    /// Marks all tokens of the list: one by one if all are loaded, else those that the list's query finds.
    pub(super) fn mark_all(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let is_whole = !self.rows.has_before() && !self.rows.has_after() && self.source.window.unreadable.is_empty();
        if is_whole && self.rows.all().iter().all(|token| self.marks.mark(token, ctx.now)) {
            return self.read_marked();
        }
        let filter = self.source.options.apply_to(self.parsed_filter());
        // Only the store knows which tokens are tried, so marks could not show them.
        if filter.tried {
            let text = match self.source.window.unreadable.is_empty() {
                true => "These are too many tokens to mark all at once. Narrow the filter",
                false => "Some of these tokens are damaged in the store. Mark the other tokens one by one",
            };
            return Intent::Notify(NoticeId::MarkLimit, text.to_owned());
        }
        self.source.marked_query = (self.source.owner(), filter.clone());
        self.source.marked_count = None;
        let own = ctx.me.map(|me| me.account.id).filter(|_| self.source.options.mine);
        let bounds = FilterBounds::new(&filter, ctx.catalogues, ctx.now, ctx.dates.get().zone);
        self.marks.mark_all(move |token, now| {
            own.is_none_or(|own| own == token.owner.id) && filter.matches(token, &bounds, now)
        });
        self.read_marked()
    }

    /// Returns the marked tokens. `None` if only single ones are marked.
    pub(super) fn marked_tokens(&self) -> Option<MatchingTokens> {
        let (owner, filter) = self.marks.is_by_query().then(|| self.source.marked_query.clone())?;
        let named = |token: &Token| TokenRef::Named(token.id, token.full_name());
        Some(MatchingTokens {
            owner,
            filter,
            trashed: self.source.options.trashed,
            except: self.marks.except().map(named).collect(),
            also: self.marks.rows().map(named).collect(),
        })
    }

    /// Returns the change that a key makes of all marked tokens. `None` if only single ones are marked.
    pub(super) fn bulk_change(&self, action: Action) -> Option<BulkChange> {
        match action {
            _ if !self.marks.is_by_query() => None,
            Action::SetEnabled if self.source.marked_count.is_some_and(|count| count.enabled == 0) => {
                Some(BulkChange::Enable)
            }
            Action::SetEnabled => Some(BulkChange::Disable),
            Action::Revoke => Some(BulkChange::Revoke),
            Action::Restore if self.source.options.trashed => Some(BulkChange::Restore),
            _ => None,
        }
    }

    /// Opens the dialog about a change of all marked tokens.
    pub(super) fn open_bulk_dialog(&self, change: BulkChange, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let tokens = self.marked_tokens()?;
        let request = Request::from(CountMatching { tokens: tokens.clone() });
        let no_effect = |text: &str| Some(Intent::Notify(NoticeId::NoEffect, text.to_owned()));
        let Some(count) = self.source.marked_count.filter(|_| !ctx.is_reading(&request)) else {
            return no_effect("The marked tokens are still being counted. Press the key again in a moment");
        };
        if count.affected_by(change) == 0 {
            let edit = ctx.model.keymap.key(Context::Tokens, Action::EditToken);
            return no_effect(&match change {
                BulkChange::Enable if count.count > 0 => {
                    format!("All marked tokens have expired. First give each a new expiry with {edit}")
                }
                _ => "No marked token is left".to_owned(),
            });
        }
        Some(match change {
            BulkChange::Revoke => {
                let spec = revoke_matching(tokens, count, ctx.policy().trash);
                Intent::push(RemovalDialog::new(spec, ctx.now, AuthField::new(ctx)?))
            }
            _ => pending_change(change, tokens, count).confirm(ctx),
        })
    }
}
