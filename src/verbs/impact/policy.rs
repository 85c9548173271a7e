//! The impact of other rules.

use super::{Impact, Sum, active_tokens};
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::role::Role;
use crate::verbs::policy::{PolicyLoss, check_expiries, hash_of_lost, ledger_end, lost_from_trash};
use crate::verbs::prelude::*;
use crate::verbs::required_scope::RequiredScope;

/// Only self-service takes something away from tokens outside the trash: without it, a token that manages tokens for a
/// member can only read, disable and revoke. The other rules limit new tokens, later changes, and what is kept.
pub(super) fn impact(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    changes: &[(String, String)],
) -> Result<Impact> {
    authorize::require_scope(actor, RequiredScope::PasswordOnly)?;
    authorize::check_policy_access(actor)?;
    let before = snapshot.policy()?;
    let after = before.with(changes)?;
    check_expiries(&before, &after, env)?;
    let mut sum = Sum::new(snapshot, env.now, 0);
    let lost = lost_from_trash(actor, snapshot, env, &before, &after)?;
    sum.impact.set = hash_of_lost(&lost)?;
    let ledger_before = ledger_end(snapshot, env, &before, &after)?;
    sum.impact.lost = PolicyLoss { trashed: lost.len() as u64, ledger_before };
    if !before.self_service || after.self_service {
        return Ok(sum.finish());
    }
    let catalogues = snapshot.catalogues()?;
    let index = PermissionIndex::new(&catalogues);
    let is_lost = |method: &str| RequiredScope::WriteTokens.methods().contains(&method);
    for token in active_tokens(&mut sum, actor, None)? {
        let manages = index.selected(token.highest_role(), &token.selection).any(|(id, _)| is_lost(id.as_str()));
        if manages && token.owner.role < Role::Admin {
            sum.impact.count += 1;
            sum.add(token, false, is_lost)?;
        }
    }
    Ok(sum.finish())
}
