//! `token disable`.

use super::super::App;
use super::super::args::TokensArgs;
use super::change_report::{RevokedText, print_revoked};
use super::token_targets;
use crate::error::Result;
use crate::verbs::tokens::DisableTokens;

pub(super) fn disable(app: &mut App, some: TokensArgs) -> Result<()> {
    let credential = app.write_credential()?;
    let changed = app.call(&credential, DisableTokens { tokens: token_targets(some) })?;
    print_revoked(
        app,
        &changed.value,
        changed.audit_seq,
        &RevokedText { done: "disabled", subject: "the token", fallback_text: "" },
    )
}
