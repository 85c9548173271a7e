//! `token revoke --stdin`: ends the secret on stdin. Needs no password: who has the secret may end it.

use super::super::App;
use super::super::propagation::PropagationCheck;
use super::whose::read_secrets;
use crate::error::{Error, Result};
use crate::selected_backend::SelectedBackend;
use crate::verbs::credential::Credential;
use crate::verbs::tokens::{RevokeSecret, RevokedKind};

pub(super) fn revoke_secret(app: &mut App) -> Result<()> {
    // Check the store first, so that nobody types a secret without one.
    if let SelectedBackend::Local(local) = &app.backend {
        local.backend()?;
    }
    let mut secrets = read_secrets(app)?;
    let (Some(secret), true) = (secrets.pop(), secrets.is_empty()) else {
        return Err(Error::usage("stdin has several secrets; nothing was changed").next("Pass one secret at a time"));
    };
    let done = app.call(&Credential::Store, RevokeSecret::new(secret))?;
    let (name, revoked) = (done.value.full_name(), done.value);
    let service = PropagationCheck::run(app, done.audit_seq);
    if app.out.json {
        return service.print_json(app, &revoked);
    }
    let secret = if revoked.revoked == RevokedKind::OldSecret { "the old secret" } else { "the secret" };
    let suffix = service.suffix(secret, &format!("; jeton denies {secret} from the next request on"));
    app.out.note(&match revoked.revoked {
        RevokedKind::Token => format!("✓ {name} disabled{suffix}"),
        RevokedKind::OldSecret => format!("✓ {name} now has only the new secret{suffix}"),
        RevokedKind::Login => format!("✓ the login {name} has ended"),
    });
    service.warn_unconfirmed(app);
    if revoked.revoked == RevokedKind::Token {
        app.out.note(&format!(
            "  If somebody enables the token, the secret can work again. Get a new secret first: {} token regenerate \
             {name}",
            app.program()
        ));
    }
    Ok(())
}
