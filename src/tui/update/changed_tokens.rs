//! The screens after tokens changed: the notice, the marks and the list.

use super::{propagation, requests};
use crate::domain::token::Token;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, NoticeLevel};
use crate::verbs::Committed;
use crate::verbs::cli_line::CliLine;
use crate::verbs::ports::TokenCursor;

/// Handles a change to the marked tokens, and clears the marks.
pub(super) fn tokens_changed(model: &mut Model, changed: &[Token], what: &str, cli: &CliLine) -> Vec<Effect> {
    if let Some(tokens) = model.tokens_mut() {
        tokens.marks.clear();
    }
    show_changed_tokens(model, changed, what, cli)
}

/// Like [`tokens_changed`], and also asks the running service whether it denies the tokens.
pub(super) fn tokens_revoked(model: &mut Model, changed: &Committed<Vec<Token>>, what: &str) -> Vec<Effect> {
    let subject = if changed.value.len() == 1 { "it" } else { "them" };
    let effects = tokens_changed(model, &changed.value, what, &changed.equivalent_command);
    propagation::check_propagation(model, effects, changed.audit_seq, subject)
}

/// Reports the change, closes dialogs and shows the changed tokens in the list.
pub(super) fn show_changed_tokens(model: &mut Model, changed: &[Token], what: &str, cli: &CliLine) -> Vec<Effect> {
    let text = match changed {
        [only] => format!("{} {what}", only.name),
        several => format!("{} tokens {what}", several.len()),
    };
    model.notify(NoticeLevel::Success, text, Some(cli.to_string()));
    model.modals.clear();
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    tokens.just_deleted.clear();
    tokens.show_changed(changed);
    let cursor = tokens.focus.map_or_else(|| tokens.current_cursor(), |id| TokenCursor::Around(id, None));
    let mut effects = requests::query_tokens(model, cursor);
    effects.extend(requests::query_marked(model));
    effects
}
