//! Changes of all tokens that a query finds.

use super::confirm_change::PendingMutation;
use super::removal::{Alternative, Confirmation, RemovalSpec};
use crate::domain::expiry::Span;
use crate::tui::text_fit::{count_noun, group_digits};
use crate::verbs::batches::MAX_ATOMIC;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{BulkChange, ChangeMatching, MatchingCount, MatchingTokens};

/// Returns the change of `tokens`, as they were counted, for a dialog without a typed confirmation.
pub fn pending_change(change: BulkChange, tokens: MatchingTokens, counted: MatchingCount) -> PendingMutation {
    let count = counted.affected_by(change);
    let others = counted.count - count;
    let (title, about) = match change {
        BulkChange::Enable => {
            let expired = match others {
                0 => String::new(),
                1 => " 1 marked token has expired and stays disabled.".to_owned(),
                n => format!(" {} marked tokens have expired and stay disabled.", group_digits(n)),
            };
            let text = "From the next request on, the service accepts the tokens again, except those of disabled \
                        accounts. The secrets stay the same.";
            ("Enable", format!("{text}{expired}"))
        }
        BulkChange::Restore => (
            "Restore",
            "Restored tokens are disabled. You can enable them in the token list, unless they have expired.".to_owned(),
        ),
        BulkChange::Disable | BulkChange::Revoke => {
            let off = match others {
                0 => String::new(),
                1 => " 1 other marked token is already disabled.".to_owned(),
                n => format!(" {} other marked tokens are already disabled.", group_digits(n)),
            };
            let text = "From the next request on, none of these tokens works. The secrets are kept: the tokens can be \
                        enabled later, unless they have expired.";
            ("Disable", format!("{text}{off}"))
        }
    };
    let removal = Removal::Matching(change, Box::new(tokens.clone()));
    let verb = ChangeMatching::new(change, tokens, count, Some(counted.set));
    let title = format!("{title} {}", count_noun(count, "token"));
    let pending = PendingMutation::new(title, format!("{about}{}", batches(count)), verb);
    if change == BulkChange::Disable { pending.taking(removal) } else { pending }
}

/// Returns the dialog that revokes `tokens`, as they were counted. They stay in the trash for `trash`.
pub fn revoke_matching(tokens: MatchingTokens, counted: MatchingCount, trash: Span) -> RemovalSpec {
    let disabled = tokens.clone();
    let disable = move || pending_change(BulkChange::Disable, disabled.clone(), counted);
    RemovalSpec {
        id: "revoke-tokens",
        title: format!("Revoke {}", count_noun(counted.count, "token")),
        impact: Removal::Matching(BulkChange::Revoke, Box::new(tokens.clone())),
        tokens: Vec::new(),
        shown: None,
        renew: None,
        effects: vec![
            format!(
                "The service denies the tokens. Within {}, the tokens can be restored from the trash.{}",
                trash.describe(),
                batches(counted.count)
            ),
            "Other tokens that the marked tokens created or regenerated are not revoked.".to_owned(),
        ],
        confirmation: Confirmation::Number,
        alternative: (counted.enabled > 0).then(|| Alternative::Change("Disable instead", Box::new(disable))),
        act: "Revoke",
        object: None,
        request: Box::new(move |typed, _, seen| {
            let confirm = typed.parse().unwrap_or_default();
            ChangeMatching::new(BulkChange::Revoke, tokens.clone(), confirm, seen).into()
        }),
    }
}

/// Returns the sentence about a change that is too long for one transaction.
fn batches(count: u64) -> &'static str {
    if count > MAX_ATOMIC as u64 { " The change is made in batches; Esc stops it." } else { "" }
}
