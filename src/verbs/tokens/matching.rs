//! The tokens that a list has, however many, without some and with some others.

use std::collections::BTreeSet;

use super::{ListTokens, MAX_SNAPSHOTS, OwnerFilter};
use crate::domain::number::group_digits;
use crate::domain::query::sort::Sort;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::set_hash::SetHash;
use crate::domain::time::Timestamp;
use crate::domain::token::{TokenId, TokenRef};
use crate::domain::word_enum::word_enum;
use crate::verbs::ports::{TokenCursor, TokenState};
use crate::verbs::prelude::*;
use crate::verbs::required_scope::RequiredScope;

/// Maximum number of tokens that one query finds: some 50 MB.
const MAX_MATCHING: usize = 1_000_000;

/// The tokens that a query finds, with exceptions. Nothing of it depends on the store's engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchingTokens {
    /// The accounts whose tokens are meant.
    pub owner: OwnerFilter,
    /// The filter that tokens match.
    pub filter: TokenFilter,
    /// `true`: tokens in the trash, else the others.
    pub trashed: bool,
    /// Tokens that are left out, 1,000 at most.
    pub except: Vec<TokenRef>,
    /// Further tokens, 1,000 at most. They are in the trash if `trashed` is `true`, else outside it.
    pub also: Vec<TokenRef>,
}

impl MatchingTokens {
    /// Returns the state of the tokens that the actor may see, by id.
    pub(in crate::verbs) fn find(
        &self,
        actor: &Actor,
        snapshot: &dyn Snapshot,
        env: &Env<'_>,
    ) -> Result<Vec<TokenState>> {
        authorize::require_scope(actor, RequiredScope::ReadTokens)?;
        if self.except.len().max(self.also.len()) > MAX_SNAPSHOTS {
            return Err(Error::usage(format!(
                "at most {MAX_SNAPSHOTS} tokens can be added to a filter or excluded from the filter"
            ))
            .next("Use a filter that needs fewer added or excluded tokens"));
        }
        let list = ListTokens {
            owner: self.owner.clone(),
            filter: self.filter.clone(),
            sort: Sort::default(),
            trashed: self.trashed,
            cursor: TokenCursor::Start,
            limit: MAX_MATCHING + 1,
        };
        let mut found = snapshot.matching(&list.window_query(actor, snapshot, env)?)?;
        if found.len() > MAX_MATCHING {
            return Err(Error::usage(format!("more than {} tokens match", group_digits(MAX_MATCHING as u64)))
                .next("Narrow the filter, then make the change in parts"));
        }
        for reference in &self.also {
            found.extend(self.find_other(actor, snapshot, reference)?);
        }
        let except = self.except.iter().map(|reference| self.id_of(actor, snapshot, reference));
        let except = except.collect::<Result<BTreeSet<TokenId>>>()?;
        found.retain(|state| !except.contains(&state.token));
        found.sort_by_key(|state| state.token);
        found.dedup_by_key(|state| state.token);
        Ok(found)
    }

    fn id_of(&self, actor: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef) -> Result<TokenId> {
        match reference {
            TokenRef::Id(id) | TokenRef::Named(id, _) => Ok(*id),
            TokenRef::Text(_) => {
                let scope = if self.trashed { TrashScope::Trashed } else { TrashScope::Live };
                authorize::resolve_token(actor, snapshot, reference, scope, TokenAction::Read).map(|token| token.id)
            }
        }
    }

    /// Returns the state of a token that was named. `None` if a token shown on a screen is no longer in its place.
    fn find_other(&self, actor: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef) -> Result<Option<TokenState>> {
        let id = self.id_of(actor, snapshot, reference)?;
        let token = authorize::find_visible(actor, snapshot, id)?;
        Ok(token.filter(|token| token.deleted_at.is_some() == self.trashed).map(|token| TokenState::from(&token)))
    }
}

word_enum! {
    /// A change that many tokens can have.
    pub enum BulkChange {
        /// They work no more until they are enabled.
        Disable = "disable",
        /// They work again. Leaves expired tokens out, which can't be enabled.
        Enable = "enable",
        /// They go to the trash.
        Revoke = "revoke",
        /// They leave the trash.
        Restore = "restore",
    }
}

impl BulkChange {
    /// Returns the past participle, and the word for a change under way.
    pub fn participles(self) -> [&'static str; 2] {
        match self {
            BulkChange::Disable => ["disabled", "Disabling"],
            BulkChange::Enable => ["enabled", "Enabling"],
            BulkChange::Revoke => ["revoked", "Revoking"],
            BulkChange::Restore => ["restored", "Restoring"],
        }
    }

    /// Returns `true` if the change alters the token. A token in the wrong place, trash or outside, isn't asked about.
    pub(in crate::verbs) fn affects(self, state: &TokenState, now: Timestamp) -> bool {
        match self {
            BulkChange::Disable => state.enabled,
            BulkChange::Enable => !state.enabled && !state.expiry.is_past(now),
            BulkChange::Revoke | BulkChange::Restore => true,
        }
    }
}

/// Counts tokens that a change may take.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountMatching {
    /// The tokens to count.
    pub tokens: MatchingTokens,
}

/// The answer to [`CountMatching`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchingCount {
    /// Number of tokens.
    pub count: u64,
    /// Number of enabled tokens, expired or not.
    pub enabled: u64,
    /// Number of disabled tokens that have not expired.
    pub can_enable: u64,
    /// The tokens and their revisions.
    pub set: SetHash,
}

impl MatchingCount {
    pub(in crate::verbs) fn new(found: &[TokenState], env: &Env<'_>) -> Result<Self> {
        let count = |of: BulkChange| found.iter().filter(|state| of.affects(state, env.now)).count() as u64;
        Ok(MatchingCount {
            count: found.len() as u64,
            enabled: count(BulkChange::Disable),
            can_enable: count(BulkChange::Enable),
            set: SetHash::of(found.iter().map(|state| (state.token, state.revision)))?,
        })
    }

    /// Returns the number of tokens that `change` alters.
    pub fn affected_by(&self, change: BulkChange) -> u64 {
        match change {
            BulkChange::Disable => self.enabled,
            BulkChange::Enable => self.can_enable,
            BulkChange::Revoke | BulkChange::Restore => self.count,
        }
    }
}

impl Query for CountMatching {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<MatchingCount> {
        MatchingCount::new(&self.tokens.find(actor, snapshot, env)?, env)
    }
}
