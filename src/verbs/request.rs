//! The list of all verbs: requests, their replies, and the trait that runs each.

use super::accounts::{
    CreateAccount, DeleteAccount, DisableAccounts, EnableAccounts, GetSetup, ListAccounts, SetPassword, SetRole,
    ShowAccount, SignIn, WhoAmI,
};
use super::actor::Credential;
use super::attention::ListFindings;
use super::audit::{AuditHead, ListAudit, VerifyAuditChain};
use super::catalogue::{ApplyCatalogue, ListCatalogues, PreviewCatalogue};
use super::init::Init;
use super::ledger::{LedgerHead, ListDenied, ListUses};
use super::policy::{ListPolicy, SetPolicy};
use super::scope::RequiredScope;
use super::tokens::{
    CanToken, CopyToken, CountTokens, CreateToken, DisableTokens, EditToken, EnableTokens, GetTokens, IdentifySecret,
    ListTokens, PreviewEdit, PreviewPurge, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, RevokeTokens,
    ShowToken,
};
use super::{AuthLevel, Backend, Verb};
use crate::error::{Error, Result};

/// A verb with a variant in [`Request`].
pub trait RequestVerb: Verb + Into<Request> {
    /// Returns the verb's reply. `None` if `response` belongs to another verb.
    fn reply(response: Response) -> Option<Self::Reply>;
}

/// Carries out one verb and returns its reply.
///
/// # Errors
/// Those of [`Backend::call`].
pub fn call<V: RequestVerb>(backend: &dyn Backend, credential: &Credential, verb: V) -> Result<V::Reply> {
    let response = backend.call(credential, verb.into())?;
    V::reply(response).ok_or_else(|| Error::failure(format!("{} was answered with something else", V::NAME)))
}

/// Runs the three kinds of verb.
pub(super) trait Executor {
    fn query<V: super::Query>(&self, credential: &Credential, verb: V) -> Result<V::Reply>;
    fn change<V: super::Mutation>(&self, credential: &Credential, verb: V) -> Result<V::Reply>;
    fn batched<V: super::batches::BatchedMutation>(&self, credential: &Credential, verb: V) -> Result<V::Reply>;
}

macro_rules! changes {
    (query) => {
        false
    };
    (change) => {
        true
    };
    (batched) => {
        true
    };
}

macro_rules! batches {
    (batched) => {
        true
    };
    ($other:ident) => {
        false
    };
}

macro_rules! requests {
    ($($kind:ident $verb:ident),* $(,)?) => {
        /// All requests.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each variant is documented by the verb it holds")]
        pub enum Request { $($verb($verb)),* }

        /// The reply to the request of the same name.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each variant is documented by the verb it answers")]
        pub enum Response { $($verb(<$verb as Verb>::Reply)),* }

        /// Every verb: its name, its proof, and the scope that a token needs.
        pub const VERBS: &[(&str, AuthLevel, RequiredScope)] =
            &[$((<$verb as Verb>::NAME, <$verb as Verb>::AUTH, <$verb as Verb>::SCOPE)),*];

        /// Name of every verb, and `true` if the verb changes the store.
        pub const CHANGES: &[(&str, bool)] = &[$((<$verb as Verb>::NAME, changes!($kind))),*];

        $(
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
            /// Returns the name of the verb.
            pub fn name(&self) -> &'static str {
                match self { $(Request::$verb(_) => <$verb as Verb>::NAME),* }
            }

            /// Returns `true` if the verb runs in batches.
            pub fn is_batched(&self) -> bool {
                match self { $(Request::$verb(_) => batches!($kind)),* }
            }

            pub(super) fn dispatch(self, executor: &impl Executor, credential: &Credential) -> Result<Response> {
                match self { $(Request::$verb(verb) => executor.$kind(credential, verb).map(Response::$verb)),* }
            }
        }
    };
}

requests! {
    query GetSetup,
    change Init,
    query SignIn,
    query WhoAmI,
    query ListAccounts,
    query ShowAccount,
    change CreateAccount,
    change SetRole,
    change DisableAccounts,
    change EnableAccounts,
    change SetPassword,
    change DeleteAccount,
    query ListPolicy,
    change SetPolicy,
    query ListCatalogues,
    query PreviewCatalogue,
    change ApplyCatalogue,
    query ListTokens,
    query CountTokens,
    query ShowToken,
    query CanToken,
    query GetTokens,
    query IdentifySecret,
    change CreateToken,
    query PreviewEdit,
    change EditToken,
    change CopyToken,
    change DisableTokens,
    change EnableTokens,
    change RegenerateToken,
    change RetireToken,
    change RevokeTokens,
    change RestoreTokens,
    query PreviewPurge,
    batched PurgeTokens,
    query ListAudit,
    query AuditHead,
    query VerifyAuditChain,
    query ListDenied,
    query ListUses,
    query LedgerHead,
    query ListFindings,
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
        (Credential::Store, _) => Err(Error::unauthenticated("this needs an account's password, or a token")),
        (Credential::Session(_), AuthLevel::Password) => {
            Err(Error::unauthenticated("each change needs the password again"))
        }
    }
}
