//! The tokens that a change takes something away from, and their uses of it in the last 7 days.

mod accounts;
mod policy;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::domain::account::{Account, AccountId};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::change::CatalogueChange;
use crate::domain::catalogue::change::rights::RightsCache;
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::name::Username;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::recent_usage::{RECENT_USE, RecentUsage};
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::set_hash::SetHash;
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, Token, TokenId, TokenRef};
use crate::verbs::accounts::AccountWithCounts;
use crate::verbs::policy::PolicyLoss;
use crate::verbs::ports::{DenialSummary, TokenCursor, WindowQuery};
use crate::verbs::prelude::*;
use crate::verbs::required_scope::RequiredScope;
use crate::verbs::tokens::{BulkChange, MadeTokens, MatchingCount, MatchingTokens, made_set, made_tokens, purge_query};

/// Maximum number of tokens in an impact.
pub const MAX_TOKENS: usize = 1_000;
/// Maximum number of different uses that are read for a token.
const MAX_USES_OF_TOKEN: usize = 10_000;
/// Number of different uses after which no further token is read.
const MAX_USES: usize = 50_000;

/// A change that takes something away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Removal {
    /// These tokens are revoked or disabled, 1,000 at most.
    Tokens(Vec<TokenId>),
    /// This change is made to all tokens that a query finds.
    Matching(BulkChange, Box<MatchingTokens>),
    /// These tokens are purged.
    Purge(Purgeable),
    /// These accounts are disabled or deleted.
    Accounts(Vec<Username>),
    /// This account gets this role.
    Role(Username, Role),
    /// The API selection of a token becomes this one.
    Selection(TokenId, Selection),
    /// This catalogue replaces the one of its name.
    Catalogue(Box<Catalogue>),
    /// The overlap of this token ends: its old secret stops working.
    OldSecret(TokenId),
    /// These rules of the policy get these values.
    Policy(Vec<(String, String)>),
}

impl Removal {
    /// Returns what the tokens lose, after a preposition. `None` if the tokens stop working.
    pub fn object(&self) -> Option<[&'static str; 2]> {
        match self {
            Removal::Tokens(_) | Removal::Matching(..) | Removal::Purge(_) | Removal::Accounts(_) => None,
            Removal::Role(..) | Removal::Selection(..) | Removal::Catalogue(_) | Removal::Policy(_) => {
                Some(["of", "these methods"])
            }
            Removal::OldSecret(_) => Some(["with", "the old secret"]),
        }
    }
}

/// Returns which tokens a change would take something from, and what they used of it lately.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetImpact {
    /// The change that takes something away.
    pub removal: Removal,
}

/// The impact of a change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    /// Number of tokens that lose something, used or not.
    pub count: u64,
    /// Number of tokens that used, in the last 7 days, something that they lose.
    pub used: u64,
    /// Their uses, in the last 7 days, of what they lose.
    pub uses: u64,
    /// `true` if reading stopped at a limit. `used` and `uses` are then lower bounds.
    pub is_lower_bound: bool,
    /// The most used tokens, 1,000 at most. Unused tokens are listed only if the change ends whole tokens.
    pub tokens: Vec<TokenImpact>,
    /// Tokens that the tokens of [`Removal::Tokens`] created or regenerated. The change does not revoke them.
    pub made: MadeTokens,
    /// The accounts of [`Removal::Accounts`] or [`Removal::Role`].
    pub accounts: Vec<AccountWithCounts>,
    /// The tokens of [`Removal::Purge`], all marked ones of [`Removal::Matching`], those of [`Impact::made`], those of
    /// [`Impact::lost`], or those of [`Removal::Accounts`] without active tokens, with their revisions. A change that was
    /// confirmed by a number or name compares them.
    pub set: SetHash,
    /// The loss by [`Removal::Policy`].
    pub lost: PolicyLoss,
}

/// The impact of a change on one token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenImpact {
    /// The token that would lose something.
    pub token: Token,
    /// Its uses of what is taken away.
    pub usage: RecentUsage,
    /// Today's uses of the previous secret. `None` without an overlap. Only for [`Removal::Tokens`].
    pub previous_today: Option<u64>,
    /// Denied attempts. Only for [`Removal::Tokens`] with a single token, or with an overlap.
    pub denied: DenialSummary,
}

impl Impact {
    /// Returns the accounts without their counts.
    pub fn into_accounts(self) -> Vec<Account> {
        self.accounts.into_iter().map(|counted| counted.account).collect()
    }
}

