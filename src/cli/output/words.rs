//! Lines for people who listen: a screen reader reads every glyph, and nobody sees columns.

use super::wrapped::wrap_line;

/// Glyphs at the beginning of a line or value, and the words that mean the same. A status has its own word.
const GLYPHS: [(&str, &str); 9] = [
    ("✓ ", "Done: "),
    ("! ", "Warning: "),
    // Gains and losses are indented. Elsewhere a minus sign may begin a text of a person.
    ("    + ", "added: "),
    ("    - ", "removed: "),
    ("● ", ""),
    ("◐ ", ""),
    ("○ ", ""),
    ("× ", ""),
    ("† ", ""),
];
/// Glyphs inside a line.
const SIGNS: [(&str, &str); 3] = [(" → ", " becomes "), (" · ", ", "), ("…", "...")];

/// Returns lines without indents, glyphs and gaps, broken to `columns` between words.
pub fn in_words(lines: &str, columns: usize) -> String {
    lines.lines().map(|line| wrap_words(&words_of(line), columns) + "\n").collect()
}

/// Breaks a line to `columns` between words.
pub fn wrap_words(line: &str, columns: usize) -> String {
    let mut text = String::new();
    wrap_line(&mut text, line, "", columns);
    text.pop();
    text
}

/// Returns a line or value without indent, glyph and gaps.
pub(super) fn words_of(line: &str) -> String {
    let rest_after = |glyph: &str| line.strip_prefix(glyph).or_else(|| line.trim().strip_prefix(glyph));
    let (words, rest) =
        GLYPHS.into_iter().find_map(|(glyph, words)| Some((words, rest_after(glyph)?))).unwrap_or(("", line));
    let parts: Vec<&str> = rest.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    SIGNS.into_iter().fold(format!("{words}{}", parts.join(", ")), |text, (sign, word)| text.replace(sign, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_without_glyphs_and_gaps() {
        assert_eq!(words_of("✓ ops/ci revoked"), "Done: ops/ci revoked");
        assert_eq!(words_of("  ! ops/ci is used\n"), "Warning: ops/ci is used");
        assert_eq!(words_of("○ account off"), "account off");
        assert_eq!(words_of("    from 10.0.0.5  curl/8.5    12"), "from 10.0.0.5, curl/8.5, 12");
        assert_eq!(words_of("  name: ci → deploy"), "name: ci becomes deploy");
        assert_eq!(words_of("    + gains 2: a, …"), "added: gains 2: a, ...");
        assert_eq!(words_of("    - old"), "removed: old");
        assert_eq!(words_of("- text"), "- text");
        assert_eq!(words_of("a!b"), "a!b");
        assert_eq!(in_words("  a  b\n\n× c  d e\n", 5), "a, b\n\nc, d\ne\n");
    }
}
