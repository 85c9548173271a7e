//! What changes if a catalogue is replaced.
//!
//! - [`renames`] finds parts with a new name, [`mod@diff`] the differences between two versions;
//! - [`requests`] finds the methods that get requests of others, or lose some, and those that become public;
//! - [`rights`] finds the methods that each token gains and loses by it.

pub mod diff;
pub mod renames;
pub mod requests;
pub mod rights;

use std::collections::BTreeSet;
use std::fmt;

use self::diff::{CatalogueDiff, diff};
use self::renames::Renames;
use self::requests::RequestChanges;
use self::rights::RightsComparison;
use super::{Catalogue, validate};
use crate::domain::method::MethodId;
use crate::error::Result;

/// The comparison of all catalogues before and after one is replaced or added.
pub struct CatalogueChange {
    older: Option<Catalogue>,
    newer: Catalogue,
    pub renames: Renames,
    pub requests: RequestChanges,
    pub rights: RightsComparison,
    /// Other catalogues whose sets use an old name, with the new names, and the names of these sets.
    renamed_others: Vec<(Catalogue, Vec<String>)>,
}

impl CatalogueChange {
    /// Compares `before` with the state in which `newer` is in the place of the catalogue of its name.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] or [`crate::error::Kind::Conflict`] if `newer` breaks a rule.
    pub fn new(before: &[Catalogue], newer: &Catalogue) -> Result<Self> {
        validate::validate(newer, before)?;
        let older = before.iter().find(|catalogue| catalogue.name == newer.name);
        let renames = Renames::new(older, newer);
        let (mut after, mut renamed_others) = (Vec::with_capacity(before.len() + 1), Vec::new());
        for existing in before {
            if existing.name == newer.name {
                after.push(newer.clone());
            } else if let Some((renamed, sets)) = renames.in_other_catalogue(existing) {
                after.push(renamed.clone());
                renamed_others.push((renamed, sets));
            } else {
                after.push(existing.clone());
            }
        }
        if older.is_none() {
            after.push(newer.clone());
        }
        let requests = RequestChanges::new(before, &after, &newer.name, &renames);
        let rights = RightsComparison::new(before, &after, &renames, &requests);
        Ok(CatalogueChange { older: older.cloned(), newer: newer.clone(), renames, requests, rights, renamed_others })
    }

    /// Returns the name of the catalogue that changes.
    pub fn name(&self) -> &str {
        &self.newer.name
    }

    /// Returns `true` if there was no catalogue of this name.
    pub fn is_new(&self) -> bool {
        self.older.is_none()
    }

    pub fn diff(&self) -> CatalogueDiff {
        diff(self.older.as_ref(), &self.newer, &self.renames)
    }

    /// Returns the methods that still exist and lose requests, under their new ids.
    pub fn shrunk(&self) -> Vec<MethodId> {
        let ids: BTreeSet<&MethodId> = self.requests.lost.keys().map(|id| self.renames.method(id)).collect();
        ids.into_iter().cloned().collect()
    }

    /// Returns the other catalogues whose sets change, because they use an old name.
    pub fn renamed_others(&self) -> impl Iterator<Item = &Catalogue> {
        self.renamed_others.iter().map(|(catalogue, _)| catalogue)
    }

    /// Returns the sets of other catalogues that use an old name.
    pub fn renamed_in_sets(&self) -> Vec<String> {
        self.renamed_others.iter().flat_map(|(_, sets)| sets).cloned().collect()
    }
}

impl fmt::Debug for CatalogueChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatalogueChange").field("newer", &self.newer.name).finish_non_exhaustive()
    }
}
