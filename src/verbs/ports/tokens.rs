use super::{
    GrantPage, NamedToken, NamesQuery, PurgeCandidate, PurgeQuery, TokenFigures, TokenState, VisibleCounts, Window,
    WindowQuery,
};
use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::change::renames::Renames;
use crate::domain::expiry::Expiry;
use crate::domain::name::{Description, TokenName};
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Revision, Token, TokenId, Tombstone};
use crate::error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of one of a token's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SecretState {
    /// The newest secret.
    Current,
    /// The previous secret, accepted until this time.
    Previous(Timestamp),
    /// No longer accepted.
    Dead,
}

/// A secret as the store keeps it.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// SHA-256 of the whole secret.
    pub digest: SecretDigest,
    /// The token of the secret.
    pub token: TokenId,
    /// Its state.
    pub state: SecretState,
    /// The role under which the secret was issued.
    pub issued_role: Role,
}

/// The tokens that a reader sees: their own, and those of accounts with these roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// The reader's account.
    pub own: AccountId,
    /// The roles whose accounts' tokens the reader also sees.
    pub roles: Vec<Role>,
}

/// A new token, enabled.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// The account of the new token.
    pub account: AccountId,
    /// A name that is free in the account.
    pub name: &'a TokenName,
    /// Its description.
    pub description: &'a Description,
    /// Its API selection.
    pub selection: &'a Selection,
    /// Its expiry.
    pub expiry: Expiry,
    /// `true` if the token is expected to be unused from its creation on.
    pub expected_unused: bool,
    /// The time of creation.
    pub now: Timestamp,
}

/// Reads tokens.
pub trait TokenReader {
    /// Returns a token by id, in the trash or not.
    fn token(&self, id: TokenId) -> Result<Option<Token>>;
    /// Returns the tokens of this name that the reader sees, of one account or of all. `trashed` selects those in the
    /// trash instead of the others. Returns 100 at most.
    fn tokens_by_name(
        &self,
        visibility: &Visibility,
        account: Option<AccountId>,
        name: &TokenName,
        trashed: bool,
    ) -> Result<Vec<Token>>;
    /// Returns the names of tokens, in their order.
    fn names(&self, query: &NamesQuery<'_>) -> Result<Vec<NamedToken>>;
    /// Returns a secret by its public id, dead ones included.
    fn secret(&self, id: &PublicId) -> Result<Option<StoredSecret>>;
    /// Returns the tombstone of a secret whose token was purged.
    fn tombstone(&self, id: &PublicId) -> Result<Option<Tombstone>>;
    /// Returns the tokens outside the trash that `makers` created, directly or through tokens they created. Ordered by
    /// id, `limit` at most, without `makers` themselves.
    fn descendants(&self, makers: &[TokenId], now: Timestamp, limit: usize) -> Result<Vec<TokenId>>;
    /// Returns the tokens that a purge takes, with their revisions; by id.
    fn purge_set(&self, query: &PurgeQuery) -> Result<Vec<(TokenId, Revision)>>;
    /// Returns those of `tokens` that a purge takes; by id.
    fn purge_candidates(&self, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>>;
    /// Returns the number of an account's active tokens.
    fn active_tokens(&self, account: AccountId, now: Timestamp) -> Result<u32>;
    /// Returns the grants of all tokens that were not purged: by id, those after `after`, `limit` at most.
    fn grants(&self, after: Option<TokenId>, limit: usize) -> Result<GrantPage>;
    /// Returns a page of tokens.
    fn window(&self, query: &WindowQuery) -> Result<Window>;
    /// Returns the state of all tokens that the window's list has: by id, `query.limit` at most. The cursor and the order
    /// of `query` mean nothing.
    fn matching(&self, query: &WindowQuery) -> Result<Vec<TokenState>>;
    /// Counts the tokens that a reader may see. `soon` is the end of the time in which tokens count as expiring.
    fn visible_counts(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<VisibleCounts>;
    /// Counts the tokens of all accounts. `soon` is the end of the time in which tokens count as expiring, and `limit`
    /// is the maximum number of those that are named. It takes up to a second with a million tokens.
    fn token_figures(&self, now: Timestamp, soon: Timestamp, limit: usize) -> Result<TokenFigures>;
}

/// Writes tokens.
pub trait TokenWriter {
    /// Adds a token without a secret. It is a conflict if its account has a token of that name outside the trash.
    fn insert_token(&mut self, new: &NewToken<'_>) -> Result<TokenId>;
    /// Does the same as [`TokenWriter::insert_token`] under an id that [`super::Store::dry_run`] reserved.
    fn insert_reserved_token(&mut self, id: TokenId, new: &NewToken<'_>) -> Result<()>;
    /// Writes name, description, enabled, selection, expiry and trash of `token` and raises its revision. It is a
    /// conflict if the stored revision is not `token.revision`, or the name is taken.
    fn update_token(&mut self, token: &Token) -> Result<()>;
    /// Puts the new names of methods and sets into the selections of all tokens, in the trash or not. Raises the revision of
    /// each changed token, and returns their number.
    fn rename_in_selections(&mut self, renames: &Renames) -> Result<u64>;
    /// Records that `maker` created `token`.
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()>;
    /// Records that `maker` got the current secret of `token` by regenerating it.
    fn set_regenerated_by(&mut self, token: TokenId, maker: TokenId) -> Result<()>;
    /// Makes `secret` the token's current one, issued under `issued_role`. The secret before it stays valid until
    /// `keep_old_until`, if given. Every other secret is dead from now on.
    fn set_secret(
        &mut self,
        token: TokenId,
        secret: &Secret,
        issued_role: Role,
        now: Timestamp,
        keep_old_until: Option<Timestamp>,
    ) -> Result<()>;
    /// Removes the previous secret of a token, so that it is denied from now on.
    fn retire_previous(&mut self, token: TokenId) -> Result<()>;
    /// Purges tokens. Their secrets' digests stay as tombstones, and the ledger is not changed.
    fn purge(&mut self, tokens: &[TokenId], now: Timestamp) -> Result<()>;
}
