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
            let source = parse_source(one).map_err(|why| {
                Error::usage(format!("\"{}\" can't be used as a source of tokens", excerpt(one, 80))).why(why)
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

const FORM: &str =
    "use header:NAME or query:NAME. NAME has up to 64 letters, digits, - and _, and at least one letter or digit";

/// Parses one source.
///
/// # Errors
/// The rule.
fn parse_source(text: &str) -> std::result::Result<CredentialSource, &'static str> {
    let (kind, name) = text.split_once(':').ok_or(FORM)?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    // Spellings are compared by their letters and digits. Without any, every other name without any would count, too.
    let is_name = name.bytes().any(|b| b.is_ascii_alphanumeric());
    if !is_name || name.len() > 64 || !name.bytes().all(fits) {
        return Err(FORM);
    }
    match kind {
        "header" => {
            let name = name.to_ascii_lowercase();
            let is_reserved = RESERVED_HEADERS.contains(&name.as_str())
                || name.starts_with("x-forwarded-")
                || name.starts_with("x-jeton");
            match name.as_str() {
                "authorization" => Err("tokens in the header Authorization are always accepted. Leave out this source"),
                _ if is_reserved => Err("this header has another meaning. Use a header such as header:X-Api-Key"),
                _ => Ok(CredentialSource::Header(name)),
            }
        }
        "query" => Ok(CredentialSource::Query(name.to_owned())),
        _ => Err(FORM),
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
