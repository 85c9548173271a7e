//! Secrets that are printed or saved before they become valid: so a secret that nobody received is never valid. The
//! backend announces the secrets, the client puts them at their destination, and the backend commits. Nothing is locked
//! meanwhile, so a slow reader delays no other writer. A server makes the change first; then files are reserved before the
//! call, so that a secret has its place when it arrives.

use std::path::{Path, PathBuf};

use super::credential::Credential;
use super::local_backend::LocalBackend;
use super::ports::{CommittedTx, Maintenance, PendingFile, SecretFileWriter, Store};
use super::request::{Request, RequestVerb, reply};
use super::session::Session;
use super::tokens::{IssuedToken, SecretSource};
use super::{Backend, Mutation};
use crate::domain::date_format::DateFormat;
use crate::domain::name::TokenName;
use crate::domain::time::{Timestamp, local_zone};
use crate::domain::token::Token;
use crate::domain::word_list::join_and;
use crate::error::{Error, Kind, Result};

/// Receives new secrets. If it fails before the change, nothing is changed.
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

/// Carries out `verb` with its secrets at `destination`. Returns the paths of the files. They are written before the
/// change and kept only with it; or they are reserved before a change whose secrets come afterwards.
pub fn call_with_delivery<V: RequestVerb>(
    backend: &dyn Backend,
    credential: &Credential,
    verb: V,
    mut destination: SecretDestination<'_>,
    writer: &dyn SecretFileWriter,
) -> Result<(V::Reply, Vec<PathBuf>)> {
    let request: Request = verb.into();
    let is_regeneration = matches!(request, Request::RegenerateToken(_));
    let is_before_change = backend.delivers_before_change();
    let mut files = if is_before_change { Vec::new() } else { destination.reserve(&request, writer)? };
    let mut received = 0;
    let response = backend.run(
        credential,
        request,
        Some(&mut |issued| {
            match is_before_change {
                true => destination.deliver(issued, writer, &mut files).map_err(unchanged)?,
                false => {
                    destination.deliver_after_change(issued, &mut files, is_regeneration, &backend.program())?;
                }
            }
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

/// Adds to the error of a delivery that the change was not made.
fn unchanged(error: Error) -> Error {
    match error.kind {
        Kind::Cancelled => error,
        _ => Error { what: format!("{}; nothing was changed", error.what), ..error },
    }
}

/// A change whose secrets did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndeliveredChange {
    /// Tokens were created or copied.
    Created,
    /// The token's old secret ends at this time. `None` if the old secret has ended.
    Regenerated(Option<Timestamp>),
}

/// Explains that the server made the change, but the secrets of `tokens` did not arrive. `program` is the beginning of
/// commands for this server.
pub fn undelivered(error: Error, tokens: &[String], change: UndeliveredChange, program: &str) -> Error {
    let get_new = |name: &String| format!("Get a new secret: {program} token regenerate {name}");
    let (what, next) = match (tokens, change) {
        ([name], UndeliveredChange::Created) => {
            (format!("the token {name} was created, but its secret is lost"), get_new(name))
        }
        ([name], UndeliveredChange::Regenerated(None)) => {
            (format!("the new secret of {name} is lost, and the old secret no longer works"), get_new(name))
        }
        ([name], UndeliveredChange::Regenerated(Some(until))) => (
            format!("the new secret of {name} is lost"),
            format!(
                "The old secret ends at {}. To get a new secret and end the old secret at once, run: \
                 {program} token regenerate {name}",
                DateFormat::Iso.in_zone(&local_zone()).second(until)
            ),
        ),
        (names, _) => (
            format!("the tokens {} were created, but their secrets are lost", join_and(names)),
            format!("Get new secrets. For each token, run: {program} token regenerate NAME"),
        ),
    };
    Error { what, why: Some(error.what_and_why()), next: Some(next), ..error }
}

fn secret_file(folder: &Path, name: &TokenName) -> PathBuf {
    folder.join(format!("{name}.secret"))
}

impl SecretDestination<'_> {
    /// Creates the files for the secrets of `request`.
    fn reserve(&self, request: &Request, writer: &dyn SecretFileWriter) -> Result<Vec<Box<dyn PendingFile>>> {
        let names: &[TokenName] = if let Request::CreateToken(verb) = request { &verb.names } else { &[] };
        match self {
            SecretDestination::Printed(_) => Ok(Vec::new()),
            SecretDestination::File(_) if names.len() > 1 => Err(one_file_for_several()),
            SecretDestination::File(path) => writer.reserve(path).map(|file| vec![file]),
            SecretDestination::Directory(folder) => {
                names.iter().map(|name| writer.reserve(&secret_file(folder, name))).collect()
            }
        }
        .map_err(unchanged)
    }

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
            (SecretDestination::File(_), _) => return Err(one_file_for_several()),
            (SecretDestination::Directory(folder), several) => {
                for one in several {
                    files.push(writer.save(&secret_file(folder, &one.token.name), &one.secret)?);
                }
            }
        }
        Ok(())
    }

    /// Delivers the secrets of `issued`, which are valid already. Each that can be written to its reserved file is kept.
    fn deliver_after_change(
        &mut self,
        issued: &[IssuedToken],
        files: &mut [Box<dyn PendingFile>],
        is_regeneration: bool,
        program: &str,
    ) -> Result<()> {
        let mut lost = Vec::new();
        let failed = match self {
            SecretDestination::Printed(receive) => {
                lost.extend(issued);
                receive(issued).err()
            }
            SecretDestination::File(_) | SecretDestination::Directory(_) => {
                let mut failed = None;
                for (one, file) in issued.iter().zip(files) {
                    match file.write(&one.secret) {
                        Ok(()) => file.persist(),
                        Err(error) => {
                            lost.push(one);
                            failed = Some(error);
                        }
                    }
                }
                failed
            }
        };
        let names = || lost.iter().map(|one| one.token.full_name()).collect::<Vec<_>>();
        let change = match is_regeneration {
            true => {
                let previous = lost.first().and_then(|one| one.token.previous.as_ref());
                UndeliveredChange::Regenerated(previous.map(|previous| previous.retires_at))
            }
            false => UndeliveredChange::Created,
        };
        failed.map_or(Ok(()), |error| Err(undelivered(error, &names(), change, program)))
    }

    /// Adds to `error` the consequence for `count` secrets that were already printed or saved.
    fn explain(&self, error: Error, count: usize) -> Error {
        let (which, are, files, new) = match count {
            1 => ("secret", "is", "its file was", "a new secret"),
            _ => ("secrets", "are", "their files were", "new secrets"),
        };
        let (what, repeat) = match self {
            SecretDestination::Printed(_) => (
                format!("nothing was changed: the {which} printed to stdout {are} not valid"),
                format!("Discard the printed {which} and run the command again"),
            ),
            SecretDestination::File(_) | SecretDestination::Directory(_) => (
                format!("nothing was changed: the {which} {are} not valid, and {files} removed"),
                "Run the command again".to_owned(),
            ),
        };
        let why = error.what_and_why();
        let next = match &error.next {
            Some(next) => format!("{next}. Each attempt creates {new}"),
            None => format!("{repeat}. The command then creates {new}"),
        };
        Error { what, why: Some(why), next: Some(next), ..error }
    }
}

fn one_file_for_several() -> Error {
    Error::usage("several secrets can't be saved in one file")
        .next("Use --out-dir DIR: each secret is saved there as NAME.secret")
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
        return Err(Error::conflict("the account, the policy or a token was changed before the command finished"));
    }
    if announced.iter().any(|token| token.expiry.is_past(now)) {
        return Err(Error::conflict("the token would expire before it can be used").next("Choose a later expiry"));
    }
    Ok(())
}
