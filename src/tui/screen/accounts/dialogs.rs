//! The dialogs about the account under the cursor, and for a new account.

use super::Accounts;
use crate::domain::account::Account;
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::modal::account::create::CreateAccountDialog;
use crate::tui::modal::account::delete::delete_account;
use crate::tui::modal::account::disable::pending_disable;
use crate::tui::modal::account::set_contact::SetContactDialog;
use crate::tui::modal::account::set_password::SetPasswordDialog;
use crate::tui::modal::account::set_role::SetRoleDialog;
use crate::tui::modal::confirm_change::PendingMutation;
use crate::tui::modal::removal::RemovalDialog;
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::widget::confirm_identity::AuthField;
use crate::verbs::accounts::{AccountWithCounts, EnableAccounts, last_owner_error};
use crate::verbs::authorize::{self, AccountAction};

/// Opens the dialog of `action`. `None` if the action has none, or if there is no account for it.
pub(super) fn open(list: &Accounts, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
    let me = &ctx.me?.account;
    if action == Action::CreateAccount {
        let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| me.role.manages(*role)).collect();
        return Some(Intent::push(CreateAccountDialog::new(roles)));
    }
    open_about(list, list.current()?, action, ctx)
}

/// Opens the dialog of `action` about an account, if the signed-in account may do so.
pub(super) fn open_about_account(
    list: &Accounts,
    counted: &AccountWithCounts,
    action: Action,
    ctx: &UpdateContext<'_>,
) -> Intent {
    match check_access(&counted.account, action, ctx.model) {
        Ok(()) => open_about(list, counted, action, ctx).unwrap_or(Intent::Stay),
        Err(error) => Intent::Notify(NoticeId::NoEffect, error.to_string()),
    }
}

fn open_about(list: &Accounts, counted: &AccountWithCounts, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
    let me = &ctx.me?.account;
    let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| me.role.manages(*role)).collect();
    let is_change = matches!(action, Action::SetRole | Action::SetEnabled | Action::DeleteAccount);
    if is_change && list.source.is_last_owner(&counted.account) {
        let error = last_owner_error();
        return Some(Intent::Notify(NoticeId::Error(error.kind), error.to_string()));
    }
    let own = counted.account.id == me.id;
    Some(match action {
        Action::SetRole => Intent::push(SetRoleDialog::new(counted, roles, own)),
        Action::SetEnabled => enable_or_disable(counted).confirm(ctx),
        Action::SetPassword => Intent::push(SetPasswordDialog::new(counted.account.username.clone(), own)),
        Action::SetContact => Intent::push(SetContactDialog::new(counted)),
        Action::DeleteAccount => {
            Intent::push(RemovalDialog::new(delete_account(counted), ctx.now, AuthField::new(ctx)?))
        }
        _ => return None,
    })
}

/// Returns `true` if the signed-in account may open the dialog of `action` for the account under the cursor. For a new
/// account: if it may create accounts.
pub(super) fn may_open(list: &Accounts, action: Action, model: &Model) -> bool {
    let Some(me) = model.me.as_ref().map(|me| &me.account) else { return false };
    let by_token = !model.is_by_person();
    if action == Action::CreateAccount {
        return !by_token && Role::ALL.into_iter().any(|role| me.role.manages(role));
    }
    list.current().is_some_and(|counted| check_access(&counted.account, action, model).is_ok())
}

fn check_access(account: &Account, action: Action, model: &Model) -> Result<()> {
    let refused = || Error::denied("this action is not possible for the account now");
    let me = model.me.as_ref().map(|me| &me.account).ok_or_else(refused)?;
    let (act, needs_person) = match action {
        Action::SetRole => (AccountAction::SetRole(account.role), true),
        Action::SetEnabled => (AccountAction::SetEnabled, !account.enabled),
        Action::SetPassword => (AccountAction::Password, true),
        Action::SetContact => (AccountAction::SetContact, true),
        Action::DeleteAccount => (AccountAction::Delete, true),
        _ => return Err(refused()),
    };
    if needs_person && !model.is_by_person() {
        return Err(Error::denied("a token can't change accounts in this way").next("Sign in with a password"));
    }
    authorize::check_account_access(me, account, act)
}

fn enable_or_disable(counted: &AccountWithCounts) -> PendingMutation {
    let usernames = vec![counted.account.username.clone()];
    let name = &counted.account.username;
    if counted.account.enabled {
        return pending_disable(counted);
    }
    let tokens = match counted.tokens.active {
        0 => "The account has no active tokens".to_owned(),
        1 => "The service accepts the account's 1 active token from the next request on".to_owned(),
        n => format!("The service accepts all {n} active tokens of the account from the next request on"),
    };
    let about = format!("{name} can sign in again with the same password. {tokens}.");
    PendingMutation::new(
        format!("Enable {name}"),
        about,
        EnableAccounts { usernames, expected: vec![counted.account.clone()] },
    )
}
