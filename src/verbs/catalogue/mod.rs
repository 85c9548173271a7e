//! Verbs about the catalogue.

mod apply;

pub use apply::{ApplyCatalogue, Preview, PreviewCatalogue, Widened, Widening};

use crate::domain::catalogue::{ApiSet, Catalogue};
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::ports::Snapshot;
use crate::verbs::{Env, Proof, Query, Verb};

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

/// Everything that can be selected: every catalogue with its groups, methods and sets.
#[derive(Debug)]
pub struct ListCatalogues;

impl Verb for ListCatalogues {
    const NAME: &'static str = "catalogue.list";
    const PROOF: Proof = Proof::Store;
    type Reply = Vec<Catalogue>;
}

impl Query for ListCatalogues {
    fn run(&self, _by: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Vec<Catalogue>> {
        snapshot.catalogues()
    }
}
