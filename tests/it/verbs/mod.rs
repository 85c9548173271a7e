//! Tests of each verb, on a fixed clock.

mod accounts;
mod audit_log;
mod authenticate;
mod batches;
mod change_matching;
mod check;
mod copy_token;
mod create_token;
mod edit_token;
mod enable;
mod expected_unused;
mod expiry_limits;
mod failed_sign_ins;
mod identify_secret;
mod impact;
mod in_memory;
mod issued_role;
mod last_owner;
mod ledger;
mod lineage;
mod notices;
mod overlap;
mod planning;
mod policy;
mod purge;
mod queries;
mod regenerate_token;
mod reruns;
mod revoke;
mod revoke_secret;
mod rights;
mod secret_delivery;
mod verify;
mod visibility;
mod wire;

pub(crate) use authenticate::requests;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use jeton::domain::api_selection::{Selection, SelectionEdit};
use jeton::domain::catalogue::Catalogue;
use jeton::domain::expiry::{Expiry, ExpirySpec, Span};
use jeton::domain::method::MethodId;
use jeton::domain::name::{Description, Prefix, TokenName};
use jeton::domain::query::audit_filter::AuditFilter;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::{Secret, SecretText};
use jeton::domain::time::{DAY, HOUR, SECOND};
use jeton::domain::token::{Purgeable, Status, Token, TokenRef};
use jeton::error::{Fault, Kind, Result};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::accounts::{DeleteAccount, GetSetup, ListAccounts, LogIn, LogOut, ShowAccount, SignIn, WhoAmI};
use jeton::verbs::audit::{AuditRange, ListAudit, VerifyAuditChain};
use jeton::verbs::catalogue::{ApplyCatalogue, ListCatalogues, PreviewCatalogue};
use jeton::verbs::changes::WaitForChanges;
use jeton::verbs::credential::Credential;
use jeton::verbs::impact::{GetImpact, Removal};
use jeton::verbs::local_backend::ClientInfo;
use jeton::verbs::new_password::NewPassword;
use jeton::verbs::policy::ListPolicy;
use jeton::verbs::ports::{Clock, SecretState, Store, TokenCounts, TokenCursor};
use jeton::verbs::request::{Request, VERBS, VerbInfo, call};
use jeton::verbs::secret_delivery::SecretDestination;
use jeton::verbs::session::Session;
use jeton::verbs::tokens::{
    CanToken, CopyToken, CountTokens, CreateToken, DisableTokens, EditToken, EnableTokens, GetTokens, IdentifySecret,
    ListTokens, MAX_SNAPSHOTS, OwnerFilter, PreviewEdit, PreviewPurge, PurgeTokens, RegenerateToken, RestoreTokens,
    RetireToken, RevokeSecret, RevokeTokens, RevokedKind, RevokedSecret, ShowToken, TokenTarget,
};
use jeton::verbs::verify::{Decision, DenialReason, SecretOwner};
use jeton::verbs::{AuthLevel, Backend};
use zeroize::Zeroizing;

use crate::support::assert_error;
use crate::support::fakes::{
    Engine, EngineInstall, Fakes, OWNER, PASSWORD, START, TestBackend, TestInstall, backend, client_info, create,
    credential, init, owner, password, token_name, typed, username,
};
use crate::support::requests::{
    create_account, delete_account, set_contact, set_password, set_policy, set_role, switch_off, switch_on,
};

fn spec(text: &str) -> Option<ExpirySpec> {
    Some(ExpirySpec::parse(text).unwrap())
}

fn disable(names: &[&str]) -> DisableTokens {
    DisableTokens { tokens: names.iter().map(|n| TokenTarget::by_reference(*n)).collect() }
}

fn enable(names: &[&str]) -> EnableTokens {
    EnableTokens { tokens: names.iter().map(|n| TokenTarget::by_reference(*n)).collect() }
}

fn revoke(names: &[&str], typed: &str) -> RevokeTokens {
    RevokeTokens {
        tokens: names.iter().map(|n| TokenTarget::by_reference(*n)).collect(),
        with_made: false,
        expected_made: None,
        confirmation: typed.to_owned(),
    }
}

fn regenerate(name: &str) -> RegenerateToken {
    RegenerateToken { token: TokenTarget::by_reference(name), grace: None, expires: None }
}

fn edit(name: &str) -> EditToken {
    EditToken::new(TokenTarget::by_reference(name))
}

fn copy(name: &str, new: &str) -> CopyToken {
    CopyToken { token: TokenTarget::by_reference(name), name: token_name(new), account: None, expires: None }
}

fn with_grace(name: &str, span: &str) -> RegenerateToken {
    RegenerateToken { grace: Some(Span::parse(span).unwrap()), ..regenerate(name) }
}

fn retire(name: &str) -> RetireToken {
    RetireToken { token: TokenTarget::by_reference(name) }
}

fn restore(name: &str) -> RestoreTokens {
    RestoreTokens { tokens: vec![TokenTarget::by_reference(name)], rename: None }
}

fn show(name: &str) -> ShowToken {
    ShowToken { token: TokenRef::Text(name.to_owned()) }
}

fn list() -> ListTokens {
    ListTokens {
        owner: OwnerFilter::All,
        filter: TokenFilter::default(),
        sort: Sort::default(),
        trashed: false,
        cursor: TokenCursor::Start,
        limit: 100,
    }
}

fn list_audit() -> ListAudit {
    let (filter, anchor) = (AuditFilter::default(), PageCursor::Newest);
    ListAudit { since: None, token: None, filter, cursor: anchor, limit: 100 }
}

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

/// Returns the reason why `secret` is denied.
fn why(install: &EngineInstall<impl Engine>, secret: &Secret) -> DenialReason {
    match install.verify(secret) {
        Decision::Denied(reason, _) => reason,
        other => panic!("{other:?}"),
    }
}

fn allowed(install: &EngineInstall<impl Engine>, secret: &Secret) -> bool {
    matches!(install.verify(secret), Decision::Allowed(_))
}
