//! The screens after tokens changed: the notice, the marks and the list.

use super::{navigation, propagation};
use crate::domain::token::Token;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::widget::text_fit::group_digits;
use crate::verbs::cli_line::CliLine;
use crate::verbs::tokens::{RevokeResult, RevokeTokens};
use crate::verbs::{Committed, Verb};

/// A completed change of tokens, for its notice.
pub(super) struct TokensDone {
    /// The name of the verb.
    verb: &'static str,
    /// The change, after the names of the tokens.
    text: &'static str,
    /// The effect of the change.
    effect: Option<String>,
}

impl TokensDone {
    /// Describes a change by the verb `V`.
    pub fn new<V: Verb>(text: &'static str) -> Self {
        TokensDone { verb: V::NAME, text, effect: None }
    }

    /// Adds the effect of the change.
    pub fn effect(self, effect: impl Into<String>) -> Self {
        TokensDone { effect: Some(effect.into()), ..self }
    }
}

/// Handles a change to the marked tokens, and clears the marks.
pub(super) fn tokens_changed(model: &mut Model, changed: &[Token], done: TokensDone, cli: &CliLine) -> Vec<Effect> {
    if let Some(tokens) = model.tokens_mut() {
        tokens.marks.clear();
    }
    show_changed_tokens(model, changed, done, cli)
}

/// Does the same as [`tokens_changed`], and also checks if the running service denies the tokens.
pub(super) fn tokens_revoked(model: &mut Model, changed: &Committed<Vec<Token>>, done: TokensDone) -> Vec<Effect> {
    let subject = if changed.value.len() == 1 { "it" } else { "them" };
    let effects = tokens_changed(model, &changed.value, done, &changed.equivalent_command);
    propagation::check_propagation(model, effects, changed.audit_seq, subject)
}

/// Reports the change, closes dialogs and shows the changed tokens in the list.
pub(super) fn show_changed_tokens(
    model: &mut Model,
    changed: &[Token],
    done: TokensDone,
    cli: &CliLine,
) -> Vec<Effect> {
    let text = match changed {
        [only] => format!("{} {}", only.name, done.text),
        several => format!("{} tokens {}", group_digits(several.len() as u64), done.text),
    };
    model.notify(Notice { effect: done.effect, ..Notice::new(NoticeId::Done(done.verb), text).cli(cli) });
    model.modals.clear();
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    tokens.just_revoked.clear();
    tokens.show_changed(changed);
    navigation::refresh_pages(model)
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
        0 => "the service denies any further use".to_owned(),
        1 => format!("{pronoun} created 1 token that is not revoked"),
        count => format!("{pronoun} created {count} tokens that are not revoked"),
    };
    let changed = Committed { value: revoked, equivalent_command: cli, audit_seq: seq };
    let effects = tokens_revoked(model, &changed, TokensDone::new::<RevokeTokens>("revoked").effect(effect));
    if let Some(tokens) = model.tokens_mut() {
        tokens.just_revoked = changed.value;
    }
    effects
}
