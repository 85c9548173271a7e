//! JSON answers about effective rights and lineage.

use schemars::JsonSchema;
use serde::Serialize;

use super::TokenJson;
use crate::domain::catalogue::effective_rights::EffectiveRights;
use crate::domain::denial_reason::DenialReason;
use crate::verbs::tokens::{MadeTokens, Maker, TokenDetails};

/// Which token made another, and what that made.
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
    /// None when it was purged, or is not to be seen.
    name: Option<String>,
}

/// What a token made, directly or not, outside the trash.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Made")]
pub struct MadeJson {
    count: usize,
    active: usize,
    /// There are more than `count`.
    more: bool,
    /// The first of them.
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
    /// Why it works for nothing at all; none when it works.
    refused: Option<&'static str>,
    methods: Vec<String>,
    withheld: Vec<WithheldMethodJson>,
    unknown_sets: Vec<String>,
    /// Those of the secret before, during an overlap.
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

/// What `can` answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Can")]
pub struct CanJson {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// The token.
    pub token: TokenJson,
    /// The method asked for.
    pub method: String,
    /// Whether the current secret may call it; where not, exit 4 as well.
    pub allowed: bool,
    /// Why not, a word; none when it may.
    pub reason: Option<&'static str>,
    /// The same of the secret before, during an overlap.
    pub previous: Option<CanPreviousJson>,
}

/// Whether the secret before the current one may call a method.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CanPrevious")]
pub struct CanPreviousJson {
    /// Whether it may.
    pub allowed: bool,
    /// Why not, a word; none when it may.
    pub reason: Option<&'static str>,
}
