//! A backend that runs no verb that changes something.

use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::verbs::Backend;
use crate::verbs::credential::Credential;
use crate::verbs::request::{Request, Response};
use crate::verbs::secret_delivery::SecretReceiver;

/// The reason why a change is refused.
pub const REASON: &str = "jeton runs with --readonly, or with the setting readonly";

/// Another backend without its verbs that change something.
struct ReadOnlyBackend(Arc<dyn Backend>);

/// Returns `backend`, without changes if `is_read_only`.
pub fn backend_for_screens(backend: impl Backend + 'static, is_read_only: bool) -> Arc<dyn Backend> {
    if is_read_only { Arc::new(ReadOnlyBackend(Arc::new(backend))) } else { Arc::new(backend) }
}

/// Returns the error for a change.
pub fn refusal() -> Error {
    Error::new(Kind::Denied, "nothing was changed")
        .why(REASON)
        .next("Start jeton without --readonly. If the setting readonly is yes, first run: jeton config set readonly no")
}

impl Backend for ReadOnlyBackend {
    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        if request.is_change() {
            return Err(refusal());
        }
        self.0.run(credential, request, receive)
    }

    fn delivers_before_change(&self) -> bool {
        self.0.delivers_before_change()
    }

    fn program(&self) -> String {
        self.0.program()
    }

    fn interrupt_read(&self) {
        self.0.interrupt_read();
    }

    fn stop_waiting(&self) {
        self.0.stop_waiting();
    }

    fn sign_out(&self) {
        self.0.sign_out();
    }
}
