//! New secrets and their delivery.

use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::api_selection::Selection;
use crate::domain::audit::AuditEntry;
use crate::domain::expiry::ExpirySpec;
use crate::domain::name::{Prefix, TokenName};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::domain::wire_format::WireSecret;
use crate::error::{Error, Result};
use crate::verbs::Env;
use crate::verbs::actor::Actor;
use crate::verbs::cli_line::CliLine;
use crate::verbs::ports::{Entropy, PendingFile, SecretFileWriter, Tx};

/// A token and its new secret, to be shown once.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedToken {
    /// The token after the change.
    pub token: Token,
    /// The token's secret.
    #[serde(with = "WireSecret")]
    pub secret: Secret,
    /// A warning about the selection. `None` if the token may call all that it names.
    pub warning: Option<String>,
    #[serde(skip)]
    file: Option<Box<dyn PendingFile>>,
}

impl IssuedToken {
    /// Returns the path of the file with the secret, if one was requested.
    pub fn saved_path(&self) -> Option<&Path> {
        self.file.as_ref().map(|s| s.path())
    }

    /// Keeps the file that was created for `planned`, with the same secret, because the change has committed.
    pub(in crate::verbs) fn adopt_file(&mut self, planned: &mut IssuedToken) {
        self.file = planned.file.take();
        if let Some(saved) = &mut self.file {
            saved.persist();
        }
    }
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("token", &self.token.id)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// Delivers new secrets before the change that makes them valid. So a secret that nobody received is never valid.
#[derive(Clone)]
pub struct SecretCallback(Arc<SecretCallbackFn>);

type SecretCallbackFn = dyn Fn(&[IssuedToken]) -> Result<()> + Send + Sync;

impl SecretCallback {
    /// Creates a destination that calls `callback`. If `callback` fails, nothing is changed.
    pub fn new(callback: impl Fn(&[IssuedToken]) -> Result<()> + Send + Sync + 'static) -> Self {
        SecretCallback(Arc::new(callback))
    }
}

impl std::fmt::Debug for SecretCallback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretCallback(…)")
    }
}

impl PartialEq for SecretCallback {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SecretCallback {}

/// The destination of new secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretDestination {
    /// Passes all secrets to the callback at once.
    Callback(SecretCallback),
    /// Writes the only secret to this file.
    File(PathBuf),
    /// Writes each secret to a file `NAME.secret` in this folder.
    Directory(PathBuf),
}

/// Fails always: a callback or a path of one machine means nothing on another.
impl Serialize for SecretDestination {
    fn serialize<S: Serializer>(&self, _serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("the destination of a secret does not travel"))
    }
}

impl SecretDestination {
    /// Returns the path of the file for the secret of the token `name`. `None` if the secret doesn't go to a file.
    pub(super) fn file(&self, name: &TokenName) -> Option<PathBuf> {
        match self {
            SecretDestination::Callback(_) => None,
            SecretDestination::File(path) => Some(path.clone()),
            SecretDestination::Directory(folder) => Some(folder.join(format!("{name}.secret"))),
        }
    }

    /// Delivers the secrets of `issued` to their destination. Files are then on disk, and are removed again unless
    /// [`IssuedToken::adopt_file`] follows.
    pub(in crate::verbs) fn deliver(&self, issued: &mut [IssuedToken], files: &dyn SecretFileWriter) -> Result<()> {
        if let SecretDestination::Callback(SecretCallback(callback)) = self {
            return callback(issued);
        }
        for one in issued {
            one.file = self.file(&one.token.name).map(|path| files.save(&path, &one.secret)).transpose()?;
        }
        Ok(())
    }
}

/// The source of the secrets of one change, and of the ids that were announced with them.
pub struct SecretSource<'a> {
    entropy: Option<&'a dyn Entropy>,
    planned: RefCell<VecDeque<Secret>>,
    reserved_ids: RefCell<VecDeque<TokenId>>,
}

impl<'a> SecretSource<'a> {
    /// Creates a source of new secrets.
    pub fn new(entropy: &'a dyn Entropy) -> Self {
        SecretSource { entropy: Some(entropy), planned: RefCell::default(), reserved_ids: RefCell::default() }
    }

