//! Decision cache for the service. Entries are valid only while the last audit row is the one they were read under.
//!
//! Every change of a verb is in the audit log, written in the same transaction, and the log's last hash covers all
//! changes. So data read from the store is valid for exactly as long as the log's last row is the same. That row is
//! checked in the same snapshot in which requests are decided: no cached entry outlives a revocation. Usage data
//! changes no grant and no row of the log. If nobody has committed anything at all since, even the row need not be
//! read: the store's edition shows that.

mod secrets;

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use foldhash::fast::RandomState;

use self::secrets::Secrets;
use super::issued::{Issued, Standing};
use super::{DenialReason, Presents, Ruling, ruling};
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::permissions::{MethodSet, PermissionIndex};
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, SecretFingerprint};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::error::Result;
use crate::verbs::audit_log::AuditTip;
use crate::verbs::ports::{DataVersion, Snapshot};

/// Approximate bytes of a cached secret, without its permissions.
const ENTRY: usize = 800;
/// Maximum number of public ids remembered as never issued.
const STRANGERS: usize = 16_384;

/// Renders the data that a service returns for tokens and methods: built once, used in many answers.
pub trait Telling {
    /// The rendered data of a token.
    type Holder;
    /// The rendered list of methods that a token may call.
    type Methods;
    /// The rendered data of the requested method.
    type Method;

    /// Renders `token` for a presented secret with public id `secret` and role `role`.
    fn holder(token: &Token, secret: &PublicId, role: Role) -> Self::Holder;
    /// Renders `methods`. Called when a request asks for the list.
    fn methods(methods: &mut dyn Iterator<Item = &MethodId>) -> Self::Methods;
    /// Renders `method`.
    fn method(method: &MethodId) -> Self::Method;
    /// Reads something of each memory location that an answer with `holder` needs.
    fn look_at(holder: &Self::Holder) -> usize;
}

/// Cached data of an issued secret. Holds no more than each request needs, so that thousands of entries fit into the
/// processor's cache.
pub struct Known<T: Telling> {
    standing: Standing,
    token: TokenId,
    /// `None` if the secret was refused when it was read: then no request needs the permissions.
    permissions: Option<Arc<Permissions<T::Methods>>>,
    /// The rendered data of its token.
    pub holder: T::Holder,
}

impl<T: Telling> Known<T> {
    /// Returns the token of the secret.
    pub fn token(&self) -> TokenId {
        self.token
    }

    /// Returns the approximate bytes of all memory kept alive by this entry.
    pub fn bytes(&self) -> usize {
        ENTRY + self.permissions.as_ref().map_or(0, |permissions| permissions.bytes())
    }
}

/// Key of permissions that many tokens share.
type PermissionKey = (Role, Selection);

/// The methods that tokens with one selection may call.
struct Permissions<M> {
    /// `None` for a custom selection, which belongs to one token.
    key: Option<Arc<PermissionKey>>,
    permitted: MethodSet,
    /// The rendered methods, kept while an answer uses them.
    told: Mutex<Weak<M>>,
}

impl<M> Permissions<M> {
    fn new(key: Option<Arc<PermissionKey>>, permitted: MethodSet) -> Self {
        Permissions { key, permitted, told: Mutex::default() }
    }

    /// Returns the approximate size in memory, in bytes.
    fn bytes(&self) -> usize {
        /// Approximate bytes of a node in a set of names; then, of two entries of a table.
        const NAME: usize = 48;
        const TABLE: usize = 64;
        let key = self.key.as_ref().map_or(0, |key| match &key.1 {
            Selection::Sets(names) => TABLE + names.iter().map(|name| NAME + name.len()).sum::<usize>(),
            Selection::Inherit | Selection::Custom(_) => TABLE,
        });
        size_of::<Self>() + size_of::<PermissionKey>() + key + self.permitted.heap_bytes()
    }

    /// Returns the rendered methods. Concurrent requests share the same value in memory.
    fn told(&self, make: impl FnOnce(&MethodSet) -> M) -> Arc<M> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.upgrade().unwrap_or_else(|| {
            let made = Arc::new(make(&self.permitted));
            *told = Arc::downgrade(&made);
            made
        })
    }
}

/// A question to decide.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The presented secret, or why it could not be parsed.
    pub presented: Presents<'a>,
    /// The method to call. `None` asks only if the secret works.
    pub method: Option<&'a str>,
    /// `true` if the answer should list all methods that the token may call.
    pub methods: bool,
}

