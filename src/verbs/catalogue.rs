//! Verbs about the catalogue.

use super::actor::Actor;
use super::ports::Snapshot;
use super::{Env, Proof, Query, Verb};
use crate::domain::catalogue::ApiSet;
use crate::error::Result;

/// Lists the API sets that tokens can be given.
#[derive(Debug)]
pub struct ListSets;

impl Verb for ListSets {
    const NAME: &'static str = "catalogue.sets";
    const PROOF: Proof = Proof::Identity;
    type Reply = Vec<ApiSet>;
}

impl Query for ListSets {
    fn run(&self, _by: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Vec<ApiSet>> {
        snapshot.api_sets()
    }
}
