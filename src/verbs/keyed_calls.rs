//! Changes that give out secrets, under a key of the caller: a repetition of the call makes no second change. The key is
//! stored with the change, so a caller who got no answer can repeat the call and learn what was done.

use std::cell::RefCell;

use sha2::{Digest as _, Sha256};

use super::Verb;
use super::actor::Actor;
use super::authorize::{self, TokenAction, TrashScope};
use super::ports::{Snapshot, StoredCall, Tx};
use super::request::{Request, Response};
use super::session::Session;
use super::tokens::{CopyToken, CreateToken, IssuedToken, RegenerateToken};
use crate::domain::time::{DAY, Timestamp};
use crate::domain::token::{Token, TokenRef};
use crate::error::{Error, Result};

/// Maximum length of a key.
const MAX_KEY: usize = 64;

/// The verbs whose calls may have a key: those that give out secrets.
pub const ACCEPT_KEY: [&str; 3] = [CreateToken::NAME, CopyToken::NAME, RegenerateToken::NAME];

/// The reply to a call with a key.
pub enum KeyedReply {
    /// The call was made now.
    Done(Box<Response>),
    /// An earlier call with this key made the change. These are its tokens as they are now, without their secrets.
    Repeated(Vec<Token>),
}

/// A call with its key.
pub(super) struct KeyedCall {
    key: String,
    /// The request, hashed. The caller follows.
    hash: Sha256,
    /// The tokens of an earlier call with this key.
    earlier: RefCell<Option<Vec<Token>>>,
}

impl KeyedCall {
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the key is malformed, or the request gives out no secrets.
    pub fn new(key: &str, request: &Request) -> Result<Self> {
        if !ACCEPT_KEY.contains(&request.name()) {
            return Err(Error::usage("this endpoint does not accept an idempotency key")
                .why("only calls that create, copy or regenerate tokens accept a key")
                .next("Leave out the header Idempotency-Key"));
        }
        if !(1..=MAX_KEY).contains(&key.len()) || !key.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Error::usage("the idempotency key is malformed")
                .why(format!("a key has 1 to {MAX_KEY} printable ASCII characters")));
        }
        let json = serde_json::to_vec(request).map_err(|error| Error::failure(error.to_string()))?;
        let mut hash = Sha256::new();
        hash.update(Sha256::digest(json));
        Ok(KeyedCall { key: key.to_owned(), hash, earlier: RefCell::default() })
    }

    pub fn into_reply(self, done: Result<Response>) -> Result<KeyedReply> {
        match (done, self.earlier.into_inner()) {
            (Err(_), Some(tokens)) => Ok(KeyedReply::Repeated(tokens)),
            (done, _) => done.map(|done| KeyedReply::Done(Box::new(done))),
        }
    }

    fn digest(&self, actor: &Actor) -> Result<[u8; 32]> {
        let caller = Session::from_actor(actor)?.caller();
        Ok(self.hash.clone().chain_update(caller).finalize().into())
    }

    /// Refuses the change if a call with this key made it in the last day, and keeps its tokens.
    pub fn check_new(&self, actor: &Actor, snapshot: &dyn Snapshot, now: Timestamp) -> Result<()> {
        self.earlier.take();
        let earlier = snapshot.keyed_call(actor.account()?.id, &self.key)?;
        let Some(earlier) = earlier.filter(|call| now < call.created_at.plus(DAY)) else { return Ok(()) };
        if earlier.digest != self.digest(actor)? {
            return Err(Error::conflict("the idempotency key was already used for another call")
                .next("Use a new key for each change"));
        }
        let tokens = earlier.tokens.into_iter().map(|id| {
            authorize::resolve_token(actor, snapshot, &TokenRef::Id(id), TrashScope::Any, TokenAction::Write)
        });
        self.earlier.replace(Some(tokens.collect::<Result<_>>()?));
        Err(Error::conflict("the change was made before"))
    }

    /// Stores the key with the change that gave out the secrets of `issued`.
    pub fn store(&self, actor: &Actor, tx: &mut dyn Tx, issued: &[IssuedToken], now: Timestamp) -> Result<()> {
        let tokens = issued.iter().map(|one| one.token.id).collect();
        let call = StoredCall { digest: self.digest(actor)?, tokens, created_at: now };
        tx.insert_keyed_call(actor.account()?.id, &self.key, &call, now.plus(-DAY))
    }
}
