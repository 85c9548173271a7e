//! Verbs about tokens, a file each.

mod create;
mod delete;
mod enable;
mod issue;
mod list;
mod regenerate;
mod restore;
mod rules;
mod show;

pub use create::CreateToken;
pub use delete::DeleteTokens;
pub(super) use delete::trash;
pub use enable::{DisableTokens, EnableTokens};
pub use issue::Issued;
pub use list::{ListTokens, SOON, TallyTokens, TokenTally};
pub use regenerate::RegenerateToken;
pub use restore::RestoreToken;
pub use show::{Reach, ShowToken, Shown};

use std::collections::BTreeSet;

use crate::domain::token::{Revision, Token, TokenRef};
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, Act, Among};
use crate::verbs::ports::Snapshot;

/// A token to act on, as a face knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// Which token.
    pub token: TokenRef,
    /// The revision the person looked at; a conflict when it is another by now.
    pub seen: Option<Revision>,
}

impl Pointed {
    /// A token named on a command line.
    pub fn typed(text: impl Into<String>) -> Self {
        Pointed { token: TokenRef::Typed(text.into()), seen: None }
    }

    /// A token as it stands on a screen.
    pub fn on_screen(token: &Token) -> Self {
        Pointed { token: TokenRef::Id(token.id), seen: Some(token.revision) }
    }

    /// # Errors
    /// [`crate::error::Kind::Conflict`] when the token has changed since it was looked at.
    fn still(&self, token: &Token) -> Result<()> {
        match self.seen {
            Some(seen) if seen != token.revision => {
                Err(Error::conflict(format!("{} was changed meanwhile", token.name))
                    .next("Look at it again, then repeat"))
            }
            _ => Ok(()),
        }
    }
}

/// The kept tokens that `pointed` means, each once however often and by whatever name it is named.
fn meant(by: &Actor, snapshot: &dyn Snapshot, pointed: &[Pointed], act: Act) -> Result<Vec<Token>> {
    let mut tokens = Vec::with_capacity(pointed.len());
    let mut met = BTreeSet::new();
    for one in pointed {
        let token = authorize::token(by, snapshot, &one.token, Among::Kept, act)?;
        one.still(&token)?;
        if met.insert(token.id) {
            tokens.push(token);
        }
    }
    Ok(tokens)
}
