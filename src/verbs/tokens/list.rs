//! list: windows over the visible tokens, and the counts above them.

use crate::domain::expiry::Span;
use crate::domain::filter::{Filter, SOON_DAYS};
use crate::domain::name::Username;
use crate::domain::sort::Sort;
use crate::domain::time::{DAY, Timestamp};
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, Act};
use crate::verbs::needs::Needs;
use crate::verbs::ports::{Anchor, Snapshot, Window, WindowQuery};
use crate::verbs::{Env, Proof, Query, Verb};

/// How long before its expiry a token counts as expiring soon: 14 days.
pub const SOON: i64 = SOON_DAYS as i64 * DAY;

/// Whose tokens are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListOf {
    /// The actor's own.
    Mine,
    /// Those of one account.
    Of(Username),
    /// All that the actor may see.
    All,
}

/// One stretch of the tokens that the actor may see.
#[derive(Debug, Clone)]
pub struct ListTokens {
    /// Whose.
    pub whose: ListOf,
    /// What else must hold.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Tokens in the trash instead of the others.
    pub trashed: bool,
    /// Which stretch.
    pub anchor: Anchor,
    /// The most rows wanted.
    pub limit: usize,
}

impl Verb for ListTokens {
    const NAME: &'static str = "token.list";
    const PROOF: Proof = Proof::Identity;
    const NEEDS: Needs = Needs::ReadTokens;
    type Reply = Window;
}

impl Query for ListTokens {
    const READS_LEDGER: bool = true;

    fn run(&self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Window> {
        let account = match &self.whose {
            ListOf::Mine => Some(by.account()?.id),
            ListOf::Of(name) => Some(authorize::account(by, snapshot, Some(name), Act::See)?.id),
            ListOf::All => None,
        };
        // A span that ends beyond the calendar holds every expiry there is.
        let end = |span: Span| span.after(env.now, env.zone).unwrap_or(Timestamp(i64::MAX - 1));
        snapshot.window(&WindowQuery {
            visibility: by.visibility(Act::See)?,
            account,
            filter: self.filter.clone(),
            expiring_by: self.filter.expiring.map(end),
            sort: self.sort,
            trashed: self.trashed,
            now: env.now,
            anchor: self.anchor,
            limit: self.limit,
        })
    }
}

/// What the head of the token screen counts.
#[derive(Debug, Clone)]
pub struct TallyTokens;

/// The answer to [`TallyTokens`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenTally {
    /// Active tokens of the actor's own account.
    pub active: u32,
    /// How many it may have; 0 = no limit.
    pub limit: u32,
    /// Visible active tokens that expire within [`SOON`].
    pub expiring: u64,
}

impl Verb for TallyTokens {
    const NAME: &'static str = "token.tally";
    const PROOF: Proof = Proof::Identity;
    const NEEDS: Needs = Needs::ReadTokens;
    type Reply = TokenTally;
}

impl Query for TallyTokens {
    fn run(&self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<TokenTally> {
        let tally = snapshot.tally(&by.visibility(Act::See)?, env.now, env.now.plus(SOON))?;
        let limit = snapshot.policy()?.active_tokens;
        Ok(TokenTally { active: tally.own_active, limit, expiring: tally.expiring })
    }
}
