pub use crate::verbs::ports::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, Ledger, LedgerQuery, LedgerScope, LedgerSecret,
    LedgerSizePart, LedgerToken, LedgerWindow, MAX_COUNTED_ROWS, SecretStatus, SizeCursor, TokenState, UNKNOWN_SECRETS,
    UseKey, UseRow, format_origin, is_aggregated, reason_word,
};

use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::{MAX_ROWS, PageCursor, default_rows};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::{TokenId, TokenRef};
use crate::error::Kind;
use crate::verbs::prelude::*;

/// Maximum total size of the ledger's rows, in bytes. The service deletes the oldest day of a larger ledger.
pub const MAX_LEDGER_BYTES: u64 = 512 * 1024 * 1024;

/// Lists one section of the ledger, the newest row first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(bound(deserialize = "K: Deserialize<'de>"), deny_unknown_fields)]
pub struct ListRows<K> {
    /// Only rows of this token. Refer to a purged token by its id.
    pub token: Option<TokenRef>,
    /// Only denied attempts of a minute whose last one was at this time or later; only uses of its day (UTC) or later.
    pub since: Option<Timestamp>,
    /// The rows to return.
    #[serde(default)]
    pub filter: LedgerFilter,
    /// The end of the page before.
    #[serde(default)]
    pub cursor: PageCursor<K>,
    /// Maximum number of rows.
    #[serde(default = "default_rows")]
    pub limit: usize,
}

/// Lists the denied attempts.
pub type ListDenied = ListRows<DeniedKey>;
/// Lists the tokens with denied attempts.
pub type ListDeniedTokens = ListRows<DeniedTokenKey>;
/// Lists the accepted uses.
pub type ListUses = ListRows<UseKey>;

impl Query for ListDenied {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<LedgerWindow<DeniedRow>> {
        snapshot.denied_window(&self.query(actor, snapshot, env)?)
    }
}

impl Query for ListDeniedTokens {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<LedgerWindow<DeniedTokenRow>> {
        snapshot.denied_tokens_window(&self.query(actor, snapshot, env)?)
    }
}

impl Query for ListUses {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<LedgerWindow<UseRow>> {
        snapshot.uses_window(&self.query(actor, snapshot, env)?)
    }
}

impl<K: Clone> ListRows<K> {
    fn query(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<LedgerQuery<K>> {
        Ok(LedgerQuery {
            scope: ledger_scope(actor, snapshot, self.token.as_ref())?,
            since: self.since,
            filter: self.filter.clone(),
            cursor: self.cursor.clone(),
            now: env.now,
            limit: self.limit.min(MAX_ROWS),
        })
    }
}

/// Returns the rows that the actor reads: those of tokens that it may see. An owner or admin also reads those without
/// a token.
fn ledger_scope(actor: &Actor, snapshot: &dyn Snapshot, token: Option<&TokenRef>) -> Result<LedgerScope> {
    if let Some(reference) = token {
        return resolve_ledger_token(actor, snapshot, reference).map(LedgerScope::Token);
    }
    let (visibility, role) = (actor.visibility(TokenAction::Read)?, actor.account()?.role);
    let unknown_tokens = role >= Role::Admin;
    Ok(if unknown_tokens && visibility.roles.len() == Role::ALL.len() {
        LedgerScope::All
    } else {
        LedgerScope::Visible { visibility, unknown_tokens }
    })
}

/// Returns the token that `reference` means, if the actor may see it, or might have seen it before it was purged.
fn resolve_ledger_token(actor: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef) -> Result<TokenId> {
    let refused = match authorize::resolve_token(actor, snapshot, reference, TrashScope::Any, TokenAction::Read) {
        Ok(token) => return Ok(token.id),
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Denied) => error,
        Err(error) => return Err(error),
    };
    let id = match reference {
        TokenRef::Id(id) | TokenRef::Named(id, _) => Some(*id),
        TokenRef::Text(text) => TokenId::parse(text),
    };
    let Some(id) = id else {
        return Err(match refused.kind {
            Kind::NotFound => {
                refused.why("use a token's name, account/name, hint or id. For a purged token, use the id, e.g. t:7")
            }
            _ => refused,
        });
    };
    let Some((owner, role)) = snapshot.owner_of_purged(id)? else { return Err(refused) };
    let visibility = actor.visibility(TokenAction::Read)?;
    if owner == visibility.own || visibility.roles.contains(&role) { Ok(id) } else { Err(refused) }
}
