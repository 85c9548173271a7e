//! The methods that a secret may call today, and the reason for each selected method that it may not call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;

use super::Catalogue;
use super::permission_index::PermissionIndex;
use super::resolved_set;
use crate::domain::api_selection::Selection;
use crate::domain::denial_reason::DenialReason;
use crate::domain::method::{Access, MethodId};
use crate::domain::role::Role;

/// The reason why a method is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Withheld {
    NotSelected,
    /// An API set of an older store names a method of `jeton.*`. Only a Custom selection can hold these methods.
    PickedOneByOne,
    /// No catalogue defines the method.
    UnknownMethod,
    /// The method is above the ceiling of the account's role.
    AccountRole,
    /// The method is above the ceiling of the role that the secret was issued under.
    IssuedRole,
    TokenDenied(DenialReason),
}

impl Withheld {
    pub const fn as_str(self) -> &'static str {
        match self {
            Withheld::NotSelected => "not-selected",
            Withheld::PickedOneByOne => "picked-one-by-one",
            Withheld::UnknownMethod => "unknown-method",
            Withheld::AccountRole => "account-role",
            Withheld::IssuedRole => "issued-role",
            Withheld::TokenDenied(reason) => reason.as_str(),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        use Withheld::{AccountRole, IssuedRole, NotSelected, PickedOneByOne, UnknownMethod};
        let of_method = [NotSelected, PickedOneByOne, UnknownMethod, AccountRole, IssuedRole];
        let denied = || DenialReason::from_word(word).map(Withheld::TokenDenied);
        of_method.into_iter().find(|reason| reason.as_str() == word).or_else(denied)
    }

