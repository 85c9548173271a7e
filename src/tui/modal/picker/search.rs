//! Case-insensitive search for words in ids and titles.

use std::ops::Range;

/// Returns the lower case of `c` if that is a single character, else `c`: `İ` must not become two characters.
fn lower_char(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Returns `text` in lower case, character by character.
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(lower_char).collect() }
}

/// Splits a search into words; all must match.
pub fn split_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(lower).collect()
}

/// Returns the byte ranges in `text` that match `words`. Ranges may overlap.
pub fn positions(text: &str, words: &[String]) -> Vec<Range<usize>> {
    // Lower case may have more or fewer bytes, so each of its bytes is mapped to the place of its character in `text`.
    let mut low = String::with_capacity(text.len());
    let mut origin = Vec::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        let before = low.len();
        low.push(lower_char(c));
        origin.extend(std::iter::repeat_n(at, low.len() - before));
    }
    origin.push(text.len());
    let mut ranges = Vec::new();
    for word in words.iter().filter(|w| !w.is_empty()) {
        for (at, hit) in low.match_indices(word.as_str()) {
            ranges.push(origin[at]..origin[at + hit.len()]);
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_words_whatever_their_case() {
        assert_eq!(split_words("  Stop  ENV "), ["stop", "env"]);
        let text = "environment.control.StopEnv";
        let hits: Vec<&str> = positions(text, &split_words("STOP env")).into_iter().map(|r| &text[r]).collect();
        assert_eq!(hits, ["Stop", "env", "Env"]);
    }

    #[test]
    fn letters_whose_cases_differ_in_length() {
        // Ⱥ has two bytes and its lower case three; İ has no single lower-case letter.
        for text in ["ȺȺstop", "İstop", "🦀 Ⱥ STOP"] {
            let hits: Vec<&str> = positions(text, &split_words("stop")).into_iter().map(|r| &text[r]).collect();
            assert_eq!(hits.len(), 1, "{text}");
            assert_eq!(hits[0].to_lowercase(), "stop");
        }
        assert_eq!(positions("ȺB", &split_words("ⱥb")).first(), Some(&(0.."ȺB".len())));
    }
}
