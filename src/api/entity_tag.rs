//! The revision of a token as an entity tag: `"7"` (RFC 9110, section 8.8.3).

use crate::domain::token::Revision;
use crate::error::{Error, Result};
use crate::verbs::request::Response;

/// Returns the tag of the one token that `response` is about.
pub fn of_response(response: &Response) -> Option<String> {
    let token = match response {
        Response::ShowToken(shown) => &shown.token,
        Response::EditToken(done) => &done.value.after,
        Response::CopyToken(done) | Response::RegenerateToken(done) => &done.value.token,
        Response::RetireToken(done) => &done.value,
        _ => return None,
    };
    Some(format!("\"{}\"", token.revision.0))
}

/// Reads the value of `If-Match`. `None` for `*`, which any token matches.
///
/// # Errors
/// [`crate::error::Kind::Usage`] unless it is `*` or one tag that the service has given out.
pub(super) fn parse_if_match(text: &str) -> Result<Option<Revision>> {
    if text == "*" {
        return Ok(None);
    }
    // A proxy that compresses answers makes the tag weak.
    let text = text.strip_prefix("W/").unwrap_or(text);
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(revision) => Ok(Some(Revision(revision))),
        None => Err(Error::usage("the value of the header If-Match is not the ETag of a token")
            .next("Send the ETag of an earlier answer unchanged, such as If-Match: \"7\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_is_one_revision_or_any() {
        assert_eq!(parse_if_match("*").unwrap(), None);
        assert_eq!(parse_if_match("\"7\"").unwrap(), Some(Revision(7)));
        assert_eq!(parse_if_match("W/\"7\"").unwrap(), Some(Revision(7)));
        for bad in ["", "7", "\"\"", "\"7", "\"-7\"", "\"x\"", "\"7\", \"8\"", "\"99999999999999999999\""] {
            assert_eq!(parse_if_match(bad).unwrap_err().kind, crate::error::Kind::Usage, "{bad}");
        }
    }
}
