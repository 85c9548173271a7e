//! OSC 52: sets the clipboard of the terminal that shows the program. The sequence is never acknowledged.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use super::ClipboardRoute;

const START: &str = "\x1b]52;c;";
const END: &str = "\x07";

/// GNU screen cuts a longer string of a program, so each part is passed through by itself.
const MAX_SCREEN_PART: usize = 200;

/// Returns the escape sequence that sets the clipboard to `text`. On a route through a multiplexer the result has it
/// twice, plain and wrapped: which of the two is let through depends on the settings of the multiplexer (in tmux
/// `set-clipboard` and `allow-passthrough`).
pub fn sequence(text: &str, route: ClipboardRoute) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3 + 64));
    let body = Zeroizing::new(Base64::encode_string(text.as_bytes()));
    for part in [START, &body, END] {
        out.push_str(part);
    }
    match route {
        ClipboardRoute::Desktop | ClipboardRoute::Terminal => {}
        ClipboardRoute::Tmux | ClipboardRoute::TmuxPassthrough => {
            for part in ["\x1bPtmux;\x1b", START, &body, END, "\x1b\\"] {
                out.push_str(part);
            }
        }
        ClipboardRoute::Screen => {
            for part in ["\x1bP", START] {
                out.push_str(part);
            }
            let mut rest = body.as_str();
            while let Some((part, more)) = rest.split_at_checked(MAX_SCREEN_PART) {
                for part in [part, "\x1b\\\x1bP"] {
                    out.push_str(part);
                }
                rest = more;
            }
            for part in [rest, END, "\x1b\\"] {
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length() {
        let body = |text| sequence(text, ClipboardRoute::Terminal).replace("\x1b]52;c;", "").replace('\x07', "");
        assert_eq!(body(""), "");
        assert_eq!(body("f"), "Zg==");
        assert_eq!(body("fo"), "Zm8=");
        assert_eq!(body("foo"), "Zm9v");
        assert_eq!(body("foobar"), "Zm9vYmFy");
    }

    #[test]
    fn sequence_past_tmux_is_plain_and_wrapped() {
        assert_eq!(
            sequence("f", ClipboardRoute::TmuxPassthrough).as_str(),
            "\x1b]52;c;Zg==\x07\x1bPtmux;\x1b\x1b]52;c;Zg==\x07\x1b\\"
        );
    }

    #[test]
    fn sequence_past_screen_is_cut_into_parts() {
        assert_eq!(sequence("f", ClipboardRoute::Screen).as_str(), "\x1b]52;c;Zg==\x07\x1bP\x1b]52;c;Zg==\x07\x1b\\");
        for length in [0, 150, 151, 400] {
            let text = "a".repeat(length);
            let plain = sequence(&text, ClipboardRoute::Terminal);
            let all = sequence(&text, ClipboardRoute::Screen);
            let parts = all.strip_prefix(plain.as_str()).unwrap().replace("\x1b\\", "");
            let parts: Vec<&str> = parts.split("\x1bP").collect();
            assert_eq!(parts.concat(), *plain);
            assert!(parts.iter().all(|part| part.len() <= MAX_SCREEN_PART + START.len() + END.len()));
        }
    }
}
