//! The list of all verbs: requests, their replies, and the trait that runs each.

use super::accounts::{
    CreateAccount, DeleteAccount, DisableAccounts, EnableAccounts, Greet, ListAccounts, SetPassword, SetRole,
    ShowAccount, SignIn, WhoAmI,
};
use super::actor::Credential;
use super::attention::Check;
use super::audit::{AuditHead, ListAudit, VerifyAudit};
use super::catalogue::{ApplyCatalogue, ListCatalogues, PreviewCatalogue};
use super::init::Init;
use super::ledger::{LedgerHead, ListDenied, ListUses};
use super::needs::Needs;
use super::policy::{ListPolicy, SetPolicy};
use super::tokens::{
    CanToken, CopyToken, CreateToken, DeleteTokens, DisableTokens, EditToken, EnableTokens, ListTokens, PreviewEdit,
    PreviewPurge, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, ReviewTokens, ShowToken, TallyTokens,
    Whose,
};
use super::{Backend, Proof, Verb};
use crate::error::{Error, Result};

/// A verb with a variant in [`Request`].
pub trait Asked: Verb + Into<Request> {
    /// Returns its reply. `None` if `response` belongs to another verb.
    fn reply(response: Response) -> Option<Self::Reply>;
}

/// Carries out one verb and returns its reply.
///
/// # Errors
/// Those of [`Jeton::call`].
pub fn ask<V: Asked>(jeton: &dyn Backend, who: &Credential, verb: V) -> Result<V::Reply> {
    let response = jeton.call(who, verb.into())?;
    V::reply(response).ok_or_else(|| Error::failure(format!("{} was answered with something else", V::NAME)))
}

/// Runs the three kinds of verb.
pub(super) trait Carrier {
    fn query<V: super::Query>(&self, who: &Credential, verb: V) -> Result<V::Reply>;
    fn change<V: super::Mutation>(&self, who: &Credential, verb: V) -> Result<V::Reply>;
    fn batched<V: super::batches::BatchedMutation>(&self, who: &Credential, verb: V) -> Result<V::Reply>;
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
        pub const VERBS: &[(&str, Proof, Needs)] =
            &[$((<$verb as Verb>::NAME, <$verb as Verb>::PROOF, <$verb as Verb>::NEEDS)),*];

        /// Name of every verb, and `true` if it changes something.
        pub const CHANGES: &[(&str, bool)] = &[$((<$verb as Verb>::NAME, changes!($kind))),*];

        $(
            impl From<$verb> for Request {
                fn from(verb: $verb) -> Request { Request::$verb(verb) }
            }
            impl Asked for $verb {
                fn reply(response: Response) -> Option<Self::Reply> {
                    match response { Response::$verb(reply) => Some(reply), _ => None }
                }
            }
        )*

        impl Request {
            /// Returns the name of its verb.
            pub fn name(&self) -> &'static str {
                match self { $(Request::$verb(_) => <$verb as Verb>::NAME),* }
            }

            /// `true` if it runs in batches.
            pub fn is_batched(&self) -> bool {
                match self { $(Request::$verb(_) => batches!($kind)),* }
            }

            pub(super) fn carry(self, carrier: &impl Carrier, who: &Credential) -> Result<Response> {
                match self { $(Request::$verb(verb) => carrier.$kind(who, verb).map(Response::$verb)),* }
            }
        }
    };
}

requests! {
    query Greet,
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
    query TallyTokens,
    query ShowToken,
    query CanToken,
    query ReviewTokens,
    query Whose,
    change CreateToken,
    query PreviewEdit,
    change EditToken,
    change CopyToken,
    change DisableTokens,
    change EnableTokens,
    change RegenerateToken,
    change RetireToken,
    change DeleteTokens,
    change RestoreTokens,
    query PreviewPurge,
    batched PurgeTokens,
    query ListAudit,
    query AuditHead,
    query VerifyAudit,
    query ListDenied,
    query ListUses,
    query LedgerHead,
    query Check,
}

/// Checks that `credential` is enough for `proof`. Its identity is checked separately.
///
/// # Errors
/// [`crate::error::Kind::Unauthenticated`] with the missing proof.
pub(super) fn suffices(credential: &Credential, proof: Proof) -> Result<()> {
    match (credential, proof) {
        (_, Proof::Store)
        | (Credential::Session(_), Proof::Identity)
        | (Credential::Password(..) | Credential::Token(_), _) => Ok(()),
        (Credential::Store, _) => Err(Error::unauthenticated("this needs an account's password, or a token")),
        (Credential::Session(_), Proof::Password) => {
            Err(Error::unauthenticated("every change needs the password anew"))
        }
    }
}
