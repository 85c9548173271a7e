//! The report of a change of tokens or accounts, as text or JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::propagation::PropagationCheck;
use crate::domain::token::Token;
use crate::error::Result;
use crate::verbs::accounts::AccountWithCounts;
use crate::verbs::tokens::MadeTokens;

/// A changed token or account.
pub(super) trait Changed: Sized {
    /// The answer in JSON.
    type Answer<'a>: Serialize
    where
        Self: 'a;
    fn answer(changed: &[Self]) -> Self::Answer<'_>;
    fn full_name(&self) -> String;
}

/// The answer of a change of one token or several.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChangedTokens<'a> {
    /// The token.
    Token(&'a Token),
    /// The tokens.
    Tokens(&'a [Token]),
}

impl Changed for Token {
    type Answer<'a> = ChangedTokens<'a>;

    fn answer(changed: &[Self]) -> ChangedTokens<'_> {
        match changed {
            [only] => ChangedTokens::Token(only),
            several => ChangedTokens::Tokens(several),
        }
    }

    fn full_name(&self) -> String {
        Token::full_name(self)
    }
}

/// The answer of a change of one account or several.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChangedAccounts<'a> {
    /// The account.
    Account(&'a AccountWithCounts),
    /// The accounts.
    Accounts(&'a [AccountWithCounts]),
}

impl Changed for AccountWithCounts {
    type Answer<'a> = ChangedAccounts<'a>;

    fn answer(changed: &[Self]) -> ChangedAccounts<'_> {
        match changed {
            [only] => ChangedAccounts::Account(only),
            several => ChangedAccounts::Accounts(several),
        }
    }

    fn full_name(&self) -> String {
        self.account.username.to_string()
    }
}

/// Reports the change of each.
pub(super) fn print_changed<T: Changed>(app: &mut App, changed: &[T], what: &str) -> Result<()> {
    if app.out.json {
        return app.print_json(&T::answer(changed));
    }
    changed.iter().for_each(|one| app.out.note(&format!("✓ {} {what}", one.full_name())));
    Ok(())
}

/// Messages about a change that removed access.
pub(super) struct RevokedText<'a> {
    /// The change, as a participle.
    pub done: &'a str,
    /// The subject that the service now denies.
    pub subject: &'a str,
    /// The message if the service has not confirmed the change.
    pub fallback_text: &'a str,
}

/// Reports what lost access, and if the running service already denies it. `left` are tokens that the revoked ones had
/// created and that remain.
pub(super) fn print_revoked<T: Changed>(
    app: &mut App,
    changed: &[T],
    left: Option<&MadeTokens>,
    seq: i64,
    text: &RevokedText<'_>,
) -> Result<()> {
    let service = PropagationCheck::run(app, seq);
    if app.out.json {
        return service.print_json(app, &WithRemaining { answer: T::answer(changed), left_behind: left });
    }
    print_changed(app, changed, &format!("{}{}", text.done, service.suffix(text.subject, text.fallback_text)))?;
    service.warn_unconfirmed(app);
    Ok(())
}

/// An answer, and the tokens made by the revoked ones that remain.
#[derive(Serialize, JsonSchema)]
pub(super) struct WithRemaining<'a, T> {
    #[serde(flatten)]
    answer: T,
    /// After `revoke`: tokens that the revoked tokens had created or regenerated, and that are not revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<&'a MadeTokens>,
}
