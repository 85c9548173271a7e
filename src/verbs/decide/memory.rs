//! Decisions for a service: what it may remember between them, and from when on it may no longer.
//!
//! Whatever a verb changes stands in the audit log, in the same transaction, and the log's last hash stands for all of
//! it. So what was read of the store holds for exactly as long as the log's last row is the one it was read under, and
//! that is looked at in the very snapshot in which requests are decided: nothing remembered outlives a revocation. What
//! is kept about use changes no grant and no row of the log. Where nobody has committed anything at all since, not even
//! that needs to be read: the store's edition says so.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Issued, Parsed, Reason, Ruling, ruling};
use crate::domain::catalogue::reach::{Permitted, Rights};
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, SecretFault};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::error::Result;
use crate::verbs::audit_log::AuditTip;
use crate::verbs::ports::{Edition, Snapshot};

/// How much is remembered of secrets, in bytes, in each of two generations.
const GENERATION: usize = 16 * 1024 * 1024;
/// What a remembered secret costs, about, beside what is told of its methods.
const ENTRY: usize = 1_200;
/// For how many selections that many tokens share what they come to is remembered.
const SHARED: usize = 4_096;

/// How a service tells whom a secret is of and what it may call: made once, told many times.
pub trait Telling {
    /// What is told of a token.
    type Holder;
    /// What is told of the methods it may call.
    type Methods;

    /// What is told of `token` when the secret of public id `secret` is presented.
    fn holder(token: &Token, secret: &PublicId) -> Self::Holder;
    /// What is told of `methods`, and how many bytes that takes.
    fn methods(methods: &mut dyn Iterator<Item = &MethodId>) -> (Self::Methods, usize);
}

/// What is known of a secret that was issued.
pub struct Known<T: Telling> {
    issued: Issued,
    granted: Arc<Granted<T::Methods>>,
    /// What is told of its token.
    pub holder: T::Holder,
}

impl<T: Telling> Known<T> {
    /// What is told of the methods that its token may call.
    pub fn methods(&self) -> &T::Methods {
        &self.granted.methods
    }
}

struct Granted<M> {
    permitted: Permitted,
    methods: M,
    size: usize,
}

/// A decision about one request.
pub struct Answer<T: Telling> {
    /// What it is.
    pub ruling: Ruling,
    /// The token that the secret is or was of, where one is known.
    pub token: Option<TokenId>,
    /// What is known of the secret, where its token is there.
    pub known: Option<Arc<Known<T>>>,
    /// Whether a catalogue knows the method that was asked for. What none knows may be anything, a secret included: it
    /// is kept nowhere.
    pub is_method: bool,
}

impl<T: Telling> Answer<T> {
    fn malformed(rights: &Rights, fault: SecretFault, method: Option<&str>) -> Self {
        let is_method = method.is_some_and(|method| rights.number(method).is_some());
        Answer { ruling: Ruling::Denied(fault.into()), token: None, known: None, is_method }
    }
}

fn judged<T: Telling>(
    rights: &Rights,
    refused: Option<Reason>,
    token: Option<TokenId>,
    known: Option<Arc<Known<T>>>,
    method: Option<&str>,
) -> Result<Answer<T>> {
    let number = method.map(|method| rights.number(method));
    let permitted = || {
        let Some(number) = number else { return Ok(Some(true)) };
        Ok(number.map(|n| known.as_ref().is_some_and(|known| known.granted.permitted.holds(n))))
    };
    let ruling = ruling(refused, permitted)?;
    Ok(Answer { ruling, token, known, is_method: number.flatten().is_some() })
}

/// What a service remembers.
pub struct Memory<T: Telling> {
    tip: Option<AuditTip>,
    /// The edition in which that was so, or one before it.
    edition: Option<Edition>,
    rights: Option<Arc<Rights>>,
    shared: HashMap<(Role, Selection), Arc<Granted<T::Methods>>>,
    young: HashMap<PublicId, Arc<Known<T>>>,
    old: HashMap<PublicId, Arc<Known<T>>>,
    young_size: usize,
}

impl<T: Telling> Default for Memory<T> {
    fn default() -> Self {
        Memory {
            tip: None,
            edition: None,
            rights: None,
            shared: HashMap::new(),
            young: HashMap::new(),
            old: HashMap::new(),
            young_size: 0,
        }
    }
}

impl<T: Telling> Memory<T> {
    /// Decides from memory alone, where the store is what it was: `edition` must have been asked for after the request
    /// had arrived. None when the store has changed, or too little is remembered.
    pub fn recall(
        &mut self,
        edition: Edition,
        presented: Parsed<'_>,
        method: Option<&str>,
        now: Timestamp,
    ) -> Option<Answer<T>> {
        let rights = self.rights_in(edition)?;
        let secret = match presented {
            Ok(secret) => secret,
            Err(fault) => return Some(Answer::malformed(&rights, fault, method)),
        };
        let known = self.remembered(secret.public_id())?;
        let refused = known.issued.refusal(&secret.digest(), now);
        let token = known.issued.token();
        judged(&rights, refused, token, Some(known), method).ok()
    }

