//! Decisions for a service: what it may remember between them, and from when on it may no longer.
//!
//! Whatever a verb changes stands in the audit log, in the same transaction, and the log's last hash stands for all of
//! it. So what was read of the store holds for exactly as long as the log's last row is the one it was read under, and
//! that is looked at in the very snapshot in which requests are decided: nothing remembered outlives a revocation. What
//! is kept about use changes no grant and no row of the log. Where nobody has committed anything at all since, not even
//! that needs to be read: the store's edition says so.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::issued::{Issued, Standing};
use super::{Presents, Reason, Ruling, ruling};
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::reach::{Permitted, Rights};
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::{Claim, PublicId};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::error::Result;
use crate::verbs::audit_log::AuditTip;
use crate::verbs::ports::{Edition, Snapshot};

/// How much is remembered of secrets, in bytes, in each of two generations.
const GENERATION: usize = 16 * 1024 * 1024;
/// What a remembered secret costs, about, beside what is told of its methods.
const ENTRY: usize = 800;
/// Of how many public ids that were never issued it is remembered that they weren't.
const STRANGERS: usize = 16_384;
/// For how many selections that many tokens share what they come to is remembered.
const SHARED: usize = 4_096;

/// How a service tells whom a secret is of and what it may call: made once, told many times.
pub trait Telling {
    /// What is told of a token.
    type Holder;
    /// What is told of the methods it may call.
    type Methods;
    /// What is told of the method that was asked for.
    type Method;

    /// What is told of `token` when the secret of public id `secret` is presented, which has `role`.
    fn holder(token: &Token, secret: &PublicId, role: Role) -> Self::Holder;
    /// What is told of `methods`, and how many bytes that takes.
    fn methods(methods: &mut dyn Iterator<Item = &MethodId>) -> (Self::Methods, usize);
    /// What is told of `method`.
    fn method(method: &MethodId) -> Self::Method;
    /// Reads something of each place in memory that telling of `holder` takes.
    fn look_at(holder: &Self::Holder) -> usize;
}

/// What is known of a secret that was issued: no more than what each request needs, since thousands of them are to stay
/// within reach of the processor.
pub struct Known<T: Telling> {
    standing: Standing,
    token: TokenId,
    granted: Arc<Granted<T::Methods>>,
    /// What is told of its token.
    pub holder: T::Holder,
}

impl<T: Telling> Known<T> {
    /// The token that it is a secret of.
    pub fn token(&self) -> TokenId {
        self.token
    }

    /// What it takes in memory, in bytes, about.
    pub fn weight(&self) -> usize {
        let shared = Arc::strong_count(&self.granted) > 1;
        ENTRY + if shared { 0 } else { self.granted.size }
    }

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
    /// What is told of the method that was asked for, where a catalogue knows it. What none knows may be anything, a
    /// secret included: it is kept nowhere.
    pub method: Option<Arc<T::Method>>,
}

/// The catalogues, as far as decisions need them.
struct Catalogued<T: Telling> {
    rights: Rights,
    methods: HashMap<MethodId, Numbered<T::Method>, RandomState>,
}

struct Numbered<M> {
    number: usize,
    told: Arc<M>,
}

impl<T: Telling> Catalogued<T> {
    fn new(catalogues: &[Catalogue]) -> Self {
        let rights = Rights::new(catalogues);
        let numbered =
            |(number, id): (usize, &MethodId)| (id.clone(), Numbered { number, told: Arc::new(T::method(id)) });
        let methods = rights.methods().enumerate().map(numbered).collect();
        Catalogued { rights, methods }
    }

    /// What becomes of a secret that is refused or not, of `token`, of which all is `known`.
    fn judge(
        &self,
        refused: Option<Reason>,
        token: Option<TokenId>,
        known: Option<Arc<Known<T>>>,
        method: Option<&str>,
    ) -> Result<Answer<T>> {
        let found = method.map(|method| self.methods.get(method));
        let permitted = || {
            let Some(found) = found else { return Ok(Some(true)) };
            Ok(found.map(|m| known.as_ref().is_some_and(|known| known.granted.permitted.holds(m.number))))
        };
        let ruling = ruling(refused, permitted)?;
        let method = found.flatten().map(|method| Arc::clone(&method.told));
        Ok(Answer { ruling, token, known, method })
    }

    /// The same about a secret of which all is `known`.
    fn judge_known(
        &self,
        known: Arc<Known<T>>,
        claim: &Claim,
        method: Option<&str>,
        now: Timestamp,
    ) -> Result<Answer<T>> {
        let (refused, token) = (known.standing.refusal(claim.digest(), now), known.token);
        self.judge(refused, Some(token), Some(known), method)
    }
}

