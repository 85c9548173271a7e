//! apply: replaces a catalogue, after a preview of the changes and of the tokens that gain methods.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::domain::catalogue::diff::{CatalogueDiff, diff};
use crate::domain::catalogue::permission_index::{self, SetChange};
use crate::domain::catalogue::{Catalogue, validate};
use crate::domain::method::{Access, Method, MethodId};
use crate::domain::set_hash::{SetHash, SetHasher};
use crate::domain::token::TokenId;
use crate::domain::wire_format::in_answer;
use crate::verbs::confirmation;
use crate::verbs::ports::Grant;
use crate::verbs::prelude::*;

/// Tokens read at a time.
const PAGE_SIZE: usize = 1_000;
/// Maximum number of tokens named in a preview and an audit row. Both always contain the total number.
const MAX_NAMED_TOKENS: usize = 1_000;
/// Maximum number of methods that a preview names for each token.
const MAX_METHODS_PER_TOKEN: usize = 50;

/// Previews what would change by a catalogue, and which tokens would gain methods.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewCatalogue {
    /// The catalogue as a whole.
    pub catalogue: Catalogue,
}

/// The answer to [`PreviewCatalogue`], and the result of [`ApplyCatalogue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CataloguePreview {
    /// The catalogue's name.
    pub name: String,
    /// `true` if there was no catalogue of that name.
    pub is_new: bool,
    /// The added, removed and changed entries.
    pub diff: CatalogueDiff,
    /// Changes of the members of sets, those of other catalogues included.
    pub set_changes: Vec<SetChange>,
    /// The tokens that gain methods.
    pub widening: Widening,
    /// The methods that become public, so that they can be called without a token; sorted.
    pub made_public: Vec<MethodId>,
    /// All of this, and the rights of every token that gains methods. In a plan, no hash once one of them has changed.
    pub set: SetHash,
}

/// The tokens that gain methods. Tokens in the trash are included, because they can be restored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Widening {
    /// Number of tokens.
    pub count: u64,
    /// The first tokens by id, 1,000 at most.
    pub tokens: Vec<WidenedToken>,
    /// Tokens that were not checked because their stored data is damaged. They grant nothing.
    pub unreadable: Vec<TokenId>,
}

/// A token that gains methods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WidenedToken {
    /// The token.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub token: TokenId,
    /// `account/name`.
    pub name: String,
    /// Number of methods that the token gains.
    pub count: usize,
    /// The first methods, 50 at most.
    pub methods: Vec<MethodId>,
}

impl CataloguePreview {
    /// Returns `true` if applying would change nothing.
    pub fn is_empty(&self) -> bool {
        !self.is_new && self.diff.is_empty()
    }

    /// Checks the confirmed numbers: of tokens that gain methods, and of methods that become public.
    ///
    /// # Errors
    /// [`crate::error::Kind::Conflict`] with the number and the first names.
    pub fn check_accepted(&self, accepted: Option<u64>, accepted_public: Option<u64>) -> Result<()> {
        let tokens = self.widening.tokens.iter().map(|token| token.name.clone());
        let would = match self.widening.count {
            1 => "1 token would gain methods".to_owned(),
            count => format!("{count} tokens would gain methods"),
        };
        confirmation::check_count(&would, "accept-widening", self.widening.count, accepted, tokens)?;
        let methods = self.made_public.iter().map(ToString::to_string);
        let could = match self.made_public.len() {
            1 => "anyone could call 1 method without a token".to_owned(),
            count => format!("anyone could call {count} methods without a token"),
        };
        confirmation::check_count(&could, "accept-public", self.made_public.len() as u64, accepted_public, methods)
    }
}

impl Query for PreviewCatalogue {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<CataloguePreview> {
        authorize::check_catalogue_access(actor)?;
        preview(snapshot, &self.catalogue)
    }
}

fn preview(snapshot: &dyn Snapshot, new: &Catalogue) -> Result<CataloguePreview> {
    let compared = CatalogueStates::new(snapshot.catalogues()?, new)?;
    compared.preview(snapshot, new).map(|(preview, _)| preview)
}

struct CatalogueStates {
    before: Vec<Catalogue>,
    after: Vec<Catalogue>,
    /// Index in `before` of the catalogue that changes.
    older: Option<usize>,
}

impl CatalogueStates {
    fn new(before: Vec<Catalogue>, new: &Catalogue) -> Result<Self> {
        validate::validate(new, &before)?;
        let mut after = before.clone();
        let older = before.iter().position(|c| c.name == new.name);
        match older.and_then(|at| after.get_mut(at)) {
            Some(existing) => *existing = new.clone(),
            None => after.push(new.clone()),
        }
        Ok(CatalogueStates { before, after, older })
    }

    fn widening(&self) -> permission_index::CatalogueComparison {
        permission_index::CatalogueComparison::new(&self.before, &self.after)
    }

    /// Returns the preview, and the tokens that gain methods.
    fn preview(&self, snapshot: &dyn Snapshot, new: &Catalogue) -> Result<(CataloguePreview, BTreeSet<TokenId>)> {
        let mut widening = self.widening();
        let older = self.older.and_then(|at| self.before.get(at));
        let mut hasher = SetHasher::default();
        let (found, gaining) = find_widened(snapshot, &mut widening, &mut hasher)?;
        let mut preview = CataloguePreview {
            name: new.name.clone(),
            is_new: older.is_none(),
            diff: diff(older, new),
            set_changes: widening.set_changes(),
            widening: found,
            made_public: newly_public(older, new),
            set: SetHash::default(),
        };
        hasher.add(&preview)?;
        preview.set = hasher.finish();
        Ok((preview, gaining))
    }
}

