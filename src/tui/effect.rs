//! What the screens want done; the runtime does it.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::catalogue::Catalogue;
use crate::domain::secret::Secret;
use crate::tui::msg::RequestId;
use crate::verbs::actor::Credential;
use crate::verbs::request::Request;

/// One thing to do.
#[derive(Debug)]
pub enum Effect {
    /// Carry out a request, and reply under its id.
    Call(RequestId, Credential, Box<Request>),
    /// Copy text that is no secret.
    CopyText(String),
    /// Copy a secret.
    CopySecret(Arc<Secret>),
    /// Save a secret to a new file.
    Save(PathBuf, Arc<Secret>),
    /// Read the catalogue that a path or name means, to stand among these, and answer under its id.
    Read(RequestId, PathBuf, Arc<[Catalogue]>),
    /// Ask the running service about the change with this number in the audit log.
    Witness(i64),
    /// End the long work under way after its current batch.
    Stop,
    /// Draw everything anew, from an empty screen.
    Clear,
    /// Hand the terminal back to the shell and stop.
    Suspend,
}

/// Text on its way to a clipboard.
pub(super) struct ForClipboard {
    pub text: Zeroizing<String>,
    pub is_secret: bool,
}
