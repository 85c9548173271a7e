//! The list of all verbs: requests, their replies, and the trait that runs each.

use serde::{Deserialize, Serialize};

use super::accounts::{
    AccountDetails, AccountList, AccountWithCounts, CreateAccount, CurrentUser, DeleteAccount, DisableAccounts,
    EnableAccounts, GetSetup, ListAccounts, SetPassword, SetRole, SetupState, ShowAccount, SignIn, WhoAmI,
};
use super::audit::{AuditHead, AuditVerification, ListAudit, VerifyAuditChain};
use super::catalogue::{ApplyCatalogue, CataloguePreview, ListCatalogues, PreviewCatalogue};
use super::credential::Credential;
use super::findings::{FindingPage, ListFindings};
use super::impact::{GetImpact, Impact};
use super::init::Init;
use super::ledger::{DeniedRow, LedgerHead, LedgerWindow, ListDenied, ListUses, UseRow};
use super::policy::{ListPolicy, SetPolicy};
use super::ports::Window;
use super::ports::audit_log::AuditWindow;
use super::required_scope::RequiredScope::{self, Nothing, PasswordOnly, ReadTokens, WriteTokens};
use super::required_scope::{READ_ACCOUNTS, READ_AUDIT, READ_LEDGER, WRITE_ACCOUNTS};
use super::session::Session;
use super::tokens::{
    CanToken, CopyToken, CountTokens, CreateToken, DisableTokens, EditPreview, EditToken, EnableTokens, GetTokens,
    IdentifySecret, IssuedToken, ListTokens, MethodCheck, PreviewEdit, PreviewPurge, PurgePreview, PurgeResult,
    PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, RevokeResult, RevokeTokens, ShowToken, TokenDetails,
    TokenSnapshot, TokenSummary,
};
use super::verify::SecretLookup;
use super::{AuthLevel, Backend, Committed, Verb};
use crate::domain::account::Account;
use crate::domain::catalogue::Catalogue;
use crate::domain::policy::Policy;
use crate::domain::token::Token;
use crate::error::{Error, Result};

/// A verb with a variant in [`Request`].
pub trait RequestVerb: Verb + Into<Request> {
    /// Returns the verb's reply. `None` if `response` belongs to another verb.
    fn reply(response: Response) -> Option<Self::Reply>;
}

pub fn call<V: RequestVerb>(backend: &dyn Backend, credential: &Credential, verb: V) -> Result<V::Reply> {
    reply::<V>(backend.run(credential, verb.into(), None)?)
}

pub(super) fn reply<V: RequestVerb>(response: Response) -> Result<V::Reply> {
    V::reply(response).ok_or_else(|| Error::failure(format!("{} was answered with another kind of reply", V::NAME)))
}

/// Runs the three kinds of verb.
pub(super) trait Executor {
    fn query<V: super::Query>(&mut self, verb: V) -> Result<V::Reply>;
    fn change<V: super::Mutation>(&mut self, verb: V) -> Result<V::Reply>;
    fn batched<V: super::batches::BatchedMutation>(&mut self, verb: V) -> Result<V::Reply>;
}

/// The kinds of verb, in the words of the table.
#[allow(non_camel_case_types, reason = "the same words are the methods of Executor")]
enum VerbKind {
    query,
    change,
    batched,
}

