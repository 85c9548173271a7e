//! Places other than `Authorization: Bearer` where applications may present their tokens.

use std::fmt;

use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

const MAX_SOURCES: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// A separate header, its name in lower case.
    Header(String),
    Query(String),
}

/// All places in addition to `Authorization: Bearer`. Empty unless configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialSources(Vec<CredentialSource>);

impl CredentialSources {
    /// Parses `header:X-Authentication, query:session`. The empty text means no place.
    pub fn parse(text: &str) -> Result<Self> {
        let mut sources = Vec::new();
        for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            let source = parse_source(one).ok_or_else(|| {
                Error::usage(format!("\"{}\" is not a source of tokens", excerpt(one, 64))).why(
                    "use header:NAME or query:NAME, where NAME has letters, digits, - and _. The header \
                     Authorization is always accepted. A header that the service reads itself can't be used",
                )
            })?;
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        match sources.len() {
            0..=MAX_SOURCES => Ok(CredentialSources(sources)),
            _ => Err(Error::usage(format!("you can add at most {MAX_SOURCES} sources of tokens"))),
        }
    }

    pub fn sources(&self) -> &[CredentialSource] {
        &self.0
    }

    /// Returns the headers that may hold tokens: `Authorization`, and the others.
    pub fn headers(&self) -> Vec<String> {
        let more = self.0.iter().filter_map(|source| match source {
            CredentialSource::Header(name) => Some(name.clone()),
            CredentialSource::Query(_) => None,
        });
        ["Authorization".to_owned()].into_iter().chain(more).collect()
    }

    /// Returns `true` if tokens are accepted in the query.
    pub fn has_query(&self) -> bool {
        self.0.iter().any(|source| matches!(source, CredentialSource::Query(_)))
    }
}

/// Headers that have another meaning.
const RESERVED_HEADERS: [&str; 9] = [
    "authorization",
    "connection",
    "content-length",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

fn parse_source(text: &str) -> Option<CredentialSource> {
    let (kind, name) = text.split_once(':')?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    // Spellings are compared by their letters and digits. Without any, every other name without any would count, too.
    let is_name = name.bytes().any(|b| b.is_ascii_alphanumeric());
    if !is_name || name.len() > 64 || !name.bytes().all(fits) {
        return None;
    }
    match kind {
        "header" => {
            let name = name.to_ascii_lowercase();
            let is_reserved = RESERVED_HEADERS.contains(&name.as_str())
                || name.starts_with("x-forwarded-")
                || name.starts_with("x-jeton");
            (!is_reserved).then_some(CredentialSource::Header(name))
        }
        "query" => Some(CredentialSource::Query(name.to_owned())),
        _ => None,
    }
}

impl fmt::Display for CredentialSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, source) in self.0.iter().enumerate() {
            let between = if n == 0 { "" } else { ", " };
            match source {
                CredentialSource::Header(name) => write!(f, "{between}header:{name}")?,
                CredentialSource::Query(name) => write!(f, "{between}query:{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_parsed() {
        let accept = CredentialSources::parse("header:X-Authentication, query:session,query:session").unwrap();
        assert_eq!(accept.to_string(), "header:x-authentication, query:session");
        assert_eq!(CredentialSources::parse(&accept.to_string()).unwrap(), accept);
        assert_eq!(CredentialSources::parse("").unwrap(), CredentialSources::default());
        for text in [
            "session",
            "header:",
            "header:a b",
            "cookie:x",
            "header:Authorization",
            "header:X-Jeton-Account",
            "query:_",
            "header:-",
            "query:-_",
        ] {
            assert!(CredentialSources::parse(text).is_err(), "{text}");
        }
    }
}
