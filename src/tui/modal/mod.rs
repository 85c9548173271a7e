//! Dialogs. They form a stack, and the top one takes all input.

pub mod account;
pub mod api_choice;
pub mod audit_check;
pub mod catalogue;
pub mod confirm;
pub mod copy_token;
pub mod create_token;
mod denied_row;
mod diff;
mod edit_conflict;
pub mod edit_policy;
pub mod edit_token;
pub mod help;
pub mod identify_secret;
mod made_tokens;
pub mod messages;
pub mod owner_choice;
pub mod purge;
pub mod regenerate;
pub mod restore;
pub mod retire;
pub mod reveal_secret;
pub mod revoke_token;
pub mod revoke_tokens;
pub mod row_details;
pub mod save_secret;
pub mod sort;
pub mod token_details;
pub mod usage;

use crate::tui::picker::Picker;
use crate::tui::screen::Component;
use crate::tui::widget::form::Form;
use crate::verbs::audit_log::HashedRow;
use crate::verbs::ledger::DeniedRow;
use account::create::CreateAccountDialog;
use account::delete::DeleteAccountDialog;
use account::set_password::SetPasswordDialog;
use account::set_role::SetRoleDialog;
use audit_check::AuditCheckDialog;
use catalogue::apply::ApplyCatalogueDialog;
use catalogue::confirm_widening::ConfirmWideningDialog;
use confirm::ConfirmDialog;
use copy_token::CopyTokenDialog;
use create_token::CreateTokenDialog;
use edit_policy::EditPolicyDialog;
use edit_token::EditTokenDialog;
use help::HelpDialog;
use identify_secret::IdentifySecretDialog;
use messages::MessagesDialog;
use purge::PurgeDialog;
use regenerate::RegenerateTokenDialog;
use restore::RestoreTokensDialog;
use reveal_secret::{DiscardSecretDialog, RevealSecretDialog};
use revoke_token::RevokeTokenDialog;
use revoke_tokens::RevokeTokensDialog;
use row_details::DetailDialog;
use save_secret::SaveSecretDialog;
use sort::SortDialog;
use token_details::TokenDetailsDialog;

/// A dialog.
pub enum Modal {
    CreateToken(Box<Form<CreateTokenDialog>>),
    EditToken(Box<Form<EditTokenDialog>>),
    CopyToken(Box<Form<CopyTokenDialog>>),
    Confirm(Box<Form<ConfirmDialog>>),
    /// A new secret, shown once.
    RevealSecret(Box<RevealSecretDialog>),
    /// The question before closing an unused secret.
    DiscardSecret(DiscardSecretDialog),
    SaveSecret(Box<Form<SaveSecretDialog>>),
    RegenerateToken(Box<Form<RegenerateTokenDialog>>),
    RevokeToken(Box<Form<RevokeTokenDialog>>),
    RevokeTokens(Box<Form<RevokeTokensDialog>>),
    RestoreTokens(Box<Form<RestoreTokensDialog>>),
    PurgeTokens(Box<Form<PurgeDialog>>),
    /// The order of the table.
    Sort(Box<SortDialog>),
    TokenDetails(Box<TokenDetailsDialog>),
    CreateAccount(Box<Form<CreateAccountDialog>>),
    SetRole(Box<Form<SetRoleDialog>>),
    SetPassword(Box<Form<SetPasswordDialog>>),
    DeleteAccount(Box<Form<DeleteAccountDialog>>),
    EditPolicy(Box<Form<EditPolicyDialog>>),
    IdentifySecret(Box<Form<IdentifySecretDialog>>),
    AuditCheck(Box<Form<AuditCheckDialog>>),
    ApplyCatalogue(Box<Form<ApplyCatalogueDialog>>),
    /// The confirmation of a catalogue that gives tokens more methods.
    ConfirmWidening(Box<Form<ConfirmWideningDialog>>),
    Picker(Box<Picker>),
    /// A row of the audit log in full.
    AuditRow(Box<DetailDialog<HashedRow>>),
    DeniedRow(Box<DetailDialog<DeniedRow>>),
    Messages(Box<MessagesDialog>),
    /// The list of keys.
    Help(Box<HelpDialog>),
}

impl Modal {
    /// Returns the page that is drawn.
    pub fn page(&self) -> &dyn Component {
        match self {
            Modal::CreateToken(page) => &**page,
            Modal::EditToken(page) => &**page,
            Modal::CopyToken(page) => &**page,
            Modal::Confirm(page) => &**page,
            Modal::RevealSecret(page) => &**page,
            Modal::DiscardSecret(page) => page,
            Modal::SaveSecret(page) => &**page,
            Modal::RegenerateToken(page) => &**page,
            Modal::RevokeToken(page) => &**page,
            Modal::RevokeTokens(page) => &**page,
            Modal::RestoreTokens(page) => &**page,
            Modal::PurgeTokens(page) => &**page,
            Modal::Sort(page) => &**page,
            Modal::TokenDetails(page) => &**page,
            Modal::CreateAccount(page) => &**page,
            Modal::SetRole(page) => &**page,
            Modal::SetPassword(page) => &**page,
            Modal::DeleteAccount(page) => &**page,
            Modal::EditPolicy(page) => &**page,
            Modal::IdentifySecret(page) => &**page,
            Modal::AuditCheck(page) => &**page,
            Modal::ApplyCatalogue(page) => &**page,
            Modal::ConfirmWidening(page) => &**page,
            Modal::Picker(page) => &**page,
            Modal::AuditRow(page) => &**page,
            Modal::DeniedRow(page) => &**page,
            Modal::Messages(page) => &**page,
            Modal::Help(page) => &**page,
        }
    }

    /// Returns the page that takes the keys.
    pub fn page_mut(&mut self) -> &mut dyn Component {
        match self {
            Modal::CreateToken(page) => &mut **page,
            Modal::EditToken(page) => &mut **page,
            Modal::CopyToken(page) => &mut **page,
            Modal::Confirm(page) => &mut **page,
            Modal::RevealSecret(page) => &mut **page,
            Modal::DiscardSecret(page) => page,
            Modal::SaveSecret(page) => &mut **page,
            Modal::RegenerateToken(page) => &mut **page,
            Modal::RevokeToken(page) => &mut **page,
            Modal::RevokeTokens(page) => &mut **page,
            Modal::RestoreTokens(page) => &mut **page,
            Modal::PurgeTokens(page) => &mut **page,
            Modal::Sort(page) => &mut **page,
            Modal::TokenDetails(page) => &mut **page,
            Modal::CreateAccount(page) => &mut **page,
            Modal::SetRole(page) => &mut **page,
            Modal::SetPassword(page) => &mut **page,
            Modal::DeleteAccount(page) => &mut **page,
            Modal::EditPolicy(page) => &mut **page,
            Modal::IdentifySecret(page) => &mut **page,
            Modal::AuditCheck(page) => &mut **page,
            Modal::ApplyCatalogue(page) => &mut **page,
            Modal::ConfirmWidening(page) => &mut **page,
            Modal::Picker(page) => &mut **page,
            Modal::AuditRow(page) => &mut **page,
            Modal::DeniedRow(page) => &mut **page,
            Modal::Messages(page) => &mut **page,
            Modal::Help(page) => &mut **page,
        }
    }
}
