//! `jeton whoami`: shows the current account and its limits.

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::output::Table;
use crate::domain::account::Account;
use crate::domain::role::Role;
use crate::domain::time::relative;
use crate::domain::token::Token;
use crate::error::Result;
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
}

pub(super) fn run(app: &mut App) -> Result<()> {
    let credential = app.read_credential()?;
    let me = app.call(&credential, WhoAmI)?;
    let store = app.backend.location();
    if app.out.json {
        return app.print_json(&Me {
            role: me.account.role,
            account: Account { role: me.account_role, ..me.account },
            active_tokens: me.active_tokens,
            active_tokens_limit: Some(me.policy.active_tokens).filter(|limit| *limit > 0),
            self_service: me.policy.self_service,
            store,
            token: me.token,
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
                "{} (the account's role is {}; the token was issued under a lower role)",
                me.account.role, me.account_role
            )
        }
    };
    table.pair("Role", role);
    table.pair("Active tokens", limit);
    if let Some(token) = &me.token {
        let end = token
            .expiry
            .at()
            .map_or_else(|| "never expires".to_owned(), |at| format!("expires {}", relative(at, app.now())));
        table.pair("Token", format!("{}  {}  {end}", token.name, token.hint));
    }
    table.pair("Store", store);
    app.out.table(&mut table)
}
