//! The desktop's clipboard, through arboard.

use arboard::SetExtLinux;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Clipboard;
use crate::error::{Error, Result};

/// A clipboard handle for the whole run: on X11 and Wayland the text is lost with the handle.
#[derive(Default)]
pub struct Desktop {
    handle: Option<arboard::Clipboard>,
    secret: Option<Zeroizing<String>>,
}

impl Desktop {
    fn handle(&mut self) -> std::result::Result<&mut arboard::Clipboard, arboard::Error> {
        match &mut self.handle {
            Some(handle) => Ok(handle),
            empty => Ok(empty.insert(arboard::Clipboard::new()?)),
        }
    }
}

impl Clipboard for Desktop {
    fn copy(&mut self, text: Zeroizing<String>, is_secret: bool) -> Result<()> {
        let set = self.handle().and_then(|handle| {
            let set = handle.set();
            let set = if is_secret { set.exclude_from_history() } else { set };
            set.text(text.as_str())
        });
        set.map_err(|e| {
            let error = Error::failure("the clipboard is not reachable").why(e.to_string());
            if is_secret { error.next("Save the secret to a file instead") } else { error }
        })?;
        self.secret = is_secret.then_some(text);
        Ok(())
    }

    fn forget(&mut self) -> Result<()> {
        // Kept if the clipboard can't be cleared now: jeton tries again when it ends.
        let Some(secret) = self.secret.clone() else { return Ok(()) };
        let cleared = self.handle().and_then(|handle| match handle.get_text().map(Zeroizing::new) {
            Ok(text) if bool::from(text.as_bytes().ct_eq(secret.as_bytes())) => handle.clear(),
            // Something else is there, or nothing.
            Ok(_) | Err(arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure) => Ok(()),
            Err(e) => Err(e),
        });
        cleared.map_err(|e| {
            Error::failure("the secret can't be removed from the clipboard")
                .why(e.to_string())
                .next("Copy another text, so that the secret is replaced")
        })?;
        self.secret = None;
        Ok(())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // Nobody reads a message any more.
        let _ = self.forget();
    }
}
