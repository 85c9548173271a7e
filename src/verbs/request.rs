//! The list of all verbs: requests, their replies, and the trait that runs each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::{
    AccountDetails, AccountList, AccountWithCounts, CreateAccount, CurrentUser, DeleteAccount, DisableAccounts,
    EnableAccounts, GetSetup, IssuedLogin, ListAccounts, LogIn, LogOut, SetContact, SetPassword, SetRole, SetupState,
    ShowAccount, SignIn, WhoAmI,
};
use super::audit::{AuditVerification, ListAudit, VerifyAuditChain};
use super::catalogue::{ApplyCatalogue, CataloguePreview, ListCatalogues, PreviewCatalogue};
use super::changes::{StorePosition, WaitForChanges};
use super::credential::Credential;
use super::findings::{FindingPage, ListFindings};
use super::impact::{GetImpact, Impact};
use super::init::Init;
use super::ledger::{DeniedRow, DeniedTokenRow, LedgerWindow, ListDenied, ListDeniedTokens, ListUses, UseRow};
use super::policy::{ListPolicy, SetPolicy};
use super::ports::Window;
use super::ports::audit_log::AuditWindow;
use super::required_scope::RequiredScope::{self, Nothing, PasswordOnly, ReadTokens, WriteTokens};
use super::required_scope::{READ_ACCOUNTS, READ_AUDIT, READ_LEDGER, WRITE_ACCOUNTS};
use super::session::Session;
use super::tokens::{
    BulkResult, CanToken, ChangeMatching, CopyToken, CountMatching, CountTokens, CreateToken, DisableTokens,
    EditPreview, EditToken, EnableTokens, GetTokens, IdentifySecret, IssuedToken, ListTokens, MatchingCount,
    MethodCheck, PreviewEdit, PreviewPurge, PurgePreview, PurgeResult, PurgeTokens, RegenerateToken, RestoreTokens,
    RetireToken, RevokeResult, RevokeSecret, RevokeTokens, RevokedSecret, ShowToken, TokenDetails, TokenSnapshot,
    TokenSummary,
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

/// Runs a verb and returns its own reply.
///
/// # Errors
/// Those of [`Backend::run`].
pub fn call<V: RequestVerb>(backend: &dyn Backend, credential: &Credential, verb: V) -> Result<V::Reply> {
    reply::<V>(backend.run(credential, verb.into(), None)?)
}

/// Returns the reply to `V` in `response`.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if `response` belongs to another verb.
pub fn reply<V: RequestVerb>(response: Response) -> Result<V::Reply> {
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

/// Properties of a verb, for code that treats all verbs alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerbInfo {
    /// The verb's name in the audit log.
    pub name: &'static str,
    /// The proof that the verb asks for.
    pub auth_level: AuthLevel,
    /// The method that a token needs for the verb.
    pub scope: RequiredScope,
    /// `true` if the verb changes the store.
    pub is_change: bool,
    /// The endpoint in the management API. `None` if only a program with access to the store can run the verb.
    pub endpoint: Option<Endpoint>,
}

/// An endpoint of the management API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub http_method: &'static str,
    /// The path. A segment `{a.b}` is the text in the field `b` of the request's field `a`.
    pub path: &'static str,
}

impl Endpoint {
    /// Returns `true` if the fields of a request are in the body, `false` if they are in the query.
    pub fn has_body(self) -> bool {
        !matches!(self.http_method, "GET" | "DELETE")
    }
}