macro_rules! requests {
    ($($kind:ident $verb:ident $name:literal $auth:ident ($scope:expr) => $reply:ty
        $([temporary_password = $allows_temporary:literal])?,)*) => {
        #[derive(Debug, Serialize, Deserialize)]
        pub enum Request { $(#[serde(rename = $name)] $verb($verb)),* }

        /// The reply to the request of the same name.
        #[derive(Debug, Serialize, Deserialize)]
        pub enum Response { $(#[serde(rename = $name)] $verb($reply)),* }

        /// Every verb: its name, its proof, and the scope that a token needs.
        pub const VERBS: &[(&str, AuthLevel, RequiredScope)] =
            &[$(($name, AuthLevel::$auth, $scope)),*];

        /// Name of every verb, and `true` if the verb changes the store.
        pub const CHANGES: &[(&str, bool)] = &[$(($name, !matches!(VerbKind::$kind, VerbKind::query))),*];

        $(
            impl Verb for $verb {
                const NAME: &'static str = $name;
                const AUTH: AuthLevel = AuthLevel::$auth;
                const SCOPE: RequiredScope = $scope;
                $(const ALLOWS_TEMPORARY_PASSWORD: bool = $allows_temporary;)?
                type Reply = $reply;
            }
            impl From<$verb> for Request {
                fn from(verb: $verb) -> Request { Request::$verb(verb) }
            }
            impl RequestVerb for $verb {
                fn reply(response: Response) -> Option<Self::Reply> {
                    match response { Response::$verb(reply) => Some(reply), _ => None }
                }
            }
        )*

        impl Request {
            pub fn name(&self) -> &'static str {
                match self { $(Request::$verb(_) => $name),* }
            }

            pub fn is_batched(&self) -> bool {
                match self { $(Request::$verb(_) => matches!(VerbKind::$kind, VerbKind::batched)),* }
            }

            pub(super) fn dispatch(self, executor: &mut impl Executor) -> Result<Response> {
                match self { $(Request::$verb(verb) => executor.$kind(verb).map(Response::$verb)),* }
            }
        }
    };
}

// Columns: kind of verb, request, name in the audit log, least proof, scope that a token needs, reply, and if the
// verb may run with a temporary password.
requests! {
    query GetSetup "greet" Store (Nothing) => SetupState,
    change Init "init" Store (PasswordOnly) => Committed<Account>,
    query SignIn "sign-in" Password (Nothing) => Session [temporary_password = true],
    query WhoAmI "whoami" Authenticated (Nothing) => CurrentUser,
    query ListAccounts "account.list" Authenticated (READ_ACCOUNTS) => AccountList,
    query ShowAccount "account.show" Authenticated (READ_ACCOUNTS) => AccountDetails,
    change CreateAccount "account.create" Password (PasswordOnly) => Committed<AccountWithCounts>,
    change SetRole "account.role" Password (PasswordOnly) => Committed<AccountWithCounts>,
    change DisableAccounts "account.disable" Password (WRITE_ACCOUNTS) => Committed<Vec<AccountWithCounts>>,
    change EnableAccounts "account.enable" Password (PasswordOnly) => Committed<Vec<AccountWithCounts>>,
    change SetPassword "account.passwd" Password (PasswordOnly) => Committed<AccountWithCounts> [temporary_password = true],
    change DeleteAccount "account.delete" Password (PasswordOnly) => Committed<AccountWithCounts>,
    query ListPolicy "policy.list" Authenticated (Nothing) => Policy,
    change SetPolicy "policy.set" Password (PasswordOnly) => Committed<Policy>,
    query ListCatalogues "catalogue.list" Store (Nothing) => Vec<Catalogue>,
    // The preview names tokens of all accounts, and no token applies a catalogue.
    query PreviewCatalogue "catalogue.preview" Store (PasswordOnly) => CataloguePreview,
    change ApplyCatalogue "catalogue.apply" Password (PasswordOnly) => Committed<CataloguePreview>,
    query ListTokens "token.list" Authenticated (ReadTokens) => Window,
    query CountTokens "token.tally" Authenticated (ReadTokens) => TokenSummary,
    query ShowToken "token.show" Authenticated (ReadTokens) => TokenDetails,
    query CanToken "token.can" Authenticated (ReadTokens) => MethodCheck,
    query GetTokens "token.review" Authenticated (ReadTokens) => Vec<TokenSnapshot>,
    query IdentifySecret "token.whose" Store (Nothing) => SecretLookup,
    change CreateToken "token.create" Password (WriteTokens) => Committed<Vec<IssuedToken>>,
    query PreviewEdit "token.edit.preview" Authenticated (WriteTokens) => EditPreview,
    change EditToken "token.edit" Password (WriteTokens) => Committed<EditPreview>,
    change CopyToken "token.copy" Password (WriteTokens) => Committed<IssuedToken>,
    change DisableTokens "token.disable" Password (WriteTokens) => Committed<Vec<Token>>,
    change EnableTokens "token.enable" Password (WriteTokens) => Committed<Vec<Token>>,
    change RegenerateToken "token.regenerate" Password (WriteTokens) => Committed<IssuedToken>,
    change RetireToken "token.retire" Password (WriteTokens) => Committed<Token>,
    change RevokeTokens "token.revoke" Password (WriteTokens) => Committed<RevokeResult>,
    change RestoreTokens "token.restore" Password (WriteTokens) => Committed<Vec<Token>>,
    query PreviewPurge "token.purge.preview" Authenticated (PasswordOnly) => PurgePreview,
    batched PurgeTokens "token.purge" Password (PasswordOnly) => Committed<PurgeResult>,
    query GetImpact "impact" Authenticated (ReadTokens) => Impact,
    query ListAudit "audit.list" Authenticated (READ_AUDIT) => AuditWindow,
    query AuditHead "audit.head" Store (Nothing) => i64,
    query VerifyAuditChain "audit.verify" Store (Nothing) => AuditVerification,
    query ListDenied "ledger.denied" Authenticated (READ_LEDGER) => LedgerWindow<DeniedRow>,
    query ListUses "ledger.uses" Authenticated (READ_LEDGER) => LedgerWindow<UseRow>,
    query LedgerHead "ledger.head" Store (Nothing) => i64,
    query ListFindings "check" Store (Nothing) => FindingPage,
}

/// Checks that `credential` is enough for `auth_level`. Its identity is checked separately.
///
/// # Errors
/// [`crate::error::Kind::Unauthenticated`] with the missing proof.
pub(super) fn check_auth_level(credential: &Credential, auth_level: AuthLevel) -> Result<()> {
    match (credential, auth_level) {
        (_, AuthLevel::Store)
        | (Credential::Session(_), AuthLevel::Authenticated)
        | (Credential::Password(..) | Credential::Token(_), _) => Ok(()),
        (Credential::Store, _) => {
            Err(Error::unauthenticated("this action needs an account").why("nobody is signed in"))
        }
        (Credential::Session(_), AuthLevel::Password) => {
            Err(Error::unauthenticated("the change was not confirmed").why("each change needs the password again"))
        }
    }
}
