//! Effects requested by the screens and carried out by the runtime.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::catalogue::Catalogue;
use crate::domain::secret::Secret;
use crate::tui::msg::RequestId;
use crate::tui::view_state::ViewChange;
use crate::verbs::credential::Credential;
use crate::verbs::request::Request;

#[derive(Debug)]
pub enum Effect {
    /// Sends a request.
    Call(Call),
    /// Copies text that is not a secret.
    CopyText(String),
    CopySecret(Arc<Secret>),
    Save(PathBuf, Arc<Secret>),
    /// Reads a catalogue, to be used along with these catalogues. The reply has the same id.
    ReadCatalogue(RequestId, CatalogueSource, Arc<[Catalogue]>),
    /// Checks if the running service has read the change with this number in the audit log.
    CheckPropagation(i64),
    /// Looks for the address at which the running service verifies tokens.
    FindService,
    /// Changes the remembered look of the screens in its file.
    Remember(ViewChange),
    /// Forgets who signed in.
    SignOut,
    /// Stops the work in batches after its current batch.
    StopLongWork,
    /// Redraws everything on an empty screen.
    Redraw,
    /// Asks the terminal to report clicks and the wheel, or not to.
    TakeMouse(bool),
    /// Returns the terminal to the shell and stops the process.
    Suspend,
    /// Opens the user's editor for this text. The reply is [`Msg::Edited`](crate::tui::msg::Msg::Edited).
    OpenEditor(String),
}

/// The place from which a catalogue is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueSource {
    /// The path of a file, or the name of a catalogue that is shipped with jeton.
    pub path: PathBuf,
    /// The name for the catalogue of an OpenAPI document. `None` takes it from the file's name.
    pub name: Option<String>,
}

/// A request on its way to the store.
#[derive(Debug)]
pub struct Call {
    /// Also the id of the reply.
    pub id: RequestId,
    /// The older request whose reply is no longer needed.
    pub replaces: Option<RequestId>,
    pub credential: Credential,
    pub request: Box<Request>,
}

pub(super) struct ClipboardText {
    pub text: Zeroizing<String>,
    pub is_secret: bool,
}
