//! Secrets that are printed or saved before they become valid. Nothing is locked meanwhile, so a slow reader delays no
//! other writer.

use super::Mutation;
use super::actor::Session;
use super::local_backend::LocalBackend;
use super::ports::{CommittedTx, Maintenance, Store};
use super::tokens::{SecretDestination, SecretSource};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Result};

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Carries out `verb` in three steps. A rehearsal, which is rolled back, checks if the change is permitted and
    /// computes its tokens. Then the secrets go to `save_to`. Then the change itself makes exactly these secrets valid,
    /// if everything is still as announced.
    pub(super) fn run_with_delivery<V: Mutation>(
        &self,
        verb: &V,
        session: Option<&Session>,
        save_to: &SecretDestination,
    ) -> Result<CommittedTx<V::Output>> {
        let clock = &*self.adapters().clock;
        let (mut planned, planned_at) = self.store().dry_run(&|| clock.now(), |tx, now| {
            let actor = self.reload_actor::<V>(session, tx, now)?;
            Ok(verb.run(&actor, tx, &self.env(now))?.map(|out| (out, now)))
        })?;
        let issued = V::issued_tokens(&mut planned);
        save_to.deliver(issued, &*self.adapters().secret_files)?;
        let announced: Vec<Token> = issued.iter().map(|one| one.token.clone()).collect();
        let committed = self.store().write(&self.audit_actor(session), &|| clock.now(), |tx, now| {
            let actor = self.reload_actor::<V>(session, tx, now)?;
            let mut env = self.env(planned_at);
            env.secrets = SecretSource::replay(issued)?;
            let mut audited = verb.run(&actor, tx, &env)?;
            check_unchanged(&announced, V::issued_tokens(audited.value_mut()).iter().map(|one| &one.token), now)?;
            Ok(audited)
        });
        match committed {
            Ok(mut committed) => {
                for (done, planned) in V::issued_tokens(&mut committed.value).iter_mut().zip(issued) {
                    done.adopt_file(planned);
                }
                Ok(committed)
            }
            Err(error) => Err(delivery_error(error, save_to, announced.len())),
        }
    }
}

/// Refuses a change whose tokens differ from those announced with the secrets.
fn check_unchanged<'a>(
    announced: &[Token],
    stored: impl ExactSizeIterator<Item = &'a Token>,
    now: Timestamp,
) -> Result<()> {
    let is_same = |(announced, stored): (&Token, &Token)| {
        // Uses of the token's other secrets in the meantime don't matter.
        let used = Token { last_seen_at: stored.last_seen_at, previous: stored.previous.clone(), ..announced.clone() };
        used == *stored
    };
    if announced.len() != stored.len() || !announced.iter().zip(stored).all(is_same) {
        return Err(Error::conflict("the token was changed meanwhile"));
    }
    if announced.iter().any(|token| token.expiry.is_past(now)) {
        return Err(Error::conflict("the token would have expired already"));
    }
    Ok(())
}

/// Adds to `error` the consequence for secrets that were already printed or saved.
fn delivery_error(error: Error, save_to: &SecretDestination, count: usize) -> Error {
    let (which, are) = if count == 1 { ("the secret", "is") } else { ("the secrets", "are") };
    let what = match save_to {
        SecretDestination::Callback(_) => format!("nothing was changed: {which} printed to stdout {are} not valid"),
        SecretDestination::File(_) | SecretDestination::Directory(_) => {
            format!("nothing was changed, and {which} saved {are} removed again")
        }
    };
    let why = error.why.as_ref().map_or_else(|| error.what.clone(), |why| format!("{}: {why}", error.what));
    let next = match &error.next {
        Some(next) => format!("{next}. Each attempt creates a new secret"),
        None => "Discard the printed text and repeat the command: it creates a new secret".to_owned(),
    };
    Error { what, why: Some(why), next: Some(next), ..error }
}
