//! Secrets that are printed or saved before they become valid: so a secret that nobody received is never valid. The
//! backend announces the secrets, the client puts them at their destination, and the backend commits. Nothing is locked
//! meanwhile, so a slow reader delays no other writer.

use std::path::PathBuf;

use super::credential::Credential;
use super::local_backend::LocalBackend;
use super::ports::{CommittedTx, Maintenance, PendingFile, SecretFileWriter, Store};
use super::request::{RequestVerb, reply};
use super::session::Session;
use super::tokens::{IssuedToken, SecretSource};
use super::{Backend, Mutation};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Result};

/// Receives announced secrets. If it fails, nothing is changed.
pub type SecretReceiver<'a> = dyn FnMut(&[IssuedToken]) -> Result<()> + 'a;

/// The destination of new secrets, on the client's machine.
pub enum SecretDestination<'a> {
    /// Passes all secrets to the receiver at once, which prints them.
    Printed(Box<SecretReceiver<'a>>),
    /// Writes the only secret to this file.
    File(PathBuf),
    /// Writes each secret to a file `NAME.secret` in this folder.
    Directory(PathBuf),
}

/// Carries out `verb` with its secrets at `destination`. Returns the paths of the files, which are written before the
/// change and kept only with it.
pub fn call_with_delivery<V: RequestVerb>(
    backend: &dyn Backend,
    credential: &Credential,
    verb: V,
    mut destination: SecretDestination<'_>,
    writer: &dyn SecretFileWriter,
) -> Result<(V::Reply, Vec<PathBuf>)> {
    let mut received = 0;
    let mut files = Vec::new();
    let response = backend.run(
        credential,
        verb.into(),
        Some(&mut |issued| {
            destination.deliver(issued, writer, &mut files)?;
            received = issued.len();
            Ok(())
        }),
    );
    let response = response.map_err(|error| match received {
        0 => error,
        count => destination.explain(error, count),
    })?;
    files.iter_mut().for_each(|file| file.persist());
    Ok((reply::<V>(response)?, files.iter().map(|file| file.path().to_owned()).collect()))
}

impl SecretDestination<'_> {
    /// Delivers the secrets of `issued`. Files are then on disk, and are removed again if `files` is dropped.
    fn deliver(
        &mut self,
        issued: &[IssuedToken],
        writer: &dyn SecretFileWriter,
        files: &mut Vec<Box<dyn PendingFile>>,
    ) -> Result<()> {
        match (self, issued) {
            (SecretDestination::Printed(receive), _) => return receive(issued),
            (SecretDestination::File(path), [only]) => files.push(writer.save(path, &only.secret)?),
            (SecretDestination::File(_), _) => {
                return Err(Error::usage("several secrets can't be saved in one file")
                    .next("Use --out-dir DIR: each secret is saved there as NAME.secret"));
            }
            (SecretDestination::Directory(folder), several) => {
                for one in several {
                    files.push(writer.save(&folder.join(format!("{}.secret", one.token.name)), &one.secret)?);
                }
            }
        }
        Ok(())
    }

    /// Adds to `error` the consequence for `count` secrets that were already printed or saved.
    fn explain(&self, error: Error, count: usize) -> Error {
        let (which, are) = if count == 1 { ("the secret", "is") } else { ("the secrets", "are") };
        let (what, repeat) = match self {
            SecretDestination::Printed(_) => (
                format!("nothing was changed: {which} printed to stdout {are} not valid"),
                "Discard the printed secret and run the command again",
            ),
            SecretDestination::File(_) | SecretDestination::Directory(_) => (
                format!("nothing was changed: {which} {are} not valid, and each saved file was removed"),
                "Run the command again",
            ),
        };
        let why = error.why.as_ref().map_or_else(|| error.what.clone(), |why| format!("{}: {why}", error.what));
        let next = match &error.next {
            Some(next) => format!("{next}. Each attempt creates a new secret"),
            None => format!("{repeat}: it creates a new secret"),
        };
        Error { what, why: Some(why), next: Some(next), ..error }
    }
}

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Carries out `verb` in three steps. A rehearsal, which is rolled back, checks if the change is permitted and
    /// computes its tokens. Then `receive` gets the secrets. Then the change itself makes exactly these secrets valid,
    /// if everything is still as announced.
    pub(super) fn run_with_delivery<V: Mutation>(
        &self,
        verb: &V,
        session: Option<&Session>,
        receive: &mut SecretReceiver<'_>,
    ) -> Result<CommittedTx<V::Output>> {
        let clock = &*self.adapters().clock;
        let (mut planned, planned_at) = self.store().dry_run(&|| clock.now(), |tx, now| {
            let actor = self.reload_actor::<V>(session, tx, now)?;
            Ok(verb.run(&actor, tx, &self.env(now))?.map(|out| (out, now)))
        })?;
        let issued = V::issued_tokens(&mut planned);
        receive(issued)?;
        let announced: Vec<Token> = issued.iter().map(|one| one.token.clone()).collect();
        self.store().write(&self.audit_actor(session), &|| clock.now(), |tx, now| {
            let actor = self.reload_actor::<V>(session, tx, now)?;
            let mut env = self.env(planned_at);
            env.secrets = SecretSource::replay(issued)?;
            let mut audited = verb.run(&actor, tx, &env)?;
            check_unchanged(&announced, V::issued_tokens(audited.value_mut()).iter().map(|one| &one.token), now)?;
            Ok(audited)
        })
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
        return Err(Error::conflict("another session changed the token in the meantime"));
    }
    if announced.iter().any(|token| token.expiry.is_past(now)) {
        return Err(Error::conflict("the token would expire before it can be used").next("Choose a later expiry"));
    }
    Ok(())
}
