//! Dialogs. They form a stack, and the top one takes all input.

pub mod account;
pub mod api;
mod attempt;
pub mod catalogue;
pub mod confirm;
mod conflict;
pub mod copy;
pub mod details;
mod difference;
pub mod edit;
pub mod entry;
pub mod generate;
pub mod help;
mod made;
pub mod messages;
pub mod order;
pub mod owner;
pub mod purge;
pub mod regenerate;
pub mod remove;
pub mod remove_many;
pub mod restore;
pub mod retire;
pub mod reveal;
pub mod rule;
pub mod save;
pub mod usage;
pub mod verify;
pub mod whose;

use crate::tui::picker::Picker;
use crate::tui::screen::Page;
use crate::tui::widget::form::Form;
use crate::verbs::audit_log::HashedRow;
use crate::verbs::ledger::DeniedRow;
use account::create::Create;
use account::delete::Delete;
use account::password::Passwd;
use account::role::RoleOf;
use catalogue::apply::Apply;
use catalogue::widen::Widen;
use confirm::Confirm;
use copy::Copy;
use details::Details;
use edit::Edit;
use entry::Entry;
use generate::Generate;
use help::Help;
use messages::Messages;
use order::Order;
use purge::Purge;
use regenerate::Regenerate;
use remove::Remove;
use remove_many::RemoveMany;
use restore::Restore;
use reveal::{Leave, Reveal};
use rule::Rule;
use save::Save;
use verify::Verify;
use whose::Whose;

/// A dialog.
pub enum Modal {
    /// The form for a new token.
    Generate(Box<Form<Generate>>),
    /// The form that edits a token.
    Edit(Box<Form<Edit>>),
    /// The form for a token like another.
    Copy(Box<Form<Copy>>),
    /// The confirmation of a change.
    Confirm(Box<Form<Confirm>>),
    /// A new secret, shown once.
    Reveal(Box<Reveal>),
    /// The question about leaving the secret without using it.
    Leave(Leave),
    /// The path for saving the secret.
    Save(Box<Form<Save>>),
    /// The form for a new secret of a token.
    Regenerate(Box<Form<Regenerate>>),
    /// The removal of a token.
    Remove(Box<Form<Remove>>),
    /// The removal of several tokens.
    RemoveMany(Box<Form<RemoveMany>>),
    /// The restoration of tokens from the trash.
    Restore(Box<Form<Restore>>),
    /// The permanent deletion of tokens.
    Purge(Box<Form<Purge>>),
    /// The order of the table.
    Order(Box<Order>),
    /// The details of a token.
    Details(Box<Details>),
    /// The form for a new account.
    Create(Box<Form<Create>>),
    /// The role of an account.
    Role(Box<Form<RoleOf>>),
    /// The password of an account.
    Passwd(Box<Form<Passwd>>),
    /// The deletion of an account.
    Delete(Box<Form<Delete>>),
    /// The form for a rule.
    Rule(Box<Form<Rule>>),
    /// The search for the token of a secret.
    Whose(Box<Form<Whose>>),
    /// The verification of the audit log.
    Verify(Box<Form<Verify>>),
    /// The form that applies a catalogue.
    Apply(Box<Form<Apply>>),
    /// The confirmation of a catalogue that gives tokens more methods.
    Widen(Box<Form<Widen>>),
    /// The scope picker.
    Picker(Box<Picker>),
    /// A row of the audit log in full.
    Entry(Box<Entry<HashedRow>>),
    /// A denied attempt in full.
    Attempt(Box<Entry<DeniedRow>>),
    /// The past messages.
    Messages(Box<Messages>),
    /// The list of keys.
    Help(Box<Help>),
}

impl Modal {
    /// Returns the page that is drawn.
    pub fn page(&self) -> &dyn Page {
        match self {
            Modal::Generate(page) => &**page,
            Modal::Edit(page) => &**page,
            Modal::Copy(page) => &**page,
            Modal::Confirm(page) => &**page,
            Modal::Reveal(page) => &**page,
            Modal::Leave(page) => page,
            Modal::Save(page) => &**page,
            Modal::Regenerate(page) => &**page,
            Modal::Remove(page) => &**page,
            Modal::RemoveMany(page) => &**page,
            Modal::Restore(page) => &**page,
            Modal::Purge(page) => &**page,
            Modal::Order(page) => &**page,
            Modal::Details(page) => &**page,
            Modal::Create(page) => &**page,
            Modal::Role(page) => &**page,
            Modal::Passwd(page) => &**page,
            Modal::Delete(page) => &**page,
            Modal::Rule(page) => &**page,
            Modal::Whose(page) => &**page,
            Modal::Verify(page) => &**page,
            Modal::Apply(page) => &**page,
            Modal::Widen(page) => &**page,
            Modal::Picker(page) => &**page,
            Modal::Entry(page) => &**page,
            Modal::Attempt(page) => &**page,
            Modal::Messages(page) => &**page,
            Modal::Help(page) => &**page,
        }
    }

    /// Returns the page that takes the keys.
    pub fn page_mut(&mut self) -> &mut dyn Page {
        match self {
            Modal::Generate(page) => &mut **page,
            Modal::Edit(page) => &mut **page,
            Modal::Copy(page) => &mut **page,
            Modal::Confirm(page) => &mut **page,
            Modal::Reveal(page) => &mut **page,
            Modal::Leave(page) => page,
            Modal::Save(page) => &mut **page,
            Modal::Regenerate(page) => &mut **page,
            Modal::Remove(page) => &mut **page,
            Modal::RemoveMany(page) => &mut **page,
            Modal::Restore(page) => &mut **page,
            Modal::Purge(page) => &mut **page,
            Modal::Order(page) => &mut **page,
            Modal::Details(page) => &mut **page,
            Modal::Create(page) => &mut **page,
            Modal::Role(page) => &mut **page,
            Modal::Passwd(page) => &mut **page,
            Modal::Delete(page) => &mut **page,
            Modal::Rule(page) => &mut **page,
            Modal::Whose(page) => &mut **page,
            Modal::Verify(page) => &mut **page,
            Modal::Apply(page) => &mut **page,
            Modal::Widen(page) => &mut **page,
            Modal::Picker(page) => &mut **page,
            Modal::Entry(page) => &mut **page,
            Modal::Attempt(page) => &mut **page,
            Modal::Messages(page) => &mut **page,
            Modal::Help(page) => &mut **page,
        }
    }
}
