//! The outcome of a change, in one form for all verbs: the subject, the change, and what must be denied from now on.

use crate::domain::policy::Policy;
use crate::domain::time::{Timestamp, relative};
use crate::domain::token::Token;
use crate::tui::notice::{Notice, NoticeId, PendingPropagation};
use crate::tui::text_fit::{count_noun, group_digits};
use crate::verbs::accounts::{
    AccountWithCounts, CreateAccount, DeleteAccount, DisableAccounts, EnableAccounts, SetContact, SetPassword, SetRole,
};
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview};
use crate::verbs::policy::SetPolicy;
use crate::verbs::request::Response;
use crate::verbs::tokens::{
    BulkChange, BulkResult, ChangeMatching, CopyToken, CreateToken, DisableTokens, EditToken, EnableTokens,
    IssuedToken, PurgeResult, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, RevokeSecret, RevokeTokens,
    RevokedKind,
};
use crate::verbs::{Committed, Verb};

pub struct Outcome {
    verb: &'static str,
    pub subject: Subject,
    /// The token before its edit.
    pub before_edit: Option<Box<Token>>,
    /// The change, after the name of the subject.
    change: String,
    effect: Option<String>,
    /// The tokens or the secret that the running service must deny from now on.
    denied: Option<&'static str>,
    /// The equivalent command.
    cli: String,
    /// The number of the change's last row in the audit log.
    pub audit_seq: i64,
}

/// The objects of a change, each as it is now.
pub enum Subject {
    Accounts(Vec<AccountWithCounts>),
    Tokens(Vec<Token>),
    /// A token with a new secret, until a page takes it.
    Issued(Option<Box<IssuedToken>>),
    Purged(PurgeResult),
    Bulk(BulkResult),
    /// The token or login of a secret, as `account/name`.
    Secret(String),
    Policy(Policy),
    Catalogue(String),
}

/// The effect of a change that takes away all access.
const DENIED: &str = "the service denies any further use";

impl Outcome {
    /// Takes the reply to a change.
    ///
    /// # Errors
    /// The reply, if it is not about a change.
    pub fn new(response: Response, now: Timestamp) -> Result<Self, Box<Response>> {
        let accounts = |one: AccountWithCounts| Subject::Accounts(vec![one]);
        Ok(match response {
            Response::CreateAccount(done) => {
                let change = format!("created, with the role {}", done.value.account.role);
                Self::of::<CreateAccount, _>(done, accounts, change)
            }
            Response::SetRole(done) => {
                let change = format!("now has the role {}", done.value.account.role);
                Self::of::<SetRole, _>(done, accounts, change)
            }
            Response::SetPassword(done) => {
                let change = match done.value.account.temporary_password {
                    true => "must replace the temporary password at the next sign-in",
                    false => "has a new password",
                };
                Self::of::<SetPassword, _>(done, accounts, change)
            }
            Response::SetContact(done) => {
                let change = match &done.value.account.contact {
                    Some(contact) => format!("now has the contact {contact}"),
                    None => "has no contact now".to_owned(),
                };
                Self::of::<SetContact, _>(done, accounts, change)
            }
            Response::DeleteAccount(done) => {
                Self::of::<DeleteAccount, _>(done, accounts, "deleted").denies("its tokens")
            }
            Response::DisableAccounts(done) => Self::of::<DisableAccounts, _>(done, Subject::Accounts, "disabled")
                .effect("the service denies the account's tokens at once")
                .denies("its tokens"),
            Response::EnableAccounts(done) => Self::of::<EnableAccounts, _>(done, Subject::Accounts, "enabled"),
            Response::SetPolicy(done) => Self::of::<SetPolicy, _>(done, Subject::Policy, "changed"),
            Response::ApplyCatalogue(done) => {
                let catalogue = |applied: CataloguePreview| Subject::Catalogue(applied.name.to_string());
                Self::of::<ApplyCatalogue, _>(done, catalogue, "applied").effect(
                    "if its routes or hosts changed, run jeton guide again with the same options. Save the output, and \
                     reload the proxy",
                )
            }
            Response::CreateToken(done) => {
                // A form creates one token at a time.
                let first = |issued: Vec<IssuedToken>| Subject::Issued(issued.into_iter().next().map(Box::new));
                Self::of::<CreateToken, _>(done, first, "generated")
            }
            Response::CopyToken(done) => Self::of::<CopyToken, _>(done, Subject::issued, "generated as a copy"),
            Response::RegenerateToken(done) => {
                let overlap = done.value.token.overlap(now).map(|previous| relative(previous.retires_at, now));
                let changed = Self::of::<RegenerateToken, _>(done, Subject::issued, "has a new secret");
                match overlap {
                    Some(end) => changed.effect(format!("the old secret ends {end}")),
                    None => changed
                        .effect("the service denies the old secret from the next request on")
                        .denies("the old secret"),
                }
            }
            Response::EditToken(done) => {
                let before = Some(Box::new(done.value.before.clone()));
                let outcome = Self::of::<EditToken, _>(done, |edited| Subject::Tokens(vec![edited.after]), "changed");
                Outcome { before_edit: before, ..outcome }
            }
            Response::RetireToken(done) => {
                Self::of::<RetireToken, _>(done, |token| Subject::Tokens(vec![token]), "now has only the new secret")
                    .effect("the service denies the old secret")
                    .denies("the old secret")
            }
            Response::DisableTokens(done) => {
                let denied = pronoun(done.value.len());
                Self::of::<DisableTokens, _>(done, Subject::Tokens, "disabled").effect(DENIED).denies(denied)
            }
            Response::EnableTokens(done) => Self::of::<EnableTokens, _>(done, Subject::Tokens, "enabled"),
            Response::RevokeTokens(done) => {
                let (revoked, left) = (done.value.tokens.len(), done.value.remaining.count);
                let more_than = if done.value.remaining.is_lower_bound { "more than " } else { "" };
                let who = if revoked == 1 { "it" } else { "they" };
                // The line is short: names are in the details, and the dialog listed them.
                let effect = match left {
                    0 => DENIED.to_owned(),
                    1 => format!("{who} created or regenerated 1 token that is not revoked"),
                    count => format!(
                        "{who} created or regenerated {more_than}{} tokens that are not revoked",
                        group_digits(count as u64)
                    ),
                };
                Self::of::<RevokeTokens, _>(done, |result| Subject::Tokens(result.tokens), "revoked")
                    .effect(effect)
                    .denies(pronoun(revoked))
            }
            Response::RevokeSecret(done) => {
                let change = match done.value.revoked {
                    RevokedKind::Token => "disabled",
                    RevokedKind::OldSecret => "now has only the new secret",
                    RevokedKind::Login => "signed out",
                };
                Self::of::<RevokeSecret, _>(done, |revoked| Subject::Secret(revoked.full_name()), change)
                    .effect("the service denies the secret from the next request on")
                    .denies("the secret")
            }
            Response::RestoreTokens(done) => Self::of::<RestoreTokens, _>(done, Subject::Tokens, "restored, disabled"),
            Response::PurgeTokens(done) => Self::of::<PurgeTokens, _>(done, Subject::Purged, "purged"),
            Response::ChangeMatching(done) => {
                let BulkResult { change, count, .. } = done.value;
                let participle = match change {
                    BulkChange::Restore => "restored, disabled",
                    BulkChange::Disable | BulkChange::Enable | BulkChange::Revoke => change.participles()[0],
                };
                let outcome = Self::of::<ChangeMatching, _>(done, Subject::Bulk, participle);
                match change {
                    BulkChange::Disable | BulkChange::Revoke if count > 0 => {
                        outcome.effect(DENIED).denies(pronoun(usize::try_from(count).unwrap_or(usize::MAX)))
                    }
                    _ => outcome,
                }
            }
            read => return Err(Box::new(read)),
        })
    }