    /// The audit log's last row, where the store is what it was.
    pub fn tip_in(&self, edition: Edition) -> Option<AuditTip> {
        self.tip.filter(|_| self.edition == Some(edition))
    }

    fn rights_in(&self, edition: Edition) -> Option<Arc<Rights>> {
        self.rights.clone().filter(|_| self.edition == Some(edition))
    }

    /// Decides in `snapshot`, which must have begun after all requests had arrived, and after `edition` was asked for.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn sit<'a>(
        &'a mut self,
        edition: Edition,
        snapshot: &'a dyn Snapshot,
        now: Timestamp,
    ) -> Result<Sitting<'a, T>> {
        let tip = snapshot.audit_tip()?;
        // Until all of it has been read anew, nothing is remembered of any edition.
        self.edition = None;
        if self.tip != Some(tip) {
            let catalogues_stay = match self.tip.take() {
                // An installation's first row sets its first catalogues up, and isn't named after them.
                Some(before) if before.seq > 0 => snapshot.audit_only_grew(before, "catalogue.")?,
                Some(_) | None => false,
            };
            let rights = self.rights.take().filter(|_| catalogues_stay);
            *self = Memory { tip: Some(tip), rights, ..Memory::default() };
        }
        let rights = match &self.rights {
            Some(rights) => Arc::clone(rights),
            None => {
                let rights = Arc::new(Rights::new(&snapshot.catalogues()?));
                self.rights = Some(Arc::clone(&rights));
                rights
            }
        };
        self.edition = Some(edition);
        Ok(Sitting { memory: self, snapshot, rights, tip, now })
    }

    /// Forgets everything, as after an error: what is known then is not certain.
    pub fn forget(&mut self) {
        *self = Memory::default();
    }

    /// What is remembered of a secret. The generation before the last is thrown away when the last is full; what was
    /// asked for since has moved on.
    fn remembered(&mut self, id: &PublicId) -> Option<Arc<Known<T>>> {
        if let Some(known) = self.young.get(id) {
            return Some(Arc::clone(known));
        }
        let (id, known) = self.old.remove_entry(id)?;
        self.remember(id, Arc::clone(&known));
        Some(known)
    }

    fn remember(&mut self, id: PublicId, known: Arc<Known<T>>) {
        let shared = Arc::strong_count(&known.granted) > 1;
        self.young_size += ENTRY + if shared { 0 } else { known.granted.size };
        self.young.insert(id, known);
        if self.young_size > GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.young_size = 0;
        }
    }
}

/// Decisions in one consistent state of the store.
pub struct Sitting<'a, T: Telling> {
    memory: &'a mut Memory<T>,
    snapshot: &'a dyn Snapshot,
    rights: Arc<Rights>,
    tip: AuditTip,
    now: Timestamp,
}

impl<T: Telling> Sitting<'_, T> {
    /// The audit log's last row in this state.
    pub fn tip(&self) -> AuditTip {
        self.tip
    }

    /// The decision about a presented secret and a method; without one, whether the secret works at all.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn decide(&mut self, presented: Parsed<'_>, method: Option<&str>) -> Result<Answer<T>> {
        let secret = match presented {
            Ok(secret) => secret,
            Err(fault) => return Ok(Answer::malformed(&self.rights, fault, method)),
        };
        let (known, token, refused) = match self.memory.remembered(secret.public_id()) {
            Some(known) => {
                let refused = known.issued.refusal(&secret.digest(), self.now);
                let token = known.issued.token();
                (Some(known), token, refused)
            }
            None => {
                let issued = Issued::read(self.snapshot, secret.public_id())?;
                let (refused, token) = (issued.refusal(&secret.digest(), self.now), issued.token());
                (self.learn(secret.public_id(), issued), token, refused)
            }
        };
        judged(&self.rights, refused, token, known, method)
    }

    /// Remembers what was issued, where it was a secret of a token that is there. Of others nothing is kept: whoever
    /// makes up public ids would push out those in use.
    fn learn(&mut self, id: &PublicId, mut issued: Issued) -> Option<Arc<Known<T>>> {
        let Issued::Secret(_, token) = &mut issued else { return None };
        let holder = T::holder(token, id);
        // What it comes to is kept instead.
        let selection = std::mem::replace(&mut token.selection, Selection::nothing());
        let granted = self.granted(token.owner.role, selection);
        let known = Arc::new(Known { issued, granted, holder });
        self.memory.remember(id.clone(), Arc::clone(&known));
        Some(known)
    }

    fn granted(&mut self, role: Role, selection: Selection) -> Arc<Granted<T::Methods>> {
        let rights = Arc::clone(&self.rights);
        let make = |selection: &Selection| {
            let permitted = rights.permitted(role, selection);
            let (methods, size) = T::methods(&mut rights.named(&permitted));
            Arc::new(Granted { permitted, methods, size })
        };
        if let Selection::Custom(_) = selection {
            return make(&selection);
        }
        let shared = &mut self.memory.shared;
        if shared.len() >= SHARED {
            shared.clear();
        }
        Arc::clone(shared.entry((role, selection)).or_insert_with_key(|(_, selection)| make(selection)))
    }
}
