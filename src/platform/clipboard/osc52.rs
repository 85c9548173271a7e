//! OSC 52: sets the clipboard of the terminal that shows the program. The sequence is never acknowledged.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// Returns the escape sequence that sets the clipboard to `text`. With `past_tmux` the result has it twice, plain
/// and wrapped: which of the two tmux lets through depends on its settings (`set-clipboard`, `allow-passthrough`).
pub fn sequence(text: &str, past_tmux: bool) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3 + 64));
    let body = Zeroizing::new(Base64::encode_string(text.as_bytes()));
    for part in ["\x1b]52;c;", &body, "\x07"] {
        out.push_str(part);
    }
    if past_tmux {
        for part in ["\x1bPtmux;\x1b\x1b]52;c;", &body, "\x07\x1b\\"] {
            out.push_str(part);
        }
    }
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
    fn sequence_past_tmux_is_plain_and_wrapped() {
        assert_eq!(sequence("f", true).as_str(), "\x1b]52;c;Zg==\x07\x1bPtmux;\x1b\x1b]52;c;Zg==\x07\x1b\\");
    }
}
