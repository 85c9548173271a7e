use std::collections::BTreeSet;

use super::issue::{IssuedToken, audit_created, issue, push_selection};
use super::save::{insert_token, save_tokens};
use super::{policy_rules, rights};
use crate::domain::api_selection::Selection;
use crate::domain::expiry::ExpirySpec;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::role::Role;
use crate::verbs::ports::NewToken;
use crate::verbs::prelude::*;
use crate::verbs::required_scope::READ_ACCOUNTS;

/// Creates tokens and their secrets: all of them or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// The account of the tokens. Defaults to the actor's own.
    pub account: Option<Username>,
    /// The names of the new tokens. Each token gets a secret of its own.
    pub names: Vec<TokenName>,
    /// The description of each token.
    #[serde(default = "Description::none")]
    pub description: Description,
    /// The expiry of the tokens. Defaults to `policy.default_expiry`, or to the end of the acting token if that is
    /// sooner.
    pub expires: Option<ExpirySpec>,
    /// The API selection of each token.
    pub selection: Selection,
    /// Expects that nobody uses the tokens, such as those for emergencies. They are then never stale.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected_unused: bool,
}

impl Mutation for CreateToken {
    type Output = Vec<IssuedToken>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<IssuedToken>>> {
        let policy = tx.policy()?;
        let requested = match self.expires {
            Some(_) => policy_rules::requested_expiry(self.expires, env),
            None => policy_rules::default_expiry(actor, &policy, env).ok(),
        };
        let owner = authorize::resolve_new_owner(actor, tx, self.account.as_ref(), &self.selection, requested)?;
        let expiry = match self.expires {
            Some(spec) => policy_rules::resolve_expiry(spec, &policy, env)?,
            None => policy_rules::default_expiry(actor, &policy, env)?,
        };
        self.validate()?;
        self.reject_account_and_name(actor, tx)?;
        policy_rules::check_selection_exists(&self.selection, None, tx)?;
        let mut changes = Vec::with_capacity(self.names.len());
        for name in &self.names {
            policy_rules::reject_hint_like_name(name, tx)?;
            changes.push(insert_token(
                actor,
                tx,
                env,
                &owner,
                &NewToken {
                    account: owner.account().id,
                    name,
                    description: &self.description,
                    selection: &self.selection,
                    expiry,
                    expected_unused: self.expected_unused,
                    now: env.now,
                },
            )?);
        }
        let tokens = save_tokens(actor, tx, env, changes)?;
        let mut issued = Vec::with_capacity(tokens.len());
        for token in tokens {
            issued.push(issue(actor, tx, env, &token, None)?);
        }
        let entries: Vec<_> = issued.iter().map(|i| audit_created(Self::NAME, &i.token)).collect();
        Audited::each(issued, entries).ok_or_else(|| Error::usage("no token was given; give at least one token"))
    }

    const ISSUES_SECRETS: bool = true;

    fn issued_tokens(out: &mut Vec<IssuedToken>) -> &mut [IssuedToken] {
        out
    }

    const HAS_AFTER_COMMIT: bool = true;

    fn after_commit(&self, out: &mut Vec<IssuedToken>, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<()> {
        // All tokens are alike except for their names.
        if let Some(first) = out.first() {
            let warning = rights::warning(snapshot, &first.token, env.now)?;
            out.iter_mut().for_each(|one| one.warning.clone_from(&warning));
        }
        Ok(())
    }

    fn equivalent_command(&self, _out: &Vec<IssuedToken>) -> CliLine {
        let line = self.names.iter().fold(CliLine::new(&["token", "create"]), |line, n| line.arg(n.as_str()));
        let line = line
            .option_if("account", self.account.as_ref().map(Username::as_str))
            .option_if("description", Some(self.description.as_str()).filter(|text| !text.is_empty()))
            .option_if("expires", self.expires.map(|spec| spec.to_string()));
        let line = push_selection(line, &self.selection);
        if self.expected_unused { line.arg("--expect-unused") } else { line }
    }
}

impl CreateToken {
    /// Refuses `ACCOUNT NAME`, which users of other programs type: it must not create two tokens. Only checked for
    /// actors that may know the accounts.
    fn reject_account_and_name(&self, actor: &Actor, tx: &dyn Tx) -> Result<()> {
        let ([first, name], None) = (&self.names[..], &self.account) else { return Ok(()) };
        let knows_accounts = authorize::require_scope(actor, READ_ACCOUNTS).is_ok();
        if !knows_accounts || !matches!(actor.account()?.role, Role::Owner | Role::Admin) {
            return Ok(());
        }
        let Ok(account) = Username::parse(first.as_str()) else { return Ok(()) };
        if tx.account_by_name(&account)?.is_none() {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "\"{first} {name}\" can mean two tokens, or the token {name} of the account {account}"
        ))
        .why(format!("an account with the name {account} exists"))
        .next(format!(
            "To create two tokens, run the command once for each. For one token, replace \"{first} {name}\" with: {name} \
             --account {account}"
        )))
    }

    fn validate(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.names.iter().find(|name| !seen.insert(*name)) {
            return Err(Error::usage(format!("the name {twice} was given twice")).next("Give each name once"));
        }
        Ok(())
    }
}
