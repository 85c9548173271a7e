//! Hostile text shown safe: the one function every sink (screen, stdout, stderr) goes through.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether `c` could drive a terminal, reorder a line or hide: every control character (C0, DEL, C1), line and
/// paragraph separators, and the format and filler characters that take no space or change direction.
///
/// The ranges are Unicode's category Cf, the default-ignorable fillers, and variation selectors.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{0600}'..='\u{0605}' | '\u{061C}' | '\u{06DD}' | '\u{070F}'
            | '\u{0890}'..='\u{0891}' | '\u{08E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// `text` with every hostile character written out as `\u{…}`; borrowed when there is none.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hostile(c) {
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// [`shown`], keeping the line breaks that we wrote ourselves.
pub fn shown_lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(shown("deploy-bot ünïcode 漢字"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_drives_a_terminal_is_written_out() {
        for hostile in
            ["\u{1b}[2J", "\u{9b}2J", "a\rb", "a\nb", "\u{202e}x", "\u{2066}", "\u{200b}", "\u{feff}", "\u{7f}"]
        {
            let safe = shown(hostile);
            assert!(!safe.chars().any(is_hostile), "{safe}");
            assert!(safe.contains("\\u{"), "{safe}");
        }
    }
}