/// A decision about one request.
pub struct Answer<T: Telling> {
    /// The decision.
    pub ruling: Ruling,
    /// The token to which the secret belongs or belonged, if known.
    pub token: Option<TokenId>,
    /// The cached data of the secret, if its token still exists.
    pub known: Option<Arc<Known<T>>>,
    /// The rendered data of the requested method, if a catalogue knows it. An unknown one may be anything, a secret
    /// included, so it is stored nowhere.
    pub method: Option<Arc<T::Method>>,
    /// The rendered list of methods that the token may call, if requested.
    pub methods: Option<Arc<T::Methods>>,
}

/// The catalogues, in the form that decisions need.
struct Catalogued<T: Telling> {
    rights: PermissionIndex,
    methods: HashMap<MethodId, Numbered<T::Method>, RandomState>,
}

struct Numbered<M> {
    number: usize,
    told: Arc<M>,
}

impl<T: Telling> Catalogued<T> {
    fn new(catalogues: &[Catalogue]) -> Self {
        let rights = PermissionIndex::new(catalogues);
        let numbered =
            |(number, id): (usize, &MethodId)| (id.clone(), Numbered { number, told: Arc::new(T::method(id)) });
        let methods = rights.methods().enumerate().map(numbered).collect();
        Catalogued { rights, methods }
    }

    /// Decides for a secret of `token` whose data is `known`. `refused` is set if the secret itself was rejected.
    fn judge(
        &self,
        refused: Option<DenialReason>,
        token: Option<TokenId>,
        known: Option<Arc<Known<T>>>,
        question: Question<'_>,
    ) -> Result<Answer<T>> {
        let found = question.method.map(|method| self.methods.get(method));
        let permissions = known.as_ref().and_then(|known| known.permissions.as_ref());
        let permitted = || {
            let Some(found) = found else { return Ok(Some(true)) };
            Ok(found.map(|m| permissions.is_some_and(|permissions| permissions.permitted.contains(m.number))))
        };
        let ruling = ruling(refused, permitted)?;
        let method = found.flatten().map(|method| Arc::clone(&method.told));
        let tell = |permitted: &MethodSet| T::methods(&mut self.rights.ids_of(permitted));
        let asked = permissions.filter(|_| question.methods && ruling == Ruling::Allowed);
        let methods = asked.map(|permissions| permissions.told(tell));
        Ok(Answer { ruling, token, known, method, methods })
    }
}

/// The decision cache of a service.
pub struct Memory<T: Telling> {
    tip: Option<AuditTip>,
    /// The edition in which `tip` was the last row, or an earlier one.
    edition: Option<DataVersion>,
    catalogued: Option<Arc<Catalogued<T>>>,
    secrets: Secrets<T>,
    /// Public ids that were never issued. Because they are cached, the response time of a repeated request reveals
    /// nothing.
    strangers: HashSet<PublicId, RandomState>,
}

impl<T: Telling> Default for Memory<T> {
    fn default() -> Self {
        Memory {
            tip: None,
            edition: None,
            catalogued: None,
            secrets: Secrets::default(),
            strangers: HashSet::default(),
        }
    }
}

impl<T: Telling> Memory<T> {
    /// Decides from the cache alone, if the store has not changed. `data_version` must have been read after the request
    /// arrived. `None` if the store has changed, or too little is cached.
    pub fn recall(&mut self, edition: DataVersion, question: Question<'_>, now: Timestamp) -> Option<Answer<T>> {
        let catalogued = self.catalogued.clone().filter(|_| self.edition == Some(edition))?;
        match question.presented {
            Err(fault) => catalogued.judge(Some(fault.into()), None, None, question),
            Ok(claim) => self.recalled(&catalogued, claim, question, now)?,
        }
        .ok()
    }

    /// Decides about a cached secret. `None` if the cache is not enough.
    fn recalled(
        &mut self,
        catalogued: &Catalogued<T>,
        claim: &SecretFingerprint,
        question: Question<'_>,
        now: Timestamp,
    ) -> Option<Result<Answer<T>>> {
        if let Some(known) = self.secrets.get(claim.public_id()) {
            let (refused, token) = (known.standing.refusal(claim.digest(), now), known.token);
            // A secret that was refused before is read again.
            let is_enough = refused.is_some() || known.permissions.is_some();
            return is_enough.then(|| catalogued.judge(refused, Some(token), Some(known), question));
        }
        let is_stranger = self.strangers.contains(claim.public_id());
        is_stranger.then(|| catalogued.judge(Some(DenialReason::Unknown), None, None, question))
    }