macro_rules! requests {
    ($($kind:ident $verb:ident $name:literal $auth:ident ($scope:expr) => $reply:ty
        $([temporary_password = $allows_temporary:literal])? $(, $http_method:ident $path:literal)?;)*) => {
        /// A request of any verb. In JSON it has the verb's name.
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        #[allow(missing_docs, reason = "each is the verb of this name")]
        pub enum Request { $(#[serde(rename = $name)] $verb($verb)),* }

        /// The reply of any verb. In JSON it has the verb's name.
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        #[allow(missing_docs, reason = "each is the verb of this name")]
        pub enum Response { $(#[serde(rename = $name)] $verb($reply)),* }

        /// Every verb, in the order of [`Request`].
        pub const VERBS: &[VerbInfo] = &[$(VerbInfo {
            name: $name,
            auth_level: AuthLevel::$auth,
            scope: $scope,
            is_change: !matches!(VerbKind::$kind, VerbKind::query),
            endpoint: endpoint!($($http_method $path)?),
        }),*];

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
            /// Returns the verb's name.
            pub fn name(&self) -> &'static str {
                match self { $(Request::$verb(_) => $name),* }
            }

            /// Returns `true` if the verb changes the store.
            pub fn is_change(&self) -> bool {
                match self { $(Request::$verb(_) => !matches!(VerbKind::$kind, VerbKind::query)),* }
            }

            /// Returns `true` if the verb works in several transactions, and may take long.
            pub fn is_batched(&self) -> bool {
                match self { $(Request::$verb(_) => matches!(VerbKind::$kind, VerbKind::batched)),* }
            }

            pub(super) fn dispatch(self, executor: &mut impl Executor) -> Result<Response> {
                match self { $(Request::$verb(verb) => executor.$kind(verb).map(Response::$verb)),* }
            }
        }
    };
}

macro_rules! endpoint {
    () => {
        None
    };
    ($http_method:ident $path:literal) => {
        Some(Endpoint { http_method: stringify!($http_method), path: $path })
    };
}

// Columns: kind of verb, request, name in the audit log, least proof, scope that a token needs, reply, if the verb may
// run with a temporary password, and its endpoint in the management API.
requests! {
    query GetSetup "greet" Store (Nothing) => SetupState;
    change Init "init" Store (PasswordOnly) => Committed<Account>;
    query SignIn "sign-in" Authenticated (Nothing) => Session [temporary_password = true], GET "/v1/session";
    change LogIn "login" Password (PasswordOnly)
        => Committed<IssuedLogin> [temporary_password = true], POST "/v1/login";
    change LogOut "logout" Authenticated (Nothing) => Committed<()>, POST "/v1/logout";
    query WhoAmI "whoami" Authenticated (Nothing) => CurrentUser, GET "/v1/whoami";
    query ListAccounts "account.list" Authenticated (READ_ACCOUNTS) => AccountList, GET "/v1/accounts";
    query ShowAccount "account.show" Authenticated (READ_ACCOUNTS) => AccountDetails, GET "/v1/accounts/{username}";
    change CreateAccount "account.create" Password (PasswordOnly) => Committed<AccountWithCounts>, POST "/v1/accounts";
    change SetRole "account.role" Password (PasswordOnly)
        => Committed<AccountWithCounts>, PUT "/v1/accounts/{username}/role";
    change DisableAccounts "account.disable" Password (WRITE_ACCOUNTS)
        => Committed<Vec<AccountWithCounts>>, POST "/v1/accounts/-/disable";
    change EnableAccounts "account.enable" Password (PasswordOnly)
        => Committed<Vec<AccountWithCounts>>, POST "/v1/accounts/-/enable";
    change SetPassword "account.passwd" Password (PasswordOnly)
        => Committed<AccountWithCounts> [temporary_password = true], PUT "/v1/accounts/{username}/password";
    change SetContact "account.contact" Password (PasswordOnly)
        => Committed<AccountWithCounts>, PUT "/v1/accounts/{username}/contact";
    change DeleteAccount "account.delete" Password (PasswordOnly)
        => Committed<AccountWithCounts>, DELETE "/v1/accounts/{username}";
    query ListPolicy "policy.list" Authenticated (Nothing) => Policy, GET "/v1/policy";
    change SetPolicy "policy.set" Password (PasswordOnly) => Committed<Policy>, PATCH "/v1/policy";
    query ListCatalogues "catalogue.list" Store (Nothing) => Vec<Catalogue>, GET "/v1/catalogue";
    // The preview names tokens of all accounts, and no token applies a catalogue.
    query PreviewCatalogue "catalogue.preview" Authenticated (PasswordOnly)
        => CataloguePreview, POST "/v1/catalogue/preview";
    change ApplyCatalogue "catalogue.apply" Password (PasswordOnly) => Committed<CataloguePreview>, PUT "/v1/catalogue";
    query ListTokens "token.list" Authenticated (ReadTokens) => Window, GET "/v1/tokens";
    query CountTokens "token.tally" Authenticated (ReadTokens) => TokenSummary, GET "/v1/tokens/-/count";
    query ShowToken "token.show" Authenticated (ReadTokens) => TokenDetails, GET "/v1/tokens/{token.text}";
    query CanToken "token.can" Authenticated (ReadTokens)
        => MethodCheck, GET "/v1/tokens/{token.text}/methods/{method}";
    query GetTokens "token.review" Authenticated (ReadTokens) => Vec<TokenSnapshot>, POST "/v1/tokens/-/review";
    query CountMatching "token.matching" Authenticated (ReadTokens) => MatchingCount, POST "/v1/tokens/-/matching";
    query IdentifySecret "token.whose" Store (Nothing) => SecretLookup, POST "/v1/tokens/-/whose";
    change CreateToken "token.create" Password (WriteTokens) => Committed<Vec<IssuedToken>>, POST "/v1/tokens";
    query PreviewEdit "token.edit.preview" Authenticated (WriteTokens)
        => EditPreview, POST "/v1/tokens/{token.reference.text}/preview";
    change EditToken "token.edit" Password (WriteTokens)
        => Committed<EditPreview>, PATCH "/v1/tokens/{token.reference.text}";
    change CopyToken "token.copy" Password (WriteTokens)
        => Committed<IssuedToken>, POST "/v1/tokens/{token.reference.text}/copy";
    change DisableTokens "token.disable" Password (WriteTokens) => Committed<Vec<Token>>, POST "/v1/tokens/-/disable";
    change EnableTokens "token.enable" Password (WriteTokens) => Committed<Vec<Token>>, POST "/v1/tokens/-/enable";
    change RegenerateToken "token.regenerate" Password (WriteTokens)
        => Committed<IssuedToken>, POST "/v1/tokens/{token.reference.text}/regenerate";
    change RetireToken "token.retire" Password (WriteTokens)
        => Committed<Token>, POST "/v1/tokens/{token.reference.text}/retire";
    change RevokeTokens "token.revoke" Password (WriteTokens) => Committed<RevokeResult>, POST "/v1/tokens/-/revoke";
    change RevokeSecret "token.revoke.secret" Possession (Nothing) => Committed<RevokedSecret>, POST "/v1/revoke";
    change RestoreTokens "token.restore" Password (WriteTokens) => Committed<Vec<Token>>, POST "/v1/tokens/-/restore";
    batched ChangeMatching "token.bulk" Password (WriteTokens) => Committed<BulkResult>, POST "/v1/tokens/-/bulk";
    query PreviewPurge "token.purge.preview" Authenticated (PasswordOnly) => PurgePreview, GET "/v1/tokens/-/purge";
    batched PurgeTokens "token.purge" Password (PasswordOnly) => Committed<PurgeResult>, POST "/v1/tokens/-/purge";
    query GetImpact "impact" Authenticated (ReadTokens) => Impact, POST "/v1/impact";
    query ListAudit "audit.list" Authenticated (READ_AUDIT) => AuditWindow, GET "/v1/audit";
    query VerifyAuditChain "audit.verify" Store (Nothing) => AuditVerification;
    query ListDenied "ledger.denied" Authenticated (READ_LEDGER) => LedgerWindow<DeniedRow>, GET "/v1/ledger/denied";
    query ListDeniedTokens "ledger.denied.tokens" Authenticated (READ_LEDGER)
        => LedgerWindow<DeniedTokenRow>, GET "/v1/ledger/denied/tokens";
    query ListUses "ledger.uses" Authenticated (READ_LEDGER) => LedgerWindow<UseRow>, GET "/v1/ledger/uses";
    query WaitForChanges "changes" Store (Nothing) => StorePosition, GET "/v1/changes";
    query ListFindings "check" Store (Nothing) => FindingPage;
}

/// Checks that `credential` is enough for `auth_level`. Its identity is checked separately.
///
/// # Errors
/// [`crate::error::Kind::Unauthenticated`] with the missing proof.
pub(super) fn check_auth_level(credential: &Credential, auth_level: AuthLevel) -> Result<()> {
    match (credential, auth_level) {
        (_, AuthLevel::Store | AuthLevel::Possession)
        | (Credential::Session(_), AuthLevel::Authenticated)
        | (Credential::Confirmed(_) | Credential::Password(..) | Credential::Token(_), _) => Ok(()),
        (Credential::Store, _) => Err(Error::unauthenticated("this action needs an account")
            .why("nobody is signed in, and no token was given")
            .next("Sign in, or use a token")),
        (Credential::Session(_), AuthLevel::Password) => Err(password_needed()),
    }
}

/// Returns the error for a change by somebody who has only signed in.
pub(super) fn password_needed() -> Error {
    Error::unauthenticated("the change was not confirmed")
        .why("each change needs the password again")
        .next("Enter the password. Over HTTP, send the header Jeton-Proof with the value that POST /v1/confirm returns")
}
