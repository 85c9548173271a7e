//! Converts the document's texts into titles, ids and links.

use sha2::{Digest, Sha256};

use crate::domain::untrusted_text::{excerpt, is_control_or_bidi};

/// Maximum length of a title, in characters.
pub(super) const MAX_TITLE_LEN: usize = 120;
/// Maximum length of a link, in bytes.
const MAX_LINK_LEN: usize = 2_000;
/// Number of characters of a text that are read. `$ref`s can make one long text appear at very many places.
pub(super) const MAX_INSPECTED: usize = 2_000;

pub(super) fn truncate(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Formats the document's words for a warning: short, safe, in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", excerpt(text, 64))
}

/// A text on one line without characters that could control a terminal, and the changes that this needed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CleanText {
    pub(super) text: String,
    pub(super) had_control_chars: bool,
    pub(super) is_truncated: bool,
}

/// Returns `text` on one line, without hostile characters, with at most `max` characters.
pub(super) fn clean(text: &str, max: usize) -> CleanText {
    let inspected = truncate(text, MAX_INSPECTED);
    let (mut line, mut hostile, mut gap) = (String::new(), false, false);
    for c in inspected.chars() {
        // Long texts normally have line breaks and tabs: they are no attack, but don't belong into a title.
        if c.is_ascii_whitespace() || (c.is_whitespace() && !is_control_or_bidi(c)) {
            gap = !line.is_empty();
        } else if is_control_or_bidi(c) {
            hostile = true;
        } else {
            if gap {
                line.push(' ');
                gap = false;
            }
            line.push(c);
        }
    }
    let mut cut = inspected.len() < text.len();
    let short = truncate(&line, max);
    if short.len() < line.len() {
        cut = true;
        line = format!("{}…", truncate(&line, max.saturating_sub(1)).trim_end());
    }
    CleanText { text: line, had_control_chars: hostile, is_truncated: cut }
}

/// Returns the first sentence of a description: up to a full stop, an empty line, or the end.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = truncate(text, MAX_INSPECTED).trim_start();
    let mut blank = text
        .match_indices('\n')
        .filter(|(at, _)| text[at + 1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n'));
    let text = blank.next().map_or(text, |(at, _)| &text[..at]).trim_end();
    for (at, mark) in text.match_indices(['.', '!', '?']) {
        let rest = &text[at + mark.len()..];
        // "e.g. this" and "v1.2" don't end a sentence.
        let ends = rest.starts_with(char::is_whitespace) && !rest.trim_start().starts_with(char::is_lowercase);
        if ends {
            return text[..at + mark.len()].trim_end_matches('.');
        }
    }
    text.strip_suffix('.').filter(|t| !t.ends_with('.')).unwrap_or(text)
}

/// Returns `text` in `A-Z a-z 0-9 . _ -` with at most `max` characters, and `true` if this changed it. The text is
/// empty if nothing is left.
pub(super) fn slug(text: &str, max: usize) -> (String, bool) {
    let (mut id, mut gap) = (String::new(), false);
    // A cut counts as a change, so reading a part is enough.
    for c in truncate(text, MAX_INSPECTED).chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
            if gap && !id.is_empty() {
                id.push('-');
            }
            gap = false;
            id.push(c);
        } else {
            gap = true;
        }
        if id.len() >= max {
            break;
        }
    }
    id.truncate(max);
    let trimmed = id.trim_matches(['.', '-']);
    let changed = trimmed != text;
    (trimmed.to_owned(), changed)
}

/// Returns `true` for the signs between the words of an id.
pub(super) const fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.')
}

/// Returns `id` with each run of separators folded to its first.
pub(super) fn fold_separators(id: &str) -> String {
    let mut folded = String::with_capacity(id.len());
    for c in id.chars() {
        if !is_separator(c) || !folded.ends_with(is_separator) {
            folded.push(c);
        }
    }
    folded
}

/// Returns an operation's id from its verb and path: `GET /users/{id}/repos` gives `GetUsersByIdRepos`.
pub(super) fn id_from_path(http_method: &str, path: &str, max: usize) -> String {
    let mut id = String::new();
    let mut word = |text: &str| {
        let mut chars = text.chars();
        if let Some(first) = chars.next() {
            id.push(first.to_ascii_uppercase());
            id.push_str(chars.as_str());
        }
    };
    word(http_method);
    let path = truncate(path, MAX_INSPECTED);
    let mut rest = path;
    while let Some(at) = rest.find(['{', '}', '/']) {
        rest[..at].split(|c: char| !c.is_ascii_alphanumeric()).for_each(&mut word);
        if rest[at..].starts_with('{') {
            word("By");
        }
        rest = &rest[at + 1..];
    }
    rest.split(|c: char| !c.is_ascii_alphanumeric()).for_each(&mut word);
    id.truncate(max);
    id
}

/// Returns eight letters derived from `text`. They are the same on every machine, and the text's author can't choose
/// them.
pub(super) fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// Returns `true` if `text` is a link to a page: http or https, a host, and nothing that could do more.
pub(super) fn is_link(text: &str) -> bool {
    text.len() <= MAX_LINK_LEN
        && has_scheme_and_host(text)
        && !text
            .chars()
            .any(|c| is_control_or_bidi(c) || c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`'))
}

/// Returns `true` if `text` begins with http or https and a host.
pub(super) fn has_scheme_and_host(text: &str) -> bool {
    let rest = ["http://", "https://"]
        .into_iter()
        .find_map(|s| text.get(..s.len()).filter(|h| h.eq_ignore_ascii_case(s)).map(|_| &text[s.len()..]));
    rest.is_some_and(|r| !r.is_empty() && !r.starts_with(['/', '?', '#', ':']))
}

/// Escapes `text` as a part of a link; slashes stay.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~' | b'/') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
