//! The lineage of tokens: tokens created with another token, tokens whose secret was regenerated with it, and tokens
//! made with these.

use crate::domain::number::group_digits;
use crate::domain::set_hash::SetHash;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token, TokenId, TokenRef};
use crate::error::Kind;
use crate::verbs::prelude::*;

/// Maximum number of tokens that one request revokes along with others. Counting stops there, too.
pub const MAX_MADE: usize = 1_000;
const MAX_NAMES: usize = 5;

/// The parents of a token, and the tokens made by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// The token that made this one. `None` if a person did.
    pub made_by: Option<Maker>,
    /// The token that regenerated the current secret. `None` if a person did, or if the secret is the first one.
    pub regenerated_by: Option<Maker>,
    /// The token that regenerated the previous secret, during an overlap.
    pub previous_regenerated_by: Option<Maker>,
    /// Tokens that this token created or regenerated, without those in the trash.
    pub made: MadeTokens,
}

/// The tokens outside the trash that a token made or holds a secret of, and those that these made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MadeTokens {
    /// Number of tokens, [`MAX_MADE`] at most.
    #[schemars(description = "Number of tokens; a lower bound if `more` is `true`.")]
    pub count: usize,
    /// Number of the active tokens among them; a lower bound if `more` is `true`.
    pub active: usize,
    /// `true` if counting stopped at the limit; `count` is then a lower bound.
    #[serde(rename = "more")]
    pub is_lower_bound: bool,
    /// The first tokens that you are permitted to see, as `account/name`, five at most.
    #[serde(rename = "tokens")]
    pub names: Vec<String>,
}

impl MadeTokens {
    /// Returns `2 tokens that are not revoked: ops/a, ops/b`. `None` if nothing was made.
    pub fn describe(&self) -> Option<String> {
        let bound = if self.is_lower_bound { "more than " } else { "" };
        let what = match self.count {
            0 => return None,
            1 => "1 token that is not revoked".to_owned(),
            count => format!("{bound}{count} tokens that are not revoked"),
        };
        let active = match self.active {
            active if active == self.count => String::new(),
            0 if self.is_lower_bound => String::new(),
            0 if self.count == 1 => " (not active)".to_owned(),
            active if self.is_lower_bound => format!(" (at least {active} of them active)"),
            0 => " (none of them active)".to_owned(),
            active => format!(" ({active} of them active)"),
        };
        let more = if self.names.len() < self.count { " …" } else { "" };
        let names = if self.names.is_empty() { String::new() } else { format!(": {}{more}", self.names.join(", ")) };
        Some(format!("{what}{active}{names}"))
    }
}

pub(in crate::verbs) fn made_tokens(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    makers: &[TokenId],
    now: Timestamp,
) -> Result<MadeTokens> {
    let mut ids = snapshot.descendants(makers, now, MAX_MADE + 1)?;
    let is_lower_bound = ids.len() > MAX_MADE;
    ids.truncate(MAX_MADE);
    let mut summary = MadeTokens { count: ids.len(), is_lower_bound, ..MadeTokens::default() };
    for id in ids {
        let Some(token) = snapshot.token(id)? else { continue };
        summary.active += usize::from(token.status(now) == Status::Active && token.owner.enabled);
        if summary.names.len() < MAX_NAMES && authorize::find_visible(actor, snapshot, id)?.is_some() {
            summary.names.push(token.full_name());
        }
    }
    Ok(summary)
}

/// Returns the hash of the tokens that `makers` made, with their revisions.
pub(in crate::verbs) fn made_set(snapshot: &dyn Snapshot, makers: &[TokenId], now: Timestamp) -> Result<SetHash> {
    let ids = snapshot.descendants(makers, now, MAX_MADE)?;
    let tokens: Vec<Option<Token>> = ids.into_iter().map(|id| snapshot.token(id)).collect::<Result<_>>()?;
    hash_of(tokens.iter().flatten())
}

pub(in crate::verbs) fn hash_of<'t>(tokens: impl IntoIterator<Item = &'t Token>) -> Result<SetHash> {
    SetHash::of(tokens.into_iter().map(|token| (token.id, token.revision)))
}

/// Returns the tokens that `makers` made, to be revoked along with them. Fails if one of them is out of reach.
pub(super) fn made_to_revoke(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    makers: &[Token],
    now: Timestamp,
) -> Result<Vec<Token>> {
    let ids: Vec<TokenId> = makers.iter().map(|token| token.id).collect();
    let room = MAX_MADE.saturating_sub(makers.len());
    let these = if makers.len() == 1 { "this token" } else { "these tokens" };
    let found = snapshot.descendants(&ids, now, room + 1)?;
    let references: Vec<TokenRef> = found.iter().take(room).map(|id| TokenRef::Id(*id)).collect();
    let references: Vec<&TokenRef> = references.iter().collect();
    let tokens = authorize::resolve_tokens(
        actor,
        snapshot,
        &references,
        TrashScope::Live,
        TokenAction::Restrict,
        &RequestedRights::default(),
    );
    let tokens = tokens.map_err(|error| match error.kind {
        Kind::Denied => Error::denied(format!(
            "{these} created or regenerated tokens that you are not permitted to revoke; nothing was revoked"
        ))
        .why(error.why.unwrap_or_default())
        .next(
            "Revoke without the created or regenerated tokens (in a command: without --with-made). Ask an owner to \
             revoke the created or regenerated tokens",
        ),
        _ => error,
    })?;
    if found.len() > room {
        return Err(Error::conflict(format!(
            "more than {} tokens would be revoked at once; nothing was revoked",
            group_digits(MAX_MADE as u64)
        ))
        .why(format!("the number includes the tokens that {these} created or regenerated"))
        .next(
            "Revoke the tokens in several steps. Begin with the created or regenerated tokens. To see the origin of each \
             token, run: jeton token list --all --json (fields made_by and regenerated_by)",
        ));
    }
    Ok(tokens)
}

/// The token that made another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// The token's id.
    pub id: TokenId,
    /// `account/name`. `None` if the token was purged, or you are not permitted to see it.
    pub name: Option<String>,
}

impl Maker {
    /// Returns `the token ops/ci`.
    pub fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("the token {name}"),
            None => format!("the token {} (purged, or you are not permitted to see it)", self.id),
        }
    }
}

/// Returns the maker of that id. Its name is included if the actor may see it.
pub(super) fn maker(actor: &Actor, snapshot: &dyn Snapshot, id: Option<TokenId>) -> Result<Option<Maker>> {
    let Some(id) = id else { return Ok(None) };
    let maker = authorize::find_visible(actor, snapshot, id)?;
    Ok(Some(Maker { id, name: maker.map(|maker| maker.full_name()) }))
}
