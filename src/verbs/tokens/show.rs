//! show: everything about a token but the secret, with usage and effective rights. can: the permission for one method.

use super::lineage::{MadeTokens, Maker, made_tokens, maker};
use super::rights::{Rights, rights};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::effective_rights::{Ceilings, EffectiveRights, Withheld};
use crate::domain::catalogue::resolved_set::named_management_methods;
use crate::domain::denial_reason::DenialReason;
use crate::domain::method::MethodId;
use crate::domain::token::{Token, TokenRef};
use crate::domain::wire_format::present;
use crate::verbs::ports::Usage;
use crate::verbs::prelude::*;
use crate::verbs::verify;

/// Returns everything about a token but the secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowToken {
    /// The token, in the trash or not.
    pub token: TokenRef,
}

/// The answer to [`ShowToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenDetails {
    /// The token.
    pub token: Token,
    /// The token's usage.
    pub usage: Usage,
    /// The effective rights of the current secret.
    pub rights: EffectiveRights,
    /// The effective rights of the previous secret, during an overlap.
    pub previous_rights: Option<Box<EffectiveRights>>,
    /// Number of permitted methods that the token has used, as far back as the ledger goes. Counts among
    /// [`Usage::MAX_METHODS`] methods at most.
    pub used_methods: usize,
    /// The token that made this one. `None` if a person did.
    pub made_by: Option<Maker>,
    /// The token that regenerated the current secret. `None` if a person did, or if the secret is the first one.
    pub regenerated_by: Option<Maker>,
    /// The token that regenerated the previous secret, during an overlap.
    pub previous_regenerated_by: Option<Maker>,
    /// Tokens that this token made.
    pub made: MadeTokens,
}

impl Query for ShowToken {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<TokenDetails> {
        let token = authorize::resolve_token(actor, snapshot, &self.token, TrashScope::Any, TokenAction::Read)?;
        let usage = snapshot.usage(token.id, env.now)?;
        let Rights { current, previous } = rights(snapshot, &token, env.now)?;
        let used = |(method, _): &&(String, u64)| {
            current.permitted.binary_search_by(|id| id.as_str().cmp(method.as_str())).is_ok()
        };
        let used = usage.all_methods.iter().filter(used).count();
        let previous_by = token.overlap(env.now).and_then(|previous| previous.regenerated_by);
        Ok(TokenDetails {
            made_by: maker(actor, snapshot, token.made_by)?,
            regenerated_by: maker(actor, snapshot, token.regenerated_by)?,
            previous_regenerated_by: maker(actor, snapshot, previous_by)?,
            made: made_tokens(actor, snapshot, &[token.id], env.now)?,
            token,
            usage,
            rights: current,
            previous_rights: previous.map(Box::new),
            used_methods: used,
        })
    }
}

/// Checks if a token may call a method, and why not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanToken {
    /// The token, in the trash or not.
    pub token: TokenRef,
    pub method: MethodId,
}

/// The answer to [`CanToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodCheck {
    /// The token.
    pub token: Token,
    /// The reason why the current secret may not call the method. `None` if it may.
    pub withheld: Option<Withheld>,
    /// The same for the previous secret, during an overlap.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub previous: Option<Option<Withheld>>,
    /// The known method with the nearest id, if the method is unknown.
    pub nearest: Option<MethodId>,
}

impl Query for CanToken {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<MethodCheck> {
        let token = authorize::resolve_token(actor, snapshot, &self.token, TrashScope::Any, TokenAction::Read)?;
        let refused = token.denial_reason(env.now).map(Withheld::TokenDenied);
        let method = snapshot.method(&self.method)?;
        let is_selected = verify::selects(snapshot, &token.selection, &self.method)?;
        let is_named = match &token.selection {
            Selection::Sets(names) if method.is_some() && self.method.is_management() => {
                named_management_methods(&snapshot.catalogues()?, names.iter().map(String::as_str))
                    .contains(&self.method)
            }
            _ => false,
        };
        let withheld = |issued| match &method {
            None => Some(Withheld::UnknownMethod),
            Some(_) if is_named => Some(Withheld::PickedOneByOne),
            Some(_) if !is_selected => Some(Withheld::NotSelected),
            Some(method) => Ceilings { account: token.owner.role, issued }.withhold(method.access).or(refused),
        };
        let nearest = if method.is_none() { nearest(snapshot, &self.method)? } else { None };
        Ok(MethodCheck {
            withheld: withheld(token.issued_role),
            previous: token.overlap(env.now).map(|previous| withheld(previous.issued_role)),
            nearest,
            token,
        })
    }
}

/// Returns the method whose id differs least from `wanted`. `None` if no id is similar.
fn nearest(snapshot: &dyn Snapshot, wanted: &MethodId) -> Result<Option<MethodId>> {
    let catalogues = snapshot.catalogues()?;
    let ids = catalogues.iter().flat_map(|c| c.methods().map(|m| &m.id));
    let last = |id: &MethodId| id.as_str().rsplit('.').next().unwrap_or_default().to_lowercase();
    let (text, name) = (wanted.as_str().to_lowercase(), last(wanted));
    let shared = |id: &MethodId| {
        let id = id.as_str().to_lowercase();
        let head = id.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let tail = id.bytes().rev().zip(text.bytes().rev()).take_while(|(a, b)| a == b).count();
        (head + tail).min(id.len())
    };
    let near = ids.filter(|id| last(id) == name || shared(id) * 4 >= text.len() * 3);
    Ok(near.max_by_key(|id| (last(id) == name, shared(id))).cloned())
}

impl MethodCheck {
    /// Describes the reason in a sentence.
    pub fn describe(withheld: Withheld) -> String {
        match withheld {
            Withheld::NotSelected => "the token's selection does not include the method".to_owned(),
            Withheld::PickedOneByOne => {
                "jeton.* methods must be chosen one by one; API sets and Inherit don't include them".to_owned()
            }
            Withheld::UnknownMethod => "the method is in no catalogue, so it grants nothing".to_owned(),
            Withheld::AccountRole(role) => format!("the method needs a higher role; the account has the role {role}"),
            Withheld::IssuedRole(role) => {
                format!("the method needs a higher role; the secret was issued with the role {role}")
            }
            Withheld::TokenDenied(DenialReason::Deleted) => "the token is in the trash".to_owned(),
            Withheld::TokenDenied(reason) => reason.describe().to_owned(),
        }
    }
}
