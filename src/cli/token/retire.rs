//! `token retire`: ends the old secret of a rotation.

use super::super::args::TokenArgs;
use super::super::change_report::{RevokedText, print_revoked};
use super::super::{App, impact};
use crate::error::Result;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{RetireToken, ShowToken, TokenTarget};

pub(super) fn retire(app: &mut App, one: TokenArgs) -> Result<()> {
    let mut token = TokenTarget::by_reference(one.token);
    let (credential, _) = impact::write_credential(app, "end the overlap", |reader| {
        let seen = app.call(reader, ShowToken { token: token.reference.clone() })?.token;
        // The confirmation is about this token, even if another token gets the name meanwhile.
        token = TokenTarget::at_revision(&seen);
        Ok(Removal::OldSecret(seen.id))
    })?;
    let changed = app.call(&credential, RetireToken { token })?;
    let text = RevokedText {
        done: "now has only the new secret",
        subject: "the old secret",
        fallback_text: "; jeton denies the old secret from the next request on",
    };
    print_revoked(app, &[changed.value], None, changed.audit_seq, &text)
}
