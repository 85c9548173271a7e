//! JSON answers about effective rights and lineage.

use schemars::JsonSchema;
use serde::Serialize;

use super::TokenJson;
use crate::domain::catalogue::effective_rights::EffectiveRights;
use crate::domain::denial_reason::DenialReason;
use crate::verbs::tokens::{MadeTokens, Maker, TokenDetails};

/// The parent of a token, and the tokens made by it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Lineage")]
pub struct LineageJson {
    made_by: Option<MakerJson>,
    regenerated_by: Option<MakerJson>,
    previous_regenerated_by: Option<MakerJson>,
    made: MadeJson,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Maker")]
struct MakerJson {
    id: String,
    /// `null` if the parent was purged, or is not visible to you.
    name: Option<String>,
}

/// The tokens made by a token, directly or not, outside the trash.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Made")]
pub struct MadeJson {
    count: usize,
    active: usize,
    /// `true` if `count` is only a lower bound.
    more: bool,
    /// The first tokens.
    tokens: Vec<String>,
}

impl From<&MadeTokens> for MadeJson {
    fn from(made: &MadeTokens) -> Self {
        MadeJson { count: made.count, active: made.active, more: made.is_lower_bound, tokens: made.names.clone() }
    }
}

impl LineageJson {
    /// Converts the lineage of a token.
    pub fn new(shown: &TokenDetails) -> Self {
        let maker = |maker: &Option<Maker>| {
            maker.as_ref().map(|maker| MakerJson { id: maker.id.to_string(), name: maker.name.clone() })
        };
        LineageJson {
            made_by: maker(&shown.made_by),
            regenerated_by: maker(&shown.regenerated_by),
            previous_regenerated_by: maker(&shown.previous_regenerated_by),
            made: (&shown.made).into(),
        }
    }
}

/// The effective rights of a secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rights")]
pub struct RightsJson {
    role: &'static str,
    account_role: &'static str,
    issued_role: &'static str,
    /// Reason code if the secret works for no method at all, else `null`.
    refused: Option<&'static str>,
    methods: Vec<String>,
    withheld: Vec<WithheldMethodJson>,
    unknown_sets: Vec<String>,
    /// Rights of the previous secret, during an overlap.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Option<Box<RightsJson>>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WithheldMethod")]
struct WithheldMethodJson {
    method: String,
    reason: &'static str,
}

impl RightsJson {
    /// Converts the rights of the current secret and, during an overlap, of the previous one.
    pub fn new(current: &EffectiveRights, previous: Option<&EffectiveRights>) -> Self {
        RightsJson { previous: Some(previous.map(|previous| Box::new(previous.into()))), ..current.into() }
    }
}

impl From<&EffectiveRights> for RightsJson {
    fn from(rights: &EffectiveRights) -> Self {
        let (mut methods, mut withheld) = (Vec::new(), Vec::new());
        for (id, reason) in rights.methods() {
            match reason {
                None => methods.push(id.to_string()),
                Some(reason) => withheld.push(WithheldMethodJson { method: id.to_string(), reason: reason.as_str() }),
            }
        }
        RightsJson {
            role: rights.ceilings.role().as_str(),
            account_role: rights.ceilings.account.as_str(),
            issued_role: rights.ceilings.issued.as_str(),
            refused: rights.denial_reason.map(DenialReason::as_str),
            methods,
            withheld,
            unknown_sets: rights.unknown_sets.clone(),
            previous: None,
        }
    }
}

/// The answer of `can`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Can")]
pub struct CanJson {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// The token.
    pub token: TokenJson,
    /// The method in question.
    pub method: String,
    /// `true` if the current secret may call the method. Otherwise the exit code is 4.
    pub allowed: bool,
    /// Reason code of the denial; `null` if allowed.
    pub reason: Option<&'static str>,
    /// The same for the previous secret, during an overlap.
    pub previous: Option<CanPreviousJson>,
}

/// The answer for the previous secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CanPrevious")]
pub struct CanPreviousJson {
    /// `true` if the previous secret may call the method.
    pub allowed: bool,
    /// Reason code of the denial; `null` if allowed.
    pub reason: Option<&'static str>,
}
