//! show: everything about a token but the secret, with usage and effective rights. can: the permission for one method.

use super::lineage::{Lineage, made_tokens, maker};
use super::rights::{Rights, rights};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::effective_rights::{Ceilings, Withheld};
use crate::domain::catalogue::resolved_set::named_management_methods;
use crate::domain::denial_reason::DenialReason;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::token::{Token, TokenRef};
use crate::domain::wire_format::in_answer;
use crate::verbs::ports::Usage;
use crate::verbs::prelude::*;
use crate::verbs::verify;

/// Returns everything about a token but the secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowToken {
    /// The token, in the trash or not.
    pub token: TokenRef,
}

/// The answer to [`ShowToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenDetails {
    /// The token.
    pub token: Token,
    /// Usage of the token.
    pub usage: Usage,
    /// The methods that the token may call, and the reasons for the selected ones that it may not.
    pub rights: Rights,
    /// The parents of the token, and the tokens made by it.
    pub lineage: Lineage,
    /// Number of permitted methods that the token has used, as far back as the ledger goes. Counts among
    /// [`Usage::MAX_METHODS`] methods at most.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub used_methods: usize,
}

impl Query for ShowToken {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<TokenDetails> {
        let token = authorize::resolve_token(actor, snapshot, &self.token, TrashScope::Any, TokenAction::Read)?;
        let usage = snapshot.usage(token.id, env.now)?;
        let rights = rights(snapshot, &token, env.now)?;
        let used = |(method, _): &&(String, u64)| {
            rights.current.permitted.binary_search_by(|id| id.as_str().cmp(method.as_str())).is_ok()
        };
        let used = usage.all_methods.iter().filter(used).count();
        let previous_by = token.overlap(env.now).and_then(|previous| previous.regenerated_by);
        let lineage = Lineage {
            made_by: maker(actor, snapshot, token.made_by)?,
            regenerated_by: maker(actor, snapshot, token.regenerated_by)?,
            previous_regenerated_by: maker(actor, snapshot, previous_by)?,
            made: made_tokens(actor, snapshot, &[token.id], env.now)?,
        };
        Ok(TokenDetails { token, usage, rights, lineage, used_methods: used })
    }
}

/// Checks if a token may call a method, and why not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanToken {
    /// The token, in the trash or not.
    pub token: TokenRef,
    /// The method in question.
    pub method: MethodId,
}

/// The answer to [`CanToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MethodCheck {
    /// The token.
    pub token: Token,
    /// The method in question.
    pub method: MethodId,
    /// The answer for the current secret.
    #[serde(flatten)]
    pub current: MethodAccess,
    /// The same for the previous secret, during an overlap.
    pub previous: Option<MethodAccess>,
    /// The known method with the nearest id, if the method is unknown.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub nearest: Option<MethodId>,
}

/// The reason why a secret may not call a method. `None` if it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "MethodAccessJson", into = "MethodAccessJson")]
pub struct MethodAccess(pub Option<Withheld>);

/// The JSON form of [`MethodAccess`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MethodAccess")]
struct MethodAccessJson {
    /// `true` if the secret may call the method. Otherwise the exit code is 4.
    allowed: bool,
    /// The reason why not: `not-selected`, `picked-one-by-one`, `unknown-method`, `account-role`, `issued-role`, or a
    /// [`DenialReason`]. `None` if the secret may call the method.
    reason: Option<Withheld>,
}

impl From<MethodAccess> for MethodAccessJson {
    fn from(MethodAccess(reason): MethodAccess) -> Self {
        MethodAccessJson { allowed: reason.is_none(), reason }
    }
}

impl TryFrom<MethodAccessJson> for MethodAccess {
    type Error = &'static str;

    fn try_from(json: MethodAccessJson) -> std::result::Result<Self, Self::Error> {
        let agree = json.allowed == json.reason.is_none();
        agree.then_some(MethodAccess(json.reason)).ok_or("a secret may call a method, or there is a reason why not")
    }
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
        let current = MethodAccess(withheld(token.issued_role));
        let previous = token.overlap(env.now).map(|previous| MethodAccess(withheld(previous.issued_role)));
        Ok(MethodCheck { method: self.method.clone(), current, previous, nearest, token })
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
    /// Describes the reason of a secret issued under the role `issued`, in a sentence.
    pub fn describe(&self, withheld: Withheld, issued: Role) -> String {
        match withheld {
            Withheld::NotSelected => "the token's API selection does not include the method".to_owned(),
            Withheld::PickedOneByOne => {
                "jeton.* methods must be chosen one by one; API sets and Inherit don't include them".to_owned()
            }
            Withheld::UnknownMethod => "no catalogue has the method, so no token can call it".to_owned(),
            Withheld::AccountRole => {
                format!("the method needs a higher role; the account has the role {}", self.token.owner.role)
            }
            Withheld::IssuedRole => {
                format!("the method needs a higher role; the secret was issued with the role {issued}")
            }
            Withheld::TokenDenied(reason) => DenialReason::describe_for_existing(reason).to_owned(),
        }
    }
}
