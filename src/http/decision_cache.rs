//! Decision cache for the service. Entries are valid only while the last audit row is the one they were read under.
//!
//! Every change of a verb is in the audit log, written in the same transaction, and the log's last hash covers all
//! changes. So data read from the store is valid for exactly as long as the log's last row is the same. That row is
//! checked in the same snapshot in which requests are decided: no cached entry outlives a revocation. Usage data
//! changes no grant and no row of the log. If no other connection has committed anything since, even the row need not
//! be read: the store's data version shows that (gain: 8 %).

mod secret_cache;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use foldhash::fast::RandomState;

use self::secret_cache::SecretCache;
use super::prerendered::{RenderedIdentity, RenderedMethod, RenderedMethods};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::permission_index::{MethodSet, PermissionIndex};
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, SecretFingerprint};
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::audit_log::AuditTip;
use crate::verbs::ports::{DataVersion, Snapshot};
use crate::verbs::verify::secret_record::{SecretRecord, SecretValidity};
use crate::verbs::verify::{DecisionKind, DenialReason, PresentedSecret, decide};

/// Approximate bytes of a cached secret, without its permissions.
const ENTRY_BYTES: usize = 800;
/// Maximum number of public ids remembered as never issued.
const MAX_UNKNOWN_IDS: usize = 16_384;

/// Cached data of an issued secret. Holds no more than each request needs, so that thousands of entries fit into the
/// processor's cache.
pub struct CachedSecret {
    validity: SecretValidity,
    token: TokenId,
    /// `None` if the secret was refused when it was read: then no request needs the permissions.
    permissions: Option<Arc<Permissions>>,
    /// The rendered data of the token.
    pub identity: RenderedIdentity,
}

impl CachedSecret {
    pub fn token(&self) -> TokenId {
        self.token
    }

    /// Returns the approximate bytes of all memory kept alive by this entry.
    pub fn bytes(&self) -> usize {
        ENTRY_BYTES + self.permissions.as_ref().map_or(0, |permissions| permissions.bytes())
    }
}

/// Key of permissions that many tokens share.
type PermissionKey = (Role, Selection);

/// The methods that tokens with one selection may call.
struct Permissions {
    /// `None` for a custom selection, which belongs to one token.
    key: Option<Arc<PermissionKey>>,
    methods: MethodSet,
    /// The rendered methods, kept while an answer uses them.
    rendered: Mutex<Weak<RenderedMethods>>,
}

impl Permissions {
    fn new(key: Option<Arc<PermissionKey>>, permitted: MethodSet) -> Self {
        Permissions { key, methods: permitted, rendered: Mutex::default() }
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
        size_of::<Self>() + size_of::<PermissionKey>() + key + self.methods.heap_bytes()
    }

