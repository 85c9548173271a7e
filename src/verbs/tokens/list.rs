use crate::domain::name::Username;
use crate::domain::query::page_cursor::{MAX_ROWS, default_rows};
use crate::domain::query::sort::Sort;
use crate::domain::query::token_filter::{EXPIRING_SOON_DAYS, FilterBounds, TokenFilter};
use crate::domain::time::DAY;
use crate::verbs::ports::{TokenCursor, VisibleCounts, Window, WindowQuery};
use crate::verbs::prelude::*;

/// Time before its expiry from which a token counts as expiring soon: 14 days.
pub const EXPIRING_SOON: i64 = EXPIRING_SOON_DAYS as i64 * DAY;

/// The owner of the listed tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OwnerFilter {
    /// The actor itself.
    Mine,
    /// Tokens of this account.
    Account(Username),
    /// All accounts whose tokens the actor may see.
    #[default]
    All,
}

/// Lists one section of the tokens that the actor may see.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListTokens {
    /// The accounts whose tokens are listed.
    #[serde(default)]
    pub owner: OwnerFilter,
    /// The tokens to list.
    #[serde(default)]
    pub filter: TokenFilter,
    /// The order of the tokens.
    #[serde(default)]
    pub sort: Sort,
    /// `true`: tokens in the trash, else the others.
    #[serde(default)]
    pub trashed: bool,
    /// The end of the page before.
    #[serde(default)]
    pub cursor: TokenCursor,
    /// Maximum number of tokens.
    #[serde(default = "default_rows")]
    pub limit: usize,
}

impl Query for ListTokens {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Window> {
        let query = self.window_query(actor, snapshot, env)?;
        snapshot.window(&WindowQuery { limit: query.limit.min(MAX_ROWS), ..query })
    }
}

impl ListTokens {
    pub(super) fn window_query(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<WindowQuery> {
        let account = match &self.owner {
            OwnerFilter::Mine => Some(actor.account()?.id),
            OwnerFilter::Account(name) => {
                Some(authorize::resolve_account(actor, snapshot, Some(name), TokenAction::Read)?.id)
            }
            OwnerFilter::All => None,
        };
        let catalogues = if self.filter.method.is_some() { snapshot.catalogues()? } else { Vec::new() };
        Ok(WindowQuery {
            visibility: actor.visibility(TokenAction::Read)?,
            account,
            filter: self.filter.clone(),
            bounds: FilterBounds::new(&self.filter, &catalogues, env.now, env.zone),
            sort: self.sort,
            trashed: self.trashed,
            now: env.now,
            cursor: self.cursor,
            limit: self.limit,
        })
    }
}

/// Counts the active tokens, and those that expire soon.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CountTokens;

/// The answer to [`CountTokens`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenSummary {
    /// Active tokens of the actor's own account.
    pub active: u32,
    /// Maximum number of active tokens of the account; 0 = no limit.
    pub limit: u32,
    /// Visible active tokens that expire within 14 days.
    pub expiring: u64,
    /// Visible tokens outside the trash of which a dead secret was tried in the last 7 days. Counted up to 1,000.
    pub still_tried: u64,
    /// Visible tokens in the trash of which a dead secret was tried in the last 7 days, counted up to the same number.
    pub tried_in_trash: u64,
    /// Visible tokens with denied attempts in the last hour, and one more for attempts without a known token.
    pub denied_now: u64,
}

impl Query for CountTokens {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<TokenSummary> {
        let counts =
            snapshot.visible_counts(&actor.visibility(TokenAction::Read)?, env.now, env.now.plus(EXPIRING_SOON))?;
        let limit = snapshot.policy()?.active_tokens;
        let VisibleCounts { own_active, expiring, still_tried, tried_in_trash, denied_now } = counts;
        Ok(TokenSummary { active: own_active, limit, expiring, still_tried, tried_in_trash, denied_now })
    }
}