/// Returns the methods that are public in `after` and were not before, or by fewer routes.
fn newly_public(before: Option<&Catalogue>, after: &Catalogue) -> Vec<MethodId> {
    let is_public = |method: &&Method| method.access == Access::Public;
    let older: BTreeMap<&MethodId, &[String]> = before
        .into_iter()
        .flat_map(Catalogue::methods)
        .filter(is_public)
        .map(|method| (&method.id, method.routes.as_slice()))
        .collect();
    let was_open = |method: &&Method| {
        older.get(&method.id).is_some_and(|routes| method.routes.iter().all(|route| routes.contains(route)))
    };
    let opened: BTreeSet<&MethodId> =
        after.methods().filter(is_public).filter(|method| !was_open(method)).map(|method| &method.id).collect();
    opened.into_iter().cloned().collect()
}

/// Checks every token, a page at a time, unless none could gain anything. Also returns the ids of all tokens that gain
/// something, and adds their rights to `hasher`.
fn find_widened(
    snapshot: &dyn Snapshot,
    widening: &mut permission_index::CatalogueComparison,
    hasher: &mut SetHasher,
) -> Result<(Widening, BTreeSet<TokenId>)> {
    let (mut found, mut gaining) = (Widening::default(), BTreeSet::new());
    if !widening.can_widen() {
        return Ok((found, gaining));
    }
    let mut last = None;
    loop {
        let page = snapshot.grants(last, PAGE_SIZE)?;
        found.unreadable.extend(&page.unreadable);
        for grant in &page.grants {
            let Some(token) = widened_token(widening, grant) else { continue };
            gaining.insert(grant.token);
            hasher.add(&(grant.token, &grant.roles, &grant.selection))?;
            found.count += 1;
            if found.tokens.len() < MAX_NAMED_TOKENS {
                found.tokens.push(token);
            }
        }
        match page.last {
            Some(token) => last = Some(token),
            None => return Ok((found, gaining)),
        }
    }
}

/// Returns the gain of a token. `None` if there is none.
fn widened_token(widening: &mut permission_index::CatalogueComparison, grant: &Grant) -> Option<WidenedToken> {
    let mut gained: Rc<[MethodId]> = Rc::new([]);
    for role in &grant.roles {
        let by_secret = widening.gained_methods(*role, &grant.selection);
        gained = if gained.is_empty() { by_secret } else { union(&gained, &by_secret) };
    }
    (!gained.is_empty()).then(|| WidenedToken {
        token: grant.token,
        name: grant.full_name(),
        count: gained.len(),
        methods: gained.iter().take(MAX_METHODS_PER_TOKEN).cloned().collect(),
    })
}

fn union(one: &[MethodId], other: &[MethodId]) -> Rc<[MethodId]> {
    one.iter().chain(other).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Replaces the catalogue of the same name, or adds it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyCatalogue {
    /// The catalogue as a whole.
    pub catalogue: Catalogue,
    /// The exact number of tokens that may gain methods.
    pub accept_widening: Option<u64>,
    /// The exact number of methods that may become public.
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

    fn plan(&mut self, actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<()> {
        authorize::check_catalogue_access(actor)?;
        let compared = CatalogueStates::new(snapshot.catalogues()?, &self.catalogue)?;
        let (preview, gaining) = compared.preview(snapshot, &self.catalogue)?;
        self.plan = Some(Arc::new(Plan { preview, gaining }));
        Ok(())
    }

    fn update_plan(&mut self, snapshot: &dyn Snapshot, tokens: &BTreeSet<TokenId>) -> Result<()> {
        let Some(plan) = self.plan.as_mut().map(Arc::make_mut).filter(|_| !tokens.is_empty()) else { return Ok(()) };
        let compared = CatalogueStates::new(snapshot.catalogues()?, &self.catalogue)?;
        let mut widening = compared.widening();
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
            let Some(widened) = grant.and_then(|grant| widened_token(&mut widening, grant)) else { continue };
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
        let preview = &plan.preview;
        preview.check_accepted(self.accept_widening, self.accept_public)?;
        if let Some(seen) = self.expected {
            preview
                .set
                .check_seen(seen, "the tokens or the catalogue changed after the preview; nothing was changed")?;
        }
        if !preview.is_empty() {
            tx.set_catalogue(&self.catalogue)?;
        }
        let mut entry = AuditEntry::new(Self::NAME, &preview.name, &preview.name);
        let diff = &preview.diff;
        for (sort, part) in [("groups", &diff.groups), ("methods", &diff.methods), ("sets", &diff.sets)] {
            entry = entry
                .with(&format!("{sort}_added"), part.added.len())
                .with(&format!("{sort}_removed"), part.removed.len())
                .with(&format!("{sort}_changed"), part.changed.len());
        }
        let names: Vec<&str> = preview.widening.tokens.iter().map(|t| t.name.as_str()).collect();
        let entry = entry.with("widened", preview.widening.count).with("widened_tokens", names);
        let opened: Vec<&str> = preview.made_public.iter().take(MAX_NAMED_TOKENS).map(MethodId::as_str).collect();
        let entry = match opened.is_empty() {
            true => entry,
            false => entry.with("made_public", preview.made_public.len()).with("public_methods", opened),
        };
        Ok(Audited::one(preview.clone(), entry))
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
