//! `token disable`.

use super::super::args::ChangeArgs;
use super::super::change_report::{RevokedText, print_revoked};
use super::super::{App, impact};
use super::change_matching::change_matching;
use super::{live_tokens, token_targets};
use crate::error::Result;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{BulkChange, DisableTokens, TokenTarget};

pub(super) fn disable(app: &mut App, args: ChangeArgs) -> Result<()> {
    let Some(some) = change_matching(app, BulkChange::Disable, args.some, args.confirm.as_deref())? else {
        return Ok(());
    };
    let mut tokens = token_targets(some);
    let to = if tokens.len() == 1 { "disable the token" } else { "disable the tokens" };
    let (credential, _) = impact::write_credential(app, to, |reader| {
        let seen = live_tokens(app, reader, tokens.clone())?;
        // The confirmation is about these tokens, even if another token gets the name meanwhile.
        tokens = seen.iter().map(TokenTarget::at_revision).collect();
        Ok(Removal::Tokens(seen.iter().filter(|token| token.enabled).map(|token| token.id).collect()))
    })?;
    let changed = app.call(&credential, DisableTokens { tokens })?;
    let text = RevokedText { done: "disabled", subject: "the token", fallback_text: "" };
    print_revoked(app, &changed.value, None, changed.audit_seq, &text)
}
