//! A secret on its way to the one who asked for it.

use std::path::{Path, PathBuf};

use crate::domain::audit::AuditEntry;
use crate::domain::secret::Secret;
use crate::domain::token::{Token, TokenId};
use crate::error::{Error, Result};
use crate::verbs::Env;
use crate::verbs::ports::{SavedSecret, Tx};

/// A token and its new secret, to be shown once.
pub struct Issued {
    /// The token as it is now.
    pub token: Token,
    /// Its secret.
    pub secret: Secret,
    saved: Option<Box<dyn SavedSecret>>,
}

impl Issued {
    /// Where the secret was saved, if that was asked for.
    pub fn saved_to(&self) -> Option<&Path> {
        self.saved.as_ref().map(|s| s.path())
    }

    pub(super) fn committed(&mut self) {
        if let Some(saved) = &mut self.saved {
            saved.keep();
        }
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("token", &self.token.id).field("secret", &self.secret).finish_non_exhaustive()
    }
}

/// Gives `id` a new secret and, where a file was asked for, has it on disk before the change can commit.
pub(super) fn issue(tx: &mut dyn Tx, env: &Env<'_>, id: TokenId, out: Option<&PathBuf>) -> Result<Issued> {
    let installation = tx.installation()?.ok_or_else(|| Error::failure("this store is not set up"))?;
    let secret = Secret::generate(&installation.prefix, |buffer| env.entropy.fill(buffer))?;
    tx.set_secret(id, &secret, env.now)?;
    let token = tx.token(id)?.ok_or_else(|| Error::failure("the token is not there"))?;
    let saved = out.map(|path| env.delivery.save(path, &secret)).transpose()?;
    Ok(Issued { token, secret, saved })
}

/// An audit entry about `token`.
pub(super) fn entry(verb: &'static str, token: &Token) -> AuditEntry {
    AuditEntry::new(verb, token.id, token.full_name())
}

/// How the commands name `token`.
pub(super) fn named(token: &Token, actor: Option<&str>) -> String {
    if actor == Some(token.owner.username.as_str()) { token.name.to_string() } else { token.full_name() }
}
