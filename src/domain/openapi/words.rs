//! The document's words made ours: titles, ids, links.

use sha2::{Digest, Sha256};

use crate::domain::text::{is_hostile, shown};

/// The longest title, in characters.
pub(super) const TITLE_MAX: usize = 120;
/// The longest link, in bytes.
const LINK_MAX: usize = 2_000;
/// How much of a text is looked at, in characters: `$ref`s let one long text stand at very many places.
pub(super) const LOOKED_AT: usize = 2_000;

/// The first `max` characters.
pub(super) fn head(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The document's words in a warning: short, safe, in quotes.
pub(super) fn quoted(text: &str) -> String {
    let short = head(text, 64);
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", shown(short))
}

/// A text without what could drive a terminal, on one line, and what had to be done for that.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clean {
    pub(super) text: String,
    /// Hostile characters were taken out.
    pub(super) hostile: bool,
    /// It was too long.
    pub(super) cut: bool,
}

/// `text` on one line, without hostile characters, of at most `max` characters.
pub(super) fn clean(text: &str, max: usize) -> Clean {
    let looked_at = head(text, LOOKED_AT);
    let (mut line, mut hostile, mut gap) = (String::new(), false, false);
    for c in looked_at.chars() {
        // Line breaks and tabs are how long texts are written: no attack, and no part of a title.
        if c.is_ascii_whitespace() || (c.is_whitespace() && !is_hostile(c)) {
            gap = !line.is_empty();
        } else if is_hostile(c) {
            hostile = true;
        } else {
            if gap {
                line.push(' ');
                gap = false;
            }
            line.push(c);
        }
    }
    let mut cut = looked_at.len() < text.len();
    let short = head(&line, max);
    if short.len() < line.len() {
        cut = true;
        line = format!("{}…", head(&line, max.saturating_sub(1)).trim_end());
    }
    Clean { text: line, hostile, cut }
}

/// The first sentence of a description: to a full stop, an empty line, or the end.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = head(text, LOOKED_AT).trim_start();
    let mut blank = text
        .match_indices('\n')
        .filter(|(at, _)| text[at + 1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n'));
    let text = blank.next().map_or(text, |(at, _)| &text[..at]).trim_end();
    for (at, mark) in text.match_indices(['.', '!', '?']) {
        let rest = &text[at + mark.len()..];
        // "e.g. this" and "v1.2" go on.
        let ends = rest.starts_with(char::is_whitespace) && !rest.trim_start().starts_with(char::is_lowercase);
        if ends {
            return text[..at + mark.len()].trim_end_matches('.');
        }
    }
    text.strip_suffix('.').filter(|t| !t.ends_with('.')).unwrap_or(text)
}

/// `text` in `A-Z a-z 0-9 . _ -` and at most `max` long; whether it had to be changed. Empty when nothing is left.
pub(super) fn slug(text: &str, max: usize) -> (String, bool) {
    let (mut id, mut gap) = (String::new(), false);
    // What is cut off counts as changed, so looking at a part is enough.
    for c in head(text, LOOKED_AT).chars() {
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

/// An operation's id from its verb and path: `GET /users/{id}/repos` is `GetUsersByIdRepos`.
pub(super) fn id_from_path(verb: &str, path: &str, max: usize) -> String {
    let mut id = String::new();
    let mut word = |text: &str| {
        let mut chars = text.chars();
        if let Some(first) = chars.next() {
            id.push(first.to_ascii_uppercase());
            id.push_str(chars.as_str());
        }
    };
    word(verb);
    let path = head(path, LOOKED_AT);
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

/// Eight letters that stand for `text`, the same on every machine and not to be steered by whoever writes it.
pub(super) fn mark(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// Whether `text` is a link to a page: http or https, a host, and nothing that could do more.
pub(super) fn is_link(text: &str) -> bool {
    let rest = ["http://", "https://"]
        .into_iter()
        .find_map(|s| text.get(..s.len()).filter(|h| h.eq_ignore_ascii_case(s)).map(|_| &text[s.len()..]));
    text.len() <= LINK_MAX
        && rest.is_some_and(|r| !r.is_empty() && !r.starts_with(['/', '?', '#', ':']))
        && !text.chars().any(|c| is_hostile(c) || c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`'))
}

/// `text` as a part of a link; slashes stay.
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
