//! A cache of secrets within a bound in bytes, over everything that they keep in memory.
//!
//! Two generations of one size: when the younger is full, the older is dropped and the younger becomes the older. What
//! is asked for moves from the older to the younger, so what is in use stays. Permissions that secrets share are counted
//! once in each generation that holds one of these secrets; so nothing is held that isn't counted.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{ENTRY, Known, PermissionKey, Permissions, Telling};
use crate::domain::secret::PublicId;

/// The bound of one generation, in bytes.
const GENERATION: usize = 16 * 1024 * 1024;

struct Generation<T: Telling> {
    secrets: HashMap<PublicId, Arc<Known<T>>, RandomState>,
    shared: HashMap<Arc<PermissionKey>, Arc<Permissions<T::Methods>>>,
    bytes: usize,
}

impl<T: Telling> Default for Generation<T> {
    fn default() -> Self {
        Generation { secrets: HashMap::default(), shared: HashMap::new(), bytes: 0 }
    }
}

impl<T: Telling> Generation<T> {
    fn insert(&mut self, id: PublicId, known: Arc<Known<T>>) {
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

/// What a secret takes in memory beside what it shares.
fn own_bytes<T: Telling>(known: &Known<T>) -> usize {
    let own = known.permissions.as_ref().filter(|permissions| permissions.key.is_none());
    ENTRY + own.map_or(0, |permissions| permissions.bytes())
}

pub(super) struct Secrets<T: Telling> {
    young: Generation<T>,
    old: Generation<T>,
    generation: usize,
}

impl<T: Telling> Default for Secrets<T> {
    fn default() -> Self {
        Secrets { young: Generation::default(), old: Generation::default(), generation: GENERATION }
    }
}

impl<T: Telling> Secrets<T> {
    /// Returns what is remembered of a secret.
    pub fn get(&mut self, id: &PublicId) -> Option<Arc<Known<T>>> {
        if let Some(known) = self.young.secrets.get(id) {
            return Some(Arc::clone(known));
        }
        // Its bytes stay counted until the older generation goes.
        let (id, known) = self.old.secrets.remove_entry(id)?;
        self.insert(id, Arc::clone(&known));
        Some(known)
    }

    /// Returns what is remembered in the younger generation.
    pub fn peek(&self, id: &PublicId) -> Option<&Known<T>> {
        self.young.secrets.get(id).map(|known| &**known)
    }

    /// Remembers `known`, in the place of what was remembered before.
    pub fn insert(&mut self, id: PublicId, known: Arc<Known<T>>) {
        self.young.insert(id, known);
        if self.young.bytes > self.generation {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// Returns permissions that are remembered under `key`.
    pub fn permissions(&self, key: &PermissionKey) -> Option<Arc<Permissions<T::Methods>>> {
        self.young.shared.get(key).or_else(|| self.old.shared.get(key)).cloned()
    }
}
