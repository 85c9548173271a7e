//! Makes hostile text safe to show. All output (screen, stdout, stderr) goes through [`escape_untrusted`].

use std::borrow::Cow;
use std::fmt::Write;

/// Returns `true` if `c` could control a terminal, reorder a line or hide. These are all control characters (C0, DEL,
/// C1), line and paragraph separators, and format and filler characters that take no space or change direction.
///
/// The ranges are Unicode's category Cf, the default-ignorable fillers, and variation selectors.
pub fn is_control_or_bidi(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{0600}'..='\u{0605}' | '\u{061C}' | '\u{06DD}' | '\u{070F}'
            | '\u{0890}'..='\u{0891}' | '\u{08E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Returns `text` with every hostile character escaped as `\u{…}`. Borrowed if there is none.
pub fn escape_untrusted(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control_or_bidi) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_control_or_bidi(c) {
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Returns at most the first `max` characters of `text`, escaped. `…` marks a cut text.
pub fn excerpt(text: &str, max: usize) -> String {
    let start: String = text.chars().take(max).collect();
    let dots = if start.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", escape_untrusted(&start))
}

/// Does the same as [`escape_untrusted`], but keeps line breaks, which jeton itself wrote.
pub fn escape_untrusted_lines(text: &str) -> String {
    text.split('\n').map(escape_untrusted).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(escape_untrusted("deploy-bot ünïcode 漢字"), Cow::Borrowed(_)));
    }

    #[test]
    fn control_characters_are_escaped() {
        for hostile in
            ["\u{1b}[2J", "\u{9b}2J", "a\rb", "a\nb", "\u{202e}x", "\u{2066}", "\u{200b}", "\u{feff}", "\u{7f}"]
        {
            let safe = escape_untrusted(hostile);
            assert!(!safe.chars().any(is_control_or_bidi), "{safe}");
            assert!(safe.contains("\\u{"), "{safe}");
        }
    }
}
