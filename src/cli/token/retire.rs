//! `token retire`: ends the old secret of a rotation.

use super::super::App;
use super::super::args::TokenArgs;
use super::change_report::{RevokedText, print_revoked};
use crate::error::Result;
use crate::verbs::tokens::{RetireToken, TokenTarget};

pub(super) fn retire(app: &mut App, one: TokenArgs) -> Result<()> {
    let credential = app.write_credential()?;
    let changed = app.call(&credential, RetireToken { token: TokenTarget::by_reference(one.token) })?;
    let text = RevokedText {
        done: "now works only with the new secret",
        subject: "the old secret",
        fallback_text: "; jeton denies the old secret from the next request on",
    };
    print_revoked(app, &[changed.value], changed.audit_seq, &text)
}
