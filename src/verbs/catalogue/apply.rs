//! apply: replaces a catalogue, after a preview of the changes and of the tokens that gain methods.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::preview::{CataloguePreview, MAX_NAMED_TOKENS, preview, rights_change, widened_token};
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::change::CatalogueChange;
use crate::domain::catalogue::change::rights::RightsCache;
use crate::domain::method::MethodId;
use crate::domain::set_hash::SetHash;
use crate::domain::token::TokenId;
use crate::verbs::prelude::*;

/// Replaces the catalogue of the same name, or adds it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyCatalogue {
    /// The catalogue as a whole.
    pub catalogue: Catalogue,
    /// The accepted number of tokens that gain methods. It must be exact.
    pub accept_widening: Option<u64>,
    /// The accepted number of methods that become public. It must be exact.
    pub accept_public: Option<u64>,
    /// The preview that the person saw: [`CataloguePreview::set`]. It is a conflict if it has changed.
    pub expected: Option<SetHash>,
    #[serde(skip)]
    plan: Option<Arc<Plan>>,
}

/// The result of planning before the transaction.
#[derive(Debug, Clone)]
struct Plan {
    preview: CataloguePreview,
    /// Every token that gains methods.
    gaining: BTreeSet<TokenId>,
    /// The catalogues when the plan was made. If one changes, the plan is out of date.
    change: Arc<CatalogueChange>,
}

impl ApplyCatalogue {
    /// Returns the request with the confirmed numbers, without a comparison of what was shown.
    pub fn new(catalogue: Catalogue, accept_widening: Option<u64>, accept_public: Option<u64>) -> Self {
        ApplyCatalogue { catalogue, accept_widening, accept_public, expected: None, plan: None }
    }

    /// Sets [`ApplyCatalogue::expected`].
    pub fn expecting(self, expected: Option<SetHash>) -> Self {
        ApplyCatalogue { expected, ..self }
    }
}

impl Mutation for ApplyCatalogue {
    type Output = CataloguePreview;

    const HAS_PLAN: bool = true;

    fn plan(&mut self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<()> {
        authorize::check_catalogue_access(actor)?;
        let change = CatalogueChange::new(&snapshot.catalogues()?, &self.catalogue)?;
        let (preview, gaining) = preview(&change, snapshot, env)?;
        self.plan = Some(Arc::new(Plan { preview, gaining, change: Arc::new(change) }));
        Ok(())
    }

    fn update_plan(&mut self, snapshot: &dyn Snapshot, tokens: &BTreeSet<TokenId>) -> Result<()> {
        let Some(plan) = self.plan.as_mut().map(Arc::make_mut).filter(|_| !tokens.is_empty()) else { return Ok(()) };
        // May run under the write lock, so the catalogues are not compared again.
        let mut rights = RightsCache::new(&plan.change.rights);
        let found = &mut plan.preview.widening;
        for token in tokens {
            found.unreadable.retain(|id| id != token);
            found.tokens.retain(|widened| widened.token != *token);
            if plan.gaining.remove(token) {
                found.count -= 1;
                plan.preview.set = SetHash::default();
            }
            let page = snapshot.grants(Some(TokenId(token.0 - 1)), 1)?;
            found.unreadable.extend(page.unreadable.iter().filter(|id| *id == token));
            let grant = page.grants.first().filter(|grant| grant.token == *token);
            let widened = grant.and_then(|grant| widened_token(grant, &rights_change(&mut rights, grant)));
            let Some(widened) = widened else { continue };
            plan.gaining.insert(*token);
            plan.preview.set = SetHash::default();
            found.count += 1;
            if found.tokens.len() < MAX_NAMED_TOKENS {
                found.tokens.push(widened);
            }
        }
        found.tokens.sort_by_key(|widened| widened.token);
        Ok(())
    }

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, _env: &Env<'_>) -> Result<Audited<CataloguePreview>> {
        authorize::check_catalogue_access(actor)?;
        let plan = self.plan.as_ref();
        let plan = plan.ok_or_else(|| Error::failure("the catalogue has not been compared with the store"))?;
        let mut preview = plan.preview.clone();
        preview.check_accepted(self.accept_widening, self.accept_public)?;
        if let Some(seen) = self.expected {
            let what = "the tokens or the catalogue changed after the preview; the catalogue was not applied";
            preview.set.check_seen(seen, what)?;
        }
        if !preview.is_empty() {
            tx.set_catalogue(&self.catalogue)?;
            plan.change.renamed_others().try_for_each(|other| tx.set_catalogue(other))?;
            // All tokens as they are now, also those that changed since the preview.
            preview.renamed_tokens = tx.rename_in_selections(&plan.change.renames)?;
        }
        let mut entry = AuditEntry::new(Self::NAME, &preview.name, &preview.name);
        let diff = &preview.diff;
        for (sort, part) in [("groups", &diff.groups), ("methods", &diff.methods), ("sets", &diff.sets)] {
            entry = entry
                .with(&format!("{sort}_added"), part.added.len())
                .with(&format!("{sort}_removed"), part.removed.len())
                .with(&format!("{sort}_changed"), part.changed.len());
        }
        if !plan.change.renames.is_empty() {
            entry = entry
                .with("groups_renamed", diff.groups.renamed.len())
                .with("methods_renamed", diff.methods.renamed.len())
                .with("sets_renamed", diff.sets.renamed.len())
                .with("renamed_tokens", preview.renamed_tokens)
                .with("renamed_in_sets", preview.renamed_in_sets.len());
        }
        let names: Vec<&str> = preview.widening.tokens.iter().map(|t| t.name.as_str()).collect();
        let entry = entry.with("widened", preview.widening.count).with("widened_tokens", names);
        let opened: Vec<&str> = preview.made_public.iter().take(MAX_NAMED_TOKENS).map(MethodId::as_str).collect();
        let entry = match opened.is_empty() {
            true => entry,
            false => entry.with("made_public", preview.made_public.len()).with("public_methods", opened),
        };
        Ok(Audited::one(preview, entry))
    }

    fn equivalent_command(&self, out: &CataloguePreview) -> CliLine {
        let shipped = Catalogue::shipped(&out.name).is_ok_and(|c| c == self.catalogue);
        let file = if shipped { out.name.clone() } else { format!("{}.toml", out.name) };
        let some = |count: u64| (count > 0).then(|| count.to_string());
        CliLine::new(&["catalogue", "apply"])
            .arg(file)
            .option_if("accept-widening", some(out.widening.count))
            .option_if("accept-public", some(out.made_public.len() as u64))
    }
}
