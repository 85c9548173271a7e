//! `jeton whoami`: shows the current account and its limits.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::output::Table;
use crate::domain::account::Account;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::time::{Timestamp, relative};
use crate::domain::token::Token;
use crate::error::Result;
use crate::selected_backend::SelectedBackend;
use crate::verbs::accounts::WhoAmI;

/// The answer of `whoami`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Me {
    account: Account,
    /// Role that limits requests: the account's, or a lower one under which the acting token was issued.
    role: Role,
    /// Number of active tokens of the account.
    active_tokens: u32,
    /// Maximum number of active tokens; `null` without a limit.
    active_tokens_limit: Option<u32>,
    /// `true` if members and viewers manage their own tokens.
    self_service: bool,
    /// The store's file.
    store: String,
    /// The acting token; `null` with a password.
    token: Option<Token>,
    /// The proof that was given.
    proof: Proof,
    /// Time at which the token's secret or the login ends; `null` if never.
    expires_at: Option<Timestamp>,
    /// Methods of jeton itself that the acting token may call; `null` with a password or a login.
    methods: Option<BTreeSet<MethodId>>,
}

/// The proof that a caller gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Proof {
    /// A password, given for this command.
    Password,
    /// The login that `jeton login` has stored. A login can only read.
    Login,
    /// A token.
    Token,
}

pub(super) fn run(app: &mut App) -> Result<()> {
    let credential = app.read_credential()?;
    let me = app.call(&credential, WhoAmI)?;
    let store = app.backend.location();
    let login = app.settings.login.as_ref().filter(|_| matches!(app.login.get(), Some(Some(_))));
    let login_end = login.map(|login| login.value.expires_at);
    let proof = match (&me.token, login_end) {
        (Some(_), _) => Proof::Token,
        (None, Some(_)) => Proof::Login,
        (None, None) => Proof::Password,
    };
    let expires_at = me.expires_at.or(login_end);
    if app.out.json {
        return app.print_json(&Me {
            role: me.account.role,
            account: Account { role: me.account_role, ..me.account },
            active_tokens: me.active_tokens,
            active_tokens_limit: Some(me.policy.active_tokens).filter(|limit| *limit > 0),
            self_service: me.policy.self_service,
            store,
            token: me.token,
            proof,
            expires_at,
            methods: me.methods,
        });
    }
    if app.out.quiet {
        return app.out.line(me.account.username.as_str());
    }
    let limit = match me.policy.active_tokens {
        0 => format!("{}, without a limit", me.active_tokens),
        limit => format!("{} of {limit}", me.active_tokens),
    };
    let mut table = Table::pairs();
    table.pair("Account", format!("{} ({})", me.account.username, me.account.id));
    let role = match me.account.role == me.account_role {
        true => me.account_role.as_str().to_owned(),
        false => {
            format!(
                "{}: the token's secret was issued with this role. The account's role is {}",
                me.account.role, me.account_role
            )
        }
    };
    table.pair("Role", role);
    table.pair("Active tokens", limit);
    let end =
        expires_at.map_or_else(|| "never expires".to_owned(), |at| format!("expires {}", relative(at, app.now())));
    let place = match &app.backend {
        SelectedBackend::Local(_) => "Store",
        SelectedBackend::Remote(_) => "Server",
    };
    match (&me.token, proof) {
        (Some(token), _) => table.pair("Token", format!("{}  {}  {end}", token.name, token.hint)),
        (None, Proof::Login) => table.pair("Login", format!("{end}; changes ask for the password")),
        (None, _) => {}
    }
    if let Some(methods) = &me.methods {
        let methods: Vec<&str> = methods.iter().map(MethodId::as_str).collect();
        table.pair(
            "Methods",
            if methods.is_empty() { "none: the token can't manage jeton".to_owned() } else { methods.join(", ") },
        );
    }
    table.pair(place, store);
    app.out.table(&mut table)
}
