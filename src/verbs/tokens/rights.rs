use crate::domain::api_selection::Selection;
use crate::domain::catalogue::effective_rights::{Ceilings, EffectiveRights};
use crate::domain::catalogue::permission_index;
use crate::domain::method::MethodId;
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

/// The methods that a token gains and loses by an edit of its API selection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodsChange {
    /// Number of methods that the token may call before the edit.
    pub before: usize,
    /// Number of methods that the token may call after the edit.
    pub after: usize,
    /// The methods that the token gains, sorted.
    pub gained: Vec<MethodId>,
    /// The methods that the token loses, sorted.
    pub lost: Vec<MethodId>,
}

/// Number of methods that a line names in a line.
const MAX_NAMED_METHODS: usize = 3;

impl MethodsChange {
    pub(super) fn new(snapshot: &dyn Snapshot, before: &Token, after: &Token) -> Result<Self> {
        let catalogues = snapshot.catalogues()?;
        let index = permission_index::PermissionIndex::new(&catalogues);
        let permitted = |token: &Token| {
            let ceilings = Ceilings { account: token.owner.role, issued: token.issued_role };
            EffectiveRights::new(&catalogues, &index, &token.selection, ceilings, None).permitted
        };
        let (old, new) = (permitted(before), permitted(after));
        let without = |all: &[MethodId], others: &[MethodId]| -> Vec<MethodId> {
            all.iter().filter(|id| others.binary_search(id).is_err()).cloned().collect()
        };
        Ok(MethodsChange {
            before: old.len(),
            after: new.len(),
            gained: without(&new, &old),
            lost: without(&old, &new),
        })
    }

    /// Describes the gained and the lost methods in a line each, `true` for the gained ones.
    pub(super) fn describe(&self) -> Vec<(bool, String)> {
        let line = |is_gain, verb: &str, methods: &[MethodId]| {
            let mut names: Vec<&str> = methods.iter().take(MAX_NAMED_METHODS).map(MethodId::as_str).collect();
            if methods.len() > names.len() {
                names.push("…");
            }
            (!methods.is_empty()).then(|| (is_gain, format!("{verb} {}: {}", methods.len(), names.join(", "))))
        };
        [line(true, "gains", &self.gained), line(false, "loses", &self.lost)].into_iter().flatten().collect()
    }
}

/// Returns a warning about the selection of `token`, if its current secret may not call everything in it.
pub(super) fn warning(snapshot: &dyn Snapshot, token: &Token, now: Timestamp) -> Result<Option<String>> {
    match &token.selection {
        // The selection names nothing that could be withheld.
        Selection::Inherit if token.issued_role >= token.owner.role => Ok(None),
        _ => Ok(rights(snapshot, token, now)?.current.warning()),
    }
}
