//! `account delete`: shows the consequences, then asks for the name.

use super::super::change_report::{RevokedText, print_revoked};
use super::super::{App, impact};
use crate::domain::name::Username;
use crate::domain::time::ago;
use crate::error::Result;
use crate::verbs::accounts::{DeleteAccount, ShowAccount};
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;

pub(super) fn delete(app: &mut App, name: &str, confirm: Option<String>) -> Result<()> {
    let username = Username::parse(name)?;
    let verb = |confirmation| DeleteAccount { username: username.clone(), confirmation, expected: Vec::new() };
    let (credential, verb) = match confirm {
        Some(typed) => (app.write_credential()?, verb(typed)),
        None => confirm_deletion(app, username.clone(), verb(String::new()))?,
    };
    let changed = app.call(&credential, verb)?;
    let text = RevokedText {
        done: "deleted; a new account can't have this username",
        subject: "the account's tokens",
        fallback_text: "",
    };
    print_revoked(app, &[changed.value], None, changed.audit_seq, &text)
}

/// Shows the consequences and asks for the name. The verb compares the name, not the CLI.
fn confirm_deletion(app: &App, username: Username, unconfirmed: DeleteAccount) -> Result<(Credential, DeleteAccount)> {
    let (credential, session) = app.authenticate()?;
    let next = "Confirm with the account's name: --confirm NAME";
    impact::check_unconfirmed(app, &credential, unconfirmed, "the deletion of the account", next)?;
    let read_credential = Credential::Session(session);
    let shown = app.call(&read_credential, ShowAccount { username: username.clone() })?;
    let (account, tokens, now) = (&shown.counted.account, shown.counted.tokens, app.now());
    let seen = shown.last_seen_at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, now)));
    let (active, live) = (tokens.active, tokens.live);
    app.prompt
        .show(&format!("{} (role {}), {seen}: {active} of {live} tokens active", account.username, account.role))?;
    impact::show(app, &read_credential, Removal::Accounts(vec![username.clone()]))?;
    let typed = app.prompt.read_visible("Type the account's name to delete the account permanently")?;
    Ok((credential, DeleteAccount { username, confirmation: typed, expected: vec![shown.counted.account] }))
}
