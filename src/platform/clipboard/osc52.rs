//! OSC 52: text for the clipboard of whatever terminal shows us. Never acknowledged.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// The sequence that sets the clipboard to `text`, wrapped for tmux (`allow-passthrough`) where `tmux` says so.
pub fn sequence(text: &str, tmux: bool) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 2 + 32));
    out.push_str(if tmux { "\x1bPtmux;\x1b\x1b]52;c;" } else { "\x1b]52;c;" });
    out.push_str(&Zeroizing::new(Base64::encode_string(text.as_bytes())));
    out.push_str(if tmux { "\x07\x1b\\" } else { "\x07" });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length() {
        let body = |text| sequence(text, false).replace("\x1b]52;c;", "").replace('\x07', "");
        assert_eq!(body(""), "");
        assert_eq!(body("f"), "Zg==");
        assert_eq!(body("fo"), "Zm8=");
        assert_eq!(body("foo"), "Zm9v");
        assert_eq!(body("foobar"), "Zm9vYmFy");
    }

    #[test]
    fn tmux_passes_it_through() {
        assert_eq!(sequence("f", true).as_str(), "\x1bPtmux;\x1b\x1b]52;c;Zg==\x07\x1b\\");
    }
}