    /// Returns the reason in a few words, to be shown after the method. `ceilings` are those of the secret.
    pub fn summary(self, ceilings: Ceilings) -> String {
        match self {
            Withheld::NotSelected => "not in the token's API selection".to_owned(),
            Withheld::PickedOneByOne => "jeton.* methods must be chosen one by one".to_owned(),
            Withheld::UnknownMethod => "unknown, grants nothing".to_owned(),
            Withheld::AccountRole => format!("the account's role {} is too low", ceilings.account),
            Withheld::IssuedRole => format!("the issued role {} is too low", ceilings.issued),
            Withheld::TokenDenied(reason) => reason.describe_for_existing().to_owned(),
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The roles that limit a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    pub account: Role,
    /// The role under which the secret was issued.
    pub issued: Role,
}

impl Ceilings {
    /// Returns the lower of the two roles.
    pub fn role(self) -> Role {
        self.account.min(self.issued)
    }

    /// Returns why a method of `access` is withheld; `None` if it isn't.
    pub fn withhold(self, access: Access) -> Option<Withheld> {
        if !self.account.permits(access) {
            Some(Withheld::AccountRole)
        } else if !self.issued.permits(access) {
            Some(Withheld::IssuedRole)
        } else {
            None
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "RightsJson", into = "RightsJson")]
pub struct EffectiveRights {
    pub ceilings: Ceilings,
    /// Reason why the secret permits nothing at all; `None` if the secret works.
    pub denial_reason: Option<DenialReason>,
    /// The methods within both ceilings, sorted. The secret may call them unless it is refused.
    pub permitted: Vec<MethodId>,
    /// Selected methods that are withheld even if the secret is not refused, sorted.
    pub withheld: Vec<(MethodId, Withheld)>,
    /// Selected sets that no catalogue defines. They grant nothing.
    pub unknown_sets: Vec<String>,
}

impl EffectiveRights {
    pub fn new(
        catalogues: &[Catalogue],
        rights: &PermissionIndex,
        selection: &Selection,
        ceilings: Ceilings,
        denial_reason: Option<DenialReason>,
    ) -> Self {
        // Inherit selects only methods that the account's role permits.
        let selecting = if *selection == Selection::Inherit { ceilings.account } else { Role::Owner };
        let (mut permitted, mut withheld) = (Vec::new(), Vec::new());
        for (id, access) in rights.selected(selecting, selection) {
            match ceilings.withhold(access) {
                None => permitted.push(id.clone()),
                Some(reason) => withheld.push((id.clone(), reason)),
            }
        }
        let mut unknown_sets = Vec::new();
        match selection {
            Selection::Inherit => {}
            Selection::Custom(methods) => {
                let unknown = methods.iter().filter(|id| rights.number(id.as_str()).is_none());
                withheld.extend(unknown.map(|id| (id.clone(), Withheld::UnknownMethod)));
                withheld.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            Selection::Sets(names) => {
                let known: HashSet<&str> =
                    catalogues.iter().flat_map(|c| c.sets.iter().map(|s| s.name.as_str())).collect();
                let named = resolved_set::named_management_methods(catalogues, names.iter().map(String::as_str));
                let known_named = named.into_iter().filter(|id| rights.number(id.as_str()).is_some());
                withheld.extend(known_named.map(|id| (id.clone(), Withheld::PickedOneByOne)));
                withheld.sort_by(|(one, _), (other, _)| one.cmp(other));
                unknown_sets = names.iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
            }
        }
        EffectiveRights { ceilings, denial_reason, permitted, withheld, unknown_sets }
    }

    /// Returns each selected method, sorted, with the reason if it is withheld.
    pub fn methods(&self) -> Vec<(&MethodId, Option<Withheld>)> {
        let denied = self.denial_reason.map(Withheld::TokenDenied);
        let mut all: Vec<_> = self.permitted.iter().map(|id| (id, denied)).collect();
        all.extend(self.withheld.iter().map(|(id, reason)| (id, Some(*reason))));
        all.sort_by_key(|(id, _)| *id);
        all
    }

    fn unknown_sets_text(&self) -> String {
        let sets = if self.unknown_sets.len() == 1 { "set" } else { "sets" };
        format!("unknown API {sets} {}", self.unknown_sets.join(", "))
    }

    /// Returns a warning for the person who chose the selection; `None` if it grants everything that it names.
    pub fn warning(&self) -> Option<String> {
        let selected = self.permitted.len() + self.withheld.len();
        let first = self.withheld.first();
        Some(match (first, self.permitted.len()) {
            (None, 0) if self.unknown_sets.is_empty() => {
                "the token can't call any method: its API selection has no methods".to_owned()
            }
            (None, 0) => format!("the token can't call any method: {}", self.unknown_sets_text()),
            (None, _) if self.unknown_sets.is_empty() => return None,
            (None, _) => format!("a part of the API selection grants nothing: {}", self.unknown_sets_text()),
            (Some((id, reason)), permitted) => {
                let what = match (permitted, self.withheld.len()) {
                    (0, 1) => "the token can't call its only method: ".to_owned(),
                    (0, _) => format!("the token can't call any of its {selected} methods: "),
                    (_, 1) => format!("the token can't call 1 of its {selected} methods: "),
                    (_, n) => format!("the token can't call {n} of its {selected} methods: "),
                };
                let more = match self.withheld.len() - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{what}{id} ({}){more}", reason.summary(self.ceilings))
            }
        })
    }
}

/// The JSON form of [`EffectiveRights`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RightsJson {
    /// The lower of the two roles. It limits the secret.
    role: Role,
    /// The account's role.
    account_role: Role,
    /// Role under which the secret was issued.
    issued_role: Role,
    /// Reason code if the secret works for no method at all, else `null`.
    refused: Option<DenialReason>,
    /// Ids of the methods that the secret may call.
    methods: Vec<MethodId>,
    /// Selected methods that the secret may not call.
    withheld: Vec<WithheldMethod>,
    /// Selected API sets that no catalogue defines. They grant nothing.
    unknown_sets: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WithheldMethod {
    method: MethodId,
    /// `not-selected`, `picked-one-by-one`, `unknown-method`, `account-role`, `issued-role`, or a [`DenialReason`].
    reason: Withheld,
}

impl From<EffectiveRights> for RightsJson {
    fn from(rights: EffectiveRights) -> Self {
        let (mut methods, mut withheld) = (Vec::new(), Vec::new());
        for (id, reason) in rights.methods() {
            match reason {
                None => methods.push(id.clone()),
                Some(reason) => withheld.push(WithheldMethod { method: id.clone(), reason }),
            }
        }
        RightsJson {
            role: rights.ceilings.role(),
            account_role: rights.ceilings.account,
            issued_role: rights.ceilings.issued,
            refused: rights.denial_reason,
            methods,
            withheld,
            unknown_sets: rights.unknown_sets,
        }
    }
}

impl From<RightsJson> for EffectiveRights {
    fn from(json: RightsJson) -> Self {
        let (mut permitted, mut withheld) = (json.methods, Vec::new());
        for WithheldMethod { method, reason } in json.withheld {
            match reason {
                Withheld::TokenDenied(_) => permitted.push(method),
                _ => withheld.push((method, reason)),
            }
        }
        permitted.sort();
        withheld.sort_by(|(one, _), (other, _)| one.cmp(other));
        EffectiveRights {
            ceilings: Ceilings { account: json.account_role, issued: json.issued_role },
            denial_reason: json.refused,
            permitted,
            withheld,
            unknown_sets: json.unknown_sets,
        }
    }
}
