//! Requests about accounts, as tests make them.

use jeton::domain::contact::Contact;
use jeton::domain::role::Role;
use jeton::verbs::accounts::{
    CreateAccount, DeleteAccount, DisableAccounts, EnableAccounts, SetContact, SetPassword, SetRole,
};
use jeton::verbs::new_password::NewPassword;
use jeton::verbs::policy::SetPolicy;

use super::fakes::{password, typed, username};

/// Returns the request for an account with the password of all test accounts.
pub fn create_account(name: &str, role: Role) -> CreateAccount {
    CreateAccount { username: username(name), role, contact: None, password: NewPassword::Plain(password()) }
}

pub fn set_role(name: &str, role: Role) -> SetRole {
    SetRole { username: username(name), role, expected: Vec::new() }
}

pub fn switch_off(names: &[&str]) -> DisableAccounts {
    DisableAccounts { usernames: names.iter().map(|n| username(n)).collect(), expected: Vec::new() }
}

pub fn switch_on(names: &[&str]) -> EnableAccounts {
    EnableAccounts { usernames: names.iter().map(|n| username(n)).collect(), expected: Vec::new() }
}

pub fn set_password(name: &str, to: &str) -> SetPassword {
    SetPassword { username: username(name), password: NewPassword::Plain(typed(to)) }
}

/// Returns the request to set a contact, or to remove the contact if `to` is empty.
pub fn set_contact(name: &str, to: &str) -> SetContact {
    let contact = (!to.is_empty()).then(|| Contact::parse(to).unwrap());
    SetContact { username: username(name), contact }
}

/// Returns the request to delete an account, with the right confirmation.
pub fn delete_account(name: &str) -> DeleteAccount {
    let (username, confirmation) = (username(name), name.to_owned());
    DeleteAccount { username, confirmation, expected: Vec::new(), expected_tokens: None }
}

/// Returns the request to set rules, by their names without `policy.`.
pub fn set_policy(changes: &[(&str, &str)]) -> SetPolicy {
    let changes = changes.iter().map(|(k, v)| (format!("policy.{k}"), (*v).to_owned())).collect();
    SetPolicy::new(changes, None)
}
