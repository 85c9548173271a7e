//! The end of an overlap of two secrets, with its consequences.

use super::confirm_change::PendingMutation;
use crate::domain::time::{Timestamp, ago, relative};
use crate::domain::token::{PreviousSecret, Token};
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{RetireToken, TokenTarget};

/// Describes when a secret was last accepted.
pub fn describe_last_seen(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, now)))
}

/// Describes the old secret: its hint, its end, and when it was last accepted.
pub fn describe_previous_secret(previous: &PreviousSecret, now: Timestamp) -> String {
    let ends = relative(previous.retires_at, now);
    format!("{}, ends {ends}, {}", previous.hint, describe_last_seen(previous.last_seen_at, now))
}

/// Returns the change that ends the overlap of `token`; `None` if it has only one secret.
pub fn pending_retire(token: &Token, now: Timestamp) -> Option<PendingMutation> {
    let previous = token.overlap(now)?;
    let (style, usage) = match previous.last_seen_at {
        Some(at) if at >= token.secret_since => {
            let text = format!(
                "! The old secret was used after the regeneration (last seen {}). Clients that still use the old \
                 secret will be denied.",
                ago(at, now)
            );
            (LineStyle::Warning, text)
        }
        Some(at) => {
            let text = format!("The old secret was last seen {}, before the new secret was created.", ago(at, now));
            (LineStyle::Plain, text)
        }
        None => (LineStyle::Plain, "The old secret was never used.".to_owned()),
    };
    let text = format!(
        "The old secret ({}) becomes invalid at once. Without this change, the old secret would become invalid {}. The \
         current secret ({}) stays the same.",
        previous.hint,
        relative(previous.retires_at, now),
        token.hint
    );
    let about = ScrollText::default().row(style, usage).row(LineStyle::Plain, text);
    let verb = RetireToken { token: TokenTarget::at_revision(token) };
    let title = format!("End the overlap of {}", token.full_name());
    let change = PendingMutation::with_text(title, about, verb).taking(Removal::OldSecret(token.id));
    Some(change.of_tokens(vec![token.clone()], |tokens, now| pending_retire(tokens.first()?, now)))
}
