use crate::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet};
use crate::domain::catalogue::{ApiSet, Catalogue};
use crate::domain::method::{Method, MethodId};
use crate::error::Result;

/// Reads the catalogue.
pub trait CatalogueReader {
    /// Returns a method.
    fn method(&self, id: &MethodId) -> Result<Option<Method>>;
    /// Returns the place of a method in its catalogue.
    fn method_location(&self, id: &MethodId) -> Result<Option<MethodLocation>>;
    /// Returns every catalogue with its groups, methods and sets, in the order in which they were added.
    fn catalogues(&self) -> Result<Vec<Catalogue>>;
    /// Returns every API set, as the catalogues define them.
    fn api_sets(&self) -> Result<Vec<ApiSet>>;
    /// Returns an API set with the methods that it includes.
    fn api_set(&self, name: &str) -> Result<Option<ResolvedSet>>;
}

/// Writes the catalogue.
pub trait CatalogueWriter {
    /// Replaces a catalogue's methods and sets.
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()>;
}
