//! Calls whose answer is lost: what is known then, and which are repeated.

use std::time::Duration;

use super::{RemoteBackend, TIMEOUT, read};
use crate::api::{self, repeated};
use crate::domain::checkpoint::hex;
use crate::domain::token::Purgeable;
use crate::error::{Error, Fault, Kind, Result};
use crate::platform::http_client::HttpAnswer;
use crate::verbs::Backend;
use crate::verbs::credential::Credential;
use crate::verbs::request::{Request, Response, VERBS};
use crate::verbs::secret_delivery::{UndeliveredChange, undelivered};
use crate::verbs::tokens::PurgeTokens;

/// The pauses before a call without an answer is repeated.
const RETRY_PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(800), Duration::from_secs(2), Duration::from_secs(4)];
/// Maximum time of a repeated call.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);
impl RemoteBackend {
    /// Makes a change that gives out secrets. If its call is not answered, the call is repeated for some seconds. The key
    /// is the same each time, so the server makes the change once.
    pub(super) fn call_with_key(&self, credential: &Credential, request: &Request) -> Result<Response> {
        let mut random = [0; 16];
        self.entropy.fill(&mut random)?;
        let key = hex(&random);
        let attempt = |limit| self.exchange(Some(self.authorization(credential)?), request, Some(&key), limit);
        let mut pauses = RETRY_PAUSES.into_iter();
        let mut answer = attempt(TIMEOUT);
        let is_repeated = answer.as_ref().is_err_and(|error| error.has_fault(Fault::Unanswered));
        while let Err(error) = &answer
            && is_repeated
        {
            match (error.fault, error.kind, pauses.next()) {
                (Some(Fault::Unanswered | Fault::Unreachable), _, Some(pause)) => self.clock.sleep(pause),
                // The server would have said if it had made the change before.
                (_, Kind::Conflict | Kind::NotFound | Kind::Usage, _) => break,
                _ => return Err(self.unknown_outcome(error, request)),
            }
            answer = attempt(RETRY_TIMEOUT);
        }
        let answer = answer?;
        match repeated::tokens_without_secrets(&answer.body, matches!(request, Request::CreateToken(_))) {
            Some(tokens) if is_repeated => {
                let change = match request {
                    Request::RegenerateToken(_) => {
                        UndeliveredChange::Regenerated(tokens.first().and_then(|token| token.old_until))
                    }
                    _ => UndeliveredChange::Created,
                };
                let names: Vec<String> = tokens.into_iter().map(|token| token.full_name).collect();
                let error = Error::failure("the connection ended before the first answer");
                Err(undelivered(error, &names, change, &self.program()))
            }
            _ => read_reply(request, &answer),
        }
    }

    /// Explains that a call had no answer. What only reads, or is a login, can simply be done again.
    pub(super) fn unknown_outcome(&self, error: &Error, request: &Request) -> Error {
        match request.name().split_once('.') {
            Some((noun, _)) if is_change(request) => {
                let program = self.program();
                let look =
                    |command: String| format!("Before you repeat the change, check whether it was made: {command}");
                let next = match (request, noun) {
                    // No list shows a password.
                    (Request::SetPassword(_), _) => {
                        "Set the password again. If the server refuses your old password, the change was made: use \
                         the new password"
                            .to_owned()
                    }
                    (Request::PurgeTokens(PurgeTokens { which: Purgeable::Trashed, .. }), _) => {
                        look(format!("{program} token list --trash --all"))
                    }
                    (Request::RevokeSecret(_), _) => look(format!("{program} token whose < FILE")),
                    (Request::ApplyCatalogue(_), _) => {
                        format!("Check what is still to change: {program} catalogue apply FILE --dry-run")
                    }
                    (_, "token") => look(format!("{program} token list --all, or {program} token show NAME")),
                    (_, "account") => look(format!("{program} account show NAME")),
                    _ => look(format!("{program} {noun} list")),
                };
                Error::failure("it is unknown whether the change was made")
                    .why(error.what_and_why())
                    .next(next)
                    .fault(Fault::Unanswered)
            }
            _ => error.clone().fault(Fault::Unreachable),
        }
    }
}

fn is_change(request: &Request) -> bool {
    VERBS.iter().any(|verb| verb.name == request.name() && verb.is_change)
}

pub(super) fn read_reply(request: &Request, answer: &HttpAnswer) -> Result<Response> {
    read(answer, |body| api::decode_reply(request.name(), body)).map_err(|error| match is_change(request) {
        true => {
            let error = Error { what: format!("the change was made, but {}", error.what), ..error };
            match (lost_secrets(request), &error.next) {
                (Some(lost), Some(next)) => {
                    let next = format!("{next}. {lost}");
                    error.next(next)
                }
                (Some(lost), None) => error.next(lost),
                (None, _) => error,
            }
        }
        false => error,
    })
}

/// Returns the advice if the answer to `request` had secrets.
fn lost_secrets(request: &Request) -> Option<&'static str> {
    match request {
        Request::CreateToken(verb) if verb.names.len() > 1 => Some("The new secrets are lost: regenerate the tokens"),
        Request::CreateToken(_) | Request::CopyToken(_) | Request::RegenerateToken(_) => {
            Some("The new secret is lost: regenerate the token")
        }
        _ => None,
    }
}