    /// Returns the rendered methods. Concurrent requests share the same value in memory.
    fn rendered(&self, make: impl FnOnce(&MethodSet) -> RenderedMethods) -> Arc<RenderedMethods> {
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        rendered.upgrade().unwrap_or_else(|| {
            let new = Arc::new(make(&self.methods));
            *rendered = Arc::downgrade(&new);
            new
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub struct DecisionRequest<'a> {
    /// The presented secret, or why it could not be parsed.
    pub presented: PresentedSecret<'a>,
    /// The method to call. `None` checks only that the secret works.
    pub method: Option<&'a str>,
    /// `true` if the answer should list all methods that the token may call.
    pub methods: bool,
}

pub struct CachedDecision {
    pub kind: DecisionKind,
    /// The token to which the secret belongs or belonged, if known.
    pub token: Option<TokenId>,
    /// The cached data of the secret, if its token still exists.
    pub secret: Option<Arc<CachedSecret>>,
    /// The rendered data of the requested method, if a catalogue has it. An unknown method may be any text, even a
    /// secret, so it is stored nowhere.
    pub method: Option<Arc<RenderedMethod>>,
    /// The rendered list of methods that the token may call, if requested.
    pub methods: Option<Arc<RenderedMethods>>,
}

/// The catalogues, in the form that decisions need.
struct MethodIndex {
    permissions: PermissionIndex,
    methods: HashMap<MethodId, IndexedMethod, RandomState>,
}

struct IndexedMethod {
    number: usize,
    payload: Arc<RenderedMethod>,
}

impl MethodIndex {
    fn new(catalogues: &[Catalogue]) -> Self {
        let permissions = PermissionIndex::new(catalogues);
        let numbered = |(number, id): (usize, &MethodId)| {
            (id.clone(), IndexedMethod { number, payload: Arc::new(RenderedMethod::new(id)) })
        };
        let methods = permissions.methods().enumerate().map(numbered).collect();
        MethodIndex { permissions, methods }
    }

    /// Decides for a `secret` of `token`. `denial_reason` is set if the secret itself was rejected.
    fn evaluate(
        &self,
        denial_reason: Option<DenialReason>,
        token: Option<TokenId>,
        secret: Option<Arc<CachedSecret>>,
        request: DecisionRequest<'_>,
    ) -> Result<CachedDecision> {
        let found = request.method.map(|method| self.methods.get(method));
        let permissions = secret.as_ref().and_then(|secret| secret.permissions.as_ref());
        let permitted = || {
            let Some(found) = found else { return Ok(Some(true)) };
            Ok(found.map(|m| permissions.is_some_and(|permissions| permissions.methods.contains(m.number))))
        };
        let kind = decide(denial_reason, permitted)?;
        let method = found.flatten().map(|method| Arc::clone(&method.payload));
        let render = |permitted: &MethodSet| RenderedMethods::new(&mut self.permissions.ids_of(permitted));
        let wanted = permissions.filter(|_| request.methods && kind == DecisionKind::Allowed);
        let methods = wanted.map(|permissions| permissions.rendered(render));
        Ok(CachedDecision { kind, token, secret, method, methods })
    }
}

#[derive(Default)]
pub struct DecisionCache {
    tip: Option<AuditTip>,
    /// The data version in which `tip` was the last row, or an earlier version.
    data_version: Option<DataVersion>,
    method_index: Option<Arc<MethodIndex>>,
    secrets: SecretCache,
    /// Public ids that were never issued. Because they are cached, the response time of a repeated request reveals
    /// nothing.
    unknown_ids: HashSet<PublicId, RandomState>,
}

impl DecisionCache {
    /// Decides from the cache alone, if the store has not changed. `data_version` must have been read after the request
    /// arrived. `None` if the store has changed, or too little is cached.
    pub fn get_if_current(
        &mut self,
        data_version: DataVersion,
        request: DecisionRequest<'_>,
        now: Timestamp,
    ) -> Option<CachedDecision> {
        let method_index = self.method_index.clone().filter(|_| self.data_version == Some(data_version))?;
        match request.presented {
            Err(fault) => method_index.evaluate(Some(fault.into()), None, None, request),
            Ok(fingerprint) => self.get(&method_index, fingerprint, request, now)?,
        }
        .ok()
    }

    /// Decides about a cached secret. `None` if the cache is not enough.
    fn get(
        &mut self,
        method_index: &MethodIndex,
        fingerprint: &SecretFingerprint,
        request: DecisionRequest<'_>,
        now: Timestamp,
    ) -> Option<Result<CachedDecision>> {
        if let Some(secret) = self.secrets.get(fingerprint.public_id()) {
            let (denial_reason, token) = (secret.validity.denial_reason(fingerprint.digest(), now), secret.token);
            // A secret that was refused before is read again.
            let is_enough = denial_reason.is_some() || secret.permissions.is_some();
            return is_enough.then(|| method_index.evaluate(denial_reason, Some(token), Some(secret), request));
        }
        let is_unknown = self.unknown_ids.contains(fingerprint.public_id());
        is_unknown.then(|| method_index.evaluate(Some(DenialReason::Unknown), None, None, request))
    }

    /// Returns the audit log's last row, if the store has not changed.
    pub fn audit_tip_at(&self, data_version: DataVersion) -> Option<AuditTip> {
        self.tip.filter(|_| self.data_version == Some(data_version))
    }

    /// Opens decisions in `snapshot`. The snapshot must have begun after all requests arrived, and after `data_version`
    /// was read.
    pub fn begin<'a>(
        &'a mut self,
        data_version: DataVersion,
        snapshot: &'a dyn Snapshot,
        now: Timestamp,
    ) -> Result<CacheRead<'a>> {
        let tip = snapshot.audit_tip()?;
        // Until everything has been read again, the cache is valid for no data version.
        self.data_version = None;
        if self.tip != Some(tip) {
            let catalogues_stay = match self.tip.take() {
                // An installation's first row creates its first catalogues without being named after them.
                Some(before) if before.seq > 0 => snapshot.audit_is_append_only_since(before, "catalogue.")?,
                Some(_) | None => false,
            };
            let method_index = self.method_index.take().filter(|_| catalogues_stay);
            *self = DecisionCache { tip: Some(tip), method_index, ..DecisionCache::default() };
        }
        let method_index = match &self.method_index {
            Some(catalogued) => Arc::clone(catalogued),
            None => {
                let new = Arc::new(MethodIndex::new(&snapshot.catalogues()?));
                self.method_index = Some(Arc::clone(&new));
                new
            }
        };
        self.data_version = Some(data_version);
        Ok(CacheRead { cache: self, snapshot, method_index, tip, now })
    }

    /// Requires the audit log to be checked again before the next cached decision.
    pub fn mark_stale(&mut self) {
        self.data_version = None;
    }

    /// Clears the cache, for example after an error: its data is then not certain.
    pub fn clear(&mut self) {
        *self = DecisionCache::default();
    }

    fn insert_unknown_id(&mut self, id: PublicId) {
        if self.unknown_ids.len() >= MAX_UNKNOWN_IDS {
            self.unknown_ids.clear();
        }
        self.unknown_ids.insert(id);
    }
}

/// Decisions in one consistent state of the store.
pub struct CacheRead<'a> {
    cache: &'a mut DecisionCache,
    snapshot: &'a dyn Snapshot,
    method_index: Arc<MethodIndex>,
    tip: AuditTip,
    now: Timestamp,
}

