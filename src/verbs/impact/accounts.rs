//! The impact of changes of accounts.

use std::collections::BTreeSet;
use std::slice;

use super::{Impact, Sum, active_tokens};
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::method::Access;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::token::Token;
use crate::verbs::accounts::{AccountWithCounts, check_owner_remains, with_counts};
use crate::verbs::prelude::*;
use crate::verbs::required_scope::{RequiredScope, WRITE_ACCOUNTS};
use crate::verbs::tokens::hash_of;

pub(super) fn disable_or_delete(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    names: &[Username],
) -> Result<Impact> {
    authorize::require_scope(actor, WRITE_ACCOUNTS)?;
    let names: BTreeSet<&Username> = names.iter().collect();
    let names: Vec<&Username> = names.into_iter().collect();
    let found = authorize::resolve_managed_accounts(actor, snapshot, &names, AccountAction::SetEnabled)?;
    check_owner_remains(snapshot, &found)?;
    let mut sum = Sum::new(snapshot, env.now, 0);
    let mut deletable = Vec::new();
    for account in found {
        let counted = with_counts(snapshot, account, env)?;
        if counted.tokens.active == 0 {
            deletable.extend(snapshot.live_tokens(counted.account.id)?);
        }
        if counted.account.enabled {
            add_account(&mut sum, actor, &counted, |_, _| true)?;
        }
        sum.impact.accounts.push(counted);
    }
    sum.impact.set = hash_of(&deletable)?;
    Ok(sum.finish())
}

pub(super) fn set_role(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    name: &Username,
    role: Role,
) -> Result<Impact> {
    authorize::require_scope(actor, RequiredScope::PasswordOnly)?;
    let account = authorize::resolve_managed_account(actor, snapshot, name, AccountAction::SetRole(role))?;
    let mut sum = Sum::new(snapshot, env.now, 0);
    if role != Role::Owner {
        check_owner_remains(snapshot, slice::from_ref(&account))?;
    }
    let (is_enabled, before) = (account.enabled, account.role);
    let counted = with_counts(snapshot, account, env)?;
    sum.impact.accounts.push(counted.clone());
    if !is_enabled || !Access::ALL.into_iter().any(|access| before.permits(access) && !role.permits(access)) {
        return Ok(sum.finish());
    }
    let catalogues = snapshot.catalogues()?;
    let index = PermissionIndex::new(&catalogues);
    let takes = |token: &Token, method: &str| {
        index.access_of(method).is_some_and(|access| token.highest_role().permits(access) && !role.permits(access))
    };
    add_account(&mut sum, actor, &counted, takes)?;
    Ok(sum.finish())
}

/// Adds the active tokens of the account of `counted` with what `takes` accepts: a token and a method.
fn add_account(
    sum: &mut Sum<'_>,
    actor: &Actor,
    counted: &AccountWithCounts,
    takes: impl Fn(&Token, &str) -> bool,
) -> Result<()> {
    authorize::resolve_account(actor, sum.snapshot, Some(&counted.account.username), TokenAction::Read)?;
    let tokens = active_tokens(sum, actor, Some(counted.account.id))?;
    sum.impact.count += u64::from(counted.tokens.active);
    for token in tokens {
        let of_token = token.clone();
        sum.add(token, false, |method| takes(&of_token, method))?;
    }
    Ok(())
}
