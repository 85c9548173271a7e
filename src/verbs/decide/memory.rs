//! Decisions for a service: what it may remember between them, and from when on it may no longer.
//!
//! Whatever a verb changes stands in the audit log, in the same transaction, and the log's last hash stands for all of
//! it. So what was read of the store holds for exactly as long as the log's last row is the one it was read under, and
//! that is looked at in the very snapshot in which requests are decided: nothing remembered outlives a revocation. What
//! is kept about use changes no grant and no row of the log. Where nobody has committed anything at all since, not even
//! that needs to be read: the store's edition says so.

mod secrets;

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use foldhash::fast::RandomState;

use self::secrets::Secrets;
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

/// What a remembered secret costs in bytes, about, beside what its token may call.
const ENTRY: usize = 800;
/// Of how many public ids that were never issued it is remembered that they weren't.
const STRANGERS: usize = 16_384;

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
    /// What is told of `methods`, which is made when somebody asks for it.
    fn methods(methods: &mut dyn Iterator<Item = &MethodId>) -> Self::Methods;
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
    /// None where it was refused when it was read: then nobody needs to know.
    permissions: Option<Arc<Permissions<T::Methods>>>,
    /// What is told of its token.
    pub holder: T::Holder,
}

impl<T: Telling> Known<T> {
    /// The token that it is a secret of.
    pub fn token(&self) -> TokenId {
        self.token
    }

    /// All that stays in memory for as long as this does, in bytes, about.
    pub fn bytes(&self) -> usize {
        ENTRY + self.permissions.as_ref().map_or(0, |permissions| permissions.bytes())
    }
}

/// Decides what selections come to that many tokens share.
type PermissionKey = (Role, Selection);

/// What tokens with one selection may call.
struct Permissions<M> {
    /// None for a selection by hand, which is one token's own.
    key: Option<Arc<PermissionKey>>,
    permitted: Permitted,
    /// What is told of it, for as long as somebody is being told.
    told: Mutex<Weak<M>>,
}

impl<M> Permissions<M> {
    fn new(key: Option<Arc<PermissionKey>>, permitted: Permitted) -> Self {
        Permissions { key, permitted, told: Mutex::default() }
    }

    /// What it takes in memory, in bytes, about.
    fn bytes(&self) -> usize {
        /// What a node of a set of names costs, about, and two entries of a table.
        const NAME: usize = 48;
        const TABLE: usize = 64;
        let key = self.key.as_ref().map_or(0, |key| match &key.1 {
            Selection::Sets(names) => TABLE + names.iter().map(|name| NAME + name.len()).sum::<usize>(),
            Selection::Inherit | Selection::Custom(_) => TABLE,
        });
        size_of::<Self>() + size_of::<PermissionKey>() + key + self.permitted.bytes()
    }

    /// What is told of it. Many who ask at the same time are told the same, in the same place of memory.
    fn told(&self, make: impl FnOnce(&Permitted) -> M) -> Arc<M> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.upgrade().unwrap_or_else(|| {
            let made = Arc::new(make(&self.permitted));
            *told = Arc::downgrade(&made);
            made
        })
    }
}

/// What is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What somebody presents.
    pub presented: Presents<'a>,
    /// The method that is to be called; without one, whether the secret works at all.
    pub method: Option<&'a str>,
    /// Whether all methods that the token may call are to be told.
    pub methods: bool,
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
    /// What is told of the methods that the token may call, where that was asked for.
    pub methods: Option<Arc<T::Methods>>,
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

    /// Decides for a secret that is refused or not, of `token`, of which all is `known`.
    fn judge(
        &self,
        refused: Option<Reason>,
        token: Option<TokenId>,
        known: Option<Arc<Known<T>>>,
        question: Question<'_>,
    ) -> Result<Answer<T>> {
        let found = question.method.map(|method| self.methods.get(method));
        let permissions = known.as_ref().and_then(|known| known.permissions.as_ref());
        let permitted = || {
            let Some(found) = found else { return Ok(Some(true)) };
            Ok(found.map(|m| permissions.is_some_and(|permissions| permissions.permitted.holds(m.number))))
        };
        let ruling = ruling(refused, permitted)?;
        let method = found.flatten().map(|method| Arc::clone(&method.told));
        let tell = |permitted: &Permitted| T::methods(&mut self.rights.named(permitted));
        let asked = permissions.filter(|_| question.methods && ruling == Ruling::Allowed);
        let methods = asked.map(|permissions| permissions.told(tell));
        Ok(Answer { ruling, token, known, method, methods })
    }
}

/// What a service remembers.
pub struct Memory<T: Telling> {
    tip: Option<AuditTip>,
    /// The edition in which that was so, or one before it.
    edition: Option<Edition>,
    catalogued: Option<Arc<Catalogued<T>>>,
    secrets: Secrets<T>,
    /// What was never issued: who asks again with such a secret learns nothing from how long that takes.
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
    /// Decides from memory alone, where the store is what it was: `edition` must have been asked for after the request
    /// had arrived. None when the store has changed, or too little is remembered.
    pub fn recall(&mut self, edition: Edition, question: Question<'_>, now: Timestamp) -> Option<Answer<T>> {
        let catalogued = self.catalogued.clone().filter(|_| self.edition == Some(edition))?;
        match question.presented {
            Err(fault) => catalogued.judge(Some(fault.into()), None, None, question),
            Ok(claim) => self.recalled(&catalogued, claim, question, now)?,
        }
        .ok()
    }

    /// The decision about a secret that is remembered.
    fn recalled(
        &mut self,
        catalogued: &Catalogued<T>,
        claim: &Claim,
        question: Question<'_>,
        now: Timestamp,
    ) -> Option<Result<Answer<T>>> {
        if let Some(known) = self.secrets.get(claim.public_id()) {
            let (refused, token) = (known.standing.refusal(claim.digest(), now), known.token);
            // Where it was refused before, it is read once more.
            let is_enough = refused.is_some() || known.permissions.is_some();
            return is_enough.then(|| catalogued.judge(refused, Some(token), Some(known), question));
        }
        let is_stranger = self.strangers.contains(claim.public_id());
        is_stranger.then(|| catalogued.judge(Some(Reason::Unknown), None, None, question))
    }

    /// Looks at what is remembered of all `claims`, before the first of them is decided. It lies far apart, and a
    /// processor fetches from several places at once only where nothing stands between: one after the other, each would
    /// be waited for.
    pub fn look_ahead<'c>(&self, claims: impl Iterator<Item = &'c Claim>) {
        let known: Vec<&Known<T>> = claims.filter_map(|claim| self.secrets.peek(claim.public_id())).collect();
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

    /// Takes nothing for certain until the audit log has been looked at once more.
    pub fn doubt(&mut self) {
        self.edition = None;
    }

    /// Forgets everything, as after an error: what is known then is not certain.
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
    /// The audit log's last row in this state.
    pub fn tip(&self) -> AuditTip {
        self.tip
    }

    /// The decision about a question.
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

    /// Remembers what was issued, where it was a secret of a token that is there, and what wasn't, apart: whoever makes
    /// up public ids would push out those in use.
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