    /// Creates a source of the secrets of `issued`, in their order, and no others.
    pub(in crate::verbs) fn replay(issued: &[IssuedToken]) -> Result<Self> {
        let unread = |_| Error::failure("a new secret is malformed");
        let secrets = issued.iter().map(|one| one.secret.expose(Secret::parse).map_err(unread));
        Ok(SecretSource {
            entropy: None,
            planned: RefCell::new(secrets.collect::<Result<_>>()?),
            reserved_ids: RefCell::new(issued.iter().map(|one| one.token.id).collect()),
        })
    }

    /// Returns the id that was announced for the next new token. `None` if any id is fine.
    pub(super) fn next_id(&self) -> Option<TokenId> {
        self.reserved_ids.borrow_mut().pop_front()
    }

    fn next(&self, prefix: &Prefix) -> Result<Secret> {
        match self.entropy {
            Some(entropy) => Secret::generate(prefix, |buffer| entropy.fill(buffer)),
            None => {
                let planned = self.planned.borrow_mut().pop_front();
                planned.ok_or_else(|| Error::conflict("there are more tokens than announced"))
            }
        }
    }
}

/// Gives `token` a new secret. The secret before becomes invalid at once, or at `keep_old_until`.
///
/// The new secret is issued under the role of the actor, who receives it. That role is never above the role that the
/// account has at this moment. So a later promotion gives no rights to a secret that was handed out before.
pub(super) fn issue(
    by: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    token: &Token,
    keep_old_until: Option<Timestamp>,
) -> Result<IssuedToken> {
    let installation = tx.installation()?.ok_or_else(|| Error::failure("this store is not set up"))?;
    let secret = env.secrets.next(&installation.prefix)?;
    let issued_role = token.effective_role(by.account()?.role);
    tx.set_secret(token.id, &secret, issued_role, env.now, keep_old_until)?;
    let token = tx.token(token.id)?.ok_or_else(|| Error::failure("the token no longer exists"))?;
    Ok(IssuedToken { token, secret, warning: None, file: None })
}

/// Creates an audit entry about `token`.
pub(super) fn audit_entry(verb: &'static str, token: &Token) -> AuditEntry {
    AuditEntry::new(verb, token.id, token.full_name())
}

/// Creates an audit entry about a new token.
pub(super) fn audit_created(verb: &'static str, token: &Token) -> AuditEntry {
    let entry = audit_entry(verb, token)
        .with("description", token.description.as_str())
        .with("api", token.selection.to_audit_json())
        .with("expires", token.expiry.at().map(Timestamp::rfc3339))
        .with("secret", token.hint.as_str());
    // Without the field, the issued role is the role of the account.
    if token.issued_role == token.owner.role { entry } else { entry.with("issued_role", token.issued_role.as_str()) }
}

/// Creates an audit entry about a change of `before`, with all editable and regenerated fields that differ.
pub(super) fn audit_changed(verb: &'static str, before: &Token, after: &Token) -> AuditEntry {
    let expires = |token: &Token| token.expiry.at().map(Timestamp::rfc3339);
    audit_entry(verb, before)
        .changed("name", before.name.as_str(), after.name.as_str())
        .changed("description", before.description.as_str(), after.description.as_str())
        .changed("expires", expires(before), expires(after))
        .changed("api", before.selection.to_audit_json(), after.selection.to_audit_json())
        .changed("secret", before.hint.as_str(), after.hint.as_str())
        .changed("issued_role", before.issued_role.as_str(), after.issued_role.as_str())
}

/// Adds `--expires` to a command.
pub(super) fn push_expires(line: CliLine, spec: Option<ExpirySpec>) -> CliLine {
    match spec {
        None => line,
        Some(spec) => line.option("expires", spec.to_string()),
    }
}

/// Adds the options that choose `selection` to a command.
pub(super) fn push_selection(line: CliLine, selection: &Selection) -> CliLine {
    match selection {
        Selection::Inherit => line.arg("--inherit"),
        Selection::Sets(sets) => sets.iter().fold(line, |l, s| l.option("set", s.as_str())),
        Selection::Custom(methods) => methods.iter().fold(line, |l, m| l.option("method", m.as_str())),
    }
}