impl Query for GetImpact {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Impact> {
        match &self.removal {
            Removal::Tokens(ids) => tokens(actor, snapshot, env, ids),
            Removal::Matching(change, of) => matching(actor, snapshot, env, *change, of),
            Removal::Purge(which) => purge(actor, snapshot, env, *which),
            Removal::Accounts(names) => accounts::disable_or_delete(actor, snapshot, env, names),
            Removal::Role(name, role) => accounts::set_role(actor, snapshot, env, name, *role),
            Removal::Selection(id, after) => selection(actor, snapshot, env, *id, after),
            Removal::Catalogue(new) => catalogue(actor, snapshot, env, new),
            Removal::OldSecret(id) => old_secret(actor, snapshot, env, *id),
            Removal::Policy(changes) => policy::impact(actor, snapshot, env, changes),
        }
    }
}

/// Adds up the uses of tokens, as far as the limits permit.
struct Sum<'a> {
    snapshot: &'a dyn Snapshot,
    now: Timestamp,
    /// The secret whose uses count. `None` for all secrets.
    secret: Option<PublicId>,
    impact: Impact,
    uses_read: usize,
}

impl<'a> Sum<'a> {
    fn new(snapshot: &'a dyn Snapshot, now: Timestamp, count: u64) -> Self {
        Sum { snapshot, now, secret: None, impact: Impact { count, ..Impact::default() }, uses_read: 0 }
    }

    /// Adds the uses of the methods of `token` that `takes` accepts. A use without a method is passed as `""`.
    fn add(&mut self, token: Token, keep_unused: bool, takes: impl Fn(&str) -> bool) -> Result<()> {
        let was_used = token.last_seen_at.is_some_and(|at| at >= self.now.plus(-RECENT_USE));
        let mut uses = Vec::new();
        if was_used && self.uses_read < MAX_USES {
            uses = self.snapshot.recent_uses(token.id, self.secret.as_ref(), self.now, MAX_USES_OF_TOKEN)?;
            self.uses_read += uses.len();
            self.impact.is_lower_bound |= uses.len() == MAX_USES_OF_TOKEN;
        } else {
            self.impact.is_lower_bound |= was_used;
        }
        let usage = RecentUsage::sum(uses.iter().filter(|used| takes(&used.method)));
        self.impact.used += u64::from(usage.week > 0);
        self.impact.uses += usage.week;
        if usage.week > 0 || keep_unused {
            self.impact.tokens.push(TokenImpact {
                token,
                usage,
                previous_today: None,
                denied: DenialSummary::default(),
            });
        }
        Ok(())
    }

    fn finish(mut self) -> Impact {
        self.impact.tokens.sort_by_key(|one| (Reverse(one.usage.week), one.token.id));
        self.impact
    }
}

fn tokens(actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, ids: &[TokenId]) -> Result<Impact> {
    let ids: BTreeSet<TokenId> = ids.iter().copied().collect();
    if ids.len() > MAX_TOKENS {
        return Err(Error::usage(format!("at most {MAX_TOKENS} tokens can be changed at once"))
            .next("Change the tokens in several steps"));
    }
    let references: Vec<TokenRef> = ids.iter().map(|id| TokenRef::Id(*id)).collect();
    let references: Vec<&TokenRef> = references.iter().collect();
    let [seen, changed] = [TokenAction::Read, TokenAction::Restrict].map(|action| {
        authorize::resolve_tokens(actor, snapshot, &references, TrashScope::Live, action, &Default::default())
    });
    let (_, tokens) = authorize::denied_first(changed, seen)?;
    let mut sum = Sum::new(snapshot, env.now, tokens.len() as u64);
    let is_single = tokens.len() == 1;
    for token in tokens {
        sum.add(token, true, |_| true)?;
    }
    let mut impact = sum.finish();
    for one in &mut impact.tokens {
        let has_overlap = one.token.overlap(env.now).is_some();
        if is_single || has_overlap {
            let usage = snapshot.usage(one.token.id, env.now)?;
            (one.previous_today, one.denied) = (usage.previous.map(|uses| uses.today), usage.denied);
        }
    }
    let ids: Vec<TokenId> = ids.into_iter().collect();
    impact.made = made_tokens(actor, snapshot, &ids, env.now)?;
    impact.set = made_set(snapshot, &ids, env.now)?;
    Ok(impact)
}