    /// Touches the cached data of all `claims` before the first of them is decided. The data is spread over memory,
    /// and a processor fetches several locations in parallel only if nothing else happens in between. Otherwise each
    /// fetch would be waited for.
    pub fn look_ahead<'c>(&self, claims: impl Iterator<Item = &'c SecretFingerprint>) {
        let known: Vec<&Known<T>> = claims.filter_map(|claim| self.secrets.peek(claim.public_id())).collect();
        for known in &known {
            black_box(known.token);
        }
        for known in &known {
            black_box(T::look_at(&known.holder));
        }
    }

    /// Returns the audit log's last row, if the store has not changed.
    pub fn tip_in(&self, edition: DataVersion) -> Option<AuditTip> {
        self.tip.filter(|_| self.edition == Some(edition))
    }

    /// Opens decisions in `snapshot`. The snapshot must have begun after all requests arrived, and after `data_version` was
    /// read.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn sit<'a>(
        &'a mut self,
        edition: DataVersion,
        snapshot: &'a dyn Snapshot,
        now: Timestamp,
    ) -> Result<Sitting<'a, T>> {
        let tip = snapshot.audit_tip()?;
        // Until everything has been read again, the cache is valid for no edition.
        self.edition = None;
        if self.tip != Some(tip) {
            let catalogues_stay = match self.tip.take() {
                // An installation's first row creates its first catalogues without being named after them.
                Some(before) if before.seq > 0 => snapshot.audit_is_append_only_since(before, "catalogue.")?,
                Some(_) | None => false,
            };
            let catalogued = self.catalogued.take().filter(|_| catalogues_stay);
            *self = Memory { tip: Some(tip), catalogued, ..Memory::default() };
        }
        let catalogued = match &self.catalogued {
            Some(catalogued) => Arc::clone(catalogued),
            None => {
                let catalogued = Arc::new(Catalogued::new(&snapshot.catalogues()?));
                self.catalogued = Some(Arc::clone(&catalogued));
                catalogued
            }
        };
        self.edition = Some(edition);
        Ok(Sitting { memory: self, snapshot, catalogued, tip, now })
    }

    /// Requires the audit log to be checked again before the next cached decision.
    pub fn doubt(&mut self) {
        self.edition = None;
    }

    /// Clears the cache, for example after an error: its data is then not certain.
    pub fn forget(&mut self) {
        *self = Memory::default();
    }

    fn remember_stranger(&mut self, id: PublicId) {
        if self.strangers.len() >= STRANGERS {
            self.strangers.clear();
        }
        self.strangers.insert(id);
    }
}

/// Decisions in one consistent state of the store.
pub struct Sitting<'a, T: Telling> {
    memory: &'a mut Memory<T>,
    snapshot: &'a dyn Snapshot,
    catalogued: Arc<Catalogued<T>>,
    tip: AuditTip,
    now: Timestamp,
}

impl<T: Telling> Sitting<'_, T> {
    /// Returns the audit log's last row in this state.
    pub fn tip(&self) -> AuditTip {
        self.tip
    }

    /// Decides a question.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn decide(&mut self, question: Question<'_>) -> Result<Answer<T>> {
        let claim = match question.presented {
            Ok(claim) => claim,
            Err(fault) => return self.catalogued.judge(Some(fault.into()), None, None, question),
        };
        if let Some(recalled) = self.memory.recalled(&self.catalogued, claim, question, self.now) {
            return recalled;
        }
        let id = claim.public_id();
        let issued = Issued::read(self.snapshot, id)?;
        let (refused, token) = (issued.refusal(claim.digest(), self.now), issued.token());
        let known = self.learn(id, issued, refused.is_some());
        self.catalogued.judge(refused, token, known, question)
    }

    /// Caches the data found for a public id: secrets of existing tokens, and ids that were never issued. The latter
    /// are kept separately, because made-up public ids would otherwise evict the secrets in use.
    fn learn(&mut self, id: &PublicId, issued: Issued, is_refused: bool) -> Option<Arc<Known<T>>> {
        let (stored, token) = match issued {
            Issued::Secret(stored, token) => (stored, token),
            Issued::Purged(_) => return None,
            Issued::Nothing => {
                self.memory.remember_stranger(id.clone());
                return None;
            }
        };
        let role = token.effective_role(stored.issued_role);
        let (standing, holder) = (Standing::of(&stored, &token), T::holder(&token, id, role));
        let (token, selection) = (token.id, token.selection);
        let permissions = (!is_refused).then(|| self.permissions(role, selection));
        let known = Arc::new(Known { standing, token, permissions, holder });
        self.memory.secrets.insert(id.clone(), Arc::clone(&known));
        Some(known)
    }

    fn permissions(&mut self, role: Role, selection: Selection) -> Arc<Permissions<T::Methods>> {
        let rights = &self.catalogued.rights;
        if let Selection::Custom(_) = selection {
            return Arc::new(Permissions::new(None, rights.permitted(role, &selection)));
        }
        let key = (role, selection);
        self.memory.secrets.permissions(&key).unwrap_or_else(|| {
            let permitted = rights.permitted(role, &key.1);
            Arc::new(Permissions::new(Some(Arc::new(key)), permitted))
        })
    }
}
