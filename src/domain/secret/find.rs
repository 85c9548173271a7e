//! Finds secrets within texts.

use std::borrow::Cow;
use std::collections::HashSet;

use zeroize::Zeroizing;

use super::{PUBLIC_ID_LEN, SecretParseError, SecretText, TAIL_LEN, public_id_in};

/// Returns the secrets in `text` without duplicates, in order, at most `max`. The surroundings don't matter (quotes,
/// `Authorization: Bearer`, a URL, JSON). Secrets are also found if they are wrapped over lines, quoted or escaped. If
/// no secret has the right checksum, returns mistyped ones.
pub fn find_secrets(text: &[u8], max: usize) -> Vec<SecretText> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    // Keeps only characters that a secret can have. The checksum then separates secrets from the text joined to them.
    let mut joined = Zeroizing::new(Vec::with_capacity(text.len()));
    joined.extend(text.iter().copied().filter(is_part));
    let whole = find_in(&joined, max, |word| public_id_in(word).is_ok());
    if !whole.is_empty() {
        return whole;
    }
    // For mistyped secrets no characters are dropped, because any run of letters would look like a secret.
    text.split(|b| !is_part(b)).flat_map(|run| find_in(run, max, is_secret)).take(max).collect()
}

/// Returns the places in `text` (letters, digits and underscores) for which `is_one` is true.
fn find_in(text: &[u8], max: usize, is_one: impl Fn(&str) -> bool) -> Vec<SecretText> {
    let mut found: Vec<SecretText> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut free_from = 0;
    for underscore in text.iter().enumerate().filter(|(_, b)| **b == b'_').map(|(mark, _)| mark) {
        // The longest prefix first, for mistyped secrets. A right checksum fits only one length.
        let heads =
            underscore.saturating_sub(MAX_PREFIX_LEN).max(free_from)..=underscore.saturating_sub(MIN_PREFIX_LEN);
        let end = underscore + 1 + TAIL_LEN;
        let words = heads.filter_map(|from| std::str::from_utf8(text.get(from..end)?).ok());
        let Some(word) = words.into_iter().find(|word| is_one(word)) else { continue };
        free_from = end;
        if seen.insert(word) {
            found.push(SecretText::new(Zeroizing::new(word.to_owned())));
        }
        if found.len() == max {
            break;
        }
    }
    found
}

/// Returns `true` if `text` contains a secret, valid or mistyped. Such a text must not be stored or repeated in a
/// message.
pub fn contains_secret(text: &str) -> bool {
    // A secret may be joined to the text around it. So each underscore that could follow a prefix is tried, with each
    // possible length of a prefix.
    let bytes = text.as_bytes();
    let at = |from: usize, to: usize| text.get(from..to);
    bytes.iter().enumerate().filter(|(_, b)| **b == b'_').any(|(mark, _)| {
        let heads = mark.saturating_sub(MAX_PREFIX_LEN)..=mark.saturating_sub(MIN_PREFIX_LEN);
        heads.filter_map(|from| at(from, mark + 1 + TAIL_LEN)).any(is_secret)
    })
}

/// Returns `text` with the public head and `…` in place of each secret in it, valid or mistyped.
pub fn redact_secrets(text: &str) -> Cow<'_, str> {
    let mut redacted = String::new();
    let mut copied_to = 0;
    for mark in text.bytes().enumerate().filter(|(_, b)| *b == b'_').map(|(mark, _)| mark) {
        let end = mark + 1 + TAIL_LEN;
        let heads = mark.saturating_sub(MAX_PREFIX_LEN).max(copied_to)..=mark.saturating_sub(MIN_PREFIX_LEN);
        let mut words = heads.filter_map(|from| text.get(from..end).map(|word| (from, word)));
        let Some((from, _)) = words.find(|(_, word)| is_secret(word)) else { continue };
        // Up to the public id.
        let hint = text.get(from..mark + 1 + PUBLIC_ID_LEN).unwrap_or_default();
        redacted.push_str(text.get(copied_to..from).unwrap_or_default());
        redacted.push_str(hint);
        redacted.push('…');
        copied_to = end;
    }
    match copied_to {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(redacted + text.get(copied_to..).unwrap_or_default()),
    }
}