type Secrets<T> = HashMap<PublicId, Arc<Known<T>>, RandomState>;

/// What a service remembers.
pub struct Memory<T: Telling> {
    tip: Option<AuditTip>,
    /// The edition in which that was so, or one before it.
    edition: Option<Edition>,
    catalogued: Option<Arc<Catalogued<T>>>,
    shared: HashMap<(Role, Selection), Arc<Granted<T::Methods>>>,
    young: Secrets<T>,
    old: Secrets<T>,
    young_size: usize,
    /// What was never issued: who asks again with such a secret learns nothing from how long that takes.
    strangers: HashSet<PublicId, RandomState>,
}

impl<T: Telling> Default for Memory<T> {
    fn default() -> Self {
        Memory {
            tip: None,
            edition: None,
            catalogued: None,
            shared: HashMap::new(),
            young: HashMap::default(),
            old: HashMap::default(),
            young_size: 0,
            strangers: HashSet::default(),
        }
    }
}

impl<T: Telling> Memory<T> {
    /// Decides from memory alone, where the store is what it was: `edition` must have been asked for after the request
    /// had arrived. None when the store has changed, or too little is remembered.
    pub fn recall(
        &mut self,
        edition: Edition,
        presented: Presents<'_>,
        method: Option<&str>,
        now: Timestamp,
    ) -> Option<Answer<T>> {
        let catalogued = self.catalogued.clone().filter(|_| self.edition == Some(edition))?;
        match presented {
            Err(fault) => catalogued.judge(Some(fault.into()), None, None, method),
            Ok(claim) => self.recalled(&catalogued, claim, method, now)?,
        }
        .ok()
    }

    /// The decision about a secret that is remembered.
    fn recalled(
        &mut self,
        catalogued: &Catalogued<T>,
        claim: &Claim,
        method: Option<&str>,
        now: Timestamp,
    ) -> Option<Result<Answer<T>>> {
        if let Some(known) = self.remembered(claim.public_id()) {
            return Some(catalogued.judge_known(known, claim, method, now));
        }
        let is_stranger = self.strangers.contains(claim.public_id());
        is_stranger.then(|| catalogued.judge(Some(Reason::Unknown), None, None, method))
    }

    /// Looks at what is remembered of all `claims`, before the first of them is decided. It lies far apart, and a
    /// processor fetches from several places at once only where nothing stands between: one after the other, each would
    /// be waited for.
    pub fn look_ahead<'c>(&self, claims: impl Iterator<Item = &'c Claim>) {
        let known: Vec<&Known<T>> = claims.filter_map(|claim| Some(&**self.young.get(claim.public_id())?)).collect();
        for known in &known {
            black_box(known.token);
        }
        for known in &known {
            black_box(T::look_at(&known.holder));
        }
    }

    /// The audit log's last row, where the store is what it was.
    pub fn tip_in(&self, edition: Edition) -> Option<AuditTip> {
        self.tip.filter(|_| self.edition == Some(edition))
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
        self.young_size += known.weight();
        self.young.insert(id, known);
        if self.young_size > GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.young_size = 0;
        }
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
    /// The audit log's last row in this state.
    pub fn tip(&self) -> AuditTip {
        self.tip
    }

    /// The decision about a presented secret and a method; without one, whether the secret works at all.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn decide(&mut self, presented: Presents<'_>, method: Option<&str>) -> Result<Answer<T>> {
        let claim = match presented {
            Ok(claim) => claim,
            Err(fault) => return self.catalogued.judge(Some(fault.into()), None, None, method),
        };
        if let Some(recalled) = self.memory.recalled(&self.catalogued, claim, method, self.now) {
            return recalled;
        }
        let id = claim.public_id();
        let issued = Issued::read(self.snapshot, id)?;
        let (refused, token) = (issued.refusal(claim.digest(), self.now), issued.token());
        let known = self.learn(id, issued);
        self.catalogued.judge(refused, token, known, method)
    }

    /// Remembers what was issued, where it was a secret of a token that is there, and what wasn't, apart: whoever makes
    /// up public ids would push out those in use.
    fn learn(&mut self, id: &PublicId, issued: Issued) -> Option<Arc<Known<T>>> {
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
        let granted = self.granted(role, token.selection);
        let known = Arc::new(Known { standing, token: token.id, granted, holder });
        self.memory.remember(id.clone(), Arc::clone(&known));
        Some(known)
    }

    fn granted(&mut self, role: Role, selection: Selection) -> Arc<Granted<T::Methods>> {
        let catalogued = Arc::clone(&self.catalogued);
        let make = |selection: &Selection| {
            let rights = &catalogued.rights;
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
