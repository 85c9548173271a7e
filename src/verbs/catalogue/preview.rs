//! preview: the changes by a catalogue, and the tokens that gain or lose methods.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::change::CatalogueChange;
use crate::domain::catalogue::change::diff::CatalogueDiff;
use crate::domain::catalogue::change::rights::{RightsCache, RightsChange, SetChange};
use crate::domain::method::MethodId;
use crate::domain::recent_usage::RecentUsage;
use crate::domain::set_hash::{SetHash, SetHasher};
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::domain::wire_format::{MethodUses, in_answer, method_uses};
use crate::verbs::confirmation;
use crate::verbs::ports::Grant;
use crate::verbs::prelude::*;

/// Tokens read at a time.
const PAGE_SIZE: usize = 1_000;
/// Maximum number of tokens named in a preview and an audit row. Both always contain the total number.
pub(super) const MAX_NAMED_TOKENS: usize = 1_000;
/// Maximum number of methods that a preview names for each token.
const MAX_METHODS_PER_TOKEN: usize = 50;

/// Maximum number of different uses that are read for a token.
const MAX_USES_OF_TOKEN: usize = 10_000;
/// Number of different uses, or tokens without uses, after which no further uses are read.
const MAX_USES: usize = 50_000;

/// Previews what would change by a catalogue, and which tokens would gain or lose methods.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewCatalogue {
    /// The catalogue as a whole.
    pub catalogue: Catalogue,
}

/// The answer to [`PreviewCatalogue`], and the result of [`ApplyCatalogue`](super::ApplyCatalogue).
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
    /// Number of tokens whose API selection uses an old name of a renamed method or set, those in the trash included. They
    /// get the new names.
    pub renamed_tokens: u64,
    /// The API sets of other catalogues that use an old name. They get the new names.
    pub renamed_in_sets: Vec<String>,
    /// The methods that existed before and get requests that meant another method, were denied, or are matched by wider
    /// parameters or at further hosts. Tokens that have them count as gaining them, unless they had the other methods;
    /// sorted.
    pub grown: Vec<MethodId>,
    /// The methods that still exist and lose requests, under their new ids. Tokens that have them count as losing them,
    /// unless they have the methods that these requests mean now; sorted.
    pub shrunk: Vec<MethodId>,
    /// The tokens that gain methods.
    pub widening: Widening,
    /// The methods that become public, or by which further requests become public, so that these need no token; sorted.
    pub made_public: Vec<MethodId>,
    /// The tokens that lose methods, shortly before the change.
    pub narrowing: Narrowing,
    /// All of this but the number of renamed tokens and the tokens that lose methods, and the rights of every token that
    /// gains methods. In a plan, no hash once one of them has changed.
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

/// The tokens that lose methods. Tokens in the trash are included, because they can be restored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Narrowing {
    /// Number of tokens.
    pub count: u64,
    /// Number of tokens that used a lost method in the last 7 days.
    pub used: u64,
    /// `true` if not all uses were read. `used` is then a lower bound.
    pub is_lower_bound: bool,
    /// The first tokens by id, those that used a lost method before the others, 1,000 at most.
    pub tokens: Vec<NarrowedToken>,
}

/// A token that loses methods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NarrowedToken {
    /// The token.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub token: TokenId,
    /// `account/name`.
    pub name: String,
    /// Number of methods that the token loses.
    pub count: usize,
    /// The first methods, 50 at most.
    pub methods: Vec<MethodId>,
    /// Number of uses of the lost methods in the last 7 days.
    pub uses: u64,
    /// The lost methods that were used in the last 7 days, the busiest first, 10 at most.
    #[serde(with = "method_uses")]
    #[schemars(with = "Vec<MethodUses>")]
    pub used_methods: Vec<(String, u64)>,
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
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<CataloguePreview> {
        authorize::check_catalogue_access(actor)?;
        let change = CatalogueChange::new(&snapshot.catalogues()?, &self.catalogue)?;
        preview(&change, snapshot, env).map(|(preview, _)| preview)
    }
}

/// Returns the preview of a change, and the tokens that gain methods.
pub(super) fn preview(
    change: &CatalogueChange,
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
) -> Result<(CataloguePreview, BTreeSet<TokenId>)> {
    let mut hasher = SetHasher::default();
    let found = find_changed(snapshot, env, change, &mut hasher)?;
    let mut preview = CataloguePreview {
        name: change.name().to_owned(),
        is_new: change.is_new(),
        diff: change.diff(),
        set_changes: change.rights.set_changes(),
        renamed_tokens: 0,
        renamed_in_sets: change.renamed_in_sets(),
        grown: change.requests.gained.keys().cloned().collect(),
        shrunk: change.shrunk(),
        widening: found.widening,
        made_public: change.requests.made_public.iter().cloned().collect(),
        narrowing: Narrowing::default(),
        set: SetHash::default(),
    };
    hasher.add(&preview)?;
    preview.set = hasher.finish();
    // A token that keeps what it had is no reason to ask again. Neither is a further use of what is lost.
    (preview.renamed_tokens, preview.narrowing) = (found.renamed_tokens, found.narrowing);
    Ok((preview, found.gaining))
}