    fn of<V: Verb, T>(done: Committed<T>, subject: impl FnOnce(T) -> Subject, change: impl Into<String>) -> Self {
        Outcome {
            verb: V::NAME,
            subject: subject(done.value),
            before_edit: None,
            change: change.into(),
            effect: None,
            denied: None,
            cli: done.equivalent_command.to_string(),
            audit_seq: done.audit_seq,
        }
    }

    fn effect(self, effect: impl Into<String>) -> Self {
        Outcome { effect: Some(effect.into()), ..self }
    }

    fn denies(self, denied: &'static str) -> Self {
        Outcome { denied: Some(denied), ..self }
    }

    pub fn is<V: Verb>(&self) -> bool {
        self.verb == V::NAME
    }

    pub fn notice(&self) -> Notice {
        let (id, start) = match &self.subject {
            Subject::Purged(purged) if purged.stopped => {
                (NoticeId::WorkStopped, "Purge stopped before its end: ".to_owned())
            }
            Subject::Bulk(changed) if changed.stopped => (NoticeId::WorkStopped, "Stopped before the end: ".to_owned()),
            Subject::Purged(PurgeResult { skipped, .. }) | Subject::Bulk(BulkResult { skipped, .. }) => {
                (NoticeId::Done(self.verb), describe_skipped(*skipped))
            }
            _ => (NoticeId::Done(self.verb), String::new()),
        };
        let pending = |subject| PendingPropagation { seq: self.audit_seq, subject };
        Notice {
            effect: self.effect.clone(),
            // The number in the command of stopped work is not the number that was changed.
            cli: (id != NoticeId::WorkStopped).then(|| self.cli.clone()),
            propagation: self.denied.map(pending),
            ..Notice::new(id, format!("{start}{} {}", self.subject.name(), self.change))
        }
    }
}

impl Subject {
    fn issued(issued: IssuedToken) -> Self {
        Subject::Issued(Some(Box::new(issued)))
    }

    fn name(&self) -> String {
        match self {
            Subject::Accounts(accounts) => match accounts.as_slice() {
                [only] => only.account.username.to_string(),
                several => count_noun(several.len() as u64, "account"),
            },
            Subject::Tokens(tokens) => match tokens.as_slice() {
                [only] => only.name.to_string(),
                several => format!("{} tokens", group_digits(several.len() as u64)),
            },
            Subject::Issued(issued) => issued.as_ref().map_or_else(String::new, |issued| issued.token.name.to_string()),
            Subject::Purged(purged) => count_noun(purged.count, &format!("{} token", purged.which.as_str())),
            Subject::Bulk(changed) => count_noun(changed.count, "token"),
            Subject::Secret(name) => name.clone(),
            Subject::Policy(_) => "Policy".to_owned(),
            Subject::Catalogue(name) => format!("Catalogue {name}"),
        }
    }
}

/// Returns the word for that many tokens.
fn pronoun(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

/// Describes the tokens that were to change and did not, before the change of the others.
fn describe_skipped(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => "1 token was skipped, because it had changed in the meantime. ".to_owned(),
        n => format!("{} tokens were skipped, because they had changed in the meantime. ", group_digits(n)),
    }
}
