//! A cache of secrets, limited in bytes over everything that its entries keep in memory.
//!
//! It has two generations of the same size. When the younger is full, the older is dropped and the younger becomes the
//! older. A lookup moves an entry from the older to the younger, so entries in use stay. Permissions that secrets
//! share are counted once in each generation that holds one of these secrets. So everything held is counted.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{CachedSecret, ENTRY_BYTES, PermissionKey, Permissions};
use crate::domain::secret::PublicId;

/// Maximum size of one generation, in bytes.
const MAX_GENERATION_BYTES: usize = 16 * 1024 * 1024;

#[derive(Default)]
struct Generation {
    secrets: HashMap<PublicId, Arc<CachedSecret>, RandomState>,
    shared: HashMap<Arc<PermissionKey>, Arc<Permissions>>,
    bytes: usize,
}

impl Generation {
    fn insert(&mut self, id: PublicId, known: Arc<CachedSecret>) {
        let permissions = known.permissions.as_ref();
        if let Some((permissions, key)) = permissions.and_then(|p| Some((p, p.key.as_ref()?)))
            && !self.shared.contains_key(key)
        {
            self.bytes += permissions.bytes();
            self.shared.insert(Arc::clone(key), Arc::clone(permissions));
        }
        self.bytes += own_bytes(&known);
        if let Some(before) = self.secrets.insert(id, known) {
            self.bytes -= own_bytes(&before);
        }
    }
}

/// Returns the bytes of a secret without shared data.
fn own_bytes(known: &CachedSecret) -> usize {
    let own = known.permissions.as_ref().filter(|permissions| permissions.key.is_none());
    ENTRY_BYTES + own.map_or(0, |permissions| permissions.bytes())
}

pub(super) struct SecretCache {
    young: Generation,
    old: Generation,
    max_bytes: usize,
}

impl Default for SecretCache {
    fn default() -> Self {
        SecretCache { young: Generation::default(), old: Generation::default(), max_bytes: MAX_GENERATION_BYTES }
    }
}

impl SecretCache {
    pub fn get(&mut self, id: &PublicId) -> Option<Arc<CachedSecret>> {
        if let Some(known) = self.young.secrets.get(id) {
            return Some(Arc::clone(known));
        }
        // The bytes of the entry stay counted until the older generation is dropped.
        let (id, known) = self.old.secrets.remove_entry(id)?;
        self.insert(id, Arc::clone(&known));
        Some(known)
    }

    /// Caches `known`, replacing an earlier entry.
    pub fn insert(&mut self, id: PublicId, known: Arc<CachedSecret>) {
        self.young.insert(id, known);
        if self.young.bytes > self.max_bytes {
            self.old = std::mem::take(&mut self.young);
        }
    }

    pub fn permissions(&self, key: &PermissionKey) -> Option<Arc<Permissions>> {
        self.young.shared.get(key).or_else(|| self.old.shared.get(key)).cloned()
    }
}