/// Reads the tokens that were used last, [`MAX_TOKENS`] at most.
fn matching(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    change: BulkChange,
    tokens: &MatchingTokens,
) -> Result<Impact> {
    let mut found = tokens.find(actor, snapshot, env)?;
    let set = MatchingCount::new(&found, env)?.set;
    found.retain(|state| change.affects(state, env.now));
    found.sort_by_key(|state| (Reverse(state.last_seen_at), state.token));
    let mut sum = Sum::new(snapshot, env.now, found.len() as u64);
    sum.impact.set = set;
    for state in found.iter().take(MAX_TOKENS) {
        if let Some(token) = snapshot.token(state.token)? {
            sum.add(token, true, |_| true)?;
        }
    }
    let since = Some(env.now.plus(-RECENT_USE));
    sum.impact.is_lower_bound |= found.get(MAX_TOKENS).is_some_and(|next| next.last_seen_at >= since);
    Ok(sum.finish())
}

fn purge(actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, which: Purgeable) -> Result<Impact> {
    authorize::require_scope(actor, RequiredScope::PasswordOnly)?;
    let query = purge_query(actor, snapshot, which, env.now)?;
    let set = snapshot.purge_set(&query)?;
    let mut sum = Sum::new(snapshot, env.now, set.len() as u64);
    sum.impact.set = SetHash::of(&set)?;
    for (id, _) in set.into_iter().take(MAX_TOKENS) {
        if let Some(token) = snapshot.token(id)? {
            sum.add(token, true, |_| true)?;
        }
    }
    sum.impact.is_lower_bound |= sum.impact.count > MAX_TOKENS as u64;
    Ok(sum.finish())
}

/// Returns the active tokens of one account, or of all that the actor sees: the last used first, [`MAX_TOKENS`] at most.
fn active_tokens(sum: &mut Sum<'_>, actor: &Actor, account: Option<AccountId>) -> Result<Vec<Token>> {
    let mut window = sum.snapshot.window(&WindowQuery {
        visibility: actor.visibility(TokenAction::Read)?,
        account,
        filter: TokenFilter::default(),
        bounds: Default::default(),
        sort: Sort { column: SortColumn::LastSeen, descending: true },
        trashed: false,
        now: sum.now,
        cursor: TokenCursor::Start,
        limit: MAX_TOKENS,
    })?;
    sum.impact.is_lower_bound |= window.rows.len() == MAX_TOKENS || !window.unreadable.is_empty();
    window.rows.retain(|token| token.denial_reason(sum.now).is_none());
    Ok(window.rows)
}

/// Counts only tokens that the actor sees.
fn catalogue(actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, new: &Catalogue) -> Result<Impact> {
    authorize::require_scope(actor, RequiredScope::PasswordOnly)?;
    authorize::check_catalogue_access(actor)?;
    let change = CatalogueChange::new(&snapshot.catalogues()?, new)?;
    let mut rights = RightsCache::new(&change.rights);
    let mut sum = Sum::new(snapshot, env.now, 0);
    for token in active_tokens(&mut sum, actor, None)? {
        let lost = rights.rights_change(token.highest_role(), &token.selection).lost;
        if !lost.is_empty() {
            sum.impact.count += 1;
            sum.add(token, false, |method| lost.binary_search_by(|id| id.as_str().cmp(method)).is_ok())?;
        }
    }
    Ok(sum.finish())
}

fn selection(actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, id: TokenId, after: &Selection) -> Result<Impact> {
    let token = resolve_changed(actor, snapshot, id)?;
    let catalogues = snapshot.catalogues()?;
    let index = PermissionIndex::new(&catalogues);
    let [had, kept] = [&token.selection, after].map(|selection| -> BTreeSet<&str> {
        index.selected(token.highest_role(), selection).map(|(id, _)| id.as_str()).collect()
    });
    let dropped = &had - &kept;
    let mut sum = Sum::new(snapshot, env.now, u64::from(!dropped.is_empty()));
    sum.add(token.clone(), false, |method| dropped.contains(method))?;
    Ok(sum.finish())
}

fn old_secret(actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, id: TokenId) -> Result<Impact> {
    let token = resolve_changed(actor, snapshot, id)?;
    let Some(previous) = token.overlap(env.now) else { return Ok(Impact::default()) };
    let mut sum = Sum::new(snapshot, env.now, 1);
    sum.secret = PublicId::from_hint(&previous.hint);
    sum.add(token, false, |_| true)?;
    Ok(sum.finish())
}

/// Returns the token, which the actor may read and change.
fn resolve_changed(actor: &Actor, snapshot: &dyn Snapshot, id: TokenId) -> Result<Token> {
    let [seen, changed] = [TokenAction::Read, TokenAction::Write]
        .map(|action| authorize::resolve_token(actor, snapshot, &TokenRef::Id(id), TrashScope::Live, action));
    authorize::denied_first(changed, seen).map(|(_, token)| token)
}