impl CacheRead<'_> {
    /// Returns the audit log's last row in this state.
    pub fn tip(&self) -> AuditTip {
        self.tip
    }

    pub fn decide(&mut self, request: DecisionRequest<'_>) -> Result<CachedDecision> {
        let fingerprint = match request.presented {
            Ok(claim) => claim,
            Err(fault) => return self.method_index.evaluate(Some(fault.into()), None, None, request),
        };
        if let Some(recalled) = self.cache.get(&self.method_index, fingerprint, request, self.now) {
            return recalled;
        }
        let id = fingerprint.public_id();
        let issued = SecretRecord::read(self.snapshot, id)?;
        let (refused, token) = (issued.denial_reason(fingerprint.digest(), self.now), issued.token());
        let known = self.insert(id, issued, refused.is_some());
        self.method_index.evaluate(refused, token, known, request)
    }

    /// Caches the data found for a public id: secrets of existing tokens, and ids that were never issued. The latter
    /// are kept separately, because made-up public ids would otherwise evict the secrets in use.
    fn insert(&mut self, id: &PublicId, issued: SecretRecord, is_refused: bool) -> Option<Arc<CachedSecret>> {
        let (stored, token) = match issued {
            SecretRecord::Secret(stored, token) => (stored, token),
            SecretRecord::Purged(_) => return None,
            SecretRecord::Unknown => {
                self.cache.insert_unknown_id(id.clone());
                return None;
            }
        };
        let role = token.effective_role(stored.issued_role);
        let (standing, holder) = (SecretValidity::new(&stored, &token), RenderedIdentity::new(&token, id, role));
        let (token, selection) = (token.id, token.selection);
        let permissions = (!is_refused).then(|| self.permissions(role, selection));
        let known = Arc::new(CachedSecret { validity: standing, token, permissions, identity: holder });
        self.cache.secrets.insert(id.clone(), Arc::clone(&known));
        Some(known)
    }

    fn permissions(&mut self, role: Role, selection: Selection) -> Arc<Permissions> {
        let rights = &self.method_index.permissions;
        if let Selection::Custom(_) = selection {
            return Arc::new(Permissions::new(None, rights.permitted(role, &selection)));
        }
        let key = (role, selection);
        self.cache.secrets.permissions(&key).unwrap_or_else(|| {
            let permitted = rights.permitted(role, &key.1);
            Arc::new(Permissions::new(Some(Arc::new(key)), permitted))
        })
    }
}
