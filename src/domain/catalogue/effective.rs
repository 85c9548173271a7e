//! The methods that a secret may call today, and the reason for each selected one that it may not.

use std::collections::HashSet;

use super::Catalogue;
use super::reach::Rights;
use super::set;
use crate::domain::method::{Access, MethodId};
use crate::domain::reason::Reason;
use crate::domain::role::Role;
use crate::domain::selection::Selection;

/// Why a method is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// The selection doesn't hold the method.
    NotSelected,
    /// The method is one of `jeton.*`, which only a Custom selection holds, and an API set of an older store names it.
    PickedOneByOne,
    /// No catalogue knows the method.
    UnknownMethod,
    /// The method is above the ceiling of the account's role.
    AccountRole(Role),
    /// The method is above the ceiling of the role that the secret was issued under.
    IssuedRole(Role),
    /// The token works for nothing at all.
    Refused(Reason),
}

impl Withheld {
    /// A word for JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Withheld::NotSelected => "not-selected",
            Withheld::PickedOneByOne => "picked-one-by-one",
            Withheld::UnknownMethod => "unknown-method",
            Withheld::AccountRole(_) => "account-role",
            Withheld::IssuedRole(_) => "issued-role",
            Withheld::Refused(reason) => reason.word(),
        }
    }

    /// The reason in a few words, to stand behind the method.
    pub fn short(self) -> String {
        match self {
            Withheld::NotSelected => "not in its selection".to_owned(),
            Withheld::PickedOneByOne => "jeton.* methods are picked one by one".to_owned(),
            Withheld::UnknownMethod => "unknown, grants nothing".to_owned(),
            Withheld::AccountRole(role) => format!("above its account's role, {role}"),
            Withheld::IssuedRole(role) => format!("its secret was issued under {role}"),
            Withheld::Refused(reason) => reason.sentence().to_owned(),
        }
    }
}

/// The roles that cap a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    /// The role of the account.
    pub account: Role,
    /// The role that the secret was issued under.
    pub issued: Role,
}

impl Ceilings {
    /// The lower of the two.
    pub fn role(self) -> Role {
        self.account.min(self.issued)
    }

    /// Why a method of `access` is withheld, if it is.
    pub fn withhold(self, access: Access) -> Option<Withheld> {
        if !self.account.permits(access) {
            Some(Withheld::AccountRole(self.account))
        } else if !self.issued.permits(access) {
            Some(Withheld::IssuedRole(self.issued))
        } else {
            None
        }
    }
}

/// The effective rights of one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRights {
    /// The roles that cap the secret.
    pub ceilings: Ceilings,
    /// Why the secret works for nothing at all; `None` if it works.
    pub refused: Option<Reason>,
    /// The methods within both ceilings, sorted: those that the secret may call unless it is refused.
    pub permitted: Vec<MethodId>,
    /// Selected methods that stay out of reach whether or not the secret is refused, sorted.
    pub withheld: Vec<(MethodId, Withheld)>,
    /// Selected sets that no catalogue knows: they grant nothing.
    pub unknown_sets: Vec<String>,
}

impl EffectiveRights {
    /// What `selection` comes to under `ceilings`.
    pub fn new(
        catalogues: &[Catalogue],
        rights: &Rights,
        selection: &Selection,
        ceilings: Ceilings,
        refused: Option<Reason>,
    ) -> Self {
        // Inherit selects what the account's role permits, and nothing above it.
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
                let named = set::management_named(catalogues, names.iter().map(String::as_str));
                let known_named = named.into_iter().filter(|id| rights.number(id.as_str()).is_some());
                withheld.extend(known_named.map(|id| (id.clone(), Withheld::PickedOneByOne)));
                withheld.sort_by(|(one, _), (other, _)| one.cmp(other));
                unknown_sets = names.iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
            }
        }
        EffectiveRights { ceilings, refused, permitted, withheld, unknown_sets }
    }

    /// Each selected method with the reason if it is withheld, sorted.
    pub fn methods(&self) -> Vec<(&MethodId, Option<Withheld>)> {
        let refused = self.refused.map(Withheld::Refused);
        let mut all: Vec<_> = self.permitted.iter().map(|id| (id, refused)).collect();
        all.extend(self.withheld.iter().map(|(id, reason)| (id, Some(*reason))));
        all.sort_by_key(|(id, _)| *id);
        all
    }

    /// What whoever chose the selection should know: `None` if it grants all that it names.
    pub fn warning(&self) -> Option<String> {
        let selected = self.permitted.len() + self.withheld.len();
        let first = self.withheld.first();
        Some(match (first, self.permitted.len()) {
            (None, 0) if self.unknown_sets.is_empty() => "it may call nothing: its selection is empty".to_owned(),
            (None, 0) => format!("it may call nothing: unknown API set {}", self.unknown_sets.join(", ")),
            (None, _) => return None,
            (Some((id, reason)), permitted) => {
                let what = match (permitted, self.withheld.len()) {
                    (0, _) => "it may call nothing: ".to_owned(),
                    (_, 1) => format!("1 of {selected} methods is withheld: "),
                    (_, n) => format!("{n} of {selected} methods are withheld: "),
                };
                let more = match self.withheld.len() - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{what}{id}{more} ({})", reason.short())
            }
        })
    }
}
