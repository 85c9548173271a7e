//! The list of accounts, and the menu of an account.

use super::super::App;
use super::super::account;
use super::super::args::{AccountCommand, AccountsArgs, CreateAccountArgs, NewPasswordArgs, PasswdArgs};
use super::menu::{self, Entry, Then};
use super::rows::{List, PAGE_SIZE, Page, browse, has_words};
use super::{fields, token_list};
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::verbs::accounts::{AccountWithCounts, ListAccounts, ShowAccount};
use crate::verbs::credential::Credential;
use crate::verbs::tokens::OwnerFilter;

#[derive(Default)]
struct Accounts {
    /// Words that are all in a row.
    words: String,
}

pub(super) fn open_list(app: &mut App) -> Result<Then> {
    browse(app, Accounts::default())
}

impl List for Accounts {
    type Row = AccountWithCounts;
    /// The number of rows before the page.
    type Anchor = usize;
    const ROW: &'static str = "account";

    fn title(&self) -> String {
        "Accounts".to_owned()
    }

    fn set_filter(&mut self, text: &str) -> Result<()> {
        text.clone_into(&mut self.words);
        Ok(())
    }

    fn read(&self, app: &App, anchor: Option<&usize>) -> Result<Page<AccountWithCounts, usize>> {
        let listed = app.call(&Credential::Session(app.session()?), ListAccounts)?;
        let start = anchor.copied().unwrap_or(0);
        let matches = |row: &AccountWithCounts| has_words(&self.sentence(app, row), &self.words);
        let matching: Vec<AccountWithCounts> = listed.accounts.into_iter().filter(matches).collect();
        let (total, end) = (matching.len(), start + PAGE_SIZE);
        Ok(Page {
            rows: matching.into_iter().skip(start).take(PAGE_SIZE).collect(),
            next: (end < total).then_some(end),
            total: Some(total.to_string()),
            unreadable: listed.unreadable.len(),
        })
    }

    fn sentence(&self, app: &App, row: &AccountWithCounts) -> String {
        account::describe_row(row, app.now())
    }

    fn open(&self, app: &mut App, row: &AccountWithCounts) -> Result<()> {
        let username = row.account.username.clone();
        loop {
            let reader = Credential::Session(app.session()?);
            let row = app.call(&reader, ShowAccount { username: username.clone() })?.counted;
            app.out.line(&format!("Account {}", account::describe_row(&row, app.now())))?;
            let (enabled, title) = (row.account.enabled, format!("Menu of the account {username}"));
            let switch = match enabled {
                true => Entry::change("Disable it: deny its sign-ins and its tokens", disable),
                false => Entry::change("Enable it", enable),
            };
            let entries = [
                Entry::new("Show everything about the account", show),
                Entry::new("List its tokens", list_tokens),
                Entry::change("Change its role", set_role),
                Entry::change("Set its password", set_password),
                switch,
            ];
            if let Then::Back = menu::choose(app, &title, "Back to the list", &entries, &username)? {
                return Ok(());
            }
        }
    }
}

fn show(app: &mut App, username: &Username) -> Result<Then> {
    account::run(app, AccountCommand::Show { name: Some(username.to_string()) })?;
    Ok(Then::Again)
}

fn list_tokens(app: &mut App, username: &Username) -> Result<Then> {
    token_list::open(app, OwnerFilter::Account(username.clone()), false)
}

fn set_role(app: &mut App, username: &Username) -> Result<Then> {
    let role = ask_role(app)?;
    menu::announce(app, &format!("give {username} the role {role}."))?;
    account::run(app, AccountCommand::Role { name: username.to_string(), role })?;
    Ok(Then::Again)
}

fn set_password(app: &mut App, username: &Username) -> Result<Then> {
    if app.session()?.username() == username {
        return super::change_own_password(app);
    }
    menu::announce(app, &format!("set a temporary password for {username}."))?;
    let password = NewPasswordArgs { new_password_file: None };
    account::run(app, AccountCommand::Passwd(PasswdArgs { name: Some(username.to_string()), password }))?;
    Ok(Then::Again)
}

fn disable(app: &mut App, username: &Username) -> Result<Then> {
    menu::announce(
        app,
        &format!("disable the account {username}. Then jeton denies the account's sign-ins and tokens."),
    )?;
    account::run(app, AccountCommand::Disable(AccountsArgs { names: vec![username.to_string()] }))?;
    Ok(Then::Again)
}

fn enable(app: &mut App, username: &Username) -> Result<Then> {
    menu::confirm(
        app,
        &format!("enable the account {username}. Then the account's sign-ins and active tokens work again."),
    )?;
    account::run(app, AccountCommand::Enable(AccountsArgs { names: vec![username.to_string()] }))?;
    Ok(Then::Again)
}

pub(super) fn create(app: &mut App) -> Result<Then> {
    let name = fields::ask(app, "Username: a to z, 0 to 9, dot, underscore, minus", None, Username::parse)?;
    let role = ask_role(app)?;
    let contact = fields::ask_optional(app, "Contact, an e-mail address", "none", |_, text| {
        Contact::parse(text).map(|contact| contact.to_string())
    })?;
    menu::announce(app, &format!("create the account {name} with the role {role}."))?;
    app.out.line(&format!("Contact: {}", contact.as_deref().unwrap_or("none")))?;
    app.out.line(&format!("Next, jeton asks for your own password, and then for a temporary password for {name}."))?;
    let password = NewPasswordArgs { new_password_file: None };
    account::run(app, AccountCommand::Create(CreateAccountArgs { name: name.to_string(), role, contact, password }))?;
    Ok(Then::Again)
}

fn ask_role(app: &mut App) -> Result<String> {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let at = fields::choose(app, "Role", &roles)?;
    Ok(roles.get(at).copied().unwrap_or_default().to_owned())
}
