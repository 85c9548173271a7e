mod apply;
mod preview;
mod preview_text;

pub use apply::ApplyCatalogue;
pub use preview::{CataloguePreview, NarrowedToken, Narrowing, PreviewCatalogue, WidenedToken, Widening};
pub use preview_text::TextLimits;

use crate::domain::catalogue::Catalogue;
use crate::verbs::prelude::*;

/// Lists everything that can be selected: every catalogue with its groups, methods and sets.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListCatalogues;

impl Query for ListCatalogues {
    fn run(&self, _actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Vec<Catalogue>> {
        snapshot.catalogues()
    }
}
