use crate::domain::api_selection::Selection;
use crate::domain::catalogue::effective_rights::{Ceilings, EffectiveRights};
use crate::domain::catalogue::permission_index;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::ports::Snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The effective rights of each live secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rights {
    /// Rights of the current secret.
    #[serde(flatten)]
    pub current: EffectiveRights,
    /// Rights of the previous secret, during an overlap.
    pub previous: Option<Box<EffectiveRights>>,
}

pub(super) fn rights(snapshot: &dyn Snapshot, token: &Token, now: Timestamp) -> Result<Rights> {
    let catalogues = snapshot.catalogues()?;
    let index = permission_index::PermissionIndex::new(&catalogues);
    let rights_of = |issued| {
        let ceilings = Ceilings { account: token.owner.role, issued };
        EffectiveRights::new(&catalogues, &index, &token.selection, ceilings, token.denial_reason(now))
    };
    let previous = token.overlap(now).map(|previous| Box::new(rights_of(previous.issued_role)));
    Ok(Rights { current: rights_of(token.issued_role), previous })
}

/// Returns a warning about the selection of `token`, if its current secret may not call everything in it.
pub(super) fn warning(snapshot: &dyn Snapshot, token: &Token, now: Timestamp) -> Result<Option<String>> {
    match &token.selection {
        // The selection names nothing that could be withheld.
        Selection::Inherit if token.issued_role >= token.owner.role => Ok(None),
        _ => Ok(rights(snapshot, token, now)?.current.warning()),
    }
}
