//! `account delete`: shows the consequences, then asks for the name.

use super::super::change_report::{RevokedText, print_revoked};
use super::super::{App, impact};
use crate::domain::name::Username;
use crate::domain::time::ago;
use crate::error::Result;
use crate::verbs::accounts::{DeleteAccount, ShowAccount};
use crate::verbs::credential::Credential;
use crate::verbs::impact::{GetImpact, Removal};

pub(super) fn delete(app: &mut App, name: &str, confirm: Option<String>) -> Result<()> {
    let username = Username::parse(name)?;
    let (confirmation, expected) = (confirm.clone().unwrap_or_default(), Vec::new());
    let verb = DeleteAccount { username, confirmation, expected, expected_tokens: None };
    let (credential, verb) = match confirm {
        Some(_) => (app.write_credential()?, verb),
        None => confirm_deletion(app, verb)?,
    };
    let changed = app.call(&credential, verb)?;
    let text = RevokedText { done: "deleted", subject: "the account's tokens", fallback_text: "" };
    print_revoked(app, &[changed.value], None, changed.audit_seq, &text)?;
    if !app.out.json {
        app.out.note("  A new account can't have this username");
    }
    Ok(())
}

/// Shows the consequences and asks for the name. The verb compares the name, not the CLI.
fn confirm_deletion(app: &App, unconfirmed: DeleteAccount) -> Result<(Credential, DeleteAccount)> {
    let (credential, session) = app.authenticate()?;
    let next = "Confirm with the account's name: --confirm NAME";
    let username = unconfirmed.username.clone();
    impact::check_unconfirmed(app, &credential, unconfirmed.clone(), "the deletion of the account", next)?;
    let read_credential = Credential::Session(session);
    let removal = Removal::Accounts(vec![username.clone()]);
    // Read before all that is shown: of what is shown and not read here, nothing is deleted.
    let seen = app.call(&read_credential, GetImpact { removal: removal.clone() })?;
    let shown = app.call(&read_credential, ShowAccount { username })?;
    let (account, tokens, now) = (&shown.counted.account, shown.counted.tokens, app.now());
    let last_seen =
        shown.last_seen_at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, now)));
    let (active, live) = (tokens.active, tokens.live);
    app.prompt.show(&format!(
        "{} (role {}), {last_seen}; active tokens: {active} of {live}",
        account.username, account.role
    ))?;
    impact::show(app, &read_credential, removal)?;
    let typed = app.prompt.read_visible("Type the account's name to delete the account permanently")?;
    let expected_tokens = Some(seen.set);
    let verb = DeleteAccount { confirmation: typed, expected: seen.into_accounts(), expected_tokens, ..unconfirmed };
    Ok((credential, verb))
}
