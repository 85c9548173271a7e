//! Sign-in, and the identity of the actor.

use std::collections::BTreeSet;

use crate::domain::account::Account;
use crate::domain::method::MethodId;
use crate::domain::name::{Prefix, Username};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::verbs::prelude::*;
use crate::verbs::session::Session;

/// Returns the facts needed before anybody has signed in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetSetup;

/// The answer to [`GetSetup`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupState {
    /// `true` if the store has no account yet.
    pub first_run: bool,
    /// The account's name, if there is only one account.
    pub sole_account: Option<Username>,
    /// The beginning of every secret. `None` before setup, and from a server.
    #[serde(default)]
    pub prefix: Option<Prefix>,
}

impl Query for GetSetup {
    fn run(&self, _actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<SetupState> {
        let mut accounts = snapshot.accounts()?;
        let is_sole = accounts.len() == 1 && snapshot.unreadable_accounts()?.is_empty();
        let sole_account = if is_sole { accounts.pop().map(|a| a.username) } else { None };
        let installation = snapshot.installation()?;
        let first_run = installation.is_none();
        Ok(SetupState { first_run, sole_account, prefix: installation.map(|installation| installation.prefix) })
    }
}

/// Opens a session, which can read but change nothing. A session with a temporary password can't read either: see
/// [`Session::is_temporary`].
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SignIn;

impl Query for SignIn {
    fn run(&self, actor: &Actor, _snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Session> {
        Session::from_actor(actor)
    }
}

/// Returns the actor, and the rules in force.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhoAmI;

/// The answer to [`WhoAmI`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentUser {
    /// The account. Its role is the one that limits requests: see [`crate::verbs::actor::Bearer`].
    pub account: Account,
    /// The role of the account itself.
    pub account_role: Role,
    /// The rules in force.
    pub policy: Policy,
    /// Number of the account's active tokens.
    pub active_tokens: u32,
    /// The acting token. `None` if the actor is not a token.
    pub token: Option<Token>,
    /// The methods of jeton itself that the acting token may call. `None` if the actor is not a token.
    pub methods: Option<BTreeSet<MethodId>>,
    /// The end of the presented secret. `None` if it never ends, or the actor is not a token.
    pub expires_at: Option<Timestamp>,
}

impl Query for WhoAmI {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<CurrentUser> {
        let account = actor.account()?.clone();
        let active_tokens = snapshot.active_tokens(account.id, env.now)?;
        let token = actor.bearer().map(|b| b.token.clone());
        let account_role = actor.bearer().map_or(account.role, |bearer| bearer.account_role);
        let methods = actor.bearer().map(|bearer| bearer.management_methods().clone());
        let expires_at = actor.bearer().and_then(|bearer| bearer.expiry.at());
        let policy = snapshot.policy()?;
        Ok(CurrentUser { account, account_role, policy, active_tokens, token, methods, expires_at })
    }
}
