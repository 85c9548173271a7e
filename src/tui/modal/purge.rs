//! Purge: all expired tokens or the whole trash, by their typed number.

use super::removal::{Alternative, Confirmation, RemovalSpec};
use crate::domain::token::Purgeable;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::PurgeTokens;

/// Returns the dialog that purges the tokens of `which`.
pub fn purge_tokens(which: Purgeable) -> RemovalSpec {
    let word = which.as_str();
    // An expired token that is disabled has the status disabled.
    let disabled = match which {
        Purgeable::Expired => " Disabled tokens are not purged.",
        Purgeable::Trashed => "",
    };
    RemovalSpec {
        id: "purge-tokens",
        title: format!("Purge {word} tokens"),
        impact: Removal::Purge(which),
        tokens: Vec::new(),
        shown: None,
        renew: None,
        effects: vec![
            format!("All {word} tokens that you manage are purged, also those hidden by a filter.{disabled}"),
            "The tokens are deleted for good. Their names and the digests of their secrets stay for look-ups."
                .to_owned(),
        ],
        confirmation: Confirmation::Number,
        alternative: Some(Alternative::Keep("Keep them")),
        act: "Purge",
        object: Some("these tokens"),
        // The typed number equals the shown one.
        request: Box::new(move |typed, _, seen| {
            PurgeTokens::new(which, typed.parse().unwrap_or_default()).expecting(seen).into()
        }),
    }
}
