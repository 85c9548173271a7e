//! show: everything about a token but the secret, with usage.

use std::collections::HashSet;

use crate::domain::catalogue::reach::Rights;
use crate::domain::method::MethodId;
use crate::domain::selection::Selection;
use crate::domain::token::{Token, TokenRef};
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, Act, Among};
use crate::verbs::needs::Needs;
use crate::verbs::ports::{Snapshot, Usage};
use crate::verbs::{Env, Proof, Query, Verb};

/// Everything about a token but the secret.
#[derive(Debug, Clone)]
pub struct ShowToken {
    /// Which, in the trash too.
    pub token: TokenRef,
}

/// The answer to [`ShowToken`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The token.
    pub token: Token,
    /// How it was used.
    pub usage: Usage,
    /// What its selection comes to today.
    pub reach: Reach,
}

/// What a selection comes to with the catalogues and the role of today.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// How many methods the token may call.
    pub permitted: usize,
    /// How many of those it has, as far back as the ledger goes; of [`Usage::METHODS_MOST`] at most.
    pub used: usize,
    /// Hand-picked methods that no catalogue knows any more: they grant nothing.
    pub unknown_methods: Vec<MethodId>,
    /// Sets that no catalogue knows any more: they grant nothing.
    pub unknown_sets: Vec<String>,
}

impl Verb for ShowToken {
    const NAME: &'static str = "token.show";
    const PROOF: Proof = Proof::Identity;
    const NEEDS: Needs = Needs::ReadTokens;
    type Reply = Shown;
}

impl Query for ShowToken {
    const READS_LEDGER: bool = true;

    fn run(&self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Shown> {
        let token = authorize::token(by, snapshot, &self.token, Among::All, Act::See)?;
        let usage = snapshot.usage(token.id, env.now)?;
        let reach = reach(snapshot, &token, &usage)?;
        Ok(Shown { token, usage, reach })
    }
}

fn reach(snapshot: &dyn Snapshot, token: &Token, usage: &Usage) -> Result<Reach> {
    let catalogues = snapshot.catalogues()?;
    let rights = Rights::new(&catalogues);
    let may = rights.permitted(token.role(), &token.selection);
    let used = usage.methods_kept.iter().filter_map(|(method, _)| rights.number(method)).filter(|n| may.holds(*n));
    let mut reach = Reach { permitted: rights.named(&may).count(), used: used.count(), ..Reach::default() };
    match &token.selection {
        Selection::Inherit => {}
        Selection::Custom(methods) => {
            let known: HashSet<&MethodId> = catalogues.iter().flat_map(|c| c.methods().map(|m| &m.id)).collect();
            reach.unknown_methods = methods.iter().filter(|m| !known.contains(m)).cloned().collect();
        }
        Selection::Sets(names) => {
            let known: HashSet<&str> = catalogues.iter().flat_map(|c| c.sets.iter().map(|s| s.name.as_str())).collect();
            reach.unknown_sets = names.iter().filter(|n| !known.contains(n.as_str())).cloned().collect();
        }
    }
    Ok(reach)
}