/// Returns `true` if `word` has the form of a secret, regardless of its checksum.
pub(super) fn is_secret(word: &str) -> bool {
    !matches!(public_id_in(word), Err(SecretParseError::Malformed))
}

/// Minimum and maximum length of a prefix, in bytes.
const MIN_PREFIX_LEN: usize = 2;
const MAX_PREFIX_LEN: usize = 10;

#[cfg(test)]
mod tests {
    use super::super::tests::from_seed;
    use super::*;

    #[test]
    fn secrets_are_found_with_what_is_around_them() {
        let found = |text: &str| {
            let found = find_secrets(text.as_bytes(), 9);
            found.iter().map(|one| one.0.to_string()).collect::<Vec<_>>()
        };
        from_seed(7).expose(|s| {
            let (head, tail) = s.split_at(23);
            let around = [
                s.to_owned(),
                format!("  {s}  \n"),
                format!("\n\n{s}\r\n"),
                format!("\u{feff}{s}"),
                format!("\"{s}\""),
                format!("Authorization: Bearer {s}"),
                format!("curl -H 'Authorization: Bearer {s}' https://x/y?z=_"),
                format!("{{\"token\":\"{s}\",\"a_b\":1}}"),
                format!("https://x.example/a_b?session={s}&next=c_d#{s}"),
                format!("export JETON_TOKEN={s};"),
                format!("{head}\n{tail}"),
                format!("> {head}\r\n> {tail}"),
                format!("{head}=\n{tail}"),
                format!("{head} \\\n    {tail}"),
                s.replace('_', "\\_"),
                format!("key_{s}_x"),
                format!("{s} {s}"),
            ];
            for text in around {
                assert_eq!(found(&text), [s], "{}", text.replace(s, "SECRET"));
            }
            let wide: Vec<u8> = s.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(find_secrets(&wide, 9).len(), 1, "UTF-16 is found too");
            from_seed(8).expose(|other| {
                assert_eq!(found(&format!("old: {other}\nnew: {s}\n")), [other, s]);
                assert_eq!(find_secrets(format!("{other}{s}").as_bytes(), 1).len(), 1);
            });
            let redacted = |text: &str| redact_secrets(text).replace(&s[..12], "HINT");
            assert_eq!(redacted(&format!("a_b/session={s}.json {s}{s}_x")), "a_b/session=HINT….json HINT…HINT…_x");
            assert_eq!(redacted(&format!("{}x.txt", &s[..s.len() - 1])), "HINT….txt");
            assert_eq!(redacted("/var/lib/jtn_x_é.txt"), "/var/lib/jtn_x_é.txt");
            let mistyped = format!("{}x", &s[..s.len() - 1]);
            assert_eq!(found(&format!(" \"{mistyped}\" ")), [mistyped]);
            assert!(found(&s[..40]).is_empty() && found("").is_empty() && found("______").is_empty());
        });
    }

    #[test]
    fn secret_is_found_whatever_it_is_glued_to() {
        from_seed(7).expose(|secret| {
            for text in [secret.to_owned(), format!("key=x_{secret}"), format!("a{secret}z9"), format!("_{secret}_")] {
                assert!(contains_secret(&text), "{}", text.len());
            }
            let mistyped = format!("{}x", &secret[..secret.len() - 1]);
            assert!(contains_secret(&mistyped));
            assert!(
                !contains_secret(&secret[..secret.len() - 1])
                    && !contains_secret("snake_case_words_are_none")
                    && !contains_secret("é_é")
            );
        });
    }

    #[test]
    fn secret_is_found_in_a_text() {
        from_seed(3).expose(|s| {
            for text in [s.to_owned(), format!("ops/{s}"), format!("--set={s}"), format!("used by CI ({s}).")] {
                assert!(contains_secret(&text), "{text}");
            }
            assert!(!contains_secret(&s[..12]), "the hint is public");
        });
        assert!(!contains_secret("a description of jtn_ tokens"));
    }
}