/// The tokens whose rights or names change.
#[derive(Default)]
struct ChangedTokens {
    widening: Widening,
    /// All tokens that gain methods.
    gaining: BTreeSet<TokenId>,
    narrowing: Narrowing,
    /// Number of tokens that use an old name.
    renamed_tokens: u64,
}

/// Checks every token, a page at a time, unless none could gain, lose or use anything. Adds the rights of tokens that gain
/// something to `hasher`.
fn find_changed(
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    change: &CatalogueChange,
    hasher: &mut SetHasher,
) -> Result<ChangedTokens> {
    let mut found = ChangedTokens::default();
    env.progress.check()?;
    if !change.rights.can_widen() && !change.rights.can_narrow() && change.renames.is_empty() {
        return Ok(found);
    }
    let mut rights = RightsCache::new(&change.rights);
    let mut losing = LosingTokens::new(snapshot, env.now);
    let mut last = None;
    loop {
        let page = snapshot.grants(last, PAGE_SIZE)?;
        env.progress.advance((page.grants.len() + page.unreadable.len()) as u64);
        env.progress.check()?;
        found.widening.unreadable.extend(&page.unreadable);
        for grant in &page.grants {
            found.renamed_tokens += u64::from(change.renames.in_selection(&grant.selection).is_some());
            let moved = rights_change(&mut rights, grant);
            losing.add(grant, &moved.lost)?;
            let Some(token) = widened_token(grant, &moved) else { continue };
            found.gaining.insert(grant.token);
            hasher.add(&(grant.token, &grant.roles, &grant.selection))?;
            found.widening.count += 1;
            if found.widening.tokens.len() < MAX_NAMED_TOKENS {
                found.widening.tokens.push(token);
            }
        }
        match page.last {
            Some(token) => last = Some(token),
            None => break,
        }
    }
    found.narrowing = losing.finish();
    Ok(found)
}

/// Collects the tokens that lose methods, and their uses of these methods.
struct LosingTokens<'a> {
    snapshot: &'a dyn Snapshot,
    now: Timestamp,
    uses_read: usize,
    /// The tokens that used a lost method are in [`Narrowing::tokens`]; these are the others.
    unused: Vec<NarrowedToken>,
    narrowing: Narrowing,
}

impl<'a> LosingTokens<'a> {
    fn new(snapshot: &'a dyn Snapshot, now: Timestamp) -> Self {
        LosingTokens { snapshot, now, uses_read: 0, unused: Vec::new(), narrowing: Narrowing::default() }
    }

    /// Adds a token that loses the methods `lost`, which are sorted; does nothing if there are none.
    fn add(&mut self, grant: &Grant, lost: &[MethodId]) -> Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        let mut uses = Vec::new();
        if self.uses_read < MAX_USES {
            uses = self.snapshot.recent_uses(grant.token, None, self.now, MAX_USES_OF_TOKEN)?;
            self.uses_read += uses.len().max(1);
        }
        self.narrowing.is_lower_bound |= self.uses_read >= MAX_USES || uses.len() == MAX_USES_OF_TOKEN;
        let is_lost = |method: &str| lost.binary_search_by(|id| id.as_str().cmp(method)).is_ok();
        let usage = RecentUsage::sum(uses.iter().filter(|used| is_lost(&used.method)));
        self.narrowing.count += 1;
        self.narrowing.used += u64::from(usage.week > 0);
        let named = if usage.week > 0 { &mut self.narrowing.tokens } else { &mut self.unused };
        if named.len() < MAX_NAMED_TOKENS {
            named.push(NarrowedToken {
                token: grant.token,
                name: grant.full_name(),
                count: lost.len(),
                methods: lost.iter().take(MAX_METHODS_PER_TOKEN).cloned().collect(),
                uses: usage.week,
                used_methods: usage.methods,
            });
        }
        Ok(())
    }

    fn finish(self) -> Narrowing {
        let mut narrowing = self.narrowing;
        narrowing.tokens.extend(self.unused);
        narrowing.tokens.truncate(MAX_NAMED_TOKENS);
        narrowing
    }
}

/// Returns what a token gains and loses with any of its secrets.
pub(super) fn rights_change(rights: &mut RightsCache<'_>, grant: &Grant) -> RightsChange {
    let mut total = RightsChange::default();
    for role in &grant.roles {
        let RightsChange { gained, lost } = rights.rights_change(*role, &grant.selection);
        total = RightsChange { gained: union(&total.gained, gained), lost: union(&total.lost, lost) };
    }
    total
}

/// Returns the gain of a token. `None` if there is none.
pub(super) fn widened_token(grant: &Grant, RightsChange { gained, .. }: &RightsChange) -> Option<WidenedToken> {
    (!gained.is_empty()).then(|| WidenedToken {
        token: grant.token,
        name: grant.full_name(),
        count: gained.len(),
        methods: gained.iter().take(MAX_METHODS_PER_TOKEN).cloned().collect(),
    })
}

fn union(one: &[MethodId], other: Rc<[MethodId]>) -> Rc<[MethodId]> {
    match one.is_empty() {
        true => other,
        false => one.iter().chain(&*other).cloned().collect::<BTreeSet<_>>().into_iter().collect(),
    }
}
