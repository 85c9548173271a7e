//! Accounts: requests, dialogs, and the effects of a change.

use super::{lock_with_notice, long_work, navigation, propagation, requests};
use crate::domain::account::Account;
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::model::{Layer, Model, Screen};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::screen::list_layout::height;
use crate::tui::screen::replace_password::ReplacePassword;
use crate::tui::screen::sign_in::SignIn;
use crate::verbs::Verb;
use crate::verbs::accounts::{
    AccountWithCounts, CreateAccount, DeleteAccount, DisableAccounts, EnableAccounts, SetPassword, SetRole,
    SignIn as SignInVerb,
};
use crate::verbs::cli_line::CliLine;
use crate::verbs::session::Session;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountChange {
    Created,
    Role,
    Disabled,
    Enabled,
    Password,
    Deleted,
}

impl AccountChange {
    /// Returns the name of the verb that makes this change.
    fn verb(self) -> &'static str {
        match self {
            AccountChange::Created => CreateAccount::NAME,
            AccountChange::Role => SetRole::NAME,
            AccountChange::Disabled => DisableAccounts::NAME,
            AccountChange::Enabled => EnableAccounts::NAME,
            AccountChange::Password => SetPassword::NAME,
            AccountChange::Deleted => DeleteAccount::NAME,
        }
    }
}

/// Handles a changed account. A user who changed their own account signs in again, because the earlier proof is no
/// longer valid.
pub(super) fn on_account_changed(
    model: &mut Model,
    change: AccountChange,
    counted: &AccountWithCounts,
    cli: &CliLine,
) -> Vec<Effect> {
    let Account { id, username: name, role, .. } = &counted.account;
    let text = match change {
        AccountChange::Created => format!("{name} created as {role}"),
        AccountChange::Role => format!("{name} is now {role}"),
        AccountChange::Disabled => format!("{name} disabled"),
        AccountChange::Enabled => format!("{name} enabled"),
        AccountChange::Password if counted.account.temporary_password => {
            format!("{name} must replace the temporary password at the next sign-in")
        }
        AccountChange::Password => format!("{name} has a new password"),
        AccountChange::Deleted => format!("{name} deleted"),
    };
    let mut notice = Notice::new(NoticeId::Done(change.verb()), text).cli(cli);
    if change == AccountChange::Disabled {
        notice = notice.effect("the service denies the account's tokens at once");
    }
    let text = notice.full_text();
    let own = model.me.as_ref().is_some_and(|me| me.account.id == *id);
    model.notify(notice);
    model.modals.clear();
    if own {
        return on_own_account_changed(model, change, text);
    }
    let height = height(model.size.1);
    if let Some(workspace) = model.workspace_mut().filter(|_| change != AccountChange::Deleted) {
        workspace.accounts.show_changed(counted, height);
    }
    navigation::refresh_pages(model)
}

/// Does the same as [`on_account_changed`], and also checks if the running service denies the account's tokens.
pub(super) fn account_revoked(
    model: &mut Model,
    change: AccountChange,
    counted: &AccountWithCounts,
    cli: &CliLine,
    seq: i64,
) -> Vec<Effect> {
    let effects = on_account_changed(model, change, counted, cli);
    propagation::check_propagation(model, effects, seq, "its tokens")
}

/// Handles a sign-in or unlock with a temporary password. From then on only the form that replaces the password is
/// shown.
pub(super) fn begin_password_replacement(model: &mut Model, session: &Session) -> Vec<Effect> {
    let form = match (&mut model.lock, &mut model.screen) {
        (Some(form), _) => Some(form),
        (None, Screen::SignIn(form)) => Some(&mut **form),
        (None, Screen::Loading | Screen::FirstRun(_) | Screen::ReplacePassword(_) | Screen::Workspace(_)) => None,
    };
    let sent = form.and_then(|form| form.dialog_mut().take_sent_credential());
    sign_out(model);
    if let Some(temporary) = sent {
        let form = ReplacePassword::new(session.username().clone(), temporary);
        model.screen = Screen::ReplacePassword(Box::new(form));
    }
    vec![Effect::Redraw]
}

/// Ends the session and shows the sign-in.
pub(super) fn sign_out(model: &mut Model) {
    model.auth.clear();
    model.modals.clear();
    long_work::drop_other_requests(model);
    (model.session, model.me, model.lock) = (None, None, None);
    model.screen = Screen::SignIn(Box::new(SignIn::new(model.username.as_ref())));
}

/// Handles a password that was set. If it replaced the temporary password of the user signing in, the new password
/// signs in.
pub(super) fn on_password_set(model: &mut Model, counted: &AccountWithCounts, cli: &CliLine) -> Vec<Effect> {
    let Screen::ReplacePassword(form) = &mut model.screen else {
        return on_account_changed(model, AccountChange::Password, counted, cli);
    };
    let credential = form.dialog_mut().credential();
    let text = format!("{} has a new password", counted.account.username);
    model.notify(Notice::new(NoticeId::Done(SetPassword::NAME), text).cli(cli));
    requests::send_for_component(model, Layer::Screen, credential, SignInVerb.into())
}

fn on_own_account_changed(model: &mut Model, change: AccountChange, text: String) -> Vec<Effect> {
    long_work::drop_other_requests(model);
    let by_token = model.session.as_ref().is_some_and(Session::is_token);
    match change {
        AccountChange::Password => {
            if model
                .demo
                .as_ref()
                .is_some_and(|demo| Some(&demo.username) == model.session.as_ref().map(Session::username))
            {
                // The demo banner shows a password that is no longer valid.
                model.demo = None;
            }
            lock_with_notice(model, "Password changed. Sign in with the new password.");
        }
        AccountChange::Role => lock_with_notice(model, &format!("{text}. Sign in again.")),
        AccountChange::Disabled | AccountChange::Deleted if by_token => {
            super::lock(model, Some(&Error::unauthenticated(text)));
        }
        AccountChange::Disabled | AccountChange::Deleted => {
            model.auth.clear();
            (model.session, model.me, model.demo) = (None, None, None);
            model.screen =
                Screen::SignIn(Box::new(SignIn::with_reason(format!("{text}. Sign in with another account."))));
        }
        AccountChange::Created | AccountChange::Enabled => {}
    }
    vec![Effect::Redraw]
}
