//! `scan --revoke`: ends the found secrets that work. Needs no password: who has a secret may end it.

use super::super::App;
use super::super::propagation::PropagationCheck;
use super::report::Found;
use crate::domain::time::ago;
use crate::error::{Error, Kind, Result};
use crate::verbs::confirmation::mismatch;
use crate::verbs::credential::Credential;
use crate::verbs::ports::SecretState;
use crate::verbs::tokens::{RevokeSecret, RevokedKind, RevokedSecret};
use crate::verbs::verify::SecretOwner;

const NOTHING: &str = "nothing was revoked";

/// The result of a revocation.
#[derive(Default)]
pub(super) struct Revocation {
    pub ended: Vec<RevokedSecret>,
    pub service: PropagationCheck,
    /// The error that kept jeton from ending the rest.
    pub failure: Option<Error>,
}

/// Ends the secrets in `found` that work, after a confirmation that names them.
///
/// # Errors
/// The reason if nothing was confirmed.
pub(super) fn revoke(app: &App, found: &[Found<'_>], confirm: Option<&str>) -> Result<Revocation> {
    let mut working: Vec<&Found<'_>> = found.iter().filter(|found| found.works()).collect();
    // The end of a current secret disables its token, and then its old secret can't be ended any more.
    working.sort_by_key(|found| !is_previous(found));
    confirm_number(app, &working, confirm)?;
    let (mut ended, mut failure, mut last_row) = (Vec::new(), None, None);
    for found in &working {
        match app.call(&Credential::Store, RevokeSecret::new(found.text())) {
            Ok(done) => {
                last_row = Some(done.audit_seq);
                ended.push(done.value);
            }
            // It was ended meanwhile.
            Err(e) if e.kind == Kind::NotFound => {
                app.out.note(&format!("! the secret of {} had already stopped working", found.owner()));
            }
            Err(e) => {
                let what = format!("{} of {} secrets revoked: {}", ended.len(), working.len(), e.what);
                failure = Some(Error { what, ..e });
                break;
            }
        }
    }
    let service = last_row.map(|row| PropagationCheck::run(app, row)).unwrap_or_default();
    if !app.out.json {
        ended.iter().for_each(|one| print_revoked(app, one, &service));
        service.warn_unconfirmed(app);
    }
    Ok(Revocation { ended, service, failure })
}

fn print_revoked(app: &App, revoked: &RevokedSecret, service: &PropagationCheck) {
    let secret = if revoked.revoked == RevokedKind::OldSecret { "the old secret" } else { "the secret" };
    let (name, suffix) = (revoked.full_name(), service.suffix(secret, ""));
    app.out.note(&match revoked.revoked {
        RevokedKind::Token => format!("✓ {name} disabled{suffix}"),
        RevokedKind::OldSecret => format!("✓ {name} now has only the new secret{suffix}"),
        RevokedKind::Login => format!("✓ the login {name} has ended"),
    });
}

fn is_previous(found: &Found<'_>) -> bool {
    matches!(found.lookup().owner, SecretOwner::Token(_, SecretState::Previous(_)))
}

/// Names the secrets and compares their number with the typed one.
fn confirm_number(app: &App, working: &[&Found<'_>], confirm: Option<&str>) -> Result<()> {
    let number = working.len().to_string();
    let typed = match confirm {
        _ if working.is_empty() => return Ok(()),
        Some(typed) => typed.to_owned(),
        None if !app.prompt.is_interactive => {
            return Err(Error::conflict("the revocation was not confirmed")
                .why("jeton can't ask, because there is no terminal or --no-input was given")
                .next(format!("Confirm with the number of secrets that work: --confirm {number}")));
        }
        None => {
            let (which, them) = match working.len() {
                1 => ("This secret", "this secret"),
                _ => ("These secrets", "these secrets"),
            };
            app.prompt.show(&format!("{which} will stop working:"))?;
            working.iter().try_for_each(|found| app.prompt.show(&format!("  {}", describe(app, found))))?;
            app.prompt.read_visible(&format!("Type {number}, the number of secrets, to revoke {them}"))?
        }
    };
    match typed == number {
        true => Ok(()),
        false => Err(mismatch(NOTHING, format!("expected the number of secrets that work: {number}"))),
    }
}

/// Returns the name, and what the end of the secret means.
fn describe(app: &App, found: &Found<'_>) -> String {
    let (name, now) = (found.owner(), app.now());
    match &found.lookup().owner {
        SecretOwner::Token(token, state) => {
            let used =
                token.last_seen_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", ago(at, now)));
            match state {
                SecretState::Previous(_) => {
                    format!("{name}, {used}: only the old secret will end")
                }
                SecretState::Current | SecretState::Dead => format!("{name}, {used}: the token will be disabled"),
            }
        }
        SecretOwner::Login(_) => format!("{name}: will end"),
        SecretOwner::Purged(_) | SecretOwner::Unknown => name,
    }
}
