//! Text being pasted, and the marks around it.

use std::time::Duration;

use zeroize::Zeroizing;

use super::ESC;

/// Maximum number of bytes kept of a paste; no field takes as many.
pub(super) const MAX_PASTE: usize = 65_536;

/// The begin mark. The end mark has `1` instead of the last `0`.
pub(super) const BEGIN_MARK: &[u8] = b"\x1b[200~";
pub(super) const END_MARK: &[u8] = b"\x1b[201~";

/// Silence after which [`PasteRest::Delayed`] is no longer expected.
const DELAYED_PASTE_TIMEOUT: Duration = Duration::from_secs(30);
/// Silence after which [`PasteRest::AfterEndMark`] is no longer expected.
const AFTER_END_MARK_TIMEOUT: Duration = Duration::from_secs(1);

/// The rest of a paste, which may arrive after a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PasteRest {
    /// The end mark is missing. A slow link may delay the rest.
    Delayed,
    /// The end mark may have been part of the text.
    AfterEndMark,
}

impl PasteRest {
    pub fn timeout(self) -> Duration {
        match self {
            PasteRest::Delayed => DELAYED_PASTE_TIMEOUT,
            PasteRest::AfterEndMark => AFTER_END_MARK_TIMEOUT,
        }
    }
}

/// Text being pasted.
#[derive(Debug)]
pub(super) struct Paste {
    text: Zeroizing<Vec<u8>>,
    /// Number of bytes of a mark received so far.
    mark: usize,
    /// `true` once the end mark was received.
    pub ended: bool,
    /// `true` if the last byte is a Ctrl-C after which nothing has followed yet.
    pub may_be_stopped: bool,
}

impl Paste {
    pub fn new() -> Self {
        // Allocated once, so that growing leaves no copy of a pasted password behind.
        let text = Zeroizing::new(Vec::with_capacity(MAX_PASTE));
        Paste { text, mark: 0, ended: false, may_be_stopped: false }
    }

    fn push(&mut self, byte: u8) {
        if self.text.len() < MAX_PASTE {
            self.text.push(byte);
        }
    }

    /// Takes a byte. Marks are never part of the text, wherever they occur.
    pub fn feed(&mut self, byte: u8) {
        let continues = BEGIN_MARK.get(self.mark) == Some(&byte) || END_MARK.get(self.mark) == Some(&byte);
        if !continues {
            for byte in &BEGIN_MARK[..std::mem::take(&mut self.mark)] {
                self.push(*byte);
            }
            if byte != ESC {
                return self.push(byte);
            }
        }
        self.mark += 1;
        // Only the second last byte differs between the two marks.
        self.ended |= self.mark == END_MARK.len() - 1 && byte == b'1';
        if self.mark == END_MARK.len() {
            self.mark = 0;
        }
    }

    pub fn into_text(self) -> Zeroizing<String> {
        let mut bytes = self.text;
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Zeroizing::new(text),
            Err(e) => {
                let bytes = Zeroizing::new(e.into_bytes());
                Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }
}
