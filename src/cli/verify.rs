//! `jeton verify`: checks if the secret on stdin may call a method. Needs no password, only the store.

use std::io::{self, IsTerminal};

use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::App;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::platform::bounded_read::{FirstLine, read_first_line_without_mark};
use crate::verbs::credential::Credential;
use crate::verbs::ports::Store;
use crate::verbs::tokens::method_not_found;
use crate::verbs::verify::{self, AcceptedToken, Decision, DenialReason, Origin};

/// Maximum length of the line. A secret is far shorter.
const MAX_LINE: usize = 4096;
/// Caller of these attempts in the ledger.
const CALLER: Origin<'static> = Origin { address: "local", client: "jeton verify" };

/// The answer of `verify`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verified {
    /// `true` if the secret may call the method. Otherwise the exit code is 4.
    allowed: bool,
    /// Reason code of the denial; `null` if allowed.
    reason: Option<DenialReason>,
    /// The method that was checked; `null` without `--method`.
    method: Option<MethodId>,
    /// Role of an accepted secret: the account's, but never above the role under which the secret was issued. `null` if
    /// denied.
    role: Option<Role>,
    /// The token, if the secret belongs to one.
    token: Option<Token>,
}

pub(super) fn run(app: &mut App, method: Option<&str>) -> Result<()> {
    let method = method.map(MethodId::parse).transpose()?;
    let local = app.backend.store()?;
    let method = match method {
        // Most callers give the full id.
        Some(typed) if local.store().read(|snapshot| snapshot.method(&typed))?.is_none() => {
            Some(app.full_method(&Credential::Store, typed)?)
        }
        full => full,
    };
    let secret = read_secret(app)?;
    let now = app.now();
    let describe = |reason: DenialReason| {
        if secret.is_empty() { "the first line of stdin is empty or not a secret" } else { reason.describe() }
    };
    match verify::verify(local.store(), &secret, method.as_ref(), now, CALLER)? {
        Decision::Allowed(accepted) if app.out.json => {
            let AcceptedToken { token, role } = *accepted;
            let (role, token) = (Some(role), Some(token));
            app.out.answer(&Verified { allowed: true, reason: None, method, role, token }, now)
        }
        Decision::Allowed(_) if app.out.quiet => Ok(()),
        Decision::Allowed(accepted) => {
            app.out.line(&format!("{}  {}", accepted.token.full_name(), accepted.token.hint))
        }
        Decision::Denied(reason, token) if app.out.json => {
            let token = token.map(|token| *token);
            app.out.answer(&Verified { allowed: false, reason: Some(reason), method, role: None, token }, now)?;
            Err(Error::denied("denied").why(describe(reason)))
        }
        Decision::Denied(reason, _) => Err(Error::denied("denied").why(describe(reason))),
        Decision::UnknownMethod => {
            let error = match &method {
                Some(id) => local.store().read(|snapshot| method_not_found(id, snapshot))?,
                None => Error::not_found("the request names no method"),
            };
            Err(error.why("the secret is valid, but no catalogue has this method"))
        }
    }
}

/// Reads the secret. Malformed input is decided like any wrong secret, so that the attempt is counted too.
pub(super) fn read_secret(app: &App) -> Result<Zeroizing<String>> {
    if io::stdin().is_terminal() {
        if app.prompt.is_interactive {
            return app.prompt.read_hidden("Secret");
        }
        return Err(Error::denied("no secret was given").next("Pass the secret on stdin"));
    }
    Ok(match read_first_line_without_mark(io::stdin(), MAX_LINE)? {
        FirstLine::Text(text) => text,
        FirstLine::Empty | FirstLine::TooLong | FirstLine::NotUtf8 | FirstLine::Utf16 => Zeroizing::default(),
    })
}
